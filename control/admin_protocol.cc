#include "control/admin_protocol.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

// A request is an object of scalars; what nests deeper is not one, and is not worth building.
constexpr int kMaxDepth = 3;

Json ParseBounded(std::string_view text) {
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  Json json = Json::parse(text, watch, /*allow_exceptions=*/false);
  return too_deep ? Json(Json::value_t::discarded) : json;
}

}  // namespace

std::variant<AdminRequest, AdminError> ParseAdminRequest(std::string_view line) {
  if (line.size() > kMaxAdminRequest) {
    return AdminError{absl::StrCat("the request is longer than ", kMaxAdminRequest, " bytes")};
  }
  Json json = ParseBounded(line);
  if (!json.is_object()) return AdminError{"the request is not a JSON object"};
  const auto method = json.find("method");
  if (method == json.end() || !method->is_string()) {
    return AdminError{"the request names no \"method\""};
  }
  AdminRequest request;
  request.method = method->get<std::string>();
  if (const auto params = json.find("params"); params != json.end()) {
    if (!params->is_object()) return AdminError{"\"params\" is not an object"};
    request.params = *params;
  }
  return request;
}

std::string EncodeAdminRequest(const AdminRequest& request) {
  return Json{{"method", request.method}, {"params", request.params}}.dump() + "\n";
}

AdminAnswer ParseAdminAnswer(std::string_view line) {
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const AdminError garbled{"the gateway's answer is not understood"};
  if (!json.is_object()) return garbled;
  const auto ok = json.find("ok");
  if (ok == json.end() || !ok->is_boolean()) return garbled;
  if (ok->get<bool>()) {
    const auto result = json.find("result");
    return result == json.end() ? AdminAnswer(garbled) : AdminAnswer(std::move(*result));
  }
  const auto error = json.find("error");
  if (error == json.end() || !error->is_string()) return garbled;
  return AdminError{error->get<std::string>()};
}

std::string EncodeAdminAnswer(const AdminAnswer& answer) {
  Json json;
  if (const auto* error = std::get_if<AdminError>(&answer)) {
    json = {{"ok", false}, {"error", error->sentence}};
  } else {
    json = {{"ok", true}, {"result", std::get<Json>(answer)}};
  }
  // Names come from files and requests and need not be UTF-8; an answer always is.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::variant<std::int64_t, AdminError> IntegerParam(const Json& params, const std::string& name,
                                                    std::int64_t least, std::int64_t greatest,
                                                    std::int64_t fallback) {
  const auto value = params.find(name);
  if (value == params.end()) return fallback;
  if (value->is_number_integer() &&
      (!value->is_number_unsigned() || value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX})) {
    const auto number = value->get<std::int64_t>();
    if (number >= least && number <= greatest) return number;
  }
  return AdminError{
      absl::StrCat("\"", name, "\" must be an integer from ", least, " to ", greatest)};
}

std::variant<bool, AdminError> BoolParam(const Json& params, const std::string& name,
                                         bool fallback) {
  const auto value = params.find(name);
  if (value == params.end()) return fallback;
  if (!value->is_boolean()) return AdminError{absl::StrCat("\"", name, "\" must be true or false")};
  return value->get<bool>();
}

std::variant<std::string, AdminError> TextParam(const Json& params, const std::string& name,
                                                const std::string& fallback) {
  const auto value = params.find(name);
  if (value == params.end()) return fallback;
  if (!value->is_string()) return AdminError{absl::StrCat("\"", name, "\" must be a string")};
  return value->get<std::string>();
}

}  // namespace jvpn
