// AdminMethods: one request in, one answer out; no socket, no clock.
//
//   method      params                       who      result
//   version     -                            viewer   {version, node_id, uptime_ms, …}
//   sessions    from, limit                  viewer   {sessions: […], total, next}: a page, by id
//   session     session                      viewer   the session with its transports
//   transports  session, or from             viewer   {transports: […], next}: a page, by session
//   events      count, follow                viewer   {events: […], next_seq}
//   terminate   session                      admin    {session_id, outcome}
//   drops       -                            viewer   {drops: […], audit_lines_lost}
//   why         session, count               viewer   {session_id, events: […]}: its newest events
//   policy_show group (optional)             viewer   {groups: [{group, peers, policy_id, policy}]}
//   policy_apply  group, name, text          admin    {group, policy_id, warnings: […]}
//   audit_head  -                            viewer   {seq, hash} of the newest line of the log
//   stats       -                            viewer   {workers: […]}
//
// `session` is a full session id or a prefix that only one session has. `next`, if there is more,
// is the `from` of the next page.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "base/time.h"
#include "control/admin_backend.h"
#include "control/admin_protocol.h"
#include "control/audit_log.h"

namespace jvpn {

struct AdminCaller {
  std::uint32_t uid = 0;
  std::int32_t pid = 0;
  bool may_change = false;  // root, or the user that the gateway runs as
};

struct AdminReply {
  std::string line;            // with its newline
  bool follow = false;         // the connection is a stream of events from here on
  std::uint64_t next_seq = 0;  // with follow: of the first event to stream
};

class AdminMethods {
 public:
  // `log` gets one sentence for each request that changes, or tries to change, something.
  using Log = std::function<void(const std::string&)>;
  AdminMethods(AdminBackend& backend, AuditLog& audit, Log log);

  AdminReply Handle(std::string_view request_line, const AdminCaller& caller, Instant now);

 private:
  AdminAnswer Dispatch(const AdminRequest& request, const AdminCaller& caller, Instant now);
  AdminAnswer Sessions(const Json& params, Instant now) const;
  AdminAnswer Session(const Json& params, Instant now) const;
  AdminAnswer Transports(const Json& params, Instant now) const;
  AdminAnswer Terminate(const Json& params, const AdminCaller& caller, Instant now);
  AdminReply Events(const Json& params) const;
  AdminAnswer Why(const Json& params) const;
  AdminAnswer PolicyShow(const Json& params) const;
  AdminAnswer PolicyApply(const Json& params, const AdminCaller& caller, Instant now);
  // The one session that `params` names, living or just terminated.
  std::variant<SessionId, AdminError> Resolve(const Json& params, Instant now) const;

  AdminBackend& backend_;
  AuditLog& audit_;
  Log log_;
  // So that a prefix still means the session that it just ended; bounded.
  std::deque<SessionId> terminated_;
};

}  // namespace jvpn
