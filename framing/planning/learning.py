"""Tables that learn, and the part whose size what they learnt gives."""

from __future__ import annotations

from collections.abc import Mapping

from framing.errors import SpecError
from framing.model.data import Data
from framing.model.options import Table
from framing.model.traits import expressions_of, lookups_of, static_size
from framing.planning.outline import Outline


def learning(tables: Mapping[str, Mapping[int, int]]) -> frozenset[str]:
    """The tables that learn."""
    return frozenset(name for name, table in tables.items() if isinstance(table, Table) and table.learn is not None)


def taught(outline: Outline, learnt: frozenset[str]) -> int | None:
    """The data part whose size a learnt entry gives; None where there is none. Raises `SpecError` where one is used otherwise."""
    found = None
    for index, part in enumerate(outline.parts):
        used = {name for _, each in expressions_of(part) for name in each.names} | {each.table for _, each in lookups_of(part)}
        ours = sorted(used & learnt - outline.names.values.keys())
        if not ours:
            continue
        others = [each for k, each in enumerate(outline.parts) if k != index]
        alone = all(static_size(each) is not None and each.if_ is None for each in others)
        plain = isinstance(part, Data) and part.if_ is None and part.blocks is None
        told = {name for key, each in expressions_of(part) if key.partition(".")[0] != "size" for name in each.names}
        if not (plain and alone and outline.area is None and not told & learnt):
            raise SpecError(
                f"{ours[0]!r} learns, and a frame of this layout does not tell by its own bytes what it learnt",
                path=f"layout[{index}]",
                expected="it in the `size` of one data part, all other parts of fixed size and always there, no stuffing",
            )
        found = index
    return found
