// One line of the audit log, read back: the inverse of ToJson() and of the log's chain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "session/event.h"
#include "session/policy.h"

namespace jvpn {

struct AuditLine {
  std::uint64_t seq = 0;
  std::string prev;  // SHA-256 of the line before
  std::string node_id;
  Event event;
};

// The line without its newline, or a sentence: what of it no gateway would have written. Accepts
// nothing that ToJson() would not write again, byte for byte.
std::variant<AuditLine, std::string> ReadAuditLine(std::string_view line);

// A policy as PolicyLoaded holds it; nullopt unless it is CanonicalJson() of one that obeys the
// rules of its keys.
std::optional<Policy> ReadCanonicalPolicy(const std::string& json);

}  // namespace jvpn
