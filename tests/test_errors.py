"""`framing.errors`: what errors carry and how they read."""

from __future__ import annotations

import pytest

from framing import EncodeError, FrameError, FramingError, Reason, SpecError
from framing.errors import near_miss


def test_reasons_are_their_lower_case_names() -> None:
    assert [reason.value for reason in Reason] == [reason.name.lower() for reason in Reason]
    assert f"{Reason.TOO_LONG}" == "too_long"


def test_all_errors_have_one_base() -> None:
    assert issubclass(SpecError, FramingError)
    assert issubclass(EncodeError, FramingError)
    assert issubclass(FrameError, FramingError)


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [("lenght", ["length", "layout"], "length"), ("LENGTH", ["length"], "length"), ("zzz", ["length"], None), ("a", [], None)],
)
def test_near_misses(word: str, known: list[str], expected: str | None) -> None:
    assert near_miss(word, known) == expected


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SpecError("bad"), "bad"),
        (SpecError("bad", path="layout[2].type"), "layout[2].type: bad"),
        (SpecError("bad", file="x.toml"), "x.toml: bad"),
        (SpecError("bad", file="x.toml", line=7, path="name"), "x.toml:7: name: bad"),
        (SpecError("bad", line=7), "line 7: bad"),
        (SpecError("bad", expected="good"), "bad; expected good"),
        (SpecError("bad", expected="good", near="goods"), "bad; expected good; did you mean 'goods'?"),
    ],
)
def test_a_spec_error_in_words(error: SpecError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("path", "prefix", "expected"),
    [("type", "layout[2]", "layout[2].type"), ("", "name", "name"), ("name", "", "name"), ("[0]", "allowed", "allowed[0]")],
)
def test_its_path_from_further_out(path: str, prefix: str, expected: str) -> None:
    assert SpecError("bad", path=path).within(prefix).path == expected


def test_moving_it_keeps_the_rest() -> None:
    cause = ValueError("why")
    error = SpecError("bad", path="a", expected="b", near="c")
    error.__cause__ = cause
    moved = error.within("x").located("f.toml", 3)
    assert (moved.message, moved.path, moved.expected, moved.near, moved.file, moved.line) == ("bad", "x.a", "b", "c", "f.toml", 3)
    assert moved.__cause__ is cause


def test_an_encode_error() -> None:
    error = EncodeError("level", "10 is not allowed", "level is 0 to 9")
    assert (error.field, error.message, error.limit) == ("level", "10 is not allowed", "level is 0 to 9")
    assert str(error) == "level: 10 is not allowed; level is 0 to 9"
    assert str(EncodeError("level", "bad")) == "level: bad"


def test_a_frame_error() -> None:
    error = FrameError(Reason.CHECKSUM, 7)
    assert (error.reason, error.offset, str(error)) == (Reason.CHECKSUM, 7, "checksum at offset 7")
    assert str(FrameError(Reason.TRAILING, 3, "the toy frame ends there")) == "trailing at offset 3: the toy frame ends there"
