"""Network namespaces: made, entered, swept."""

import os
import pathlib
import re
import shutil
import signal
import tempfile

from lab.process import Child, CommandFailed, run

PREFIX = "jvl"
OURS = re.compile(rf"^{PREFIX}(\d+)-")
NETNS_FOLDER = pathlib.Path("/run/netns")


class Namespace:
    def __init__(self, name):
        self.name = f"{PREFIX}{os.getpid()}-{name}"
        self._index = 100

    def next_index(self):
        """For an interface whose index must be none that the kernel gives by itself."""
        self._index += 1
        return self._index

    def make(self):
        run("ip", "netns", "add", self.name)
        self.set_sysctls({
            # No waiting for duplicate address detection, no loss of addresses on a pulled link.
            "net/ipv6/conf/all/accept_dad": 0,
            "net/ipv6/conf/default/accept_dad": 0,
            "net/ipv6/conf/default/dad_transmits": 0,
            "net/ipv6/conf/all/keep_addr_on_down": 1,
            "net/ipv6/conf/default/keep_addr_on_down": 1,
            "net/ipv6/conf/default/accept_ra": 0,
            # Two uplinks: an answer may come in by another link than the route back would take.
            "net/ipv4/conf/all/rp_filter": 0,
            "net/ipv4/conf/default/rp_filter": 0,
        })
        self.ip("link", "set", "lo", "up")

    def command(self, *words):
        return ("ip", "netns", "exec", self.name, *words)

    def run(self, *words, **options):
        return run(*self.command(*words), **options)

    def start(self, name, words, log):
        return Child(name, self.command(*words), log)

    def ip(self, *words):
        return run("ip", "-n", self.name, *words)

    def set_sysctls(self, values):
        writes = "".join(f"echo {value} >/proc/sys/{key}\n" for key, value in values.items())
        self.run("sh", "-ec", writes)

    def nft(self, rules):
        self.run("nft", "-f", "-", stdin=rules)

    def remove(self):
        remove(self.name)


def remove(name):
    """Kills what still runs in the namespace `name`, which is one of a lab, and removes it."""
    for pid in run("ip", "netns", "pids", name, check=False).split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            continue
    run("ip", "netns", "delete", name, check=False)


def sweep():
    """Removes what labs left that did not come to their end. Returns how many namespaces."""
    if not NETNS_FOLDER.exists():
        return 0
    names = [path.name for path in NETNS_FOLDER.iterdir()]
    dead = [name for name in names
            if (match := OURS.match(name)) and not pathlib.Path(f"/proc/{match[1]}").exists()]
    for name in dead:
        remove(name)
    return len(dead)


def sweep_folders():
    """The same for their scratch folders, which hold private keys."""
    for path in pathlib.Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        match = OURS.match(path.name)
        if match and not pathlib.Path(f"/proc/{match[1]}").exists():
            shutil.rmtree(path, ignore_errors=True)


def scratch_folder():
    return pathlib.Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def allowed():
    """None when namespaces can be made here, else a sentence."""
    if os.geteuid() != 0:
        return "needs root: it makes network namespaces; run it as root"
    trial = Namespace("trial")
    try:
        trial.make()
    except CommandFailed as failure:
        return f"network namespaces are not allowed here: {failure}"
    trial.remove()
    return None
