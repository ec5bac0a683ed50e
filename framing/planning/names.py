"""The names of a layout: which part each one means, which parts a span runs over, which names expressions read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from framing.errors import SpecError, near_miss
from framing.model.expressions import Expression
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import expressions_of, names_of


class Names:
    """The names of the parts of one layout. Raises `SpecError` where two parts have the same.

    >>> from framing.model.numbers import Field
    >>> names = Names([Sync("AA"), Field("id", "u8"), Field("kind", "u8")])
    >>> names.values, names.span("sync..id", 2, "over"), names.span("frame", 2, "over")
    ({'id': 1, 'kind': 2}, (0, 1), (0, 2))
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.values: dict[str, int] = {}
        """The part in which the value of each name stands."""
        self._last = len(parts) - 1
        unnamed: dict[str, list[int]] = {}
        named: dict[str, list[int]] = {}  # their kind tells them too where there is but one of it
        for index, part in enumerate(parts):
            if isinstance(part, (Sync, End)):
                (named if part.as_ else unnamed).setdefault("sync" if isinstance(part, Sync) else "end", []).append(index)
            for name in names_of(part):
                if name in self.values:
                    raise SpecError(
                        f"{name!r} is the name of layout[{self.values[name]}] too", path=f"layout[{index}]", expected="each name once"
                    )
                self.values[name] = index
        self.labels = dict(self.values)
        """The same, and `sync` and `end` where they mean one part only: what spans speak of."""
        self._repeated = {name: indices for name, indices in unnamed.items() if len(indices) > 1}
        for name, indices in (named | unnamed).items():
            if len(indices) == 1:
                self.labels.setdefault(name, indices[0])

    def index(self, name: str, where: str) -> int:
        """The part that a name means. Raises `SpecError` at `where` if it means none, or several."""
        if name not in self.labels and name in self._repeated:
            which = " and ".join(f"layout[{index}]" for index in self._repeated[name])
            raise SpecError(f"{name!r} may be {which}", path=where, expected="a name for one of them with `as`")
        if name not in self.labels:
            raise SpecError(
                f"unknown part {name!r}",
                path=where,
                expected=f"one of {', '.join(self.labels)}",
                near=near_miss(name, self.labels),
            )
        return self.labels[name]

    def span(self, text: str, index: int, key: str) -> tuple[int, int]:
        """The first and the last part of a span, which stands under `key` of part `index`."""
        where = f"layout[{index}].{key}"
        if text == "frame" and "frame" not in self.labels:
            return 0, self._last
        first, dots, last = text.partition("..")
        span = self.index(first, where), self.index(last if dots else first, where)
        if span[0] > span[1]:
            raise SpecError(f"{text!r} runs backwards", path=where, expected="the earlier part first")
        return span

    def last_needed(self, used: Iterable[Expression | None]) -> int:
        """The last part that the expressions need; -1 where they need none."""
        return max((self.values.get(name, -1) for each in used if each for name in each.names), default=-1)


def used_names(parts: Sequence[Part]) -> frozenset[str]:
    """The names that expressions read."""
    return frozenset(name for part in parts for _, used in expressions_of(part) for name in used.names)
