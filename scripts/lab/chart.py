"""The timeline of the demo as one inline SVG: states, paths, probe. Colours come from the page."""

from html import escape

WIDTH, LEFT, RIGHT = 1120, 150, 20
INNER = WIDTH - LEFT - RIGHT
SLOT_MS = 100


class Canvas:
    """Places times on the x axis; collects elements."""

    def __init__(self, end_ms):
        self.end_ms = max(1000, end_ms)
        self.parts = []
        self.y = 34

    def x(self, ms):
        return LEFT + INNER * min(max(ms, 0), self.end_ms) / self.end_ms

    def add(self, text):
        self.parts.append(text)

    def rect(self, begin, end, y, height, css, title="", radius=0):
        width = max(0.6, self.x(end) - self.x(begin))
        tip = f"<title>{escape(title)}</title>" if title else ""
        self.add(f'<rect class="{css}" x="{self.x(begin):.1f}" y="{y:.1f}" width="{width:.1f}" '
                 f'height="{height:.1f}" rx="{radius}">{tip}</rect>')

    def text(self, x, y, css, words, anchor="start"):
        self.add(f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
                 f"{escape(words)}</text>")

    def lane(self, name, note, height):
        """Begins a lane and returns its top."""
        top = self.y
        self.text(LEFT - 12, top + height / 2 + (0 if note else 4), "lane", name, "end")
        if note:
            self.text(LEFT - 12, top + height / 2 + 14, "note", note, "end")
        self.y += height + 16
        return top


def draw(story, evidence):
    """The SVG text for a story and the evidence that was taken of it."""
    end = max([step.end_ms for step in story.steps] + [1000])
    canvas = Canvas(end)
    draw_states(canvas, state_spans(story, evidence.events, end))
    for letter in ("a", "b"):
        draw_path(canvas, story, evidence, letter, end)
    for way, name in (("up", "client to server"), ("down", "server to client")):
        if way in evidence.probe:
            draw_probe(canvas, story, evidence.probe[way], name, end)
    bottom = canvas.y
    draw_steps(canvas, story, bottom)
    draw_axis(canvas, bottom)
    draw_faults(canvas, story, bottom)
    return (f'<svg viewBox="0 0 {WIDTH} {bottom + 30:.0f}" role="img" '
            'aria-label="Timeline of states, paths and probe">\n' + "\n".join(canvas.parts)
            + "</svg>")


def state_spans(story, events, end):
    """(state, begin, end) in ms of the demo, of all sessions one after another."""
    spans, state, since = [], None, 0
    for event in events:
        if event["event_type"] != "SessionStateChange":
            continue
        at = story.since(event["ts_ms"])
        if state not in (None, "TERMINATED"):
            spans.append((state, since, at))
        state, since = event["new_state"], at
        if state == "TERMINATED":
            spans.append((state, at, at))
    if state not in (None, "TERMINATED"):
        spans.append((state, since, end))
    return spans


def draw_states(canvas, spans):
    top = canvas.lane("session", "state", 30)
    for state, begin, end in spans:
        title = f"{state} from {begin} ms to {end} ms"
        if state == "TERMINATED":
            x = canvas.x(begin)
            canvas.add(f'<path class="ended" d="M{x - 5:.1f} {top + 10} l10 10 m-10 0 l10 -10">'
                       f"<title>TERMINATED at {begin} ms</title></path>")
            continue
        canvas.rect(begin, end, top, 30, f"state {state.lower()}", title)
        if canvas.x(end) - canvas.x(begin) > 80:
            canvas.text((canvas.x(begin) + canvas.x(end)) / 2, top + 19, "inside", state, "middle")


def bound_spans(story, events, letter, end):
    """When path `letter` carried the session."""
    mine, bound, since, spans = "ab".index(letter), None, 0, []
    for event in events:
        kind, at = event["event_type"], story.since(event["ts_ms"])
        if kind in ("TransportAttached", "TransportRevalidated"):
            new = int(event["transport_id"])
        elif kind == "TransportSwitch":
            new = int(event["new_transport"])
        elif kind == "SessionTerminated" or (kind == "TransportDead"
                                             and event.get("role") == "active"):
            new = None
        else:
            continue
        if bound == mine:
            spans.append((since, at))
        bound, since = new, at
    return spans + ([(since, end)] if bound == mine else [])


