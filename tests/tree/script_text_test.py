#!/usr/bin/python3
"""The comparison of a log with its play notices what differs: lines, their order, their time."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from lab import plays, script_text  # noqa: E402

CURTAIN = 1000
SOLE_PATH = next(play for play in plays.PLAYS if play.id == "S05")


def edge(ms, before, after, reason, version):
    return {"ts_ms": ms, "event_type": "SessionStateChange", "previous_state": before,
            "new_state": after, "reason_code": reason, "state_version": version}


def log(died=1700, ended=3001):
    return [{"ts_ms": died, "event_type": "TransportDead", "transport_id": 0, "role": "active",
             "reason_code": "heartbeat_timeout"},
            edge(died, "ATTACHED", "VOLATILE", "transport_dead", 2),
            {"ts_ms": died, "event_type": "TransportSwitchDenied",
             "reason_code": "no_valid_candidate"},
            edge(died, "VOLATILE", "DEGRADED", "no_candidate_transports", 3),
            edge(died + ended, "DEGRADED", "TERMINATED", "transport_ttl_exceeded", 4),
            {"ts_ms": died + ended, "event_type": "SessionTerminated",
             "reason_code": "transport_ttl_exceeded"}]


def differences(events):
    return list(script_text.differences(SOLE_PATH, CURTAIN, events))


class ScriptText(unittest.TestCase):
    def test_is_content_with_a_log_that_keeps_to_the_play(self):
        self.assertEqual(differences(log()), [])
        self.assertEqual(differences(log(ended=3101)), [])

    def test_notices_an_event_too_early_and_too_late(self):
        self.assertEqual(differences(log(ended=3000))[0],
                         "SSC D>T transport_ttl_exceeded v4: -1 ms, allowed are 0 to 100")
        self.assertEqual(differences(log(ended=3102))[0],
                         "SSC D>T transport_ttl_exceeded v4: +101 ms, allowed are 0 to 100")

    def test_notices_a_beginning_that_is_not_the_faults(self):
        self.assertEqual(differences(log(died=1010)),
                         ["began 10 ms after the fault instead of 450 to 950"])

    def test_notices_what_is_missing_different_or_too_much(self):
        self.assertEqual(differences(log()[:5]),
                         ["never: SessionTerminated transport_ttl_exceeded"])
        self.assertEqual(differences([]), ["never: TransportDead A heartbeat_timeout"])
        swapped = log()
        swapped[1], swapped[2] = swapped[2], swapped[1]
        self.assertEqual(differences(swapped), ["line 2: TransportSwitchDenied no_valid_candidate "
                                                "instead of SSC A>V transport_dead v2"])
        self.assertEqual(differences(log() + log()[-1:]),
                         ["more than expected: SessionTerminated transport_ttl_exceeded"])


if __name__ == "__main__":
    unittest.main()
