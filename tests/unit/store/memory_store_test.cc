// What only the memory store can be told: to fail, to stall, to tear.
#include "store/memory_store.h"

#include <gtest/gtest.h>

#include "tests/unit/store/scratch.h"

namespace jvpn {
namespace {

using Status = StoreAnswer::Status;

TEST(MemoryStore, DoesNothingWhileItFails) {
  MemoryDisk disk;
  MemoryStore store(disk);
  store.SetFailing(true);
  EXPECT_EQ(Ask(store, Put(1, 0, {1})).status, Status::kFailed);
  EXPECT_TRUE(disk.records.empty());
  store.SetFailing(false);
  EXPECT_EQ(Ask(store, Put(1, 0, {1})).status, Status::kDone);
}

TEST(MemoryStore, AnswersNothingWhileItStallsAndEverythingAfter) {
  MemoryDisk disk;
  MemoryStore store(disk);
  store.SetStalled(true);
  EXPECT_TRUE(store.Submit(Put(1, 0, {1})));
  StoreAnswer answer;
  EXPECT_FALSE(store.Poll(answer));
  EXPECT_TRUE(disk.records.empty());
  store.SetStalled(false);
  EXPECT_EQ(Await(store).status, Status::kDone);
}

TEST(MemoryStore, LeavesTheBeginningOfATornRecordAndNothingAfterIt) {
  MemoryDisk disk;
  MemoryStore store(disk);
  store.TearNextPut(2);
  EXPECT_TRUE(store.Submit(Put(1, 0, {1, 2, 3})));
  EXPECT_TRUE(store.Submit(Put(2, 0, {4})));
  StoreAnswer answer;
  EXPECT_FALSE(store.Poll(answer));
  EXPECT_FALSE(store.Poll(answer));
  MemoryStore restarted(disk);
  EXPECT_EQ(Ask(restarted, Get(1)).records.at(0).value, (Bytes{1, 2}));
  EXPECT_TRUE(Ask(restarted, Get(2)).records.empty());
}

}  // namespace
}  // namespace jvpn
