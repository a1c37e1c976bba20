"""The keys and files that the two programs of the lab are started with."""

import dataclasses
import os

from lab import plan
from lab.process import run

# The profile `default` with a short patience: the demo waits for a session to end.
POLICY = """\
version = "1.0"
profile = "default"

[session]
transport_lost_ttl_ms = 6000

[switching]
recovery_window_ms = 4000
"""
TTL_MS = 6000

GATEWAY = """\
[gateway]
node_id = "lab"
user = "nobody"
private_key_file = "gateway.key"
listen_port = {port}
control_socket = "gateway.sock"
audit_log = "audit.jsonl"

[cpu]
workers = {workers}
idle = "adaptive"

[memory]
hugepages = "{hugepages}"

[store]
{store}

[dpdk]
file_prefix = "{prefix}"

[wan]
vdev = "net_af_packet0,iface=wan0"
addresses = ["{wan_v4}/24", "{wan_v6}/64"]
next_hops = ["{hop_v4}", "{hop_v6}"]

[core]
vdev = "net_af_packet1,iface=core0"
addresses = ["{core_v4}/24", "{core_v6}/64"]

[inner]
ipv4_pool = "{pool_v4}"
ipv6_pool = "{pool_v6}"
routes = ["{net_v4}", "{net_v6}"]

[policy]
file = "policy.toml"

[[peer]]
name = "client"
public_key = "{client_key}"
preshared_key_file = "shared.psk"
ipv4 = "{inner_v4}"
ipv6 = "{inner_v6}"
"""

NO_STORE = 'kind = "none"'
STORE = 'path = "sessions.db"\nnode_key_file = "node.key"'

CLIENT = """\
[interface]
name = "{tun}"
private_key_file = "client.key"
control_socket = "client.sock"

[gateway]
public_key = "{gateway_key}"
preshared_key_file = "shared.psk"
endpoints = [{endpoints}]

[[uplink]]
device = "a0"

[[uplink]]
device = "b0"
"""


@dataclasses.dataclass
class Files:
    """Where the lab's files are; `gateway_key` and `client_key` are the public ones."""

    folder: object
    gateway_key: str
    client_key: str

    @property
    def gateway(self):
        return self.folder / "gateway.toml"

    @property
    def client(self):
        return self.folder / "client.toml"

    @property
    def gateway_socket(self):
        return self.folder / "gateway.sock"

    @property
    def audit_log(self):
        return self.folder / "audit.jsonl"


def write_private(path, text):
    path.touch(mode=0o600)
    path.write_text(text)


def make_keys(jvpnctl, folder):
    """Private keys, a preshared one, and the two public keys."""
    public = {}
    for name in ("gateway", "client"):
        private = run(jvpnctl, "genkey")
        write_private(folder / f"{name}.key", private)
        public[name] = run(jvpnctl, "pubkey", stdin=private).strip()
    write_private(folder / "shared.psk", run(jvpnctl, "genpsk"))
    return Files(folder, public["gateway"], public["client"])


def write_files(files, families=("v4",), policy=POLICY, hugepages="auto", workers=1,
                keep_sessions=False):
    """`families`: of the gateway addresses that the client is given, in that order."""
    write_private(files.folder / "policy.toml", policy)
    write_private(files.gateway, GATEWAY.format(
        port=plan.LISTEN_PORT, store=STORE if keep_sessions else NO_STORE,
        workers=workers, hugepages=hugepages, prefix=f"jvl{os.getpid()}",
        wan_v4=plan.GATEWAY_WAN["v4"], wan_v6=plan.GATEWAY_WAN["v6"],
        hop_v4=plan.WAN_ROUTER["v4"], hop_v6=plan.WAN_ROUTER["v6"],
        core_v4=plan.GATEWAY_CORE["v4"], core_v6=plan.GATEWAY_CORE["v6"],
        pool_v4=plan.INNER_POOL["v4"], pool_v6=plan.INNER_POOL["v6"],
        net_v4=plan.CORE_NETS[0], net_v6=plan.CORE_NETS[1], client_key=files.client_key,
        inner_v4=plan.INNER_CLIENT["v4"], inner_v6=plan.INNER_CLIENT["v6"]))
    write_private(files.client, CLIENT.format(
        tun=plan.TUN, gateway_key=files.gateway_key,
        endpoints=", ".join(f'"{plan.ENDPOINT[family]}"' for family in families)))
