"""Plays of switches that follow each other: silence to the millisecond, flapping, lost targets."""

from lab.plays import (AT_ONCE, BY_LOSS, BY_SILENCE, COOLDOWN_MS, COOLING, FLAP_MS, HEARTBEAT_MS,
                       Play, SILENT, TTL_MS, committed, lossy, policy, switch)

CAP = 8
MINUTE_MS = 60_000
# A restored link is proved again by then; what pulls it takes a command.
PULL_AFTER_MS = FLAP_MS - 100
REFERENCE = policy({"security.strict_validation": False}, "reference", {})
FAST = policy({}, "fast", {})
CAP_OF_ONE = policy({"switching.max_switches_per_min": 1, "session.transport_lost_ttl_ms": 30_000})
# A frame or two a second: within a window never the samples that a verdict takes.
TOO_FEW = policy({"volatility.heartbeat_interval_ms": 1000,
                  "transport.candidate_probe_interval_ms": 1000,
                  "transport.candidate_fresh_ms": 10_000,
                  "volatility.heartbeat_volatile_ms": 10_000,
                  "volatility.transport_dead_ms": 10_000, "volatility.loss_min_samples": 20,
                  "volatility.max_consecutive_drops": 10}, patience={})
RATE_DENIED = "TransportSwitchDenied switch_rate_limited"
# The client's own minute is over while the gateway's cooldown is not.
EARLY_REQUEST = f"ReattachAttempt [AB]|ReattachResult DENIED policy_denied|{COOLING}"
BESIDES = f"{RATE_DENIED}|{EARLY_REQUEST}"


def committed_version(nth):
    """Of the state after the nth switch, the first being 1."""
    return 1 + 3 * nth


def flapping():
    """Every 2 s the bound path's cable is pulled, and it is back 100 ms after the jump."""
    steps = [(0, "pull_bound", "")]
    for nth in range(1, CAP + 1):
        commit = f"SSC R>A reattach_success v{committed_version(nth)}"
        steps += [((commit, 100), "restore", ""), ((commit, PULL_AFTER_MS), "pull_bound", "")]
    return steps + [(("SSC V>D", 100), "restore", "")]


def jumps():
    log = switch("A", "B", "peer_signal", 2)
    for nth in range(2, CAP + 1):
        one, other = ("A", "B") if nth % 2 else ("B", "A")
        log += switch(one, other, "peer_signal", committed_version(nth) - 2,
                      f"{PULL_AFTER_MS} after R>A ~200")
    return log


def slide(version):
    """The first of the commits leaves the minute; the last denial may have begun a cooldown.

    So may have the denial of a request that the client sent when its own minute was over.
    """
    return [(f"{MINUTE_MS} after R>A reattach_success v4 ~{COOLDOWN_MS}",
             f"SSC D>R dead_transport_recovery v{version}"),
            ("+", "ReattachAttempt [AB]"), (f"0 after ReattachAttempt ~{COOLDOWN_MS}",
                                            "ReattachResult SUCCESS reattach_success"),
            ("+", "Transport(Revalidated A|Switch A>B)"),
            ("+", f"SSC R>A reattach_success v{version + 1}")]


def ninth(version):
    # The client knows of the cap too and asks for nothing: the gateway notices by itself.
    return [(f"{PULL_AFTER_MS} after R>A ~1000", f"TransportDead A {SILENT}"),
            ("+", f"SSC A>V transport_dead v{version}"), ("+", RATE_DENIED),
            ("+", f"SSC V>D switch_rate_limited v{version + 1}")]


STEPS = flapping()
LOG = jumps() + ninth(3 * CAP + 2) + slide(3 * CAP + 4)

PLAYS = [
    Play("S02", "silent death, noticed fast", "AB", [(0, "probe", ""), (0, "silence", "A")],
         (0, 400), switch("A", "B", SILENT, 2), ("outage_below_150_ms", "lives"), policy=FAST),
    Play("S02", "silent death, after 2000 ms", "AB", [(0, "silence", "A")], (1450, 2200),
         switch("A", "B", SILENT, 2), ("lives",), policy=REFERENCE, long=True),
    Play("N10", "one packet of a few lost", "AB",
         [(0, "lose", "A 50"), (10_000, "heal", "A")], AT_ONCE, [], ("lives",), policy=TOO_FEW,
         long=True),
    Play("N11", "death during an attempt", "AB",
         [(0, "mute", "B"), (0, "lose", "A 35"), (("ReattachAttempt", 0), "silence", "A"),
          (("TransportDead", 0), "heal", "B")], BY_LOSS,
         lossy("A", "B")[:3] +
         [("0 after ReattachAttempt ~900", f"TransportDead A {SILENT}"),
          ("0 after TransportDead ~600", "ReattachResult SUCCESS reattach_success"),
          *committed("A", "B", 4)[1:]], ("lives",), load=True),
    Play("N14", "the client notices first", "AB", [(0, "pull", "a")], AT_ONCE,
         switch("A", "B", "peer_signal", 2), ("one_step", "lives")),
    Play("S16", "hard flapping", "AB", STEPS, AT_ONCE, LOG,
         ("denials_apart", "bounded", "lives"), besides=BESIDES, patience_s=75, long=True),
    Play("S17", "one denial a cooldown", "ABD",
         [(0, "pull", "a"), (("SSC R>A", COOLDOWN_MS + 100), "silence", "bound"),
          (("SSC V>D", 0), "flap_standby", 9)], AT_ONCE,
         switch("A", "[BD]", "peer_signal", 2) +
         [(f"{COOLDOWN_MS + 100} after R>A ~1000", "TransportDead [BD] " + SILENT),
          ("+", "SSC A>V transport_dead v5"), ("+", RATE_DENIED),
          ("+", "SSC V>D switch_rate_limited v6"),
          (f"{COOLDOWN_MS} after Denied ~1500", RATE_DENIED),
          (f"{COOLDOWN_MS} after Denied ~1500", RATE_DENIED)],
         ("denials_apart", "no_attempt_after_denial"), besides=RATE_DENIED, policy=CAP_OF_ONE,
         long=True),
    Play("S18", "five minutes of flapping", "AB", [(0, "flap", 300)], AT_ONCE, [],
         ("bounded", "denials_apart", "flat", "no_handshake"), besides=".*", long=True),
    Play("N01", "the target dies too", "ABD",
         [(0, "mute", "BD"), (0, "silence", "A"), (("ReattachAttempt", 0), "lose_target", ""),
          (("ReattachAttempt", 0), "open_next_target", "")], BY_SILENCE,
         switch("A", "[BD]", SILENT, 2)[:4] +
         [("0 after ReattachAttempt ~1000", "ReattachAttempt [BD]"),
          ("0 after ReattachAttempt ~600", "ReattachResult SUCCESS reattach_success"),
          *committed("A", "[BD]", 4)[1:]], ("lives",)),
    Play("N02", "all targets die", "ABD",
         [(0, "mute", "BD"), (0, "silence", "A"), (("ReattachAttempt", 0), "lose_rest", "BD")],
         BY_SILENCE,
         switch("A", "[BD]", SILENT, 2)[:4] +
         [(f"0 after ReattachAttempt ~{1000 + HEARTBEAT_MS}",
           "TransportSwitchFailed no_candidate_transports"),
          ("+", "SSC R>D no_candidate_transports v4"),
          (f"{TTL_MS + 1} after TransportDead", "SSC D>T transport_ttl_exceeded v5"),
          ("+", "SessionTerminated transport_ttl_exceeded")], ("client_told",),
         besides="ReattachAttempt [BD]"),
]
