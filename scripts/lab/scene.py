"""A whole lab: namespaces, keys, gateway, client. Whatever happens, `with` takes it all away."""

import contextlib
import shutil
import signal

from lab import clock, config, namespace, plan
from lab.paths import Path
from lab.process import CommandFailed
from lab.programs import Client, Gateway, Programs
from lab.topology import Topology


class Interrupted(Exception):
    pass


def _interrupt(number, _):
    raise Interrupted(signal.Signals(number).name)


class Scene:
    def __init__(self, build="build/dev"):
        self.programs = Programs(build)
        self.topology = Topology()
        self.paths = {letter: Path(self.topology, letter) for letter in ("a", "b")}
        self._children = []
        self.folder = None

    def __enter__(self):
        namespace.sweep()
        namespace.sweep_folders()
        # A second Ctrl-C must not cut the clean-up short.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        self.folder = namespace.scratch_folder()
        try:
            self.topology.make()
            self.files = config.make_keys(self.programs.ctl, self.folder)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self._children):
            child.stop()
        self.topology.remove()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    def keep(self, child):
        """`child` is stopped with the lab."""
        self._children.append(child)
        return child

    def start_gateway(self, name="gateway"):
        gateway = self.keep(Gateway(self.programs, self.topology, self.files, name))
        gateway.wait_ready()
        return gateway

    def start_client(self, name="client"):
        return self.keep(Client(self.programs, self.topology, self.files, name))

    def wait_attached(self, gateway, client, after=0, seconds=20):
        """The TransportAttached event of the next session."""
        def attached():
            if not client.alive():
                raise CommandFailed(f"the client ended: {client.said().strip()[-2000:]}")
            for event in gateway.log.after(after):
                if event["event_type"] == "TransportAttached":
                    return event
            return None
        return clock.wait_for("the session to attach", seconds, attached)

    def ping(self, source, target, count=3, size=56):
        """Average round trip in ms; CommandFailed when one is lost. Inner addresses."""
        # A router drops the packet for whose sake it asks for a link address; this is that packet.
        with contextlib.suppress(CommandFailed):
            source.run("ping", "-n", "-q", "-c", "1", "-W", "1", target)
        said = source.run("ping", "-n", "-q", "-c", count, "-i", "0.2", "-W", "2", "-s", size,
                          target)
        if f"{count} received" not in said:
            raise CommandFailed(f"ping {target}: {said.splitlines()[-2]}")
        return float(said.rsplit("=", 1)[1].split("/")[1])

    def ping_both_ways(self, family):
        up = self.ping(self.topology.client, plan.SERVER[family])
        down = self.ping(self.topology.server, plan.INNER_CLIENT[family])
        return up, down
