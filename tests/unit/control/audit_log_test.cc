#include "control/audit_log.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "crypto/sha256.h"
#include "nlohmann/json.hpp"

namespace jvpn {
namespace {

using nlohmann::json;

// What a disk got, and a way to make it hang.
class Disk {
 public:
  void Hang() {
    const std::lock_guard lock(mutex_);
    hanging_ = true;
  }
  void Recover() {
    const std::lock_guard lock(mutex_);
    hanging_ = false;
    changed_.notify_all();
  }
  // Until the writer stands in a write that hangs.
  void AwaitCaught() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return caught_; });
  }
  std::vector<std::string> Lines() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    std::size_t from = 0;
    for (std::size_t end; (end = text_.find('\n', from)) != std::string::npos; from = end + 1) {
      lines.push_back(text_.substr(from, end - from));
    }
    return lines;
  }
  int reopened() {
    const std::lock_guard lock(mutex_);
    return reopened_;
  }

  std::size_t Write(std::string_view bytes) {
    std::unique_lock lock(mutex_);
    caught_ = hanging_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !hanging_; });
    caught_ = false;
    const std::string_view taken = bytes.substr(0, piece_);
    text_.append(taken);
    return taken.size();
  }
  void Reopen() {
    const std::lock_guard lock(mutex_);
    ++reopened_;
    text_ += "-- reopened\n";
  }
  // A disk that takes a little at a time.
  void SetPiece(std::size_t piece) { piece_ = piece; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hanging_ = false;
  bool caught_ = false;
  int reopened_ = 0;
  std::size_t piece_ = std::string::npos;
  std::string text_;
};

class DiskSink final : public AuditSink {
 public:
  explicit DiskSink(Disk& disk) : disk_(disk) {}
  std::size_t Write(std::string_view bytes) override { return disk_.Write(bytes); }
  void Reopen() override { disk_.Reopen(); }
  void Sync() override {}

 private:
  Disk& disk_;
};

// A disk that refuses every byte.
class FullSink final : public AuditSink {
 public:
  std::size_t Write(std::string_view) override { return 0; }
  void Reopen() override {}
  void Sync() override {}
};

Event TransportAttached(std::uint32_t state_version) {
  Event event;
  event.at = InstantMs(Millis(1000 + state_version));
  event.type = EventType::kTransportAttached;
  event.state_version = state_version;
  event.reason = Reason::kAttachedToTransport;
  event.failure_class = FailureClass::kLifecycle;
  return event;
}

std::vector<std::uint64_t> Seqs(const std::vector<std::string>& lines) {
  std::vector<std::uint64_t> seqs;
  for (const std::string& line : lines) seqs.push_back(json::parse(line).at("seq"));
  return seqs;
}

TEST(AuditLog, WritesEventsInOrderWithASequenceNumber) {
  Disk disk;
  AuditLog log("gw1", std::make_unique<DiskSink>(disk), {});
  for (std::uint32_t i = 1; i <= 3; ++i) log.Append(TransportAttached(i));
  EXPECT_EQ(log.Stop(), 0U);
  const auto lines = disk.Lines();
  EXPECT_THAT(Seqs(lines), testing::ElementsAre(1, 2, 3));
  const json first = json::parse(lines.at(0));
  EXPECT_EQ(first.at("event_type"), "TransportAttached");
  EXPECT_EQ(first.at("node_id"), "gw1");
  EXPECT_EQ(first.at("state_version"), 1);
}

TEST(AuditLog, GoesOnFromTheLastLineOfTheFile) {
  Disk disk;
  AuditLog log("gw1", std::make_unique<DiskSink>(disk), {.seq = 41, .hash = "abc"});
  EXPECT_EQ(log.next_seq(), 42U);
  log.Append(TransportAttached(1));
  log.Stop();
  EXPECT_THAT(Seqs(disk.Lines()), testing::ElementsAre(42));
  EXPECT_EQ(json::parse(disk.Lines().at(0)).at("prev"), "abc");
}

TEST(AuditLog, EachLineNamesTheHashOfTheOneBefore) {
  Disk disk;
  AuditLog log("gw1", std::make_unique<DiskSink>(disk), {});
  for (std::uint32_t i = 1; i <= 3; ++i) log.Append(TransportAttached(i));
  log.Stop();
  const auto lines = disk.Lines();
  EXPECT_EQ(json::parse(lines.at(0)).at("prev"), std::string(64, '0'));
  EXPECT_EQ(json::parse(lines.at(1)).at("prev"), Sha256Hex(lines.at(0)));
  EXPECT_EQ(json::parse(lines.at(2)).at("prev"), Sha256Hex(lines.at(1)));
  EXPECT_EQ(log.head(), (AuditHead{.seq = 3, .hash = Sha256Hex(lines.at(2))}));
}

