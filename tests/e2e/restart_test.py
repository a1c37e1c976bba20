#!/usr/bin/python3
"""The gateway is killed and started again; its sessions live on, in whatever state they were."""

import contextlib
import sqlite3
import time

import case
from lab.download import Download, FileServer

# A session without a path must outlive the start of a gateway on a slow machine.
POLICY = """\
version = "1.0"
profile = "default"

[session]
transport_lost_ttl_ms = 30000

[switching]
recovery_window_ms = 3000
switch_cooldown_ms = 500
"""

RATE = 500_000  # bytes/s of a download


def restart(scene, gateway, name="gateway-again"):
    """Kills it and starts another; (gateway, log mark of before the kill)."""
    mark = gateway.log.count()
    gateway.kill()
    return scene.start_gateway(name), mark


def wait_stored(scene, session):
    """Until a gateway that is killed from now on leaves a record of it."""
    def stored():
        with contextlib.closing(sqlite3.connect(scene.folder / "sessions.db")) as store:
            return store.execute("SELECT 1 FROM record WHERE key = ?",
                                 (bytes.fromhex(session),)).fetchone()
    case.clock.wait_for("the session's record", 5, stored, pace=0.05)


def check_story(gateway, mark, session, persisted, first_edge):
    restored = gateway.log.wait("SessionRestored", 5, mark)
    case.check(f"restored from {persisted}", restored["persisted_state"] == persisted,
               restored["persisted_state"])
    case.check("the same session", restored["session_id"] == session)
    rotated = gateway.log.wait("KeyRotated", 10, mark)
    case.check("new keys", rotated["reason_code"] == "node_restart", rotated["key_epoch"])
    back = gateway.log.wait("SessionStateChange", 10, mark, new_state="ATTACHED")
    edges = [f"{e['previous_state']}>{e['new_state']}" for e in gateway.log.after(mark)
             if e["event_type"] == "SessionStateChange"]
    case.check("through the edges of the table", not first_edge or first_edge in edges, edges)
    ended = [e for e in gateway.log.after(mark) if e["event_type"] == "SessionTerminated"]
    case.check("nothing ended", not ended)
    return back["ts_ms"] - restored["ts_ms"]


def while_attached(scene):
    """FM-0-i: kill -9 and start again ends nothing. Row X1."""
    gateway, client, session = case.begin(scene, policy=POLICY, keep_sessions=True)
    inner = gateway.ctl_json("sessions")["sessions"][0]["ipv4"]
    case.wait_standby(gateway, 1)
    server = scene.keep(FileServer(scene.topology, scene.folder, 8100, RATE, 20))
    download = scene.keep(Download(scene.topology, scene.folder, server))
    case.clock.wait_for("the download to begin", 5, lambda: download.received() > RATE // 10)
    gateway, mark = restart(scene, gateway)
    took = check_story(gateway, mark, session, "ATTACHED", "ATTACHED>VOLATILE")
    case.check("within a second", took < 1000, f"{took} ms")
    before = download.received()
    case.clock.wait_for("the inner TCP stream to go on", 10,
                        lambda: download.received() > before + RATE // 10)
    case.check("it is the same connection", download.running())
    case.check("the same inner address",
               gateway.ctl_json("sessions")["sessions"][0]["ipv4"] == inner)
    case.check("the client never began anew", client.status()["session_id"] == session)
    scene.ping_both_ways("v4")
    scene.ping_both_ways("v6")
    # And its standby is one again, so the next death is a jump.
    case.wait_standby(gateway, 1)


def while_degraded(scene):
    """FM-0-i, row X4."""
    gateway, _, session = case.begin(scene, policy=POLICY, keep_sessions=True)
    mark = gateway.log.count()
    for path in scene.paths.values():
        path.blackhole()
    gateway.log.wait("SessionStateChange", 5, mark, new_state="DEGRADED")
    time.sleep(1.2)  # the age of the state, which is what must survive
    gateway, mark = restart(scene, gateway)
    restored = gateway.log.wait("SessionRestored", 5, mark)
    case.check("no binding was lost", restored["binding_lost"] is False)
    case.check("the transportless clock goes on",
               300 <= restored["transportless_age_ms"] < 20000, restored["transportless_age_ms"])
    for path in scene.paths.values():
        path.restore()
    check_story(gateway, mark, session, "DEGRADED", None)
    scene.ping_both_ways("v4")


def twice_in_a_row(scene):
    gateway, _, session = case.begin(scene, policy=POLICY, keep_sessions=True)
    wait_stored(scene, session)
    gateway, _ = restart(scene, gateway, "gateway-2")
    gateway, mark = restart(scene, gateway, "gateway-3")
    check_story(gateway, mark, session, gateway.log.wait("SessionRestored", 5, mark)
                ["persisted_state"], None)
    scene.ping_both_ways("v4")


def stopped_and_started(scene):
    """SIGTERM ends no session either: that is the operator's to do."""
    gateway, client, session = case.begin(scene, policy=POLICY, keep_sessions=True)
    mark = gateway.log.count()
    case.check("exit 0", gateway.stop(seconds=10) == 0)
    gateway = scene.start_gateway("gateway-again")
    check_story(gateway, mark, session, "ATTACHED", "ATTACHED>VOLATILE")
    case.check("the client lives", client.alive())


def damaged_record(scene):
    """FM-0-i, row G4: one record is damaged, and one session ends."""
    gateway, _, session = case.begin(scene, policy=POLICY, keep_sessions=True)
    mark = gateway.log.count()
    wait_stored(scene, session)
    gateway.kill()
    with sqlite3.connect(scene.folder / "sessions.db") as store:
        changed = store.execute("UPDATE record SET value = substr(value, 1, 90) || x'00' || "
                                "substr(value, 92) WHERE key = ?", (bytes.fromhex(session),))
        case.check("one record damaged", changed.rowcount == 1)
    store.close()
    gateway = scene.start_gateway("gateway-again")
    ended = gateway.log.wait("SessionTerminated", 5, mark)
    edge = gateway.log.wait("SessionStateChange", 1, mark, new_state="TERMINATED")
    case.check("hard_system_failure", ended["reason_code"] == "hard_system_failure")
    case.check("record_unreadable", edge["detail_code"] == "record_unreadable")
    case.check("the gateway lives", gateway.alive())


if __name__ == "__main__":
    case.run(while_attached, while_degraded, twice_in_a_row, stopped_and_started, damaged_record)
