#!/usr/bin/python3
"""The session jumps when its path dies, and jumps back; the same session all the way."""

from lab import plan

import case


def jump(scene, gateway, session, target, fault):
    """Makes the fault; the binding must move to transport `target`, with the session unharmed."""
    case.wait_standby(gateway, target)
    mark, began = gateway.log.count(), case.clock.now_ms()
    fault()
    switch = gateway.log.wait("TransportSwitch", 5, mark, new_transport=target)
    gateway.log.wait("SessionStateChange", 5, mark, new_state="ATTACHED")
    events = gateway.log.after(mark)
    edges = [f"{e['previous_state']}>{e['new_state']}" for e in events
             if e["event_type"] == "SessionStateChange"]
    case.check("the edges of a death with a backup",
               edges == ["ATTACHED>VOLATILE", "VOLATILE>RECOVERING", "RECOVERING>ATTACHED"], edges)
    case.check("the same session", {e["session_id"] for e in events} == {session})
    scene.ping_both_ways("v4")
    scene.ping_both_ways("v6")
    return switch["ts_ms"] - began


def silent_blackhole(scene):
    gateway, _, session = case.begin(scene)
    took = jump(scene, gateway, session, 1, scene.paths["a"].blackhole)
    # transport_dead_ms is 750; 100 ms for the detection, the rest for the round trip.
    case.check("within 1.2 s", took < 1200, f"{took} ms")


def pulled_cable_and_back(scene):
    gateway, _, session = case.begin(scene)
    took = jump(scene, gateway, session, 1, scene.paths["a"].pull)
    case.check("at once", took < 500, f"{took} ms")
    scene.paths["a"].restore()
    took = jump(scene, gateway, session, 0, scene.paths["b"].pull)
    case.check("and back at once", took < 1000, f"{took} ms")
    case.verify_log(gateway)


def nothing_leaks_while_it_recovers(scene):
    """With no path, what belongs into the tunnel goes nowhere, in spite of the default route."""
    gateway, _, session = case.begin(scene)
    case.wait_standby(gateway, 1)
    mark = gateway.log.count()
    for path in scene.paths.values():
        path.blackhole()
    gateway.log.wait("SessionStateChange", 5, mark, new_state="DEGRADED")
    client = scene.topology.client
    listeners = [client.start("tcpdump", ("timeout", "1.5", "tcpdump", "-i", device, "-n", "-l",
                                          "host", plan.SERVER["v4"], "or", plan.SERVER["v6"]),
                              scene.folder / f"leak-{device}.log") for device in ("a0", "b0")]
    for listener in listeners:
        case.clock.wait_for("tcpdump to listen", 5, lambda at=listener: "listening" in at.said())
    for family in ("v4", "v6"):
        client.run("ping", "-n", "-c", "2", "-i", "0.2", "-W", "0.3", plan.SERVER[family],
                   check=False)
    for listener in listeners:
        listener.wait(5)
        case.check("nothing on an uplink", "\n0 packets captured" in listener.said())
    scene.paths["a"].restore()
    gateway.log.wait("TransportRevalidated", 5, mark)
    scene.ping_both_ways("v4")
    case.check("and it comes back", {e["session_id"] for e in gateway.log.after(mark)} == {session})
    case.verify_log(gateway)


if __name__ == "__main__":
    case.run(silent_blackhole, pulled_cable_and_back, nothing_leaks_while_it_recovers)
