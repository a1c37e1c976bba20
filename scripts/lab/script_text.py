"""Events in the words of the acceptance scenarios, and whether they came when they were due."""

import re

LATE_MS = 100  # what a real run may add to every time
TIME = re.compile(r"^(?P<at>\d+|\+)(?: after (?P<anchor>.+?))?(?: ~(?P<slack>\d+))?$")
TRANSPORT = {"TransportAttached": "transport_id", "TransportDead": "transport_id",
             "TransportRevalidated": "transport_id", "ReattachAttempt": "candidate_transport"}


def letter(transport):
    return "X" if transport is None else chr(ord("A") + transport)


def say(event):
    """As scenarios write it: "TransportDead A socket_error", "SSC A>V transport_dead v2"."""
    kind, reason = event["event_type"], event.get("reason_code", "")
    if kind == "SessionStateChange":
        detail = f"({event['detail_code']})" if "detail_code" in event else ""
        return (f"SSC {event['previous_state'][0]}>{event['new_state'][0]} {reason}{detail} "
                f"v{event['state_version']}")
    if kind == "TransportSwitch":
        return f"{kind} {letter(event['previous_transport'])}>{letter(event['new_transport'])}"
    if kind in ("TransportRevalidated", "ReattachAttempt"):
        return f"{kind} {letter(event.get(TRANSPORT[kind]))}"
    if kind in TRANSPORT:
        role = " candidate" if event.get("role") == "candidate" else ""
        return f"{kind} {letter(event[TRANSPORT[kind]])} {reason}{role}"
    if kind == "ReattachResult":
        return f"{kind} {event['status']} {reason}"
    return f"{kind} {reason}".rstrip()


def due(when, said):
    """The earliest and latest ms at which the next line may come; `said`: (ms, text) so far."""
    parts = TIME.match(when)
    slack = LATE_MS + int(parts["slack"] or 0)
    if parts["at"] == "+":
        base = said[-1][0]
    elif parts["anchor"]:
        base = int(parts["at"]) + next(ms for ms, text in reversed(said) if parts["anchor"] in text)
    else:
        base = int(parts["at"]) + (said[0][0] if said else 0)
    return base, base + slack


def followed(play, events):
    """(ms, text) of the lines that came as the log says, and of those that should not have come."""
    said, rest = [], []
    for event in events:
        ms, text = event["ts_ms"], say(event)
        expected = play.log[len(said)][1] if len(said) < len(play.log) else None
        if not rest and expected is not None and re.fullmatch(expected, text):
            said.append((ms, text))
        elif not re.fullmatch(play.besides, text):
            rest.append((ms, text))
    return said, rest


def differences(play, curtain_ms, events):
    """Sentences about what `events` do not have in common with the play."""
    said, rest = followed(play, events)
    if said and not play.begins[0] <= said[0][0] - curtain_ms <= play.begins[1]:
        yield (f"began {said[0][0] - curtain_ms} ms after the fault instead of "
               f"{play.begins[0]} to {play.begins[1]}")
    for i in range(1, len(said)):
        ms, text = said[i]
        earliest, latest = due(play.log[i][0], said[:i])
        if not earliest <= ms <= latest:
            yield f"{text}: {ms - earliest:+} ms, allowed are 0 to {latest - earliest}"
    if len(said) < len(play.log):
        pattern = play.log[len(said)][1]
        yield f"line {len(said) + 1}: {rest[0][1]} instead of {pattern}" if rest \
            else f"never: {pattern}"
        return
    for _, text in rest:
        yield f"more than expected: {text}"
