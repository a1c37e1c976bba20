"""What the demo leaves behind: a closing table, report.json, events.jsonl, report.html."""

import dataclasses
import json
import pathlib
from html import escape

from lab import chart
from lab.events import describe

PAGE = pathlib.Path(__file__).parent / "report_page.html"
COLUMNS = (("jump", "name"), ("from", "source"), ("to", "target"), ("detected ms", "detected_ms"),
           ("switched ms", "switched_ms"), ("outage ms", "outage_ms"), ("lost up", "lost_up"),
           ("lost down", "lost_down"))


@dataclasses.dataclass
class Evidence:
    events: list
    frames: list
    probe: dict


def closing_table(story):
    rows = [[head for head, _ in COLUMNS]]
    rows += [[str(getattr(jump, field)) for _, field in COLUMNS] for jump in story.jumps]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["", *("  ".join(
        cell.ljust(width) if i < 3 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)]
    lines.insert(2, "-" * len(max(lines, key=len)))
    lines += ["", "proved:"]
    lines += [f"  {'ok  ' if proof.good else 'FAIL'} {step.number}. {proof.text}"
              for step in story.steps for proof in step.proofs]
    return "\n".join(lines)


def write(folder, story, evidence, failure):
    folder.mkdir(parents=True, exist_ok=True)
    events = "".join(json.dumps(event) + "\n" for event in evidence.events)
    (folder / "events.jsonl").write_text(events)
    facts = {"verdict": "FAIL" if failure else "PASS", "reason": failure, **story.as_json()}
    (folder / "report.json").write_text(json.dumps(facts, indent=2) + "\n")
    (folder / "report.html").write_text(page(story, evidence, failure))


def page(story, evidence, failure):
    values = {
        "VERDICT": "FAIL" if failure else "PASS",
        "VERDICT_CLASS": "bad" if failure else "good",
        "REASON": escape(failure) if failure else
                  "Every path died under it; the session and its TCP connections went on.",
        "SESSION": escape(str(story.facts.get("session_id", "none"))),
        "CHART": chart.draw(story, evidence),
        "JUMP_HEADS": "".join(f"<th>{escape(head)}</th>" for head, _ in COLUMNS),
        "JUMPS": "".join(jump_row(jump) for jump in story.jumps),
        "STEPS": "".join(step_part(step) for step in story.steps),
        "EVENTS": "".join(event_row(story, event) for event in evidence.events),
    }
    text = PAGE.read_text()
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def jump_row(jump):
    cells = "".join(f"<td>{escape(str(getattr(jump, field)))}</td>" for _, field in COLUMNS)
    return f"<tr>{cells}</tr>\n"


def step_part(step):
    proofs = "".join(
        f'<li class="{"good" if proof.good else "bad"}">{escape(proof.text)}'
        + (f" <b>{escape(proof.figure)}</b>" if proof.figure else "") + "</li>\n"
        for proof in step.proofs)
    seconds = f"{step.begin_ms / 1000:.1f} – {step.end_ms / 1000:.1f} s"
    return (f"<section><h3>{step.number}. {escape(step.title)} <small>{seconds}</small></h3>"
            f"<ul>{proofs}</ul></section>\n")


def event_row(story, event):
    state = event.get("new_state", "").lower()
    return (f"<tr><td>{story.since(event['ts_ms'])}</td>"
            f'<td><i class="dot {state}"></i>{escape(describe(event))}</td>'
            f"<td>{escape(str(event.get('session_id', ''))[:8])}</td>"
            f"<td>{event.get('state_version', '')}</td></tr>\n")
