"""What a gateway grants: the payload of its response (docs/wire.md 3.3)."""

import dataclasses
import ipaddress
import struct


class Reader:
    def __init__(self, data):
        self._data, self._at = data, 0

    def bytes(self, count):
        self._at += count
        if self._at > len(self._data):
            raise ValueError("cut short")
        return self._data[self._at - count:self._at]

    def take(self, code):
        return struct.unpack("!" + code, self.bytes(struct.calcsize("!" + code)))[0]

    def rest(self):
        return self.bytes(len(self._data) - self._at)

    def done(self):
        return self._at == len(self._data)


@dataclasses.dataclass
class Grant:
    """The payload of an accepted response (3.3)."""
    session: bytes
    suite: int
    mtu: int
    inner: list
    token: bytes
    flows: list
    policy: dict
    routes: list

    @staticmethod
    def parse(payload):
        reader = Reader(payload)
        status = reader.take("B")
        if status != 0:
            raise ValueError(f"refused with status {status}")
        session, suite, mtu = reader.bytes(16), reader.take("B"), reader.take("H")
        inner = []
        for size in (4, 16):
            length, address = reader.take("B"), reader.bytes(size)
            inner.append(ipaddress.ip_interface((address, length)) if length else None)
        token = reader.bytes(16)
        flows = [reader.take("I") for _ in range(reader.take("B"))]
        policy = dict((reader.take("B"), reader.take("I")) for _ in range(reader.take("B")))
        routes = []
        for _ in range(reader.take("B")):
            family, length = reader.take("B"), reader.take("B")
            routes.append(ipaddress.ip_network((reader.bytes(4 if family == 4 else 16), length)))
        if not reader.done():
            raise ValueError("bytes left over in the response")
        return Grant(session, suite, mtu, inner, token, flows, policy, routes)
