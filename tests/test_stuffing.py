"""`framing.stuffing`: published vectors, independent packages, and properties over tiny alphabets."""

from __future__ import annotations

import copy
import dataclasses
import doctest
import importlib
import itertools
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framing.errors import SpecError
from framing.stuffing import Stuffing, StuffingError, kinds, make

hexed = bytes.fromhex
unhurried = settings(deadline=None)

ACCM = bytes([*range(0x20), 0x7D, 0x7E])  # RFC 1662, section 7.1: the default map flags all control characters
XBEE = bytes([0x7E, 0x7D, 0x11, 0x13])
SML = hexed("1B 1B 1B 1B")  # SML 1.04, section 8
DYNAMIXEL = {"special": hexed("FF FF FD"), "run": 1, "escape": 0xFD}  # DYNAMIXEL Protocol 2.0, "Packet Process"
UP = bytes(range(1, 255))  # 254 bytes without a zero: a full COBS block

# Each stuffing with the few bytes that matter to it.
ALPHABETS: dict[str, tuple[Stuffing, bytes]] = {
    "cobs": (make("cobs"), b"\x00\x01\x02\x03\xff"),
    "cobs-r": (make("cobs-r"), b"\x00\x01\x02\x03\xff"),
    "slip": (make("slip"), b"A\xc0\xdb\xdc\xdd"),
    "kiss": (make("kiss"), b"A\xc0\xdb\xdc\xdd"),
    "hdlc": (make("hdlc"), b"A\x7e\x7d\x5e\x5d"),
    "hdlc-xbee": (make("hdlc", special=XBEE), b"\x11\x7e\x7d\x31\x5d"),
    "hdlc-accm": (make("hdlc", special=ACCM), b"\x00\x7e\x7d\x20\x5d"),
    "hdlc-own": (make("hdlc", escape=0x1B, delimiter=0x0A, xor=0xFF), b"\x1b\x0a\xe4\xf5\xff"),
    "dle": (make("dle"), b"A\x10\x03"),
    "doubled": (make("doubled", escape=0x1A), b"A\x1a\x00"),
    "doubled-4": (make("doubled", escape=SML), b"A\x1b\x1a"),
    "doubled-3": (make("doubled", escape=b"aba"), b"abc"),
    "hex": (make("hex"), b"0aF \n"),
    "run": (make("run"), b"A\xaa\x55"),
    "run-1": (make("run", run=1), b"A\xaa\x55"),
    "run-of-3": (make("run", **DYNAMIXEL), b"\xff\xfd\x00"),
    "run-of-2": (make("run", special=b"ab", run=2, escape=0x62), b"ab"),
    "run-3": (make("run", run=3, special=b"\xff", escape=0x00), b"A\xff\x00"),
    "bits-lsb": (make("bits", order="lsb"), b"\x00\x01\x02"),
    "bits-msb": (make("bits", order="msb"), b"\x00\x01\x02"),
    "bits-1": (make("bits", order="msb", run=1), b"\x00\x01\x02"),
    "bits-5": (make("bits", order="lsb", run=5), b"\x00\x01\x02"),
}
everything = pytest.mark.parametrize(("stuffing", "alphabet"), ALPHABETS.values(), ids=ALPHABETS)


def wires(alphabet: bytes, max_size: int = 12) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(alphabet), max_size=max_size).map(bytes)


# Long enough for full COBS blocks, and dense in the bytes that matter.
pieces = st.one_of(
    st.binary(max_size=20),
    st.integers(250, 258).map(lambda size: (UP + b"\xff" + UP)[:size]),
    wires(b"".join(alphabet for _, alphabet in ALPHABETS.values())),
    st.integers(1, 8).map(lambda size: b"\xaa" * size),
)
contents = st.lists(pieces, max_size=8).map(b"".join)


Outcome = bytes | tuple[int, bool]


def attempt(decode: Callable[[], bytes]) -> Outcome:
    """The logical bytes, or offset and marker of the error."""
    try:
        return decode()
    except StuffingError as error:
        return error.offset, error.marker


def whole(stuffing: Stuffing, wire: bytes) -> Outcome:
    return attempt(lambda: stuffing.decode(wire))


