"""Plays a play until it was as its timeline says, or was spoiled too often."""

from lab import script_text

# A machine that takes the CPU away for a moment spoils a timeline; what is wrong fails twice.
PERFORMANCES = 2


def perform(stage, play, aloud=False):
    """What was wrong with the last performance; every one is reported, with its log if `aloud`."""
    for _ in range(PERFORMANCES):
        faults, events = stage.play(play)
        print(f"{play.id} {play.title}: {'FAIL' if faults else 'ok'}", flush=True)
        if faults or aloud:
            for event in events:
                print(f"    {event['ts_ms'] - stage.curtain_ms:6} {script_text.say(event)}")
        print("".join(f"    {fault}\n" for fault in faults), end="", flush=True)
        if not faults:
            break
    return faults
