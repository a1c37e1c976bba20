"""scripts/demo: a session outlives its paths, shown and proved in five steps."""

import pathlib
import sys
import time

from lab import clock, config, namespace, plan, report
from lab.capture import HANDSHAKE_TYPES, Capture
from lab.clock import TimedOut
from lab.download import Download, FileServer
from lab.events import describe
from lab.probe import Probe
from lab.process import CommandFailed
from lab.programs import TREE, Programs
from lab.scene import Interrupted, Scene
from lab.story import Jump, NotProved, Story

OUT = TREE / "out" / "demo"
RATE = 1_000_000  # bytes/s of a download
FAILURES = (NotProved, TimedOut, CommandFailed, OSError)


class Demo:
    def __init__(self, scene, story):
        self.scene, self.story = scene, story
        self.gateway = self.client = self.probe = self.capture = None
        self.session = None
        self.printed = 0

    # -- what every step uses

    def events(self, after=0):
        return self.gateway.log.after(after)

    def tell_events(self):
        """Prints what the gateway logged since the last time, in ms of the demo."""
        for event in self.events(self.printed):
            at = self.story.since(event["ts_ms"])
            print(f"    {at:7d} ms  {describe(event)}", flush=True)
            self.printed += 1

    def wait_standby(self, letter, seconds=10):
        """Until the gateway would take path `letter` for a jump."""
        clock.wait_for(f"path {letter.upper()} to be a validated standby", seconds,
                       lambda: any(row["validated"] and row["life"] == "fresh"
                                   for row in self.transports()
                                   if self.letter_of(row["transport_id"]) == letter), pace=0.1)

    def transports(self):
        return self.gateway.ctl_json("transports", self.session)["transports"]

    def letter_of(self, transport):
        return "ab"[int(transport)]

    def flow_again(self, since_ms, seconds=10):
        clock.wait_for("the probe to flow both ways", seconds,
                       lambda: self.probe.arrived_since(since_ms * 1_000_000))

    def jump(self, name, source, target, make_fault, hold=2.0, seconds=6.0):
        """Makes a fault, waits for the session to be on `target`, lets the probe flow there."""
        mark = self.gateway.log.count()
        at = make_fault()
        # Death, or the loss that it begins with where there is load: whichever is certain first.
        seen = self.gateway.log.wait("SessionStateChange", seconds, mark, new_state="VOLATILE")
        attached = self.gateway.log.wait("SessionStateChange", seconds, mark,
                                         new_state="ATTACHED")
        self.flow_again(attached["ts_ms"])
        time.sleep(hold)
        self.tell_events()
        jump = Jump(name, source, target, self.story.since(at), seen["ts_ms"] - at,
                    attached["ts_ms"] - at)
        self.measure(jump, at, clock.now_ms() - 200)
        self.story.jumps.append(jump)
        self.check_same_session(self.events(mark))
        return mark, jump

    def measure(self, jump, begin_ms, end_ms):
        """What the probe felt from just before the fault until it flowed again."""
        window = ((begin_ms - 20) * 1_000_000, end_ms * 1_000_000)
        up = self.probe.records("up").outage(*window)
        down = self.probe.records("down").outage(*window)
        jump.outage_ms = round(max(up.gap_ms, down.gap_ms), 1)
        jump.lost_up, jump.lost_down = up.lost, down.lost

    def check_same_session(self, events):
        ids = {event["session_id"] for event in events if event.get("session_id")}
        self.story.prove("the session id is the same", ids == {self.session},
                         ", ".join(sorted(ids)))

    def check_switch(self, mark, target):
        switch = [event for event in self.events(mark) if event["event_type"] == "TransportSwitch"]
        self.story.prove(f"the binding moved to path {target.upper()} once",
                         len(switch) == 1
                         and self.letter_of(switch[0]["new_transport"]) == target)

    # -- the five steps

    def step_1_attach(self):
        scene, story = self.scene, self.story
        story.begin_step("Handshake, ping both ways, download and probe begin")
        config.write_files(scene.files)
        self.capture = scene.keep(Capture(scene.topology, scene.folder))
        began = clock.now_ms()
        self.gateway = scene.start_gateway()
        story.facts["gateway_start_ms"] = clock.now_ms() - began
        began = clock.now_ms()
        self.client = scene.start_client()
        attached = scene.wait_attached(self.gateway, self.client)
        self.session = story.facts["session_id"] = attached["session_id"]
        story.prove("a session is attached over path A",
                    self.letter_of(attached["transport_id"]) == "a",
                    f"{attached['ts_ms'] - began} ms after the client's start")
        for family, name in (("v4", "IPv4"), ("v6", "IPv6")):
            up, down = scene.ping_both_ways(family)
            story.prove(f"ping client to server and back the other way, {name}", True,
                        f"{up:.2f} ms and {down:.2f} ms")
        self.servers = [scene.keep(FileServer(scene.topology, scene.folder, 8080 + n, RATE, 12))
                        for n in (0, 1)]
        self.probe = scene.keep(Probe(scene.topology, scene.folder))
        self.wait_standby("b")
        story.prove("path B is validated and kept warm", True)
        self.begin_download(0)
        time.sleep(2.0)
        self.tell_events()
        story.prove("the probe flows both ways", self.probe.arrived_since(
            clock.now_ns() - 200_000_000), "1000 packets/s each way")

    def begin_download(self, number):
        server = self.servers[number]
        self.download = self.scene.keep(Download(self.scene.topology, self.scene.folder, server))
        clock.wait_for("the download to begin", 5, lambda: self.download.received() > 100_000)

    def finish_download(self, seconds, what):
        fault = self.download.wait(seconds)
        state = self.download.state()
        self.story.prove(f"the same TCP connection completed with the right checksum, {what}",
                         fault is None,
                         fault or f"{state['received']} bytes, sha256 {state['sha256'][:16]}…")

    def step_2_blackhole(self):
        story = self.story
        story.begin_step("Path A is silently blackholed in the middle: the session jumps to B")

        def fault():
            at = story.fault("a", "blackholed")
            self.scene.paths["a"].blackhole()
            return at

        before = self.download.received()
        mark, _ = self.jump("A blackholed", "A", "B", fault)
        self.check_switch(mark, "b")
        story.prove("the download was running and goes on",
                    self.download.running() and self.download.received() > before,
                    f"{self.download.received() - before} bytes more")
        self.finish_download(20, "through the blackhole")
        self.check_no_handshake()

    def step_3_pulled_cable(self):
        story = self.story
        story.begin_step("A returns, B's link goes down visibly: the session jumps back")
        story.fault("a", "restored")
        self.scene.paths["a"].restore()
        self.begin_download(1)
        self.wait_standby("a")
        story.prove("path A is a validated standby again", True)
        # What it lost while it was gone counts against it for one loss window.
        time.sleep(3.0)

        def fault():
            at = story.fault("b", "cable pulled")
            self.scene.paths["b"].pull()
            return at

        mark, jump = self.jump("B's cable pulled", "B", "A", fault)
        self.check_switch(mark, "a")
        story.prove("the pulled cable was acted on at once, not after a silence",
                    jump.switched_ms < 500, f"{jump.switched_ms} ms")

    def step_4_both_die(self):
        self.both_die_and_one_returns()
        self.both_die_for_good()

    def both_die_and_one_returns(self):
        story, paths = self.story, self.scene.paths
        story.begin_step("Both die and one returns in time; then both die for good")

        def fault():
            at = story.fault("a", "blackholed")
            paths["a"].blackhole()
            time.sleep(2.0)
            story.fault("a", "restored")
            paths["a"].restore()
            return at

        mark, jump = self.jump("both dead, A returns", "A", "A", fault)
        story.prove("it had no path at all, was DEGRADED, and came back on A",
                    any(event.get("new_state") == "DEGRADED" for event in self.events(mark)),
                    f"transportless for {jump.switched_ms - jump.detected_ms} ms")
        self.finish_download(30, "through a pulled cable and a time without any path")

    def both_die_for_good(self):
        story, paths = self.story, self.scene.paths
        mark = self.gateway.log.count()
        story.fault("a", "blackholed")
        paths["a"].blackhole()
        ended = self.gateway.log.wait("SessionTerminated", config.TTL_MS / 1000 + 5, mark)
        self.tell_events()
        story.prove("TERMINATED with transport_ttl_exceeded",
                    ended["reason_code"] == "transport_ttl_exceeded")
        age = ended["transportless_age_ms"]
        story.prove("not before the policy's time, and at most 100 ms after it",
                    config.TTL_MS < age <= config.TTL_MS + 100,
                    f"{age} ms without a transport, {config.TTL_MS} allowed")
        self.check_client_said("transport_ttl_exceeded")
        self.check_no_handshake()

    def check_client_said(self, reason):
        """The client ends with its session, and says why."""
        status = self.client.wait(5)
        self.story.prove(f"the client ended too, and says {reason}",
                         status is not None and reason in self.client.said())

    def step_5_operator(self):
        story, scene = self.story, self.scene
        story.begin_step("The operator ends a session: jvpnctl terminate")
        for letter in ("a", "b"):
            story.fault(letter, "restored")
            scene.paths[letter].restore()
        mark = self.gateway.log.count()
        self.client = scene.start_client("client-2")
        attached = scene.wait_attached(self.gateway, self.client, mark)
        story.prove("a new handshake gives a new session with a new id",
                    attached["session_id"] != self.session, attached["session_id"])
        self.session = attached["session_id"]
        story.prove("it carries traffic", True, f"{scene.ping_both_ways('v4')[0]:.2f} ms")
        mark = self.gateway.log.count()
        self.gateway.ctl("terminate", self.session)
        ended = self.gateway.log.wait("SessionTerminated", 5, mark)
        self.tell_events()
        story.prove("TERMINATED with operator_terminated",
                    ended["reason_code"] == "operator_terminated")
        self.check_client_said("operator_terminated")
        story.prove("no tunnel device is left", plan.TUN not in
                    scene.topology.client.ip("-o", "link"))
        self.gateway.stop(seconds=10)
        story.prove("the gateway ends on SIGTERM with status 0", self.gateway.wait(0) == 0)
        verdict = self.gateway.verify_log()
        story.prove("every decision follows from the audit log alone: jvpnctl audit verify",
                    verdict["verified"], f"{verdict['transitions']} transitions, "
                    f"{verdict['grants']} grants, {verdict['denials']} denials, "
                    f"{verdict['timers']} timers, {verdict['mismatches']} mismatches")

    def check_no_handshake(self):
        """From the capture: handshake frames, and those after the session was attached."""
        frames = self.capture.frames()
        attached = next(event["ts_ms"] for event in self.events()
                        if event["event_type"] == "TransportAttached")
        shakes = [frame for frame in frames if frame.kind in HANDSHAKE_TYPES]
        late = [frame for frame in shakes if frame.at_ms > attached + 1]
        self.story.prove("no handshake on the wire since the session began (from the capture)",
                         not late and shakes,
                         f"{len(late)} of {len(frames)} frames; {len(shakes)} before")

    def run(self):
        self.step_1_attach()
        self.step_2_blackhole()
        self.step_3_pulled_cable()
        self.step_4_both_die()
        self.step_5_operator()

    def evidence(self):
        """Everything that the report is drawn from, as far as the demo came."""
        for part in (self.probe, self.capture):
            if part is not None:
                part.stop()
        self.story.end_step()
        return report.Evidence(
            events=self.events() if self.gateway else [],
            frames=self.capture.frames() if self.capture else [],
            probe={way: self.probe.records(way) for way in ("up", "down")} if self.probe else {})


