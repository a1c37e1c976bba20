"""Plays of proofs that do not hold: corrupted, too old, guessed."""

from lab.plays import (BY_SILENCE, COOLDOWN_MS, COOLING, DEAD_MS, Play, SILENT, found, policy,
                       stranded, switch)

PROOF_AGE_MS, WINDOW_MS = 1000, 2500
PATIENT = {"session.transport_lost_ttl_ms": 6000, "session.handshake_timeout_ms": 3000,
           "switching.recovery_window_ms": WINDOW_MS,
           "security.reattach_proof_max_age_ms": PROOF_AGE_MS}
STRICT = {"security.strict_validation": True}
# The client goes on for the whole window while the gateway ends one attempt after the other.
ONE_LONG_TRY = {**PATIENT, "session.transport_lost_ttl_ms": 16_000,
                "switching.recovery_window_ms": 15_000}
SHORT_WINDOW_MS = 1000
SHORT_TRIES = {**PATIENT, "session.transport_lost_ttl_ms": 15_000,
               "switching.recovery_window_ms": SHORT_WINDOW_MS}
# Denials of requests that come while no attempt runs, or on another path.
DENIALS = ("ReattachAttempt B|ReattachResult DENIED (bad_proof|policy_denied.*)|"
           "SecurityValidationFailed bad_proof|DenialSummary .*|"
           f"{COOLING}")
# The gateway notices the death alone, and first.
UNHEARD = [(0, "chatter", ""), (0, "silence_up", "A")]
BY_DEAFNESS = (DEAD_MS - 50, DEAD_MS + 400)
LATE = PROOF_AGE_MS + 200


def attempt(one="A", other="B"):
    return switch(one, other, SILENT, 2)[:4]


def refused(code, at="0 after ReattachAttempt ~1000"):
    return [(at, f"ReattachResult DENIED {code}"), ("+", f"SecurityValidationFailed {code}")]


def failed(code, version, at="+"):
    return [(at, "TransportSwitchFailed reattach_validation_failed"),
            ("+", rf"SSC R>D reattach_validation_failed\({code}\) v{version}")]


def again(version, slack=0):
    return [(f"{COOLDOWN_MS} after R>D ~{slack}", f"SSC D>R dead_transport_recovery v{version}"),
            ("+", "ReattachAttempt B")]


def accepted(version, one="A", other="B"):
    return [("0 after ReattachAttempt ~600", "ReattachResult SUCCESS reattach_success"),
            ("+", f"TransportSwitch {one}>{other}"), ("+", f"SSC R>A reattach_success v{version}")]


def over(version, at="+"):
    return [(at, rf"SSC R>T security_failure\(bad_proof\) v{version}"),
            ("+", "SessionTerminated security_failure")]


def failures(each, last):
    """Three that only cost the attempt, and the fourth."""
    log = attempt()
    for version in (4, 6, 8):
        log += each(version) + again(version + 1)
    return log + last(10)


PLAYS = [
    Play("S19", "a bad proof, then a good one (strict)", "AB",
         [(0, "corrupt_first", "B"), *UNHEARD], BY_DEAFNESS,
         attempt() + refused("bad_proof") + failed("bad_proof", 4) + again(5) + accepted(6),
         ("lives",), besides=DENIALS, policy=policy(STRICT, patience=PATIENT)),
    Play("S19", "a bad proof, then a good one", "AB",
         [(0, "corrupt_first", "B"), *UNHEARD], BY_DEAFNESS,
         attempt() + refused("bad_proof") +
         [("0 after DENIED ~50", "ReattachResult SUCCESS reattach_success"),
          ("+", "TransportSwitch A>B"), ("+", "SSC R>A reattach_success v4")], ("lives",)),
    Play("S21", "an old proof (strict)", "AB",
         [(0, "hold", "B"), *UNHEARD, (("ReattachAttempt", LATE), "deliver_held", "")],
         BY_DEAFNESS,
         attempt() + refused("stale_request", f"{LATE} after ReattachAttempt ~400") +
         failed("stale_request", 4), besides=COOLING, policy=policy(STRICT, patience=PATIENT)),
    Play("S21", "an old proof", "AB",
         [(0, "hold", "B"), *UNHEARD, (("ReattachAttempt", LATE), "deliver_held", "")],
         BY_DEAFNESS,
         attempt() + refused("stale_request", f"{LATE} after ReattachAttempt ~400") +
         failed("stale_request", 4, f"{WINDOW_MS + 1} after V>R"),
         besides=COOLING, policy=policy({}, patience=PATIENT), long=True),
    Play("S22", "failure after failure (strict)", "AB",
         [(0, "corrupt", "B"), *UNHEARD], BY_DEAFNESS,
         failures(lambda version: refused("bad_proof") + failed("bad_proof", version),
                  lambda version: refused("bad_proof") + over(version)),
         besides=DENIALS, policy=policy(STRICT, patience=ONE_LONG_TRY), long=True),
    Play("S22", "failure after failure", "AB",
         [(0, "corrupt", "B"), *UNHEARD], BY_DEAFNESS,
         failures(lambda version: failed("bad_proof", version,
                                         f"{SHORT_WINDOW_MS + 1} after ReattachAttempt"),
                  lambda version: over(version, f"{SHORT_WINDOW_MS + 1} after ReattachAttempt")),
         besides=DENIALS, policy=policy({}, patience=SHORT_TRIES), patience_s=20, long=True),
    Play("S23", "takeover without keys", "A",
         [(0, "overhear", ""), (0, "silence", "A"), (("SSC V>D", 0), "guess", 3),
          (("SSC V>D", 1000), "heal", "B")],
         BY_SILENCE, stranded("A") + found("A", "B"), ("guesses_counted", "lives"),
         besides="ReattachAttempt X|ReattachResult DENIED .*|SecurityValidationFailed bad_proof|"
                 "DenialSummary .*", long=True),
]
