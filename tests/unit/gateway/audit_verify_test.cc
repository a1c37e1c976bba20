// FM-7-g, FM-S-8: jvpnctl audit verify, on logs as the gateway writes them.
#include "tools/audit_verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "control/audit_events.h"
#include "crypto/sha256.h"
#include "session/policy_id.h"
#include "tests/unit/session/random_schedule.h"
#include "tools/audit_command.h"

namespace jvpn {
namespace {

using Lines = std::vector<std::string>;  // before they are linked: JSON objects

// The log of several sessions at one gateway, from its start to its end.
Lines SomeLog(std::uint32_t first_seed) {
  std::vector<Event> events;
  std::vector<Policy> policies;
  InstantMs until = InstantMs::max();
  std::uint8_t number = 0;
  for (std::uint32_t seed = first_seed; number < 3; ++seed) {
    Played run = Play(seed);
    if (run.role != Role::kGateway) continue;
    ++number;
    for (Event& event : run.events) event.session_id.bytes.fill(number);
    events.insert(events.end(), run.events.begin(), run.events.end());
    policies.insert(policies.end(), run.policies.begin(), run.policies.end());
    until = std::min(until, run.until);
  }
  std::erase_if(events, [&](const Event& event) { return event.at > until; });
  std::ranges::stable_sort(events, {}, &Event::at);
  const Instant end{until.time_since_epoch()};
  Lines lines = {ToJson(LogBoundary(EventType::kLogOpened, Instant{}), "gw")};
  for (const Policy& policy : policies) {
    lines.push_back(ToJson(PolicyLoaded(policy, Instant{}), "gw"));
  }
  for (const Event& event : events) lines.push_back(ToJson(event, "gw"));
  lines.push_back(ToJson(LogBoundary(EventType::kLogClosed, end), "gw"));
  return lines;
}

Lines Linked(const Lines& objects) {
  Lines lines;
  std::string prev(64, '0');
  for (std::size_t i = 0; i < objects.size(); ++i) {
    lines.push_back("{\"seq\":" + std::to_string(i + 1) + ",\"prev\":\"" + prev + "\"," +
                    objects[i].substr(1));
    prev = Sha256Hex(lines.back());
  }
  return lines;
}

struct Judged {
  std::optional<AuditMismatch> mismatch;
  AuditSummary summary;
  std::string text() const {
    if (!mismatch) return "verified";
    return mismatch->where + " [" + mismatch->mismatch.rule + "] " + mismatch->mismatch.says +
           "; follows: " + mismatch->mismatch.follows;
  }
};

Judged Verify(const Lines& lines) {
  AuditVerifier verifier(Millis{0});
  bool good = true;
  for (std::size_t i = 0; good && i < lines.size(); ++i) {
    good = verifier.Take(lines[i], std::to_string(i + 1));
  }
  if (good) verifier.Finish();
  return {verifier.mismatch(), verifier.summary()};
}

TEST(AuditVerify, FindsNoMismatchInWhatTheMachineDecided) {
  for (std::uint32_t seed = 0; seed < 300; seed += 3) {
    const Judged verdict = Verify(Linked(SomeLog(seed)));
    ASSERT_FALSE(verdict.mismatch) << "seed " << seed << ": " << verdict.text();
    EXPECT_TRUE(verdict.summary.unverifiable.empty());
    EXPECT_EQ(verdict.summary.sessions, 3U);
    EXPECT_GT(verdict.summary.decided.edges, 0U);
  }
}

TEST(AuditVerify, FindsEachLineThatIsGoneMovedOrChanged) {
  const Lines good = Linked(SomeLog(0));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Lines lines = good;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    // Without its first line a log only begins later, without its last one it ends earlier.
    if (i != 0 && i + 1 != good.size()) {
      EXPECT_TRUE(Verify(lines).mismatch) << "deleted " << i;
    }
    lines = good;
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
    EXPECT_TRUE(Verify(lines).mismatch) << "twice " << i;
    lines = good;
    if (i + 1 < lines.size()) std::swap(lines[i], lines[i + 1]);
    EXPECT_TRUE(i + 1 == lines.size() || Verify(lines).mismatch) << "swapped " << i;
    lines = good;
    const std::size_t digit = lines[i].find("\"ts_ms\":") + 8;
    lines[i][digit] = lines[i][digit] == '9' ? '8' : static_cast<char>(lines[i][digit] + 1);
    EXPECT_TRUE(i + 1 == lines.size() || Verify(lines).mismatch) << "changed " << i;
  }
}

TEST(AuditVerify, WantsEachPolicyWholeAndUnderItsOwnName) {
  const Lines good = SomeLog(0);
  std::size_t found = 0;
  for (std::size_t i = 1; good[i].find("PolicyLoaded") != std::string::npos; ++i) {
    Lines lines = good;
    const std::string key = "\"session.max_lifetime_ms\":";
    lines[i].insert(lines[i].find(key) + key.size(), "1");
    EXPECT_EQ(Verify(Linked(lines)).mismatch->mismatch.rule, "PolicyLoaded");
    lines = good;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    if (const auto verdict = Verify(Linked(lines)); verdict.mismatch) {
      EXPECT_EQ(verdict.mismatch->mismatch.rule, "PolicyLoaded");
      ++found;
    }
  }
  EXPECT_GE(found, 3U);  // the first policy of each session at least; some never came to force
}

TEST(AuditVerify, RefusesALineThatNoGatewayWouldWrite) {
  const Lines good = SomeLog(0);
  for (const auto& [from, to] : {std::pair{"\"node_id\"", "\"nodeid\""},
                                 {"\"TransportAttached\"", "\"TransportGlued\""},
                                 {"\"ts_ms\":", "\"ts_ms\": "},
                                 {"\"transport_id\":", "\"extra\":1,\"transport_id\":"}}) {
    Lines lines = good;
    const auto line = std::ranges::find_if(lines, [](const std::string& text) {
      return text.find("\"TransportAttached\"") != std::string::npos;
    });
    line->replace(line->find(from), std::string_view(from).size(), to);
    const Judged verdict = Verify(Linked(lines));
    ASSERT_TRUE(verdict.mismatch) << to;
    EXPECT_EQ(verdict.mismatch->mismatch.rule, "line");
  }
}

// C-38: what was lost is said, and nobody claims to have verified it.
TEST(AuditVerify, SaysWhatItCannotJudge) {
  const Lines objects = SomeLog(0);
  const std::size_t lost = 20;
  Lines lines = Linked(objects);
  Event event;
  event.at =
      InstantMs{Millis{std::stoll(objects[lost].substr(objects[lost].find("\"ts_ms\":") + 8))}};
  event.type = EventType::kEventsDropped;
  event.failure_class = FailureClass::kSystem;
  event.count = 3;
  event.first_lost = event.last_lost = 0;
  event.first_lost_seq = lost + 1;
  event.last_lost_seq = lost + 3;
  lines.resize(lost);
  lines.push_back("{\"seq\":" + std::to_string(lost + 4) + ",\"prev\":\"" +
                  Sha256Hex(lines.back()) + "\"," + ToJson(event, "gw").substr(1));
  const Judged verdict = Verify(lines);
  ASSERT_FALSE(verdict.mismatch) << verdict.text();
  ASSERT_FALSE(verdict.summary.unverifiable.empty());
  EXPECT_NE(verdict.summary.unverifiable.front().find("seq 21 to 23"), std::string::npos);

  event.last_lost_seq = lost + 2;
  lines.back() = "{\"seq\":" + std::to_string(lost + 4) + ",\"prev\":\"" +
                 Sha256Hex(lines[lost - 1]) + "\"," + ToJson(event, "gw").substr(1);
  EXPECT_EQ(Verify(lines).mismatch->mismatch.rule, "chain");
}

// The log of a gateway that was killed after `told` and came back with `record`.
Lines LogOfARestart(const SessionSnapshot& record, const std::vector<Event>& told) {
  const auto policy = std::make_shared<const Policy>(Policy::Reference());
  SessionMachine machine(record, policy);
  std::vector<Event> events = {LogBoundary(EventType::kLogOpened, Instant{}),
                               PolicyLoaded(*policy, Instant{})};
  events.insert(events.end(), told.begin(), told.end());
  events.push_back(LogBoundary(EventType::kLogOpened, Instant{Millis{20'000}}));
  events.push_back(PolicyLoaded(*policy, Instant{Millis{20'000}}));
  for (const Effect& effect : machine.Step(At(20'000), Restore{.downtime = Millis{500}})) {
    if (const auto* emit = std::get_if<Emit>(&effect)) events.push_back(emit->event);
  }
  events.push_back(LogBoundary(EventType::kLogClosed, Instant{Millis{20'000}}));
  Lines lines;
  for (const Event& event : events) lines.push_back(ToJson(event, "gw"));
  return lines;
}

TEST(AuditVerify, SaysWhereTheRecordOfARestartWasBehindTheLog) {
  Timeline t;
  t.Feed(0, AttachOk{kA});
  const SessionSnapshot behind = t.machine().Snapshot(At(9'000));
  t.Loses(10'000, 35, 100);
  const SessionSnapshot abreast = t.machine().Snapshot(At(10'000));
  const Judged good = Verify(Linked(LogOfARestart(abreast, t.events())));
  EXPECT_FALSE(good.mismatch) << good.text();
  EXPECT_TRUE(good.summary.unverifiable.empty());
  const Judged lagging = Verify(Linked(LogOfARestart(behind, t.events())));
  EXPECT_FALSE(lagging.mismatch) << lagging.text();
  ASSERT_EQ(lagging.summary.unverifiable.size(), 1U);
  EXPECT_NE(lagging.summary.unverifiable[0].find("state_version 1 of its record"),
            std::string::npos)
      << lagging.summary.unverifiable[0];
}

class AuditFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "audit_verify_test";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, std::span<const std::string> lines,
                    const std::string& end = "\n") {
    std::ofstream file(folder_ / name, std::ios::binary);
    for (const std::string& line : lines) file << line << (&line == &lines.back() ? end : "\n");
    return folder_ / name;
  }
  int Run(std::vector<std::string> files) {
    std::ostringstream out;
    const int status = VerifyAudit({.files = std::move(files), .late_ms = 0}, false, out);
    said_ = out.str();
    return status;
  }

  std::filesystem::path folder_;
  std::string said_;
};

TEST_F(AuditFiles, ReadsTheFilesOfALogInAnyOrder) {
  const Lines lines = Linked(SomeLog(3));
  const std::span all(lines);
  const std::string one = Write("one", all.first(10));
  const std::string two = Write("two", all.subspan(10, 20));
  const std::string three = Write("three", all.subspan(30));
  EXPECT_EQ(Run({three, one, two}), 0) << said_;
  EXPECT_TRUE(said_.starts_with("verified: " + std::to_string(lines.size()) + " lines")) << said_;
  EXPECT_EQ(Run({three, one}), 1);
  EXPECT_TRUE(said_.starts_with(three + ":1: ")) << said_;
  EXPECT_EQ(Run({one, two, folder_ / "four"}), 2);
}

TEST_F(AuditFiles, ALineThatACrashCutIsToldAndNoMismatch) {
  const Lines lines = Linked(SomeLog(3));
  const std::span all(lines);
  Lines cut(all.begin(), all.begin() + 20);
  cut.push_back(lines[20].substr(0, 90));
  EXPECT_EQ(Run({Write("cut", cut, "")}), 2);
  EXPECT_NE(said_.find("NOT VERIFIABLE"), std::string::npos) << said_;
  cut.push_back(lines[21]);
  EXPECT_EQ(Run({Write("cut", cut)}), 1);
}

}  // namespace
}  // namespace jvpn
