// ToJson: an event as a line of the audit log (requirements 4, RFC 8259).
#include <string>

#include "session/event.h"
#include "session/event_fields.h"

namespace jvpn {
namespace {

// Writes one flat object; absent optionals leave no trace.
class JsonLine {
 public:
  void Text(std::string_view name, std::string_view value) {
    Key(name);
    Quote(value);
  }
  // For fields of which empty means absent.
  void TextIfAny(std::string_view name, std::string_view value) {
    if (!value.empty()) Text(name, value);
  }
  // `json` is an object already.
  void ObjectIfAny(std::string_view name, std::string_view json) {
    if (!json.empty()) Raw(name, json);
  }
  template <typename Integer>
  void Number(std::string_view name, const std::optional<Integer>& value) {
    if (value) Raw(name, std::to_string(*value));
  }
  void Flag(std::string_view name, const std::optional<bool>& value) {
    if (value) Raw(name, *value ? "true" : "false");
  }
  // Thousandths as a decimal with three digits: 210 is 0.210.
  void Thousandths(std::string_view name, std::uint64_t value) {
    const std::string fraction = std::to_string(1000 + value % 1000);
    Raw(name, std::to_string(value / 1000) + '.' + fraction.substr(1));
  }
  void Transport(std::string_view name, const std::optional<TransportId>& id) {
    if (id) Raw(name, *id == TransportId::kNone ? "null" : std::to_string(Value(*id)));
  }
  void Code(std::string_view name, const std::optional<Reason>& reason) {
    if (reason) Text(name, Name(*reason));
  }
  void StateName(std::string_view name, const std::optional<State>& state) {
    if (state) Text(name, Name(*state));
  }
  void OpenList(std::string_view name) {
    Key(name);
    text_ += '[';
  }
  void OpenObject() {
    if (text_.back() == '}') text_ += ',';
    text_ += '{';
  }
  void Close(char bracket) { text_ += bracket; }
  std::string Take() { return text_ + '}'; }

