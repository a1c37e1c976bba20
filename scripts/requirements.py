#!/usr/bin/python3
"""requirements: what the tests prove, joined with what must be proved (tests/requirements.toml).

usage: requirements.py [--write] [tree]

Reads the ids that tests cite: in their names (RowA1, ScenarioS05), in the comments above and inside
them, in the comment that opens their file; a reason code counts where a test expects it. Prints one
line per fault: an id without proof, an open one that has its proof, an unknown id, a page
docs/requirements.md that is not current. --write writes that page first.
"""

import collections
import pathlib
import re
import sys
import tomllib

PAGE = "docs/requirements.md"
KINDS = ("unit", "model", "simulation", "e2e")
CASE = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.M)
NAMED = re.compile(r"^(?:Row|Scenario)([A-Z]\d+[mt]?)$")
MATRIX = re.compile(r"\bFM-[0-9SF](?:\.\d)?-[a-z0-9]\b")
SCENARIO = re.compile(r"\b(?:S[0-3]\d|N[0-2]\d)\b")
CHECK = re.compile(r"\bK([1-9])(?: to K([1-9]))?\b")
ROWS = re.compile(r"\b[Rr]ows? ((?:[A-Z]\d+[mt]?(?:, | and )?)+)")
ROW = re.compile(r"\b[A-Z]\d+[mt]?\b")

# Events made up to be written: they show what a code looks like, not when it comes.
MADE_UP = ("session/event_test.cc", "gateway/render_test.cc", "control/audit_log_test.cc",
           "client/status_test.cc")

Test = collections.namedtuple("Test", "kind name file")


def cited(comment, rows_anywhere=False):
    """The ids that a comment names."""
    ids = set(MATRIX.findall(comment)) | set(SCENARIO.findall(comment))
    for first, last in CHECK.findall(comment):
        ids |= {f"K{n}" for n in range(int(first), int(last or first) + 1)}
    for named in [comment] if rows_anywhere else ROWS.findall(comment):
        ids |= set(ROW.findall(named))
    return ids


def comments(text, sign="//"):
    return "\n".join(line.split(sign, 1)[1] for line in text.splitlines() if sign in line)


def leading(lines, sign="//"):
    """The comment that ends right above."""
    taken = []
    for line in reversed(lines):
        if not line.startswith(sign):
            break
        taken.insert(0, line)
    return "\n".join(taken)


def codes_in(file, body, codes):
    if file.endswith(MADE_UP):
        return set()
    return {code for code, enumerator in codes.items()
            if re.search(rf"\b(?:{code}|{enumerator})\b", body)}


def cpp_tests(kind, file, text, codes):
    """(test, ids, codes) of each GoogleTest case of a file."""
    of_file = cited(comments(text[:text.find("#include")]))
    if "/crypto/" in file:  # keys are called K1 and K2 there
        of_file = set()
    matches = list(CASE.finditer(text))
    for match, following in zip(matches, matches[1:] + [None]):
        above = leading(text[:match.start()].splitlines())
        body = text[match.start():following.start() if following else len(text)]
        end = body.find("\n}\n")
        body = body[:end] if end > 0 else body
        ids = of_file | cited(comments(above) + "\n" + comments(body))
        if "/crypto/" in file:
            ids = set()
        named = NAMED.match(match.group(1))
        if named:
            ids.add(named.group(1))
        yield (Test(kind, f"{match.group(1)}.{match.group(2)}", file), ids,
               codes_in(file, body, codes))


def python_tests(file, text, codes):
    """(test, ids, codes) of each top-level function of an end-to-end test."""
    for part in re.split(r"^(?=def |(?:# .*\n)+def )", text, flags=re.M)[1:]:
        name = re.search(r"^def (\w+)", part, re.M).group(1)
        said = "\n".join(re.findall(r'#.*|"""[\s\S]*?"""', part))
        yield (Test("e2e", f"{pathlib.Path(file).stem.removesuffix('_test')}.{name}", file),
               cited(said), codes_in(file, part, codes))


def plays(file, text):
    """The scenarios that are played on real networks."""
    for play in re.findall(r'\bPlay\("(\w+)"', text):
        yield Test("e2e", f"scenario {play}", file), {play}, set()


def model_tests(file, text):
    said = "\n".join(re.findall(r"/\*[\s\S]*?\*/", text))
    yield Test("model", pathlib.Path(file).stem, file), cited(said, rows_anywhere=True), set()


def all_tests(tree, codes):
    for path in sorted((tree / "scripts/lab").glob("plays*.py")):
        yield from plays(path.name, path.read_text())
    for path in sorted((tree / "tests").rglob("*")):
        file = path.relative_to(tree).as_posix()
        if path.suffix == ".pml":
            yield from model_tests(file, path.read_text())
        elif path.suffix == ".cc":
            kind = "simulation" if file.startswith("tests/sim/") else "unit"
            yield from cpp_tests(kind, file, path.read_text(), codes)
        elif file.startswith("tests/e2e/") and file.endswith("_test.py"):
            yield from python_tests(file, path.read_text(), codes)


