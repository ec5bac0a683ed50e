"""`framing.writing.quick`: whatever a quick writer is given, it does what `writing.write` does, errors and counters included."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from typing import Any

import pytest

import framing
import generate
from framing import compiled
from framing.layout import FrameFormat
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.options import Transparency
from framing.model.patterns import End, Sync
from framing.plan import Plan
from framing.writing import quick as quick_writing
from framing.writing import writer as writing
from framing.writing.quick import Writer
from framing.writing.source import Impossible
from rules import shipped

ODD: list[Any] = [None, True, -1, 256, 1 << 63, 1 << 70, 1.5, "x", b"", b"\x01", bytearray(b"\x02"), [], 0, 1, 3]
KINDS = ["generated", "compiled"] if compiled.usable else ["generated"]
by_kind = pytest.mark.parametrize("kind", KINDS)
EMPTY: dict[str, Any] = {}


class Slow(Exception):
    """The quick writer has handed on."""


def hand_on(*_: Any) -> bytes:
    raise Slow


def quick(kind: str, plan: Plan) -> Writer | None:
    """The writer of that kind alone, which raises `Slow` instead of asking another; None where there is none."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(quick_writing, "write", hand_on)
        if kind == "generated":
            made = quick_writing.generated(plan)
            return made if inspect.isfunction(made) else None
        from framing._writer import Writer as Compiled

        try:
            return Compiled(plan, hand_on).write
        except Impossible:
            return None


def outcome(write: Callable[..., bytes], payload: Any, given: dict[str, Any], counters: dict[str, int] | None) -> Any:
    """What comes of a call: the bytes, or the error; and the counters after it."""
    before, after = dict(given), None if counters is None else dict(counters)
    try:
        done: Any = write(payload, given, after)
    except Slow:
        done = Slow
        assert after == counters
    except Exception as error:
        done = type(error), str(error)
    assert given == before
    return done, after


def same(kind: str, each: FrameFormat, payload: Any, given: dict[str, Any], counters: dict[str, int] | None = None) -> bool:
    """Whether the quick writer did it alone; what it wrote is compared."""
    write = quick(kind, each.plan)
    if write is None:
        return False
    found = outcome(write, payload, given, counters)
    if found[0] is Slow:
        return False
    assert found == outcome(lambda *arguments: writing.write(each.plan, *arguments), payload, given, counters)
    return True


def some_given(rnd: random.Random, each: FrameFormat) -> tuple[Any, dict[str, Any], dict[str, int] | None]:
    """A payload, fields and counters; now and then odd ones."""
    payload, given = generate.values_for(rnd, each)
    names = [*each.plan.labels, "nope"]
    if generate.chance(rnd, 3):
        given[rnd.choice(names)] = rnd.choice(ODD)
    if given and generate.chance(rnd, 6):
        del given[rnd.choice(list(given))]
    if generate.chance(rnd, 8):
        payload = rnd.choice([*ODD, bytes(300), memoryview(b"\x01")])
    counters = {name: rnd.choice([0, 1, 3, 255, 300]) for name in each.plan.labels if generate.chance(rnd, 3)}
    return payload, given, rnd.choice([None, {}, counters])


@by_kind
@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_random_formats(kind: str, first: int) -> None:
    alone = 0
    for seed in range(first, first + 100):
        rnd = random.Random(seed)
        each = generate.frame_format(rnd)
        for _ in range(10):
            alone += same(kind, each, *some_given(rnd, each))
    assert alone > 10


@pytest.mark.parametrize("seed", range(200))
def test_handing_on_makes_no_difference(seed: int) -> None:
    rnd = random.Random(seed)
    each = generate.frame_format(rnd)
    for _ in range(10):
        payload, given, counters = some_given(rnd, each)
        expected = outcome(lambda *arguments: writing.write(each.plan, *arguments), payload, given, counters)
        assert outcome(each.writer, payload, given, counters) == expected
        assert outcome(quick_writing.generated(each.plan), payload, given, counters) == expected
        if counters is None:
            assert outcome(lambda payload, given, _: each.encode(payload, **given), payload, given, None) == expected


def shipped_frames() -> list[Any]:
    found = []
    for name in framing.shipped():
        for k, example in enumerate(shipped(name).examples):
            found.append(pytest.param(framing.load(name, **example.parameters), example.raw, id=f"{name}-{k}"))
    return found


