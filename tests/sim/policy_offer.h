// PolicyOffer: a policy that an operator applies while sessions live, as the file that it comes in.
#pragma once

#include <string>

#include "session/policy.h"

namespace jvpn::sim {

struct PolicyOffer {
  Policy policy;
  bool broken = false;      // against a rule: to be refused, and nothing changes
  bool lasting = false;     // what a restarted gateway reads as well
  bool taken_back = false;  // with the end of its step the run's own policy comes again
};

// Every key of it, in the form that "jvpnctl policy apply" sends.
std::string ToToml(const Policy& policy);

}  // namespace jvpn::sim
