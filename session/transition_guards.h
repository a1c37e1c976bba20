// The guards of the transition table: questions about one moment, without effects.
#pragma once

#include "session/moment.h"

namespace jvpn::guard {

bool Always(const Moment& moment);

bool LifetimeOver(const Moment& moment);          // G1
bool TransportlessTooLong(const Moment& moment);  // G2
bool HandshakeTooLong(const Moment& moment);      // B2
bool VolatileTooLong(const Moment& moment);       // V7
bool EvalAllowed(const Moment& moment);           // V10, D8

bool PolicyInvalid(const Moment& moment);  // G7
bool PolicyStrict(const Moment& moment);   // G6

bool NotPending(const Moment& moment);     // P6
bool RebindAllowed(const Moment& moment);  // P4

// EVAL, in the order of its list.
bool NoCandidateUnbound(const Moment& moment);
bool NoCandidate(const Moment& moment);
bool AllBarred(const Moment& moment);
bool RateExceeded(const Moment& moment);
bool CooldownActive(const Moment& moment);

// reattach(p)
bool CopyOnBoundPath(const Moment& moment);     // A7
bool ValidButStaleEpoch(const Moment& moment);  // E1
bool Invalid(const Moment& moment);
bool ValidBecauseDead(const Moment& moment);  // A5
bool InvalidElsewhere(const Moment& moment);  // R9
bool InvalidNotStrict(const Moment& moment);  // R2m
bool InvalidOverLimit(const Moment& moment);  // R3
bool Granted(const Moment& moment);           // R1

// In an attempt.
bool UntriedCandidate(const Moment& moment);      // R5
bool MarkedOverLimit(const Moment& moment);       // R3m
bool Marked(const Moment& moment);                // R6m, R7m
bool WindowOver(const Moment& moment);            // R7
bool WindowOverTerminates(const Moment& moment);  // R7t
bool WindowOverMarked(const Moment& moment);
bool WindowOverMarkedOverLimit(const Moment& moment);

}  // namespace jvpn::guard