def pushed(stuffing: Stuffing, wire: bytes) -> Outcome:
    unstuffer = stuffing.unstuffer()
    return attempt(lambda: b"".join([unstuffer.push(byte) for byte in wire]) + unstuffer.finish())


def can_be_completed(stuffing: Stuffing, wire: bytes) -> bool:
    """Some continuation makes a valid area of it: none, the rest of an escape sequence, or of a COBS block."""
    rests = itertools.chain([b""], (bytes([byte]) for byte in range(256)), (b"\x01" * size for size in range(2, 255)))
    if stuffing.kind == "bits":
        rests = itertools.chain(rests, (bytes(size) for size in range(2, 10)))
    rests = itertools.chain(rests, (stuffing.doubles[at:] for at in range(len(stuffing.doubles))))
    return any(isinstance(whole(stuffing, wire + rest), bytes) for rest in rests)


# -- published vectors ------------------------------------------------------------------------------------------------

VECTORS: list[tuple[str, dict[str, Any], bytes, bytes]] = [
    # Cheshire and Baker 1999, figure 3
    ("cobs", {}, hexed("45 00 00 2C 4C 79 00 00 40 06 4F 37"), hexed("02 45 01 04 2C 4C 79 01 05 40 06 4F 37")),
    # Wikipedia, "Consistent Overhead Byte Stuffing", encoding examples 1 to 11 (there with the closing 00)
    ("cobs", {}, hexed("00"), hexed("01 01")),
    ("cobs", {}, hexed("00 00"), hexed("01 01 01")),
    ("cobs", {}, hexed("00 11 00"), hexed("01 02 11 01")),
    ("cobs", {}, hexed("11 22 00 33"), hexed("03 11 22 02 33")),
    ("cobs", {}, hexed("11 22 33 44"), hexed("05 11 22 33 44")),
    ("cobs", {}, hexed("11 00 00 00"), hexed("02 11 01 01 01")),
    ("cobs", {}, UP, b"\xff" + UP),
    ("cobs", {}, b"\x00" + UP, b"\x01\xff" + UP),
    ("cobs", {}, UP + b"\xff", b"\xff" + UP + b"\x02\xff"),
    ("cobs", {}, bytes([*range(2, 256), 0]), bytes([0xFF, *range(2, 256), 1, 1])),
    ("cobs", {}, bytes([*range(3, 256), 0, 1]), bytes([0xFE, *range(3, 256), 2, 1])),
    # cobs-python, documentation, "COBS/R", first and second example
    ("cobs-r", {}, hexed("2F A2 00 92 73 02"), hexed("03 2F A2 04 92 73 02")),
    ("cobs", {}, hexed("2F A2 00 92 73 26"), hexed("03 2F A2 04 92 73 26")),
    ("cobs-r", {}, hexed("2F A2 00 92 73 26"), hexed("03 2F A2 26 92 73")),
    # cobs-python, src/cobs/cobsr/test.py
    ("cobs-r", {}, b"", b"\x01"),
    ("cobs-r", {}, b"\x01", b"\x02\x01"),
    ("cobs-r", {}, b"a\x02", b"\x03a\x02"),
    ("cobs-r", {}, b"a\x03", b"\x03a"),
    ("cobs-r", {}, b"12345\x006789", b"\x06123459678"),
    ("cobs-r", {}, b"12345\x006789\x00", b"\x0612345\x056789\x01"),
    ("cobs-r", {}, UP + b"\xff", b"\xff" + UP + b"\xff"),
    ("cobs-r", {}, bytes(range(2, 256)), b"\xff" + bytes(range(2, 255))),
    # RFC 1055, "Protocol": END 300, ESC 333, ESC_END 334, ESC_ESC 335 (octal); the KISS paper, section 2, has the same
    ("slip", {}, b"\300a\333b\334\335", b"\333\334a\333\335b\334\335"),
    ("kiss", {}, hexed("00 C0 DB"), hexed("00 DB DC DB DD")),
    # RFC 1662, section 4.2: the five examples
    ("hdlc", {"special": ACCM}, hexed("7E 7D 03 11 13"), hexed("7D 5E 7D 5D 7D 23 7D 31 7D 33")),
    # Digi, XBee-PRO 900HP/XSC user guide: "Escape characters", and the escaped Transmit Request (0x10)
    ("hdlc", {"special": XBEE}, hexed("00 02 23 11 CB"), hexed("00 02 23 7D 31 CB")),
    (
        "hdlc",
        {"special": XBEE},
        hexed("00 16 10 01 00 13 A2 00 40 0A 01 27 FF FE 00 00 54 78 44 61 74 61 30 41 13"),
        hexed("00 16 10 01 00 7D 33 A2 00 40 0A 01 27 FF FE 00 00 54 78 44 61 74 61 30 41 7D 33"),
    ),
    # Garmin Device Interface Specification: DLE in size, data or checksum is sent twice
    ("dle", {}, hexed("0A 10 10 03"), hexed("0A 10 10 10 10 03")),
    # RFC 4648, section 10, test vectors for base16
    ("hex", {}, b"foobar", b"666F6F626172"),
    # ISO/IEC 13239 4.3.1, AX.25 2.2 3.6: a zero behind five ones, which may be of two bytes
    ("bits", {"order": "lsb"}, hexed("06"), b"\0\1\1\0\0\0\0\0"),
    ("bits", {"order": "msb"}, hexed("06"), b"\0\0\0\0\0\1\1\0"),
    ("bits", {"order": "lsb", "run": 5}, hexed("3E"), b"\0\1\1\1\1\1\0\0\0"),
    ("bits", {"order": "lsb", "run": 5}, hexed("E0 07"), b"\0\0\0\0\0\1\1\1" + b"\1\1\0\1\0\0\0\0\0"),
    ("bits", {"order": "msb", "run": 5}, hexed("1F"), b"\0\0\0\1\1\1\1\1\0"),
    ("doubled", {"escape": SML}, hexed("12") + SML + hexed("00"), hexed("12") + 2 * SML + hexed("00")),
    ("doubled", {"escape": SML}, 7 * b"\x1b", 11 * b"\x1b"),
    ("doubled", {"escape": SML}, 2 * SML, 4 * SML),
    ("doubled", {"escape": b"aba"}, b"aabababa", b"a" + 2 * b"aba" + b"b" + 2 * b"aba"),
    ("run", DYNAMIXEL, hexed("FF FF FF FD"), hexed("FF FF FF FD FD")),
    ("run", DYNAMIXEL, hexed("FF FF FD FD FF FD"), hexed("FF FF FD FD FD FF FD")),
    # What MIN's host/min.py, `_on_wire_bytes`, makes of it
    ("run", {}, hexed("01 AA AA"), hexed("01 AA AA 55")),
    ("run", {}, hexed("AA AA AA"), hexed("AA AA 55 AA")),
    ("run", {}, hexed("AA AA AA AA AA 55"), hexed("AA AA 55 AA AA 55 AA 55")),
]


