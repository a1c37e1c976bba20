// Birth, trouble, restart and end of a session's binding, policy changes, and NAT rebinding: the
// actions of the rows B, A1-A6, V8, D6, R8, X, G and P.
#pragma once

#include "session/moment.h"

namespace jvpn {

void Attach(Moment& moment);  // B1

// A1, V8, D6, R8; A5 with the peer's word for it.
void LoseActive(Moment& moment);
void LoseActiveByPeer(Moment& moment);
// A2; A6 with the cause that the request carries.
void BecomeVolatile(Moment& moment);
void BecomeVolatileByPeer(Moment& moment);
Reason InstabilityCause(const Moment& moment);
Reason RequestedCause(const Moment& moment);
void NoteInstability(Moment& moment);      // V9, D7, R10
void ReportCandidateDead(Moment& moment);  // TransportDead with role candidate, never an edge

void ResumeSession(Moment& moment);  // X1, X2, X4
void ResumeAttempt(Moment& moment);  // X3

void ExplainFault(Moment& moment);  // G4: detail_code
void ExplainProof(Moment& moment);  // R3: the denial, and detail_code
void ExplainMark(Moment& moment);   // R3m: detail_code
void EndSession(Moment& moment);    // TEARDOWN, after the edge into T

void ApplyPolicyNow(Moment& moment);         // G6, strict
void KeepPolicyForNextEdge(Moment& moment);  // G6, grace
void RejectPolicy(Moment& moment);           // G7

void MoveTransmitAddress(Moment& moment);  // P4
void DenyRebind(Moment& moment);           // P5

void ResendAck(Moment& moment);  // A7

}  // namespace jvpn
