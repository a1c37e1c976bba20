#!/usr/bin/python3
"""What the compiler and the linker were told shows in what they made.

usage: hardening_test.py optimised|plain BUILD_ROOT
"""

import pathlib
import re
import subprocess
import sys

PROGRAMS = ("gateway/jvpn-gateway", "client/jvpn", "tools/jvpnctl")


def readelf(*words):
    return subprocess.run(("readelf", "-W", *words), check=True, capture_output=True,
                          text=True).stdout


def faults(program, optimised):
    header, dynamic = readelf("-h", program), readelf("-d", program)
    segments, symbols = readelf("-l", program), readelf("--dyn-syms", program)
    if not re.search(r"Type:\s+DYN", header) or "PIE" not in dynamic:
        yield "is not position independent"
    if "BIND_NOW" not in dynamic and not re.search(r"FLAGS_1.*NOW", dynamic):
        yield "binds symbols late"
    if "GNU_RELRO" not in segments:
        yield "leaves its relocations writable"
    stack = re.search(r"GNU_STACK\s+(?:\S+\s+){5}(\S+)\s", segments)
    if stack is None or "E" in stack.group(1):
        yield "has an executable stack"
    if re.search(r"LOAD\s.*RWE", segments):
        yield "has memory that is writable and executable"
    if "TEXTREL" in dynamic:
        yield "changes its code when it is loaded"
    if "__stack_chk_fail" not in symbols:
        yield "has no stack protector"
    if optimised and not re.search(r"__\w+_chk\b", symbols):
        yield "has no fortified call"


def objects_without_cet(archive):
    """Debian 12's C library starts programs without CET, so they do not bear the mark; ours do."""
    notes = readelf("-n", archive)
    members = notes.count("File: ")
    marked = len(re.findall(r"x86 feature: (?:IBT, SHSTK|SHSTK, IBT)", notes))
    if members == 0 or marked < members:
        yield f"{members - marked} of {members} objects are not built for CET"


def main(optimised, root):
    root = pathlib.Path(root)
    programs = [path for path in (root / name for name in PROGRAMS) if path.exists()]
    archives = sorted(root.glob("*/lib*.a"))
    found = [f"{path}: {fault}" for path in programs
             for fault in faults(path, optimised == "optimised")]
    found += [f"{path}: {fault}" for path in archives for fault in objects_without_cet(path)]
    print("\n".join(found) or f"{len(programs)} programs, {len(archives)} libraries: hardened")
    return 1 if found or not programs or not archives else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
