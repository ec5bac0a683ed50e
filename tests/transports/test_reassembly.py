"""TCP put together: the bytes in order, once, with breaks exactly where some are missing; bounded, whatever comes."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.transports.links import Arrival
from framing.transports.reassembly import PATIENCE, Reassembler, Segment
from made_captures import DOWN, UP, followed, pcap, streams
from made_captures import segment as on_the_wire

A, B = "10.0.0.1:5000", "10.0.0.2:4028"
dice = st.randoms(use_true_random=False)
first_numbers = st.sampled_from([0, 1, 1000, 2**31 - 20, 2**32 - 1, 2**32 - 2, 2**32 - 20])


def up(data: bytes = b"", seq: int = 0, **more: object) -> Segment:
    return Segment(A, B, seq % 2**32, data, **more)  # type: ignore[arg-type]


def down(data: bytes = b"", seq: int = 0, **more: object) -> Segment:
    return Segment(B, A, seq % 2**32, data, **more)  # type: ignore[arg-type]


def all_of(tcp: Reassembler, segments: list[Segment]) -> list[Arrival]:
    return [arrival for segment in segments for arrival in tcp.take(segment)] + tcp.close()


def cut(data: bytes, roll: random.Random) -> list[tuple[int, bytes]]:
    """Pieces that cover the bytes, some of them overlapping."""
    pieces, start = [], 0
    while start < len(data):
        end = min(start + roll.randint(1, 9), len(data))
        begin = max(start - roll.choice([0, 0, 0, 3]), 0)
        pieces.append((begin, data[begin:end]))
        start = end
    return pieces


def missing_from(data: bytes, pieces: list[tuple[int, bytes]]) -> tuple[list[bytes], int]:
    """What must come out: the stretches that are covered, an empty one behind a hole at the end; the number of bytes missing."""
    there = {at for start, piece in pieces for at in range(start, start + len(piece))}
    out, before = [], None
    for at in sorted(there):
        if at - 1 != before:
            out.append(b"")
        out[-1] += data[at : at + 1]
        before = at
    if out and before != len(data) - 1:
        out.append(b"")
    return out, len(data) - len(there)


@given(st.binary(max_size=300), first_numbers, dice)
def test_any_order_repetition_and_loss(data: bytes, first: int, roll: random.Random) -> None:
    pieces = [each for each in cut(data, roll) if roll.random() < 0.9]
    pieces += [roll.choice(pieces) for _ in pieces[::4]]
    roll.shuffle(pieces)
    tcp = Reassembler()
    segments = [up(seq=first, syn=True)] + [up(piece, first + 1 + start) for start, piece in pieces]
    end = up(seq=first + 1 + len(data), fin=True)
    found = all_of(tcp, [*segments, end])
    expected, lost = missing_from(data, pieces)
    assert streams(found).get(UP, []) == expected
    if found:
        assert tcp.missing == lost
        assert found[-1].ends and [each.ends for each in found].count(True) == 1
        breaks = [each.broken for each in found]
        assert breaks.count(True) == tcp.holes
        assert breaks[0] == (0 not in {start for start, piece in pieces if piece})


@given(st.lists(st.tuples(st.integers(0, 60), st.binary(min_size=1, max_size=12)), max_size=30), first_numbers)
def test_of_bytes_that_come_twice_the_first_copy_wins(pieces: list[tuple[int, bytes]], first: int) -> None:
    known: dict[int, int] = {}
    for start, data in pieces:
        for at, byte in enumerate(data, start):
            known.setdefault(at, byte)
    found = all_of(Reassembler(), [up(seq=first, syn=True)] + [up(data, first + 1 + start) for start, data in pieces])
    assert b"".join(each.data for each in found) == bytes(known[at] for at in sorted(known))


@given(st.binary(min_size=1, max_size=200), first_numbers, dice)
def test_a_capture_that_lost_packets_of_a_live_connection(data: bytes, first: int, roll: random.Random) -> None:
    """The other side got everything and says so: no hole waits for the end, and none is made where nothing is missing."""
    pieces = [(start, data[start : start + 5]) for start in range(0, len(data), 5)]
    kept = [each for each in pieces if roll.random() < 0.8]
    tcp, found = Reassembler(), []
    for arrivals in map(tcp.take, [up(seq=first, syn=True), down(seq=7, ack=(first + 1) % 2**32, syn=True)]):
        found += arrivals
    for start, piece in pieces:
        if (start, piece) in kept:
            found += tcp.take(up(piece, first + 1 + start, ack=8))
        found += tcp.take(down(seq=8, ack=(first + 1 + start + len(piece)) % 2**32))
    for _ in range(PATIENCE):
        found += tcp.take(down(seq=8, ack=(first + 1 + len(data)) % 2**32))
    expected = [each for each in missing_from(data, kept)[0] if each]
    assert streams(found).get(UP, []) == expected
    assert b"".join(each.data for each in tcp.close()) == b""


@given(st.binary(min_size=1, max_size=200), first_numbers, dice)
def test_a_capture_that_began_later(data: bytes, first: int, roll: random.Random) -> None:
    pieces = sorted(cut(data, roll))[1:]
    found = all_of(Reassembler(), [up(piece, first + start) for start, piece in pieces])
    assert [each.broken for each in found if each.data] == [True] + [False] * (len(found) - 2) if pieces else not found
    assert b"".join(each.data for each in found) == (data[pieces[0][0] :] if pieces else b"")


def test_an_acknowledgement_tells_where_an_open_connection_stands() -> None:
    tcp = Reassembler()
    tcp.take(up(b"x", 100, ack=5000))
    assert tcp.take(down(b"world", 5005)) == []  # the first five bytes are still on their way
    assert [each.data for each in tcp.take(down(b"hello", 5000))] == [b"helloworld"]


def test_a_hole_waits_for_packets_that_the_capture_has_out_of_order() -> None:
    tcp = Reassembler()
    tcp.take(up(seq=0, syn=True))
    tcp.take(up(b"later", 6))
    for _ in range(PATIENCE):
        assert tcp.take(down(seq=1, ack=11)) == []
    assert [(each.data, each.broken) for each in tcp.take(up(b"first", 1))] == [(b"firstlater", False)]


def test_a_hole_without_acknowledgements_waits_until_too_much_is_held() -> None:
    tcp = Reassembler(held=10_000)
    tcp.take(up(seq=0, syn=True))
    found: list[Arrival] = []
    sent = 0
    while not found:
        sent += 1
        found = tcp.take(up(bytes(500), 1 + 500 * sent))
    assert 5 < sent < 20
    assert found[0].broken and len(found[0].data) == 500 * sent
    assert (tcp.holes, tcp.missing) == (1, 500)


def test_what_waits_longest_is_given_up_first() -> None:
    tcp = Reassembler(held_in_all=5_000)
    found = []
    for number in range(20):
        other = f"10.0.0.9:{number}"
        tcp.take(Segment(other, B, 0, syn=True))
        found += tcp.take(Segment(other, B, 2, bytes(500)))
    assert [each.stream for each in found] == [f"10.0.0.9:{number} > {B}" for number in range(20 - 5_000 // 756)]


def test_a_capture_that_kept_only_the_beginning_of_each_packet() -> None:
    tcp = Reassembler()
    tcp.take(up(seq=0, syn=True))
    segments = [up(b"ab", 1 + 10 * number, size=10) for number in range(3)] + [up(seq=31, fin=True)]
    found = [arrival for segment in segments for arrival in tcp.take(segment)]
    for _ in range(PATIENCE + 1):
        found += tcp.take(down(seq=1, ack=32))
    assert streams(found)[UP] == [b"ab", b"ab", b"ab", b""]
    assert found[-1].ends and found[-1].broken
    assert tcp.missing == 24


def test_directions_and_connections_are_streams_of_their_own() -> None:
    tcp = Reassembler()
    found = [
        *tcp.take(up(seq=10, syn=True)),
        *tcp.take(down(seq=20, ack=11, syn=True)),
        *tcp.take(up(b"one", 11, ack=21)),
        *tcp.take(down(b"two", 21, ack=14)),
        *tcp.take(Segment("[::1]:7", B, 5, b"three")),
        *tcp.close(),
    ]
    assert streams(found) == {UP: [b"one"], DOWN: [b"two"], f"[::1]:7 > {B}": [b"three"]}
    assert [each.broken for each in found if each.data] == [False, False, True]
    assert [each.stream for each in found if each.ends] == [UP, DOWN, f"[::1]:7 > {B}"] or len(found) == 6


@pytest.mark.parametrize("ending", ["fin", "rst", "nothing"])
def test_a_new_syn_is_a_new_stream(ending: str) -> None:
    tcp = Reassembler()
    found = [*tcp.take(up(seq=10, syn=True)), *tcp.take(up(b"one", 11)), *tcp.take(up(b"held", 20))]
    if ending != "nothing":
        found += tcp.take(up(seq=24 if ending == "fin" else 14, **{ending: True}))
    found += tcp.take(up(seq=10, syn=True))  # repeated
    found += [*tcp.take(up(seq=90_000, syn=True)), *tcp.take(down(seq=5, ack=90_001, syn=True))]
    found += [*tcp.take(up(b"two", 90_001)), *tcp.take(down(b"answer", 6)), *tcp.close()]
    assert streams(found) == {UP: [b"one", b"held"], f"{UP} #2": [b"two"], f"{DOWN} #2": [b"answer"]}
    assert [each.ends for each in found if each.stream == UP] == [False, False, True]


def test_a_syn_without_streams_takes_no_number() -> None:
    tcp = Reassembler()
    for first in (10, 5_000_000):
        tcp.take(up(seq=first, syn=True))
        tcp.take(down(seq=0, ack=first + 1, rst=True))
    tcp.take(up(seq=9_000_000, syn=True))
    assert [each.stream for each in tcp.take(up(b"x", 9_000_001))] == [UP]


def test_data_after_the_end_that_can_be_no_repetition_are_another_connection() -> None:
    tcp = Reassembler()
    found = [*tcp.take(up(seq=10, syn=True)), *tcp.take(up(b"one", 11, fin=True)), *tcp.take(down(seq=1, fin=True, ack=15))]
    assert not tcp.take(up(b"one", 11, fin=True))
    assert [(each.data, each.stream, each.broken) for each in tcp.take(up(b"two", 2**31))] == [(b"two", f"{UP} #2", True)]
    assert streams(found) == {UP: [b"one"]}


def test_a_connection_that_went_on_far_away_is_taken_up_again() -> None:
    tcp = Reassembler()
    tcp.take(up(b"one", 10))
    far = 10 + 3 + 2**30 + 1
    assert not tcp.take(up(b"a", far)) and not tcp.take(up(b"b", far + 1))
    found = tcp.take(up(b"c", far + 2))
    assert [(each.stream, each.data, each.ends) for each in found] == [(UP, b"", True), (f"{UP} #2", b"c", False)]


def test_a_single_stray_segment_changes_nothing() -> None:
    tcp = Reassembler()
    tcp.take(up(b"one", 10))
    assert not tcp.take(up(b"?", 10 + 2**31 - 1)) and not tcp.take(up(seq=10 + 2**31 - 1, rst=True))
    assert [each.data for each in tcp.take(up(b"two", 13))] == [b"two"]


def test_a_keep_alive_probe_is_no_data() -> None:
    tcp = Reassembler()
    tcp.take(up(seq=9, syn=True))
    tcp.take(up(b"one", 10))
    assert not tcp.take(up(b"\0", 12))
    assert [each.data for each in tcp.take(up(b"two", 13))] == [b"two"]


def test_arrivals_have_the_time_at_which_they_could_be_read() -> None:
    tcp = Reassembler()
    tcp.take(up(seq=0, syn=True, time=1.0))
    tcp.take(up(b"b", 2, time=2.0))
    assert [each.time for each in tcp.take(up(b"a", 1, time=3.0))] == [3.0]


segments = st.builds(
    Segment,
    st.sampled_from([A, B]),
    st.sampled_from([B, A]),
    st.integers(0, 60) | st.integers(2**32 - 20, 2**32 - 1) | st.integers(0, 2**32 - 1),
    st.binary(max_size=10),
    st.none() | st.integers(0, 60) | st.integers(0, 2**32 - 1),
    st.booleans(),
    st.booleans(),
    st.sampled_from([False, False, False, True]),
)


@given(st.lists(segments, max_size=60))
def test_nothing_raises_and_each_stream_ends_once(stream: list[Segment]) -> None:
    found = all_of(Reassembler(held=1_000, held_in_all=1_500), stream)
    ended: set[str] = set()
    for arrival in found:
        assert arrival.stream not in ended
        if arrival.ends:
            ended.add(arrival.stream)
    assert ended == {arrival.stream for arrival in found}


def test_memory_is_bounded_on_a_hostile_capture() -> None:
    roll = random.Random(1)
    tcp = Reassembler(held=1 << 16, held_in_all=1 << 18, connections=200)
    tracemalloc.start()
    try:
        for number in range(8_000):
            end = f"10.1.{roll.randrange(8)}.{roll.randrange(200)}:1"
            tcp.take(Segment(end, B, 0, syn=not number % 3))
            tcp.take(Segment(end, B, 2 * roll.randrange(5_000), bytes(1 + 40 * (number % 2)), time=1.0))
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_wireshark_makes_the_same_of_it(tmp_path: Path) -> None:
    """Out of order, repeated, overlapping, around the end of the sequence numbers, one connection after the other."""
    roll = random.Random(7)
    texts, segments = [], []
    for number in range(6):
        data, first = roll.randbytes(400), (2**31 * number - roll.randrange(450)) % 2**32
        pieces = cut(data, roll)
        for at in range(len(pieces) - 5):
            other = at + roll.randrange(5)
            pieces[at], pieces[other] = pieces[other], pieces[at]
        pieces += [roll.choice(pieces) for _ in pieces[::6]]
        segments += [up(seq=first - 1, syn=True), *(up(piece, first + start) for start, piece in pieces)]
        segments.append(up(seq=first + len(data), fin=True))
        texts.append(data)
    packets = [on_the_wire(each.data, each.seq, None, each.syn * 2 + each.fin) for each in segments]
    assert [one for one, _ in followed(pcap(tmp_path / "made.pcap", packets), 6)] == texts
    names = [UP, *(f"{UP} #{number}" for number in range(2, 7))]
    assert streams(all_of(Reassembler(), segments)) == {name: [data] for name, data in zip(names, texts, strict=True)}
