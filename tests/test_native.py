"""`framing._engine`: what it decides, above all where it cannot decide alone. The events are those of the reference.

`test_properties.py` has the random formats, `test_native_streams.py` how streams are fed, held and scanned.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import framing
from framing import (
    Blocks,
    Checksum,
    Data,
    Decoder,
    End,
    Event,
    Field,
    Frame,
    FrameFormat,
    Length,
    Lookup,
    Next,
    Protocol,
    Reason,
    Sync,
    reference,
)
from framing.model.values import BadDigits, value_type
from framing.sums.algorithms import Algorithm
from rules import PAIR, SLIP, TOY, toy

pytestmark = pytest.mark.usefixtures("native_engine")

MARK = Sync("AA")
PAYLOAD = Data("payload")
TWO = Data("payload", size=2)
SUM = Checksum("ck", "u8", "sum-8", over="payload")
by_order = pytest.mark.parametrize("order", ["strict", "early"])


def agrees(stream: bytes, *formats: Protocol | FrameFormat, order: Any = "strict", size: int | None = None) -> list[Event]:
    """The events, which must be the reference's after each piece."""
    decoder = Decoder(*formats, order=order, gap_limit=64)
    events: list[Event] = []
    pieces = [stream] if size is None else [stream[at : at + size] for at in range(0, len(stream), size)]
    fed = b""
    for piece in pieces:
        events += decoder.feed(piece)
        fed += piece
        assert events == reference.decode(fed, formats, order=order, gap_limit=64, closed=False), stream.hex(" ")
    events += decoder.close()
    assert events == reference.decode(stream, formats, order=order, gap_limit=64), stream.hex(" ")
    return events


def frames(events: list[Event]) -> list[Frame]:
    return [event for event in events if isinstance(event, Frame)]


# --- formats that the Python prober does -----------------------------------------------------------------------------


SUM_OF_ALL = Checksum("sum", "u8", "sum-8", "frame")


def own_sum() -> Algorithm:
    return Algorithm("own", 8, None, lambda data: (7 + sum(data)) & 0xFF)


FALLBACKS: dict[str, tuple[FrameFormat, dict[str, Any]]] = {
    "the value of a f32le": (FrameFormat("x", [MARK, Field("f", "f32le", min=0), Length("n", "u8", of="payload", max=9), PAYLOAD, SUM]), {"f": 1.5}),
    "bytes (payload) in an expression": (FrameFormat("x", [MARK, Length("n", "u8", of="payload", max=9), PAYLOAD, Field("last", "u8", equals="payload[-1]")]), {}),
    "the value of a u72le": (FrameFormat("x", [MARK, Field("wide", "u72le", max=1 << 65), Length("n", "u8", of="payload", max=9), PAYLOAD, SUM]), {"wide": 1 << 64}),
    "the value of a u88be": (FrameFormat("x", [MARK, Length("n", "u8", of="payload", max=9), PAYLOAD, Checksum("ck", "u88be", "CRC-82/DARC", over="n..payload")]), {}),
    "the checksum own": (FrameFormat("x", [MARK, Length("n", "u8", of="payload", max=9), PAYLOAD, Checksum("ck", "u8", own_sum(), over="n..payload")]), {}),
    "what has to follow the frame (`next`)": (FrameFormat("x", [MARK, PAYLOAD, SUM_OF_ALL, Next("marker")], max_size=20), {}),
    "a charset of data in blocks (payload)": (FrameFormat("x", [MARK, Length("n", "u8", of="payload", max=9), Data("payload", charset="00-7F", blocks=Blocks(2, "sum-8", "u8"))]), {}),
}  # fmt: skip
by_reason = pytest.mark.parametrize("reason", FALLBACKS)


def streams(each: FrameFormat, fields: dict[str, Any], dice: random.Random) -> Iterator[bytes]:
    """Its frames, whole, damaged and cut, among those of TOY and noise."""
    raw = [each.encode(payload, **fields) for payload in (b"hi", b"\x24\x01\x02")]
    for _ in range(25):
        out = b""
        for _ in range(dice.randrange(2, 6)):
            one = bytearray(dice.choice([*raw, toy(b"abc"), b"\xcc\x01", b"?\xaa"]))
            if dice.randrange(3) == 0:
                one[dice.randrange(len(one))] ^= 1 << dice.randrange(8)
            out += bytes(one[: dice.randrange(len(one)) + 1] if dice.randrange(4) == 0 else one)
        yield out


