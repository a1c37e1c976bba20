"""Commands and children. A child never outlives the lab: the kernel kills it with its parent."""

import ctypes
import signal
import subprocess

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class CommandFailed(Exception):
    pass


def run(*command, stdin=None, timeout=30, check=True):
    """Runs to the end, returns the standard output; CommandFailed with what it said otherwise."""
    result = subprocess.run([str(word) for word in command], input=stdin, capture_output=True,
                            text=True, timeout=timeout)
    if check and result.returncode != 0:
        said = (result.stderr or result.stdout).strip()
        raise CommandFailed(f"{' '.join(map(str, command))}: exit {result.returncode}: {said}")
    return result.stdout


def _die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """A program that runs beside us; what it says goes to the end of the file `log`."""

    def __init__(self, name, command, log):
        self.name, self.log = name, log
        with open(log, "ab") as output:
            self._begin = output.tell()  # what stands before it, an earlier child said
            self.process = subprocess.Popen([str(word) for word in command],
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            preexec_fn=_die_with_parent, start_new_session=True)

    def alive(self):
        return self.process.poll() is None

    def said(self):
        return self.log.read_bytes()[self._begin:].decode(errors="replace")

    def wait(self, seconds):
        """Its exit status; None when it is still running after that time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, sign=signal.SIGTERM, seconds=5):
        """Asks it to end, then makes it end. Returns the exit status."""
        if self.alive():
            self.process.send_signal(sign)
            if self.wait(seconds) is None:
                self.process.kill()
        return self.process.wait()
