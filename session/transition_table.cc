#include "session/transition_table.h"

#include <array>

#include "base/check.h"
#include "session/attempt.h"
#include "session/denial.h"
#include "session/evaluation.h"
#include "session/lifecycle.h"
#include "session/transition_guards.h"

namespace jvpn {
namespace {

using enum State;
using Kind = InputKind;

constexpr StateSet B = In(kBirth), A = In(kAttached), V = In(kVolatile), D = In(kDegraded),
                   R = In(kRecovering), T = In(kTerminated);
constexpr StateSet kLive = A | V | D | R;
constexpr StateSet kAnyState = B | kLive;

constexpr std::optional<State> kSame;

// The reason of an edge that has only one.
template <Reason reason>
Reason Because(const Moment&) {
  return reason;
}

void RejectInput(Moment& moment) {
  Event event = NewEvent(moment, EventType::kInvalidTransitionRejected, Reason::kInvalidTransition);
  event.input = Name(moment.kind);
  Log(moment, std::move(event));
}

void Ignore(Moment&) {}

#define GUARD(function) \
  { #function, guard::function }

// id, states, input, guard, next, reason of the edge, before the edge, after the edge.
constexpr auto kRows = std::to_array<Row>({
    // The end, and what comes after it.
    {"G8", T, Kind::kReattach, GUARD(Always), kSame, nullptr, DenyInTerminated, nullptr},
    {"G8", T, Kind::kAny, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"G1", kAnyState, Kind::kTimerSessionTtl, GUARD(LifetimeOver), kTerminated,
     Because<Reason::kSessionLifetimeExceeded>, nullptr, EndSession},
    {"G2", B | V | D | R, Kind::kTimerTransportTtl, GUARD(TransportlessTooLong), kTerminated,
     Because<Reason::kTransportTtlExceeded>, nullptr, EndSession},
    {"G3", kAnyState, Kind::kOperatorTerminate, GUARD(Always), kTerminated,
     Because<Reason::kOperatorTerminated>, nullptr, EndSession},
    {"G4", kAnyState, Kind::kHardFault, GUARD(Always), kTerminated,
     Because<Reason::kHardSystemFailure>, ExplainFault, EndSession},
    {"G5", kAnyState, Kind::kPeerClose, GUARD(Always), kTerminated,
     Because<Reason::kPeerTerminated>, nullptr, EndSession},

    // A restart of the gateway. The lifetime (G1) was looked at before.
    {"X1", A, Kind::kRestore, GUARD(Always), kVolatile, Because<Reason::kNodeRestart>,
     ResumeSession, Evaluate},
    {"X2", V, Kind::kRestore, GUARD(Always), kDegraded, Because<Reason::kNodeRestart>,
     ResumeSession, nullptr},
    {"X3", R, Kind::kRestore, GUARD(Always), kDegraded, Because<Reason::kNodeRestart>,
     ResumeAttempt, nullptr},
    {"X4", D, Kind::kRestore, GUARD(Always), kSame, nullptr, ResumeSession, nullptr},

    // Policy.
    {"G7", kAnyState, Kind::kPolicyUpdate, GUARD(PolicyInvalid), kSame, nullptr, RejectPolicy,
     nullptr},
    {"G6", kAnyState, Kind::kPolicyUpdate, GUARD(PolicyStrict), kSame, nullptr, ApplyPolicyNow,
     nullptr},
    {"G6", kAnyState, Kind::kPolicyUpdate, GUARD(Always), kSame, nullptr, KeepPolicyForNextEdge,
     nullptr},

    // NAT rebinding. P1 to P3 are the workers'.
    {"P6", kLive, Kind::kChallengeAnswered, GUARD(NotPending), kSame, nullptr, Ignore, nullptr},
    {"P4", kLive, Kind::kChallengeAnswered, GUARD(RebindAllowed), kSame, nullptr,
     MoveTransmitAddress, nullptr},
    {"P5", kLive, Kind::kChallengeAnswered, GUARD(Always), kSame, nullptr, DenyRebind, nullptr},

    // BIRTH.
    {"B1", B, Kind::kAttachOk, GUARD(Always), kAttached, Because<Reason::kAttachedToTransport>,
     Attach, nullptr},
    {"B2", B, Kind::kAttachFail, GUARD(Always), kTerminated, Because<Reason::kHandshakeRejected>,
     nullptr, EndSession},
    {"B2", B, Kind::kTimerHandshake, GUARD(HandshakeTooLong), kTerminated,
     Because<Reason::kHandshakeRejected>, nullptr, EndSession},
    {"B3", B, Kind::kAny, GUARD(Always), kSame, nullptr, RejectInput, nullptr},

    // A copy of the accepted request bears an old epoch, so A7 stands before E1.
    {"A7", A, Kind::kReattach, GUARD(CopyOnBoundPath), kSame, nullptr, ResendAck, nullptr},
    {"E1", kLive, Kind::kReattach, GUARD(ValidButStaleEpoch), kSame, nullptr, DenyStaleEpoch,
     nullptr},

    // ATTACHED.
    {"A1", A, Kind::kActiveDead, GUARD(Always), kVolatile, Because<Reason::kTransportDead>,
     LoseActive, Evaluate},
    {"A2", A, Kind::kInstability, GUARD(Always), kVolatile, InstabilityCause, BecomeVolatile,
     Evaluate},
    {"A3", A, Kind::kCandidateDead, GUARD(Always), kSame, nullptr, ReportCandidateDead, nullptr},
    {"A3", A, Kind::kCandidateUpdate, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"A3", A, Kind::kVerdictUnknown, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"A3", A, Kind::kActiveStable, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"A3", A, Kind::kTimerEval, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"A4", A, Kind::kReattach, GUARD(Invalid), kSame, nullptr, DenyInAttached, nullptr},
    {"A5", A, Kind::kReattach, GUARD(ValidBecauseDead), kVolatile, Because<Reason::kTransportDead>,
     LoseActiveByPeer, JudgeRequest},
    {"A6", A, Kind::kReattach, GUARD(Always), kVolatile, RequestedCause, BecomeVolatileByPeer,
     JudgeRequest},

    // EVAL in VOLATILE: the gates in their fixed order (FM-7-f).
    {"V2", V, Kind::kEval, GUARD(NoCandidateUnbound), kDegraded,
     Because<Reason::kNoCandidateTransports>, DenyNoCandidate, nullptr},
    {"V3", V, Kind::kEval, GUARD(NoCandidate), kSame, nullptr, DenyNoCandidateOnce, nullptr},
    {"V6", V, Kind::kEval, GUARD(AllBarred), kDegraded, Because<Reason::kPolicyDenied>,
     DenyByPolicy, nullptr},
    {"V4", V, Kind::kEval, GUARD(RateExceeded), kDegraded, Because<Reason::kSwitchRateLimited>,
     DenyByRate, nullptr},
    {"V5", V, Kind::kEval, GUARD(CooldownActive), kSame, nullptr, DenyByCooldown, nullptr},
    {"V1", V, Kind::kEval, GUARD(Always), kRecovering, RecoveryReason, OpenAttempt,
     AnnounceAttempt},

    // VOLATILE.
    {"V7", V, Kind::kTimerVolatile, GUARD(VolatileTooLong), kDegraded,
     Because<Reason::kVolatilePersisted>, nullptr, nullptr},
    {"V8", V, Kind::kActiveDead, GUARD(Always), kSame, nullptr, LoseActive, Evaluate},
    {"V9", V, Kind::kInstability, GUARD(Always), kSame, nullptr, NoteInstability, nullptr},
    {"V9", V, Kind::kVerdictUnknown, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"V10", V, Kind::kCandidateDead, GUARD(EvalAllowed), kSame, nullptr, ReportCandidateDead,
     Evaluate},
    {"V10", V, Kind::kCandidateDead, GUARD(Always), kSame, nullptr, ReportCandidateDead,
     WaitToEvaluate},
    {"V10", V, Kind::kCandidateUpdate, GUARD(EvalAllowed), kSame, nullptr, Evaluate, nullptr},
    {"V10", V, Kind::kCandidateUpdate, GUARD(Always), kSame, nullptr, WaitToEvaluate, nullptr},
    {"V10", V, Kind::kActiveStable, GUARD(EvalAllowed), kSame, nullptr, Evaluate, nullptr},
    {"V10", V, Kind::kActiveStable, GUARD(Always), kSame, nullptr, WaitToEvaluate, nullptr},
    {"V10", V, Kind::kTimerEval, GUARD(EvalAllowed), kSame, nullptr, Evaluate, nullptr},
    {"V10", V, Kind::kTimerEval, GUARD(Always), kSame, nullptr, WaitToEvaluate, nullptr},
    {"V12", V, Kind::kReattach, GUARD(Invalid), kSame, nullptr, DenyForeign, nullptr},
    {"V11", V, Kind::kReattach, GUARD(Always), kSame, nullptr, JudgeRequest, nullptr},

    // EVAL in DEGRADED.
    {"D2", D, Kind::kEval, GUARD(NoCandidate), kSame, nullptr, Ignore, nullptr},
    {"D5", D, Kind::kEval, GUARD(AllBarred), kSame, nullptr, DenyByPolicy, nullptr},
    {"D3", D, Kind::kEval, GUARD(RateExceeded), kSame, nullptr, DenyByRate, nullptr},
    {"D4", D, Kind::kEval, GUARD(CooldownActive), kSame, nullptr, DenyByCooldown, nullptr},
    {"D1", D, Kind::kEval, GUARD(Always), kRecovering, RecoveryReason, OpenAttempt,
     AnnounceAttempt},

    // DEGRADED.
    {"D6", D, Kind::kActiveDead, GUARD(EvalAllowed), kSame, nullptr, LoseActive, Evaluate},
    {"D6", D, Kind::kActiveDead, GUARD(Always), kSame, nullptr, LoseActive, WaitToEvaluate},
    {"D7", D, Kind::kInstability, GUARD(Always), kSame, nullptr, NoteInstability, nullptr},
    {"D7", D, Kind::kVerdictUnknown, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"D8", D, Kind::kCandidateDead, GUARD(EvalAllowed), kSame, nullptr, ReportCandidateDead,
     Evaluate},
    {"D8", D, Kind::kCandidateDead, GUARD(Always), kSame, nullptr, ReportCandidateDead,
     WaitToEvaluate},
    {"D8", D, Kind::kCandidateUpdate, GUARD(EvalAllowed), kSame, nullptr, Evaluate, nullptr},
    {"D8", D, Kind::kCandidateUpdate, GUARD(Always), kSame, nullptr, WaitToEvaluate, nullptr},
    {"D8", D, Kind::kActiveStable, GUARD(EvalAllowed), kSame, nullptr, Evaluate, nullptr},
    {"D8", D, Kind::kActiveStable, GUARD(Always), kSame, nullptr, WaitToEvaluate, nullptr},
    {"D8", D, Kind::kTimerEval, GUARD(EvalAllowed), kSame, nullptr, Evaluate, nullptr},
    {"D8", D, Kind::kTimerEval, GUARD(Always), kSame, nullptr, WaitToEvaluate, nullptr},
    {"D10", D, Kind::kReattach, GUARD(Invalid), kSame, nullptr, DenyForeign, nullptr},
    {"D9", D, Kind::kReattach, GUARD(Always), kSame, nullptr, JudgeRequest, nullptr},

    // RECOVERING: the verdict on a request.
    {"R9", R, Kind::kReattach, GUARD(InvalidElsewhere), kSame, nullptr, DenyForeign, nullptr},
    {"R2m", R, Kind::kReattach, GUARD(InvalidNotStrict), kSame, nullptr, MarkAttempt, nullptr},
    {"R3", R, Kind::kReattach, GUARD(InvalidOverLimit), kTerminated,
     Because<Reason::kSecurityFailure>, ExplainProof, EndSession},
    {"R2", R, Kind::kReattach, GUARD(Invalid), kDegraded,
     Because<Reason::kReattachValidationFailed>, FailByProof, nullptr},
    {"R1", R, Kind::kReattach, GUARD(Granted), kAttached, Because<Reason::kReattachSuccess>, Commit,
     AcknowledgeCommit},
    {"R4", R, Kind::kReattach, GUARD(Always), kDegraded, Because<Reason::kPolicyDenied>,
     FailByRefusal, nullptr},

    // RECOVERING: the target is lost, or time is up (Q-3: security, then terminate, then degrade).
    {"R5", R, Kind::kTargetLost, GUARD(UntriedCandidate), kSame, nullptr, Retarget, nullptr},
    {"R3m", R, Kind::kTargetLost, GUARD(MarkedOverLimit), kTerminated,
     Because<Reason::kSecurityFailure>, ExplainMark, EndSession},
    {"R6m", R, Kind::kTargetLost, GUARD(Marked), kDegraded,
     Because<Reason::kReattachValidationFailed>, FailByMark, nullptr},
    {"R6", R, Kind::kTargetLost, GUARD(Always), kDegraded, Because<Reason::kNoCandidateTransports>,
     FailByLostTarget, nullptr},
    {"R3m", R, Kind::kTimerRecovery, GUARD(WindowOverMarkedOverLimit), kTerminated,
     Because<Reason::kSecurityFailure>, ExplainMark, EndSession},
    {"R7t", R, Kind::kTimerRecovery, GUARD(WindowOverTerminates), kTerminated,
     Because<Reason::kRecoveryWindowExpired>, ReportExpiry, EndSession},
    {"R7m", R, Kind::kTimerRecovery, GUARD(WindowOverMarked), kDegraded,
     Because<Reason::kReattachValidationFailed>, FailByMark, nullptr},
    {"R7", R, Kind::kTimerRecovery, GUARD(WindowOver), kDegraded,
     Because<Reason::kRecoveryWindowExpired>, FailByExpiry, nullptr},

    // RECOVERING: everything else.
    {"R8", R, Kind::kActiveDead, GUARD(Always), kSame, nullptr, LoseActive, LoseInPlaceTarget},
    {"R10", R, Kind::kInstability, GUARD(Always), kSame, nullptr, NoteInstability, nullptr},
    {"R10", R, Kind::kVerdictUnknown, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"R10", R, Kind::kActiveStable, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"R10", R, Kind::kCandidateUpdate, GUARD(Always), kSame, nullptr, Ignore, nullptr},
    {"R10", R, Kind::kCandidateDead, GUARD(Always), kSame, nullptr, ReportCandidateDead, nullptr},
});

#undef GUARD

bool Matches(const Row& row, const Moment& moment) {
  return (row.states & In(moment.session.state)) != 0 &&
         (row.input == moment.kind || row.input == Kind::kAny) && row.guard.call(moment);
}

void Apply(const Row& row, Moment& moment) {
  moment.from = moment.session.active;
  moment.detail.reset();
  moment.loss.reset();
  if (row.before != nullptr) row.before(moment);
  if (row.next) TakeEdge(moment, *row.next, row.reason(moment));
  if (row.after != nullptr) row.after(moment);
}

}  // namespace

std::span<const Row> TransitionRows() { return kRows; }

void Dispatch(Moment& moment, InputKind kind) {
  moment.kind = kind;
  for (const Row& row : kRows) {
    if (Matches(row, moment)) return Apply(row, moment);
  }
  RejectInput(moment);
}

}  // namespace jvpn
