"""A client written from docs/wire.md alone; section numbers are those of that page.

It has one socket a transport and no thread: whoever drives it calls send_* and receive().
"""

import base64
import contextlib
import ctypes
import dataclasses
import secrets
import select
import socket
import struct
import time

import foreign_crypto as crypto
from foreign_grant import Grant, Reader

INIT, RESPONSE, COOKIE, DATA, CONTROL = range(1, 6)
PROBE, PROBE_REPLY, PATH_CHALLENGE, PATH_RESPONSE, PATH_REPORT = range(1, 6)
REATTACH_REQUEST, REATTACH_ACK, REATTACH_DENY, SOLICIT, CLOSE, KNOCK, CHECK = range(1, 8)
MIN_INIT, CHALLENGE_BYTES = 400, 1200
DEAD, RESTART, PEER_TERMINATED = 1, 3, 5
LIBC = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def inside(namespace):
    """A socket that is made in here belongs to that network namespace."""
    with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{namespace}", "rb") as there:
        if LIBC.setns(there.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            LIBC.setns(home.fileno(), 0)


def decode_key(text):
    return base64.b64decode(text)


def read_key(path):
    return decode_key(path.read_text())


@dataclasses.dataclass
class Keys:
    private: bytes
    gateway: bytes
    preshared: bytes


class Transport:
    """One socket, its flow indices and its send counter."""

    def __init__(self, number, namespace, device, gateway):
        self.number = number
        self.own_flow = secrets.randbelow(0xFFFFFFFF) + 1
        self.peer_flow = 0
        self.sent = self.next = self.count = 0
        self.judged = self.arrived = 0
        family = socket.AF_INET6 if ":" in gateway[0] else socket.AF_INET
        with inside(namespace):
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        self.socket.connect(gateway)

    def send(self, frame):
        self.socket.send(frame)
        return frame


class ForeignClient:
    def __init__(self, keys, namespace, devices, gateway, suites=(1, 2, 3)):
        self.keys, self.suites = keys, suites
        self.transports = [Transport(n, namespace, device, gateway)
                           for n, device in enumerate(devices)]
        self.bound, self.binding_epoch, self.request_counter = 0, 1, 0
        self.challenges = {}
        self.probes = 0

    # -- handshake (3)

    def init_frame(self, this=0, timestamp=None):
        """A new init; the Noise state waits for its response."""
        now = time.time_ns() if timestamp is None else timestamp
        payload = struct.pack("!QI", (1 << 62) + now // 10**9, now % 10**9)
        payload += bytes([this, len(self.suites), *self.suites, len(self.transports)])
        payload += b"".join(struct.pack("!I", each.own_flow) for each in self.transports)
        payload = payload.ljust(MIN_INIT - 8 - 32 - 48 - 16 - 32, b"\0")
        self.handshake_index = secrets.token_bytes(4)
        self.noise = crypto.Noise(self.keys.private, self.keys.gateway, self.keys.preshared)
        frame = bytes([INIT, 1, 0, 0]) + self.handshake_index + self.noise.write(payload)
        return frame + crypto.mac1(self.keys.gateway, frame) + bytes(16)

    def proved(self, init, reply):
        """The same init with the cookie of a reply to it (3.5)."""
        assert reply[:8] == bytes([COOKIE, 1, 0, 0]) + init[4:8] and len(reply) == 64
        cookie = crypto.open_cookie(self.keys.gateway, reply[8:], init[-32:-16])
        return init[:-16] + crypto.blake2b(16, cookie, init[:-16])

    def handshake(self):
        first = self.transports[0]
        init = first.send(self.init_frame())
        frame = self.wait(first, lambda data: data[0] in (RESPONSE, COOKIE)
                          and data[4:8] == self.handshake_index)
        self.was_asked_for_a_cookie = frame[0] == COOKIE
        if self.was_asked_for_a_cookie:
            first.send(self.proved(init, frame))
            frame = self.wait(first, lambda data: data[0] == RESPONSE
                              and data[4:8] == self.handshake_index)
        assert frame[:4] == bytes([RESPONSE, 1, 0, 0]) and frame[-16:] == bytes(16)
        assert frame[-32:-16] == crypto.mac1(self.noise.public, frame[:-32])
        payload, root = self.noise.read(frame[8:-32])
        self.grant = Grant.parse(payload)
        self.token = self.grant.token
        for transport, flow in zip(self.transports, self.grant.flows):
            transport.peer_flow = flow
        self.transports = self.transports[:len(self.grant.flows)]
        self.root = root
        self.use_keys(1, root)
        self.control_up = crypto.ControlCipher(root, crypto.UP)
        self.control_down = crypto.ControlCipher(root, crypto.DOWN)

    def use_keys(self, epoch, secret):
        """All counters begin at 0 under the keys of an epoch (2, 4)."""
        self.key_epoch, self.secret, self.random = epoch, secret, secrets.token_bytes(16)
        self.seal = crypto.traffic_cipher(secret, crypto.UP, self.grant.suite, epoch)
        self.opener = crypto.traffic_cipher(secret, crypto.DOWN, self.grant.suite, epoch)
        for each in self.transports:
            each.sent = each.next = each.count = 0

    def wait(self, transport, wanted, seconds=5):
        """The next datagram of that transport that is `wanted`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([transport.socket], [], [], left)[0]:
                data = transport.socket.recv(2048)
                if wanted(data):
                    return data
        raise TimeoutError("no answer from the gateway")

    # -- data frames (4, 5)

    def data_frame(self, transport, plaintext, epoch=None, counter=None):
        epoch = self.key_epoch if epoch is None else epoch
        if counter is None:
            counter, transport.sent = transport.sent, transport.sent + 1
        header = struct.pack("!BBHIQ", DATA, epoch % 4, 0, transport.peer_flow, counter)
        nonce = struct.pack("!IQ", transport.number, counter)
        return header + self.seal.encrypt(nonce, plaintext, header)

    def send_data(self, number, plaintext):
        transport = self.transports[number]
        return transport.send(self.data_frame(transport, plaintext))

    def open_data(self, transport, frame):
        kind, flags, reserved, flow, counter = struct.unpack("!BBHIQ", frame[:16])
        assert (kind, flags, reserved, flow) == (DATA, self.key_epoch % 4, 0, transport.own_flow)
        nonce = struct.pack("!IQ", transport.number, counter)
        plaintext = self.opener.decrypt(nonce, frame[16:], frame[:16])
        transport.next = max(transport.next, counter + 1)
        transport.count += 1
        return plaintext

    def probe_frame(self, transport):
        self.probes += 1
        return struct.pack("!BBHIQIIIQQ", PROBE, 0, 0, self.probes, time.monotonic_ns(), 0, 0, 0,
                           transport.next, transport.count)

    def report_frame(self, transport):
        """That transport's account, to travel on another one."""
        return struct.pack("!BBHQQQ", PATH_REPORT, transport.number, 0, transport.sent,
                           transport.next, transport.count)

    def send_probe(self, number):
        self.send_data(number, self.probe_frame(self.transports[number]))

    def send_challenge(self, number):
        self.challenges[number] = secrets.token_bytes(8)
        frame = bytes([PATH_CHALLENGE]) + self.challenges[number]
        self.send_data(number, frame.ljust(CHALLENGE_BYTES - 32, b"\0"))

    def await_kind(self, kind, seconds=3.0):
        """The first (transport, kind, content) of that kind; None after that time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for what in self.receive(left):
                if what[1] == kind:
                    return what
        return None

    def receive_all(self, quiet=0.3):
        """All that comes until nothing has come for so long."""
        found = []
        while more := self.receive(quiet):
            found += more
        return found

    def flood(self, number, frames):
        """Sends them as fast as the gateway's device takes them, and a probe now and then that
        keeps the transport alive; returns how many."""
        sent = 0
        for sent, frame in enumerate(frames, 1):
            self.transports[number].send(frame)
            if sent % 64 == 0:
                self.send_probe(number)
                time.sleep(0.004)
        return sent

    def receive(self, seconds=0.0):
        """What came on any transport: a list of (transport, kind, content). Answers challenges."""
        sockets = {each.socket: each for each in self.transports}
        found = []
        for ready in select.select(list(sockets), [], [], seconds)[0]:
            transport, frame = sockets[ready], ready.recv(2048)
            if frame[0] == DATA:
                found += self.read_plaintext(transport, self.open_data(transport, frame), frame)
            elif frame[0] == CONTROL:
                found.append(self.read_control(transport, frame))
        return found

    def read_plaintext(self, transport, plaintext, frame):
        if plaintext[0] >> 4 in (4, 6):
            return [(transport.number, "packet", plaintext)]
        reader, found, answers = Reader(plaintext), [], b""
        while not reader.done():
            kind = reader.take("B")
            if kind == 0:
                assert not any(reader.rest())
                break
            if kind == PROBE_REPLY:
                flags, reserved = reader.take("B"), reader.bytes(2)
                assert flags in (0, 1) and reserved == bytes(2)
                sequence, sent, self.token = reader.take("I"), reader.take("Q"), reader.bytes(16)
                sums = reader.take("Q"), reader.take("Q")
                assert sums[1] <= sums[0] <= transport.sent
                transport.judged, transport.arrived = sums
                found.append((transport.number, "reply", (sequence, sent, flags)))
            elif kind == PATH_REPORT:
                number, reserved = reader.take("B"), reader.bytes(2)
                assert reserved == bytes(2)
                sums = reader.take("Q"), reader.take("Q"), reader.take("Q")
                found.append((transport.number, "report", (number, *sums)))
            elif kind == PATH_CHALLENGE:
                answers += bytes([PATH_RESPONSE]) + reader.bytes(8)
                found.append((transport.number, "challenge", len(frame)))
            elif kind == PATH_RESPONSE:
                ours = reader.bytes(8) == self.challenges.get(transport.number)
                found.append((transport.number, "proved" if ours else "unasked", len(frame)))
            else:
                raise ValueError(f"path frame {kind} from a gateway")
        if answers:
            self.send_data(transport.number, answers)
        return found

    # -- session control (6)

    def control_frame(self, transport, message):
        header = struct.pack("!BBHI", CONTROL, 1, 0, transport.peer_flow)
        return header + self.control_up.seal(message, header)

    def reattach_message(self, number, epoch=None, counter=None, token=None, cause=DEAD):
        if counter is None:
            self.request_counter += 1
            counter = self.request_counter
        return struct.pack("!BBBBIQ", REATTACH_REQUEST, cause, number, 0,
                           self.binding_epoch if epoch is None else epoch, counter) \
            + self.grant.session + (self.token if token is None else token) + self.random

    def send_reattach(self, number, **fields):
        transport = self.transports[number]
        message = self.reattach_message(number, **fields)
        return transport.send(self.control_frame(transport, message))

    def send_knock(self, number, value=bytes(8)):
        transport = self.transports[number]
        message = bytes([KNOCK, 0, 0, 0]) + value
        transport.send(self.control_frame(transport, message))

    def send_close(self, number):
        self.request_counter += 1
        message = struct.pack("!BBHQ", CLOSE, PEER_TERMINATED, 0, self.request_counter)
        transport = self.transports[number]
        transport.send(self.control_frame(transport, message + self.grant.session))

    def read_control(self, transport, frame):
        kind, version, reserved, flow = struct.unpack("!BBHI", frame[:8])
        assert (version, reserved, flow) == (1, 0, transport.own_flow)
        plaintext = self.control_down.open(frame[8:], frame[:8])
        kind = plaintext[0]
        if kind == REATTACH_ACK:
            _, new, _, epoch, counter, key_epoch, boot_epoch, mixed = struct.unpack(
                "!BBBIQIQ16s", plaintext[1:])
            if counter == self.request_counter:
                self.bound, self.binding_epoch = new, epoch
                if key_epoch == self.key_epoch + 1:
                    self.use_keys(key_epoch, crypto.epoch_secret(
                        self.root, key_epoch, self.random, mixed, boot_epoch))
                assert key_epoch == self.key_epoch
                self.random = secrets.token_bytes(16)
            return transport.number, "ack", (new, epoch, counter)
        if kind == REATTACH_DENY:
            self.token = plaintext[12:]
            return transport.number, "deny", struct.unpack("!Q", plaintext[4:12])[0]
        if kind == SOLICIT:
            cause, target, _, epoch = struct.unpack("!BBBI", plaintext[1:8])
            self.token = plaintext[8:]
            return transport.number, "solicit", (cause, target, epoch)
        if kind == CHECK:
            self.send_knock(transport.number, plaintext[4:])
            return transport.number, "check", plaintext[4:]
        assert kind == CLOSE, kind
        reason, reserved, _, session = struct.unpack("!BHQ16s", plaintext[1:])
        assert session == self.grant.session and reserved == 0
        return transport.number, "close", reason
