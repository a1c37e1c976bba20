"""An HTTP server that sends a known file at a set pace, so that a download lasts through the jumps.

usage: http_server.py ADDRESS PORT BYTES BYTES_PER_SECOND
"""

import hashlib
import http.server
import socketserver
import sys
import time

CHUNK = 16 * 1024


def blocks(size):
    """The file: a hash chain, so no part of it looks like another. Yields CHUNK bytes at a time."""
    seed = hashlib.sha256(b"jvpn lab").digest()
    while size > 0:
        parts = []
        for _ in range(CHUNK // 32):
            seed = hashlib.sha256(seed).digest()
            parts.append(seed)
        block = b"".join(parts)[:size]
        size -= len(block)
        yield block


def checksum(size):
    whole = hashlib.sha256()
    for block in blocks(size):
        whole.update(block)
    return whole.hexdigest()


def handler(size, rate):
    class PacedFile(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(size))
            self.end_headers()
            begin, sent = time.monotonic(), 0
            for block in blocks(size):
                time.sleep(max(0.0, begin + sent / rate - time.monotonic()))
                self.wfile.write(block)
                sent += len(block)
                # After an outage the pace goes on from now: no burst to make up for it.
                begin = max(begin, time.monotonic() - sent / rate - 0.1)

    return PacedFile


class Server(http.server.ThreadingHTTPServer):
    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # without its look-up of our own name
        self.server_name, self.server_port = self.server_address[:2]


def main():
    address, port, size, rate = sys.argv[1], *map(int, sys.argv[2:5])
    server = Server((address, port), handler(size, rate))
    print("listening", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
