#include "tools/render.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/text_table.h"

namespace jvpn {
namespace {

using Align = TextTable::Align;

// Enough to tell sessions apart on a screen; commands take any unique prefix.
constexpr std::size_t kShortId = 8;

const Json& Field(const Json& object, const char* name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto field = object.find(name);
  return field == object.end() ? kNothing : *field;
}

const Json& List(const Json& object, const char* name) {
  static const Json kEmpty = Json::array();
  const Json& list = Field(object, name);
  return list.is_array() ? list : kEmpty;
}

std::string Plain(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump();
}

std::string Text(const Json& object, const char* name) { return Plain(Field(object, name)); }

std::string ShortId(const Json& object) { return Text(object, "session_id").substr(0, kShortId); }

std::string Duration(const Json& object, const char* name) {
  const Json& value = Field(object, name);
  return value.is_number() ? DurationText(value.get<std::int64_t>()) : "-";
}

std::string Milliseconds(const Json& microseconds) {
  if (!microseconds.is_number() || microseconds.get<std::int64_t>() == 0) return "-";
  return absl::StrFormat("%.1fms", microseconds.get<double>() / 1000);
}

std::string More(const Json& result, std::size_t shown) {
  if (Field(result, "next").is_null()) return {};
  const Json& total = Field(result, "total");
  const bool counted = total.is_number_unsigned() && total.get<std::size_t>() > shown;
  return absl::StrCat("… and ", counted ? absl::StrCat(total.get<std::size_t>() - shown, " ") : "",
                      "more: --limit 0 lists all\n");
}

// "0.7%"
// "21.0% of 100": what the verdict was made of.
std::string Loss(const Json& transport) {
  const Json& permille = Field(transport, "loss_permille");
  const Json& sent = Field(transport, "loss_sent");
  if (!permille.is_number_integer() || !sent.is_number_integer()) return "-";
  const auto value = permille.get<std::int64_t>();
  return absl::StrCat(value / 10, ".", value % 10, "% of ", sent.get<std::int64_t>());
}

TextTable TransportTable(const Json& transports) {
  TextTable table({{"SESSION"},
                   {"PEER"},
                   {"ID", Align::kRight},
                   {"BOUND"},
                   {"VALID"},
                   {"LIFE"},
                   {"VERDICT"},
                   {"LOSS", Align::kRight},
                   {"REMOTE"},
                   {"LOCAL"},
                   {"RTT", Align::kRight},
                   {"RECEIVED", Align::kRight},
                   {"SENT", Align::kRight},
                   {"HEARD", Align::kRight}});
  for (const Json& t : transports) {
    table.AddRow({ShortId(t), Text(t, "peer"), Text(t, "transport_id"), Text(t, "bound"),
                  Text(t, "validated"), Text(t, "life"), Text(t, "verdict"), Loss(t),
                  Text(t, "remote"), Text(t, "local"), Milliseconds(Field(t, "rtt_us")),
                  Text(t, "received"), Text(t, "sent"), Duration(t, "last_heard_ms_ago")});
  }
  return table;
}

}  // namespace

std::string RenderSessions(const Json& result) {
  const Json& sessions = List(result, "sessions");
  if (sessions.empty()) return "no sessions\n";
  TextTable table({{"SESSION"},
                   {"PEER"},
                   {"STATE"},
                   {"V", Align::kRight},
                   {"BOUND", Align::kRight},
                   {"TRANSPORTS", Align::kRight},
                   {"IPV4"},
                   {"IPV6"},
                   {"SUITE"},
                   {"AGE", Align::kRight},
                   {"UNBOUND", Align::kRight},
                   {"SWITCHES/MIN", Align::kRight}});
  for (const Json& s : sessions) {
    const Json& unbound = Field(s, "transportless_ms");
    table.AddRow({ShortId(s), Text(s, "peer"), Text(s, "state"), Text(s, "state_version"),
                  Text(s, "bound_transport"), Text(s, "transport_count"), Text(s, "ipv4"),
                  Text(s, "ipv6"), Text(s, "suite"), Duration(s, "age_ms"),
                  unbound == 0 ? "-" : Duration(s, "transportless_ms"),
                  Text(s, "switches_last_minute")});
  }
  return table.Render() + More(result, sessions.size());
}

std::string RenderSession(const Json& session) {
  std::string out;
  if (!session.is_object()) return out;
  for (const auto& [name, value] : session.items()) {
    if (name == "transports") continue;
    absl::StrAppend(&out, absl::StrFormat("%-22s", name + ":"), Plain(value), "\n");
  }
  Json transports = List(session, "transports");
  for (Json& transport : transports) {
    transport["session_id"] = Field(session, "session_id");
    transport["peer"] = Field(session, "peer");
  }
  if (!transports.empty()) absl::StrAppend(&out, "\n", TransportTable(transports).Render());
  return out;
}

std::string RenderTransports(const Json& result) {
  const Json& transports = List(result, "transports");
  if (transports.empty()) return "no transports\n";
  return TransportTable(transports).Render() + More(result, transports.size());
}

std::string RenderDrops(const Json& result) {
  const Json& drops = List(result, "drops");
  std::string out;
  if (drops.empty()) {
    out = "nothing was dropped\n";
  } else {
    std::vector<TextTable::Column> columns = {
        {"REASON"}, {"TOTAL", Align::kRight}, {"CONTROL", Align::kRight}};
    const std::size_t workers = List(drops.front(), "workers").size();
    for (std::size_t w = 0; w < workers; ++w) {
      columns.push_back({absl::StrCat("WORKER ", w), Align::kRight});
    }
    columns.push_back({"MEANING"});
    TextTable table(std::move(columns));
    for (const Json& drop : drops) {
      std::vector<std::string> cells = {Text(drop, "reason"), Text(drop, "total"),
                                        Text(drop, "control")};
      const Json& counts = List(drop, "workers");
      for (std::size_t w = 0; w < workers; ++w) {
        cells.push_back(w < counts.size() ? Plain(counts[w]) : "-");
      }
      cells.push_back(Text(drop, "help"));
      table.AddRow(std::move(cells));
    }
    out = table.Render();
  }
  const Json& lost = Field(result, "audit_lines_lost");
  if (lost.is_number() && lost != 0) {
    absl::StrAppend(&out, "audit lines lost: ", Plain(lost), "\n");
  }
  return out;
}

std::string RenderStats(const Json& result) {
  TextTable table({{"WORKER", Align::kRight},
                   {"UP PACKETS", Align::kRight},
                   {"UP BYTES", Align::kRight},
                   {"DOWN PACKETS", Align::kRight},
                   {"DOWN BYTES", Align::kRight},
                   {"PROBES", Align::kRight},
                   {"HANDED OVER", Align::kRight},
                   {"BUSY", Align::kRight}});
  for (const Json& w : List(result, "workers")) {
    const Json& turns = Field(w, "turns");
    const Json& idle = Field(w, "idle_turns");
    std::string busy = "-";
    if (turns.is_number() && idle.is_number() && turns.get<double>() > 0) {
      busy = absl::StrFormat("%.1f%%", 100 * (1 - idle.get<double>() / turns.get<double>()));
    }
    table.AddRow({Text(w, "worker"), Text(w, "uplink_packets"), Text(w, "uplink_bytes"),
                  Text(w, "downlink_packets"), Text(w, "downlink_bytes"),
                  Text(w, "probes_answered"), Text(w, "handed_over"), busy});
  }
  return table.Render();
}

std::string RenderTerminate(const Json& result) {
  const bool already = Field(result, "outcome") == "already_terminated";
  return absl::StrCat("session ", Text(result, "session_id"),
                      already ? ": already terminated\n" : ": terminated\n");
}

std::string RenderAuditHead(const Json& head) {
  return absl::StrCat(Text(head, "seq"), ":", Text(head, "hash"), "\n");
}

std::string RenderEvent(const Json& event) {
  // What the line begins with, what says the same on every line, or is too long for one.
  static constexpr std::array<std::string_view, 13> kElsewhere = {
      "seq",       "prev",        "ts_ms",         "event_type",     "session_id",
      "node_id",   "reason_code", "failure_class", "policy_version", "previous_state",
      "new_state", "policy",      "candidates"};
  const Json& ts = Field(event, "ts_ms");
  std::string out = absl::StrFormat(
      "%s %s %s", ts.is_number() ? absl::StrFormat("%.3f", ts.get<double>() / 1000) : "-",
      ShortId(event), Text(event, "event_type"));
  if (Field(event, "new_state").is_string()) {
    absl::StrAppend(&out, " ", Text(event, "previous_state"), ">", Text(event, "new_state"));
  }
  if (Field(event, "reason_code").is_string()) {
    absl::StrAppend(&out, " ", Text(event, "reason_code"));
  }
  if (event.is_object()) {
    for (const auto& [name, value] : event.items()) {
      if (std::find(kElsewhere.begin(), kElsewhere.end(), name) != kElsewhere.end()) continue;
      absl::StrAppend(&out, " ", name, "=", Plain(value));
    }
  }
  return out + "\n";
}

std::string DurationText(std::int64_t ms) {
  constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                         kDay = 24 * kHour;
  if (ms < kSecond) return absl::StrCat(ms, "ms");
  if (ms < kMinute) return absl::StrFormat("%d.%ds", ms / kSecond, ms % kSecond / 100);
  if (ms < kHour) return absl::StrFormat("%dm%02ds", ms / kMinute, ms % kMinute / kSecond);
  if (ms < kDay) return absl::StrFormat("%dh%02dm", ms / kHour, ms % kHour / kMinute);
  return absl::StrFormat("%dd%02dh", ms / kDay, ms % kDay / kHour);
}

}  // namespace jvpn
