// EVAL: the fixed list of gates between trouble and an attempt (requirements 2), in V and D only.
//
//   no candidate -> V2 V3 D2 | all barred -> V6 D5 | rate -> V4 D3 | cooldown -> V5 D4 | else V1 D1
#pragma once

#include "session/moment.h"

namespace jvpn {

// Runs the list now: for entry edges, death in V, authenticated requests and due timers.
void Evaluate(Moment& moment);
// A denial makes other triggers wait (`eval_not_before`): arms the timer instead.
void WaitToEvaluate(Moment& moment);

// V11, D9, and the second half of A5 and A6: an authenticated request asks for its path.
void JudgeRequest(Moment& moment);
// Step 8 (policy) and step 9 of requirements 5: why this request may not have its path.
std::optional<Reason> PathRefusal(const Moment& moment);

// The actions of the EVAL rows.
void DenyNoCandidate(Moment& moment);
void DenyNoCandidateOnce(Moment& moment);
void DenyByPolicy(Moment& moment);
void DenyByRate(Moment& moment);
void DenyByCooldown(Moment& moment);

// After a policy was installed at once: what was denied under the old one is looked at again.
void RearmEvaluation(Moment& moment);

}  // namespace jvpn
