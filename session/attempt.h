// The life of an attempt, one visit to RECOVERING: opened, retargeted, marked, committed or failed.
#pragma once

#include "session/moment.h"

namespace jvpn {

// dead_transport_recovery, loss_recovery or policy_forced_recovery (V1).
Reason RecoveryReason(const Moment& moment);

// V1, D1: before the edge, and after it.
void OpenAttempt(Moment& moment);
void AnnounceAttempt(Moment& moment);

// R5. HasUntriedCandidate is its guard.
bool HasUntriedCandidate(const Moment& moment);
void Retarget(Moment& moment);
// R8: an in-place attempt has lost its target with the active transport.
void LoseInPlaceTarget(Moment& moment);
// The facts no longer let the attempt's target be bound.
bool TargetLost(const Moment& moment);

// R2m: the first cause stays.
void MarkAttempt(Moment& moment);

// R1. RequestGranted is steps 8 and 9 of requirements 5.
bool RequestGranted(const Moment& moment);
void Commit(Moment& moment);
void AcknowledgeCommit(Moment& moment);

// Ends without commit: TransportSwitchFailed and the cooldown; some are counted as failures.
void FailByRefusal(Moment& moment);     // R4
void FailByProof(Moment& moment);       // R2, counted
void FailByMark(Moment& moment);        // R6m, R7m, counted
void FailByLostTarget(Moment& moment);  // R6
void FailByExpiry(Moment& moment);      // R7
void DropAttempt(Moment& moment);       // X3: neither it nor its mark is counted
void ReportExpiry(Moment& moment);      // R7t: the event only, the session ends
// Failures in the window, one more included, exceed max_validation_failures.
bool OverFailureLimit(const Moment& moment);

}  // namespace jvpn
