// Admin protocol: what jvpnctl and the gateway say to each other over a unix stream socket.
//
//   request   {"method":"sessions","params":{…}}\n       at most kMaxAdminRequest bytes
//   answer    {"ok":true,"result":…}\n  or  {"ok":false,"error":"a sentence"}\n
//
// One request at a time a connection; any number one after the other. "events" with "follow":true
// turns the connection into a stream of {"event":{…}} lines; {"dropped":n} stands for lines that a
// slow reader missed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "nlohmann/json.hpp"

namespace jvpn {

// Keeps the order of insertion, so that what people read is in a sensible order.
using Json = nlohmann::ordered_json;

inline constexpr char kDefaultControlSocket[] = "/run/jvpn/gateway.sock";
inline constexpr std::size_t kMaxAdminRequest = 32 * 1024;  // a whole policy file

struct AdminRequest {
  std::string method;
  Json params = Json::object();
};

struct AdminError {
  std::string sentence;
};

// `line` without its newline; anything may stand in it.
std::variant<AdminRequest, AdminError> ParseAdminRequest(std::string_view line);
std::string EncodeAdminRequest(const AdminRequest& request);

// What the gateway sends back: a result, or why there is none.
using AdminAnswer = std::variant<Json, AdminError>;
AdminAnswer ParseAdminAnswer(std::string_view line);
// With the newline.
std::string EncodeAdminAnswer(const AdminAnswer& answer);

// Typed access to params: the value, the fallback when absent, or an error sentence.
std::variant<std::int64_t, AdminError> IntegerParam(const Json& params, const std::string& name,
                                                    std::int64_t least, std::int64_t greatest,
                                                    std::int64_t fallback);
std::variant<bool, AdminError> BoolParam(const Json& params, const std::string& name,
                                         bool fallback);
std::variant<std::string, AdminError> TextParam(const Json& params, const std::string& name,
                                                const std::string& fallback);

}  // namespace jvpn