 private:
  void Key(std::string_view name) {
    if (text_.back() != '{') text_ += ',';
    Quote(name);
    text_ += ':';
  }
  void Raw(std::string_view name, std::string_view value) {
    Key(name);
    text_ += value;
  }
  // RFC 8259 7: the quote, the backslash and everything below 0x20 must be escaped.
  void Quote(std::string_view value) {
    static constexpr char kHex[] = "0123456789abcdef";
    text_ += '"';
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (byte < 0x20) {
        text_ += "\\u00";
        text_ += kHex[byte >> 4];
        text_ += kHex[byte & 15];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_ = "{";
};

void WriteBase(JsonLine& line, const Event& event, std::string_view node_id) {
  line.Number("ts_ms", std::optional(event.at.time_since_epoch().count()));
  line.Text("event_type", Name(event.type));
  line.Text("session_id", event.session_id.ToString());
  line.Text("node_id", node_id);
  line.Number("state_version", std::optional(event.state_version));
  line.Text("policy_version", event.policy_version);
  line.Text("failure_class", Name(event.failure_class));
  line.Code("reason_code", event.reason);
}

void WriteState(JsonLine& line, const Event& event) {
  line.StateName(FieldNames(event.type).previous_state, event.previous_state);
  line.StateName("new_state", event.new_state);
  if (event.success) line.Text("status", *event.success ? "SUCCESS" : "DENIED");
}

void WriteTransports(JsonLine& line, const Event& event) {
  const EventFieldNames names = FieldNames(event.type);
  line.Transport(names.previous_transport, event.previous_transport);
  line.Transport(names.transport, event.transport);
  if (event.role_active) line.Text("role", *event.role_active ? "active" : "candidate");
  line.Code("detail_code", event.detail);
  line.Number(names.candidate_count, event.candidate_count);
  line.Number("binding_epoch", event.binding_epoch);
  line.Number("key_epoch", event.key_epoch);
  line.TextIfAny("old_addr", event.old_addr);
  line.TextIfAny("new_addr", event.new_addr);
}

void WriteMeasures(JsonLine& line, const Event& event) {
  line.Number("loss_lost", event.loss_lost);
  line.Number("loss_sent", event.loss_sent);
  if (event.loss_permille) {
    line.Thousandths("loss_ratio", *event.loss_permille);
  } else if (event.loss_lost && event.loss_sent.value_or(0) > 0) {
    line.Thousandths("loss_ratio", std::uint64_t{*event.loss_lost} * 1000 / *event.loss_sent);
  }
  if (event.latency_us) line.Thousandths("latency_estimate_ms", *event.latency_us);
  const auto number = [&](const char* name, const auto& value) { line.Number(name, value); };
  ForEachTime(event, number);
  line.Flag("binding_lost", event.binding_lost);
  ForEachAge(event, number);
}

void WriteBallot(JsonLine& line, const Ballot& ballot) {
  line.Flag("hysteresis", ballot.hysteresis);
  line.Flag("active_stable", ballot.active_stable);
  const auto name = [&](std::string_view field, TransportId id) {
    if (id != TransportId::kNone) line.Transport(field, id);
  };
  name("requested_transport", ballot.requested);
  name("refused_transport", ballot.refused);
  line.OpenList("candidates");
  for (const auto& [id, facts] : ballot.candidates) {
    line.OpenObject();
    line.Transport("transport_id", id);
    line.Text("verdict", Name(facts.verdict));
    if (facts.dead) line.Flag("dead", true);  // the bound one, before its TransportDead
    line.Flag("fresh", facts.fresh);
    line.Flag("probe_gap", facts.probe_gap);
    line.Flag("barred", facts.barred);
    line.Flag("failed_before", facts.failed_before);
    line.Thousandths("loss_ratio", facts.loss_permille);
    line.Thousandths("latency_estimate_ms", facts.latency_us);
    line.Number("clean_since_ms", std::optional(facts.clean_since.time_since_epoch().count()));
    line.Close('}');
  }
  line.Close(']');
}

void WriteRest(JsonLine& line, const Event& event) {
  if (event.type == EventType::kTransportSwitch) {
    line.Flag("explicit", true);
    line.Flag("auditable", true);
  }
  // Which mark of freshness failed: the gateway's time token, or the counter.
  if (event.type == EventType::kSecurityReplayDetected) {
    line.Text("freshness_marker_type", "counter");
  } else if (event.type == EventType::kSecurityValidationFailed &&
             event.reason == Reason::kStaleRequest) {
    line.Text("freshness_marker_type", "token");
  }
  if (event.ballot) WriteBallot(line, *event.ballot);
  line.TextIfAny("policy_id", event.policy_id);
  line.ObjectIfAny("policy", event.policy);
  line.TextIfAny("wall_clock", event.wall_clock);
  line.TextIfAny("input", event.input);
  line.Number("count", event.count);
  line.Number(FieldNames(event.type).total, event.total);
  ForEachLost(event, [&](const char* name, const auto& value) { line.Number(name, value); });
}

}  // namespace

EventFieldNames FieldNames(EventType type) {
  EventFieldNames names;
  switch (type) {
    case EventType::kSessionStateChange:
      names.previous_transport = "from_transport";
      names.candidate_count = "candidate_set_size";
      break;
    case EventType::kSessionRestored:
      names.previous_state = "persisted_state";
      break;
    case EventType::kSessionTerminated:
      names.total = "denials_held_back";
      break;
    case EventType::kTransportSwitch:
      names.transport = "new_transport";
      break;
    case EventType::kTransportSwitchFailed:
      names.transport = "candidate";
      break;
    case EventType::kReattachAttempt:
      names.transport = "candidate_transport";
      break;
    case EventType::kReattachResult:
    case EventType::kSecurityValidationFailed:
    case EventType::kSecurityReplayDetected:
      names.transport = "path";
      break;
    default:
      break;
  }
  return names;
}

std::string ToJson(const Event& event, std::string_view node_id) {
  JsonLine line;
  WriteBase(line, event, node_id);
  WriteState(line, event);
  WriteTransports(line, event);
  WriteMeasures(line, event);
  WriteRest(line, event);
  return line.Take();
}

}  // namespace jvpn
