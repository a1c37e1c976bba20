#!/usr/bin/python3
"""Checks the model of the session pair exhaustively with SPIN, then that planted faults are found.

usage: check.py session_pair.pml
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# What is planted, and a word of the assertion that must fail because of it; two faults find it.
PLANTED = {
    "WITHOUT_EPOCH_CHECK": r"epoch==",       # E1 does not stand before A5, A6, R1
    "WITHOUT_STORE_BEFORE_ACK": r"epoch==",  # the ACK leaves before the store has the commit
    "WITHOUT_RECOVERY_TIMER": r"window<=2",  # R7 never fires
}
SKIPPED = 77


def run(*command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def search(model, folder, *defines):
    """What SPIN's verifier says after a search of all states, or up to the first error."""
    run("spin", *(f"-D{define}" for define in defines), "-a", model, folder=folder)
    run("gcc", "-O0", "-w", "-DSAFETY", "-DNOREDUCE", "-DCOLLAPSE", "-DMEMLIM=3000",
        "-o", "pan", "pan.c", folder=folder)
    return run("./pan", "-m400000", "-w22", folder=folder)


def figure(said, what):
    return int(re.search(rf"(\d+) {what}", said).group(1))


def holds(said):
    """Faults of a search that should see every state and find no error."""
    if "errors: 0" not in said:
        yield "an error: " + next(line for line in said.splitlines() if line.startswith("pan:"))
    if "Search not completed" in said or "max search depth too small" in said:
        yield "the search did not see every state"


def main():
    model = pathlib.Path(sys.argv[1]).resolve()
    if shutil.which("spin") is None:
        print("spin is not installed: scripts/install-deps")
        return SKIPPED
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        said = search(model, folder)
        for fault in holds(said):
            print(f"{model.name}: {fault}")
            faults += 1
        print(f"{model.name}: {figure(said, 'states, stored')} states")
        # A second fault, and the shortest patience that it leaves room for.
        said = search(model, folder, "FAULTS=2", "TTL=3")
        for fault in holds(said):
            print(f"{model.name} with two faults: {fault}")
            faults += 1
        print(f"{model.name} with two faults: {figure(said, 'states, stored')} states")
        for name, expected in PLANTED.items():
            said = search(model, folder, name, "FAULTS=2")
            error = re.search(r"assertion violated (.*)", said)
            found = error is not None and re.search(expected, error.group(1)) is not None
            print(f"{name}: {'found' if found else 'NOT FOUND'}")
            faults += not found
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
