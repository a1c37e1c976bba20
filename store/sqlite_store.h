// SqliteStore: the embedded store: a SqliteFile on a thread of its own, behind two rings.
//
//   caller ──requests──> thread: everything that waits, one transaction ──answers──> caller
//
// The longer the disk takes, the more of what came meanwhile shares its next transaction.
// Ownership  The caller's thread makes, uses and destroys it; the destructor first writes all that
//            was submitted.
// When full  At kStoreOutstanding requests Submit says no, so no answer ever lacks room.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "channel/spsc_ring.h"
#include "store/sqlite_file.h"
#include "store/store.h"

namespace jvpn {

class SqliteStore final : public Store {
 public:
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path);
  ~SqliteStore() override;

  bool Submit(const StoreRequest& request) override;
  bool Poll(StoreAnswer& answer) override;

 private:
  SqliteStore(std::unique_ptr<SqliteFile> file, UniqueFd wake);
  void Work();

  std::unique_ptr<SqliteFile> file_;  // the thread's, once it runs
  UniqueFd wake_;                     // eventfd: requests, or the end
  SpscRing<StoreRequest, kStoreOutstanding> requests_;
  SpscRing<StoreAnswer, kStoreOutstanding> answers_;
  std::uint32_t outstanding_ = 0;  // the caller's count
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace jvpn
