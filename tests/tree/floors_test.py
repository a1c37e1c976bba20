#!/usr/bin/python3
"""scripts/floors.py and scripts/tidy.py find what is planted for them, and only that."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


def run(script, files):
    """Exit status and lines of `script` over a tree of {name: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        result = subprocess.run([sys.executable, SCRIPTS / script, folder], capture_output=True,
                                text=True)
        return result.returncode, result.stdout.splitlines()


class Floors(unittest.TestCase):
    def refused(self, name, line):
        status, lines = run("floors.py", {name: line + "\n"})
        self.assertEqual(status, 1, lines)
        self.assertTrue(lines[0].startswith(f"{name}:1: "), lines)

    def allowed(self, name, line):
        status, lines = run("floors.py", {name: line + "\n"})
        self.assertEqual((status, lines), (0, ["floors: 0 faults"]))

    def test_refuses_an_upward_include(self):
        self.refused("wire/a.h", '#include "session/state.h"')
        self.refused("base/a.cc", '  #  include "wire/token.h"')

    def test_refuses_a_sideways_include(self):
        self.refused("dataplane/a.cc", '#include "control/control_core.h"')
        self.refused("control/a.cc", '#include "dataplane/dataplane.h"')
        self.refused("wire/a.cc", '#include "crypto/aead.h"')

    def test_refuses_a_test_or_bench_header_below(self):
        self.refused("control/a.cc", '#include "tests/unit/control/fake.h"')

    def test_refuses_dpdk_outside_the_packet_side(self):
        self.refused("control/a.h", "#include <rte_mbuf.h>")
        self.refused("tests/unit/wire/a_test.cc", "#include <rte_ring.h>")

    def test_refuses_a_clock_or_socket_in_the_session_core(self):
        self.refused("session/a.cc", '#include "base/boot_clock.h"')
        self.refused("session/a.cc", "#include <chrono>")
        self.refused("session/a.cc", "#include <sys/socket.h>")
        self.refused("session/a.cc", "#include <thread>")

    def test_refuses_ipsec_mb_in_a_second_file(self):
        line = "#include <intel-ipsec-mb.h>\n"
        self.assertEqual(run("floors.py", {"crypto/a.cc": line})[0], 0)
        self.assertEqual(run("floors.py", {"crypto/a.cc": line, "crypto/b.cc": line})[0], 1)
        self.refused("dataplane/a.cc", line.strip())

    def test_allows_what_lies_below(self):
        self.allowed("gateway/main.cc", '#include "dataplane/dataplane.h"')
        self.allowed("dataplane/worker.cc", "#include <rte_mbuf.h>")
        self.allowed("tests/unit/wire/a_test.cc", '#include "session/state.h"')
        self.allowed("session/a.cc", '#include "base/time.h"')


class Tidy(unittest.TestCase):
    def faults(self, name, text):
        return [line for line in run("tidy.py", {name: text})[1] if line.startswith(name)]

    def test_counts_the_lines_of_a_function(self):
        body = "".join(f"  Do({i});\n" for i in range(69))
        self.assertEqual(self.faults("base/a.cc", "void F() {\n" + body + "}\n"),
                         ["base/a.cc:1: a function of 71 lines, at most 70"])
        self.assertEqual(self.faults("base/a.cc", "void F() {\n" + body[:-9] + "}\n"), [])

    def test_does_not_take_a_class_or_a_brace_in_a_string_for_a_function(self):
        members = "".join(f"  int m{i}_ = 0;\n" for i in range(80))
        text = ("namespace x {\nclass A {\n public:\n  void F() { Say(\"{\"); }\n" + members +
                "};\n}\n")
        self.assertEqual(self.faults("base/a.cc", text), [])

    def test_asks_a_source_to_include_its_own_header_first(self):
        header = "#pragma once\n"
        late = {"base/a.h": header, "base/a.cc": '#include <vector>\n#include "base/a.h"\n'}
        self.assertEqual(run("tidy.py", late)[1][0],
                         "base/a.cc:1: a source includes its own header first: base/a.h")
        first = {"base/a.h": header, "base/a.cc": '#include "base/a.h"\n#include <vector>\n'}
        self.assertEqual(run("tidy.py", first)[0], 0)

    def test_finds_the_small_things(self):
        self.assertEqual(self.faults("base/a.h", "int x;\n"),
                         ["base/a.h:1: a header opens with #pragma once"])
        self.assertEqual(self.faults("base/a.cc", "int x; \n"),
                         ["base/a.cc:1: blanks at the end of the line"])
        self.assertEqual(self.faults("base/a.cc", "// FIX" + "ME\n"),
                         ["base/a.cc:1: unfinished business does not land"])
        self.assertEqual(len(self.faults("tests/unit/a_test.cc", "usleep(1);\n")), 1)


if __name__ == "__main__":
    unittest.main()
