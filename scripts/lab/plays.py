"""Acceptance scenarios played on real networks: what is done, and what the log must say.

A step is (when, action, what): `when` is ms after the curtain, or (text, ms), so long after the
event that begins with that text. A line of the log is a time and a pattern. Times are ms: "N" after
the first event, "N after TEXT" after the latest event that has TEXT in it, "+" in the same moment
as the line before; each may be late by 100 ms, and by N more with "~N", which says how long the
next probe or the silence may take. `begins` is when the first event is due, ms after the curtain.

A line that is not due but matches `besides` may come at any time.

The policy below is `default` with a short patience, so that a play takes seconds.
"""

import dataclasses
import json

SHORT_PATIENCE = {"session.transport_lost_ttl_ms": 3000, "session.handshake_timeout_ms": 3000,
                  "volatility.loss_window_ms": 1000, "volatility.stability_window_ms": 1000,
                  "switching.recovery_window_ms": 2500}


LOSS_WINDOW_MS, STABLE_MS, LOSSY_PERMILLE, PERSISTED_MS = 1000, 1000, 200, 4000


def policy(keys, profile="default", patience=SHORT_PATIENCE):
    """A policy file: the profile with these keys, as TOML writes them, instead of its own."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in {**patience, **keys}.items())
    return f'version = "1.0"\nprofile = "{profile}"\n{lines}'


POLICY = policy({})
# A loss that 20 packets measure is a coarse figure: the backup is far from what is asked of it. No
# heartbeats missing in a row shall waive that.
TWICE_AS_GOOD = policy({"switching.switch_improvement_factor": 2.0,
                        "volatility.max_consecutive_drops": 40})
DEAD_MS, HEARTBEAT_MS, TTL_MS, COOLDOWN_MS = 750, 250, 3000, 1500
FLAP_MS = 2000

AT_ONCE = (0, 200)  # the fault itself takes a command or two
# Whoever is silenced was heard up to one heartbeat ago.
BY_SILENCE = (DEAD_MS - HEARTBEAT_MS - 50, DEAD_MS + 200)
# While an attempt that failed is followed by a cooldown, news of a candidate meet it (row D4).
COOLING = "TransportSwitchDenied cooldown_active"
SILENT = "(heartbeat_timeout|peer_signal)"
# The client may know of a candidate that is clean again a report earlier than the gateway.
ASKED_EARLY = "ReattachAttempt [AB]|ReattachResult DENIED invalid_transport_candidate"


@dataclasses.dataclass
class Play:
    id: str
    title: str
    alive: str    # letters of the ways that are not silenced before the curtain
    steps: list
    begins: tuple
    log: list
    checks: tuple = ()       # names of lab.stage.Stage.check_…
    candidates: bool = False  # whether deaths of standbys are looked at
    load: bool = False        # 100 packets a second each way inside
    besides: str = ""
    policy: str = POLICY
    patience_s: int = 12      # how long the last line may take
    long: bool = False        # not for every run of the tests


def switch(one, other, cause, version, at="0"):
    """A death with a backup, seen and answered in one moment."""
    return [(at, f"TransportDead {one} {cause}"),
            ("+", f"SSC A>V transport_dead v{version}"),
            ("+", f"SSC V>R dead_transport_recovery v{version + 1}"),
            ("+", f"ReattachAttempt {other}"), *committed(one, other, version + 2)]


def committed(one, other, version):
    done = f"TransportRevalidated {one}" if one == other else f"TransportSwitch {one}>{other}"
    return [("+", "ReattachResult SUCCESS reattach_success"), ("+", done),
            ("+", f"SSC R>A reattach_success v{version}")]


def stranded(one, version=2, at="0"):
    return [(at, f"TransportDead {one} heartbeat_timeout"),
            ("+", f"SSC A>V transport_dead v{version}"),
            ("+", "TransportSwitchDenied no_valid_candidate"),
            ("+", f"SSC V>D no_candidate_transports v{version + 1}")]


def ended(version=4):
    return [(f"{TTL_MS + 1} after TransportDead", f"SSC D>T transport_ttl_exceeded v{version}"),
            ("+", "SessionTerminated transport_ttl_exceeded")]


def found(one, other, version=4):
    """A way is back `1000 ms` after V>D; how soon it is heard depends on the probes."""
    return [("1000 after V>D ~500", f"SSC D>R dead_transport_recovery v{version}"),
            ("+", f"ReattachAttempt {other}"), *committed(one, other, version + 1)]


def lossy(one, other, version=2, at="0"):
    """Loss with a better backup: a switch, and nobody dies."""
    return [(at, f"SSC A>V loss_threshold_exceeded v{version}"),
            ("+", f"SSC V>R loss_recovery v{version + 1}"),
            ("+", f"ReattachAttempt {other}"), *committed(one, other, version + 2)]


def after_the_other(one, other, version):
    """What lost until now must stay clean for as long as stability asks before it is a backup."""
    return [(f"3000 after R>A ~{LOSS_WINDOW_MS + 300}",
             f"SSC A>V loss_threshold_exceeded v{version}"),
            (f"0 after A>V ~{STABLE_MS + HEARTBEAT_MS}", f"SSC V>R loss_recovery v{version + 1}"),
            ("+", f"ReattachAttempt {other}"), *committed(one, other, version + 2)]


def lossy_alone(version=2):
    return [("0", f"SSC A>V loss_threshold_exceeded v{version}"),
            ("+", "TransportSwitchDenied no_valid_candidate")]


# A window with so much loss in it is lossy when more than a fifth of it is gone.
BY_LOSS = (200, LOSS_WINDOW_MS + 300)
PERSISTED = (f"{PERSISTED_MS + 1} after A>V", "SSC V>D volatile_persisted v3")

PLAYS = [
    Play("S01", "hard death, a backup", "AB", [(0, "pull", "a")], AT_ONCE,
         switch("A", "B", "peer_signal", 2), ("lives",)),
    Play("S02", "silent death, a backup", "AB", [(0, "silence", "A")], BY_SILENCE,
         switch("A", "B", SILENT, 2), ("lives",)),
    Play("S03", "no login at a switch", "AB", [(0, "silence", "A")], BY_SILENCE,
         switch("A", "B", SILENT, 2), ("no_handshake", "lives")),
    # Three of four probes on B are answered: it lives, and its loss is no secret. By id alone it
    # would come first.
    Play("S04", "which backup", "ABD", [(0, "lose", "B 25"), (2000, "silence", "A")],
         (2000 + BY_SILENCE[0], 2000 + BY_SILENCE[1]), switch("A", "D", SILENT, 2), ("lives",)),
    Play("S05", "the sole path dies", "A", [(0, "silence", "A")], BY_SILENCE,
         stranded("A") + ended(), ("client_told",)),
    Play("S06", "nothing resets in silence", "A",
         [(0, "silence", "A"), (("SessionTerminated", 500), "heal", "A")], BY_SILENCE,
         stranded("A") + ended(), ("client_told", "no_handshake")),
    Play("S07", "a backup comes late", "A",
         [(0, "silence", "A"), (("SSC V>D", 1000), "heal", "B")], BY_SILENCE,
         stranded("A") + found("A", "B"), ("lives",)),
    Play("S08", "a loss spike, a backup", "AB", [(0, "lose", "A 35")], BY_LOSS,
         lossy("A", "B"), ("lives", "counts"), load=True),
    Play("S09", "a loss spike resets nothing", "AB", [(0, "lose", "A 35")], BY_LOSS,
         lossy("A", "B"), ("no_handshake", "lives"), load=True),
    Play("S10", "the loss threshold", "AB",
         [(0, "lose", "A 18"), (3000, "lose", "A 25")], (3200, 3000 + LOSS_WINDOW_MS + 300),
         lossy("A", "B"), ("lives", "counts"), load=True),
    Play("S11", "a backup too little better", "AB",
         [(0, "lose", "B 10"), (1500, "lose", "A 35"), (("SSC A>V", 1000), "heal", "A")],
         (1700, 1500 + LOSS_WINDOW_MS + 300),
         lossy_alone() + [("2000 after A>V ~1300", "SSC V>R loss_recovery v3"),
                          ("+", "ReattachAttempt A"), *committed("A", "A", 4)],
         ("lives",), load=True, policy=TWICE_AS_GOOD),
    Play("S12", "loss everywhere", "AB", [(0, "lose", "B 30"), (1500, "lose", "A 35")],
         (1700, 1500 + LOSS_WINDOW_MS + 300), lossy_alone() + [PERSISTED], ("carries",), load=True),
    Play("S13", "something clean appears", "AB",
         [(0, "lose", "B 30"), (1500, "lose", "A 35"), (("SSC V>D", 500), "heal", "B")],
         (1700, 1500 + LOSS_WINDOW_MS + 300),
         lossy_alone() + [PERSISTED, ("500 after V>D ~1300", "SSC D>R loss_recovery v4"),
                          ("+", "ReattachAttempt B"), *committed("A", "B", 5)],
         ("lives",), load=True, besides=ASKED_EARLY),
    Play("S14", "the lossy path dies", "AB",
         [(0, "lose", "B 30"), (1500, "lose", "A 35"), (("SSC V>D", 200), "silence", "B"),
          (("SSC V>D", 1200), "silence", "A")],
         (1700, 1500 + LOSS_WINDOW_MS + 300),
         lossy_alone() + [PERSISTED, ("1200 after V>D ~900", f"TransportDead A {SILENT}")] +
         ended(4), ("client_told",), load=True),
    Play("S15", "loss that changes sides", "AB",
         [(0, "lose", "A 35 B 0"), (("SSC R>A reattach_success v4", 3000), "lose", "B 35 A 0"),
          (("SSC R>A reattach_success v7", 3000), "lose", "A 35 B 0")], BY_LOSS,
         lossy("A", "B") + after_the_other("B", "A", 5) + after_the_other("A", "B", 8), ("lives",),
         load=True, besides="TransportSwitchDenied no_valid_candidate"),
    Play("S20", "a replay while attached", "AB",
         [(0, "pull", "a"), (("SSC R>A", 500), "replay", "request")], AT_ONCE,
         switch("A", "B", "peer_signal", 2) +
         [("500 after R>A ~2000", "ReattachAttempt X"),
          ("+", "ReattachResult DENIED invalid_state_for_reattach"),
          ("+", "SecurityReplayDetected replay_detected")], ("lives",)),
    Play("S26", "blackout, and back in time", "AB",
         [(0, "silence", "BA"), (("SSC V>D", 1000), "heal", "A")], BY_SILENCE,
         stranded("A") + found("A", "A"), ("lives",)),
    Play("S26", "blackout for too long", "AB", [(0, "silence", "BA")], BY_SILENCE,
         stranded("A") + ended(), ("client_told",)),
    Play("S27", "one path after the other", "ABC",
         [(0, "silence", "bound"), (("SSC R>A reattach_success v4", 1600), "silence", "bound"),
          (("SSC R>A reattach_success v7", 1600), "silence", "bound")], BY_SILENCE,
         switch("A", "[BC]", SILENT, 2) +
         switch("[BC]", "[CB]", SILENT, 5, "1600 after R>A ~850") +
         stranded("[BC]", 8, "1600 after R>A ~850") + ended(10), ("client_told",)),
    Play("S28", "cooldown", "ABD",
         [(0, "pull", "a"), (("SSC R>A", 0), "silence", "bound")], AT_ONCE,
         switch("A", "[BD]", "peer_signal", 2) +
         [("0 after R>A ~850", f"TransportDead [BD] {SILENT}"),
          ("+", "SSC A>V transport_dead v5"),
          ("+", "TransportSwitchDenied cooldown_active"),
          (f"{COOLDOWN_MS} after R>A", "SSC V>R dead_transport_recovery v6"),
          ("+", "ReattachAttempt [BD]"), *committed("[BD]", "[DB]", 7)], ("lives",)),
    Play("S30", "the operator", "AB", [(0, "terminate", "")], (0, 300),
         [("0", "SSC A>T operator_terminated v2"),
          ("+", "SessionTerminated operator_terminated")], ("client_told", "silence_after")),
    Play("N12", "the ACK is lost", "AB",
         [(0, "lose_answers", "B"), (0, "pull", "a"), (("SSC R>A", 300), "heal", "B")], AT_ONCE,
         switch("A", "B", "peer_signal", 2), ("client_bound_to_b", "lives")),
    Play("N16", "death in one direction", "AB", [(0, "silence_down", "A")], BY_SILENCE,
         switch("A", "B", "peer_signal", 2), ("lives",)),
    Play("N24", "a standby flaps", "AB",
         [(0, "silence", "B"), (("TransportDead B", 100), "heal", "B"),
          (("TransportDead B", 1100), "silence", "B")], BY_SILENCE,
         [("0", "TransportDead B heartbeat_timeout candidate"),
          ("1100 after TransportDead ~850", "TransportDead B heartbeat_timeout candidate")],
         ("lives",), candidates=True),
]