def tell_programs(scene):
    """The last words of the programs, for whoever has to find out why."""
    for log in sorted(scene.folder.glob("*.log")):
        words = log.read_text(errors="replace").strip().splitlines()[-15:]
        for line in words:
            print(f"    {log.stem}: {line}")


def run_demo():
    """The reason why it failed, None when every step held."""
    story = Story()
    with Scene() as scene:
        demo = Demo(scene, story)
        failure = None
        try:
            demo.run()
        except FAILURES as caught:
            failure = str(caught) or type(caught).__name__
            if demo.gateway is not None:
                demo.tell_events()
            tell_programs(scene)
        report.write(OUT, story, demo.evidence(), failure)
    print(report.closing_table(story))
    print(f"report: {pathlib.Path(OUT).relative_to(TREE)}/report.html")
    return failure


def main():
    refused = namespace.allowed()
    if refused:
        print(f"demo: {refused}", file=sys.stderr)
        return 1
    missing = Programs().missing()
    if missing:
        print(f"demo: {missing[0]} is not built; run scripts/demo", file=sys.stderr)
        return 1
    try:
        failure = run_demo()
    except Interrupted as signal:
        failure = f"interrupted ({signal})"
    except FAILURES as caught:
        failure = str(caught) or type(caught).__name__
    if failure:
        print(f"demo: FAIL: {failure}")
        return 1
    print("demo: PASS")
    return 0


if __name__ == "__main__":
    sys.exit(main())
