// Target: requests to the control socket and, because the format is one, the answers.
#include "base/check.h"
#include "control/admin_protocol.h"
#include "tests/fuzz/fuzz_target.h"

namespace jvpn {
namespace {

bool ReadRequest(const std::string& line) {
  const auto parsed = ParseAdminRequest(line);
  const auto* request = std::get_if<AdminRequest>(&parsed);
  if (request == nullptr) {
    CHECK(!std::get<AdminError>(parsed).sentence.empty());
    return false;
  }
  for (const char* name : {"session", "limit", "follow"}) {
    (void)IntegerParam(request->params, name, 0, 100, 7);
    (void)BoolParam(request->params, name, false);
    (void)TextParam(request->params, name, "");
  }
  const std::string again = EncodeAdminRequest(*request);
  CHECK(again.find('\n') == again.size() - 1);
  const auto reread = ParseAdminRequest(std::string_view(again).substr(0, again.size() - 1));
  const auto* same = std::get_if<AdminRequest>(&reread);
  CHECK(same != nullptr && same->method == request->method && same->params == request->params);
  return true;
}

// A refusal is an answer too; only what is garbled is none.
bool ReadAnswer(const std::string& line) {
  const AdminAnswer answer = ParseAdminAnswer(line);
  const auto* error = std::get_if<AdminError>(&answer);
  if (error == nullptr) return true;
  return error->sentence != std::get<AdminError>(ParseAdminAnswer("")).sentence;
}

}  // namespace

bool FuzzTarget(ByteView input) {
  const std::string line(input.begin(), input.end());
  const bool request = ReadRequest(line);
  const bool answer = ReadAnswer(line);
  return request || answer;
}

}  // namespace jvpn