@pytest.mark.parametrize(("kind", "parameters", "data", "wire"), VECTORS)
def test_published_vector(kind: str, parameters: dict[str, Any], data: bytes, wire: bytes) -> None:
    stuffing = make(kind, **parameters)
    assert stuffing.encode(data) == wire
    assert stuffing.decode(wire) == data
    assert pushed(stuffing, wire) == data


@pytest.mark.parametrize(
    ("kind", "wire", "data"),
    [
        ("cobs", b"", b""),
        ("cobs-r", b"", b""),
        ("cobs", b"\x01", b""),
        ("cobs", b"\xff" + UP + b"\x01", UP),  # as the program in the paper writes it
        ("cobs-r", b"\xff" + UP + b"\x01", UP),
        ("hdlc", hexed("7D 7D"), hexed("5D")),
        ("hdlc", hexed("41 7D 7D 7D 7D 5D 7D 5E"), hexed("41 5D 5D 5D 7E")),
        ("hdlc", hexed("7D 61 11"), hexed("41 11")),  # escaped without need, and raw
        ("hex", b"fEeD", hexed("FE ED")),
    ],
)
def test_what_others_may_send(kind: str, wire: bytes, data: bytes) -> None:
    assert make(kind).decode(wire) == data
    assert pushed(make(kind), wire) == data


