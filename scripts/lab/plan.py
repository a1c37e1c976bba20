"""Names and addresses of the lab, in one place."""

# Path letter -> the client's address and its router's, both families.
UPLINKS = {
    "a": {"v4": ("10.1.0.2", "10.1.0.1"), "v6": ("fd00:a::2", "fd00:a::1")},
    "b": {"v4": ("10.2.0.2", "10.2.0.1"), "v6": ("fd00:b::2", "fd00:b::1")},
}
UPLINK_NETS = {"a": ("10.1.0.0/24", "fd00:a::/64"), "b": ("10.2.0.0/24", "fd00:b::/64")}
# Path letter -> router's address towards the WAN, and the WAN router's.
TRANSIT = {
    "a": {"v4": ("10.3.1.2", "10.3.1.1"), "v6": ("fd00:3:1::2", "fd00:3:1::1")},
    "b": {"v4": ("10.3.2.2", "10.3.2.1"), "v6": ("fd00:3:2::2", "fd00:3:2::1")},
}
WAN_ROUTER = {"v4": "192.0.2.1", "v6": "2001:db8::1"}
GATEWAY_WAN = {"v4": "192.0.2.2", "v6": "2001:db8::2"}
GATEWAY_CORE = {"v4": "10.99.0.1", "v6": "fd99::1"}
SERVER = {"v4": "10.99.0.2", "v6": "fd99::2"}
INNER_POOL = {"v4": "10.77.0.0/24", "v6": "fd77::/64"}
INNER_CLIENT = {"v4": "10.77.0.10", "v6": "fd77::10"}
CORE_NETS = ("10.99.0.0/24", "fd99::/64")
LISTEN_PORT = 4600
ENDPOINT = {
    "v4": f"{GATEWAY_WAN['v4']}:{LISTEN_PORT}",
    "v6": f"[{GATEWAY_WAN['v6']}]:{LISTEN_PORT}",
}
TUN = "jvpn0"


def on_link(family, address):
    return f"{address}/{24 if family == 'v4' else 64}"
