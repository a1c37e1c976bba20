"""A download through the tunnel: one TCP connection, a known checksum."""

import json
import pathlib

from lab import clock, http_server, plan

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"


class FileServer:
    """The HTTP server behind the gateway; the file lasts `seconds` at `rate` bytes/s."""

    def __init__(self, topology, folder, port, rate, seconds):
        self.port = port
        self.size = rate * seconds
        self.sha256 = http_server.checksum(self.size)
        log = folder / f"http-server-{port}.log"
        self._child = topology.server.start(
            "http server", (PYTHON, HERE / "http_server.py", plan.SERVER["v4"], port, self.size,
                            rate), log)
        clock.wait_for("the file server to listen", 10, lambda: "listening" in log.read_text())

    def stop(self):
        self._child.stop()


class Download:
    def __init__(self, topology, folder, server, name="download"):
        self._server = server
        self._result = folder / f"{name}-{server.port}.json"
        self._child = topology.client.start(
            name, (PYTHON, HERE / "http_client.py", plan.SERVER["v4"], server.port, self._result),
            folder / f"{name}-{server.port}.log")

    def state(self):
        try:
            return json.loads(self._result.read_text())
        except FileNotFoundError:
            return {"received": 0, "total": 0, "sha256": None, "error": None, "local_port": None}

    def received(self):
        return self.state()["received"]

    def running(self):
        return self._child.alive()

    def wait(self, seconds):
        """None when the whole file came and is right, else a sentence."""
        if self._child.wait(seconds) is None:
            state = self.state()
            return (f"the download is at {state['received']} of {state['total']} bytes "
                    f"after {seconds} s more")
        state = self.state()
        if state["error"]:
            return f"the download broke: {state['error']}"
        if state["sha256"] != self._server.sha256:
            return f"checksum {state['sha256']} is not {self._server.sha256}"
        return None

    def stop(self):
        self._child.stop()
