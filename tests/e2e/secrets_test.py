#!/usr/bin/python3
"""The keys of a session are in no output, and in no memory once the session is over.

The foreign client knows them all, so they can be looked for: in every file, in what passed on the
wire, and in every page that the gateway holds.
"""

import re
import sys

import case
from lab import clock, plan
from lab.capture import Capture

try:
    import foreign_client
    import foreign_crypto as crypto
    import foreign_client_test as foreign
except ImportError as error:
    print("skipped:", error)
    sys.exit(case.SKIPPED)

PIECE = 1 << 24


def keys_of(client):
    """{name: key} of a session as it is now."""
    suite, epoch = client.grant.suite, client.key_epoch
    keys = {"root": client.root}
    for name, way in (("up", crypto.UP), ("down", crypto.DOWN)):
        keys[f"control key {name}"] = crypto.control_key(client.root, way)
        keys[f"traffic key {name}, epoch {epoch}"] = crypto.traffic_key(
            client.secret, way, suite, epoch)
    return keys


def memory(process):
    """Every readable and writable byte of it, in pieces that overlap by the length of a key."""
    with open(f"/proc/{process.pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{process.pid}/mem", "rb", buffering=0) as pages:
        for line in maps:
            first, last = (int(part, 16) for part in re.match(r"(\w+)-(\w+)", line).groups())
            if " rw" not in line:
                continue
            for at in range(first, last, PIECE):
                pages.seek(at)
                try:
                    yield line.split()[-1], at, pages.read(min(PIECE + 32, last - at))
                except OSError:  # a device's
                    break


def held(process, keys):
    """Which of the keys the process holds, and in which mapping."""
    found = {}
    for where, at, data in memory(process):
        for name, key in keys.items():
            if (offset := data.find(key)) >= 0:
                found.setdefault(name, []).append(f"{where} {at + offset:#x}")
    return found


def told(scene, keys, said):
    """Which of the keys an output shows; private keys' own files are none."""
    outputs = [path.read_bytes() for path in scene.folder.rglob("*")
               if path.is_file() and path.suffix not in (".key", ".psk")]
    case.check("outputs were found", len(outputs) >= 5 and all(said), len(outputs))
    return [name for name, key in keys.items() for form in case.forms(key)
            if any(form in output for output in outputs + said)]


def lives_and_ends(scene, suite):
    capture = Capture(scene.topology, scene.folder, snap=2048)
    gateway, client = foreign.begin(scene, (suite,), keep_sessions=True)
    session = client.grant.session.hex()
    keys = keys_of(client)
    case.check("traffic", foreign.ping(client, 0, 1))
    live = held(gateway.process, keys)
    case.check("what is looked for is there while it lives",
               {"control key up", "control key down"} <= set(live), sorted(live))
    gateway.kill()
    gateway = scene.start_gateway("gateway-again")
    client.await_kind("solicit", 10)
    client.send_reattach(0)
    case.check("the session is back", client.await_kind("ack", 5), session)
    old = {name: key for name, key in keys.items() if name.startswith("traffic")}
    case.check("the keys of the epoch before died with the process",
               not held(gateway.process, old), held(gateway.process, old))
    keys |= keys_of(client)
    said = [gateway.ctl(*words).encode() for words in (
        ("sessions", "-j"), ("session", session, "-j"), ("transports", "-j"), ("why", session),
        ("events", "-n", "100", "-j"))]
    mark = gateway.log.count()
    gateway.ctl("terminate", session)
    gateway.log.wait("SessionTerminated", 2, mark)
    clock.wait_for("every key to be wiped", 3, lambda: not held(gateway.process, keys)
                   or print("   held:", held(gateway.process, keys)), pace=0.5)
    case.check("its keys are wiped", True, f"{len(keys)} looked for")
    capture.stop()
    shown = told(scene, keys, said)
    case.check("no output shows one", not shown, shown)


def with_aes(scene):
    lives_and_ends(scene, 1)


def with_chacha(scene):
    lives_and_ends(scene, 3)


if __name__ == "__main__":
    case.run(with_aes, with_chacha)