@pytest.mark.parametrize(
    ("kind", "wire", "offset", "marker"),
    [
        ("cobs", hexed("03 11 00 05 00"), 2, False),
        ("cobs", hexed("03 11"), 2, False),
        ("cobs", hexed("02 11 FF"), 3, False),
        ("cobs-r", hexed("05 11 00"), 2, False),
        ("slip", hexed("41 DB 05 C0"), 2, False),
        ("slip", hexed("DB DB"), 1, False),
        ("slip", hexed("41 DB"), 2, False),
        ("slip", hexed("41 C0 DB 05"), 1, False),
        ("kiss", hexed("DB C0"), 1, False),
        ("hdlc", hexed("41 7D 7E"), 2, False),
        ("hdlc", hexed("7D 7D 7D"), 3, False),
        ("dle", hexed("10 10 10 03"), 3, False),
        ("doubled-4", SML + hexed("1B 1B 00"), 6, False),
        ("doubled-4", hexed("1B 1B 00") + SML, 7, False),
        ("run-of-3", hexed("FF FF FF FD 00"), 4, False),
        ("hex", b"41 42", 2, False),
        ("hex", b"4:", 1, False),
        ("hex", b"414", 3, False),
        ("run", hexed("01 AA AA AA 55"), 3, True),
        ("run", hexed("01 AA AA 02"), 3, False),
        ("run", hexed("AA AA 55 AA AA"), 5, False),
        ("bits-5", b"\0\1\1\1\1\1\1\0", 6, False),  # a flag, and any longer run
        ("bits-5", b"\0\0\0\1\1\1\1\1", 8, False),  # the zero is due at the very end too
        ("bits-5", b"\0" * 9, 9, False),
        ("bits-5", b"\0\2", 1, False),
        ("bits-5", b"\0\1\1\1\1\1\3", 6, False),
        ("bits-msb", b"\0" * 7, 7, False),
        ("bits-msb", b"\0\0\x30", 2, False),
    ],
)
def test_the_byte_that_decides(kind: str, wire: bytes, offset: int, marker: bool) -> None:
    stuffing, _ = ALPHABETS[kind]
    with pytest.raises(StuffingError, match=f" at offset {offset}$") as caught:
        stuffing.decode(wire)
    assert (caught.value.offset, caught.value.marker) == (offset, marker)
    assert pushed(stuffing, wire) == (offset, marker)


# -- independent implementations --------------------------------------------------------------------------------------


@unhurried
@given(data=contents, wire=st.one_of(contents, wires(b"\x00\x01\x02\x03\xff"), wires(b"A\xdb\xdc\xdd")))
@pytest.mark.parametrize(
    ("kind", "module", "error"),
    [
        ("cobs", "cobs.cobs", "DecodeError"),
        ("cobs-r", "cobs.cobsr", "DecodeError"),
        ("slip", "sliplib", "ProtocolError"),
        ("kiss", "sliplib", "ProtocolError"),
    ],
)
def test_peers_agree(kind: str, module: str, error: str, data: bytes, wire: bytes) -> None:
    peer = pytest.importorskip(module)
    assert make(kind).encode(data) == peer.encode(data)
    wire = wire.translate(None, b"\xc0")  # sliplib takes off a delimiter
    try:
        assert whole(make(kind), wire) == peer.decode(wire)
    except getattr(peer, error):
        assert isinstance(whole(make(kind), wire), tuple)


@unhurried
@given(data=contents.map(lambda data: data[:200]).filter(bool))
def test_yahdlc(data: bytes) -> None:
    peer = pytest.importorskip("yahdlc")
    frame = peer.frame_data(data)
    body = make("hdlc").decode(frame[1:-1])  # address, control, data, FCS
    assert body[2:-2] == data
    assert make("hdlc").encode(body) == frame[1:-1]
    peer.get_data_reset()
    assert peer.get_data(b"\x7e" + make("hdlc").encode(body) + b"\x7e")[0] == data


