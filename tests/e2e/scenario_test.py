#!/usr/bin/python3
"""Acceptance scenarios of scripts/lab/repertoire.py on real networks, each as its timeline says."""

import sys

import case
from lab import namespace, repertoire
from lab.performance import perform
from lab.scene import Scene
from lab.stage import Stage


def main():
    refused = namespace.allowed()
    if refused:
        print(refused)
        return case.SKIPPED
    with Scene(sys.argv[1]) as scene:
        stage = Stage(scene)
        # The long ones are for scripts/scenario --all --real.
        failed = [play.id for play in repertoire.PLAYS if not play.long and perform(stage, play)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
