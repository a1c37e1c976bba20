#include "control/session_record.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

SessionRecord Sample() {
  SessionRecord record;
  record.base.boot_id.fill(3);
  record.base.wall_offset = Millis{1'000'000};
  record.saved_at = InstantMs{Millis{50'000}};
  record.peer.fill(9);
  record.inner.v4 = *IpAddress::Parse("10.8.0.2");
  record.inner.v6 = *IpAddress::Parse("fd00:8::2");
  record.root.writable()[31] = 5;
  record.mix.boot_epoch = 7;
  record.snapshot.id.bytes[0] = 1;
  record.snapshot.state = State::kRecovering;
  record.snapshot.version = 9;
  record.snapshot.birth = InstantMs{Millis{10'000}};
  record.snapshot.previous = TransportId{1};
  record.snapshot.target = TransportId{0};
  record.snapshot.binding_epoch = 3;
  record.snapshot.key_epoch = 2;
  record.snapshot.transportless_age = Millis{250};
  record.snapshot.commits = {InstantMs{Millis{20'000}}, InstantMs{Millis{30'000}}};
  record.snapshot.cooldown_until = InstantMs{Millis{51'000}};
  record.greatest_counter = 12;
  record.recent_counters = {10, 12};
  record.transports.resize(2);
  record.transports[0] = {.rx_index = FlowIndex{77},
                          .tx_index = FlowIndex{78},
                          .validated = true,
                          .remote = {*IpAddress::Parse("198.51.100.1"), 5000},
                          .local = {*IpAddress::Parse("192.0.2.1"), 4600}};
  record.client_policy = {{1, 28'800'000}};
  record.policy_id = "1.0-abc";
  return record;
}

TEST(SessionRecord, ComesBackAsItWasWritten) {
  const SessionRecord record = Sample();
  const auto read = DecodeRecord(record.snapshot.id, EncodeRecord(record));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->snapshot, record.snapshot);
  EXPECT_EQ(read->transports, record.transports);
  EXPECT_EQ(read->base, record.base);
  EXPECT_EQ(read->inner.v6, record.inner.v6);
  EXPECT_TRUE(read->root == record.root);
  EXPECT_EQ(read->mix, record.mix);
  EXPECT_EQ(read->recent_counters, record.recent_counters);
  EXPECT_EQ(read->client_policy, record.client_policy);
  EXPECT_EQ(read->policy_id, record.policy_id);
}

TEST(SessionRecord, IsRefusedWhenCutShortOrLongerThanItSays) {
  const SessionRecord record = Sample();
  Bytes bytes = EncodeRecord(record);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeRecord(record.snapshot.id, ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(DecodeRecord(record.snapshot.id, bytes));
}

TEST(SessionRecord, KeepsItsInstantsWithinOneBoot) {
  SessionRecord record = Sample();
  TimeBase now = record.base;
  now.wall_offset = Millis{9'999'999};  // the wall clock was set: nobody asks it
  Rebase(record, now, InstantMs{Millis{60'000}});
  EXPECT_EQ(record.snapshot.birth, InstantMs{Millis{10'000}});
  EXPECT_EQ(record.saved_at, InstantMs{Millis{50'000}});
}

TEST(SessionRecord, BridgesARebootByTheWallClock) {
  SessionRecord record = Sample();
  // The machine was off for 10 s after the record: its new clock shows 2 s.
  TimeBase now;
  now.boot_id.fill(4);
  now.wall_offset = Millis{1'000'000 + 60'000 - 2'000};
  Rebase(record, now, InstantMs{Millis{2'000}});
  EXPECT_EQ(record.saved_at, InstantMs{Millis{-8'000}});
  EXPECT_EQ(record.snapshot.birth, InstantMs{Millis{-48'000}});
  EXPECT_EQ(record.snapshot.cooldown_until, InstantMs{Millis{-7'000}});
}

TEST(SessionRecord, NeverPutsThePastIntoTheFutureWhenTheWallClockWentBack) {
  SessionRecord record = Sample();
  TimeBase now;
  now.boot_id.fill(4);
  now.wall_offset = Millis{0};
  Rebase(record, now, InstantMs{Millis{2'000}});
  EXPECT_EQ(record.saved_at, InstantMs{Millis{2'000}});
  EXPECT_LE(record.snapshot.commits.back(), InstantMs{Millis{2'000}});
}

}  // namespace
}  // namespace jvpn
