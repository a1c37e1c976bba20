"""A lab in which plays are played one after another: one gateway, a new client for each."""

import contextlib
import time

from lab import clock, config, plan, plays, script_text
from lab.capture import CONTROL, DATA, HANDSHAKE_TYPES, Capture, read_packets
from lab.devices import Devices, sent_by_client
from lab.process import CommandFailed
from lab.verdicts import Verdicts
from lab.ways import WAYS, Way

SETTLE_S = 0.4   # how long to look for events that should not come
PACKETS_PER_SECOND = 100  # of the inner load, each way
LOADED_S = 1.2   # until the load fills a loss window
ENDED = 5        # the client's exit status when something else than its user ended the session
WHOLE_CONTROL = 256  # bytes of a packet that hold any session control frame
SENDER = """
import socket, sys
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.sendto(bytes.fromhex(sys.stdin.read()), (sys.argv[1], int(sys.argv[2])))
"""


class Stage(Devices, Verdicts):
    def __init__(self, scene):
        self.scene = scene
        self.ways = {letter: Way(scene.topology, letter) for letter in WAYS}
        config.write_files(scene.files, families=("v4", "v6"), policy=plays.POLICY)
        self.gateway = scene.start_gateway()
        self.client = self.capture = self.session = self.load = None
        self.sessions = []  # of this play, the newest last
        self.refused = False
        self.mark = self.curtain_ms = 0
        self._clients = 0
        self._policy = plays.POLICY
        super().__init__()

    def play(self, play):
        """What went otherwise than the play says, and the events. Leaves a clean stage."""
        try:
            self._prepare(play)
            self.curtain_ms = clock.now_ms()
            for step in play.steps:
                self._take(play, *step)
            with contextlib.suppress(clock.TimedOut):
                clock.wait_for("the last event", play.patience_s, lambda: len(
                    script_text.followed(play, self._events(play))[0]) >= len(play.log))
            time.sleep(SETTLE_S)
            events = self._events(play)
            self.reopen_log()
            faults = list(script_text.differences(play, self.curtain_ms, events))
            for check in play.checks:
                faults += getattr(self, f"check_{check}")()
            return faults, events
        except (clock.TimedOut, CommandFailed) as failure:
            return [str(failure)], self._events(play)
        finally:
            self._clear()

    def _prepare(self, play):
        self.sessions = []
        self.refused = False
        if play.policy != self._policy:
            self.do_apply(play.policy)
        self.do_up()
        self._wait_lives(WAYS, alive=True)
        dead = [letter for letter in WAYS if letter not in play.alive]
        for letter in dead:
            self.ways[letter].silence()
        self._wait_lives(dead, alive=False)
        if play.load:
            self.load = self.scene.topology.client.start(
                "load", ("ping", "-q", "-n", "-i", 1 / PACKETS_PER_SECOND, plan.SERVER["v4"]),
                self.scene.folder / "load.log")
            time.sleep(LOADED_S)
        self.capture = Capture(self.scene.topology, self.scene.folder, WHOLE_CONTROL)
        self.mark = self.gateway.log.count()

    def do_up(self, _=""):
        if self.client is not None:
            self.client.wait(15)
        self._clients += 1
        begin = self.gateway.log.count()
        self.client = self.scene.start_client(f"client{self._clients}")
        attached = self.scene.wait_attached(self.gateway, self.client, begin)
        self.session = attached["session_id"]
        self.sessions.append(self.session)

    def do_apply(self, policy):
        file = self.scene.folder / "applied.toml"
        file.write_text(policy)
        self._policy = policy
        self.gateway.ctl("policy", "apply", file)

    def do_apply_refused(self, policy):
        try:
            self.do_apply(policy)
        except CommandFailed:
            self.refused = True

    def _wait_lives(self, letters, alive):
        """Until both ends know of each of these ways that it lives, or that it does not."""
        def known():
            told = {row["transport_id"]: row for row in
                    self.gateway.ctl_json("transports")["transports"]}
            own = {row["id"]: row for row in self.client.status()["transports"]}
            for letter in letters:
                at = self.ways[letter].transport
                if alive != (told[at]["validated"] and told[at]["life"] == "fresh") or \
                        alive != (own[at]["life"] == "fresh") or \
                        (not alive and own[at]["life"] != "dead"):
                    return False
            return True
        clock.wait_for(f"ways {''.join(letters)} to {'live' if alive else 'die'}", 15, known,
                       pace=0.1)

    def _events(self, play):
        return [event for event in self.lines()
                if event.get("session_id") in self.sessions and
                (play.candidates or event.get("role") != "candidate")]

    def _take(self, play, when, action, what):
        if not isinstance(when, int):
            text, pause_ms = when
            event = clock.wait_for(text, play.patience_s, lambda: next(
                (e for e in reversed(self._events(play))
                 if script_text.say(e).startswith(text)), None))
            when = event["ts_ms"] + pause_ms - self.curtain_ms
        time.sleep(max(0, self.curtain_ms + when - clock.now_ms()) / 1000)
        if when == 0:
            self.curtain_ms = clock.now_ms()
        getattr(self, f"do_{action}")(what)

    def do_silence(self, letters):
        for letter in self._bound() if letters == "bound" else letters:
            self.ways[letter].silence()

    def do_mute(self, letters):
        """Session control is lost both ways; data and probes pass."""
        for letter in letters:
            self.ways[letter].silence("control")

    def do_silence_down(self, letter):
        self.ways[letter].silence("down")

    def do_lose_answers(self, letter):
        self.ways[letter].silence("answers")

    def do_lose(self, what):
        """"A 35": of each 100 packets of A 35, each way; several, one after another."""
        for letter, percent in zip(*[iter(what.split())] * 2):
            self.ways[letter].lose(int(percent))

    def do_heal(self, letter):
        self.ways[letter].heal()

    def do_pull(self, path):
        self.scene.paths[path].pull()

    def do_terminate(self, _):
        self.gateway.ctl("terminate", self.session)

    def do_replay(self, _):
        """The request that was granted, once more, from an address of no client."""
        request = clock.wait_for("a captured request", 5, self._captured_request)
        self.scene.topology.wan.run("/usr/bin/python3", "-c", SENDER, plan.GATEWAY_WAN["v4"],
                                    plan.LISTEN_PORT, stdin=request.hex())

    def _captured_request(self):
        for _, packet in read_packets(self.capture.file.read_bytes()):
            if sent_by_client(packet, CONTROL):
                return packet[42:]
        return None

    def _bound(self):
        rows = self.gateway.ctl_json("transports")["transports"]
        return next(script_text.letter(row["transport_id"]) for row in rows if row["bound"])

    def check_lives(self):
        """The same session carries traffic both ways, under the address that it had."""
        try:
            self.scene.ping_both_ways("v4")
        except CommandFailed as failure:
            return [f"no traffic: {failure}"]
        found = [row["session_id"] for row in self.gateway.ctl_json("sessions")["sessions"]]
        return [] if found == [self.session] else [f"sessions {found}"]

    def check_counts(self):
        """The edge tells how many were lost of how many, more than the policy allows."""
        edge = next(e for e in self.gateway.log.after(self.mark)
                    if e["event_type"] == "SessionStateChange")
        lost, sent = edge.get("loss_lost"), edge.get("loss_sent")
        # The client may have seen it first; then its request is the cause.
        if lost is None or lost * 1000 > plays.LOSSY_PERMILLE * sent:
            return []
        return [f"{lost} of {sent} lost"]

    def check_carries(self):
        """A lossy binding goes on carrying what it can."""
        begin = clock.now_ms()
        # What is captured is written down some time later, in order.
        up = clock.wait_for("a second on the wire", 5, lambda: self._data_up(begin, 1000))
        return [] if len(up) > PACKETS_PER_SECOND / 2 else [f"{len(up)} frames in a second"]

    def _data_up(self, begin_ms, span_ms):
        """The client's data frames of a time that is over; None while it is not."""
        up = [frame for frame in self.capture.frames() if frame.upward and frame.kind == DATA
              and frame.at_ms > begin_ms]
        within = [frame for frame in up if frame.at_ms <= begin_ms + span_ms]
        return within if len(within) < len(up) else None

    def check_no_handshake(self):
        time.sleep(1)
        count = sum(frame.kind in HANDSHAKE_TYPES for frame in self.capture.frames())
        return [f"{count} handshake messages"] if count else []

    def check_client_told(self):
        status = self.client.wait(3)
        return [] if status == ENDED else [f"the client's exit status is {status}"]

    def check_silence_after(self):
        ended = next(e["ts_ms"] for e in reversed(self.gateway.log.read())
                     if e["event_type"] == "SessionTerminated")
        time.sleep(0.5)
        late = [frame for frame in self.capture.frames()
                if not frame.upward and frame.kind == DATA and frame.at_ms > ended + 100]
        return [f"{len(late)} data frames after the end"] if late else []

    def check_client_bound_to_b(self):
        try:
            clock.wait_for("the client to be bound to B", 2, lambda: any(
                row["bound"] and row["id"] == 1 for row in self.client.status()["transports"]))
        except clock.TimedOut as failure:
            return [str(failure)]
        return []

    def _clear(self):
        if self.load is not None:
            self.load.stop()
            self.load = None
        self.clear_devices()
        if self.capture is not None:
            self.capture.stop()
            self.capture = None
        for way in self.ways.values():
            way.heal()
        for path in self.scene.paths.values():
            path.restore()
        if self.client is not None:
            self.client.stop()
            self.client = None
        clock.wait_for("the gateway to have no session", 8,
                       lambda: self.gateway.ctl_json("sessions")["total"] == 0, pace=0.1)
