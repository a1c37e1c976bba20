"""What the demo saw, as plain values: steps, faults, jumps, proofs. report.json is this."""

import dataclasses

from lab import clock


class NotProved(Exception):
    """A step of the demo did not hold."""


@dataclasses.dataclass
class Proof:
    text: str
    good: bool
    figure: str = ""


@dataclasses.dataclass
class Step:
    number: int
    title: str
    begin_ms: int
    end_ms: int = 0
    proofs: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Fault:
    at_ms: int
    path: str
    what: str  # "blackholed", "cable pulled", "restored"


@dataclasses.dataclass
class Jump:
    """One change of the binding, as the gateway logged it and as the inner probe felt it."""

    name: str
    source: str
    target: str
    fault_ms: int     # when the fault was made
    detected_ms: int  # out of ATTACHED, after the fault
    switched_ms: int  # ATTACHED again, after the fault
    outage_ms: float = 0.0  # longest silence of the probe, the worse direction
    lost_up: int = 0
    lost_down: int = 0


class Story:
    def __init__(self):
        self.zero_ms = clock.now_ms()
        self.steps, self.faults, self.jumps = [], [], []
        self.facts = {}

    def since(self, boot_ms):
        return boot_ms - self.zero_ms

    def begin_step(self, title):
        self.end_step()
        step = Step(len(self.steps) + 1, title, self.since(clock.now_ms()))
        self.steps.append(step)
        print(f"\n[{step.begin_ms / 1000:5.1f} s] {step.number}. {title}", flush=True)

    def end_step(self):
        if self.steps and not self.steps[-1].end_ms:
            self.steps[-1].end_ms = self.since(clock.now_ms())

    def prove(self, text, good, figure=""):
        """Records a claim; NotProved when it does not hold."""
        self.steps[-1].proofs.append(Proof(text, bool(good), str(figure)))
        mark = "ok  " if good else "FAIL"
        print(f"    {mark} {text}{f': {figure}' if figure else ''}", flush=True)
        if not good:
            raise NotProved(f"step {len(self.steps)}: {text}{f': {figure}' if figure else ''}")

    def fault(self, path, what):
        at = clock.now_ms()
        self.faults.append(Fault(self.since(at), path, what))
        print(f"    ---- path {path.upper()} {what}", flush=True)
        return at

    def as_json(self):
        return {
            "steps": [dataclasses.asdict(step) for step in self.steps],
            "faults": [dataclasses.asdict(fault) for fault in self.faults],
            "jumps": [dataclasses.asdict(jump) for jump in self.jumps],
            **self.facts,
        }
