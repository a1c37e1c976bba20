// SqliteFile: the contract's requests as transactions of one SQLite database. It blocks; it is used
// by the store's own thread only (store/sqlite_store.h).
//
// Durable    Write-ahead log, synchronous FULL: a commit returns when the log is on the disk.
// Exclusive  The file is locked as long as it is open: a second gateway is refused at its start.
// Errors     Open: a sentence that says what to do. Apply: every request of a batch that could not
//            be committed is answered kFailed.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace jvpn {

class SqliteFile {
 public:
  // Makes the file (mode 0600) if there is none.
  static absl::StatusOr<std::unique_ptr<SqliteFile>> Open(const std::string& path);
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  // One transaction for all of them: group commit. Answers in the order of the requests.
  std::vector<StoreAnswer> Apply(std::span<const StoreRequest> batch);

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

  SqliteFile() = default;
  absl::Status Prepare();
  bool Run(const char* sql);
  bool Carry(const StoreRequest& request, StoreAnswer& answer);
  bool List(const StoreRequest& request, StoreAnswer& answer);
  bool Write(const StoreRequest& request, StoreAnswer& answer);
  bool ReadNode();
  bool WriteNode();

  std::unique_ptr<sqlite3, Closer> database_;
  Statement read_;
  Statement list_;
  Statement put_;
  Statement erase_;
  Statement read_node_;
  Statement write_node_;
  // The node's row as the open transaction sees it.
  std::uint64_t last_version_ = 0;
  std::uint64_t fence_ = 0;
};

}  // namespace jvpn
