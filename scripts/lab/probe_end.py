"""One end of the UDP probe: sends numbered packets at a pace and writes down what arrives.

usage: probe_end.py client|server ADDRESS PORT PER_SECOND RECORD

The client sends to ADDRESS; the server binds it, and sends to wherever the client's packets
come from. RECORD gets an entry of RECORD_FORMAT for each packet that arrives: number, sent at,
arrived at (boot time, ns). On SIGTERM it ends.
"""

import selectors
import signal
import socket
import struct
import sys
import time

PACKET = struct.Struct("!QQ")  # number, sent at
RECORD_FORMAT = struct.Struct("!QQQ")
PAYLOAD = PACKET.size + 84  # 100 bytes, as a voice packet


class Stop(Exception):
    pass


def stop(*_):
    raise Stop


def boot_ns():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class ProbeEnd:
    def __init__(self, role, address, port, rate, record):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.setblocking(False)
        self.peer = None
        if role == "server":
            self.socket.bind((address, port))
        else:
            self.peer = (address, port)
        self.period_ns = 1_000_000_000 // rate
        self.record = open(record, "wb")
        self.sent = 0

    def send_due(self, now):
        """Sends what the pace asks for by now; what was slept away is made up in a burst of 20."""
        self.due = max(self.due, now - 20 * self.period_ns)
        while self.due <= now:
            packet = PACKET.pack(self.sent, boot_ns()).ljust(PAYLOAD, b"\0")
            self.due += self.period_ns
            self.sent += 1
            try:
                self.socket.sendto(packet, self.peer)
            except OSError:
                continue  # counts as lost: that is what the inner user sees

    def receive(self):
        while True:
            try:
                packet, source = self.socket.recvfrom(2048)
            except OSError:
                return  # nothing more, or an ICMP error of an earlier packet
            if len(packet) != PAYLOAD:
                continue
            number, sent_at = PACKET.unpack_from(packet)
            if self.peer is None:
                self.due = boot_ns()
            self.peer = source
            self.record.write(RECORD_FORMAT.pack(number, sent_at, boot_ns()))

    def run(self):
        self.due = boot_ns()
        flushed = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            while True:
                now = boot_ns()
                if self.peer is not None:
                    self.send_due(now)
                if now - flushed > 50_000_000:
                    flushed = now
                    self.record.flush()
                wait_ns = self.due - boot_ns() if self.peer is not None else self.period_ns
                selector.select(max(0, wait_ns) / 1e9)
                self.receive()


def main():
    role, address, port, rate, record = sys.argv[1:6]
    signal.signal(signal.SIGTERM, stop)
    end = ProbeEnd(role, address, int(port), int(rate), record)
    try:
        end.run()
    except Stop:
        end.record.close()


if __name__ == "__main__":
    main()
