"""Time as the gateway's audit log tells it."""

import time


def now_ns():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def now_ms():
    return now_ns() // 1_000_000


def wall_to_boot_ns():
    """What to add to a wall-clock time (of a capture) to have boot time."""
    return now_ns() - time.time_ns()


class TimedOut(Exception):
    pass


def wait_for(what, seconds, probe, pace=0.02):
    """Calls `probe` until it returns something true, and returns that."""
    deadline = now_ns() + int(seconds * 1e9)
    while True:
        found = probe()
        if found:
            return found
        if now_ns() > deadline:
            raise TimedOut(f"waited {seconds:g} s in vain for {what}")
        time.sleep(pace)