class Map:
    """What is required, and the tests that cite it."""

    def __init__(self, tree):
        with open(tree / "tests/requirements.toml", "rb") as file:
            wanted = tomllib.load(file)
        self.matrix = {key: {"title": title, "scenarios": scenarios.split(), "rows": rows.split()}
                       for key, (title, scenarios, rows) in wanted["matrix"].items()}
        self.scenarios = wanted["scenarios"]
        self.rows, self.checks, self.open = wanted["rows"], wanted["checks"], wanted["open"]
        reasons = (tree / "session/reason.h").read_text()
        self.codes = {code: enumerator for enumerator, code in
                      re.findall(r'X\((k\w+), "(\w+)"', reasons)}
        table = (tree / "session/transition_table.cc").read_text()
        self.table = list(dict.fromkeys(re.findall(r'^\s+\{"(\w+)",', table, re.M)))
        self.proofs = collections.defaultdict(list)  # id or code -> tests
        for test, ids, codes in all_tests(tree, self.codes):
            for key in sorted(ids | codes):
                self.proofs[key].append(test)

    def line(self, key):
        """All tests of a line of the matrix: its own, its scenarios', its rows'."""
        entry = self.matrix[key]
        keys = [key, *entry["scenarios"], *entry["rows"]]
        return list(dict.fromkeys(test for each in keys for test in self.proofs[each]))

    def proved(self, key):
        if key in self.matrix:
            entry = self.matrix[key]
            # A line without scenario has an end-to-end test of its own.
            played = all(map(self.proved, entry["scenarios"])) if entry["scenarios"] else \
                any(test.kind == "e2e" for test in self.proofs[key])
            decided = all(map(self.proved, entry["rows"]))
            return bool(played and decided and any(t.kind == "unit" for t in self.line(key)))
        # A model proves the design; what is built is proved by running it.
        return any(test.kind != "model" for test in self.proofs[key])

    def faults(self):
        wanted = {**self.matrix, **self.scenarios, **self.rows, **self.checks, **self.codes}
        for key in wanted:
            if key not in self.open and not self.proved(key):
                yield f"{key}: no test proves it"
        for key in self.open:
            if key not in wanted:
                yield f"{key}: open, but nothing of that name is wanted"
            elif self.proved(key):
                yield f"{key}: proved now: take it out of [open]"
        for key, entry in self.matrix.items():
            for each in (*entry["scenarios"], *entry["rows"]):
                if each not in self.scenarios and each not in self.rows:
                    yield f"{key}: names {each}, which is not listed"
        for row in self.table:
            if row not in self.rows:
                yield f"{row}: a row of session/transition_table.cc that is not listed"
        for key in self.proofs:
            if key not in wanted and MATRIX.fullmatch(key):
                yield f"{key}: cited by {self.proofs[key][0].file}, but not listed"


def short(tests):
    """Suites and files, so that the page changes when what is proved does, not with every test."""
    return ", ".join(dict.fromkeys(test.name.partition(".")[0] for test in tests))


def by_kind(tests):
    return " | ".join(short([t for t in tests if t.kind == kind]) for kind in KINDS)


def page(wanted):
    head = "| | | unit | model | simulation | end to end |\n|---|---|---|---|---|---|"
    lines = ["# What is proved, and by which tests", "",
             "Written by `scripts/requirements.py --write` from tests/requirements.toml and from "
             "what the tests cite; the test `requirements`", "checks that it is current and that "
             "nothing lacks its proof. Unit tests and simulations are named by suite.", "",
             "## The fault matrix", "",
             "| line | | scenarios | rows | unit | model | simulation | end to end |",
             "|---|---|---|---|---|---|---|---|"]
    for key, entry in wanted.matrix.items():
        own = wanted.proofs[key] + [t for s in entry["scenarios"] for t in wanted.proofs[s]]
        model = [t for row in entry["rows"] for t in wanted.proofs[row] if t.kind == "model"]
        tests = list(dict.fromkeys([*own, *model]))
        lines.append(f"| {key} | {entry['title']} | {' '.join(entry['scenarios'])} | "
                     f"{' '.join(entry['rows'])} | {by_kind(tests)} |")
    for title, part in (("Scenarios", wanted.scenarios), ("Rows of the state table", wanted.rows),
                        ("Checks of every run", wanted.checks)):
        lines += ["", f"## {title}", "", head]
        lines += [f"| {key} | {words} | {by_kind(wanted.proofs[key])} |"
                  for key, words in part.items()]
    lines += ["", "## Reason codes", "", head]
    lines += [f"| {code} | | {by_kind(wanted.proofs[code])} |" for code in wanted.codes]
    lines += ["", "## Open", "", "| | why |", "|---|---|"]
    lines += [f"| {key} | {why} |" for key, why in wanted.open.items()]
    return "\n".join(lines) + "\n"


def main():
    words = [word for word in sys.argv[1:] if word != "--write"]
    tree = pathlib.Path(words[0] if words else pathlib.Path(__file__).parents[1])
    wanted = Map(tree)
    text = page(wanted)
    if "--write" in sys.argv:
        (tree / PAGE).write_text(text)
    faults = list(wanted.faults())
    if not (tree / PAGE).exists() or (tree / PAGE).read_text() != text:
        faults.append(f"{PAGE}: not current: run scripts/requirements.py --write")
    for fault in faults:
        print(fault)
    print(f"requirements: {len(faults)} faults, {len(wanted.open)} open")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