@unhurried
@given(data=st.one_of(contents, wires(b"A\xaa\x55")))
def test_run_as_the_min_sender_counts(data: bytes) -> None:
    wire = bytearray()
    countdown = 2
    for byte in data:
        wire.append(byte)
        countdown = countdown - 1 if byte == 0xAA else 2
        if not countdown:
            wire.append(0x55)
            countdown = 2
    assert make("run").encode(data) == wire


# -- properties -------------------------------------------------------------------------------------------------------


@everything
@unhurried
@given(draw=st.data())
def test_what_is_encoded_decodes(stuffing: Stuffing, alphabet: bytes, draw: st.DataObject) -> None:
    data = draw.draw(st.one_of(contents, wires(alphabet)))
    wire = stuffing.encode(data)
    assert stuffing.decode(wire) == data
    assert pushed(stuffing, wire) == data
    assert stuffing.delimiter is None or stuffing.delimiter not in wire
    assert stuffing.min_encoded(len(data)) <= len(wire) <= stuffing.max_encoded(len(data))


@everything
@unhurried
@given(draw=st.data())
def test_byte_by_byte_is_the_same(stuffing: Stuffing, alphabet: bytes, draw: st.DataObject) -> None:
    wire = draw.draw(st.one_of(wires(alphabet), wires(alphabet, 4), contents))
    assert pushed(stuffing, wire) == whole(stuffing, wire)


@everything
def test_every_short_area(stuffing: Stuffing, alphabet: bytes) -> None:
    """Both decoders agree on all areas of up to four bytes; errors are neither late nor early; bounds are met."""
    sizes: dict[int, set[int]] = {}
    for wire in (bytes(wire) for size in range(5) for wire in itertools.product(alphabet, repeat=size)):
        result = whole(stuffing, wire)
        assert pushed(stuffing, wire) == result
        if isinstance(result, bytes):
            sizes.setdefault(len(result), set()).add(len(wire))
            continue
        offset, _ = result
        if offset in (len(wire), len(wire) - 1):  # the others have been met as the beginning of this one
            assert can_be_completed(stuffing, wire[:offset])
        if offset < len(wire):
            assert all(whole(stuffing, wire + bytes([byte])) == result for byte in alphabet)
    if stuffing.encode(b""):
        sizes[0].remove(0)  # COBS: the empty area decodes, but is no encoding
    for n in (n for n in sizes if stuffing.max_encoded(n) <= 4):  # of bits, none but no byte
        assert (min(sizes[n]), max(sizes[n])) == (stuffing.min_encoded(n), stuffing.max_encoded(n))


@everything
@unhurried
@given(draw=st.data())
def test_inside_and_owing(stuffing: Stuffing, alphabet: bytes, draw: st.DataObject) -> None:
    wire = stuffing.encode(draw.draw(wires(alphabet)))
    unstuffer = stuffing.unstuffer()
    known = 0
    for index, byte in enumerate(wire):
        owing = unstuffer.owing
        logical = unstuffer.push(byte)
        known += len(logical)
        assert not (owing and logical)
        if stuffing.kind.startswith("cobs"):
            assert not unstuffer.inside
        else:
            assert unstuffer.inside == (whole(stuffing, wire[: index + 1]) == (index + 1, False))
        if stuffing.kind == "bits":
            zeroed = whole(stuffing, wire[: index + 1] + b"\0")
            assert unstuffer.owing == (unstuffer.inside and isinstance(zeroed, bytes) and len(zeroed) == known)
        else:
            assert unstuffer.owing == (unstuffer.inside and stuffing.kind == "run")
    assert not unstuffer.inside


@pytest.mark.parametrize(
    ("stuffing", "alphabet"), [pair for pair in ALPHABETS.values() if pair[0].delimiter is not None]
)
@unhurried
@given(draw=st.data())
def test_a_delimiter_is_an_error_in_every_state(stuffing: Stuffing, alphabet: bytes, draw: st.DataObject) -> None:
    wire = stuffing.encode(draw.draw(wires(alphabet)))
    for size in range(len(wire) + 1):
        result = whole(stuffing, wire[:size] + (stuffing.delimiter or b""))
        assert isinstance(result, tuple) and size <= result[0] < size + len(stuffing.delimiter or b"")


