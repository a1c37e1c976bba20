"""The lab: a client, two networks, a gateway and a server, in network namespaces of one machine.

    client a0 ── router a ──┐
                            wan ── gateway (DPDK on both of its links) ── server
    client b0 ── router b ──┘

Needs root. Everything it makes carries the prefix jvl<pid>- and goes away with it. Standard library
only. All times are CLOCK_BOOTTIME, the clock of the gateway's audit log.
"""
