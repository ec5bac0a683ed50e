"""Reading a stream in pieces."""

from __future__ import annotations

import io
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from framing.cli import reading
from framing.cli.common import Misuse
from framing.cli.reading import Source, opened, watched


def test_a_file_has_a_size_and_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(reading.CHUNK + 1))
    with opened(str(path)) as source:
        assert (source.size, source.live) == (reading.CHUNK + 1, False)
        assert list(map(len, source.chunks())) == [reading.CHUNK, 1]


def test_a_pipe_is_live_and_gives_what_has_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as stream, os.fdopen(write, "wb", buffering=0) as sender:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        with opened("-") as source:
            assert source.live
            chunks = source.chunks()
            sender.write(b"abc")
            assert next(chunks) == b"abc"
            sender.write(b"de")
            assert next(chunks) == b"de"


def test_inputs_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file, line in ((str(tmp_path), "Is a directory"), (str(tmp_path / "n"), "No such file"), ("a\0b", "null byte")):
        with pytest.raises(Misuse, match=line), opened(file):
            pass
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(Misuse, match="standard input is closed"), opened("-"):
        pass


def test_a_file_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(Misuse, match=r"^secret: Permission denied$"), opened("secret"):
        pass


class _Broken(io.BytesIO):
    def read1(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def test_an_error_in_the_middle() -> None:
    with pytest.raises(Misuse, match=r"^tape: Input/output error$"):
        list(Source("tape", _Broken(), None).chunks())


# --- progress --------------------------------------------------------------------------------------------------------


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


Screen = Callable[[str], _Terminal]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """`screen("stderr")` makes standard error a terminal, and gives it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(reading, "CHUNK", 10)

    def made(name: str) -> _Terminal:  # from within the test, since pytest sets the streams anew for each phase
        terminal = _Terminal()
        monkeypatch.setattr(sys, name, terminal)
        return terminal

    return made


def ticking(seconds: float) -> Any:
    ticks = itertools.count(0.0, seconds)
    return lambda: next(ticks)


def pieces(source: Source, beside: bool, seconds: float) -> Iterator[bytes]:
    return watched(source, beside, ticking(seconds))


def source(size: int | None = 100) -> Source:
    return Source("some/file.bin", io.BytesIO(bytes(100)), size)


def test_a_short_file_shows_no_bar(screen: Screen) -> None:
    terminal = screen("stderr")
    assert b"".join(pieces(source(), False, 0.01)) == bytes(100)
    assert terminal.getvalue() == ""


def test_a_long_file_shows_one(screen: Screen) -> None:
    terminal = screen("stderr")
    assert b"".join(pieces(source(), False, 0.6)) == bytes(100)
    assert "file.bin" in terminal.getvalue()
    assert "some/" not in terminal.getvalue()


def test_no_bar_for_a_pipe(screen: Screen) -> None:
    terminal = screen("stderr")
    assert b"".join(pieces(source(None), False, 9.0)) == bytes(100)
    assert terminal.getvalue() == ""


def test_no_bar_among_lines_on_the_same_terminal(screen: Screen) -> None:
    terminal = screen("stderr")
    screen("stdout")
    assert b"".join(pieces(source(), True, 9.0)) == bytes(100)
    assert terminal.getvalue() == ""
    assert b"".join(pieces(source(), False, 9.0)) == bytes(100)
    assert terminal.getvalue() != ""


def test_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert b"".join(pieces(source(), False, 9.0)) == bytes(100)
    assert capsys.readouterr().err == ""
