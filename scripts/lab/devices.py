"""What others do on a stage: devices on the way, outsiders, flapping links, a full disk."""

import json
import pathlib
import time

from lab import clock, plan, script_text
from lab.capture import CONTROL, DATA, UplinkCapture
from lab.plays import FLAP_MS
from lab.probe import Probe

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"
GUESSES_PER_S = 100
STORM_PER_S, STORM = 1500, 12_000  # twice as many lines as wait for a disk, and more
NEWEST = 512                       # more lines than any play has after a storm


def sent_by_client(packet, kind):
    """True of the client's own frames of this kind, over IPv4: bytes 42 and on of the packet."""
    return packet[12:14] == b"\x08\x00" and packet[42:43] == bytes([kind]) and \
        int.from_bytes(packet[36:38], "big") == plan.LISTEN_PORT


class Devices:
    """What a Stage can do to its client and its gateway without being one of them."""

    def __init__(self):
        self.probe = self.uplink = self.flood = self.chatter = None
        self.beginning = b""
        self.guesses = 0
        self.usage = []         # (memory in KiB, CPU ticks, lines of the log) now and then
        self._log_path = None   # where the log's file is while its place is taken
        self.seen = []          # what memory knew when the disk had room again
        self._lost_target = ""

    def do_probe(self, _):
        self.probe = Probe(self.scene.topology, self.scene.folder)
        begin = clock.now_ns()
        clock.wait_for("the probe to flow", 10, lambda: self.probe.arrived_since(begin))
        time.sleep(0.5)

    # -- a device on the way

    def do_chatter(self, _):
        """Data for the client, so that it takes a way for alive on which nobody hears it.

        So few in a second that no loss is judged by them.
        """
        self.chatter = self.scene.topology.server.start(
            "chatter", ("ping", "-n", "-q", "-i", "0.2", plan.INNER_CLIENT["v4"]),
            self.scene.folder / "chatter.log")
        time.sleep(0.2)

    def do_silence_up(self, letter):
        self.ways[letter].silence("up")

    def do_hold(self, letter):
        """Requests go no further than the client's uplink, where they are written down."""
        path = letter.lower()
        self.uplink = (self.scene.topology.routers[path], UplinkCapture(
            self.scene.topology, path, self.scene.folder, snap=256))
        self.ways[letter].silence("requests")

    def do_deliver_held(self, _):
        """The oldest request that was held, as it was sent."""
        router, capture = self.uplink
        packet = next(packet[14:] for _, packet in capture.packets()
                      if sent_by_client(packet, CONTROL))
        router.run(PYTHON, HERE / "inject.py", stdin=packet.hex())

    def do_corrupt(self, letter):
        self.ways[letter].silence("corrupt")

    def do_corrupt_first(self, letter):
        self.ways[letter].silence("corrupt_first")

    # -- the way that an attempt goes

    def do_lose_target(self, _):
        self._lost_target = self._target()
        self.ways[self._lost_target].silence()

    def do_lose_rest(self, letters):
        for letter in letters:
            self.ways[letter].silence()

    def do_open_next_target(self, _):
        clock.wait_for("another target", 5, lambda: self._target() != self._lost_target)
        self.ways[self._target()].heal()

    def _target(self):
        return next(script_text.letter(event["candidate_transport"])
                    for event in reversed(self.lines())
                    if event["event_type"] == "ReattachAttempt")

    # -- links that flap

    def do_pull_bound(self, _):
        self.scene.paths[self._bound_path()].pull()

    def do_restore(self, _):
        for path in self.scene.paths.values():
            path.restore()

    def do_flap(self, seconds):
        """The bound path dies each FLAP_MS while there is one; it is back 100 ms after the jump."""
        begin = next_ms = clock.now_ms()
        next_look = begin
        while next_ms < begin + seconds * 1000:
            time.sleep(max(0, next_ms - clock.now_ms()) / 1000)
            next_ms += FLAP_MS
            if clock.now_ms() >= next_look:
                self.usage.append(self._usage())
                next_look += 60_000
            path = self._bound_path()
            if path is None:
                continue
            mark = self.gateway.log.count()
            self.scene.paths[path].pull()
            clock.wait_for("the answer to a death", 5, lambda: any(
                event.get("new_state") in ("ATTACHED", "DEGRADED")
                for event in self.gateway.log.after(mark)))
            time.sleep(0.1)
            self.scene.paths[path].restore()
        self.usage.append(self._usage())

    def _usage(self):
        return self.gateway.memory_kib(), self.gateway.cpu_ticks(), self.gateway.log.count()

    def do_flap_standby(self, seconds):
        """The way that is not dead and not bound comes and goes as fast as it can be noticed."""
        end = clock.now_ms() + seconds * 1000
        letter = next(letter for letter in "BD" if not self.ways[letter].silenced)
        while clock.now_ms() < end:
            self.ways[letter].silence()
            time.sleep(0.8)
            self.ways[letter].heal()
            time.sleep(0.4)

    def _bound_path(self):
        rows = self.gateway.ctl_json("transports")["transports"]
        return next(("ab"[row["transport_id"] % 2] for row in rows if row["bound"]), None)

    # -- outsiders

    def do_overhear(self, _):
        """The beginning of a request on the client's own flow, as anybody on the way reads it."""
        frame = clock.wait_for("a data frame", 5, lambda: next(
            (packet[42:] for _, packet in self.capture.packets()
             if sent_by_client(packet, DATA)), None))
        self.beginning = bytes([CONTROL, 1, 0, 0]) + frame[4:8]

    def do_guess(self, seconds):
        self.guesses = seconds * GUESSES_PER_S
        self.flood = self._start_flood(self.guesses, GUESSES_PER_S)

    def do_storm(self, _):
        """More denials than lines can wait for a disk."""
        flood = self._start_flood(STORM, STORM_PER_S)
        flood.wait(STORM / STORM_PER_S * 4)

    def _start_flood(self, count, per_second):
        return self.scene.topology.wan.start("flood", (
            PYTHON, HERE / "flood.py", plan.GATEWAY_WAN["v4"], plan.LISTEN_PORT,
            self.beginning.hex(), count, per_second), self.scene.folder / "flood.log")

    # -- a disk that is full

    def do_fill_disk(self, _):
        """The gateway's log goes to a file that says what a full disk says."""
        path = self.gateway.log.path
        self._log_path = path
        self.gateway.log.path = path.with_name("kept.jsonl")
        path.rename(self.gateway.log.path)
        path.symlink_to("/dev/full")
        self.gateway.reopen_log()
        time.sleep(0.3)

    def reopen_log(self):
        """There is room on the disk again, if there was none."""
        if self._log_path is None:
            return
        self.seen = self.lines()
        self._log_path.unlink()
        self.gateway.log.path.rename(self._log_path)
        self.gateway.log.path, self._log_path = self._log_path, None
        self.gateway.reopen_log()

    def lines(self):
        """The events since the curtain; from the gateway's memory when its disk takes none."""
        if self._log_path is None:
            return self.gateway.log.after(self.mark)
        newest = self.gateway.ctl("events", "-j", "-n", NEWEST).splitlines()
        return [event for event in map(json.loads, newest) if event["ts_ms"] >= self.curtain_ms]

    def clear_devices(self):
        self.reopen_log()
        if self.uplink is not None:
            self.uplink[1].stop()
        for child in (self.probe, self.flood, self.chatter):
            if child is not None:
                child.stop()
        Devices.__init__(self)
