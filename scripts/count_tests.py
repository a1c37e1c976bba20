#!/usr/bin/python3
"""Sums up what `meson test` left behind: logs of the failures, then "N passed, N failed".

usage: count_tests.py [--broken N] TESTLOG.json...

A GoogleTest case counts one; a test of another kind counts one as a whole. N builds that did not
succeed count as N failures. Exit status 0 only when nothing failed.
"""

import argparse
import json
import os
import re

CASE = re.compile(r"^\[ +(OK|FAILED) +\] (\S+?)(?:, where .*)? \(\d+ ms\)$", re.M)
SKIPPED = ("SKIP",)
GOOD = ("OK", "EXPECTEDFAIL")
SHOWN_LINES = 120


def cases(entry):
    """(passed, names of the failed) of one entry of a test log."""
    found = CASE.findall(entry.get("stdout", ""))
    failed = [name for outcome, name in found if outcome == "FAILED"]
    passed = len(found) - len(failed)
    if entry["result"] in GOOD:
        return (passed, failed) if found else (1, [])
    # A crash or a timeout ends the program without naming the case that it was in.
    return passed, failed or [f"{entry['name']} ({entry['result'].lower()})"]


def show(entry):
    for stream in ("stdout", "stderr"):
        lines = entry.get(stream, "").splitlines()
        quiet = [line for line in lines if not re.match(r"^\[ +(OK|RUN) +\]", line)]
        if len(quiet) > SHOWN_LINES:
            print(f"    … {len(quiet) - SHOWN_LINES} lines above")
        for line in quiet[-SHOWN_LINES:]:
            print(f"    {line}")


def entries(log):
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broken", type=int, default=0)
    parser.add_argument("logs", nargs="*")
    options = parser.parse_args()
    passed, failures, skipped = 0, [], []
    for log in options.logs:
        if not os.path.exists(log):  # meson found no test, or did not get as far as running one
            failures.append(f"{log}: not written")
            continue
        preset = log.rsplit("/", 1)[-1].removesuffix(".json")
        for entry in entries(log):
            if entry["result"] in SKIPPED:
                skipped.append(f"{preset}: {entry['name']}")
                continue
            good, bad = cases(entry)
            passed += good
            failures += [f"{preset}: {name}" for name in bad]
            if bad:
                print(f"---- {preset}: {entry['name']}: {entry['result'].lower()}")
                show(entry)
    for name in skipped:
        print(f"skipped: {name}")
    for name in failures:
        print(f"FAILED: {name}")
    failed = len(failures) + options.broken
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