@by_reason
def test_formats_that_are_not_for_c_are_named(reason: str) -> None:
    each, _ = FALLBACKS[reason]
    decoder = Decoder(TOY, each)
    assert decoder.engine == "native, python for x"
    assert dict(decoder.fallbacks) == {"x": reason}
    assert Decoder(TOY).engine == "native"


@by_reason
@by_order
def test_they_are_decoded_all_the_same(reason: str, order: str) -> None:
    each, fields = FALLBACKS[reason]
    found = 0
    for stream in streams(each, fields, random.Random(3)):
        found += len(frames(agrees(stream, each, order=order)))
        agrees(stream, each, order=order, size=1)
    assert found > 10


@by_reason
@by_order
def test_also_among_formats_that_are(reason: str, order: str) -> None:
    each, fields = FALLBACKS[reason]
    for number, stream in enumerate(streams(each, fields, random.Random(4))):
        formats = [TOY, PAIR]
        formats.insert(number % 3, each)
        agrees(stream, *formats, order=order, size=1 + number % 4)


def test_a_lock_that_both_probers_confirm() -> None:
    each, fields = FALLBACKS["the checksum own"]
    protocol = Protocol("p", [each, PAIR], lock=framing.Lock(2, 1))
    for stream in streams(each, fields, random.Random(5)):
        agrees(stream, protocol, TOY)
        agrees(stream, protocol, TOY, size=1)


# --- values beyond 64 bits in one frame ------------------------------------------------------------------------------

