"""What the project wants to reach, as ratios within one run, and whether it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from measure import Result, ratio
from races import CLAIMS, KINDS

Results = dict[str, dict[str, Result]]
"""By the name of the race, then by label."""


@dataclass(frozen=True)
class Goal:
    """`seen` is None where nothing could be measured; `most` says that the limit is an upper one."""

    text: str
    limit: float
    seen: float | None
    most: bool
    unit: str = "x"

    @property
    def met(self) -> bool | None:
        """None where it is not known."""
        return None if self.seen is None else self.seen <= self.limit if self.most else self.seen >= self.limit

    def cells(self) -> tuple[str, str, str, str]:
        seen = "–" if self.seen is None else f"{self.seen:,.2f} {self.unit}"
        answer = {None: "not known", True: "met", False: "missed"}[self.met]
        return self.text, f"{'≤' if self.most else '≥'} {self.limit:g} {self.unit}", seen, answer


def goals(results: Results) -> list[Goal]:
    """Those that the races of this run can say anything about."""
    return [goal for part in (_peers, _limits, _eight, _feeds, _hostile, _guard, _python, _encoding, _lost) for goal in part(results)]


def _times(results: Results, race: str, one: str, other: str, per: Callable[[Result], list[float]] = Result.per_byte) -> float | None:
    """How many times as long `one` takes as `other`, in a race."""
    entries = results[race]
    return ratio(per(entries[one]), per(entries[other]))


def _peers(results: Results) -> Iterator[Goal]:
    for race, peer, limit in (
        ("mavlink/clean", "pymavlink", 50),
        ("ubx/clean", "pyubx2 (raw)", 12),
        ("crc16/clean", "kaitaistruct", 15),
        ("crc16/clean", "by hand, Python", 5),
    ):
        if race in results:
            text = f"{KINDS[race.partition('/')[0]]}: frames/s of native objects, times {peer}"
            yield Goal(text, limit, _times(results, race, peer, "native objects"), most=False)


def _limits(results: Results) -> Iterator[Goal]:
    for kind in ("ubx", "crc16", "crc32", "cobs", "mavlink", "nmea"):
        if (race := f"{kind}/clean") in results:
            objects = _times(results, race, "native objects", "plain C")
            yield Goal(f"{KINDS[kind]}: native objects, time of plain C", 4 if kind == "mavlink" else 3, objects, most=True)
            columns = _times(results, race, "native columns", "plain C")
            yield Goal(f"{KINDS[kind]}: native columns, time of plain C", 1.5, columns, most=True)


def _eight(results: Results) -> Iterator[Goal]:
    if "eight" in results:
        for one, other, text in (
            ("eight at once", "one after the other", "eight formats mixed, time of the same frames apart"),
            ("UBX, eight asked", "UBX, one asked", "UBX with eight formats asked, time of one asked"),
        ):
            seen = _times(results, "eight", f"native objects, {one}", f"native objects, {other}")
            yield Goal(f"native objects: {text}", 1.5, seen, most=True)


def _feeds(results: Results) -> Iterator[Goal]:
    for kind in ("crc16", "mavlink"):
        if (race := f"feeds/{kind}") in results:
            seen = _times(results, race, "native objects, 64 B", "native objects, 65,536 B")
            yield Goal(f"{KINDS[kind]}: native objects, 64-byte feeds, time of 64 KiB", 3, seen, most=True)
            single = results[race]["native objects, 1 B"].per_byte()
            yield Goal(f"{KINDS[kind]}: native objects, 1-byte feeds", 200, median(single) if single else None, True, "ns/byte")


def _hostile(results: Results) -> Iterator[Goal]:
    if "hostile" not in results:
        return
    for engine in ("native objects", "Python"):
        for place in ("every 6 bytes", "at every byte"):
            seen = _times(results, "hostile", f"{engine}, {place}, claims 65,535", f"{engine}, {place}, claims 1,023")
            yield Goal(f"hostile, {engine}, markers {place}: claims of 65,535, time of claims of 1,023", 2, seen, most=True)
    for place, limit in (("every 6 bytes", 10), ("at every byte", 40)):
        clean = results["hostile"]["native objects, clean"].per_byte()
        seen = [ratio(results["hostile"][f"native objects, {place}, claims {claim:,}"].per_byte(), clean) for claim in CLAIMS]
        worst = max((each for each in seen if each is not None), default=None)
        yield Goal(f"hostile, native objects, markers {place}: worst claim, time of the clean stream", limit, worst, most=True)


def _guard(results: Results) -> Iterator[Goal]:
    for kind in ("ubx", "crc16"):
        if "guard" in results:
            label = f"{KINDS[kind]}, native objects"
            seen = _times(results, "guard", label, f"{label}, no guard")
            yield Goal(f"{label}: time with the guard, times without", 1.02, seen, most=True)


def _python(results: Results) -> Iterator[Goal]:
    if "crc16/clean" in results:
        seen = _times(results, "crc16/clean", "Python", "by hand, Python")
        yield Goal("CRC-16: Python engine, time of Python by hand", 1.5, seen, most=True)


def _encoding(results: Results) -> Iterator[Goal]:
    for kind, peer in (("ubx-known", "pyubx2"), ("mavlink", "pymavlink")):
        if (race := f"encode/{kind}") in results:
            seen = _times(results, race, peer, "native")
            yield Goal(f"encoding: frames/s of native, times {peer}", 10, seen, most=False)


def _lost(results: Results) -> Iterator[Goal]:
    ours = [
        result
        for race in results.values()
        for result in race.values()
        if result.entry.contestant.startswith("ours") and not result.missing
    ]
    lost = sum(result.intact - result.recovered for result in ours)
    yield Goal(f"intact frames that this project loses, {len(ours)} rows", 0, float(lost), True, "frames")
