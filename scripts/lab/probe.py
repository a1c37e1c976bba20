"""The UDP probe of the demo: both directions, and what its records say about a jump."""

import dataclasses
import pathlib

from lab import plan
from lab.probe_end import RECORD_FORMAT

HERE = pathlib.Path(__file__).parent
PORT = 7000
PER_SECOND = 1000


@dataclasses.dataclass
class Outage:
    """What one direction of the probe saw within a window."""

    gap_ms: float
    lost: int
    sent: int


class Records:
    """Packets of one direction, in order of arrival."""

    def __init__(self, path):
        data = path.read_bytes()
        whole = len(data) // RECORD_FORMAT.size * RECORD_FORMAT.size
        self.packets = list(RECORD_FORMAT.iter_unpack(data[:whole]))

    def last_arrival_ns(self):
        return self.packets[-1][2] if self.packets else 0

    def outage(self, begin_ns, end_ns):
        """The longest silence, and how many of the packets sent within the window never came."""
        arrivals = [begin_ns] + [at for _, _, at in self.packets if begin_ns <= at <= end_ns]
        longest = max((b - a for a, b in zip(arrivals, arrivals[1:] + [end_ns])), default=0)
        numbers = sorted({number for number, sent, _ in self.packets if begin_ns <= sent <= end_ns})
        if not numbers:
            return Outage(longest / 1e6, 0, 0)
        sent = numbers[-1] - numbers[0] + 1
        return Outage(longest / 1e6, sent - len(numbers), sent)

    def gaps(self, threshold_ms):
        """(begin, end) in ms of every silence longer than the threshold."""
        arrivals = [at for _, _, at in self.packets]
        return [(a / 1e6, b / 1e6) for a, b in zip(arrivals, arrivals[1:])
                if b - a > threshold_ms * 1e6]

    def per_slot(self, slot_ms):
        """Packets that arrived in each slot: {slot index: count}."""
        slots = {}
        for _, _, at in self.packets:
            slot = at // (slot_ms * 1_000_000)
            slots[slot] = slots.get(slot, 0) + 1
        return slots

    def duplicates(self):
        return len(self.packets) - len({number for number, _, _ in self.packets})


class Probe:
    def __init__(self, topology, folder, family="v4"):
        address = plan.SERVER[family]
        self._records = {"up": folder / "probe-up.bin", "down": folder / "probe-down.bin"}
        for record in self._records.values():
            record.write_bytes(b"")  # so that it can be read from now on
        words = ("/usr/bin/python3", HERE / "probe_end.py")
        tail = (address, PORT, PER_SECOND)
        self._server = topology.server.start(
            "probe server", (*words, "server", *tail, self._records["up"]),
            folder / "probe-server.log")
        self._client = topology.client.start(
            "probe client", (*words, "client", *tail, self._records["down"]),
            folder / "probe-client.log")

    def records(self, direction):
        """direction: "up" = client to server, "down" = server to client."""
        return Records(self._records[direction])

    def arrived_since(self, begin_ns):
        """True when both directions have had a packet since."""
        return all(self.records(d).last_arrival_ns() > begin_ns for d in ("up", "down"))

    def stop(self):
        self._client.stop()
        self._server.stop()
