"""Parts and formats in words: `size * 4 = bytes of payload`, `one of 1, 2, 3`, `length, stuffed by HDLC`.

Pure. `framing show` and `framing formats` both speak with these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from framing.checksums import Algorithm
from framing.layout import FrameFormat
from framing.model.checks import Checksum, Implied
from framing.model.data import Data
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.plan import Plan
from framing.planning.facts import Equation, Follow, Open

_ENUM_MOST = 8
_VALUES_MOST = 12
_NAMES = {"cobs": "COBS", "cobs-r": "COBS/R", "slip": "SLIP", "kiss": "KISS", "hdlc": "HDLC", "dle": "DLE"}
_STUFFINGS = {
    "doubled": "doubled escapes",
    "hex": "hex digits",
    "run": "inserted bytes",
    "bits": "bits",
}


BITS_FROM = 8
"""So many bytes 00 and 01 in a row, and no others, are taken for bits."""


def hexed(raw: bytes) -> str:
    """Bytes as `B5 62`, bits of a line as `bits 01111110`."""
    if len(raw) >= BITS_FROM and max(raw) < 2:
        return "bits " + "".join(map(str, raw))
    return raw.hex(" ").upper()


def alternatives(part: Sync | End, most: int = 99) -> str:
    """The constant bytes of a part: `24|21`."""
    given = part.sync if isinstance(part, Sync) else part.end
    return "|".join([*map(hexed, given[:most]), *(["…"] if len(given) > most else [])])


def stuffing(kind: str) -> str:
    """The name of a kind of stuffing."""
    return _NAMES.get(kind) or _STUFFINGS.get(kind, kind)


def extent(each: FrameFormat) -> str:
    """How the end of a frame is found: length, delimiter, end pattern, next, silence or fixed."""
    plan = each.plan
    if plan.follow is not None and plan.searched is not None:
        return "next" if plan.follow.pattern is not None else "silence"
    if plan.delimiter is not None:
        return "delimiter"
    if any(one.stop is not None for one in plan.opens):
        return "end pattern"
    return "fixed" if plan.fixed_size is not None else "length"


def markers(each: FrameFormat) -> list[str]:
    """The sync markers that may open a frame, in hex."""
    first = each.plan.parts[0]
    return [hexed(one) for one in first.sync] if isinstance(first, Sync) else []


def algorithms(each: FrameFormat) -> list[Algorithm]:
    """The checksum algorithms of a format, in wire order, each once."""
    found: dict[Algorithm, None] = {}
    for part in each.plan.parts:
        if isinstance(part, Checksum):
            found[part.algorithm] = None
        elif isinstance(part, Data) and part.blocks:
            found[part.blocks.checksum] = None
    return list(found)


def between(low: int, high: int | None, unbounded: str) -> str:
    """`8 to 65,543`, or the word for no upper bound."""
    if high is None:
        return unbounded
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def kind(part: Part) -> str:
    """The type of a part, or its constant bytes."""
    if isinstance(part, (Sync, End)):
        return alternatives(part)
    return "" if isinstance(part, Data) else part.type.name


def short(algorithm: Algorithm) -> str:
    """The algorithm's name; one that is defined inline by what it is."""
    if not algorithm.name.startswith("{"):
        return algorithm.name
    what = "CRC" if algorithm.crc else "xor" if algorithm.words and algorithm.words.op == "xor" else "sum"
    return f"{algorithm.width}-bit {what}"


def equation(each: Equation, short: bool = False) -> str:
    """`size`, `size * 4 + 6`: how many bytes a length says."""
    text = each.name
    if each.unit != 1:
        text += f" * {each.unit}"
    if each.bias:
        text += f" {'-' if each.bias < 0 else '+'} {abs(each.bias)}"
    return text if short else f"{text} = bytes of"


def meaning(plan: Plan, index: int) -> str:
    """What holds for a part, in one line."""
    part = plan.parts[index]
    match part:
        case Sync():
            said = _sync(part, index)
        case Field():
            said = _field(part)
        case Bits():
            said = [" ".join(map(str, part.bits)), *_lengths(plan, index, part)]
        case Length():
            said = _lengths(plan, index, part)
        case Data():
            said = _data(plan, index, part)
        case Checksum():
            said = _checksum(plan, index, part)
        case End():
            said = [_end_of(plan, index)]
    if isinstance(part, (Field, Bits, Length)) and part.valid is not None:
        said.append(f"valid if {part.valid}")
    if part.if_ is not None:
        said.insert(0, f"only if {part.if_}")
    return "; ".join(said)


def _sync(part: Sync, index: int) -> list[str]:
    said = ["the marker" if index == 0 else "a marker again"]
    if part.mask:
        said.append(f"under the mask {hexed(part.mask)}")
    if part.errors:
        said.append(f"up to {part.errors} wrong bit{'s' if part.errors > 1 else ''}")
    return said


