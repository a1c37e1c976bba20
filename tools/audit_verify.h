// AuditVerifier: judges an audit log from the log alone (FM-7-g, FM-S-8): its chain, its policies,
// and every session in it, decided again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/replay.h"
#include "tools/audit_line.h"

namespace jvpn {

struct AuditMismatch {
  std::string where;    // "file:line"
  std::string session;  // empty: the log itself
  Mismatch mismatch;
};

struct AuditSummary {
  std::uint64_t lines = 0, first_seq = 0, last_seq = 0;
  std::uint64_t sessions = 0, ended = 0;
  ReplayCounts decided;
  // What nobody can judge, each with its reason: lost lines, lines cut by a crash, sessions that
  // began before the log or were hit by a loss. Empty: the whole log is verified.
  std::vector<std::string> unverifiable;
  std::string head;  // hash of the last line
};

class AuditVerifier {
 public:
  explicit AuditVerifier(Millis late) : late_(late) {}

  // The next line, without its newline, and where it stands. False after the first mismatch.
  bool Take(std::string_view line, const std::string& where);
  // No line follows. False when something due is missing.
  bool Finish();

  const std::optional<AuditMismatch>& mismatch() const { return mismatch_; }
  const AuditSummary& summary() const { return summary_; }

 private:
  struct Watched {
    std::unique_ptr<SessionReplay> replay;  // empty: not verifiable
    std::string where;                      // of its newest line
    bool asleep = false;                    // its process has gone
  };

  bool Fail(const std::string& where, const std::string& session, Mismatch mismatch);
  bool TakeChain(const AuditLine& line, std::string_view text, const std::string& where);
  bool TakeOfLog(const Event& event, const std::string& where);
  bool TakeOfSession(const Event& event, const std::string& where);
  bool TakePolicy(const Event& event, const std::string& where);
  // Of a process: at its last line, nothing that was due is open.
  bool Settle();
  bool SettleCut();
  // A gateway that came back with an older record than its log had told of: the log runs ahead of
  // the disk, by what was on its way there (docs/operations.md).
  static bool LagsBehind(const Event& event, const SessionReplay& replay);
  void GiveUp(const std::string& reason);
  void Count(const SessionReplay& replay);

  Millis late_;
  std::optional<AuditMismatch> mismatch_;
  AuditSummary summary_;
  PolicyBook book_;
  std::map<SessionId, Watched> sessions_;
  std::string cut_;  // where a line is that no gateway completed
  InstantMs now_{};
  bool from_the_start_ = true;  // no session can have begun before
};

}  // namespace jvpn
