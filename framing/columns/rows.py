"""Rows of columns: which of them are of a format, and how many there are of each kind with how many bytes."""

from __future__ import annotations

from itertools import compress

from framing import compiled
from framing.columns.column import Column


def chosen(formats: Column, number: int, others: bool = False) -> Column:
    """The rows whose format is `number`, or all `others`.

    >>> chosen(Column("h", [-1, 0, 1, 0]), 0), chosen(Column("h", [-1, 0, 1, 0]), -1, others=True)
    (Column('q', [1, 3]), Column('q', [1, 2, 3]))
    """
    if not compiled.usable:
        return Column("q", compress(range(len(formats)), map(number.__ne__ if others else number.__eq__, formats)))
    from framing import _engine

    made = Column("q")
    made.frombytes(_engine.chosen(formats, number, others))
    return made


def counts(starts: Column, ends: Column, formats: Column, reasons: Column) -> dict[tuple[int, int], tuple[int, int]]:
    """By format and reason, as they stand in the rows: how many rows, and how many bytes they cover."""
    if compiled.usable:
        from framing import _engine

        return _engine.counts(starts, ends, formats, reasons)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for start, end, number, reason in zip(starts, ends, formats, reasons, strict=True):
        rows, size = found.get((number, reason), (0, 0))
        found[number, reason] = rows + 1, size + end - start
    return found
