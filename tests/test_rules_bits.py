"""Frames of bits, one to a byte, at any bit: flags, shared and not, zeros inserted, aborts; markers that stand anywhere."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import laws
from framing import (
    Checksum,
    Data,
    Decoder,
    End,
    Field,
    Frame,
    FrameError,
    FrameFormat,
    Gap,
    Reason,
    SpecError,
    Sync,
    Transparency,
)
from framing.bits import flag, from_digits, pack, unpack
from framing.encoder import Encoder
from rules import arrivals, check, plain, unhex

pytestmark = pytest.mark.usefixtures("engine")

FLAG = flag(5)
ONE = b"\1"


def hdlc(*parts: Data | Field | Checksum, order: str = "lsb", max_size: int = 65_536) -> FrameFormat:
    return FrameFormat("hdlc", list(parts), transparency=Transparency("bits", order=order, run=5), max_size=max_size)


ANY = hdlc(Data("payload"))
"""Whole bytes, nothing else."""
SUMMED = hdlc(Data("payload"), Checksum("fcs", "u16le", "CRC-16/IBM-SDLC", over="payload"))


def bits(text: str) -> bytes:
    found = from_digits(f"bits {text}")
    assert found is not None
    return found


A = bits("1000 0010")
"""41, the least significant bit first."""


def test_a_flag_closes_and_the_next_frame_starts_behind_it() -> None:
    check(FLAG + A + FLAG + A + FLAG, [("fill", 0, 8), ("hdlc", 8, 24), ("hdlc", 24, 40)], ANY)
    frame = ANY.decode(FLAG + A + FLAG)
    assert (frame.payload, frame.raw) == (b"A", A + FLAG)


def test_it_starts_where_the_stream_does() -> None:
    check(A + FLAG + FLAG, [("hdlc", 0, 16), ("fill", 16, 24)], ANY)


def test_at_any_bit() -> None:
    for noise in range(1, 8):
        data = bytes(noise) + FLAG + A + FLAG
        check(data, [("escape", 0, noise + 8, "hdlc@0 escape"), ("hdlc", noise + 8, noise + 24)], ANY)


def test_flags_between_frames_are_fill_also_where_they_share_a_zero() -> None:
    check(A + 3 * FLAG + A + FLAG, [("hdlc", 0, 16), ("fill", 16, 32), ("hdlc", 32, 48)], ANY)
    shared = bits("0111111 0111111 01111110")
    check(shared + A + FLAG, [("fill", 0, 22), ("hdlc", 22, 38)], ANY)
    check(A + shared + A + FLAG, [("hdlc", 0, 16), ("fill", 16, 30), ("hdlc", 30, 46)], ANY)


def test_fill_that_shares_a_zero_is_no_reject() -> None:
    decoder = Decoder(ANY)
    [_, gap] = decoder.feed(A + FLAG + FLAG[1:]) + decoder.close()
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.rejected, len(gap.raw)) == (Reason.FILL, 0, 7)


def test_a_flag_that_has_only_begun() -> None:
    check(A + FLAG + bits("0111 111"), [("hdlc", 0, 16), ("truncated", 16, 23, "hdlc@16 truncated")], ANY)
    check(A + FLAG + bits("1111 11"), [("hdlc", 0, 16), ("escape", 16, 22, "hdlc@16 escape")], ANY)


def test_seven_ones_abort_the_frame_and_idle_ones_are_a_gap() -> None:
    data = A + FLAG + A + 15 * ONE + FLAG + A + FLAG
    check(data, [("hdlc", 0, 16), ("escape", 16, 47, "hdlc@16 escape"), ("hdlc", 47, 63)], ANY)
    came = arrivals(A + FLAG + A + 6 * ONE + bits("1000"), ANY)
    assert came[-1] == (35, ("escape", 16, 34, "hdlc@16 escape"))


def test_flags_behind_idle_ones() -> None:
    data = 9 * ONE + FLAG + FLAG[1:] + A + FLAG
    check(data, [("escape", 0, 17, "hdlc@0 escape"), ("fill", 17, 24), ("hdlc", 24, 40)], ANY)


def test_a_number_of_bits_that_is_no_multiple_of_eight() -> None:
    for left in range(1, 8):
        data = A + left * b"\0" + FLAG + A + FLAG
        check(data, [("escape", 0, 16 + left, "hdlc@0 escape"), ("hdlc", 16 + left, 32 + left)], ANY)


def test_zeros_are_inserted_behind_five_ones_also_in_front_of_the_flag() -> None:
    assert ANY.encode(unhex("FF")) == bits("11111 0 111") + FLAG
    assert ANY.encode(unhex("7E F8")) == bits("0 11111 0 10 000 11111 0") + FLAG
    check(bits("000 11111 0") + FLAG, [("hdlc", 0, 17)], ANY)
    check(bits("000 11111") + FLAG, [("escape", 0, 16, "hdlc@0 escape")], ANY)  # the flag's zero is not the one due


def test_what_is_no_bit() -> None:
    check(A + b"\2" + FLAG + A + FLAG, [("escape", 0, 17, "hdlc@0 escape"), ("hdlc", 17, 33)], ANY)
    check(FLAG[:-1] + b"\2" + A + FLAG, [("escape", 0, 24, "hdlc@0 escape")], ANY)


def test_a_frame_that_would_leave_no_room_for_its_flag() -> None:
    short = hdlc(Data("payload"), max_size=16)
    check(A + FLAG, [("hdlc", 0, 16)], short)
    assert arrivals(A + A + FLAG, short)[0][1][:3] == ("too_long", 0, 24)


def test_another_format_finds_its_frames_in_flags() -> None:
    """A flag that is fill is looked through all the same; what is left of one that a frame has broken is none."""
    most = FrameFormat("most", [Sync("bits 111111"), Field("x", "u8", const=0)])
    check(A + FLAG + FLAG + A + FLAG, [
        ("hdlc", 0, 16), ("fill", 16, 17), ("most", 17, 24), ("hdlc", 24, 40),
    ], most, ANY)  # fmt: skip
    pair = FrameFormat("pair", [Sync("01"), Field("x", "u8", const=1)])
    check(bits("0") + FLAG, [
        ("escape", 0, 2, "hdlc@0 escape"), ("pair", 2, 4), ("pair", 4, 6), ("pair", 6, 8), ("noise", 8, 9),
    ], pair, ANY)  # fmt: skip
    check(FLAG, [("fill", 0, 1), ("pair", 1, 3), ("pair", 3, 5), ("pair", 5, 7), ("noise", 7, 8)], pair, ANY)


def test_a_flag_directly_behind_a_frame_of_another_format_is_fill() -> None:
    mark = FrameFormat("mark", [Sync("bits 1010 1010"), Field("x", "u8", const=1)])
    check(bits("1010 1010 1") + FLAG + A + FLAG, [("mark", 0, 9), ("fill", 9, 17), ("hdlc", 17, 33)], mark, ANY)
    check(bits("1010 1010 1") + FLAG[:-1], [("mark", 0, 9), ("noise", 9, 16)], mark, ANY)


def test_silence_is_a_start_of_stream_and_what_was_before_counts_no_more() -> None:
    decoder = Decoder(ANY)
    assert plain(decoder.feed(FLAG) + decoder.idle()) == [("fill", 0, 8)]
    assert plain(decoder.feed(FLAG[1:] + FLAG) + decoder.idle()) == [("escape", 8, 23, "hdlc@8 escape")]
    assert plain(decoder.feed(A + FLAG)) == [("hdlc", 23, 39)]


@pytest.mark.parametrize("order", ["strict", "early"])
def test_a_file_of_packed_bits(order: str) -> None:
    frames = [SUMMED.encode(payload) for payload in (b"one", b"\xff\xff\xff\x7e", b"")]
    data = pack(bits("0") + b"".join(FLAG + frame for frame in frames), "lsb", pad=1)
    decoder = Decoder(SUMMED, order=order)  # type: ignore[arg-type]
    events = [event for byte in data for event in decoder.feed(unpack(bytes([byte]), "lsb"))] + decoder.close()
    assert [event.payload for event in events if isinstance(event, Frame)] == [b"one", b"\xff\xff\xff\x7e", b""]


def test_an_encoder_opens_the_stream_with_a_flag() -> None:
    encoder = Encoder(ANY)
    assert encoder.encode(b"A") + encoder.encode(b"A") == FLAG + A + FLAG + A + FLAG


def test_one_frame_with_fill_around_it() -> None:
    assert ANY.decode(FLAG + FLAG[1:] + A + FLAG + FLAG[1:] + FLAG).payload == b"A"
    with pytest.raises(FrameError) as caught:
        ANY.decode(A + FLAG + FLAG + A + FLAG)
    assert (caught.value.reason, caught.value.offset) == (Reason.TRAILING, 24)


# --- without insertion: markers at any bit ----------------------------------------------------------------------------

ASM = "bits 0001 1010 1100 1111 1111 1100 0001 1101"
CADU = FrameFormat("cadu", [Sync(ASM, errors=1), Data("payload", size=4)], transparency=Transparency("bits", order="msb"))


@pytest.mark.parametrize("lost", range(8))
def test_a_marker_stands_at_any_bit(lost: int) -> None:
    stream = unpack(b"\x55" + unhex("1A CF FC 1D") + b"data" + b"\x55", "msb")[lost:]
    frames = [event for event in Decoder(CADU).feed(stream) if isinstance(event, Frame)]
    assert [(frame.start, frame.end, frame.payload) for frame in frames] == [(8 - lost, 72 - lost, b"data")]


def test_wrong_bits_of_a_marker() -> None:
    stream = bytearray(unpack(unhex("1A CF FC 1D") + b"data", "msb"))
    stream[5] ^= 1
    check(bytes(stream), [("cadu", 0, 64)], CADU)
    stream[6] ^= 1
    check(bytes(stream), [("noise", 0, 64)], CADU)


def test_a_frame_with_a_byte_that_is_no_bit() -> None:
    stream = unpack(unhex("1A CF FC 1D") + b"dat", "msb") + b"\2" + bytes(7)
    check(stream, [("escape", 0, 64, "cadu@0 escape")], CADU)


def test_the_end_of_a_stuffed_span_told_by_a_pattern() -> None:
    layout = [Sync("bits 1100"), Data("payload"), Checksum("sum", "u8", "sum-8", over="payload")]
    each = FrameFormat("x", [*layout, End("02")], transparency=Transparency("bits", order="lsb"), max_size=200)
    check(each.encode(b"hi"), [("x", 0, 4 + 24 + 1)], each)
    with pytest.raises(SpecError, match="the stuffed bytes may contain 01 00"):
        FrameFormat("x", [*layout, End("01 00")], transparency=Transparency("bits", order="lsb"), max_size=200)


# --- against a receiver by hand ---------------------------------------------------------------------------------------


def received(stream: bytes) -> list[bytes]:
    """The frames with a right FCS, as a receiver does it that counts ones: no code of the library."""
    text = "".join(map(str, stream))
    found, begin = [], 0
    while (end := text.find("01111110", begin)) >= 0:
        data = destuffed(text[begin:end])
        if data is not None and len(data) >= 2 and fcs(data[:-2]) == data[-2] | data[-1] << 8:
            found.append(data[:-2])
        begin = end + 8
        while text.startswith("1111110", begin):  # the next flag begins with the zero that ends this one
            begin += 7
    return found


def destuffed(text: str) -> bytes | None:
    kept, ones = [], 0
    for digit in text:
        if ones == 5:
            if digit == "1":
                return None
            ones = 0
            continue
        ones = ones + 1 if digit == "1" else 0
        kept.append(digit)
    if ones == 5 or len(kept) % 8:
        return None
    return bytes(int("".join(kept[at : at + 8][::-1]), 2) for at in range(0, len(kept), 8))


def fcs(data: bytes) -> int:
    register = 0xFFFF
    for byte in data:
        for place in range(8):
            low = (register ^ byte >> place) & 1
            register = register >> 1 ^ (0x8408 if low else 0)
    return register ^ 0xFFFF


@given(seed=st.integers(0, 1 << 32))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_frames_of_a_receiver_by_hand(seed: int) -> None:
    rnd = random.Random(seed)
    stream = b""
    for _ in range(rnd.randrange(1, 12)):
        frame = SUMMED.encode(bytes(rnd.choice([0xFF, 0x7E, 0x1F, 0xF8, 0, rnd.randrange(256)]) for _ in range(rnd.randrange(6))))
        piece = bytearray(rnd.choice([frame, frame, frame, FLAG, FLAG[1:], rnd.randrange(20) * ONE, bytes(rnd.choices([0, 1], k=9))]))
        if rnd.randrange(4) == 0 and piece:
            match rnd.randrange(3):
                case 0:
                    piece[rnd.randrange(len(piece))] ^= 1
                case 1:
                    del piece[rnd.randrange(len(piece))]
                case _:
                    piece.insert(rnd.randrange(len(piece)), rnd.randrange(2))
        stream += bytes(piece)
    chunks = [stream[at : at + 7] for at in range(0, len(stream), 7)]
    found = [event.payload for event in laws.run(Decoder(SUMMED), chunks) if isinstance(event, Frame)]
    assert found == received(stream)
