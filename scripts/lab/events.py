"""The gateway's audit log: JSON lines, read while it grows."""

import json

from lab import clock


class AuditLog:
    def __init__(self, path):
        self.path = path
        self._events = []
        self._offset = 0

    def read(self):
        """All events so far, oldest first."""
        try:
            with open(self.path, "rb") as log:
                log.seek(self._offset)
                data = log.read()
        except FileNotFoundError:
            return self._events
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        self._events += [json.loads(line) for line in data[:whole].splitlines() if line.strip()]
        return self._events

    def after(self, index):
        return self.read()[index:]

    def count(self):
        return len(self.read())

    def wait(self, event_type, seconds, after=0, **fields):
        """The first event from index `after` on with that type and those fields."""
        wanted = {"event_type": event_type, **fields}

        def find():
            for event in self.after(after):
                if all(event.get(key) == value for key, value in wanted.items()):
                    return event
            return None

        what = " ".join([event_type, *(f"{k}={v}" for k, v in fields.items())])
        return clock.wait_for(f"{what} in the audit log", seconds, find)


def describe(event):
    """One line for people: what happened and why."""
    kind = event["event_type"]
    reason = event.get("reason_code", "")
    if kind == "SessionStateChange":
        text = f"{event['previous_state']} > {event['new_state']}"
    elif kind == "TransportSwitch":
        text = f"switch {event['previous_transport']} > {event['new_transport']}"
    elif kind in ("TransportDead", "TransportAttached", "TransportRevalidated"):
        text = f"{kind} {event['transport_id']} {event.get('role', '')}".rstrip()
    elif kind == "ReattachAttempt":
        text = f"ReattachAttempt {event['candidate_transport']}"
    elif kind == "ReattachResult":
        text = f"ReattachResult {event['status']}"
    else:
        text = kind
    return f"{text}  {reason}".rstrip()
