"""`framing.bits`: bits one to a byte, zero insertion, NRZI."""

from __future__ import annotations

import doctest
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing import bits

orders = st.sampled_from(bits.ORDERS)
some_bits = st.lists(st.sampled_from([0, 1]), max_size=80).map(bytes)


@pytest.mark.parametrize(
    ("order", "expected"), [("lsb", "0111 1110 1000 0000 0000 1111"), ("msb", "0111 1110 0000 0001 1111 0000")]
)
def test_the_order_of_bits(order: str, expected: str) -> None:
    assert bits.unpack(b"\x7e\x01\xf0", order) == bits.from_digits(f"bits {expected}")
    assert bits.pack(bits.unpack(b"\x7e\x01\xf0", order), order) == b"\x7e\x01\xf0"


@given(data=st.binary(max_size=40), more=st.binary(max_size=5), order=orders)
def test_unpacking_bit_by_bit_and_in_pieces(data: bytes, more: bytes, order: str) -> None:
    places = range(8) if order == "lsb" else range(7, -1, -1)
    assert bits.unpack(data, order) == bytes(byte >> place & 1 for byte in data for place in places)
    assert bits.unpack(data + more, order) == bits.unpack(data, order) + bits.unpack(more, order)
    assert bits.pack(bits.unpack(data, order), order) == data


def test_bits_left_over() -> None:
    with pytest.raises(ValueError, match="9 bits are no whole number of bytes; 1 left over"):
        bits.pack(b"\1" * 9, "lsb")
    assert bits.pack(b"\1" * 9, "lsb", pad=0) == b"\xff\x01"
    assert bits.pack(b"\1" * 9, "msb", pad=1) == b"\xff\xff"
    assert bits.pack(b"", "msb", pad=1) == b""


def test_what_is_no_bit_or_no_order() -> None:
    with pytest.raises(ValueError, match="a byte that is no bit"):
        bits.pack(b"\0\1\2\0\0\0\0\0", "lsb")
    for function in (bits.pack, bits.unpack):
        with pytest.raises(ValueError, match="order is 'big'; expected 'lsb' or 'msb'"):
            function(b"", "big")


def test_digits_as_specs_have_them() -> None:
    assert bits.from_digits("bits 01\n 10") == b"\0\1\1\0"
    assert bits.from_digits("0b 01") is None
    for wrong in ("bits", "bits 012", "bits AA"):
        with pytest.raises(ValueError, match="not binary"):
            bits.from_digits(wrong)


@given(plain=some_bits, run=st.integers(1, 6))
def test_zeros_are_inserted_as_a_sender_counts(plain: bytes, run: int) -> None:
    sent, ones = bytearray(), 0
    for bit in plain:
        sent.append(bit)
        ones = ones + 1 if bit else 0
        if ones == run:
            sent.append(0)
            ones = 0
    assert bits.inserted(plain, run) == sent
    assert bits.removed(bytes(sent), run) == plain
    assert bits.flag(run) not in bytes(sent)
    assert (bytes(sent) + bits.flag(run)).find(bits.flag(run)) == len(sent)


def test_the_flag_of_hdlc() -> None:
    assert bits.flag(5) == bits.unpack(b"\x7e", "lsb") == bits.unpack(b"\x7e", "msb")


def test_nrzi_by_hand() -> None:
    assert bits.nrzi_decode(b"\1\1\0\0\0\1", before=1) == b"\1\1\0\1\1\0"
    assert bits.nrzi_decode(b"\1\1\0\0\0\1", before=0) == b"\0\1\0\1\1\0"
    assert bits.nrzi_decode(b"") == b""


@given(levels=some_bits, cut=st.integers(0, 80), before=st.sampled_from([0, 1]))
def test_nrzi_bit_by_bit_and_in_pieces(levels: bytes, cut: int, before: int) -> None:
    whole = bits.nrzi_decode(levels, before)
    assert whole == bytes(one == other for one, other in zip(levels, bytes([before]) + levels, strict=False))
    first, rest = levels[:cut], levels[cut:]
    assert bits.nrzi_decode(first, before) + bits.nrzi_decode(rest, first[-1] if first else before) == whole
    assert bits.nrzi_encode(whole, before) == levels


def test_many_bits_at_once() -> None:
    data = random.Random(1).randbytes(100_000)  # beyond the digits that Python takes for a decimal number
    assert bits.pack(bits.unpack(data, "lsb"), "lsb") == data
    assert bits.nrzi_encode(bits.nrzi_decode(bits.unpack(data, "msb"))) == bits.unpack(data, "msb")


def test_examples_in_the_documentation() -> None:
    failed, attempted = doctest.testmod(bits)
    assert attempted
    assert not failed
