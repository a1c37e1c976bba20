// Rendering: the gateway's JSON as tables and lines for people. A field that is missing shows as
// "-", so that a tool and a gateway of different versions still understand each other.
#pragma once

#include <cstdint>
#include <string>

#include "control/admin_protocol.h"

namespace jvpn {

std::string RenderSessions(const Json& result);
std::string RenderSession(const Json& session);
std::string RenderTransports(const Json& result);
std::string RenderDrops(const Json& result);
std::string RenderStats(const Json& result);
std::string RenderTerminate(const Json& result);
// "SEQ:HASH".
std::string RenderAuditHead(const Json& head);
// One audit event as one line, newline included.
std::string RenderEvent(const Json& event);

// "850ms", "12.3s", "4m05s", "3h02m", "2d03h".
std::string DurationText(std::int64_t ms);

}  // namespace jvpn
