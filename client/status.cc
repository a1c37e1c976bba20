#include "client/status.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace jvpn {
namespace {

using nlohmann::json;

json PrefixOrNull(const Prefix& prefix) {
  return prefix.address.is_none() ? json(nullptr) : json(prefix.ToString());
}

json IdOrNull(TransportId id) { return id == TransportId::kNone ? json(nullptr) : json(Value(id)); }

std::string Loss(const json& t) {
  const auto permille = t.at("loss_permille").get<std::uint64_t>();
  return absl::StrFormat("%d.%d%% of %d", permille / 10, permille % 10,
                         t.at("loss_sent").get<std::uint64_t>());
}

json TransportObject(const ClientTransportView& t, const TransportPlace& place) {
  return {{"id", Value(t.id)},
          {"uplink", place.uplink},
          {"remote", t.remote.ToString()},
          {"bound", t.bound},
          {"validated", t.validated},
          {"life", LifeOf(t)},
          {"rtt_us", t.rtt_us},
          {"jitter_us", t.jitter_us},
          {"rtt_p95_us", t.p95_us},
          {"verdict", Name(t.verdict)},
          {"loss_permille", t.loss.permille()},
          {"loss_lost", t.loss.lost},
          {"loss_sent", t.loss.sent},
          {"unanswered_probes", t.unanswered_probes},
          {"last_heard_ms_ago", t.last_heard_ms_ago},
          {"sent_frames", t.sent},
          {"arrived_frames", t.arrived},
          {"received_frames", t.received},
          {"sent_bytes", place.counters.sent_bytes},
          {"received_bytes", place.counters.received_bytes},
          {"not_sent", place.counters.not_sent}};
}

std::string Milliseconds(std::uint64_t micros) {
  return micros == 0 ? "-" : absl::StrFormat("%.1f ms", static_cast<double>(micros) / 1000.0);
}

std::string Heard(std::int64_t ms_ago) {
  return ms_ago < 0 ? "never" : absl::StrFormat("%d ms ago", ms_ago);
}

std::string TextOr(const json& value, const char* otherwise) {
  return value.is_null() ? otherwise : value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

std::string_view LifeOf(const ClientTransportView& t) {
  if (!t.up) return "down";
  if (!t.validated) return "unproved";
  if (t.dead) return "dead";
  return t.fresh ? "fresh" : "stale";
}

json StatusObject(const std::string& name, const ClientView& view,
                  const std::vector<TransportPlace>& places) {
  json transports = json::array();
  for (std::size_t i = 0; i < view.transports.size(); ++i) {
    transports.push_back(TransportObject(view.transports[i], places[i]));
  }
  json drops = json::object();
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (view.drops[i] != 0) drops[std::string(kDropReasonNames[i])] = view.drops[i];
  }
  json status = {{"name", name},
                 {"attached", view.attached},
                 {"state", Name(view.state)},
                 {"transports", std::move(transports)},
                 {"drops", std::move(drops)}};
  if (!view.attached) return status;
  status["session_id"] = view.id.ToString();
  status["state_version"] = view.state_version;
  status["binding_epoch"] = view.binding_epoch;
  status["bound"] = IdOrNull(view.bound);
  status["attempt_target"] = IdOrNull(view.attempt_target.value_or(TransportId::kNone));
  status["suite"] = Name(view.suite);
  status["inner_v4"] = PrefixOrNull(view.inner_v4);
  status["inner_v6"] = PrefixOrNull(view.inner_v6);
  status["inner_mtu"] = view.inner_mtu;
  status["age_ms"] = view.age_ms;
  status["transportless_ms"] = view.transportless_ms;
  status["switches_last_minute"] = view.switches_last_minute;
  status["held_packets"] = view.held_packets;
  status["held_dropped"] = view.held_dropped;
  return status;
}

std::string StatusText(const json& s) {
  std::string text;
  if (!s.at("attached").get<bool>()) {
    absl::StrAppend(&text, s.at("name").get<std::string>(), ": handshake running\n");
  } else {
    absl::StrAppendFormat(&text, "%s: %s, session %s, %d s old\n", s.at("name").get<std::string>(),
                          s.at("state").get<std::string>(), s.at("session_id").get<std::string>(),
                          s.at("age_ms").get<std::int64_t>() / 1000);
    absl::StrAppendFormat(&text, "  inner %s %s, mtu %d, %s\n", TextOr(s.at("inner_v4"), "no IPv4"),
                          TextOr(s.at("inner_v6"), "no IPv6"), s.at("inner_mtu").get<int>(),
                          s.at("suite").get<std::string>());
    absl::StrAppendFormat(&text,
                          "  bound to %s, binding epoch %d, %d switches in the last minute\n",
                          TextOr(s.at("bound"), "nothing"), s.at("binding_epoch").get<int>(),
                          s.at("switches_last_minute").get<int>());
    if (s.at("bound").is_null()) {
      absl::StrAppendFormat(&text, "  without a transport for %d ms\n",
                            s.at("transportless_ms").get<std::int64_t>());
    }
  }
  for (const json& t : s.at("transports")) {
    absl::StrAppendFormat(
        &text, "  %c%2d %-15s %-28s %-8s loss %s (%s), rtt %s, heard %s, sent %d, received %d\n",
        t.at("bound").get<bool>() ? '*' : ' ', t.at("id").get<int>(),
        t.at("uplink").get<std::string>(), t.at("remote").get<std::string>(),
        t.at("life").get<std::string>(), Loss(t), t.at("verdict").get<std::string>(),
        Milliseconds(t.at("rtt_us").get<std::uint64_t>()),
        Heard(t.at("last_heard_ms_ago").get<std::int64_t>()),
        t.at("sent_frames").get<std::uint64_t>(), t.at("received_frames").get<std::uint64_t>());
  }
  for (const auto& [reason, count] : s.at("drops").items()) {
    absl::StrAppendFormat(&text, "  dropped %s: %d\n", reason, count.get<std::uint64_t>());
  }
  return text;
}

}  // namespace jvpn
