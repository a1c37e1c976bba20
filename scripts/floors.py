#!/usr/bin/python3
"""floors: which folder may include what (README, "Floors"). Prints one line per fault.

usage: floors.py [tree]
"""

import pathlib
import re
import sys

# What each floor may include besides itself. A folder that is not here sees any floor, and no floor
# sees it.
MAY_INCLUDE = {
    "base": (),
    "wire": ("base",),
    "crypto": ("base",),
    "channel": ("base", "wire", "crypto"),
    "session": ("base", "wire", "crypto"),
    "store": ("base", "wire", "crypto", "channel", "session"),
    "dataplane": ("base", "wire", "crypto", "channel", "session"),
    "control": ("base", "wire", "crypto", "channel", "session", "store"),
    "client": ("base", "wire", "crypto", "session"),
    "gateway": ("base", "wire", "crypto", "channel", "session", "store", "dataplane", "control"),
    "tools": ("base", "wire", "crypto", "session", "client", "control"),
}
ABOVE_THE_FLOORS = ("bench", "tests")

# The packet side is the only user of DPDK: the rest builds, tests and simulates without it.
SEES_DPDK = ("dataplane/", "gateway/", "bench/", "tests/dataplane/")
DPDK = re.compile(r"rte_\w+\.h$")

# One file knows the library, so that another one is one file away; the benchmark's base is the
# library itself.
IPSEC_MB = "intel-ipsec-mb.h"
IPSEC_MB_FOLDER = "crypto/"
IPSEC_MB_BASE = "bench/bare_loop.cc"

# session/ is sans-IO: time, randomness and bytes come in as arguments.
SANS_IO = "session/"
IO_HEADERS = re.compile(
    r"^(base/boot_clock\.h|chrono|ctime|time\.h|sys/time\.h|thread|mutex|shared_mutex|atomic|"
    r"condition_variable|future|pthread\.h|sys/socket\.h|netdb\.h|unistd\.h|poll\.h|sys/epoll\.h|"
    r"netinet/.*|arpa/.*|net/.*|linux/.*|fstream|filesystem|random)$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def sources(tree):
    for folder in (*MAY_INCLUDE, *ABOVE_THE_FLOORS):
        for path in sorted((tree / folder).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path.relative_to(tree).as_posix(), path.read_text()


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def fault_of(name, quoted, header):
    """Why `name` may not include `header`, or None."""
    floor, target = name.split("/")[0], header.split("/")[0]
    known = target in MAY_INCLUDE or target in ABOVE_THE_FLOORS
    if DPDK.search(header) and not name.startswith(SEES_DPDK):
        return "only " + ", ".join(SEES_DPDK) + " see DPDK"
    if header == IPSEC_MB and not name.startswith((IPSEC_MB_FOLDER, IPSEC_MB_BASE)):
        return "only one file of " + IPSEC_MB_FOLDER + " sees ipsec-mb"
    if name.startswith(SANS_IO) and IO_HEADERS.match(header):
        return SANS_IO + " has no clock, socket, thread or file"
    if quoted and "/" not in header:
        return "include from the root of the tree"
    if floor in MAY_INCLUDE and known and target != floor and target not in MAY_INCLUDE[floor]:
        return f"{floor}/ may include only " + (", ".join(MAY_INCLUDE[floor]) or "itself")
    return None


def faults(tree):
    ipsec_mb_users = []
    for name, text in sources(tree):
        for number, quoted, header in includes(text):
            if header == IPSEC_MB and name.startswith(IPSEC_MB_FOLDER):
                ipsec_mb_users.append(name)
            why = fault_of(name, quoted, header)
            if why:
                yield f"{name}:{number}: includes {header}: {why}"
    if len(ipsec_mb_users) > 1:
        yield f"{IPSEC_MB} is included by " + " and ".join(ipsec_mb_users) + ": one file only"


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    found = list(faults(tree))
    for line in found:
        print(line)
    print(f"floors: {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
