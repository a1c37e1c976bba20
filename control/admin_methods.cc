#include "control/admin_methods.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/admin_views.h"

namespace jvpn {
namespace {

// Keep an answer, and the turn of the control loop that makes it, far below a millisecond, however
// many sessions there are: who wants more asks for the next page.
constexpr std::int64_t kPage = 64;
constexpr std::size_t kSessionsOfATransportPage = 16;
constexpr std::int64_t kDefaultEvents = 20;
constexpr std::size_t kRememberedTerminated = 256;
constexpr std::size_t kSessionIdDigits = 32;

// The least session id that begins with these hex digits.
SessionId LeastSessionId(const std::string& prefix) {
  SessionId id;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    const int digit = prefix[i] <= '9' ? prefix[i] - '0' : prefix[i] - 'a' + 10;
    id.bytes[i / 2] |= static_cast<std::uint8_t>(i % 2 == 0 ? digit << 4 : digit);
  }
  return id;
}

bool IsHexPrefix(const std::string& text) {
  return !text.empty() && text.size() <= kSessionIdDigits &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Where a page begins: at the first session of all, or at the "next" of the page before.
std::variant<SessionId, AdminError> FromParam(const Json& params) {
  const auto text = TextParam(params, "from", "0");
  if (const auto* error = std::get_if<AdminError>(&text)) return *error;
  const auto& from = std::get<std::string>(text);
  if (!IsHexPrefix(from)) return AdminError{"\"from\" must be 1 to 32 hex digits of a session id"};
  return LeastSessionId(from);
}

const char* Outcome(TerminateResult result) {
  return result == TerminateResult::kDone ? "terminated" : "already_terminated";
}

}  // namespace

AdminMethods::AdminMethods(AdminBackend& backend, AuditLog& audit, Log log)
    : backend_(backend), audit_(audit), log_(std::move(log)) {}

AdminReply AdminMethods::Handle(std::string_view request_line, const AdminCaller& caller,
                                Instant now) {
  const auto parsed = ParseAdminRequest(request_line);
  if (const auto* error = std::get_if<AdminError>(&parsed)) {
    return {.line = EncodeAdminAnswer(*error)};
  }
  const auto& request = std::get<AdminRequest>(parsed);
  if (request.method == "events") return Events(request.params);
  return {.line = EncodeAdminAnswer(Dispatch(request, caller, now))};
}

AdminAnswer AdminMethods::Dispatch(const AdminRequest& request, const AdminCaller& caller,
                                   Instant now) {
  const std::string& method = request.method;
  if (method == "version") return FactsJson(backend_.Facts(now));
  if (method == "sessions") return Sessions(request.params, now);
  if (method == "session") return Session(request.params, now);
  if (method == "transports") return Transports(request.params, now);
  if (method == "terminate") return Terminate(request.params, caller, now);
  if (method == "why") return Why(request.params);
  if (method == "policy_show") return PolicyShow(request.params);
  if (method == "policy_apply") return PolicyApply(request.params, caller, now);
  if (method == "drops") {
    return Json{{"drops", DropsJson(backend_.ControlDrops(), backend_.Workers())},
                {"audit_lines_lost", audit_.lost()}};
  }
  if (method == "audit_head") {
    return Json{{"seq", audit_.head().seq}, {"hash", audit_.head().hash}};
  }
  if (method == "stats") return Json{{"workers", WorkersJson(backend_.Workers())}};
  return AdminError{absl::StrCat("there is no method \"", method.substr(0, 64), "\"")};
}

AdminAnswer AdminMethods::Sessions(const Json& params, Instant now) const {
  const auto from = FromParam(params);
  const auto limit = IntegerParam(params, "limit", 1, kPage, kPage);
  if (const auto* error = std::get_if<AdminError>(&from)) return *error;
  if (const auto* error = std::get_if<AdminError>(&limit)) return *error;
  const auto most = static_cast<std::size_t>(std::get<std::int64_t>(limit));
  const auto sessions = backend_.Sessions(std::get<SessionId>(from), most + 1, now);
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(sessions.size(), most); ++i) {
    list.push_back(SessionSummaryJson(sessions[i]));
  }
  Json result{{"sessions", std::move(list)}, {"total", backend_.SessionCount()}};
  if (sessions.size() > most) result["next"] = sessions[most].id.ToString();
  return result;
}

AdminAnswer AdminMethods::Session(const Json& params, Instant now) const {
  const auto id = Resolve(params, now);
  if (const auto* error = std::get_if<AdminError>(&id)) return *error;
  const auto session = backend_.FindSession(std::get<SessionId>(id), now);
  if (!session.has_value()) return AdminError{"that session has ended"};
  return SessionJson(*session);
}

