#!/usr/bin/python3
"""Ends of a session: no path for too long, operator, either program stopped. Both ends say why."""

from lab import plan

import case

ENDED = 5  # the client's exit status when something else than its user ended the session


def told(client, reason):
    status = client.wait(5)
    case.check("the client ended because its session did", status == ENDED, status)
    case.check(f"and says {reason}", reason in client.said(), client.said().strip()[-200:])


def no_path_for_too_long(scene):
    gateway, client, _ = case.begin(scene)
    mark = gateway.log.count()
    for path in scene.paths.values():
        path.blackhole()
    ended = gateway.log.wait("SessionTerminated", 8, mark)
    age = ended["transportless_age_ms"]
    case.check("transport_ttl_exceeded", ended["reason_code"] == "transport_ttl_exceeded")
    case.check("when it was over, not before",
               case.QUICK_TTL_MS < age <= case.QUICK_TTL_MS + 100, f"{age} ms")
    case.check("no session left", gateway.ctl_json("sessions")["total"] == 0)
    told(client, "transport_ttl_exceeded")
    case.verify_log(gateway)


def operator(scene):
    gateway, client, session = case.begin(scene)
    mark = gateway.log.count()
    gateway.ctl("terminate", session)
    ended = gateway.log.wait("SessionTerminated", 5, mark)
    case.check("operator_terminated", ended["reason_code"] == "operator_terminated")
    told(client, "operator_terminated")


def gateway_stopped(scene):
    gateway, client, _ = case.begin(scene)
    mark = gateway.log.count()
    status = gateway.stop(seconds=10)
    case.check("the gateway ends with status 0", status == 0, status)
    ended = gateway.log.wait("SessionTerminated", 1, mark)
    case.check("it logged the end", ended["reason_code"] == "operator_terminated")
    told(client, "operator_terminated")
    case.verify_log(gateway)


def client_stopped(scene):
    client_ends(scene, lambda client: client.stop(seconds=10))


def client_down(scene):
    client_ends(scene, lambda client: client.down())


def interface_taken_away(scene):
    gateway, client, _ = case.begin(scene)
    mark = gateway.log.count()
    scene.topology.client.ip("link", "delete", plan.TUN)
    case.check("the client ends", client.wait(5) == 1)
    case.check("and says why", "jvpn0 was taken away" in client.said())
    ended = gateway.log.wait("SessionTerminated", 5, mark)
    case.check("peer_terminated", ended["reason_code"] == "peer_terminated")


def client_ends(scene, end):
    gateway, client, _ = case.begin(scene)
    mark = gateway.log.count()
    end(client)
    case.check("the client ends with status 0", client.wait(5) == 0)
    ended = gateway.log.wait("SessionTerminated", 5, mark)
    case.check("peer_terminated", ended["reason_code"] == "peer_terminated")
    links = scene.topology.client.ip("-o", "link")
    case.check("no tunnel device left", "jvpn0" not in links)


if __name__ == "__main__":
    case.run(no_path_for_too_long, operator, gateway_stopped, client_stopped, client_down,
             interface_taken_away)
