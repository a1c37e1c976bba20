// Denials of reattach requests: what is answered, logged, and kept back by the limiter.
#pragma once

#include <optional>

#include "session/moment.h"

namespace jvpn {

// Steps 5 and 6 of requirements 5 fail. A copy of the accepted request is a replay wherever it is
// not answered from the cache (A7).
bool ProofInvalid(const Reattach& request);
Reason ProofFault(const Reattach& request);

// C-36: gateway only; an authenticated request proves that its path works.
void AdmitRequestedPath(Moment& moment);

// DENIAL: ReattachAttempt and ReattachResult(DENIED), if the limiter lets them.
void DenyRequest(Moment& moment, Reason code, std::optional<Reason> detail = std::nullopt);
void DenyStaleEpoch(Moment& moment);     // E1
void DenyInAttached(Moment& moment);     // A4
void DenyForeign(Moment& moment);        // V12, D10, R9: with Security*
void DenyInTerminated(Moment& moment);   // G8
void DenyOnAttemptPath(Moment& moment);  // R2m: ReattachResult(DENIED), Security*
// R2, R3, R4: part of an edge's story, so never kept back.
void DenyWithEdge(Moment& moment, Reason code, std::optional<Reason> detail = std::nullopt);

}  // namespace jvpn