@pytest.mark.parametrize("kind", ["cobs", "cobs-r"])
@pytest.mark.parametrize("blocks", [0, 1, 2, 5])
def test_bounds_of_cobs_at_full_blocks(kind: str, blocks: int) -> None:
    cobs = make(kind)
    wire = (b"\xff" + b"\x01" * 254) * blocks + b"\x01"
    assert len(cobs.decode(wire)) == 254 * blocks
    assert cobs.max_encoded(254 * blocks) == len(wire)
    for size in (254 * blocks + 1, 254 * blocks + 253):
        assert cobs.max_encoded(size) == len(cobs.encode(b"\x01" * size))
    assert cobs.min_encoded(254 * blocks + 1) == len(cobs.encode(bytes(254 * blocks) + b"\xff"))


@pytest.mark.parametrize("run", range(1, 10))
def test_bounds_of_bits_are_those_of_ones_and_zeros(run: int) -> None:
    for order, size in itertools.product(("lsb", "msb"), range(12)):
        broken, plain = make("bits", order=order, run=run), make("bits", order=order)
        assert broken.max_encoded(size) == len(broken.encode(b"\xff" * size))
        assert broken.min_encoded(size) == len(broken.encode(bytes(size))) == 8 * size
        assert plain.max_encoded(size) == plain.min_encoded(size) == 8 * size


def test_every_byte_may_come_escaped() -> None:
    """RFC 1662, section 4.2: a receiver takes the escape before any byte; but not before the flag, which aborts."""
    hdlc = make("hdlc")
    for byte in range(256):
        if byte != 0x7E:
            assert hdlc.decode(bytes([0x7D, byte])) == pushed(hdlc, bytes([0x7D, byte])) == bytes([byte ^ 0x20])


# -- making them ------------------------------------------------------------------------------------------------------


@everything
def test_bytes_stand_for_themselves_where_it_says_so(stuffing: Stuffing, alphabet: bytes) -> None:
    words = [bytes(word) for word in itertools.product(alphabet + b"\xff", repeat=4)]
    if stuffing not in (ALPHABETS["run-1"][0], ALPHABETS["bits-1"][0]):  # they break each byte, or bit, by itself, and do not claim it
        for_itself = all(stuffing.encode(word) == b"".join(stuffing.encode(bytes([byte])) for byte in word) for word in words)
        assert for_itself is stuffing.by_byte


@everything
def test_each_area_has_an_unstuffer_of_its_own(stuffing: Stuffing, alphabet: bytes) -> None:
    one, other = stuffing.unstuffer(), stuffing.unstuffer()
    assert one != other
    assert len({one, other}) == 2


def test_sixteen_bytes_are_the_longest_escape() -> None:
    assert make("doubled", escape=bytes(range(16))).encode(bytes(range(16))) == 2 * bytes(range(16))
    assert make("run", special=bytes(range(16)), run=1).encode(bytes(range(17))) == bytes(range(16)) + b"\x55\x10"


def test_kinds_and_their_delimiters() -> None:
    needed: dict[str, dict[str, Any]] = {"doubled": {"escape": 0x1A}, "bits": {"order": "lsb"}}
    delimiters = {kind: make(kind, **needed.get(kind, {})).delimiter for kind in kinds()}
    closed = {"cobs": b"\0", "cobs-r": b"\0", "slip": b"\xc0", "kiss": b"\xc0", "hdlc": b"\x7e"}
    assert delimiters == closed | dict.fromkeys(["dle", "doubled", "hex", "run", "bits"])
    assert make("hdlc", delimiter=0x0A).delimiter == b"\x0a"
    assert make("bits", order="msb", run=5).delimiter == b"\0\1\1\1\1\1\1\0"