BEYOND: dict[str, tuple[list[Any], list[bytes]]] = {
    "a length of 64 bits": (
        [MARK, Length("n", "u64le", of="payload"), PAYLOAD, SUM],
        [b"\xaa" + n.to_bytes(8, "little") + b"AB\x83" for n in (2, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 40)],
    ),
    "a length in large units": (
        [MARK, Length("n", "u64be", of="payload", unit=3, bias=-6), PAYLOAD, SUM],
        [b"\xaa" + n.to_bytes(8, "big") + b"ABC\xc6" for n in (3, 1, 0, (1 << 62) + 1, (1 << 64) // 3 + 2, 0x5555555555555557)],
    ),
    "a length that counts much": (
        [MARK, Length("n", "i64le", of="frame", bias=-(1 << 62)), PAYLOAD, SUM],
        [b"\xaa" + n.to_bytes(8, "little", signed=True) + b"AB\x83" for n in ((1 << 62) + 12, -(1 << 63), -1, (1 << 63) - 1)],
    ),
    "a condition": (
        [MARK, Field("a", "u64be", valid="a > 0x7FFFFFFFFFFFFFFF or a == 5"), TWO, SUM],
        [b"\xaa" + n.to_bytes(8, "big") + b"AB\x83" for n in (5, 6, 1 << 63, (1 << 64) - 1, (1 << 63) - 1)],
    ),
    "limits": (
        [MARK, Field("a", "u64le", min=3, max=1 << 62), TWO, SUM],
        [b"\xaa" + n.to_bytes(8, "little") + b"AB\x83" for n in (3, 2, 1 << 62, (1 << 62) + 1, 1 << 63, (1 << 64) - 1)],
    ),
    "a product": (
        [MARK, Field("a", "u32le"), Field("b", "u32le"), Field("c", "u8", valid="a * b * c * c > a"), TWO, SUM],
        [b"\xaa" + a.to_bytes(4, "little") + b.to_bytes(4, "little") + bytes([c]) + b"AB\x83" for a, b, c in ((2, 3, 1), (1 << 31, 1 << 31, 7), (0xFFFFFFFF, 0xFFFFFFFF, 0), (0xFFFFFFFF, 0xFFFFFFFF, 255))],
    ),
    "a shift": (
        [MARK, Field("a", "u8"), Data("payload", size="1 << a >> 62"), Field("z", "u8", const=1)],
        [bytes([0xAA, a, 0x41, 1, 1, 1]) for a in (62, 0, 61, 63, 64, 255)],
    ),
    "bits": (
        [MARK, framing.Bits(["a:64"], "u64le"), Field("b", "u8", valid="b == a >> 56"), SUM, TWO],
        [b"\xaa" + n.to_bytes(8, "little") + bytes([n >> 56]) + b"\x83AB" for n in (5, 1 << 63, (1 << 64) - 1)],
    ),
    "a size from a table": (
        [MARK, Field("a", "u64le"), Data("payload", size=Lookup("a % 4", "t"))],
        [b"\xaa" + n.to_bytes(8, "little") + b"ABC" for n in (1, 2, 3, (1 << 63) + 1, (1 << 64) - 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BEYOND)
@by_order
def test_a_number_beyond_64_bits_concerns_its_frame_only(name: str, order: str) -> None:
    layout, raws = BEYOND[name]
    each = FrameFormat("x", layout, max_size=30, tables={"t": {1: 1, 2: 3}})
    assert not Decoder(each).fallbacks
    assert frames(agrees(raws[0], each, order=order)), "the first one is a frame"
    for raw in raws:
        agrees(raw, each, order=order, size=1)
        agrees(raws[0] + raw + raws[0] + b"?", each, TOY, order=order)
        agrees(raw + raw[3:] + raws[0], each, order=order, size=4)


# --- values ----------------------------------------------------------------------------------------------------------

TYPES = [f"{sign}{8 * size}{order}" for sign in "ui" for size in range(2, 9) for order in ("le", "be")]
TYPES += ["u8", "i8", *(f"hex{size}" for size in (1, 2, 7, 15)), *(f"dec{size}" for size in (1, 3, 15))]
TYPES += [f"bcd{size}{order}" for size in (2, 4, 6, 18) for order in ("", "le")]


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_is_read_as_it_reads_itself(kind: str) -> None:
    """The field behind it has to equal it, which is the case for one value alone."""
    made, dice = value_type(kind), random.Random(kind)
    wide = "i64le" if kind.startswith("i") else "u64le"
    each = FrameFormat("x", [MARK, Field("value", kind), Field("same", wide, equals="value")])
    alphabet = {"h": b"09afAFgG/:@`", "d": b"0189/:A"}.get(kind[0]) or (b"\x00\x12\x99\x9a\xa9\x90" if kind.startswith("bcd") else bytes(range(256)))
    assert not Decoder(each).fallbacks
    known = 0
    for number in range(120):
        raw = bytes(dice.choice(alphabet[: 3 if number % 2 else None]) for _ in range(made.size or 0))
        try:
            value = int(made.read(raw))
        except BadDigits:
            first = agrees(b"\xaa" + raw + bytes(8), each)[0]
            assert isinstance(first, framing.Gap) and first.rejects[0].reason is Reason.FIELD
            continue
        stated = value.to_bytes(8, "little", signed=wide[0] == "i")
        assert len(frames(Decoder(each).feed(b"\xaa" + raw + stated))) == 1
        wrong = bytes([stated[0] ^ 1]) + stated[1:]
        assert not frames(Decoder(each).feed(b"\xaa" + raw + wrong))
        known += 1
    assert known > 20


@pytest.mark.parametrize("value", [0, 127, 128, (1 << 62) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 70) - 1])
def test_uleb128_of_nine_and_ten_bytes(value: int) -> None:
    each = FrameFormat("x", [MARK, Field("a", "uleb128"), Field("b", "u8", valid="b == a % 251"), Field("c", "uleb128", if_="a > 99")])
    groups = [value >> shift & 0x7F for shift in range(0, max(value.bit_length(), 1), 7)]
    for more in range(10 - len(groups) + 1):  # groups of zeros may stand behind
        padded = groups + [0] * more
        raw = bytes([*(group | 0x80 for group in padded[:-1]), padded[-1]])
        whole = b"\xaa" + raw + bytes([value % 251]) + (b"\x80\x80\x00" if value > 99 else b"")
        assert frames(agrees(whole, each, size=1))
        assert not frames(agrees(b"\xaa" + raw + bytes([(value + 1) % 251]) + b"\x00", each))
    first = agrees(b"\xaa" + b"\x80" * 10 + b"\x01\x00", each, size=1)[0]
    assert isinstance(first, framing.Gap) and first.rejects[0].reason is Reason.FIELD


@pytest.mark.parametrize("kind", ["zigzag", "vlq", "utf8"])
@pytest.mark.parametrize("value", [0, 63, 64, 127, 128, 1 << 35, (1 << 62) + 1, (1 << 63) - 1, 1 << 63, (1 << 69) - 1])
def test_other_numbers_that_tell_their_size(kind: str, value: int) -> None:
    each = FrameFormat("x", [MARK, Field("a", kind), Field("b", "u8", valid="b == a % 251"), Field("c", kind, if_="a > 99")])
    value = min(value, each.plan.parts[1].type.highest)  # type: ignore[union-attr, type-var]
    raw = value_type(kind).write(value)
    rest = b"\x07" if value > 99 else b""
    assert frames(agrees(b"\xaa" + raw + bytes([value % 251]) + rest, each, size=1))
    assert not frames(agrees(b"\xaa" + raw + bytes([(value + 1) % 251]) + b"\x7f", each))
    for wrong in (b"\x80" * 10, b"\xff" * 10, b"\xc2\x22", b"\xfe" + b"\xbf" * 6):
        agrees(b"\xaa" + wrong + b"\x01\x00", each, size=1)


@pytest.mark.parametrize("kind", ["dec2", "hex2", "bcd2", "i8", "i16be", "u24le", "uleb128", "zigzag", "vlq", "utf8"])
def test_lengths_of_all_types(kind: str) -> None:
    each = FrameFormat("x", [MARK, Length("n", kind, of="payload", unit=2, bias=-1), PAYLOAD, SUM], max_size=30)
    dice = random.Random(kind)
    raw = each.encode(b"abc")
    for _ in range(60):
        damaged = bytearray(raw)
        damaged[1 + dice.randrange(2)] = dice.choice(b"\x00\x01\x02\x03\x80\xff0129aAgF\x30\x99")
        agrees(bytes(damaged) + raw, each)
        agrees(bytes(damaged) + raw, each, size=1)


# --- stuffing --------------------------------------------------------------------------------------------------------

STUFFED: dict[str, tuple[dict[str, Any], bytes]] = {
    "slip": ({"kind": "slip"}, b"\xc0\xdb\xdc\xdd\x01"),
    "kiss": ({"kind": "kiss"}, b"\xc0\xdb\xdc\xdd\x01"),
    "hdlc": ({"kind": "hdlc"}, b"\x7e\x7d\x5e\x5d\x01"),
    "hdlc, more to escape": ({"kind": "hdlc", "special": b"\x7e\x7d\x01", "xor": 0x20}, b"\x7e\x7d\x21\x5e\x01\x02"),
    "cobs": ({"kind": "cobs"}, b"\x00\x01\x02\x03\x04"),
    "cobs-r": ({"kind": "cobs-r"}, b"\x00\x01\x02\x03\x09"),
    "dle": ({"kind": "dle"}, b"\x10\x02\x03\x01"),
    "doubled": ({"kind": "doubled", "escape": 1}, b"\x01\x02\x03\x10"),
    "doubled, several": ({"kind": "doubled", "escape": "01 01"}, b"\x01\x02\x03"),
    "hex": ({"kind": "hex"}, b"0aF/\x03"),
    "run": ({"kind": "run", "special": b"\x01", "escape": 2, "run": 2, "closes": False}, b"\x01\x02\x03\xaa"),
    "run of several": ({"kind": "run", "special": "AA 01", "escape": 1, "run": 1, "closes": False}, b"\x01\x02\xaa"),
    "slip that does not close": ({"kind": "slip", "closes": False}, b"\xc0\xdb\xdc\xdd\xaa\x02"),
    "hdlc that does not close": ({"kind": "hdlc", "closes": False}, b"\x7e\x7d\x5e\x5d\xaa\x02"),
}


def stuffed(name: str) -> list[FrameFormat]:
    """Layouts that the transparency can go with."""
    transparency, _ = STUFFED[name]
    sized = [Length("n", "u8", of="payload"), PAYLOAD, SUM]
    layouts: list[list[Any]]
    if transparency["kind"] == "dle":
        layouts = [[Sync("10 02"), PAYLOAD, SUM, End("10 03")], [Sync("10 02"), Data("payload", charset="00-10"), End(["10 03", "10 03 01"])]]
    elif transparency["kind"] == "doubled":
        end = f"{transparency['escape']} 03" if isinstance(transparency["escape"], str) else "01 03"
        layouts = [[Sync("01 02"), PAYLOAD, End(end)], [Sync("01 02"), *sized, End(end)]]
        behind = [End(end), Checksum("sum", "u8", "sum-8", over="sync..end", wire=True)]
        made = FrameFormat("x", [Sync("01 02", as_="sync"), PAYLOAD, *behind], transparency={**transparency, "over": "payload"}, max_size=12)
        return [made, *(FrameFormat("x", layout, transparency=transparency, max_size=12) for layout in layouts)]
    elif transparency["kind"] == "hex":
        layouts = [[Sync("3A"), PAYLOAD, SUM, End("03")], [Sync("2F"), Field("a", "u8", max=0x0F), PAYLOAD, End(["03", "03 03"])]]
    elif transparency.get("closes") is False:
        layouts = [[MARK, *sized], [Sync(["AA", "AB"]), Field("a", "u8", max=2), *sized, Field("z", "u8")]]
    else:
        layouts = [[PAYLOAD], [Field("a", "u8", max=4), PAYLOAD, SUM], sized, [MARK, PAYLOAD, SUM]]
    return [FrameFormat("x", layout, transparency=transparency, max_size=12) for layout in layouts]


@pytest.mark.parametrize("name", STUFFED)
def test_each_kind_of_stuffing_over_a_tiny_alphabet(name: str) -> None:
    dice, alphabet = random.Random(name), STUFFED[name][1]
    for each in stuffed(name):
        assert not Decoder(each).fallbacks
        opening = each.plan.marker.alternatives[0] if each.plan.marker is not None else b""
        fields = {part.name: 1 for part in each.layout if isinstance(part, Field)}
        found = 0
        for number in range(110):
            body = bytes(dice.choice(alphabet) for _ in range(dice.randrange(1, 15)))
            try:
                whole = each.encode(bytes(dice.choice(alphabet) for _ in range(dice.randrange(4))), **fields)
            except framing.EncodeError:  # the stuffing keeps its own bytes out of some payloads
                whole = b""
            stream = (opening + body, whole + body, body + whole + whole, whole[:-1] + body + whole)[number % 4]
            found += len(frames(agrees(stream, each, size=1)))
            agrees(stream, each, TOY)
        assert found > 10


def test_stuffed_areas_grow_and_shrink() -> None:
    """The room for unstuffed bytes is not that of the frame before."""
    decoder = Decoder(SLIP)
    sizes = [1, 300, 5, 5000, 2, 12_000, 1]
    raws = [SLIP.encode(bytes([0xDB, 0xC0, 7]) * size) for size in sizes]
    events = [event for raw in raws for at in range(0, len(raw), 777) for event in decoder.feed(raw[at : at + 777])]
    assert [len(frame.payload) for frame in frames(events)] == [3 * size for size in sizes]


HEAP = """
import gc
from framing import _engine
from framing.layout import FrameFormat
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Length
from framing.model.patterns import Sync

gc.disable()
for early in (False, True):
    toy = FrameFormat("toy", [Sync("AA"), Length("n", "u8", of="payload"), Data("payload"), Checksum("sum", "u8", "sum-8", over="n")])
    formats = _engine.Formats(((toy,),))
    ring = []  # younger than the formats, older than the engine: the collector clears them in this order
    ring.append(ring)
    engine = _engine.EarlyEngine(formats, 65536, 0, 2) if early else _engine.StrictEngine(formats, 65536)
    engine.feed(bytes.fromhex("AA10") * 100)
    ring.append(engine)
    del toy, formats, engine, ring
gc.collect()
print("still here")
"""


def test_garbage_is_cleared_in_any_order() -> None:
    """An engine that looked at its formats as it went read memory that the collector had taken from them: a crash."""
    environment = {**os.environ, "PYTHONMALLOC": "debug"}  # fills what is freed
    done = subprocess.run([sys.executable, "-c", HEAP], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (0, "still here\n"), done.stderr
