#!/usr/bin/python3
"""scripts/mutants --check finds the mutants that have lost their place, and only those."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/mutants"
PAGE = "| mutant | breaks |\n|---|---|\n| `one` | a rule |\n"
ONE = '[one]\nfile = "session/a.cc"\ntext = "a < b"\nfault = "a <= b"\nbreaks = "a rule"\n'
TWO = ONE.replace("one", "two")


class Mutants(unittest.TestCase):
    def check(self, catalogue, source, page=PAGE):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {"tests/mutants/mutants.toml": catalogue, "session/a.cc": source,
                               "docs/mutants.md": page}.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            done = subprocess.run([sys.executable, SCRIPT, "--check", folder], capture_output=True,
                                  text=True)
            return done.returncode, done.stdout

    def test_accepts_what_stands_once(self):
        self.assertEqual(self.check(ONE, "return a < b;\n"),
                         (0, "mutants: 1 mutants, 0 faults\n"))

    def test_refuses_a_text_that_is_gone_or_stands_twice(self):
        self.assertIn("one: its text stands 0 times", self.check(ONE, "return a > b;\n")[1])
        status, said = self.check(ONE, "return a < b || a < b;\n")
        self.assertEqual(status, 1)
        self.assertIn("one: its text stands 2 times in session/a.cc, not once", said)

    def test_refuses_texts_that_overlap(self):
        wider = TWO.replace('"a < b"', '"if (a < b)"')
        page = PAGE + "| `two` | a rule |\n"
        self.assertIn("overlap", self.check(ONE + wider, "if (a < b) return;\n", page)[1])
        self.assertEqual(self.check(ONE + TWO, "return a < b;\n", page)[0], 0, "one place, two")

    def test_refuses_a_page_that_is_not_current(self):
        self.assertIn("docs/mutants.md: two:", self.check(ONE + TWO, "return a < b;\n")[1])
        self.assertIn("docs/mutants.md: one:", self.check("", "")[1])


if __name__ == "__main__":
    unittest.main()
