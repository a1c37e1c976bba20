#!/usr/bin/python3
"""Garbage, truncated, oversized, fragmented, replayed datagrams are counted and change nothing."""

import struct

import case
from lab import plan
from lab.capture import read_packets

INIT, DATA = 1, 4  # first bytes of a frame

SENDER = """
import socket, sys
frames = [bytes.fromhex(line) for line in sys.stdin.read().split()]
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
out = socket.socket(family, socket.SOCK_DGRAM)
for frame in frames:
    out.sendto(frame, (sys.argv[1], int(sys.argv[2])))
"""


def throw(scene, *frames, family="v4"):
    """Sends datagrams to the gateway from the WAN router, an address of no client."""
    scene.topology.wan.run("/usr/bin/python3", "-c", SENDER, plan.GATEWAY_WAN[family],
                           plan.LISTEN_PORT, stdin="\n".join(frame.hex() for frame in frames))


def eavesdropper(scene):
    """Writes down the client's next 20 frames, as they go over the wire."""
    words = ("tcpdump", "-i", "gw0", "-n", "-U", "-c", "20", "-Z", "root", "-w",
             scene.folder / "overheard.pcap", "udp", "dst", "port", plan.LISTEN_PORT)
    listener = scene.keep(scene.topology.wan.start("tcpdump", words, scene.folder / "tcpdump.log"))
    case.clock.wait_for("tcpdump to listen", 10, lambda: "listening on" in listener.said())
    return listener


def overheard(scene, kind):
    """One of the client's own frames, of that type."""
    packets = read_packets((scene.folder / "overheard.pcap").read_bytes())
    payloads = [packet[14 + 20 + 8:] for _, packet in packets]
    return next(payload for payload in payloads if payload[0] == kind)


def counted(scene, gateway, reason, *frames, family="v4"):
    """Throws the frames; the gateway must count each of them for that reason."""
    before = case.drops(gateway).get(reason, 0)
    throw(scene, *frames, family=family)
    case.clock.wait_for(f"{len(frames)} drops for {reason}", 5, lambda: case.drops(gateway).get(
        reason, 0) >= before + len(frames), pace=0.05)
    case.check(f"counted as {reason}", True, len(frames))


def standing(gateway):
    """What must not change: the sessions, without the figures that always run."""
    running = ("age_ms", "switches_last_minute")
    return [{key: value for key, value in row.items() if key not in running}
            for row in gateway.ctl_json("sessions")["sessions"]]


def outsiders_change_nothing(scene):
    case.config.write_files(scene.files, policy=case.QUICK_POLICY)
    gateway = scene.start_gateway()
    listener = eavesdropper(scene)
    client = scene.start_client()
    scene.wait_attached(gateway, client)
    case.check("the client's frames are overheard", listener.wait(10) == 0)
    init, frame = overheard(scene, INIT), overheard(scene, DATA)
    before, mark = standing(gateway), gateway.log.count()
    forged = frame[:8] + struct.pack("!Q", 1 << 40) + frame[16:]
    unknown_flow = frame[:4] + bytes(4) + frame[8:]
    counted(scene, gateway, "unknown_type", b"\0" * 64, b"\xff" * 64, b"\3" + b"\0" * 63)
    counted(scene, gateway, "too_short", b"\4", frame[:20], b"\5" * 12, b"\1" + b"\0" * 99)
    counted(scene, gateway, "too_long", b"\1" + bytes(1400))
    counted(scene, gateway, "bad_mac1", b"\1\1" + bytes(598))
    counted(scene, gateway, "old_timestamp", *([init] * 3))
    counted(scene, gateway, "unknown_flow", unknown_flow)
    counted(scene, gateway, "reserved_bits", frame[:2] + b"\1" + frame[3:])
    counted(scene, gateway, "replayed", *([frame] * 5))
    counted(scene, gateway, "bad_tag", *([forged] * 5))
    # IPv6, because a packet socket as the port has the kernel put IPv4 fragments together.
    counted(scene, gateway, "fragment", b"\4" + bytes(3000), family="v6")
    case.check("no session changed", standing(gateway) == before, standing(gateway))
    case.check("nothing in the audit log", gateway.log.after(mark) == [])
    scene.ping_both_ways("v4")
    case.check("traffic goes on", True)


if __name__ == "__main__":
    case.run(outsiders_change_nothing)
