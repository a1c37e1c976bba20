"""Downloads one URL over one TCP connection and writes how far it is, for the demo to read.

usage: http_client.py ADDRESS PORT RESULT

RESULT is replaced after every step: {"received": bytes, "total": bytes, "sha256": null or text,
"error": null or text, "local_port": the connection's, which never changes}.
"""

import hashlib
import http.client
import json
import os
import sys
import time


def publish(path, state):
    temporary = f"{path}.new"
    with open(temporary, "w", encoding="utf-8") as output:
        json.dump(state, output)
    os.replace(temporary, path)


def download(address, port, publish_state, state):
    connection = http.client.HTTPConnection(address, port, timeout=60)
    connection.request("GET", "/file")
    response = connection.getresponse()
    state["total"] = int(response.headers["Content-Length"])
    state["local_port"] = connection.sock.getsockname()[1] if connection.sock else None
    whole, published = hashlib.sha256(), 0.0
    while part := response.read1(65536):
        whole.update(part)
        state["received"] += len(part)
        if time.monotonic() - published > 0.05:
            published = time.monotonic()
            publish_state()
    state["sha256"] = whole.hexdigest()


def main():
    address, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    state = {"received": 0, "total": 0, "sha256": None, "error": None, "local_port": None}
    try:
        download(address, port, lambda: publish(path, state), state)
    except (OSError, http.client.HTTPException) as error:
        state["error"] = f"{type(error).__name__}: {error}"
    publish(path, state)


if __name__ == "__main__":
    main()