def fault_spans(story, letter, end):
    spans, open_fault = [], None
    for fault in story.faults:
        if fault.path != letter:
            continue
        if open_fault:
            spans.append((open_fault.what, open_fault.at_ms, fault.at_ms))
        open_fault = fault if fault.what != "restored" else None
    return spans + ([(open_fault.what, open_fault.at_ms, end)] if open_fault else [])


def draw_path(canvas, story, evidence, letter, end):
    """The outer packets on one path; behind them when it was broken, below when it was bound."""
    height = 56
    top = canvas.lane(f"path {letter.upper()}", "outer packets/s", height)
    canvas.rect(0, end, top, height, "ground")
    for what, begin, until in fault_spans(story, letter, end):
        canvas.rect(begin, until, top, height, "broken", f"{what} from {begin} ms to {until} ms")
    slots = {}
    for frame in evidence.frames:
        if frame.path == letter:
            slot = int((frame.at_ms - story.zero_ms) // SLOT_MS)
            slots[slot] = slots.get(slot, 0) + 1
    draw_bars(canvas, slots, top, height, "traffic", SLOT_MS, 600)
    for begin, until in bound_spans(story, evidence.events, letter, end):
        canvas.rect(begin, until, top + height + 2, 5, "bound",
                    f"bound to path {letter.upper()} from {begin} ms to {until} ms", 2)


def draw_bars(canvas, slots, top, height, css, slot_ms, full):
    """One filled shape for the counts of all slots; `full` is a slot's full height."""
    if not slots:
        return
    width, points = INNER * slot_ms / canvas.end_ms, []
    for slot in range(min(slots), max(slots) + 1):
        x = canvas.x(slot * slot_ms)
        tall = min(1.0, slots.get(slot, 0) / full) * (height - 4)
        points.append(f"{x:.1f} {top + height - tall:.1f} h{width:.2f}")
    first, last = canvas.x(min(slots) * slot_ms), canvas.x((max(slots) + 1) * slot_ms)
    canvas.add(f'<path class="{css}" d="M{first:.1f} {top + height} L'
               + " L".join(points) + f' L{last:.1f} {top + height} Z"/>')


def draw_probe(canvas, story, records, name, end):
    height = 40
    top = canvas.lane("probe", name, height)
    canvas.rect(0, end, top, height, "ground")
    offset = story.zero_ms // SLOT_MS
    slots = {slot - offset: count for slot, count in records.per_slot(SLOT_MS).items()}
    draw_bars(canvas, slots, top, height, "probe", SLOT_MS, 105)
    for begin, until in records.gaps(40):
        begin, until = begin - story.zero_ms, until - story.zero_ms
        canvas.rect(begin, until, top, height, "gap", f"silence of {until - begin:.0f} ms")
        if canvas.x(until) - canvas.x(begin) > 24:
            canvas.text((canvas.x(begin) + canvas.x(until)) / 2, top + 24, "silence",
                        f"{until - begin:.0f}", "middle")


def draw_steps(canvas, story, bottom):
    for step in story.steps:
        x = canvas.x(step.begin_ms)
        canvas.add(f'<path class="step" d="M{x:.1f} 6 V{bottom - 6:.0f}"/>')
        canvas.text(x + 4, 17, "stepno", f"step {step.number}")


def draw_axis(canvas, bottom):
    pace = 5 if canvas.end_ms <= 80_000 else 10
    for second in range(0, canvas.end_ms // 1000 + 1, pace):
        canvas.text(canvas.x(second * 1000), bottom + 14, "tick", f"{second} s", "middle")


def draw_faults(canvas, story, bottom):
    for fault in story.faults:
        x = canvas.x(fault.at_ms)
        css = "mend" if fault.what == "restored" else "fault"
        canvas.add(f'<path class="{css}" d="M{x:.1f} 24 V{bottom - 6:.0f}">'
                   f"<title>{fault.at_ms} ms: path {fault.path.upper()} {escape(fault.what)}"
                   "</title></path>")
