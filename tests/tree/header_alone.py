#!/usr/bin/python3
"""Every header compiles alone, with the flags of its own folder.

usage: header_alone.py TREE BUILD

A header that leans on what was included before it fails here. A header with a source of its own
is proved by that source, which includes it first (scripts/tidy.py sees to it); the others are
compiled here, each included twice, which its `#pragma once` must bear.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

FOLDERS = ("base", "wire", "crypto", "channel", "session", "store", "dataplane", "control",
           "client", "gateway", "tools", "bench", "tests")


def flags_by_folder(build):
    """For each top folder the compiler call of one of its sources, without the file itself."""
    calls = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(os.path.normpath(build / entry["file"]))
        words = shlex.split(entry["command"])
        kept, skip = [], False
        for word in words:
            if skip:
                skip = False
            elif word in ("-o", "-c", "-MQ", "-MF", "-include"):
                skip = True
            elif word not in ("-MD",) and not word.startswith("-Winvalid-pch"):
                kept.append(word)
        calls[source.parent.as_posix()] = kept
    return calls


def call_for(header, tree, calls):
    """The call of the nearest folder that has sources; else that of base/."""
    folder = (tree / header).parent
    while folder != tree:
        if folder.as_posix() in calls:
            return calls[folder.as_posix()]
        folder = folder.parent
    return calls[(tree / "base").as_posix()]


def compile_alone(header, tree, build, calls):
    unit = build / "header-alone" / header.replace("/", "-").replace(".h", ".cc")
    text = f'#include "{header}"\n#include "{header}"\n'
    if not unit.exists() or unit.read_text() != text:
        unit.write_text(text)
    call = call_for(header, tree, calls) + ["-Werror", "-fsyntax-only", str(unit)]
    result = subprocess.run(call, cwd=build, capture_output=True, text=True)
    return header, result.returncode == 0, result.stderr


def headers(tree):
    for folder in FOLDERS:
        for path in sorted((tree / folder).rglob("*.h")):
            if not path.with_suffix(".cc").exists():
                yield path.relative_to(tree).as_posix()


def main():
    tree, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    (build / "header-alone").mkdir(exist_ok=True)
    calls = flags_by_folder(build)
    failed = 0
    names = list(headers(tree))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, good, errors in pool.map(
                lambda name: compile_alone(name, tree, build, calls), names):
            if not good:
                failed += 1
                print(f"{header} does not compile alone:\n{errors}")
    print(f"header-alone: {len(names)} headers without a source, {failed} fail")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
