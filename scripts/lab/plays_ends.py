"""Plays of limits: lifetimes, the operator in each state, bars, new policies, a full disk."""

from lab import plays_flapping as flapping
from lab.plays import (AT_ONCE, BY_SILENCE, COOLDOWN_MS, COOLING, Play, SILENT, TTL_MS, policy,
                       stranded, switch)

LIFETIME_MS = 12_000
WINDOW_MS = 2500


def patient(**keys):
    """Neither the TTL nor a window ends before the lifetime does."""
    own = {"session.transport_lost_ttl_ms": LIFETIME_MS - 1,
           "session.handshake_timeout_ms": 3000, "switching.recovery_window_ms": 11_000}
    return own | keys


MORTAL = policy({"session.max_lifetime_ms": LIFETIME_MS}, patience=patient())
# A death within the cooldown leaves the session in VOLATILE for as long as that lasts.
SLOW = {"switching.switch_cooldown_ms": 11_000, "volatility.volatile_to_degraded_ms": 20_000}
BRIEF = policy({"session.max_lifetime_ms": 6000})
ANY_TIME = (0, LIFETIME_MS + 200)
AGED = ("age", "client_told")
STEPS_TO_V = [(0, "pull", "a"), (("SSC R>A", 0), "silence", "bound")]
TO_V = switch("A", "[BD]", "peer_signal", 2) + [
    ("0 after R>A ~850", f"TransportDead [BD] {SILENT}"), ("+", "SSC A>V transport_dead v5"),
    ("+", "TransportSwitchDenied cooldown_active")]
STEPS_TO_R = [(0, "mute", "B"), (0, "silence", "A")]
TO_R = switch("A", "B", SILENT, 2)[:4]


def over(state, reason, version, at):
    return [(at, f"SSC {state}>T {reason} v{version}"), ("+", f"SessionTerminated {reason}")]


def aged(state, version):
    # When is judged by the age.
    return over(state, "session_lifetime_exceeded", version,
                f"0 after SSC ~{LIFETIME_MS}")


def lives(count):
    """The end of each, and the beginning of the next."""
    log = []
    for nth in range(count):
        log += [("0 after B>A ~7000" if nth else "0",
                 "SSC A>T session_lifetime_exceeded v2"),
                ("+", "SessionTerminated session_lifetime_exceeded")]
        if nth + 1 < count:
            log += [("0 after SessionTerminated ~4000",
                     "TransportAttached A attached_to_transport"),
                    ("+", "SSC B>A attached_to_transport v1")]
    return log


def expired(version, at):
    return [(at, "TransportSwitchFailed recovery_window_expired"),
            ("+", f"SSC R>D recovery_window_expired v{version}")]


N07_BASE = {"session.transport_lost_ttl_ms": 8000, "session.handshake_timeout_ms": 2500,
            "switching.recovery_window_ms": WINDOW_MS}
N07_POLICY = policy({}, patience=N07_BASE)
SHORTER_WINDOW = policy({"switching.recovery_window_ms": 1000}, patience=N07_BASE)
SHORTER_TTL = policy({"session.transport_lost_ttl_ms": WINDOW_MS, "apply_mode": "strict"},
                     patience=N07_BASE)
TOO_SHORT_TTL = policy({"session.transport_lost_ttl_ms": 1000}, patience=N07_BASE)
# More denials than lines can wait for a disk, so that some are lost.
FULL_DISK = [(0, "overhear", ""), (0, "fill_disk", ""), (0, "storm", "")]
FLOOD = "ReattachAttempt X|ReattachResult DENIED .*|DenialSummary .*"
TALKATIVE = policy({"security.reattach_rate_per_s": 1000, "security.reattach_burst": 1000})

