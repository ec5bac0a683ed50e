"""Rows of columns: the compiled functions and the plain ones say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing import compiled
from framing.columns.column import Column
from framing.columns.rows import chosen, counts
from framing.engines import REASONS

ROWS = st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(0, 1 << 20), st.integers(-1, 255), st.integers(0, len(REASONS) - 1)))


@pytest.fixture(params=[True, False], ids=["compiled", "plain"])
def usable(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param and not compiled.usable:
        pytest.skip("the compiled engine is not built")
    monkeypatch.setattr(compiled, "usable", request.param)


@pytest.mark.usefixtures("usable")
@given(st.lists(st.integers(-1, 3)), st.integers(-1, 3))
def test_chosen_rows(formats: list[int], number: int) -> None:
    column = Column("h", formats)
    assert chosen(column, number) == Column("q", [row for row, each in enumerate(formats) if each == number])
    assert chosen(column, number, others=True) == Column("q", [row for row, each in enumerate(formats) if each != number])


@pytest.mark.usefixtures("usable")
@given(ROWS)
def test_counts_by_format_and_reason(rows: list[tuple[int, int, int, int]]) -> None:
    starts, sizes, formats, reasons = (list(each) for each in zip(*rows, strict=True)) if rows else ([], [], [], [])
    ends = [start + size for start, size in zip(starts, sizes, strict=True)]
    found = counts(Column("q", starts), Column("q", ends), Column("h", formats), Column("B", reasons))
    assert found == {
        key: (sum(each[2:] == key for each in rows), sum(each[1] for each in rows if each[2:] == key)) for key in {each[2:] for each in rows}
    }


@pytest.mark.skipif(not compiled.usable, reason="the compiled engine is not built")
def test_columns_that_are_none_of_a_scan() -> None:
    with pytest.raises(ValueError, match="one length"):
        counts(Column("q", [0]), Column("q", [1]), Column("h"), Column("B", [0]))
    with pytest.raises(ValueError, match="no such format or reason"):
        counts(Column("q", [0]), Column("q", [1]), Column("h", [-2]), Column("B", [0]))
    with pytest.raises(ValueError, match="no such format or reason"):
        counts(Column("q", [0]), Column("q", [1]), Column("h", [0]), Column("B", [len(REASONS)]))
