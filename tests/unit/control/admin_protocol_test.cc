#include "control/admin_protocol.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

std::string ErrorOf(const std::string& line) {
  const auto parsed = ParseAdminRequest(line);
  const auto* error = std::get_if<AdminError>(&parsed);
  return error == nullptr ? "" : error->sentence;
}

TEST(AdminProtocol, RequestComesBackAsItWasSent) {
  const AdminRequest sent{.method = "terminate", .params = {{"session", "ab"}}};
  std::string line = EncodeAdminRequest(sent);
  ASSERT_EQ(line.back(), '\n');
  line.pop_back();
  const auto parsed = ParseAdminRequest(line);
  ASSERT_TRUE(std::holds_alternative<AdminRequest>(parsed));
  EXPECT_EQ(std::get<AdminRequest>(parsed).method, "terminate");
  EXPECT_EQ(std::get<AdminRequest>(parsed).params, sent.params);
}

TEST(AdminProtocol, ParamsMayBeAbsent) { EXPECT_EQ(ErrorOf(R"({"method":"stats"})"), ""); }

TEST(AdminProtocol, RefusesWhatIsNotARequestWithASentence) {
  EXPECT_EQ(ErrorOf(""), "the request is not a JSON object");
  EXPECT_EQ(ErrorOf("{"), "the request is not a JSON object");
  EXPECT_EQ(ErrorOf("[]"), "the request is not a JSON object");
  EXPECT_EQ(ErrorOf("\xff\xfe"), "the request is not a JSON object");
  EXPECT_EQ(ErrorOf("{} trailing"), "the request is not a JSON object");
  EXPECT_EQ(ErrorOf("{}"), "the request names no \"method\"");
  EXPECT_EQ(ErrorOf(R"({"method":7})"), "the request names no \"method\"");
  EXPECT_EQ(ErrorOf(R"({"method":"a","params":[]})"), "\"params\" is not an object");
}

TEST(AdminProtocol, RefusesDeepNesting) {
  EXPECT_EQ(ErrorOf(std::string(2000, '[') + std::string(2000, ']')),
            "the request is not a JSON object");
  EXPECT_EQ(ErrorOf(R"({"method":"a","params":{"x":{"y":{"z":1}}}})"),
            "the request is not a JSON object");
  std::string open;
  for (int i = 0; i < 500; ++i) open += "{\"a\":";
  EXPECT_EQ(ErrorOf(open), "the request is not a JSON object");
}

TEST(AdminProtocol, RefusesALineLongerThanTheBound) {
  EXPECT_EQ(ErrorOf("{\"method\":\"" + std::string(kMaxAdminRequest, 'a') + "\"}"),
            "the request is longer than 32768 bytes");
}

TEST(AdminProtocol, AnswersComeBackAsTheyWereSent) {
  std::string line = EncodeAdminAnswer(Json{{"n", 1}});
  EXPECT_EQ(line, "{\"ok\":true,\"result\":{\"n\":1}}\n");
  EXPECT_EQ(std::get<Json>(ParseAdminAnswer(line)), Json({{"n", 1}}));
  line = EncodeAdminAnswer(AdminError{"no such thing"});
  EXPECT_EQ(line, "{\"ok\":false,\"error\":\"no such thing\"}\n");
  EXPECT_EQ(std::get<AdminError>(ParseAdminAnswer(line)).sentence, "no such thing");
}

TEST(AdminProtocol, AnswerWithBytesThatAreNotUtf8IsStillJson) {
  const std::string line = EncodeAdminAnswer(AdminError{"bad \xff name"});
  EXPECT_TRUE(std::holds_alternative<AdminError>(ParseAdminAnswer(line)));
  EXPECT_NE(line.find("bad "), std::string::npos);
}

TEST(AdminProtocol, GarbledAnswerIsAnError) {
  for (const char* line : {"", "7", "{}", R"({"ok":1})", R"({"ok":true})", R"({"ok":false})"}) {
    const auto answer = ParseAdminAnswer(line);
    ASSERT_TRUE(std::holds_alternative<AdminError>(answer)) << line;
    EXPECT_EQ(std::get<AdminError>(answer).sentence, "the gateway's answer is not understood");
  }
}

TEST(AdminProtocol, IntegerParamRefusesOtherTypesAndRanges) {
  const auto refused = [](const char* value) {
    const Json params = Json::parse(std::string("{\"n\":") + value + "}");
    return std::holds_alternative<AdminError>(IntegerParam(params, "n", 1, 10, 5));
  };
  for (const char* value : {"0", "11", "-1", "1.0", "\"3\"", "null", "true", "[]", "{}",
                            "18446744073709551615", "1e3"}) {
    EXPECT_TRUE(refused(value)) << value;
  }
  EXPECT_FALSE(refused("10"));
  EXPECT_EQ(std::get<std::int64_t>(IntegerParam(Json::object(), "n", 1, 10, 5)), 5);
}

}  // namespace
}  // namespace jvpn
