#!/usr/bin/python3
"""Once they run, gateway and client hold no right that they do not need, and keep their secrets."""

import base64
import os
import pathlib
import pwd
import signal

import case

NET_ADMIN_AND_RAW = 1 << 12 | 1 << 13


def threads(process):
    """The status of every thread, as {field: value}."""
    for path in pathlib.Path(f"/proc/{process.pid}/task").glob("*/status"):
        yield dict(line.split(":", 1) for line in path.read_text().splitlines())


def number(status, field, base=10):
    return int(status[field].split()[0], base)


def keeps_its_memory(process, who, said):
    status = next(threads(process))
    limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
    locked = next(line for line in limits.splitlines() if line.startswith("Max locked memory"))
    if "unlimited" in locked:
        case.check(f"{who}: memory is locked", number(status, "VmLck") > 0, status["VmLck"].strip())
    else:  # a machine whose root may not raise the limit
        case.check(f"{who}: says that memory is not locked", "memory is not locked" in said)
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    case.check(f"{who}: no core file", core.split()[4:6] == ["0", "0"], core)
    # The kernel gives the files of a process that may not be dumped to root.
    case.check(f"{who}: closed to its own user's debuggers",
               os.stat(f"/proc/{process.pid}/mem").st_uid == 0)


def every_right_is_given_up(scene):
    gateway, client, _ = case.begin(scene)
    nobody = pwd.getpwnam("nobody").pw_uid
    count = 0
    for status in threads(gateway.process):
        name = status["Name"].strip()
        case.check(f"{name}: another user", set(status["Uid"].split()) == {str(nobody)})
        case.check(f"{name}: no group of root's", "0" not in status["Gid"].split() +
                   status["Groups"].split())
        case.check(f"{name}: no capability", all(number(status, field, 16) == 0
                                                 for field in ("CapPrm", "CapEff", "CapAmb")))
        case.check(f"{name}: can gain none", number(status, "NoNewPrivs") == 1)
        case.check(f"{name}: filtered", number(status, "Seccomp") == 2)
        count += 1
    case.check("in all its threads", count >= 3, count)
    filters = sorted(number(status, "Seccomp_filters") for status in threads(gateway.process))
    case.check("a worker has a filter more", filters[0] == 1 and filters[-1] == 2, filters)
    keeps_its_memory(gateway.process, "gateway", gateway.said())
    for status in threads(client.process):
        left = number(status, "CapPrm", 16) | number(status, "CapEff", 16)
        case.check("client: network capabilities only", left & ~NET_ADMIN_AND_RAW == 0, hex(left))
    keeps_its_memory(client.process, "client", client.said())
    scene.ping_both_ways("v4")
    scene.paths["a"].blackhole()
    gateway.log.wait("TransportSwitch", 5)
    case.check("and it still forwards and jumps", True)
    case.check("and stops in order", gateway.stop() == 0, gateway.said()[-300:])


def no_secret_is_told(scene):
    """Every output of every program, after a session has lived, moved and ended in an abort."""
    gateway, client, session = case.begin(scene)
    said = [gateway.ctl(*words).encode() for words in (
        ("sessions", "-j"), ("session", session, "-j"), ("transports", "-j"), ("drops", "-j"),
        ("stats", "-j"), ("events", "-n", "100", "-j"), ("policy", "show", "-j"),
        ("why", session), ("audit", "head", "-j"))]
    said.append(repr(client.status()).encode())
    scene.paths["a"].blackhole()
    gateway.log.wait("TransportSwitch", 5)
    # The end that tells most: an abort, which would leave a core.
    gateway.process.send_signal(signal.SIGABRT)
    gateway.process.wait(10)
    client.stop()
    keys = {name: base64.b64decode((scene.folder / name).read_text())
            for name in ("gateway.key", "client.key", "shared.psk")}
    files = [path for path in scene.folder.rglob("*")
             if path.is_file() and path.name not in keys]
    case.check("outputs were found", len(files) >= 4 and all(said), len(files))
    said += [path.read_bytes() for path in files]
    for name, key in keys.items():
        told = any(form in text for form in case.forms(key) for text in said)
        case.check(f"{name} is in none of them", not told)
    cores = [path for folder in (scene.folder, pathlib.Path.cwd())
             for path in folder.glob("core*") if path.is_file()]
    case.check("no core was left", not cores, cores)


if __name__ == "__main__":
    case.run(every_right_is_given_up, no_secret_is_told)
