"""Every play there is, and why some scenarios are played in virtual time only.

The tests leave out those marked `long`: what lasts a dozen seconds or more, and of the others the
second reading of a scenario that differs in a number or a mark only. What they play beyond
plays.PLAYS takes about 85 s: what no other play shows of a target that dies, of a proof that does
not hold, of a policy that changes, and of the operator.
"""

from lab import plays, plays_ends, plays_flapping, plays_security

PLAYS = [*plays.PLAYS, *plays_flapping.PLAYS, *plays_security.PLAYS, *plays_ends.PLAYS]

# Of S24 the end in BIRTH is missing: no policy file may let a handshake outlast a lifetime (PR12).
ONLY_SIMULATED = {
    "N05": "a death one millisecond before the window slides: no real network is that exact",
    "N08": "an order and a request in one instant: real ones come one after the other",
}
