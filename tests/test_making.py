"""Frames made of what a format declares: of every shipped spec, within every limit."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

import framing
from framing import Bits, Checksum, Data, End, Field, FrameFormat, Length, Lookup, Sync, Transparency, spec
from framing.making import Chance, Maker, NoFrameError

FEW = {"ack", "answer", "plain", "end", "tail", "short", "reset", "sync"}
"""Formats that have little to say."""


def shipped() -> Iterator[Any]:
    """Every shipped protocol; parameters are those of an example."""
    for name in sorted(spec.shipped()):
        source = spec.read(name)
        examples = source.part("example")["example"]
        needed = [word for word, each in source.summary().parameters.items() if each.default is None]
        given = {word: next(each.parameters[word] for each in examples if word in each.parameters) for word in needed}
        yield pytest.param(source.protocol(given), id=name)


def made(definition: FrameFormat, count: int = 40, **options: Any) -> list[framing.Frame]:
    maker = Maker(definition, **options)
    return [maker.frame(Chance(Random(seed))) for seed in range(count)]


@pytest.mark.parametrize("protocol", list(shipped()))
def test_frames_of_every_shipped_format_come_about_without_its_examples(protocol: framing.Protocol) -> None:
    for definition in protocol:
        if definition.full_name == "ardupilot-dataflash.message":
            continue  # its sizes stand in frames that came before
        frames = made(definition, 12)
        assert all(definition.decode(frame.raw) == frame for frame in frames)
        assert len({frame.raw for frame in frames}) >= (1 if definition.name in FEW else 4), definition.full_name


def toy(*parts: Any, **more: Any) -> FrameFormat:
    return FrameFormat("toy", [Sync("AA"), *parts], **more)


def values(definition: FrameFormat, name: str, **options: Any) -> set[Any]:
    return {frame.fields.get(name) for frame in made(definition, **options)}


def test_fields_keep_their_limits_and_use_them() -> None:
    assert values(toy(Field("f", "u8", min=3, max=5)), "f") == {3, 4, 5}
    assert values(toy(Field("f", "u8", allowed=[1, 9])), "f") == {1, 9}
    assert values(toy(Field("f", "u8", const=7)), "f") == {7}
    assert len(values(toy(Field("f", "i16le")), "f")) > 30
    floats = values(toy(Field("f", "f32le", min=0, max=1)), "f")
    assert len(floats) > 30 and all(0 <= each <= 1 for each in floats)


def test_conditions_hold() -> None:
    assert all(each % 7 == 3 for each in values(toy(Field("f", "u8", valid="f % 7 == 3")), "f"))
    assert values(toy(Field("f", "u32le", valid="f == 77")), "f", examples=[b"\xaa\x4d\0\0\0"]) == {77}
    rare = toy(Bits(["a:4", "b:4"], "u8", valid="a + b == 15 and a & 1"))
    assert all(frame["a"] + frame["b"] == 15 and frame["a"] & 1 for frame in made(rare))
    optional = values(toy(Field("f", "u8", max=1), Field("g", "u8", if_="f")), "g")
    assert None in optional and len(optional) > 5


def test_sizes_follow_from_what_states_them() -> None:
    counted = toy(Length("n", "u8", of="payload", unit=4, max=3), Data("payload"))
    assert {len(frame.payload) for frame in made(counted)} == {0, 4, 8, 12}
    looked_up = toy(Field("k", "u8"), Data("payload", size=Lookup("k", "t")), tables={"t": {5: 2, 200: 3}})
    assert {(frame["k"], len(frame.payload)) for frame in made(looked_up)} == {(5, 2), (200, 3)}
    worked_out = toy(Field("k", "u8", max=4), Data("payload", size="2 * k + 1"))
    assert {len(frame.payload) for frame in made(worked_out)} == {1, 3, 5, 7, 9}
    whole = toy(Length("n", "u8", of="frame", valid="n > 5"), Data("payload"), Checksum("c", "u8", "sum-8", over="payload"))
    assert all(5 < len(frame.raw) == frame["n"] for frame in made(whole))


def test_data_keeps_its_characters_and_its_end_out() -> None:
    line = toy(Data("payload", charset="digits"), End("0D 0A"))
    frames = made(line)
    assert all(frame.payload.isdigit() or not frame.payload for frame in frames)
    dle = toy(Data("payload"), End("10 03"), transparency=Transparency("dle", escape=0x10))
    assert len({frame.raw for frame in made(dle)}) > 20


def test_no_part_is_larger_than_asked_for_unless_it_must_be() -> None:
    counted = toy(Length("n", "u16le", of="payload"), Data("payload"))
    sizes = {len(frame.payload) for frame in made(counted, largest=9)}
    assert sizes == set(range(10))
    fixed = toy(Data("payload", size=100))
    assert {len(frame.payload) for frame in made(fixed, 5, largest=9)} == {100}


def impossible() -> FrameFormat:
    """Its second condition speaks of what stands further on."""
    return toy(Field("f", "u32le"), Field("g", "u32le", valid="g == f * 3 + 1 and f > 100000 and f % 1013 == 5"))


def test_what_cannot_be_met_says_so_and_an_example_helps() -> None:
    with pytest.raises(NoFrameError, match=r"no valid frame of toy came about in 12 tries; .* An \[\[example\]\] in the spec would help"):
        made(impossible(), 1)
    f = 1013 * 100 + 5
    example = impossible().encode(f=f, g=f * 3 + 1)
    assert all(frame["g"] == frame["f"] * 3 + 1 for frame in made(impossible(), 10, examples=[example]))


def test_examples_lend_their_values() -> None:
    wide = toy(Field("f", "u64le"))
    assert 12345 in values(wide, "f", examples=[wide.encode(f=12345)])
    assert 12345 not in values(wide, "f")
    assert Maker(wide, [b"no frame of it"]).examples == []
