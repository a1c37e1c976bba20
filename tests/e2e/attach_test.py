#!/usr/bin/python3
"""A handshake, then traffic: IPv4 and IPv6 inside, over IPv4 and over IPv6 outside."""

from lab import plan
from lab.download import Download, FileServer

import case


def carries_both_families(scene, family):
    gateway, client, session = case.begin(scene, families=(family,))
    for inner in ("v4", "v6"):
        up, down = scene.ping_both_ways(inner)
        case.check(f"ping {inner} in {family}, both ways", True, f"{up:.2f} ms, {down:.2f} ms")
    # 1420 is the tunnel's MTU: this fills it, with the headers of IPv4 and ICMP.
    scene.ping(scene.topology.client, plan.SERVER["v4"], size=1420 - 28)
    case.check("a packet of the full MTU", True)
    sessions = gateway.ctl_json("sessions")["sessions"]
    case.check("one session", [row["session_id"] for row in sessions] == [session])
    case.check("with its own addresses",
               (sessions[0]["ipv4"], sessions[0]["ipv6"]) ==
               (plan.INNER_CLIENT["v4"], plan.INNER_CLIENT["v6"]))
    status = client.status()
    case.check("the client tells the same", (status["session_id"], status["state"]) ==
               (session, "ATTACHED"))


def over_ipv4(scene):
    carries_both_families(scene, "v4")


def over_ipv6(scene):
    carries_both_families(scene, "v6")


def with_two_workers(scene):
    """The kernel spreads flows over both queues; each packet reaches the worker of its session."""
    case.config.write_files(scene.files, policy=case.QUICK_POLICY, workers=2)
    gateway = scene.start_gateway()
    session = scene.wait_attached(gateway, scene.start_client())["session_id"]
    server = scene.keep(FileServer(scene.topology, scene.folder, port=8090, rate=1 << 20,
                                   seconds=2))
    # Each connection is a flow of its own on the core side; eight leave no queue empty.
    downloads = [scene.keep(Download(scene.topology, scene.folder, server, name=f"d{number}"))
                 for number in range(8)]
    for download in downloads:
        fault = download.wait(20)
        case.check("a download over two workers", fault is None, fault or "")
    workers = gateway.ctl_json("stats")["workers"]
    forwarding = [row for row in workers if row["downlink_packets"]]
    case.check("one worker owns the session, both directions", len(forwarding) == 1 and
               forwarding[0]["uplink_packets"] > 0, str(workers))
    case.check("the other one handed its packets over",
               sum(row["handed_over"] for row in workers if row not in forwarding) > 0)
    sessions = gateway.ctl_json("sessions")["sessions"]
    case.check("one session", [row["session_id"] for row in sessions] == [session])


def refuses_a_stranger(scene):
    """A client whose key the gateway does not know gets no answer and leaves no session."""
    case.config.write_files(scene.files, policy=case.QUICK_POLICY)
    gateway = scene.start_gateway()
    stranger = case.config.run(scene.programs.ctl, "genkey")
    case.config.write_private(scene.folder / "client.key", stranger)
    client = scene.start_client()
    case.clock.wait_for("the gateway to refuse it", 10,
                        lambda: case.drops(gateway).get("bad_handshake"), pace=0.1)
    case.check("no session", gateway.ctl_json("sessions")["total"] == 0)
    client.stop()


if __name__ == "__main__":
    case.run(over_ipv4, over_ipv6, with_two_workers, refuses_a_stranger)