@by_kind
@pytest.mark.parametrize("protocol, raw", shipped_frames())
def test_shipped_examples(kind: str, protocol: framing.Protocol, raw: bytes) -> None:
    frame = protocol.decode(raw)
    each = next(one for one in protocol if one.full_name == frame.format)
    payload = None if each.plan.payload is None else frame.payload
    given = dict(frame.fields)
    same(kind, each, payload, given, {})
    for name in given:
        for odd in ODD:
            same(kind, each, payload, given | {name: odd})
        same(kind, each, payload, {other: value for other, value in given.items() if other != name}, {})
        same(kind, each, payload, dict(reversed(given.items())))
    for odd in [*ODD, bytes(70000)]:
        same(kind, each, odd, given)


def kind_of(each: FrameFormat) -> set[str]:
    return {kind for kind in KINDS if quick(kind, each.plan) is not None}


def test_most_shipped_formats_are_written_quickly() -> None:
    formats = [each for name in framing.shipped() for each in shipped(name)]
    slow = {each.full_name for each in formats if quick("generated", each.plan) is None}
    assert len(slow) < len(formats) / 6
    assert not slow & {"ubx", "nmea", "mavlink.v1", "mavlink.v2", "rtcm3", "sbf", "sbp", "cobs-crc16", "mbus.long", "dnp3"}
    if compiled.usable:
        native = {each.full_name for each in formats if quick("compiled", each.plan) is not None}
        assert {"ubx", "mavlink.v1", "mavlink.v2", "rtcm3", "sbf", "sbp", "cobs-crc16", "slip", "modbus-tcp"} <= native


@by_kind
def test_what_is_usual_is_done_alone(kind: str) -> None:
    mavlink = framing.load("mavlink")["v2"]
    given = dict(seq=1, sysid=2, compid=3, msgid=30)
    signed = dict(incompat_flags=1, link_id=5, timestamp=9, signature=b"123456")
    assert same(kind, mavlink, b"x", given)
    assert same(kind, mavlink, b"x", given | signed)
    assert same(kind, mavlink, b"x", given | dict(size=9, crc=7))
    assert not same(kind, mavlink, b"x", given | dict(link_id=5))
    assert not same(kind, mavlink, b"x", given | dict(msgid=0xFFFFFF))  # is in no table


@pytest.mark.parametrize("engine", [True, False])
def test_the_compiled_parts_can_be_left_out(engine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "usable", engine and compiled.usable)
    each = FrameFormat("x", [Sync("AA"), Field("a", "u8"), Checksum("ck", "u16be", "CRC-16/XMODEM", "sync..a")])
    assert inspect.isfunction(each.writer) is not compiled.usable
    assert each.encode(a=5) == each.writer(None, {"a": 5}) == writing.write(each.plan, None, {"a": 5})


@pytest.mark.parametrize("engine", [True, False])
def test_encode_is_called_as_a_function_of_python(engine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "usable", engine and compiled.usable)
    each = FrameFormat("x", [Sync("AA"), Data("payload", size=1)])
    encode: Any = each.encode
    assert encode(b"b") == encode(payload=b"b") == encode(b"b", **EMPTY) == b"\xaab"
    assert str(inspect.signature(encode)).startswith("(payload")
    with pytest.raises(TypeError, match="positional"):
        encode(b"b", b"c")
    with pytest.raises(TypeError, match="strings"):
        encode(b"b", **{1: 2})


def test_names_from_specs_are_no_source() -> None:
    each = FrameFormat("x", [Sync("AA"), Field("class", "u8"), Field("Miss", "u8"), Field("given", "u8", equals="Miss + 1")])
    assert quick_writing.generated(each.plan)(None, {"class": 1, "Miss": 2}) == b"\xaa\x01\x02\x03"


def test_a_registered_function_is_called() -> None:
    framing.checksums.register("quick-writing-test", lambda data: len(data), 8)
    each = FrameFormat("x", [Sync("AA"), Data("payload", size=2), Checksum("ck", "u8", "quick-writing-test", "frame")])
    assert kind_of(each) == {"generated"}
    assert each.encode(b"ab") == b"\xaaab\x04"


