#include "tools/audit_line.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "control/admin_protocol.h"
#include "session/event_fields.h"
#include "session/policy_id.h"
#include "session/policy_key.h"

namespace jvpn {
namespace {

constexpr std::size_t kHashDigits = 64;
// About a thousand years in ms: sums of a few such times cannot overflow.
constexpr std::int64_t kFarthest = std::int64_t{1} << 45;

// Finds the enumerator of E with this name among the first `count`.
template <typename E>
std::optional<E> ByName(std::string_view name, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (Name(static_cast<E>(i)) == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ReadId(std::string_view text, SessionId& id) {
  if (text.size() != 2 * id.bytes.size()) return false;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

// Fields of one JSON object. What is absent stays as it is; what has another kind is forgotten, and
// is then missing when the line is written again.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  std::string Text(const char* name) const {
    const Json* value = Find(name);
    return value != nullptr && value->is_string() ? value->get<std::string>() : "";
  }
  template <typename Integer>
  void Number(const char* name, std::optional<Integer>& to) const {
    if (const auto value = Integer64<Integer>(name)) to = *value;
  }
  template <typename Integer>
  Integer Number(const char* name) const {
    return Integer64<Integer>(name).value_or(Integer{0});
  }
  void Flag(const char* name, std::optional<bool>& to) const {
    const Json* value = Find(name);
    if (value != nullptr && value->is_boolean()) to = value->get<bool>();
  }
  bool Flag(const char* name) const {
    std::optional<bool> flag;
    Flag(name, flag);
    return flag.value_or(false);
  }
  void Thousandths(const char* name, std::optional<std::uint32_t>& to) const {
    const Json* value = Find(name);
    if (value == nullptr || !value->is_number()) return;
    const double thousandths = std::round(value->get<double>() * 1000);
    if (thousandths >= 0 && thousandths <= std::numeric_limits<std::uint32_t>::max()) {
      to = static_cast<std::uint32_t>(thousandths);
    }
  }
  void Transport(const char* name, std::optional<TransportId>& to) const {
    const Json* value = Find(name);
    if (value == nullptr) return;
    if (value->is_null()) to = TransportId::kNone;
    if (const auto id = Integer64<std::uint32_t>(name)) to = TransportId{*id};
  }
  TransportId TransportOrNone(const char* name) const {
    return TransportId{Integer64<std::uint32_t>(name).value_or(Value(TransportId::kNone))};
  }
  void Code(const char* name, std::optional<Reason>& to) const {
    if (Find(name) != nullptr) to = ByName<Reason>(Text(name), kReasonNames.size());
  }
  void StateName(const char* name, std::optional<State>& to) const {
    if (Find(name) != nullptr) to = ByName<State>(Text(name), kStates);
  }
  const Json* Find(const char* name) const {
    const auto found = object_.find(name);
    return found != object_.end() ? &*found : nullptr;
  }

 private:
  template <typename Integer>
  std::optional<Integer> Integer64(const char* name) const {
    const Json* value = Find(name);
    if (value == nullptr || !value->is_number_integer()) return std::nullopt;
    if constexpr (std::is_same_v<Integer, std::uint64_t>) {
      if (value->is_number_unsigned()) return value->get<std::uint64_t>();
      return std::nullopt;
    } else {
      if (value->is_number_unsigned() &&
          value->get<std::uint64_t>() >
              static_cast<std::uint64_t>(std::numeric_limits<Integer>::max())) {
        return std::nullopt;
      }
      const auto number = value->get<std::int64_t>();
      if (number < std::numeric_limits<Integer>::min()) return std::nullopt;
      if (number < -kFarthest || number > kFarthest) return std::nullopt;
      return static_cast<Integer>(number);
    }
  }

  const Json& object_;
};

Ballot ReadBallot(const Fields& fields, const Json& list) {
  Ballot ballot;
  ballot.hysteresis = fields.Flag("hysteresis");
  ballot.active_stable = fields.Flag("active_stable");
  ballot.requested = fields.TransportOrNone("requested_transport");
  ballot.refused = fields.TransportOrNone("refused_transport");
  for (const Json& entry : list) {
    if (!entry.is_object()) continue;
    const Fields of(entry);
    TransportFacts facts;
    facts.known = true;
    facts.dead = of.Flag("dead");
    facts.fresh = of.Flag("fresh");
    facts.probe_gap = of.Flag("probe_gap");
    facts.barred = of.Flag("barred");
    facts.failed_before = of.Flag("failed_before");
    facts.verdict = ByName<Verdict>(of.Text("verdict"), 3).value_or(Verdict::kUnknown);
    std::optional<std::uint32_t> thousandths;
    of.Thousandths("loss_ratio", thousandths);
    facts.loss_permille = thousandths.value_or(0);
    thousandths.reset();
    of.Thousandths("latency_estimate_ms", thousandths);
    facts.latency_us = thousandths.value_or(0);
    facts.clean_since = InstantMs{Millis{of.Number<std::int64_t>("clean_since_ms")}};
    ballot.candidates.emplace_back(of.TransportOrNone("transport_id"), facts);
  }
  return ballot;
}

void ReadPlain(const Fields& fields, Event& event) {
  fields.Code("reason_code", event.reason);
  fields.Code("detail_code", event.detail);
  fields.StateName(FieldNames(event.type).previous_state, event.previous_state);
  fields.StateName("new_state", event.new_state);
  if (const std::string status = fields.Text("status"); !status.empty()) {
    event.success = status == "SUCCESS";
  }
  if (const std::string role = fields.Text("role"); !role.empty()) {
    event.role_active = role == "active";
  }
  fields.Flag("binding_lost", event.binding_lost);
  event.policy_id = fields.Text("policy_id");
  event.wall_clock = fields.Text("wall_clock");
  event.old_addr = fields.Text("old_addr");
  event.new_addr = fields.Text("new_addr");
  event.input = fields.Text("input");
  const Json* policy = fields.Find("policy");
  if (policy != nullptr && policy->is_object()) event.policy = policy->dump();
}

void ReadNumbers(const Fields& fields, Event& event) {
  const EventFieldNames names = FieldNames(event.type);
  fields.Transport(names.previous_transport, event.previous_transport);
  fields.Transport(names.transport, event.transport);
  fields.Number(names.candidate_count, event.candidate_count);
  fields.Number("binding_epoch", event.binding_epoch);
  fields.Number("key_epoch", event.key_epoch);
  fields.Number("loss_lost", event.loss_lost);
  fields.Number("loss_sent", event.loss_sent);
  if (!event.loss_sent) fields.Thousandths("loss_ratio", event.loss_permille);
  fields.Thousandths("latency_estimate_ms", event.latency_us);
  const auto number = [&](const char* name, auto& value) { fields.Number(name, value); };
  ForEachTime(event, number);
  ForEachAge(event, number);
  fields.Number("count", event.count);
  fields.Number(names.total, event.total);
  ForEachLost(event, number);
}

}  // namespace

std::variant<AuditLine, std::string> ReadAuditLine(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return "it is no JSON object";
  const Fields fields(json);
  AuditLine line;
  Event& event = line.event;
  line.seq = fields.Number<std::uint64_t>("seq");
  line.prev = fields.Text("prev");
  if (line.seq == 0) return "it has no seq";
  if (line.prev.size() != kHashDigits) return "its prev is no SHA-256";
  const auto type = ByName<EventType>(fields.Text("event_type"), kEventTypes);
  if (!type) return "event_type \"" + fields.Text("event_type") + "\" is unknown";
  event.type = *type;
  const auto failure_class = ByName<FailureClass>(fields.Text("failure_class"), kFailureClasses);
  if (!failure_class) return "its failure_class is unknown";
  event.failure_class = *failure_class;
  if (!ReadId(fields.Text("session_id"), event.session_id)) return "its session_id is none";
  event.at = InstantMs{Millis{fields.Number<std::int64_t>("ts_ms")}};
  event.state_version = fields.Number<std::uint32_t>("state_version");
  event.policy_version = fields.Text("policy_version");
  line.node_id = fields.Text("node_id");
  ReadPlain(fields, event);
  ReadNumbers(fields, event);
  if (const Json* list = fields.Find("candidates"); list != nullptr && list->is_array()) {
    event.ballot = ReadBallot(fields, *list);
  }
  const std::string again = "{\"seq\":" + std::to_string(line.seq) + ",\"prev\":\"" + line.prev +
                            "\"," + ToJson(event, line.node_id).substr(1);
  if (again == text) return line;
  const auto differs = std::ranges::mismatch(again, text).in2;
  const auto at = static_cast<std::size_t>(differs - text.begin());
  return "a gateway would have written it otherwise, from column " + std::to_string(at + 1) + " on";
}

std::optional<Policy> ReadCanonicalPolicy(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const Fields fields(json);
  Policy policy;
  policy.version = fields.Text("version");
  policy.profile = fields.Text("profile");
  policy.apply_mode =
      fields.Text("apply_mode") == "strict" ? ApplyMode::kStrict : ApplyMode::kGrace;
  policy.allowed_protocols.clear();
  if (const Json* list = fields.Find("transport.allowed_protocols")) {
    for (const Json& entry : *list) {
      policy.allowed_protocols.push_back(entry.is_string() ? entry.get<std::string>() : "");
    }
  }
  for (const PolicyKey& key : PolicyKeys()) {
    const auto value = fields.Number<std::uint32_t>(std::string(key.name).c_str());
    if (!key.InBounds(value)) return std::nullopt;
    key.Set(policy, value);
  }
  if (CanonicalJson(policy) != text || !HardFaults(policy).empty()) return std::nullopt;
  return policy;
}

}  // namespace jvpn
