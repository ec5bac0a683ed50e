"""Everything that is known of formats in advance, as data (`analyze`) and as text (`text`).

All figures are computed from the layouts. Rates are for random bytes and independent bit errors; stalls are those of strict order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from framing.analysis.chances import chance, value_chance
from framing.analysis.codes import strength, undetected
from framing.analysis.weak import alike, covered, overlaps, sums_of, weaknesses
from framing.layout import FrameFormat
from framing.model.data import Data
from framing.protocols import Protocol

BER = 1e-5
"""Wrong bits for each bit, unless told otherwise."""
PAYLOADS = (0, 1, 8, 64, 256, 1024, 4096, 65_535)
"""Bytes of payload for which overhead and strength are told, as far as the format carries them."""


def analyze(several: Sequence[Protocol | FrameFormat], ber: float = BER) -> dict[str, Any]:
    """The report on these formats, fit for JSON: one entry for each, and the pairs that can be taken for each other."""
    formats = [each for one in several for each in (one if isinstance(one, Protocol) else (one,))]
    pairs = [
        {"formats": [one.full_name, other.full_name], "told_apart_by": _told_apart(one, other)}
        for number, one in enumerate(formats)
        for other in formats[number + 1 :]
        if alike(one, other)
    ]
    return {"ber": ber, "formats": [_format(each, ber) for each in formats], "mistakable": pairs}


def _format(each: FrameFormat, ber: float) -> dict[str, Any]:
    found = chance(each)
    waits = 1 + (each.lock.confirm + each.lock.misses if each.lock else 0)
    return {
        "format": each.full_name,
        "unit": "bit" if each.plan.stuffing is not None and each.plan.stuffing.unit == 8 else "byte",
        "sizes": [each.min_size, each.max_size],
        "false_frames_per_random_byte": found.rate,
        "upper_bound_as": list(found.assumed),
        "longest_stall_bytes": each.max_size * waits,
        "overhead": [{"payload": size, "bytes": list(extra)} for size, extra in overheads(each)],
        "errors": [_errors(each, own, part.name, size, ber) for own, part in sums_of(each) for size in _sizes(each)],
        "marker_overlaps": [{"ends": one, "begins": other, "bytes": size} for one, other, size in overlaps(each)],
        "weak": [{"what": one.what, "proposal": one.proposal} for one in weaknesses(each)],
    }


def overheads(each: FrameFormat) -> Iterable[tuple[int, tuple[int, int]]]:
    """For each size of payload that fits: the least and the most bytes beside it, as stuffing and optional parts have it.

    A format of bits has them in bits, eight for each byte of its payload not counted.
    """
    plan = each.plan
    unit = plan.stuffing.unit if plan.stuffing is not None else 1
    if plan.payload is None:
        return
    part = plan.parts[plan.payload]
    blocks = part.blocks if isinstance(part, Data) else None
    low, high = plan.sizes[plan.payload]
    for size in PAYLOADS:
        wire = blocks.wire(size) if blocks else size
        if wire < low or (high is not None and wire > high):
            continue
        totals = []
        for most in (False, True):
            inside, outside = 0, plan.closing
            for index, (least, greatest) in enumerate(plan.sizes):
                own = wire if index == plan.payload else (greatest if most and greatest is not None else least)
                if plan.in_area(index):
                    inside += own
                else:
                    outside += own
            if plan.stuffing is not None:
                inside = plan.stuffing.max_encoded(inside) if most else plan.stuffing.min_encoded(inside)
            totals.append(inside + outside)
        if totals[0] <= each.max_size:
            yield size, (totals[0] - unit * size, min(totals[1], each.max_size) - unit * size)


def _sizes(each: FrameFormat) -> list[int]:
    """Frames that strength is told for: the smallest, the largest, and some between."""
    between = [size for size in (32, 256, 2048) if each.min_size < size < each.max_size]
    return sorted({each.min_size, *between, each.max_size})


def _errors(each: FrameFormat, own: int, name: str, size: int, ber: float) -> dict[str, Any]:
    part = dict(sums_of(each))[own]
    over, field = covered(each, own, size), 8 * (part.type.size or 1)
    known = strength(part.algorithm, over, field)
    return {
        "checksum": name,
        "algorithm": part.algorithm.name,
        "frame_bytes": size,
        "covered_bytes": over,
        "distance": None if known is None else known.distance,
        "distance_is_exact": known is not None and known.exact,
        "undetected_per_frame": undetected(part.algorithm, over, field, ber),
    }


def _told_apart(one: FrameFormat, other: FrameFormat) -> str:
    """What the second format's frames must fail to be no frames of the first."""
    sums = sums_of(one)
    if not sums:
        return f"nothing that {one.full_name} checks behind its header" if one.max_size > 1 else "nothing"
    odds = 1.0
    for _, part in sums:
        odds *= value_chance(part.type, part.algorithm.width)
    return f"the checksum of {one.full_name} alone, one time in {1 / odds:,.0f} not" + ("" if sums_of(other) else f"; {other.full_name} has none")


def text(report: dict[str, Any]) -> str:
    """The report for people."""
    lines: list[str] = []
    for each in report["formats"]:
        low, high = each["sizes"]
        unit = each["unit"]  # of the stream: a byte of it may be a bit
        lines += [f"{each['format']}: {low:,} to {high:,} {unit}s" if low != high else f"{each['format']}: {low:,} {unit}s"]
        rate = each["false_frames_per_random_byte"]
        bound = f" at most ({', '.join(each['upper_bound_as'])})" if each["upper_bound_as"] else ""
        lines.append(f"  false frames   one in {1 / rate:,.4g} random bytes{bound}" if rate else "  false frames   none in random bytes")
        lines.append(f"  longest stall  {each['longest_stall_bytes']:,} {unit}s, in strict order")
        for row in each["overhead"]:
            least, most = row["bytes"]
            payload = row["payload"] * (8 if unit == "bit" else 1)
            share = f", {100 * least / (least + payload):.1f} % of the frame" if payload else ""
            lines.append(f"  overhead       {row['payload']:,} bytes of payload: {least:,}" + (f" to {most:,}" if most != least else "") + f" {unit}s{share}")
        for row in each["errors"]:
            lines.append(_error_line(row, report["ber"], unit))
        lines += [f"  weak           {one['what']}\n                 better: {one['proposal']}" for one in each["weak"]]
        lines.append("")
    for pair in report["mistakable"]:
        lines.append(f"{' and '.join(pair['formats'])} look alike; told apart by {pair['told_apart_by']}")
    return "\n".join(lines).rstrip()


def _error_line(row: dict[str, Any], ber: float, unit: str) -> str:
    head = f"  errors         {row['checksum']} ({row['algorithm']}), frame of {row['frame_bytes']:,} {unit}s: "
    if row["distance"] is None:
        return head + "a registered function, nothing is known"
    sure = "" if row["distance_is_exact"] else "at least "
    return head + f"sees all errors of fewer than {sure}{row['distance']} bits; misses one in {_inverse(row['undetected_per_frame'])} frames at {ber:g}"


def _inverse(share: float) -> str:
    return f"{1 / share:,.3g}" if share else "no end of"
