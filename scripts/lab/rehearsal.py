"""Scenarios in virtual time: the tests that cite one are run, and must all pass.

They compare the whole timeline to the millisecond.
"""

import json
import pathlib
import subprocess
import tempfile

import requirements

TREE = pathlib.Path(__file__).resolve().parents[2]


def programs(build, folder):
    """The test programs that a folder of tests is built into."""
    return sorted(path for path in (pathlib.Path(build) / folder).glob("unit_*")
                  if path.is_file())


def run(program, names):
    """{test: passed} of those of `names` that the program has."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        subprocess.run([program, f"--gtest_filter={':'.join(names)}",
                        f"--gtest_output=json:{report.name}"], capture_output=True, check=False)
        suites = json.loads(report.read() or '{"testsuites": []}')["testsuites"]
    return {f"{suite['name']}.{case['name']}": "failures" not in case
            for suite in suites for case in suite["testsuite"] if case["status"] == "RUN"}


def play(ids, build):
    """{id: list of sentences about what failed}."""
    wanted = requirements.Map(TREE)
    folders = {}
    for each in ids:
        for test in wanted.proofs[each]:
            if test.kind == "unit":
                folders.setdefault(pathlib.Path(test.file).parent, set()).add(test.name)
    outcome = {}
    for folder, names in folders.items():
        for program in programs(build, folder):
            outcome |= run(program, sorted(names))
    results = {}
    for each in ids:
        names = [test.name for test in wanted.proofs[each] if test.kind == "unit"]
        results[each] = [f"{name} {'failed' if name in outcome else 'did not run'}"
                         for name in names if not outcome.get(name)]
        if not names:
            results[each].append("no test cites it")
    return results
