#!/usr/bin/python3
"""docs/wire.md is enough to write a client from, and a client that means harm moves nothing."""

import ipaddress
import random
import secrets
import struct
import sys
import time

import case
from lab import plan

try:
    import foreign_client
    from foreign_client import ForeignClient, Keys
except ImportError as error:
    print("skipped:", error)
    sys.exit(case.SKIPPED)

PATIENT_POLICY = case.QUICK_POLICY.replace("transport_lost_ttl_ms = 2500",
                                           "transport_lost_ttl_ms = 60000")
# What a request that proves nothing leaves in the audit log.
DENIALS = ("ReattachAttempt", "ReattachResult", "SecurityValidationFailed", "DenialSummary")


def keys_of(scene):
    return Keys(foreign_client.read_key(scene.folder / "client.key"),
                foreign_client.decode_key(scene.files.gateway_key),
                foreign_client.read_key(scene.folder / "shared.psk"))


def begin(scene, suites=(1, 2, 3), keep_sessions=False):
    """A gateway and a foreign client with an attached session."""
    case.config.write_files(scene.files, policy=PATIENT_POLICY, keep_sessions=keep_sessions)
    gateway = scene.start_gateway()
    client = ForeignClient(keys_of(scene), scene.topology.client.name, ("a0", "b0"),
                           (plan.GATEWAY_WAN["v4"], plan.LISTEN_PORT), suites)
    client.handshake()
    client.send_probe(0)
    case.check("attached", client.await_kind("reply"), gateway.ctl_json("sessions")["total"])
    return gateway, client


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def packet(payload, protocol, source=plan.INNER_CLIENT["v4"], target=plan.SERVER["v4"],
           length=None, fragment=0):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload) if length is None else length,
                         1, fragment, 64, protocol, 0, ipaddress.ip_address(source).packed,
                         ipaddress.ip_address(target).packed)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def echo(sequence, **fields):
    body = struct.pack("!BBHHH", 8, 0, 0, 77, sequence)
    return packet(body[:2] + struct.pack("!H", checksum(body)) + body[4:], 1, **fields)


def ping(client, transport, sequence):
    """True when the echo of an inner packet comes back, on the bound transport."""
    for _ in range(3):  # the first one asks for the server's link address
        client.send_data(transport, echo(sequence))
        answer = client.await_kind("packet", 0.5)
        if answer and answer[2][20] == 0 and answer[2][26:28] == struct.pack("!H", sequence):
            return answer[0] == client.bound
    return False


def lives_by_the_document(scene, suite):
    gateway, client = begin(scene, (suite,))
    case.check("its suite", client.grant.suite == suite)
    case.check("its address", str(client.grant.inner[0].ip) == plan.INNER_CLIENT["v4"])
    case.check("traffic both ways", ping(client, 0, 1))
    client.send_challenge(1)
    proved = client.await_kind("proved")
    case.check("its challenge is answered, as long", proved[2] == foreign_client.CHALLENGE_BYTES)
    case.wait_standby(gateway, 1)
    mark = gateway.log.count()
    request = client.send_reattach(1)
    case.check("reattached", client.await_kind("ack")[2] == (1, 2, 1) and client.bound == 1)
    client.transports[1].send(request)
    case.check("the same request, the same answer", client.await_kind("ack")[2] == (1, 2, 1))
    gateway.log.wait("TransportSwitch", 1, mark, new_transport=1)
    case.check("traffic both ways again", ping(client, 1, 2))
    client.send_close(1)
    ended = gateway.log.wait("SessionTerminated", 2, mark)
    case.check("its end is heard", ended["reason_code"] == "peer_terminated")


def from_the_document_alone(scene):
    lives_by_the_document(scene, 1)


def with_chacha(scene):
    lives_by_the_document(scene, 3)


def asked_for_a_cookie_under_load(scene):
    """Whoever knows the gateway's public key floods it with inits; a client still gets in."""
    case.config.write_files(scene.files, policy=PATIENT_POLICY)
    gateway = scene.start_gateway()
    client = ForeignClient(keys_of(scene), scene.topology.client.name, ("a0", "b0"),
                           (plan.GATEWAY_WAN["v4"], plan.LISTEN_PORT))
    stranger = ForeignClient(Keys(secrets.token_bytes(32), client.keys.gateway, bytes(32)),
                             scene.topology.client.name, ("b0",),
                             (plan.GATEWAY_WAN["v4"], plan.LISTEN_PORT))
    client.handshake()
    case.check("a calm gateway asks for none", not client.was_asked_for_a_cookie)
    init = stranger.init_frame()
    for _ in range(8):
        for _ in range(200):
            stranger.transports[0].send(init)
        time.sleep(0.02)
    client.handshake()
    case.check("a loaded one does", client.was_asked_for_a_cookie)
    client.send_probe(0)
    case.check("attached", client.await_kind("reply"))
    drops = case.drops(gateway)
    case.check("inits without a cookie are counted", drops["no_cookie"] > 100, drops["no_cookie"])
    answers = len(stranger.transports[0].socket.recv(2048))
    case.check("the flood is answered with less than it sends", answers == 64, answers)


