"""The four ways of a client with two uplinks and two families to the gateway, each to be silenced.

A way's letter is that of its transport: the client takes every uplink once before it takes a
further address of the gateway.
"""

from lab import plan

WAYS = {"A": ("a", "ipv4"), "B": ("b", "ipv4"), "C": ("a", "ipv6"), "D": ("b", "ipv6")}
FROM_GATEWAY = f"udp sport {plan.LISTEN_PORT}"
TO_GATEWAY = f"udp dport {plan.LISTEN_PORT}"
CONTROL = "meta l4proto udp @th,64,8 5"
SPOIL = "@th,320,32 set 0xa5a5a5a5 udp checksum set 0"
RULES = {
    "both": "drop",
    "down": f"{FROM_GATEWAY} drop",
    "up": f"{TO_GATEWAY} drop",
    # The first byte of the payload is the frame's type; 5 is session control.
    "answers": f"{FROM_GATEWAY} @th,64,8 5 drop",
    "requests": f"{TO_GATEWAY} @th,64,8 5 drop",
    "control": f"{CONTROL} drop",
    # Of the sealed part; the receiver takes a datagram without a checksum. IPv4 only.
    "corrupt": f"{CONTROL} {SPOIL}",
    "corrupt_first": f"{TO_GATEWAY} @th,64,8 5 limit rate 1/day burst 1 packets {SPOIL}",
}


def losing(percent, direction):
    """Drops so many of each 100 packets, evenly spread: always the same ones."""
    lost = [str(n) for n in range(100) if (n + 1) * percent // 100 != n * percent // 100]
    verdicts = ", ".join(f"{n} : drop" for n in lost)
    return f"udp {direction} {plan.LISTEN_PORT} numgen inc mod 100 vmap {{ {verdicts} }}"


class Way:
    def __init__(self, topology, letter):
        self.letter, self.transport = letter, ord(letter) - ord("A")
        path, self._family = WAYS[letter]
        self._router = topology.routers[path]
        self._table = f"inet silence_{letter}"
        self.silenced = False

    def silence(self, what="both"):
        """No link goes down and nobody is told."""
        self._rule([RULES[what]])

    def lose(self, percent):
        """Of each direction; 0 heals."""
        if percent == 0:
            return self.heal()
        return self._rule([losing(percent, "sport"), losing(percent, "dport")])

    def _rule(self, rules):
        lines = "\n    ".join(f"meta nfproto {self._family} {rule}" for rule in rules)
        # One transaction: between the old rule and the new one nothing slips through.
        self._router.nft(f"""
table {self._table}
delete table {self._table}
table {self._table} {{
  chain forward {{
    type filter hook forward priority 0;
    {lines}
  }}
}}
""")
        self.silenced = True

    def heal(self):
        if self.silenced:
            self._router.nft(f"delete table {self._table}\n")
            self.silenced = False
