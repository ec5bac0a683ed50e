"""What a stated length settles: the size of the part that it counts, and whether the frame can still be one."""

from __future__ import annotations

from framing.errors import Reason
from framing.model.data import Data
from framing.planning.facts import Equation
from framing.probing.intake import Rejected
from framing.probing.known import Known


def apply_length(frame: Known, equation: Equation, index: int) -> None:
    """Settles what a length leaves open once part `index` is there. Raises `Rejected` where it cannot be right."""
    if equation.part not in frame.spans:
        return
    stated = frame.names[equation.name] * equation.unit + equation.bias
    if equation.wire:
        _apply_wire(frame, equation, stated)
        return
    known, target = 0, None
    for k in range(equation.first, equation.last + 1):
        if k in frame.spans:
            known += _data_bytes(frame, k)
        elif k > index and frame.is_present(k):
            if k == equation.sizes:
                target = k
            else:
                part = frame.plan.parts[k]
                known += frame.data_size(k, part) if isinstance(part, Data) else frame.plan.sizes[k][1] or 0
    if target is None:
        if stated != known:
            raise Rejected(Reason.LENGTH)
        return
    if stated < known:
        raise Rejected(Reason.LENGTH)
    frame.sizes[target] = stated - known
    if _least_end(frame, index) > frame.limit:
        raise Rejected(frame.beyond)


def _apply_wire(frame: Known, equation: Equation, stated: int) -> None:
    """What a length of stuffed bytes leaves for the stuffed area, which begins here."""
    plan = frame.plan
    assert plan.area is not None and plan.stuffing is not None
    sizes = [low for low, _ in plan.sizes]
    begin, end = plan.area
    size = stated - sum(sizes[end + 1 : equation.last + 1])
    size -= sum(stop - start for index, (start, stop) in frame.spans.items() if index >= equation.first)
    if size < plan.stuffing.min_encoded(sum(sizes[begin : end + 1])):
        raise Rejected(Reason.LENGTH)
    frame.area_end = frame.at + size
    if frame.area_end + sum(sizes[end + 1 :]) > frame.limit:
        raise Rejected(frame.beyond)


def _data_bytes(frame: Known, index: int) -> int:
    """What a part that is there counts in a length."""
    part = frame.plan.parts[index]
    if isinstance(part, Data):
        return frame.data_sizes[index]
    start, end = frame.spans[index]
    return end - start


def _least_end(frame: Known, index: int) -> int:
    """Where the frame ends at the earliest, by the sizes known behind part `index`."""
    plan = frame.plan
    raw = plan.closing
    stuffed = frame.taken - frame.area_taken if frame.inside else 0
    for k in range(index + 1, len(plan.parts)):
        part = plan.parts[k]
        size = frame.sizes.get(k)
        if size is None:
            least = plan.sizes[k][0]
        else:
            least = part.blocks.wire(size) if isinstance(part, Data) and part.blocks else size
        if plan.in_area(k):
            stuffed += least
        else:
            raw += least
    if plan.stuffing is not None and plan.area is not None and index < plan.area[1]:
        raw += plan.stuffing.min_encoded(stuffed)
        return (frame.area_start if frame.inside else frame.at) + raw
    return frame.at + raw
