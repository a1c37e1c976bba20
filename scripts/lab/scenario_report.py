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
{simulated}<h2>The fault matrix</h2>
<table><tr><th>line<th><th>scenarios<th>result</tr>{matrix}</table>
</html>
"""


def verdict(scenarios, results, why):
    """True, False, or None: not all of these scenarios were played that can be."""
    played = [not results[each] for each in scenarios if each in results]
    if not all(played):
        return False
    left_out = [each for each in scenarios if each not in results and each not in why]
    return True if played and not left_out else None


def rows(wanted, results, why):
    """(line, title, scenarios, verdict) of every line of the matrix."""
    for key, entry in wanted.matrix.items():
        yield key, entry["title"], entry["scenarios"], verdict(
            entry["scenarios"], results, why)


def not_played(wanted, results, why):
    """(id, title, why) of what this way of playing leaves out."""
    for each, title in wanted.scenarios.items():
        if each not in results:
            yield each, title, why.get(each, "no play of it yet")


def show(wanted, results, why):
    for key, title, scenarios, good in rows(wanted, results, why):
        print(f"{key:10} {title:45} {' '.join(scenarios):20} {MARK[good]}")
    for each, title, reason in not_played(wanted, results, why):
        print(f"{each} {title}: in simulation only: {reason}")
    failed = sum(bool(faults) for faults in results.values())
    print(f"{len(results) - failed} of {len(results)} scenarios as specified")


def write(folder, wanted, results, real, why):
    """`why`: of scenarios that cannot be played in this way."""
    folder.mkdir(parents=True, exist_ok=True)
    how = "on real networks" if real else "in virtual time"
    facts = {
        "played": how,
        "scenarios": {each: {"title": wanted.scenarios[each], "faults": faults}
                      for each, faults in results.items()},
        "in_simulation_only": {each: {"title": title, "why": reason}
                               for each, title, reason in not_played(wanted, results, why)},
        "matrix": [{"line": key, "title": title, "scenarios": scenarios, "result": MARK[good]}
                   for key, title, scenarios, good in rows(wanted, results, why)],
    }
    (folder / "report.json").write_text(json.dumps(facts, indent=2) + "\n")
    lines = "".join(
        f"<tr><td>{each}<td>{escape(wanted.scenarios[each])}"
        f"<td class={MARK[not faults]}>{MARK[not faults]}<td>{escape('; '.join(faults))}</tr>\n"
        for each, faults in results.items())
    simulated = "".join(f"<tr><td>{each}<td>{escape(title)}<td>{escape(reason)}</tr>\n"
                        for each, title, reason in not_played(wanted, results, why))
    if simulated:
        simulated = f"<h2>In simulation only</h2><table>{simulated}</table>\n"
    matrix = "".join(
        f"<tr><td>{key}<td>{escape(title)}<td>{' '.join(scenarios)}"
        f"<td class={MARK[good]}>{MARK[good]}</tr>\n"
        for key, title, scenarios, good in rows(wanted, results, why))
    good = not any(results.values())
    (folder / "report.html").write_text(PAGE.format(
        verdict="Every scenario as specified" if good else "Not as specified",
        how=f"Played {how}.", scenarios=lines, simulated=simulated, matrix=matrix))