def flips(frame, count):
    """`frame` with each of its first `count` bytes changed in one bit, one at a time."""
    for at in range(count):
        yield frame[:at] + bytes([frame[at] ^ 1 << at % 8]) + frame[at + 1:]


def harm(client, rng):
    """Frames of an authenticated peer and of one that knows only what an eavesdropper does."""
    bound = client.transports[0]
    data = client.data_frame(bound, client.probe_frame(bound))
    yield from flips(data, 16)
    yield from (data[:size] for size in range(1, len(data)))
    yield from flips(client.init_frame(), 8 + 32)
    yield client.init_frame(timestamp=1)
    yield from (client.init_frame()[:size] for size in range(1, 400, 37))
    for plaintext in (b"", b"\0\1", b"\5", b"\1" + bytes(38), b"\1\1" + bytes(38), b"\2" * 48,
                      b"\x45", b"\x60" + bytes(20), bytes(1300)):
        yield client.data_frame(bound, plaintext)
    for inner in (echo(1, source="10.77.0.99"), echo(1, target=plan.GATEWAY_CORE["v4"]),
                  echo(1, target="10.77.0.1"), echo(1, target=plan.GATEWAY_WAN["v4"]),
                  echo(1, target="127.0.0.1"), echo(1, target="224.0.0.1"), echo(1, length=20),
                  echo(1, length=4000), echo(1) + b"x"):
        yield client.data_frame(bound, inner)
    for message in (b"", b"\6" + bytes(47), b"\1" * 48, b"\5" * 32, b"\2" + bytes(15)):
        yield client.control_frame(bound, message)
    for _ in range(20_000):
        yield bytes([rng.choice((1, 2, 3, 4, 5, 255))]) + rng.randbytes(rng.randrange(400))


def hostile_peer_moves_nothing(scene):
    gateway, client = begin(scene)
    ping(client, 0, 1)
    memory, mark = gateway.memory_kib(), gateway.log.count()
    seed = random.randrange(1 << 32)
    sent = client.flood(0, harm(client, random.Random(seed)))
    case.check("hostile frames", sent > 20_000, f"{sent}, seed {seed}")
    client.receive_all(quiet=0.05)
    client.send_probe(0)
    case.check("the gateway has seen them all, and answers", client.await_kind("reply"))
    moved = [event["event_type"] for event in gateway.log.after(mark)
             if event["event_type"] not in DENIALS]
    case.check("nothing moved", not moved, moved)
    case.check("they are counted", sum(case.drops(gateway).values()) > sent * 0.9)
    grown = gateway.memory_kib() - memory
    case.check("memory is bounded", grown < 4096, f"{grown} KiB more")
    client.send_data(0, (b"\3" + bytes(8)) * 130)
    answers = [what for what in client.receive_all() if what[1] == "unasked"]
    case.check("130 challenges in a frame bring one answer", len(answers) == 1, len(answers))
    client.send_probe(0)
    case.check("the session lives", client.await_kind("reply"))


def survives_a_restart_of_the_gateway(scene):
    gateway, client = begin(scene, keep_sessions=True)
    mark = gateway.log.count()
    gateway.kill()
    gateway = scene.start_gateway("gateway-again")
    call = client.await_kind("solicit", 10)
    case.check("it is called", call is not None and call[2] == (foreign_client.RESTART, 0, 1), call)
    client.send_reattach(0)
    case.check("it is let in", client.await_kind("ack", 5))
    case.check("under the next key epoch", client.key_epoch == 2)
    client.send_probe(0)
    case.check("its probes are answered under the new keys", client.await_kind("reply", 5))
    gateway.log.wait("KeyRotated", 5, mark, reason_code="node_restart")


if __name__ == "__main__":
    case.run(from_the_document_alone, with_chacha, asked_for_a_cookie_under_load,
             hostile_peer_moves_nothing, survives_a_restart_of_the_gateway)
