"""Boxes and brackets in characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from framing.cli.boxes import GUTTER, Bracket, Cell, cropped, draw, plain


def picture(cells: list[Cell], brackets: list[Bracket], width: int, closing: str = "") -> list[str]:
    return [plain(line).rstrip() for line in draw(cells, brackets, width, closing)]


ABC = [Cell(("aaa", "u8"), "0", 1), Cell(("bbb", "u8"), "1", 1), Cell(("ccc", "n"), "2", 4, loose=True)]


def test_one_row() -> None:
    assert picture(ABC, [Bracket("length", "l", 1, 2), Bracket("checksum", "a long name", 0, 0)], 60, "2+n") == [
        "offset    0     1     2                       2+n",
        "          ┌─────┬─────┬╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┐",
        "          │ aaa │ bbb │          ccc          │",
        "          │  u8 │  u8 │           n           │",
        "          └─────┴─────┴╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┘",
        "length          ├───────────── l ─────────────┤",
        "checksum  ├─────┤ a long name",
    ]


def test_rows_that_break_are_evenly_full_and_carry_their_brackets() -> None:
    assert picture(ABC, [Bracket("length", "l", 0, 2)], 26, "2+n") == [
        "offset    0     1",
        "          ┌─────┬─────┐",
        "          │ aaa │ bbb │",
        "          │  u8 │  u8 │",
        "          └─────┴─────┘",
        "length    ├──── l ────►",
        "",
        "offset    2           2+n",
        "          ┌╌╌╌╌╌╌╌╌╌╌╌┐",
        "          │    ccc    │",
        "          │     n     │",
        "          └╌╌╌╌╌╌╌╌╌╌╌┘",
        "length    ◄──── l ────┤",
    ]


def test_a_bracket_speaks_on_its_left_or_not_in_full() -> None:
    lines = picture(ABC, [Bracket("sum", "words", 2, 2), Bracket("sum", "very many words", 1, 2)], 30)
    assert lines[-2] == "sum             words ├─────┤"
    assert lines[-1] == "sum             ├very many …┤"


def test_labels_wider_than_the_room_are_cropped() -> None:
    lines = picture([Cell(("x" * 50,), "0", 1)], [], 30)
    assert lines[2] == "          │" + "x" * 17 + "…│"


def test_offsets_that_would_touch_are_left_out() -> None:
    cells = [Cell(("a",), "1000000", 1), Cell(("b",), "1000001", 1), Cell(("c",), "1000002", 1)]
    assert picture(cells, [], 24, "1000003")[0].split()[:2] == ["offset", "1000000"]


def test_uneven_labels() -> None:
    assert picture([Cell(("a", "b"), "0", 1), Cell((), "1", 1)], [], 60)[2:4] == [
        "          │  a  │     │",
        "          │  b  │     │",
    ]


def test_cropped() -> None:
    assert [cropped("abcd", width) for width in (5, 4, 3, 1, 0)] == ["abcd", "abcd", "ab…", "…", ""]


CELLS = st.lists(
    st.builds(
        Cell,
        st.lists(st.text("abc _", max_size=30), max_size=3).map(tuple),
        st.text("0123456789+n", max_size=8),
        st.integers(0, 2000),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@given(CELLS, st.integers(26, 140), st.data())
def test_never_wider_than_asked(cells: list[Cell], width: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(cells) - 1))
    last = data.draw(st.integers(first, len(cells) - 1))
    bracket = Bracket("length", data.draw(st.text("ab ", max_size=40)), first, last)
    lines = draw(cells, [bracket], width, "9+n")
    assert max(len(plain(line)) for line in lines) <= width
    tops = [plain(line) for line in lines if "┌" in plain(line)]
    assert sum(line.count("┌") + line.count("┬") for line in tops) == len(cells)
    assert all(line.startswith(" " * GUTTER + "┌") for line in tops)
    assert sum(plain(line).startswith("length") for line in lines) >= 1
