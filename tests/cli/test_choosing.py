"""What options name."""

from __future__ import annotations

from pathlib import Path

import pytest

import framing
from framing.cli.choosing import FAILURES, chosen, decoder_for, failures, split
from framing.cli.common import Misuse
from framing.protocols import Protocol
from framing.spec import shipped


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ubx", ("ubx", None)),
        ("mbus.long", ("mbus", "long")),
        ("mbus.", ("mbus.", None)),
        (".x", (".x", None)),
        ("x.toml", ("x.toml", None)),
        ("x.toml.long", ("x", "toml.long")),
        ("./x.toml.long", ("./x.toml", "long")),
        ("a/b.toml", ("a/b.toml", None)),
        ("a.toml.d/b", ("a.toml.d/b", None)),
    ],
)
def test_split(text: str, found: tuple[str, str | None]) -> None:
    assert split(text) == found


def test_a_file_with_an_odd_name_is_that_file(tmp_path: Path) -> None:
    odd = tmp_path / "x.toml.bak"
    assert split(str(odd)) == (str(tmp_path / "x.toml"), "bak")
    odd.touch()
    assert split(str(odd)) == (str(odd), None)


def test_chosen() -> None:
    assert chosen(["ubx", "mbus.short"]) == [framing.load("ubx"), framing.load("mbus")["short"]]
    with pytest.raises(Misuse, match="no format given"):
        chosen([])


def test_every_shipped_spec_can_be_looked_at() -> None:
    assert all(isinstance(each, Protocol) for each in chosen(list(shipped()), placeholders=True))


def test_defaults_of_parameters_hold(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        'name = "p"\nlayout = [{ sync = "AA" }, { field = "x", type = "u8", max = "$n" }]\n'
        '[parameters.n]\ntype = "int"\ndefault = 3\n'
    )
    assert chosen([str(path)]) == [framing.load(path)]
    assert chosen([str(path)], ["n=0x10"]) == [framing.load(path, n=16)]
    with pytest.raises(Misuse, match="-p n: 'x' is no number"):
        chosen([str(path)], ["n=x"])


def test_decoder_for() -> None:
    assert decoder_for(["ubx"], [], "early", 3, 100).feed(b"") == []
    with pytest.raises(Misuse, match="--order late: expected strict or early"):
        decoder_for(["ubx"], [], "late", 2, 100)
    with pytest.raises(Misuse, match="mpeg-ts asks for confirmation"):
        decoder_for(["mpeg-ts"], [], "early", 2, 100)


def test_failures() -> None:
    assert failures([]) == frozenset()
    assert failures(["gap, checksum", "mac,"]) == {"gap", "checksum", "mac"}
    assert "trailing" not in FAILURES
    with pytest.raises(Misuse, match="--fail-on trailing: expected one of gap, suspect, noise, "):
        failures(["trailing"])