AdminAnswer AdminMethods::Transports(const Json& params, Instant now) const {
  Json list = Json::array();
  if (params.contains("session")) {
    const auto id = Resolve(params, now);
    if (const auto* error = std::get_if<AdminError>(&id)) return *error;
    const auto session = backend_.FindSession(std::get<SessionId>(id), now);
    if (!session.has_value()) return AdminError{"that session has ended"};
    AppendTransports(*session, list);
    return Json{{"transports", std::move(list)}};
  }
  const auto from = FromParam(params);
  if (const auto* error = std::get_if<AdminError>(&from)) return *error;
  const auto sessions =
      backend_.Sessions(std::get<SessionId>(from), kSessionsOfATransportPage + 1, now);
  std::size_t i = 0;
  while (i < std::min(sessions.size(), kSessionsOfATransportPage) && list.size() < kPage) {
    AppendTransports(sessions[i++], list);
  }
  Json result{{"transports", std::move(list)}};
  if (i < sessions.size()) result["next"] = sessions[i].id.ToString();
  return result;
}

AdminAnswer AdminMethods::Terminate(const Json& params, const AdminCaller& caller, Instant now) {
  const std::string who = absl::StrCat("uid ", caller.uid, ", pid ", caller.pid);
  if (!caller.may_change) {
    log_(absl::StrCat("terminate refused: ", who, " may only look"));
    return AdminError{"only root and the gateway's own user may terminate a session"};
  }
  const auto id = Resolve(params, now);
  if (const auto* error = std::get_if<AdminError>(&id)) return *error;
  const auto& session = std::get<SessionId>(id);
  const TerminateResult result = backend_.Terminate(session, now);
  if (result == TerminateResult::kUnknownSession) {
    return AdminError{absl::StrCat("there is no session ", session.ToString())};
  }
  log_(absl::StrCat("terminate ", session.ToString(), " by ", who, ": ", Outcome(result)));
  if (result == TerminateResult::kDone) {
    if (terminated_.size() == kRememberedTerminated) terminated_.pop_front();
    terminated_.push_back(session);
  }
  return Json{{"session_id", session.ToString()}, {"outcome", Outcome(result)}};
}

AdminReply AdminMethods::Events(const Json& params) const {
  const auto count = IntegerParam(params, "count", 0, AuditLog::kTailLines, kDefaultEvents);
  const auto follow = BoolParam(params, "follow", false);
  if (const auto* error = std::get_if<AdminError>(&count)) {
    return {.line = EncodeAdminAnswer(*error)};
  }
  if (const auto* error = std::get_if<AdminError>(&follow)) {
    return {.line = EncodeAdminAnswer(*error)};
  }
  const auto wanted = static_cast<std::uint64_t>(std::get<std::int64_t>(count));
  const std::uint64_t held = audit_.next_seq() - audit_.first_seq();
  const std::uint64_t from = audit_.next_seq() - std::min(wanted, held);
  // The lines are JSON already: joined as they stand instead of parsed and written again.
  std::string line = "{\"ok\":true,\"result\":{\"events\":[";
  const char* separator = "";
  for (const std::string& event : audit_.LinesFrom(from, AuditLog::kTailLines)) {
    absl::StrAppend(&line, std::exchange(separator, ","), event);
  }
  absl::StrAppend(&line, "],\"next_seq\":", audit_.next_seq(), "}}\n");
  return {.line = std::move(line), .follow = std::get<bool>(follow), .next_seq = audit_.next_seq()};
}

std::variant<SessionId, AdminError> AdminMethods::Resolve(const Json& params, Instant now) const {
  const auto text = TextParam(params, "session", "");
  if (const auto* error = std::get_if<AdminError>(&text)) return *error;
  const auto& prefix = std::get<std::string>(text);
  if (!IsHexPrefix(prefix)) {
    return AdminError{"\"session\" must be 1 to 32 hex digits of a session id"};
  }
  const SessionId least = LeastSessionId(prefix);
  if (prefix.size() == kSessionIdDigits) return least;
  std::vector<SessionId> matches;
  const auto consider = [&](const SessionId& id) {
    if (!id.ToString().starts_with(prefix)) return;
    if (std::find(matches.begin(), matches.end(), id) == matches.end()) matches.push_back(id);
  };
  // Two are enough to know that the prefix names none.
  for (const SessionView& session : backend_.Sessions(least, 2, now)) consider(session.id);
  for (const SessionId& id : terminated_) consider(id);
  if (matches.size() == 1) return matches.front();
  if (matches.empty()) return AdminError{absl::StrCat("no session id begins with ", prefix)};
  return AdminError{
      absl::StrCat("more than one session id begins with ", prefix, ": give more digits")};
}

}  // namespace jvpn
