#!/usr/bin/python3
"""A handshake, then traffic: IPv4 and IPv6 inside, over IPv4 and over IPv6 outside."""

from lab import plan

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
    case.run(over_ipv4, over_ipv6, refuses_a_stranger)
