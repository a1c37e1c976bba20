"""The three programs of the project, in their places in the lab."""

import json
import pathlib
import signal

from lab import clock
from lab.events import AuditLog
from lab.process import CommandFailed, run

TREE = pathlib.Path(__file__).resolve().parents[2]


class Programs:
    def __init__(self, build="build/dev"):
        folder = TREE / build
        self.gateway = folder / "gateway" / "jvpn-gateway"
        self.client = folder / "client" / "jvpn"
        self.ctl = folder / "tools" / "jvpnctl"

    def missing(self):
        return [path for path in (self.gateway, self.client, self.ctl) if not path.exists()]


class Gateway:
    def __init__(self, programs, topology, files, name="gateway"):
        self._ctl, self._files = programs.ctl, files
        self.log = AuditLog(files.audit_log)
        self._child = topology.gateway.start(
            name, (programs.gateway, "--config", files.gateway), files.folder / f"{name}.log")

    def wait_ready(self, seconds=20):
        def answers():
            if not self._child.alive():
                raise CommandFailed(f"the gateway did not start: {self.said().strip()}")
            try:
                return self.ctl("sessions")
            except CommandFailed:
                return None
        clock.wait_for("the gateway to answer jvpnctl", seconds, answers, pace=0.1)

    def ctl(self, *words):
        return run(self._ctl, "--socket", self._files.gateway_socket, *words)

    def ctl_json(self, *words):
        return json.loads(self.ctl(*words, "-j"))

    def verify_log(self, late_ms=1000):
        """What "jvpnctl audit verify" finds in its log, whatever the exit status. The lab's machine
        may be slow, so timers may be late; the decisions may not."""
        said = run(self._ctl, "-j", "audit", "verify", "--late-ms", late_ms, self.log.path,
                   check=False)
        return json.loads(said)

    def memory_kib(self):
        """Of its own, without what the kernel holds for it as pages of files."""
        status = pathlib.Path(f"/proc/{self._child.process.pid}/status").read_text()
        return int(status.split("RssAnon:")[1].split()[0])

    def cpu_ticks(self):
        fields = pathlib.Path(f"/proc/{self._child.process.pid}/stat").read_text()
        user, system = fields.rsplit(")", 1)[1].split()[11:13]
        return int(user) + int(system)

    def reopen_log(self):
        self._child.process.send_signal(signal.SIGHUP)

    @property
    def process(self):
        return self._child.process

    def alive(self):
        return self._child.alive()

    def said(self):
        return self._child.said()

    def wait(self, seconds):
        return self._child.wait(seconds)

    def kill(self):
        """As the machine's own out-of-memory killer would."""
        self._child.process.kill()
        self._child.wait(5)

    def stop(self, **options):
        return self._child.stop(**options)


class Client:
    def __init__(self, programs, topology, files, name="client"):
        self._namespace, self._program, self._files = topology.client, programs.client, files
        self._child = topology.client.start(
            name, (programs.client, "up", files.client, "--foreground"),
            files.folder / f"{name}.log")

    def status(self):
        """What `jvpn status -j` says."""
        return json.loads(self._namespace.run(self._program, "status", "-j", self._files.client))

    def down(self):
        self._namespace.run(self._program, "down", self._files.client)

    @property
    def process(self):
        return self._child.process

    def alive(self):
        return self._child.alive()

    def said(self):
        return self._child.said()

    def wait(self, seconds):
        return self._child.wait(seconds)

    def stop(self, **options):
        return self._child.stop(**options)