def _field(part: Field) -> list[str]:
    said = []
    if part.const is not None:
        said.append(f"always {_number(part.const)}")
    if part.allowed is not None:
        said.append("one of " + _listed(_runs(part.allowed), _VALUES_MOST))
    said += _limits(part.min, part.max)
    if part.equals is not None:
        said.append(f"equals {part.equals}")
    if part.enum is not None:
        said.append(_listed((f"{number} {word}" for word, number in part.enum.items()), _ENUM_MOST))
    if part.counter:
        said.append("counts up")
    if part.default is not None:
        said.append(f"{part.default} unless told")
    return said


def _number(value: int | float) -> str:
    return f"0x{value:02X}" if isinstance(value, int) and value > 9 else str(value)


def _runs(values: Iterable[int | float]) -> list[str]:
    """Values in ascending order, neighbours drawn together: `0 to 2`, `4`."""
    runs: list[list[int | float]] = []
    for value in sorted(values):
        if runs and value == runs[-1][-1] + 1:
            runs[-1][1:] = [value]
        else:
            runs.append([value])
    return [" to ".join(map(str, run)) for run in runs]


def _listed(items: Iterable[str], most: int) -> str:
    shown = list(items)
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


def _limits(low: object, high: object) -> list[str]:
    if low is None and high is None:
        return []
    if low is None or high is None:
        return [f"at most {high}" if low is None else f"at least {low}"]
    return [f"{low} to {high}"]


def _lengths(plan: Plan, index: int, part: Bits | Length) -> list[str]:
    said = []
    for each in plan.equations:
        if each.part != index:
            continue
        said.append(f"{equation(each)} {span(plan, each.first, each.last)}")
        covered = plan.parts[each.first : each.last + 1]
        if any(isinstance(one, Data) and one.blocks for one in covered):
            said[-1] += ", block checksums not counted"
        if each.wire:
            said[-1] += " as they are stuffed on the wire"
        said += _limits(part.min, part.max)
    return said


def span(plan: Plan, first: int, last: int) -> str:
    """`payload`, `class..payload` or `the frame`."""
    if (first, last) == (0, len(plan.parts) - 1):
        return "the frame"
    names = plan.parts[first].name, plan.parts[last].name
    return names[0] if first == last else "..".join(names)


def _data(plan: Plan, index: int, part: Data) -> list[str]:
    said = []
    if isinstance(part.size, Lookup):
        said.append(f"size from {_stated(part)[0]}")
    elif _stated(part):
        said.append(f"size is {part.size}")
    elif (found := next((each for each in plan.opens if each.data == index), None)) is not None:
        said.append(_open(plan, found))
    if part.charset is not None:
        said.append(f"bytes of {part.charset}")
    if part.blocks:
        said.append(
            f"blocks of {part.blocks.size} bytes, {part.blocks.checksum.name} {part.blocks.type.name} behind each"
        )
    if index == plan.payload:
        said.insert(0, "the payload") if part.name != "payload" else None
    return said


def _open(plan: Plan, found: Open) -> str:
    if found.stop is not None:
        goal = f"the end pattern {alternatives(_end(plan, found.stop), 3)}"
    elif plan.wired is not None:
        goal = f"the end of the stuffed bytes, by {plan.wired.name}"
    else:
        goal = "the delimiter" if plan.follow is None else "the frame's end"
    if not found.tail:
        return f"up to {goal}"
    names = ", ".join(plan.parts[index].name for index in found.tail)
    return f"up to {names} before {goal}"


def _end(plan: Plan, index: int) -> End:
    part = plan.parts[index]
    assert isinstance(part, End)
    return part


def _end_of(plan: Plan, index: int) -> str:
    if index == len(plan.parts) - 1:
        return "ends the frame"
    found = next((each for each in plan.opens if each.stop == index), None)
    return "always there" if found is None else f"ends {plan.parts[found.data].name}"


def _checksum(plan: Plan, index: int, part: Checksum) -> list[str]:
    pieces = plan.pieces.get(index, (plan.overs[index],))
    named = [f"{each.value} as {each.type.name}" if isinstance(each, Implied) else span(plan, *each) for each in pieces]
    wire = " as it is stuffed on the wire" if part.wire else ""
    said = [f"{part.algorithm.name} over {', then '.join(named)}{wire}"]
    if index in plan.stored:
        said.append(f"stands in {' and '.join(plan.stored[index].names)}, which count as zero")
    elif plan.covers(index, index):
        said.append("its own bytes counting as zero")
    if part.extra:
        said.append(f"then one byte from table {part.extra.table} by {part.extra.by}")
    return said


