"""The four ways of a client with two uplinks and two families to the gateway, each to be silenced.

A way's letter is that of its transport: the client takes every uplink once before it takes a
further address of the gateway.
"""

from lab import plan

WAYS = {"A": ("a", "ipv4"), "B": ("b", "ipv4"), "C": ("a", "ipv6"), "D": ("b", "ipv6")}
FROM_GATEWAY = f"udp sport {plan.LISTEN_PORT}"
RULES = {
    "both": "drop",
    "down": f"{FROM_GATEWAY} drop",
    # The first byte of the payload is the frame's type; 5 is session control.
    "answers": f"{FROM_GATEWAY} @th,64,8 5 drop",
}


class Way:
    def __init__(self, topology, letter):
        self.letter, self.transport = letter, ord(letter) - ord("A")
        path, self._family = WAYS[letter]
        self._router = topology.routers[path]
        self._table = f"inet silence_{letter}"
        self._silenced = False

    def silence(self, what="both"):
        """No link goes down and nobody is told."""
        self._router.nft(f"""
table {self._table} {{
  chain forward {{
    type filter hook forward priority 0;
    meta nfproto {self._family} {RULES[what]}
  }}
}}
""")
        self._silenced = True

    def heal(self):
        if self._silenced:
            self._router.nft(f"delete table {self._table}\n")
            self._silenced = False
