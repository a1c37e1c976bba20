#include "store/sqlite_file.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"

namespace jvpn {
namespace {

using Kind = StoreRequest::Kind;
using Status = StoreAnswer::Status;

constexpr char kSetUp[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS record "
    "  (key BLOB PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS node "
    "  (id INTEGER PRIMARY KEY CHECK (id = 0), last_version INTEGER NOT NULL,"
    "   fence INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO node VALUES (0, 0, 0);"
    "COMMIT;";

// Gives a statement back for its next use, whatever became of this one.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  void Bind(int at, const SessionId& key) { Bind(at, ByteView(key.bytes)); }
  void Bind(int at, ByteView bytes) {
    // A null pointer would be NULL, not an empty value.
    const void* data = bytes.empty() ? "" : static_cast<const void*>(bytes.data());
    sqlite3_bind_blob(statement_, at, data, static_cast<int>(bytes.size()), SQLITE_STATIC);
  }
  void Bind(int at, std::uint64_t number) {
    sqlite3_bind_int64(statement_, at, static_cast<sqlite3_int64>(number));
  }
  int Step() { return sqlite3_step(statement_); }
  bool Finish() { return Step() == SQLITE_DONE; }
  std::uint64_t Number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  ByteView Blob(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  // key, version, value
  StoreRecord Record() const {
    StoreRecord record;
    const ByteView key = Blob(0);
    std::copy_n(key.begin(), std::min(key.size(), record.key.bytes.size()),
                record.key.bytes.begin());
    record.version = Number(1);
    const ByteView value = Blob(2);
    record.value.assign(value.begin(), value.end());
    return record;
  }

 private:
  sqlite3_stmt* statement_;
};

absl::Status Refuse(const std::string& path, int code) {
  const std::string what = absl::StrCat("store ", path, ": ", sqlite3_errstr(code));
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(
          absl::StrCat(what, ": another gateway uses it; give each one its own [store] path"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(
          absl::StrCat(what, ": move the file away to start without the sessions in it"));
    default:
      return absl::UnavailableError(what);
  }
}

}  // namespace

void SqliteFile::Closer::operator()(sqlite3* database) const { sqlite3_close(database); }
void SqliteFile::Closer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

SqliteFile::~SqliteFile() = default;

absl::StatusOr<std::unique_ptr<SqliteFile>> SqliteFile::Open(const std::string& path) {
  // SQLite would make it readable for all.
  const UniqueFd made(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!made.valid()) {
    return absl::UnavailableError(absl::StrCat("store ", path, ": ", std::strerror(errno),
                                               "; its folder must exist and be writable"));
  }
  std::unique_ptr<SqliteFile> file(new SqliteFile);
  sqlite3* database = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  file->database_.reset(database);
  if (opened != SQLITE_OK) return Refuse(path, opened);
  sqlite3_extended_result_codes(database, 1);
  if (!file->Run(kSetUp)) return Refuse(path, sqlite3_errcode(database));
  if (absl::Status status = file->Prepare(); !status.ok()) return Refuse(path, SQLITE_CORRUPT);
  return file;
}

absl::Status SqliteFile::Prepare() {
  const auto prepare = [this](const char* sql, Statement& to) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
    to.reset(statement);
    return code == SQLITE_OK;
  };
  const bool all =
      prepare("SELECT key, version, value FROM record WHERE key = ?1", read_) &&
      prepare("SELECT key, version, value FROM record WHERE key > ?1 ORDER BY key LIMIT ?2",
              list_) &&
      prepare("INSERT OR REPLACE INTO record VALUES (?1, ?2, ?3)", put_) &&
      prepare("DELETE FROM record WHERE key = ?1", erase_) &&
      prepare("SELECT last_version, fence FROM node", read_node_) &&
      prepare("UPDATE node SET last_version = ?1, fence = ?2", write_node_);
  return all ? absl::OkStatus() : absl::DataLossError("not a store");
}

bool SqliteFile::Run(const char* sql) {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::vector<StoreAnswer> SqliteFile::Apply(std::span<const StoreRequest> batch) {
  std::vector<StoreAnswer> answers(batch.size());
  bool good = Run("BEGIN IMMEDIATE") && ReadNode();
  const std::uint64_t version_before = last_version_;
  const std::uint64_t fence_before = fence_;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    answers[i].ticket = batch[i].ticket;
    answers[i].status = Status::kDone;
    good = good && Carry(batch[i], answers[i]);
  }
  const bool moved = last_version_ != version_before || fence_ != fence_before;
  good = good && (!moved || WriteNode()) && Run("COMMIT");
  if (good) return answers;
  Run("ROLLBACK");
  for (StoreAnswer& answer : answers) {
    answer = StoreAnswer{.status = Status::kFailed, .ticket = answer.ticket, .records = {}};
  }
  return answers;
}

bool SqliteFile::Carry(const StoreRequest& request, StoreAnswer& answer) {
  switch (request.kind) {
    case Kind::kNone:
      return true;
    case Kind::kAcquire:
      answer.fence = ++fence_;
      return true;
    case Kind::kGet: {
      Use read(read_.get());
      read.Bind(1, request.key);
      const int step = read.Step();
      if (step == SQLITE_ROW) answer.records.push_back(read.Record());
      return step == SQLITE_ROW || step == SQLITE_DONE;
    }
    case Kind::kList:
      return List(request, answer);
    case Kind::kPut:
    case Kind::kErase:
      return Write(request, answer);
  }
  return false;
}

bool SqliteFile::List(const StoreRequest& request, StoreAnswer& answer) {
  Use list(list_.get());
  list.Bind(1, request.key);
  list.Bind(2, request.limit);
  int step = list.Step();
  for (; step == SQLITE_ROW; step = list.Step()) answer.records.push_back(list.Record());
  return step == SQLITE_DONE;
}

bool SqliteFile::Write(const StoreRequest& request, StoreAnswer& answer) {
  std::uint64_t present = 0;
  {
    Use read(read_.get());
    read.Bind(1, request.key);
    const int step = read.Step();
    if (step != SQLITE_ROW && step != SQLITE_DONE) return false;
    if (step == SQLITE_ROW) present = read.Number(1);
  }
  if (request.fence < fence_) {
    answer.status = Status::kFenced;
    return true;
  }
  if (present != request.expected) {
    answer.status = Status::kConflict;
    answer.version = present;
    return true;
  }
  if (request.kind == Kind::kErase) {
    Use erase(erase_.get());
    erase.Bind(1, request.key);
    return erase.Finish();
  }
  answer.version = ++last_version_;
  Use put(put_.get());
  put.Bind(1, request.key);
  put.Bind(2, answer.version);
  put.Bind(3, ByteView(request.value));
  return put.Finish();
}

bool SqliteFile::ReadNode() {
  Use read(read_node_.get());
  if (read.Step() != SQLITE_ROW) return false;
  last_version_ = read.Number(0);
  fence_ = read.Number(1);
  return true;
}

bool SqliteFile::WriteNode() {
  Use write(write_node_.get());
  write.Bind(1, last_version_);
  write.Bind(2, fence_);
  return write.Finish();
}

}  // namespace jvpn
