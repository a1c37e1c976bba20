// AuditLog: the control core's event sink. One JSON line an event, with a sequence number, kept
// twice: the newest in memory for jvpnctl, all of them on disk through a writer thread.
//
//   control core ──Append──> tail (kTailLines)          read by the admin server
//                       └──> ring ──> writer thread ──> sink (a file)
//
// Ownership  The control core's thread calls everything here except what the writer does by itself.
// When full  A hung disk fills the ring; from then on lines are lost to the disk, never waited for.
// As
//            soon as there is room again an EventsDropped line says exactly which (requirements
//            C-38).
// Numbers    `seq` grows by one a line, across restarts too; a gap in the file has its
// EventsDropped.
// Chain      `prev` is the SHA-256 of the line before it in the file, or in the file before; so a
// new file goes on where the last one ended, and nothing can be taken out of the middle.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "channel/spsc_ring.h"
#include "control/audit_sink.h"
#include "control/event_sink.h"

namespace jvpn {

class AuditLog final : public EventSink {
 public:
  // Lines that wait for the disk: several seconds of the worst storm.
  static constexpr std::uint32_t kRingLines = 8192;
  static constexpr std::size_t kTailLines = 4096;

  // `head`: the last line that the sink has already.
  AuditLog(std::string node_id, std::unique_ptr<AuditSink> sink, AuditHead head);
  // As Stop().
  ~AuditLog() override;
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  void Append(const Event& event) override;
  // Reports a loss as soon as there is room; the control loop calls it at its own pace.
  void Tick(InstantMs now);
  // SIGHUP: the writer begins a new file before the next line.
  void Reopen();
  // Writes what is left, for a second at most, then ends the writer. Lines that the sink would not
  // take are returned as a count.
  std::uint64_t Stop();

  // Lines of the tail from `seq` on, at most `limit`.
  std::vector<std::string> LinesFrom(std::uint64_t seq, std::size_t limit) const;
  // The tail holds the lines [first_seq, next_seq).
  std::uint64_t first_seq() const { return next_seq_ - tail_.size(); }
  std::uint64_t next_seq() const { return next_seq_; }
  // The newest line that is on its way to the disk, for "jvpnctl audit head".
  const AuditHead& head() const { return head_; }
  // Lost to the disk since the start.
  std::uint64_t lost() const { return lost_total_; }

 private:
  struct Loss {
    std::uint64_t count = 0;
    std::uint64_t first_seq = 0;
    std::uint64_t last_seq = 0;
    std::uint32_t first_state_version = 0;
    std::uint32_t last_state_version = 0;
  };

  std::string Format(const Event& event) const;
  std::string FormatLoss(InstantMs now) const;
  // False when the ring has no room: the line is no link of the chain then.
  bool Push(const std::string& line);
  void Keep(std::string line);
  void ReportLoss(InstantMs now);
  void Wake() const;

  void WriterMain();
  // Sleeps until Wake() or, when the sink takes nothing, until it is worth another try.
  void WriterSleep(bool retry_soon) const;
  // False when the sink takes nothing now.
  bool WritePending();

  const std::string node_id_;

  // the control core's thread only
  std::uint64_t next_seq_;
  AuditHead head_;
  std::deque<std::string> tail_;
  Loss loss_;
  std::uint64_t lost_total_ = 0;

  // between the two
  SpscRing<std::string, kRingLines> ring_;
  std::atomic<bool> reopen_{false};
  std::atomic<bool> stopping_{false};
  UniqueFd wake_;  // eventfd

  // the writer's thread only
  std::unique_ptr<AuditSink> sink_;
  std::string pending_;  // bytes that the sink has not taken yet: whole lines, or the end of one

  std::thread writer_;  // last: starts when everything else stands
};

}  // namespace jvpn
