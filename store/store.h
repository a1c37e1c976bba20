// Store: where what must survive this process is kept. One asynchronous contract, several stores.
//
//   caller ──Submit()──> store ──Poll()──> caller      in order, one answer a request
//
// A record has a key, a value that the store does not look into, and a version. Who writes names
// the version that must be there (compare and swap); versions of one store only grow. Who writes
// also shows a fencing token: kAcquire gives a greater one than anybody had, and from then on
// whoever shows a smaller one is refused. So a gateway that was taken for dead cannot overwrite its
// successor's records, whichever store is behind this contract.
//
// Ownership  One thread calls Submit and Poll. Neither waits for a disk or a network.
// Durable    A kPut or kErase that is answered kDone survives the machine's sudden death.
// When full  Submit says no; the caller keeps what it wanted and comes back.
// Errors     kFailed: not done, or not known to be done. Try again with the version that kConflict
//            names.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"

namespace jvpn {

struct StoreRecord {
  SessionId key;
  std::uint64_t version = 0;  // 0 = there is none
  Bytes value;
  friend bool operator==(const StoreRecord&, const StoreRecord&) = default;
};

struct StoreRequest {
  enum class Kind : std::uint8_t { kNone, kAcquire, kGet, kPut, kErase, kList };
  Kind kind = Kind::kNone;
  std::uint64_t ticket = 0;    // the caller's; comes back with the answer
  SessionId key;               // kList: records behind this key
  std::uint64_t expected = 0;  // kPut, kErase: the version that must be there
  std::uint64_t fence = 0;     // kPut, kErase
  std::uint32_t limit = 0;     // kList: at most so many
  Bytes value;                 // kPut
};

struct StoreAnswer {
  enum class Status : std::uint8_t { kNone, kDone, kConflict, kFenced, kFailed };
  Status status = Status::kNone;
  std::uint64_t ticket = 0;
  std::uint64_t version = 0;         // kPut: the new one; kConflict: the one that is there
  std::uint64_t fence = 0;           // kAcquire: the caller's from now on
  std::vector<StoreRecord> records;  // kGet: none or one; kList: by key
};

// Requests that a store holds at most, answers that nobody has polled yet among them.
inline constexpr std::uint32_t kStoreOutstanding = 1024;

class Store {
 public:
  virtual ~Store() = default;
  // False: full, nothing taken.
  virtual bool Submit(const StoreRequest& request) = 0;
  // The next answer; false when there is none yet.
  virtual bool Poll(StoreAnswer& answer) = 0;
};

}  // namespace jvpn
