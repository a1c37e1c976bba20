#!/usr/bin/python3
"""The acceptance scenarios of scripts/lab/plays.py on real networks, each as its timeline says."""

import sys

import case
from lab import namespace, plays, script_text
from lab.scene import Scene
from lab.stage import Stage


# A machine that takes the CPU away for a moment spoils a timeline; what is wrong fails twice.
PERFORMANCES = 2


def perform(stage, play):
    """Whether one of the performances was as the timeline says; every one is reported."""
    for _ in range(PERFORMANCES):
        faults, events = stage.play(play)
        print(f"-- {play.id} {play.title}: {'FAIL' if faults else 'ok'}", flush=True)
        if not faults:
            return True
        for event in events:
            print(f"   {event['ts_ms'] - stage.curtain_ms:6} {script_text.say(event)}")
        print("\n".join(f"   {fault}" for fault in faults), flush=True)
    return False


def main():
    refused = namespace.allowed()
    if refused:
        print(refused)
        return case.SKIPPED
    with Scene(sys.argv[1]) as scene:
        stage = Stage(scene)
        failed = [play.id for play in plays.PLAYS if not perform(stage, play)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
