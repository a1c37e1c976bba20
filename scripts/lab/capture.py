"""A capture at the gateway's WAN link, and what its outer frames say."""

import dataclasses
import ipaddress
import struct

from lab import clock, plan

SNAP = 80  # Ethernet, IPv6, UDP and the first bytes of the frame
HANDSHAKE_TYPES = (1, 2)
DATA, CONTROL = 4, 5
NAMES = {1: "handshake init", 2: "handshake response", 4: "data", 5: "session control"}
NETS = {letter: tuple(ipaddress.ip_network(net) for net in nets)
        for letter, nets in plan.UPLINK_NETS.items()}


@dataclasses.dataclass
class Frame:
    at_ms: float  # boot time
    kind: int     # first byte of the UDP payload
    path: str     # letter of the client's uplink, "" = neither
    upward: bool
    length: int   # of the UDP payload


class Capture:
    def __init__(self, topology, folder, snap=SNAP):
        self._listen(topology.wan, "gw0", folder, snap)

    def _listen(self, namespace, interface, folder, snap):
        self.file = folder / f"{interface}.pcap"
        self._child = namespace.start(
            "capture", ("tcpdump", "-i", interface, "-n", "-p", "-U", "-s", snap, "-B", 8192, "-Z",
                        "root", "-w", self.file, "udp", "port", plan.LISTEN_PORT),
            folder / f"tcpdump-{interface}.log")
        self._offset_ns = clock.wall_to_boot_ns()
        clock.wait_for("tcpdump to listen", 10, lambda: "listening on" in self._child.said())

    def stop(self):
        self._child.stop()

    def packets(self):
        """(wall-clock ns, bytes with the Ethernet header) of all so far."""
        return list(read_packets(self.file.read_bytes()))

    def frames(self):
        return list(read_frames(self.file.read_bytes(), self._offset_ns))


class UplinkCapture(Capture):
    """The same where a client's uplink ends, before anything on the way has touched a packet."""

    def __init__(self, topology, letter, folder, snap=SNAP):
        self._listen(topology.routers[letter], "down0", folder, snap)


def read_packets(data):
    """(wall-clock ns, bytes) of every whole packet of a capture file that may still grow."""
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    fraction = 1 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1000
    at, header = 24, struct.Struct(order + "IIII")
    while at + header.size <= len(data):
        seconds, part, kept, _ = header.unpack_from(data, at)
        at += header.size
        packet = data[at:at + kept]
        at += kept
        if len(packet) == kept:
            yield seconds * 1_000_000_000 + part * fraction, packet


def read_frames(data, offset_ns):
    for at_ns, packet in read_packets(data):
        if frame := parse(packet):
            frame.at_ms = (at_ns + offset_ns) / 1e6
            yield frame


def parse(packet):
    """The jvpn frame of an Ethernet packet; None when it is none."""
    ethertype = packet[12:14]
    if ethertype == b"\x08\x00":
        udp = 14 + (packet[14] & 15) * 4
        source, target = packet[26:30], packet[30:34]
    elif ethertype == b"\x86\xdd":
        udp = 14 + 40
        source, target = packet[22:38], packet[38:54]
    else:
        return None
    if len(packet) < udp + 9:
        return None
    source_port, _, length = struct.unpack_from("!HHH", packet, udp)
    upward = source_port != plan.LISTEN_PORT
    client = ipaddress.ip_address(source if upward else target)
    path = next((letter for letter, nets in NETS.items() if any(client in net for net in nets)), "")
    return Frame(0.0, packet[udp + 8], path, upward, length - 8)