TEST(AuditLog, WholeLinesArriveThoughTheDiskTakesPieces) {
  Disk disk;
  disk.SetPiece(7);
  AuditLog log("gw1", std::make_unique<DiskSink>(disk), {});
  for (std::uint32_t i = 1; i <= 20; ++i) log.Append(TransportAttached(i));
  EXPECT_EQ(log.Stop(), 0U);
  EXPECT_EQ(disk.Lines().size(), 20U);
  EXPECT_EQ(Seqs(disk.Lines()).back(), 20U);
}

// N20, C-38.
TEST(AuditLog, HungDiskLosesAnExactRangeAndSaysSo) {
  Disk disk;
  disk.Hang();
  AuditLog log("gw1", std::make_unique<DiskSink>(disk), {});
  log.Append(TransportAttached(1));
  disk.AwaitCaught();  // the writer holds line 1 and takes no more

  for (std::uint32_t i = 0; i < AuditLog::kRingLines; ++i) log.Append(TransportAttached(2));
  EXPECT_EQ(log.lost(), 0U);
  for (std::uint32_t i = 0; i < 5; ++i) log.Append(TransportAttached(100 + i));
  EXPECT_EQ(log.lost(), 5U);
  log.Tick(InstantMs(Millis(5000)));  // no room yet: nothing is reported, nothing is forgotten

  disk.Recover();
  // The writer makes room at its own pace; the loss is told in the first line that finds any.
  const std::uint64_t told = log.next_seq();
  while (log.next_seq() == told) log.Tick(InstantMs(Millis(6000)));
  log.Append(TransportAttached(7));
  EXPECT_EQ(log.Stop(), 0U);

  const auto lines = disk.Lines();
  const std::uint64_t first_lost = AuditLog::kRingLines + 2;
  ASSERT_EQ(lines.size(), AuditLog::kRingLines + 3);
  const json dropped = json::parse(lines[lines.size() - 2]);
  EXPECT_EQ(dropped.at("event_type"), "EventsDropped");
  EXPECT_EQ(dropped.at("count"), 5);
  EXPECT_EQ(dropped.at("first_lost_seq"), first_lost);
  EXPECT_EQ(dropped.at("last_lost_seq"), first_lost + 4);
  EXPECT_EQ(dropped.at("first_lost_state_version"), 100);
  EXPECT_EQ(dropped.at("last_lost_state_version"), 104);
  EXPECT_EQ(dropped.at("seq"), first_lost + 5);
  EXPECT_EQ(Seqs(lines).back(), first_lost + 6);
  // What was lost is no link: the chain of the file holds.
  EXPECT_EQ(dropped.at("prev"), Sha256Hex(lines[lines.size() - 3]));
}

TEST(AuditLog, LinesThatTheDiskLostAreStillInMemory) {
  Disk disk;
  disk.Hang();
  AuditLog log("gw1", std::make_unique<DiskSink>(disk), {});
  log.Append(TransportAttached(1));
  disk.AwaitCaught();
  for (std::uint32_t i = 0; i < AuditLog::kRingLines + 3; ++i) log.Append(TransportAttached(2));
  EXPECT_EQ(log.lost(), 3U);
  const auto newest = log.LinesFrom(log.next_seq() - 3, 10);
  EXPECT_THAT(Seqs(newest),
              testing::ElementsAre(log.next_seq() - 3, log.next_seq() - 2, log.next_seq() - 1));
  disk.Recover();
}

TEST(AuditLog, MemoryHoldsTheNewestLinesOnly) {
  Disk disk;
  AuditLog log("gw1", std::make_unique<DiskSink>(disk), {});
  for (std::size_t i = 0; i < AuditLog::kTailLines + 10; ++i) log.Append(TransportAttached(1));
  EXPECT_EQ(log.first_seq(), 11U);
  EXPECT_EQ(log.next_seq(), AuditLog::kTailLines + 11);
  EXPECT_THAT(Seqs(log.LinesFrom(0, 2)), testing::ElementsAre(11, 12));
  EXPECT_TRUE(log.LinesFrom(log.next_seq(), 10).empty());
}

TEST(AuditLog, ReopenHappensBeforeTheNextLine) {
  Disk disk;
  disk.Hang();
  AuditLog log("gw1", std::make_unique<DiskSink>(disk), {});
  log.Append(TransportAttached(1));
  disk.AwaitCaught();
  log.Reopen();
  disk.Recover();
  log.Stop();
  EXPECT_EQ(disk.reopened(), 1);
}

TEST(AuditLog, StopGivesUpOnADiskThatTakesNothingAndCountsWhatIsLeft) {
  AuditLog log("gw1", std::make_unique<FullSink>(), {});
  for (std::uint32_t i = 1; i <= 3; ++i) log.Append(TransportAttached(i));
  EXPECT_EQ(log.Stop(), 3U);
  EXPECT_EQ(log.Stop(), 0U);
}

}  // namespace
}  // namespace jvpn
