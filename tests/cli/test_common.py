"""Small things that the commands share."""

from __future__ import annotations

import pytest
import typer

from framing.cli.common import console, hint, seconds, whole


def test_whole() -> None:
    assert [whole("12"), whole("0x0C"), whole("1_000")] == [12, 12, 1000]
    with pytest.raises(typer.BadParameter, match=r"'1\.5' is no integer"):
        whole("1.5")
    with pytest.raises(typer.BadParameter, match="-1 is below 1"):
        whole("-1")


def test_hint() -> None:
    assert hint("lnog", ["long", "short"]) == "; did you mean 'long'?"
    assert hint("zzz", ["long", "short"]) == ""


def test_a_console_takes_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("[red]17[/red] :smile:")
    console(stderr=True).print("x")
    assert capsys.readouterr() == ("[red]17[/red] :smile:\n", "x\n")


def test_seconds() -> None:
    assert seconds("0.5") == 0.5
    for text in ("soon", "-1", "inf", "nan"):
        with pytest.raises(typer.BadParameter):
            seconds(text)
