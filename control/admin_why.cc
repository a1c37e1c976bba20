// AdminMethods: the newest events of one session, as the memory of the audit log has them.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/admin_methods.h"

namespace jvpn {
namespace {

constexpr std::int64_t kDefaultWhy = 30;
constexpr std::int64_t kMaxWhy = 1'000;
constexpr std::size_t kSessionIdDigits = 32;
constexpr std::string_view kField = "\"session_id\":\"";

// The session of a line; empty for a line of the log itself.
std::string_view SessionOf(std::string_view line) {
  const std::size_t at = line.find(kField);
  if (at == std::string_view::npos) return {};
  const std::string_view id = line.substr(at + kField.size(), kSessionIdDigits);
  return id.find_first_not_of('0') == std::string_view::npos ? std::string_view{} : id;
}

}  // namespace

AdminAnswer AdminMethods::Why(const Json& params) const {
  const auto text = TextParam(params, "session", "");
  const auto count = IntegerParam(params, "count", 1, kMaxWhy, kDefaultWhy);
  if (const auto* error = std::get_if<AdminError>(&text)) return *error;
  if (const auto* error = std::get_if<AdminError>(&count)) return *error;
  const auto& prefix = std::get<std::string>(text);
  std::set<std::string, std::less<>> ids;
  std::vector<std::string> lines;
  for (std::string& line : audit_.LinesFrom(0, AuditLog::kTailLines)) {
    const std::string_view id = SessionOf(line);
    if (prefix.empty() || !id.starts_with(prefix)) continue;
    ids.emplace(id);
    lines.push_back(std::move(line));
  }
  if (ids.empty()) {
    return AdminError{absl::StrCat("the newest ", AuditLog::kTailLines,
                                   " events tell nothing of a session \"", prefix.substr(0, 64),
                                   "\"; look into the audit log itself")};
  }
  if (ids.size() > 1) {
    return AdminError{
        absl::StrCat(ids.size(), " session ids begin with ", prefix, ": give more digits")};
  }
  const auto wanted = static_cast<std::size_t>(std::get<std::int64_t>(count));
  Json events = Json::array();
  for (std::size_t i = lines.size() - std::min(wanted, lines.size()); i < lines.size(); ++i) {
    events.push_back(Json::parse(lines[i]));
  }
  return Json{{"session_id", *ids.begin()}, {"events", std::move(events)}};
}

}  // namespace jvpn
