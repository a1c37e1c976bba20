"""What is done to the two paths: silence in the middle, a cable pulled, and back."""

DROP_ALL = """
table inet blackhole {
  chain forward { type filter hook forward priority 0; policy drop; }
}
"""


class Path:
    """One of the client's two ways to the gateway."""

    def __init__(self, topology, letter):
        self.letter = letter
        self._router = topology.routers[letter]
        self._blackholed = False

    def blackhole(self):
        """The router forwards nothing any more, either way; no link goes down, nobody is told."""
        self._router.nft(DROP_ALL)
        self._blackholed = True

    def pull(self):
        """The client's uplink loses its carrier."""
        self._router.ip("link", "set", "down0", "down")

    def restore(self):
        if self._blackholed:
            self._router.nft("delete table inet blackhole\n")
            self._blackholed = False
        self._router.ip("link", "set", "down0", "up")
