#!/usr/bin/python3
"""tidy: the rules of the tree that no compiler checks. Prints one line per fault.

usage: tidy.py [tree]
"""

import ast
import pathlib
import re
import subprocess
import sys

MAX_FUNCTION_LINES = 70
LONG_FILE_LINES = 400  # not a fault: a sign that the file holds two things
MAX_COLUMNS = 100
CODE = (".h", ".cc", ".py", ".sh", ".build", ".ini", ".toml", "")  # "" = the commands of scripts/
# Built from two halves, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|enum|union)\b[^()]*$")
# Comments, strings and character literals: their braces do not count.
OPAQUE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\B\'(?:\\.|[^\'\\\n])+\'', re.S)


# Inputs of the fuzz targets: bytes, even where they happen to be text.
CORPUS = "tests/fuzz/corpus/"


def files(tree):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=tree,
                            capture_output=True, text=True)
    names = listed.stdout.splitlines() if listed.returncode == 0 else [
        p.relative_to(tree).as_posix() for p in sorted(tree.rglob("*")) if p.is_file()]
    for name in names:
        path = tree / name
        if name.startswith(CORPUS):
            continue
        if path.suffix in (*CODE, ".md", ".html", ".svg") and path.is_file():
            try:
                yield name, path.suffix, path.read_text()
            except UnicodeDecodeError:
                continue  # a binary


def blank(text):
    """`text` with everything opaque replaced by spaces; lines stay where they are."""
    return OPAQUE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def cpp_functions(text):
    """(first line, lines) of every function body that is not inside another one."""
    text = re.sub(r"^[ \t]*#(?:.*\\\n)*.*", lambda m: re.sub(r"[^\n]", " ", m.group()), blank(text),
                  flags=re.M)
    depth, opened, start = 0, None, 0
    for match in re.finditer(r"[{};]", text):
        at, sign = match.start(), match.group()
        if sign == "{":
            head = text[start:at]
            if opened is None and ")" in head and not NOT_A_FUNCTION.search(head):
                opened = (depth, text.count("\n", 0, at) + 1)
            depth += 1
        elif sign == "}":
            depth -= 1
            if opened is not None and depth == opened[0]:
                last = text.count("\n", 0, at) + 1
                yield opened[1], last - opened[1] + 1
                opened = None
        start = at + 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def functions(suffix, text):
    if suffix in (".h", ".cc"):
        return cpp_functions(text)
    if suffix == ".py" or text.startswith("#!/usr/bin/python3"):
        return python_functions(text)
    return ()


def line_faults(name, suffix, text):
    in_tests = name.startswith("tests/") and suffix in (".h", ".cc")
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if suffix in CODE and len(line) > MAX_COLUMNS:
            yield number, f"{len(line)} columns, at most {MAX_COLUMNS}"
        if UNFINISHED.search(line):
            yield number, "unfinished business does not land"
        if in_tests and SLEEP.search(line):
            yield number, "a test waits for a condition or in virtual time, it does not sleep"


def own_header_faults(tree, name, text):
    """A source proves that its header stands alone, by including it before anything else."""
    header = name.removesuffix(".cc") + ".h"
    if not name.endswith(".cc") or not (tree / header).exists():
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#include"):
            if line != f'#include "{header}"':
                yield number, f"a source includes its own header first: {header}"
            return


def faults(name, suffix, text):
    yield from line_faults(name, suffix, text)
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"
    if suffix == ".h" and "#pragma once" not in text:
        yield 1, "a header opens with #pragma once"
    for line, length in functions(suffix, text):
        if length > MAX_FUNCTION_LINES:
            yield line, f"a function of {length} lines, at most {MAX_FUNCTION_LINES}"


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    count = 0
    for name, suffix, text in files(tree):
        for line, why in (*faults(name, suffix, text), *own_header_faults(tree, name, text)):
            print(f"{name}:{line}: {why}")
            count += 1
        if suffix in CODE and text.count("\n") > LONG_FILE_LINES:
            print(f"{name}: note: {text.count(chr(10))} lines: does it hold two things?")
    print(f"tidy: {count} faults")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
