"""Builds the namespaces, links, addresses and routes of the lab, and takes them away again."""

from lab import plan
from lab.namespace import Namespace

OFFLOADS = ("tx", "off", "rx", "off", "sg", "off", "tso", "off", "gso", "off", "gro", "off")
DEFAULT = {"v4": "0.0.0.0/0", "v6": "::/0"}


class Topology:
    def __init__(self):
        self.client = Namespace("client")
        self.routers = {"a": Namespace("router-a"), "b": Namespace("router-b")}
        self.wan = Namespace("wan")
        self.gateway = Namespace("gateway")
        self.server = Namespace("server")

    def namespaces(self):
        return [self.client, *self.routers.values(), self.wan, self.gateway, self.server]

    def make(self):
        for namespace in self.namespaces():
            namespace.make()
        for router in (*self.routers.values(), self.wan):
            router.set_sysctls({"net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1})
        for letter in self.routers:
            self._make_path(letter)
        self._make_gateway_links()

    def remove(self):
        for namespace in self.namespaces():
            namespace.remove()

    def _make_path(self, letter):
        """client <letter>0 ── down0 [router] up0 ── <letter>0 wan"""
        router = self.routers[letter]
        link(self.client, f"{letter}0", router, "down0")
        link(router, "up0", self.wan, f"{letter}0")
        metric = 100 if letter == "a" else 200
        for family in ("v4", "v6"):
            own, hop = plan.UPLINKS[letter][family]
            up, wan = plan.TRANSIT[letter][family]
            address(self.client, f"{letter}0", family, own)
            address(router, "down0", family, hop)
            address(router, "up0", family, up)
            address(self.wan, f"{letter}0", family, wan)
            self.client.ip("route", "add", DEFAULT[family], "via", hop, "dev", f"{letter}0",
                           "metric", metric)
            router.ip("route", "add", DEFAULT[family], "via", wan)
            self.wan.ip("route", "add", plan.UPLINK_NETS[letter][family == "v6"], "via", up)

    def _make_gateway_links(self):
        """The gateway's ends carry no kernel address: the gateway itself answers for them."""
        link(self.wan, "gw0", self.gateway, "wan0")
        link(self.server, "core0", self.gateway, "core0")
        for name in ("wan0", "core0"):
            self.gateway.set_sysctls({f"net/ipv6/conf/{name}/disable_ipv6": 1})
        for family in ("v4", "v6"):
            address(self.wan, "gw0", family, plan.WAN_ROUTER[family])
            address(self.server, "core0", family, plan.SERVER[family])
            self.server.ip("route", "add", plan.INNER_POOL[family], "via",
                           plan.GATEWAY_CORE[family])


def link(left, left_name, right, right_name):
    # Two ends of the same index look to the kernel like one device that is not a pair, whose
    # loss of carrier it tells at most once a second.
    left.ip("link", "add", left_name, "index", left.next_index(), "type", "veth", "peer", "name",
            right_name, "netns", right.name)
    for namespace, name in ((left, left_name), (right, right_name)):
        # A packet socket sees what a card would have finished: let the kernel finish it first.
        namespace.run("ethtool", "-K", name, *OFFLOADS)
        namespace.ip("link", "set", name, "up")


def address(namespace, name, family, host):
    flags = ("nodad",) if family == "v6" else ()
    namespace.ip("address", "add", plan.on_link(family, host), "dev", name, *flags)
