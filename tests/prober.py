"""What short cuts are held against: the prober, at every place and for every end of some bytes."""

from __future__ import annotations

from framing import FrameFormat
from framing.probing.intake import Window
from framing.probing.memory import Memory
from framing.probing.probe import Verdict, probe
from framing.shortcuts.answers import reason_of
from framing.shortcuts.shortcut import guarded, shortcut


def decided(each: FrameFormat, data: bytes, start: int) -> tuple[int | None, Verdict | None]:
    """After how many bytes the prober knows what stands at `start`, and what."""
    for end in range(start, len(data) + 1):
        try:
            next(probe(each.plan, Window(data[:end]), start))
        except StopIteration as stop:
            return end, stop.value
    return None, None


def holds(each: FrameFormat, data: bytes) -> None:
    """Holds the short cut, with a memory and without, against the prober at every place and for every end of the data."""
    accept, remembering = shortcut(each.plan), guarded(each.plan)
    assert remembering is None if accept is None else remembering is not None or each.plan.area is not None
    if accept is None:
        return
    for start in range(len(data)):
        if each.plan.marker is not None and data[start] not in each.plan.marker.first_bytes():
            continue  # the engines look at the first byte before they ask
        known, verdict = decided(each, data, start)
        for end in range(start + 1, len(data) + 1):
            said = accept(data[:end], start, end)
            if remembering is not None:
                assert remembering(data[:end], start, end, Memory(Window(data[:end]), start)) == said
            reason = reason_of(said)
            if said > 0 or reason is not None:
                assert known is not None and known <= end
                assert verdict is not None and (verdict.end, verdict.reason) == ((None, reason) if reason else (said, None))
            elif said < 0:
                assert end < -said
                assert known is None or -said <= known
