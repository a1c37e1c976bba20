"""What a log and a capture must have besides the lines of a play: the checks that plays name.

Each check returns sentences about what is wrong.
"""

import hashlib
import json

from lab import clock

EDGES = {"BIRTH": {"ATTACHED"}, "ATTACHED": {"VOLATILE"}, "VOLATILE": {"RECOVERING", "DEGRADED"},
         "DEGRADED": {"RECOVERING"}, "RECOVERING": {"ATTACHED", "DEGRADED"}}
COMMITS = ("TransportSwitch", "TransportRevalidated")
JITTER_MS = 100
MINUTE_MS = 60_000


def of_type(events, *kinds):
    return [event for event in events if event["event_type"] in kinds]


def closest(events):
    """The shortest time between two of them that follow each other."""
    times = [event["ts_ms"] for event in events]
    return min((b - a for a, b in zip(times, times[1:])), default=MINUTE_MS)


class Verdicts:
    def check_outage_below_150_ms(self):
        begin = (self.curtain_ms - 50) * 1_000_000
        end = clock.now_ns() - 200_000_000
        gaps = {way: self.probe.records(way).outage(begin, end).gap_ms for way in ("up", "down")}
        return [f"outage {way}: {gap:.0f} ms" for way, gap in gaps.items() if gap >= 150]

    def check_one_step(self):
        """All of it in the same millisecond."""
        times = {event["ts_ms"] for event in self.lines()
                 if event.get("session_id") == self.session and event.get("role") != "candidate"}
        return [] if len(times) == 1 else [f"{len(times)} moments instead of one"]

    def check_denials_apart(self):
        gap = closest([event for event in of_type(self.lines(), "TransportSwitchDenied")
                       if event["reason_code"] == "switch_rate_limited"])
        return [] if gap >= 1500 else [f"two denials within {gap} ms"]

    def check_no_attempt_after_denial(self):
        kinds = [event["event_type"] for event in self.lines()]
        after = kinds[kinds.index("TransportSwitchDenied"):]
        return ["an attempt while the rate denies"] if "ReattachAttempt" in after else []

    def check_age(self):
        """It ended at the same age as every session of the play, just over the lifetime."""
        limit = self.gateway.ctl_json("policy", "show")["groups"][0]["policy"][
            "session.max_lifetime_ms"]
        ages = [event["session_age_ms"] for event in of_type(self.lines(), "SessionTerminated")]
        return [f"ended at the age of {age}, not {limit + 1}" for age in ages
                if not limit < age <= limit + JITTER_MS]

    def check_new_ids(self):
        ids = set(self.sessions)
        return [] if len(ids) == len(self.sessions) else ["an id was used twice"]

    def check_guesses_counted(self):
        """Logged or summarised, not one more or less; nothing was ever sent to who guessed."""
        self.flood.wait(10)

        def total():
            found = self.lines()
            logged = [e for e in of_type(found, "ReattachResult") if e["status"] == "DENIED"]
            return len(logged), sum(e["count"] for e in of_type(found, "DenialSummary"))
        try:
            clock.wait_for("every guess in the log", 12, lambda: sum(total()) >= self.guesses)
        except clock.TimedOut:
            pass
        logged, summarised = total()
        faults = []
        if logged + summarised != self.guesses:
            faults.append(f"{logged} logged and {summarised} summarised of {self.guesses}")
        if logged > 5 + 2 * (self.guesses // 100 + 13):
            faults.append(f"{logged} denials logged")
        to_outsider = [frame for frame in self.capture.frames()
                       if not frame.upward and frame.path == ""]
        return faults + ([f"{len(to_outsider)} frames to the outsider"] if to_outsider else [])

    def check_refused(self):
        """A policy that breaks a rule is refused, and the log says so."""
        return [] if self.refused and of_type(self.lines(), "PolicyRejected") else \
            ["the policy was not refused"]

    def check_loss_told(self):
        """Exactly the lines that memory knows and the file lacks are named, and the chain holds."""
        try:
            said = self.gateway.log.wait("EventsDropped", 10, self.mark)
        except clock.TimedOut as failure:
            return [str(failure)]
        numbers = [event["seq"] for event in self.gateway.log.after(self.mark - 1)]
        first, last = said["first_lost_seq"], said["last_lost_seq"]
        missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
        if missing != list(range(first, last + 1)):
            return [f"{len(missing)} lines are missing, told are {first} to {last}"]
        # The storm came before the first edge after the attach; of it not all was kept to be seen.
        lost = 1, max(e["state_version"] for e in self.seen if first <= e["seq"] <= last)
        told = said["first_lost_state_version"], said["last_lost_state_version"]
        return [f"lost versions {lost}, told {told}"] * (lost != told) + self._broken_links()

    def _broken_links(self):
        lines = self.gateway.log.path.read_bytes().splitlines()
        return [f"the chain breaks before line {json.loads(line)['seq']}"
                for before, line in zip(lines, lines[1:])
                if json.loads(line)["prev"] != hashlib.sha256(before).hexdigest()]

    def check_bounded(self):
        """K1, K2, K5, K6 and K7 over the whole log, one session, no end."""
        faults = []
        events = self._events_of_session()
        policy = self.gateway.ctl_json("policy", "show")["groups"][0]["policy"]
        edges = of_type(events, "SessionStateChange")
        for one, other in zip(edges, edges[1:]):
            if other["new_state"] not in EDGES[other["previous_state"]] or \
                    one["new_state"] != other["previous_state"] or \
                    other["state_version"] != one["state_version"] + 1:
                faults.append(f"edge v{other['state_version']} does not follow")
        commits = [event["ts_ms"] for event in of_type(events, *COMMITS)]
        cap = policy["switching.max_switches_per_min"]
        for first, after in zip(commits, commits[cap:]):
            if after - first < MINUTE_MS:
                faults.append(f"{cap + 1} commits within {after - first} ms")
        left = None
        for edge in edges:
            if edge["previous_state"] == "RECOVERING":
                left = edge["ts_ms"]
            if edge["new_state"] == "RECOVERING" and left is not None and \
                    edge["ts_ms"] - left < policy["switching.switch_cooldown_ms"]:
                faults.append(f"an attempt {edge['ts_ms'] - left} ms after the last")
        if of_type(events, "SessionTerminated"):
            faults.append("the session ended")
        return faults + ([] if len(commits) > cap else [f"only {len(commits)} commits"])

    def check_flat(self):
        """Memory, processor time and lines of the last minute are those of the second."""
        faults = []
        (memory, *_), (memory_end, *_) = self.usage[1], self.usage[-1]
        if memory_end > memory * 1.1 + 1024:
            faults.append(f"memory grew from {memory} to {memory_end} KiB")
        minutes = list(zip(self.usage, self.usage[1:]))
        for i, what in ((1, "processor time"), (2, "lines of the log")):
            used = [after[i] - before[i] for before, after in minutes]
            if used[-1] > 2 * used[1] + 10:
                faults.append(f"{what} a minute: {used}")
        return faults

    def _events_of_session(self):
        return [e for e in self.lines() if e.get("session_id") == self.session]
