#!/usr/bin/python3
"""scripts/requirements.py finds what is planted for it: gaps, a page that is not current."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "requirements.py"
TREE = {
    "tests/requirements.toml": """
[matrix]
"FM-1.1-a" = ["death", "S01", "A1"]
[scenarios]
S01 = "death"
[rows]
A1 = "death"
[checks]
K5 = "cap"
[open]
""",
    "session/reason.h": '  X(kPeerSignal, "peer_signal", kTransport)\n',
    "session/transition_table.cc": '    {"A1", A, Kind::kActiveDead},\n',
    "tests/unit/session/row_test.cc": "#include <x>\n\n// K5.\nTEST(RowA1, Dies) {\n"
                                      '  Expect("peer_signal");\n}\n',
    "tests/unit/session/scenario_test.cc": "#include <x>\n\nTEST(ScenarioS01, Dies) {\n}\n",
    "docs/requirements.md": "",
}


def faults(*words, files=None):
    """The lines of a run over TREE with some files changed."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**TREE, **(files or {})}.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, *words, folder], capture_output=True,
                              text=True)
        return done.stdout.splitlines()[:-1]


class Requirements(unittest.TestCase):
    def test_is_content_when_everything_has_its_proof(self):
        self.assertEqual(faults("--write"), [])

    def test_wants_the_page_to_be_current(self):
        self.assertEqual(faults(), ["docs/requirements.md: not current: "
                                    "run scripts/requirements.py --write"])

    def test_misses_a_row_and_the_line_that_needs_it(self):
        gone = {"tests/unit/session/row_test.cc": "#include <x>\n// K5.\nTEST(Other, Case) {\n"
                                                  "  Expect(kPeerSignal);\n}\n"}
        self.assertEqual(faults("--write", files=gone),
                         ["FM-1.1-a: no test proves it", "A1: no test proves it"])

    def test_takes_no_model_for_a_proof_of_what_is_built(self):
        only_model = {"tests/unit/session/scenario_test.cc": "#include <x>\n",
                      "tests/model/pair.pml": "/* S01 */\n"}
        self.assertIn("S01: no test proves it", faults("--write", files=only_model))

    def test_misses_a_reason_code_that_no_test_expects(self):
        unseen = {"session/reason.h": TREE["session/reason.h"] + '  X(kBad, "bad", kSecurity)\n'}
        self.assertEqual(faults("--write", files=unseen), ["bad: no test proves it"])

    def test_wants_an_open_line_closed_once_it_is_proved(self):
        late = {"tests/requirements.toml": TREE["tests/requirements.toml"] + 'A1 = "later"\n'}
        self.assertEqual(faults("--write", files=late),
                         ["A1: proved now: take it out of [open]"])

    def test_finds_a_row_of_the_table_that_is_not_listed(self):
        more = {"session/transition_table.cc": TREE["session/transition_table.cc"] +
                '    {"A2", A, Kind::kInstability},\n'}
        self.assertEqual(faults("--write", files=more),
                         ["A2: a row of session/transition_table.cc that is not listed"])


if __name__ == "__main__":
    unittest.main()
