"""The table fault line -> scenario -> result, for the terminal and for out/scenarios."""

import json
from html import escape

MARK = {True: "ok", False: "FAIL", None: "-"}
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>jvpn: scenarios</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #ddd }}
.ok {{ color: #17692e }} .FAIL {{ color: #b3261e; font-weight: bold }}
</style>
<h1>{verdict}</h1><p>{how}</p>
<h2>Scenarios</h2><table><tr><th>scenario<th><th>result<th></tr>{scenarios}</table>
<h2>The fault matrix</h2><table><tr><th>line<th><th>scenarios<th>result</tr>{matrix}</table>
</html>
"""


def verdict(scenarios, results):
    """True, False, or None when none of these scenarios was played."""
    played = [not results[each] for each in scenarios if each in results]
    return all(played) if played else None


def rows(wanted, results):
    """(line, title, scenarios, verdict) of every line of the matrix."""
    for key, entry in wanted.matrix.items():
        yield key, entry["title"], entry["scenarios"], verdict(entry["scenarios"], results)


def show(wanted, results):
    for key, title, scenarios, good in rows(wanted, results):
        print(f"{key:10} {title:45} {' '.join(scenarios):20} {MARK[good]}")
    failed = sum(bool(faults) for faults in results.values())
    print(f"{len(results) - failed} of {len(results)} scenarios as specified")


def write(folder, wanted, results, real):
    folder.mkdir(parents=True, exist_ok=True)
    how = "on real networks" if real else "in virtual time"
    facts = {
        "played": how,
        "scenarios": {each: {"title": wanted.scenarios[each], "faults": faults}
                      for each, faults in results.items()},
        "matrix": [{"line": key, "title": title, "scenarios": scenarios, "result": MARK[good]}
                   for key, title, scenarios, good in rows(wanted, results)],
    }
    (folder / "report.json").write_text(json.dumps(facts, indent=2) + "\n")
    lines = "".join(
        f"<tr><td>{each}<td>{escape(wanted.scenarios[each])}"
        f"<td class={MARK[not faults]}>{MARK[not faults]}<td>{escape('; '.join(faults))}</tr>\n"
        for each, faults in results.items())
    matrix = "".join(
        f"<tr><td>{key}<td>{escape(title)}<td>{' '.join(scenarios)}"
        f"<td class={MARK[good]}>{MARK[good]}</tr>\n"
        for key, title, scenarios, good in rows(wanted, results))
    good = not any(results.values())
    (folder / "report.html").write_text(PAGE.format(
        verdict="Every scenario as specified" if good else "Not as specified",
        how=f"Played {how}.", scenarios=lines, matrix=matrix))
