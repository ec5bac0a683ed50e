"""Which names and tables the expressions of a layout may use."""

from __future__ import annotations

from collections.abc import Mapping

from framing.errors import SpecError, near_miss
from framing.model.checks import Checksum
from framing.model.expressions import Expression
from framing.model.lookups import Lookup
from framing.model.traits import expressions_of, lookups_of
from framing.planning.coverage import spans_of
from framing.planning.outline import Outline

Tables = Mapping[str, Mapping[int, int]]
"""Tables by name."""


def tables_used(outline: Outline, tables: Tables) -> dict[str, Mapping[int, int]]:
    """The tables that expressions know by name. Raises `SpecError` where a part uses a name that is not known there."""
    scope: dict[str, Mapping[int, int]] = {}
    for index, part in enumerate(outline.parts):
        for key, used in expressions_of(part):
            scope.update(_tables_in(outline, tables, index, key, used))
        for key, lookup in lookups_of(part):
            _check_lookup(lookup, tables, f"layout[{index}].{key}.table")
    return scope


def _tables_in(outline: Outline, tables: Tables, index: int, key: str, used: Expression) -> dict[str, Mapping[int, int]]:
    """The tables in the expression under `key` of a part; all other names must be known there."""
    part, values, where = outline.parts[index], outline.names.values, f"layout[{index}].{key}"
    last = index if key == "valid" else index - 1
    if isinstance(part, Checksum) and key != "if":  # the extra byte is needed when all else is there
        last = max(index, *(last for _, last in spans_of(outline.names, part, index)))
    known = [name for name, at in values.items() if at <= last and (at != index or key == "valid")]
    found: dict[str, Mapping[int, int]] = {}
    for name in sorted(used.names):
        if name not in values and name in tables:
            if name in used.values:
                raise SpecError(f"{name!r} is a table", path=where, expected=f"an entry of it, such as {name}[1]")
            found[name] = dict(tables[name])
        elif name not in known:
            later = name in values
            raise SpecError(
                f"{name!r} is not known before this part" if later else f"unknown part {name!r}",
                path=where,
                expected=f"one of {', '.join(known)}" if known else "names of earlier parts, and there are none",
                near=None if later else near_miss(name, known),
            )
    return found


def _check_lookup(lookup: Lookup, tables: Tables, where: str) -> None:
    if lookup.table not in tables:
        raise SpecError(
            f"unknown table {lookup.table!r}",
            path=where,
            expected=f"one of {', '.join(tables)}" if tables else f"a table [tables.{lookup.table}]",
            near=near_miss(lookup.table, tables),
        )