PLAYS = [
    Play("S24", "lifetime in ATTACHED", "AB", [], ANY_TIME,
         over("A", "session_lifetime_exceeded", 2, "0"), AGED, policy=MORTAL, patience_s=15,
         long=True),
    Play("S24", "lifetime in VOLATILE", "ABD", STEPS_TO_V, AT_ONCE, TO_V + aged("V", 6), AGED,
         policy=policy({"session.max_lifetime_ms": LIFETIME_MS}, patience=patient(**SLOW)),
         long=True),
    Play("S24", "lifetime in DEGRADED", "A", [(0, "silence", "A")], BY_SILENCE,
         stranded("A") + aged("D", 4), AGED, policy=MORTAL, long=True),
    Play("S24", "lifetime in RECOVERING", "AB", STEPS_TO_R, BY_SILENCE, TO_R + aged("R", 4), AGED,
         policy=MORTAL, long=True),
    Play("S25", "successors", "AB",
         [(("SessionTerminated", 200), "up", "")] + [(("SSC B>A", 300), "up", "")], ANY_TIME,
         lives(3), ("age", "new_ids"), policy=BRIEF, patience_s=15, long=True),
    Play("S29", "a bar of policy", "AB", [(0, "silence", "A")], BY_SILENCE,
         [("0", f"TransportDead A {SILENT}"), ("+", "SSC A>V transport_dead v2"),
          ("+", "TransportSwitchDenied policy_denied"), ("+", "SSC V>D policy_denied v3"),
          *over("D", "transport_ttl_exceeded", 4, f"{TTL_MS + 1} after TransportDead")],
         ("client_told",), besides="TransportSwitchDenied policy_denied",
         policy=policy({"switching.enabled": False})),
    Play("S30", "the operator, in VOLATILE", "ABD",
         [*STEPS_TO_V, (("TransportSwitchDenied", 500), "terminate", "")], AT_ONCE,
         TO_V + over("V", "operator_terminated", 6, "500 after Denied ~300"), ("silence_after",),
         policy=policy({"session.max_lifetime_ms": 60_000}, patience=patient(**SLOW))),
    Play("S30", "the operator, in DEGRADED", "A",
         [(0, "silence", "A"), (("SSC V>D", 500), "terminate", "")], BY_SILENCE,
         stranded("A") + over("D", "operator_terminated", 4, "500 after V>D ~300"),
         ("silence_after",)),
    Play("S30", "the operator, in RECOVERING", "AB",
         [*STEPS_TO_R, (("ReattachAttempt", 200), "terminate", ""),
          (("SessionTerminated", 10), "heal", "B")], BY_SILENCE,
         TO_R + over("R", "operator_terminated", 4, "200 after ReattachAttempt ~300") +
         [("0 after SessionTerminated ~600",
           "ReattachResult DENIED invalid_state_for_reattach")],
         ("client_told", "silence_after"),
         besides="ReattachResult DENIED invalid_state_for_reattach"),
    Play("N07", "a new policy during recovery (grace)", "AB",
         [*STEPS_TO_R, (("ReattachAttempt", 500), "apply", SHORTER_WINDOW)], BY_SILENCE,
         TO_R + expired(4, f"{WINDOW_MS + 1} after V>R") +
         [("+", "PolicyApplied policy_applied"),
          (f"{COOLDOWN_MS} after R>D", "SSC D>R dead_transport_recovery v5"),
          ("+", "ReattachAttempt B"), *expired(6, "1001 after D>R")], besides=COOLING,
         policy=N07_POLICY),
    Play("N07", "a new policy during recovery (strict)", "AB",
         [*STEPS_TO_R, (("ReattachAttempt", 500), "apply", SHORTER_TTL)], BY_SILENCE,
         TO_R + [("500 after ReattachAttempt ~200", "PolicyApplied policy_applied"),
                 *over("R", "transport_ttl_exceeded", 4, f"{WINDOW_MS + 1} after TransportDead")],
         policy=N07_POLICY),
    Play("N07", "a bad policy during recovery", "AB",
         [*STEPS_TO_R, (("ReattachAttempt", 500), "apply_refused", TOO_SHORT_TTL)], BY_SILENCE,
         TO_R + expired(4, f"{WINDOW_MS + 1} after V>R"), ("refused",), besides=COOLING,
         policy=N07_POLICY),
    Play("N20", "the log cannot be written", "AB", [*FULL_DISK, (0, "pull", "a")], AT_ONCE,
         switch("A", "B", "peer_signal", 2), ("loss_told", "lives"), besides=FLOOD,
         policy=TALKATIVE, long=True),
    Play("N20", "the log cannot be written, and links flap", "AB",
         FULL_DISK + flapping.STEPS, AT_ONCE, flapping.LOG, ("loss_told", "lives"),
         besides=f"{FLOOD}|{flapping.BESIDES}", policy=TALKATIVE, patience_s=75, long=True),
]
