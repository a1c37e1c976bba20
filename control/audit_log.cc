#include "control/audit_log.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "crypto/sha256.h"

namespace jvpn {
namespace {

// How long a sink that takes nothing is left alone.
constexpr int kRetryMs = 50;
constexpr std::chrono::seconds kLastFlush{1};
// The writer joins waiting lines into one write of about this size.
constexpr std::size_t kWriteBytes = 64 * 1024;

// `{"a":1}` becomes `{"seq":7,"prev":"…","a":1}`.
std::string Linked(std::uint64_t seq, const std::string& prev, std::string_view object) {
  return absl::StrCat("{\"seq\":", seq, ",\"prev\":\"", prev, "\",", std::string(object.substr(1)));
}

}  // namespace

AuditLog::AuditLog(std::string node_id, std::unique_ptr<AuditSink> sink, AuditHead head)
    : node_id_(std::move(node_id)),
      next_seq_(head.seq + 1),
      head_(std::move(head)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      sink_(std::move(sink)),
      writer_([this] { WriterMain(); }) {
  CHECK(wake_.valid());
}

AuditLog::~AuditLog() { Stop(); }

void AuditLog::Append(const Event& event) {
  ReportLoss(event.at);
  std::string line = Format(event);
  if (!Push(line)) {
    if (loss_.count == 0) {
      loss_.first_seq = next_seq_;
      loss_.first_state_version = event.state_version;
    }
    ++loss_.count;
    ++lost_total_;
    loss_.last_seq = next_seq_;
    loss_.last_state_version = event.state_version;
  }
  Keep(std::move(line));
}

void AuditLog::Tick(InstantMs now) { ReportLoss(now); }

void AuditLog::Reopen() {
  reopen_.store(true, std::memory_order_release);
  Wake();
}

std::uint64_t AuditLog::Stop() {
  if (!writer_.joinable()) return 0;
  stopping_.store(true, std::memory_order_release);
  Wake();
  writer_.join();
  std::uint64_t left =
      static_cast<std::uint64_t>(std::count(pending_.begin(), pending_.end(), '\n'));
  for (std::string line; ring_.TryPop(line);) ++left;
  return left + loss_.count;
}

std::vector<std::string> AuditLog::LinesFrom(std::uint64_t seq, std::size_t limit) const {
  const std::uint64_t from = std::max(seq, first_seq());
  std::vector<std::string> lines;
  for (std::uint64_t s = from; s < next_seq_ && lines.size() < limit; ++s) {
    lines.push_back(tail_[static_cast<std::size_t>(s - first_seq())]);
  }
  return lines;
}

std::string AuditLog::Format(const Event& event) const {
  return Linked(next_seq_, head_.hash, ToJson(event, node_id_));
}

std::string AuditLog::FormatLoss(InstantMs now) const {
  Event event;
  event.at = now;
  event.type = EventType::kEventsDropped;
  event.failure_class = FailureClass::kSystem;
  event.state_version = loss_.last_state_version;
  event.count = static_cast<std::uint32_t>(loss_.count);
  event.first_lost = loss_.first_state_version;
  event.last_lost = loss_.last_state_version;
  event.first_lost_seq = loss_.first_seq;
  event.last_lost_seq = loss_.last_seq;
  return Format(event);
}

bool AuditLog::Push(const std::string& line) {
  if (!ring_.TryPush(line)) return false;
  head_ = {.seq = next_seq_, .hash = Sha256Hex(line)};
  Wake();
  return true;
}

void AuditLog::Keep(std::string line) {
  if (tail_.size() == kTailLines) tail_.pop_front();
  tail_.push_back(std::move(line));
  ++next_seq_;
}

void AuditLog::ReportLoss(InstantMs now) {
  if (loss_.count == 0) return;
  std::string line = FormatLoss(now);
  if (!Push(line)) return;
  loss_ = {};
  Keep(std::move(line));
}

void AuditLog::Wake() const {
  // Fails only when the counter is full, and then the writer wakes anyway.
  [[maybe_unused]] const int ignored = eventfd_write(wake_.get(), 1);
}

void AuditLog::WriterMain() {
  std::chrono::steady_clock::time_point give_up = std::chrono::steady_clock::time_point::max();
  for (;;) {
    // Before the ring is looked at: what was pushed before Stop() is then seen.
    const bool stopping = stopping_.load(std::memory_order_acquire);
    if (reopen_.exchange(false, std::memory_order_acq_rel)) sink_->Reopen();
    const bool taken = WritePending();
    if (stopping) {
      const auto now = std::chrono::steady_clock::now();
      if (give_up == std::chrono::steady_clock::time_point::max()) give_up = now + kLastFlush;
      if (taken || now >= give_up) break;
    }
    WriterSleep(!taken);
  }
  sink_->Sync();
}

void AuditLog::WriterSleep(bool retry_soon) const {
  pollfd wake{.fd = wake_.get(), .events = POLLIN, .revents = 0};
  eventfd_t ignored = 0;
  if (!retry_soon) {
    poll(&wake, 1, -1);
  } else {
    // New lines do not make the sink take any: only the clock, or the end, does.
    poll(nullptr, 0, kRetryMs);
  }
  eventfd_read(wake_.get(), &ignored);
}

bool AuditLog::WritePending() {
  for (;;) {
    for (std::string line; pending_.size() < kWriteBytes && ring_.TryPop(line);) {
      pending_.append(line).push_back('\n');
    }
    if (pending_.empty()) return true;
    const std::size_t taken = sink_->Write(pending_);
    if (taken == 0) return false;
    pending_.erase(0, taken);
  }
}

}  // namespace jvpn