WIDE = [
    FrameFormat("u64", [Sync("AA"), Field("a", "u64le"), Field("b", "i64be", default=-1), Field("c", "u128be", default=0)]),
    FrameFormat("high", [Sync("AA"), Field("a", "u64be", min=1 << 63), Field("b", "i64le", max=-(1 << 62))]),
    FrameFormat("float", [Sync("AA"), Field("a", "f32le", max=2.5), Field("b", "f64be", default=1.5)]),
    FrameFormat("text", [Sync("AA"), Field("a", "dec3"), Field("b", "bcd4", default=12), Field("c", "uleb128", default=300)]),
    FrameFormat("bits", [Sync("AA"), Bits(["a:1", "b:63"], "u64be"), Bits(["_:4", "c:2:1", "d:18"], "u24le")]),
    FrameFormat("many", [Sync("AA"), *(Field(f"f{k}", "u8", default=k) for k in range(100)), Field("a", "u8"), Field("b", "i8")]),
]


@by_kind
@pytest.mark.parametrize("each", WIDE, ids=lambda each: each.name)
def test_wide_numbers(kind: str, each: FrameFormat) -> None:
    values = [0, 1, -1, 2.25, 2.5, 1e39, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, -(1 << 63), -(1 << 63) - 1]
    for a in values:
        for b in [*values, None]:
            given = {"a": a} if b is None else {"a": a, "b": b}
            same(kind, each, None, given)
            same(kind, each, None, given | {"d": a})


TABLES = {"extra": {1: 7, 2: 300}, "sizes": {1: 1, 2: 2}}
CORNERS = {
    "checksum in its own span": [Sync("AA"), Checksum("ck", "u16be", "internet", "frame"), Field("a", "u8")],
    "checksum of checksums": [
        Sync("AA"), Checksum("two", "u8", "sum-8", "one..a"), Checksum("one", "u8", "xor-8", "a"), Field("a", "u8"),
    ],
    "optional checksum": [Sync("AA"), Field("a", "u8"), Checksum("ck", "u8", "sum-8", "a", if_="a > 1")],
    "optional bits": [Sync("AA"), Field("a", "u8"), Bits(["b:4", "c:4"], "u8", if_="a & 2"), Length("n", "u8", of="a..c")],
    "extra": [Sync("AA"), Field("a", "u8"), Checksum("ck", "u8", "sum-8", "a", extra=Lookup("a", "extra"))],
    "sized by a table": [Sync("AA"), Field("a", "u8"), Data("payload", size=Lookup("a", "sizes"))],
    "two that end": [Sync("AA"), Data("payload"), End("0A 0B"), Field("a", "u8"), End(["0D", "0D 0A"], as_="end")],
    "neighbour of a length": [
        Sync("AA"), Bits(["a:4", "n:4"], "u8", length="n", of="payload"), Data("payload"), Field("b", "u8", if_="a"),
    ],
    "length in halves": [Sync("AA"), Length("n", "u8", of="frame", unit=2, bias=1, max=3), Field("a", "u8"), Data("payload")],
    "padding by name": [Sync("AA"), Field("_", "u8", default=1), Bits(["a:4", "_:4"], "u8")],
    "words": [Sync("AA"), Field("a", "u8", enum={"one": 1, "two": 2}), Field("b", "u8", allowed=[1, 3], counter=True)],
}  # fmt: skip


@by_kind
@pytest.mark.parametrize("name", CORNERS)
def test_corners(kind: str, name: str) -> None:
    each = FrameFormat("x", CORNERS[name], tables=TABLES, max_size=40)
    for a in [0, 1, 2, 3, 15, "one", "three"]:
        for more in [{}, {"b": 1}, {"b": 1, "c": 2}, {"end": b"\r"}, {"n": 1, "ck": 1}, {"_": 3}]:
            for payload in [None, b"", b"x", b"xy", b"x\n", b"\n\x0b", bytes(50)]:
                same(kind, each, payload, {"a": a, **more}, {})


@by_kind
@pytest.mark.parametrize("kinds", ["slip", "cobs", "hdlc", "dle", "hex"])
def test_stuffed(kind: str, kinds: str) -> None:
    layout = [Data("payload"), Checksum("ck", "u8", "sum-8", "payload")]
    end = [] if Transparency(kinds).delimiter is not None else [End("10 03" if kinds == "dle" else "0D")]
    each = FrameFormat("x", [Sync("AA"), *layout, *end], transparency=Transparency(kinds), max_size=20)
    for payload in [b"", b"\x00\x10\x7e\xc0", bytes(9), bytes(30)]:
        same(kind, each, payload, {})
    bare = FrameFormat("x", [Data("payload")], transparency=Transparency("slip"))
    assert same(kind, bare, b"\xc0", {})
    assert not same(kind, bare, b"", {})  # would be fill
