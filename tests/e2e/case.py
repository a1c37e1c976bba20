"""What every end-to-end test shares: the lab with a gateway and a client, and the way to say no.

A test is a script: run(test) with test(scene). It is skipped (77) where namespaces are not allowed.
"""

import base64
import sys

from lab import clock, config, namespace
from lab.scene import Scene

SKIPPED = 77

# Short times, so that a test is short. PR08: fresh within two probes; PR10 .. PR12: below the TTL.
QUICK_POLICY = """\
version = "1.0"
profile = "default"

[session]
transport_lost_ttl_ms = 2500
handshake_timeout_ms = 2500

[switching]
recovery_window_ms = 2000
switch_cooldown_ms = 500
"""
QUICK_TTL_MS = 2500


def run(*tests):
    refused = namespace.allowed()
    if refused:
        print(refused)
        sys.exit(SKIPPED)
    for test in tests:
        print(f"-- {test.__name__.replace('_', ' ')}", flush=True)
        with Scene(sys.argv[1]) as scene:
            try:
                test(scene)
            except BaseException:
                for log in sorted(scene.folder.glob("*.log")):
                    print(f"---- {log.stem}\n{log.read_text(errors='replace')}")
                raise


def check(what, good, figure=""):
    print(f"   {'ok  ' if good else 'FAIL'} {what} {figure}", flush=True)
    if not good:
        raise AssertionError(f"{what} {figure}")


def verify_log(gateway):
    """jvpnctl must decide again, from the log alone, all that the gateway decided (FM-7-g)."""
    gateway.stop(seconds=10)
    verdict = gateway.verify_log()
    check("the audit log is verified", verdict["verified"],
          verdict.get("mismatch") or
          f"{verdict['transitions']} transitions, {verdict['grants']} grants, "
          f"{verdict['denials']} denials, {verdict['timers']} timers, 0 mismatches")


def begin(scene, families=("v4",), policy=QUICK_POLICY, keep_sessions=False):
    """A gateway and a client with an attached session: (gateway, client, session id)."""
    config.write_files(scene.files, families=families, policy=policy, keep_sessions=keep_sessions)
    gateway = scene.start_gateway()
    client = scene.start_client()
    attached = scene.wait_attached(gateway, client)
    return gateway, client, attached["session_id"]


def wait_standby(gateway, transport, seconds=10):
    """Until the gateway holds `transport` for a validated standby."""
    clock.wait_for(
        f"transport {transport} to be a validated standby", seconds,
        lambda: any(row["transport_id"] == transport and row["validated"]
                    and row["life"] == "fresh"
                    for row in gateway.ctl_json("transports")["transports"]), pace=0.1)


def drops(gateway):
    return {row["reason"]: row["total"] for row in gateway.ctl_json("drops")["drops"]}


def forms(secret):
    """How a key might show: as it is, in base64, in hex."""
    yield secret
    yield base64.b64encode(secret).rstrip(b"=")
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
