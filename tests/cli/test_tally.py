"""Counting events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import framing
from framing.cli.tally import Tally
from framing.errors import Reason
from framing.events import Gap

FORMATS = [framing.load("ubx"), framing.load("nmea"), framing.load("slip")]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_it_agrees_with_the_decoder(data: bytes, limit: int) -> None:
    data = data + FORMATS[0].encode(data[:9], **{"class": 1, "id": 2}) + data
    decoder = framing.Decoder(*FORMATS, gap_limit=limit)
    events = decoder.feed(data) + decoder.close()
    tally = Tally(with_kinds=True)
    tally.add(events)
    stats = decoder.stats
    assert tally.frames == stats.frames
    assert tally.kinds.total() == stats.frames.total()
    assert tally.frame_bytes.total() == stats.frame_bytes
    assert tally.rejects == stats.rejects
    assert tally.gaps.total() - tally.gaps["fill"] == stats.gaps
    assert tally.gap_bytes["fill"] == stats.fill_bytes
    assert tally.gap_bytes.total() - stats.fill_bytes == stats.gap_bytes
    assert ("gap" in tally.found()) == (stats.gaps > 0)
    largest = tally.largest()
    assert sum(span.size for span in largest) <= stats.gap_bytes
    assert largest == sorted(largest, key=lambda span: -span.size)


@given(st.binary(max_size=200), st.integers(1, 50), st.integers(1, 100))
def test_columns_count_as_events_do(data: bytes, limit: int, size: int) -> None:
    data = data + FORMATS[0].encode(data[:9], **{"class": 1, "id": 2}) + data + FORMATS[1].encode(b"GPGGA,") + data
    decoder, scanner = framing.Decoder(*FORMATS, gap_limit=limit), framing.Scanner(*FORMATS, gap_limit=limit)
    one, other = Tally(most=3, with_kinds=True), Tally(most=3, with_kinds=True)
    for chunk in (data[at : at + size] for at in range(0, len(data), size)):
        one.add(decoder.feed(chunk))
        other.add_spans(scanner.feed(chunk))
    one.add(decoder.close())
    other.add_spans(scanner.close())
    other.rejects = scanner.stats.rejects
    assert one.largest() == other.largest()
    assert one == other


def test_pieces_of_a_gap_count_as_one_stretch() -> None:
    tally = Tally(most=2)
    tally.add([Gap(0, bytes(4), Reason.NOISE), Gap(4, bytes(4), Reason.CHECKSUM), Gap(8, b"\xc0", Reason.FILL)])
    tally.add([Gap(9, bytes(2), Reason.NOISE), Gap(20, b"abcdefghij", Reason.LENGTH), Gap(40, b"x", Reason.MAC)])
    assert [(span.start, span.size, span.reason) for span in tally.largest()] == [(20, 10, "length"), (0, 8, "noise")]
    assert tally.largest()[0].head == b"abcdefgh"
    assert tally.found() == {"gap", "noise", "checksum", "fill", "length", "mac"}


def test_summary() -> None:
    tally = Tally()
    assert tally.summary() == "0 frames, 0 bytes; 0 gaps, 0 bytes"
    assert tally.found() == set()
    tally.add([Gap(0, bytes(1), Reason.CHECKSUM, (), {Reason.CHECKSUM: 2, Reason.MAC: 1})])
    assert tally.summary() == "0 frames, 0 bytes; 1 gap, 1 bytes (checksum 2, mac 1 rejected)"