@everything
def test_a_stuffing_is_a_frozen_value(stuffing: Stuffing, alphabet: bytes) -> None:
    for twin in (copy.copy(stuffing), pickle.loads(pickle.dumps(stuffing))):
        assert twin == stuffing
        assert hash(twin) == hash(stuffing)
    assert [other for other, _ in ALPHABETS.values() if other == stuffing] == [stuffing]
    assert not hasattr(stuffing, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        stuffing.kind = "x"  # type: ignore[misc]


def test_defaults_are_what_they_stand_for() -> None:
    assert make("hdlc") == make("hdlc", escape=0x7D, xor=0x20, special=b"\x7d\x7e\x7d", delimiter=0x7E)
    assert make("run") == make("run", special=b"\xaa", run=2, escape=0x55)
    assert make("dle") == make("dle", escape=0x10) != make("doubled", escape=0x10)


@pytest.mark.parametrize(
    ("kind", "parameters", "path", "near"),
    [
        ("sIip", {}, "kind", "slip"),
        ("cobs", {"delimiter": 0}, "delimiter", None),
        ("slip", {"escape": 0xDB}, "escape", None),
        ("hex", {"xor": 1}, "xor", None),
        ("dle", {"special": b"\x10"}, "special", None),
        ("hdlc", {"run": 2}, "run", None),
        ("doubled", {}, "escape", None),
        ("doubled", {"escape": 256}, "escape", None),
        ("hdlc", {"xor": -1}, "xor", None),
        ("hdlc", {"delimiter": 0x7D}, "escape", None),
        ("hdlc", {"special": b"\x7e"}, "special", None),
        ("hdlc", {"special": b"\x7d\x11"}, "special", None),
        ("hdlc", {"xor": 0x03}, "xor", None),  # 7D would be sent as 7D 7E
        ("hdlc", {"special": b"\x7e\x7d\x11\x31"}, "xor", None),
        ("run", {"run": 0}, "run", None),
        ("bits", {}, "order", None),
        ("bits", {"order": "big"}, "order", None),
        ("bits", {"order": "lsb", "run": 0}, "run", None),
        ("slip", {"order": "lsb"}, "order", None),
        ("run", {"special": b""}, "special", None),
        ("run", {"special": bytes(17)}, "special", None),
        ("doubled", {"escape": b""}, "escape", None),
        ("doubled", {"escape": bytes(17)}, "escape", None),
        ("dle", {"escape": b"\x10\x10"}, "escape", None),
        ("hdlc", {"escape": b"\x7d\x7d"}, "escape", None),
        ("run", {"escape": b"\x55\x55"}, "escape", None),
        ("run", {"special": b"\x55"}, "escape", None),
    ],
)
def test_what_cannot_be_made(kind: str, parameters: dict[str, Any], path: str, near: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        make(kind, **parameters)
    assert (caught.value.path, caught.value.near) == (path, near)
    assert caught.value.expected


def test_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(StuffingError(3, "wrong", marker=True)))
    assert (error.offset, error.marker, str(error)) == (3, True, "wrong at offset 3")
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("name", ["base", "bits", "cobs", "escapes", "registry"])
def test_examples_in_the_documentation(name: str) -> None:
    failed, attempted = doctest.testmod(importlib.import_module(f"framing.stuffing.{name}"))
    assert attempted
    assert not failed


def test_what_kinds_say_of_themselves() -> None:
    """Values, not just truth: a property that is no property any more is true too."""
    kinds = {name: stuffing for name, (stuffing, _) in ALPHABETS.items()}
    by_byte = {"slip", "kiss", "hdlc", "hdlc-xbee", "hdlc-accm", "hdlc-own", "dle", "doubled", "hex", "bits-lsb", "bits-msb"}
    assert {name for name, each in kinds.items() if each.by_byte is True} == by_byte
    assert {name for name, each in kinds.items() if each.by_byte is False} == kinds.keys() - by_byte
    doubles = {"dle": b"\x10", "doubled": b"\x1a", "doubled-4": SML, "doubled-3": b"aba"}
    assert {name: each.doubles for name, each in kinds.items()} == {name: doubles.get(name, b"") for name in kinds}
    assert {name: each.unit for name, each in kinds.items()} == {name: 8 if name.startswith("bits") else 1 for name in kinds}
    tells = {"dle", "doubled", "doubled-4", "doubled-3", "run", "run-1", "run-3"}
    assert {name: each.tells_marker for name, each in kinds.items()} == {name: name in tells for name in kinds}
