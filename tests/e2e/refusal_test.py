#!/usr/bin/python3
"""What is wrong is said in one clear sentence, with the place in the file; nothing half starts."""

import re

import case
from lab import config
from lab.programs import Client, Gateway

PLACE = r"{file}:\d+:\d+: "


def refused(scene, child, status, *patterns):
    """`child` ends by itself with `status` and says each of the patterns."""
    scene.keep(child)
    code = child.wait(15)
    case.check("it ends by itself", code is not None)
    case.check("with a status that says so", code == status, code)
    for pattern in patterns:
        case.check(f"it says {pattern}", re.search(pattern, child.said()), child.said().strip())


def gateway_with(scene, change):
    """A gateway on a changed file; `change` edits the text."""
    config.write_files(scene.files)
    text = change(scene.files.gateway.read_text())
    scene.files.gateway.write_text(text)
    return Gateway(scene.programs, scene.topology, scene.files, "refused")


def every_fault_of_a_bad_file(scene):
    child = gateway_with(scene, lambda text: text.replace("listen_port = 4600",
                                                          "listen_port = 99999")
                         .replace("workers = 1", "wrokers = 1"))
    place = PLACE.format(file=re.escape(str(scene.files.gateway)))
    refused(scene, child, 2, place + r".*listen_port.*1 \.\. 65535", place + ".*wrokers")
    case.check("nothing was started", not scene.files.gateway_socket.exists())


def a_missing_file(scene):
    config.write_files(scene.files)
    scene.files.gateway.unlink()
    refused(scene, Gateway(scene.programs, scene.topology, scene.files), 2, "gateway.toml")


def a_key_that_others_can_read(scene):
    config.write_files(scene.files)
    (scene.folder / "gateway.key").chmod(0o644)
    refused(scene, Gateway(scene.programs, scene.topology, scene.files), 2, "gateway.key.*0?600")


def a_device_that_is_not_there(scene):
    child = gateway_with(scene, lambda text: text.replace("iface=wan0", "iface=nowhere0"))
    refused(scene, child, 1, "nowhere0|net_af_packet0")


def a_second_gateway(scene):
    config.write_files(scene.files)
    first = scene.start_gateway()
    refused(scene, Gateway(scene.programs, scene.topology, scene.files, "second"), 1,
            "gateway.sock")
    case.check("the first one goes on", first.ctl_json("sessions")["total"] == 0)


def a_client_with_a_bad_file(scene):
    config.write_files(scene.files)
    text = scene.files.client.read_text()
    scene.files.client.write_text(text.replace("endpoints", "endpionts"))
    place = PLACE.format(file=re.escape(str(scene.files.client)))
    refused(scene, Client(scene.programs, scene.topology, scene.files), 1, place + ".*endpionts")


def a_client_without_a_gateway(scene):
    config.write_files(scene.files, policy=case.QUICK_POLICY)
    refused(scene, Client(scene.programs, scene.topology, scene.files), 3, "no gateway answered")


def an_uplink_that_is_not_there(scene):
    config.write_files(scene.files)
    text = scene.files.client.read_text()
    scene.files.client.write_text(text.replace('"a0"', '"none0"').replace('"b0"', '"none1"'))
    refused(scene, Client(scene.programs, scene.topology, scene.files), 3, "uplink")


if __name__ == "__main__":
    case.run(every_fault_of_a_bad_file, a_missing_file, a_key_that_others_can_read,
             a_device_that_is_not_there, a_second_gateway, a_client_with_a_bad_file,
             a_client_without_a_gateway, an_uplink_that_is_not_there)