def notes(each: FrameFormat) -> list[tuple[str, str]]:
    """What holds for the format as a whole: pairs of a word and a sentence."""
    plan = each.plan
    unit = "byte" if plan.max_size == 1 else "bytes"
    said = [("size", f"{between(plan.min_size, plan.max_size, '')} {unit} on the wire")]
    said.append(("starts", _start(each)))
    said.append(("ends", _finish(each)))
    if plan.follow is not None:
        said.append(("next", _following(plan.follow)))
    if plan.block is not None:
        said.append(("block", f"no frame leaves its block of {plan.block:,} bytes, counted from where the stream begins"))
    if plan.transparency is not None and plan.area is not None:
        said.append(("stuffing", _stuffed(plan)))
    if each.kind:
        said.append(("kind", ", ".join(str(used) for used in each.kind)))
    if each.lock is not None:
        said.append(("lock", _lock(each.lock.confirm, each.lock.misses)))
    if each.messages:
        said.append(("messages", _listed((one.name for one in each.messages), _VALUES_MOST)))
    return said


def _start(each: FrameFormat) -> str:
    found = markers(each)
    places = {"silence": "where the stream begins or the line was silent", "chained": "directly behind a frame of its protocol"}
    where = ", or ".join([*(places[word] for word in each.places if word in places), *_behind(each)])
    if found:
        return f"at the marker {' or '.join(found[:4])}{' …' if len(found) > 4 else ''}" + (f", {where}" if where else "")
    if where:
        return where
    if each.plan.marker is None and each.plan.delimiter is not None:
        return f"behind a delimiter {hexed(each.plan.delimiter)}, or where the stream begins"
    return "anywhere: it has no marker"


def _behind(each: FrameFormat) -> list[str]:
    if each.behind is None:
        return []
    mask = f" under the mask {hexed(each.behind.mask)}" if each.behind.mask else ""
    return [f"behind {' or '.join(map(hexed, each.behind.sync[:4]))}{' …' if len(each.behind.sync) > 4 else ''}{mask}"]


def _finish(each: FrameFormat) -> str:
    plan = each.plan
    how = extent(each)
    if how == "delimiter":
        return f"at the delimiter {hexed(plan.delimiter or b'')}, which belongs to it"
    if how == "end pattern":
        last = plan.parts[-1]
        if isinstance(last, End) and last.if_ is None:
            return f"at the end pattern {alternatives(last, 4)}"
        stop = max(one.stop for one in plan.opens if one.stop is not None)
        return f"behind {plan.parts[-1].name}, which the end pattern {alternatives(_end(plan, stop), 4)} leads to"
    if how in ("next", "silence"):
        return "where the line goes silent" if how == "silence" else "at the first place where all holds and `next` stands"
    if how == "fixed":
        return "at its fixed size"
    named = [one.name for one in plan.equations if one.sizes is not None or one.wire]
    named += [said for part in plan.parts if isinstance(part, Data) for said in _stated(part)]
    return f"where its header says ({', '.join(named)})" if named else "behind its last part"


def _following(follow: Follow) -> str:
    if follow.pattern is None:
        return "silence, the end of the stream"
    mask = f" under the mask {hexed(follow.pattern.mask)}" if follow.pattern.mask else ""
    found = [hexed(each) for each in follow.pattern.alternatives]
    return f"{' or '.join(found[:4])}{' …' if len(found) > 4 else ''}{mask}, or the end of the stream; no part of the frame"


def _stated(part: Data) -> list[str]:
    """What gives the size, if it is an expression over fields or a table."""
    if isinstance(part.size, Lookup):
        return [f"table {part.size.table} by {part.size.by}"]
    return [str(part.size)] if part.size is not None and part.size.names else []


def _stuffed(plan: Plan) -> str:
    assert plan.transparency is not None and plan.area is not None
    (first, last), escape = plan.area, plan.transparency.escape
    given: Mapping[str, object] = {
        "escape": None if escape is None else hexed(escape) if isinstance(escape, bytes) else f"{escape:02X}",
        "xor": None if plan.transparency.xor is None else f"{plan.transparency.xor:02X}",
        "special": None if plan.transparency.special is None else hexed(plan.transparency.special),
        "run": plan.transparency.run,
        "order": plan.transparency.order,
    }
    details = "".join(f", {name} {value}" for name, value in given.items() if value is not None)
    said = f"{stuffing(plan.transparency.kind)} over {span(plan, first, last)}{details}"
    if plan.transparency.opens:
        said += "; an encoder opens each frame with a delimiter"
    return f"{said}; offsets and sizes count unstuffed bytes"


def _lock(confirm: int, misses: int) -> str:
    verb = "more intact frame confirms" if confirm == 1 else "more intact frames confirm"
    said = f"{confirm} {verb} the first"
    if misses:
        said += f"; up to {misses} damaged marker{'' if misses == 1 else 's'} in a row are ridden through"
    return said
