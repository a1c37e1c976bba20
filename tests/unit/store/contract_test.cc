// What every store must do (store/store.h), asked of each.
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "store/memory_store.h"
#include "store/sqlite_store.h"
#include "tests/unit/store/scratch.h"

namespace jvpn {
namespace {

using Status = StoreAnswer::Status;

// A place that stores come and go at, as processes do.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::unique_ptr<Store> Open() = 0;
};

class MemoryPlace final : public Place {
 public:
  std::unique_ptr<Store> Open() override { return std::make_unique<MemoryStore>(disk_); }

 private:
  MemoryDisk disk_;
};

class SqlitePlace final : public Place {
 public:
  std::unique_ptr<Store> Open() override {
    auto store = SqliteStore::Open(scratch_.File("sessions.db"));
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

 private:
  Scratch scratch_;
};

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Place>()> make;
};

class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  void Reopen() {
    store.reset();
    store = place->Open();
  }

  std::unique_ptr<Place> place = GetParam().make();
  std::unique_ptr<Store> store = place->Open();
};

TEST_P(StoreContract, FindsNothingWhereNothingWasPut) {
  const StoreAnswer answer = Ask(*store, Get(1));
  EXPECT_EQ(answer.status, Status::kDone);
  EXPECT_TRUE(answer.records.empty());
}

TEST_P(StoreContract, ReturnsWhatWasPutWithItsVersion) {
  const StoreAnswer put = Ask(*store, Put(1, 0, {1, 2, 3}));
  EXPECT_EQ(put.status, Status::kDone);
  EXPECT_GT(put.version, 0U);
  const StoreAnswer got = Ask(*store, Get(1));
  ASSERT_EQ(got.records.size(), 1U);
  EXPECT_EQ(got.records[0], (StoreRecord{Key(1), put.version, {1, 2, 3}}));
}

TEST_P(StoreContract, KeepsWhatWasPutWhenItIsOpenedAgain) {
  const StoreAnswer put = Ask(*store, Put(1, 0, {1}));
  Reopen();
  const StoreAnswer got = Ask(*store, Get(1));
  ASSERT_EQ(got.records.size(), 1U);
  EXPECT_EQ(got.records[0].version, put.version);
  EXPECT_GT(Ask(*store, Put(2, 0, {})).version, put.version);
}

TEST_P(StoreContract, KeepsAnEmptyValue) {
  Ask(*store, Put(1, 0, {}));
  const StoreAnswer got = Ask(*store, Get(1));
  ASSERT_EQ(got.records.size(), 1U);
  EXPECT_TRUE(got.records[0].value.empty());
}

TEST_P(StoreContract, SwapsOnlyTheVersionThatTheWriterHasSeen) {
  const std::uint64_t first = Ask(*store, Put(1, 0, {1})).version;
  const std::uint64_t second = Ask(*store, Put(1, first, {2})).version;
  EXPECT_GT(second, first);
  for (const std::uint64_t wrong : {std::uint64_t{0}, first, second + 1}) {
    const StoreAnswer refused = Ask(*store, Put(1, wrong, {3}));
    EXPECT_EQ(refused.status, Status::kConflict);
    EXPECT_EQ(refused.version, second);
    EXPECT_EQ(Ask(*store, Erase(1, wrong)).status, Status::kConflict);
  }
  EXPECT_EQ(Ask(*store, Get(1)).records[0].value, Bytes{2});
}

TEST_P(StoreContract, NeverGivesAVersionTwice) {
  const std::uint64_t first = Ask(*store, Put(1, 0, {1})).version;
  EXPECT_EQ(Ask(*store, Erase(1, first)).status, Status::kDone);
  EXPECT_TRUE(Ask(*store, Get(1)).records.empty());
  EXPECT_GT(Ask(*store, Put(1, 0, {1})).version, first);
}

TEST_P(StoreContract, ListsByKeyInPages) {
  for (const std::uint8_t key : Bytes{5, 1, 3, 2, 4}) Ask(*store, Put(key, 0, {key}));
  const auto keys = [&](std::uint8_t after, std::uint32_t limit) {
    Bytes found;
    for (const StoreRecord& record : Ask(*store, List(after, limit)).records) {
      found.push_back(record.key.bytes[15]);
      EXPECT_EQ(record.value, Bytes{record.key.bytes[15]});
    }
    return found;
  };
  EXPECT_EQ(keys(0, 10), (Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(keys(0, 2), (Bytes{1, 2}));
  EXPECT_EQ(keys(2, 2), (Bytes{3, 4}));
  EXPECT_EQ(keys(4, 2), (Bytes{5}));
  EXPECT_EQ(keys(5, 2), (Bytes{}));
}

TEST_P(StoreContract, RefusesAWriterThatASuccessorHasFencedOff) {
  const std::uint64_t old = Ask(*store, Acquire()).fence;
  const std::uint64_t version = Ask(*store, Put(1, 0, {1}, old)).version;
  Reopen();
  const std::uint64_t young = Ask(*store, Acquire()).fence;
  EXPECT_GT(young, old);
  EXPECT_EQ(Ask(*store, Put(1, version, {2}, old)).status, Status::kFenced);
  EXPECT_EQ(Ask(*store, Erase(1, version, old)).status, Status::kFenced);
  EXPECT_EQ(Ask(*store, Put(1, version, {2}, young)).status, Status::kDone);
}

TEST_P(StoreContract, AnswersInTheOrderOfTheRequests) {
  std::uint64_t version = 0;
  for (std::uint64_t ticket = 1; ticket <= 100; ++ticket) {
    StoreRequest put = Put(static_cast<std::uint8_t>(ticket), 0, {1});
    put.ticket = ticket;
    ASSERT_TRUE(store->Submit(put));
  }
  for (std::uint64_t ticket = 1; ticket <= 100; ++ticket) {
    const StoreAnswer answer = Await(*store);
    EXPECT_EQ(answer.ticket, ticket);
    EXPECT_EQ(answer.status, Status::kDone);
    EXPECT_GT(answer.version, std::exchange(version, answer.version));
  }
  StoreAnswer none;
  EXPECT_FALSE(store->Poll(none));
}

TEST_P(StoreContract, SaysNoWhenItIsFullAndLosesNothing) {
  std::size_t taken = 0;
  while (store->Submit(Get(1))) ++taken;
  EXPECT_EQ(taken, kStoreOutstanding);
  for (std::size_t i = 0; i < taken; ++i) EXPECT_EQ(Await(*store).status, Status::kDone);
  EXPECT_TRUE(store->Submit(Get(1)));
}

TEST_P(StoreContract, WritesWhatWasSubmittedEvenIfNobodyAwaitsIt) {
  // In memory a request is carried out when its answer is polled: there is no thread to outlive.
  if (GetParam().name == "Memory") GTEST_SKIP();
  for (std::uint8_t key = 1; key <= 200; ++key) ASSERT_TRUE(store->Submit(Put(key, 0, {key})));
  Reopen();
  EXPECT_EQ(Ask(*store, List(0, 1000)).records.size(), 200U);
}

INSTANTIATE_TEST_SUITE_P(
    All, StoreContract,
    testing::Values(Kind{"Memory", [] { return std::make_unique<MemoryPlace>(); }},
                    Kind{"Sqlite", [] { return std::make_unique<SqlitePlace>(); }}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace jvpn
