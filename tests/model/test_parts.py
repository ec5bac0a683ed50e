"""Each part on its own: what it takes, what it refuses, what it works out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.checksums import algorithm
from framing.errors import SpecError
from framing.markers import Pattern
from framing.model.checks import Blocks, Checksum
from framing.model.data import Data
from framing.model.declared import build, keys_of
from framing.model.expressions import Expression
from framing.model.lookups import Lookup
from framing.model.numbers import Bit, Bits, Field, Length
from framing.model.parts import PARTS
from framing.model.patterns import End, Sync
from framing.model.values import Charset, value_type


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(SpecError) as caught:
        make()
    return str(caught.value)


def test_every_kind_of_part_is_named_by_its_key() -> None:
    for name, declared in PARTS.items():
        entry = keys_of(declared)[0]
        assert entry.name == name
        assert entry.required


def test_a_part_from_a_table_equals_one_from_python() -> None:
    table = {"field": "id", "type": "u8", "allowed": [1, 2], "if": "flags & 1", "enum": {"a": 1}}
    assert build(Field, table) == Field("id", "u8", allowed=(1, 2), if_="flags & 1", enum={"a": 1})
    assert hash(build(Field, table)) == hash(Field("id", "u8", allowed=(1, 2), if_="flags & 1", enum={"a": 1}))


# --- sync and end ----------------------------------------------------------------------------------------------------


def test_sync() -> None:
    plain = Sync("AA 55")
    assert (plain.sync, plain.name, plain.pattern) == ((b"\xaa\x55",), "sync", Pattern((b"\xaa\x55",)))
    named = Sync(["24", b"!"], as_="start", errors=1)
    assert (named.sync, named.name, named.pattern.errors) == ((b"$", b"!"), "start", 1)
    assert Sync("AA 55", mask="FF F0").pattern.mask == b"\xff\xf0"
    assert Sync("AA", mask="F0", errors=3).errors == 3


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda: Sync("AA 55", mask="FF"), "mask: mask of 1 bytes; expected as many bytes as each marker"),
        (lambda: Sync(["AA", "AA 55"], mask="FF"), "mask: mask of 1 bytes; expected as many bytes as each marker"),
        (lambda: Sync("AA", errors=8), "errors: 8 wrong bits of 8 match anything; expected less than 8"),
        (lambda: Sync(["AA BB", "AA"], errors=8), "errors: 8 wrong bits of 8 match anything; expected less than 8"),
        (lambda: Sync("AA", mask="F0", errors=4), "errors: 4 wrong bits of 4 match anything; expected less than 4"),
        (lambda: Sync("AA", mask="00"), "errors: 0 wrong bits of 0 match anything; expected less than 0"),
        (lambda: Sync("AA" * 20, errors=65), "errors: 65 is out of range; expected 0 to 64"),
        (lambda: Sync("AA", as_="and"), "as: 'and' is a word of the expression language; expected another name"),
    ],
)
def test_wrong_syncs(make: Callable[[], Any], expected: str) -> None:
    assert message(make) == expected


def test_end() -> None:
    end = End(["0A", "0D 0A"])
    assert (end.name, end.longest_first) == ("end", (b"\r\n", b"\n"))
    assert End("0A", as_="eol").name == "eol"


# --- field -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field, good, bad, limits",
    [
        (Field("a", "u8"), [0, 255], [], "a is 0 to 255"),
        (Field("a", "i8", min=-3), [-3, 127], [-4], "a is -3 to 127"),
        (Field("a", "u8", max=4), [0, 4], [5], "a is 0 to 4"),
        (Field("a", "u8", const=4), [4], [3, 5], "a is always 4"),
        (Field("a", "u8", allowed=[1, 3]), [1, 3], [0, 2], "a is one of 1, 3"),
        (Field("a", "f32le", min=0, max=1.5), [0, 0.5, 1.5], [-0.5, 2], "f32le holds a number"),
    ],
)
def test_what_a_field_accepts(field: Field, good: list[float], bad: list[float], limits: str) -> None:
    assert all(field.accepts(value) for value in good)
    assert not any(field.accepts(value) for value in bad)
    assert field.limits == limits


@pytest.mark.parametrize(
    "keys, expected",
    [
        ({"const": 256}, "const: 256 is out of range; expected 0 to 255, as u8 holds"),
        ({"min": -1}, "min: -1 is out of range; expected 0 to 255, as u8 holds"),
        ({"max": 1.5}, "max: 1.5 is not an integer; expected 0 to 255, as u8 holds"),
        ({"default": 300}, "default: 300 is out of range; expected 0 to 255, as u8 holds"),
        ({"allowed": [1, 300]}, "allowed[1]: 300 is out of range; expected 0 to 255, as u8 holds"),
        ({"enum": {"a": 300}}, "enum.a: 300 is out of range; expected 0 to 255, as u8 holds"),
        ({"enum": {}}, "enum: no entry; expected a table of names and integers"),
        ({"enum": [1]}, "enum: [1] is an array; expected a table of names and integers"),
        ({"enum": {"a": "b"}}, "enum.a: 'b' is a string; expected an integer"),
        ({"min": 3, "max": 2}, "min: min 3 is above max 2; expected min <= max"),
        ({"const": 1, "allowed": [1]}, "allowed: both const and allowed; expected one of the two"),
        ({"const": 1, "max": 1}, "max: both const and max; expected one of the two"),
        ({"const": 1, "equals": "1"}, "equals: both const and equals; expected one of the two"),
        ({"const": 1, "default": 1}, "default: both const and default; expected one of the two"),
        (
            {"const": 1, "counter": True},
            "counter: only a free integer field can count; expected an integer type, no const, no equals",
        ),
        (
            {"equals": "1", "counter": True},
            "counter: only a free integer field can count; expected an integer type, no const, no equals",
        ),
        ({"allowed": [1, 2], "default": 3}, "default: 3 is not allowed; expected one of 1, 2"),
        ({"min": 4, "default": 3}, "default: 3 is not allowed; expected 4 to 255"),
        ({"counter": 1}, "counter: 1 is an integer; expected true or false"),
    ],
)
def test_wrong_fields(keys: dict[str, Any], expected: str) -> None:
    assert message(lambda: Field("a", "u8", **keys)) == expected


def test_wrong_fields_of_other_types() -> None:
    assert (
        message(lambda: Field("a", "f32le", const=1e39))
        == "const: 1e+39 is out of range; expected a number, as f32le holds"
    )
    assert message(lambda: Field("a", "f32le", counter=True)).startswith("counter: only a free integer field can count")


# --- bits ------------------------------------------------------------------------------------------------------------


def test_bits() -> None:
    bits = Bits(["_:2:0", "flag:1", "size:0x0D"], "u16be", length="size", of="payload", unit=2, bias=-1, min=1, max=9)
    assert bits.bits == (Bit("_", 2, 0), Bit("flag", 1), Bit("size", 13))
    assert bits.name == "flag"
    assert [str(bit) for bit in bits.bits] == ["_:2:0", "flag:1", "size:13"]
    assert bits.unpack(0x2003) == {"_": 0, "flag": 1, "size": 3}
    assert bits.constants_hold(0x2003)
    assert not bits.constants_hold(0x6003)
    assert Bits(bits.bits, "u16be", length="size", of="payload", unit=2, bias=-1, min=1, max=9) == bits
    assert Bits(["_:8"], "u8").name == "_"


@given(st.lists(st.integers(1, 20), min_size=1, max_size=8), st.data())
def test_bits_are_unpacked_most_significant_first(widths: list[int], data: st.DataObject) -> None:
    spare = -sum(widths) % 8
    widths = widths + [spare] * bool(spare)
    values = [data.draw(st.integers(0, (1 << width) - 1)) for width in widths]
    packed = 0
    for width, value in zip(widths, values, strict=True):
        packed = packed << width | value
    size = sum(widths)
    if size > 128:
        return
    kind = "u8" if size == 8 else f"u{size}be"
    bits = Bits([f"b{index}:{width}" for index, width in enumerate(widths)], kind)
    assert list(bits.unpack(packed).values()) == values
    constant = Bits(
        [f"b{index}:{width}:{value}" for index, (width, value) in enumerate(zip(widths, values, strict=True))], kind
    )
    assert constant.constants_hold(packed)
    assert not constant.constants_hold(packed ^ 1)


FORM = "expected 'name:width' or 'name:width:const'"


@pytest.mark.parametrize(
    "bits, keys, expected",
    [
        (["a:8", "b:8"], {}, "bits: 16 bits in u8; expected 8 bits in all"),
        ([], {}, "bits: [] is an array; expected a list of 'name:width', at least one"),
        ("a:8", {}, "bits: 'a:8' is a string; expected a list of 'name:width', at least one"),
        (["a"], {}, f"bits[0]: 'a' is no bit field; {FORM}"),
        (["a:b"], {}, f"bits[0]: 'a:b' is no bit field; {FORM}"),
        (["a:8:1:2"], {}, f"bits[0]: 'a:8:1:2' is no bit field; {FORM}"),
        (["a:0", "b:8"], {}, "bits[0]: 'a:0' is 0 bits wide; expected 1 to 128"),
        (["a:129"], {}, "bits[0]: 'a:129' is 129 bits wide; expected 1 to 128"),
        (["a:4", "b:4:16"], {}, "bits[1]: 16 does not fit 4 bits; expected 0 to 15"),
        (["a:4", "b:4:-1"], {}, "bits[1]: -1 does not fit 4 bits; expected 0 to 15"),
        (["a:4", "1:4"], {}, "bits[1]: '1' is no name; expected letters, digits and underscores, no digit first"),
        ([8], {}, "bits[0]: 8 is an integer; expected a string"),
        (["a:4", "a:4"], {}, "bits: 'a' stands twice; expected each name once"),
        (["a:8"], {"length": "b", "of": "x"}, "length: 'b' is no member; expected a"),
        (["size:8"], {"length": "sise", "of": "x"}, "length: 'sise' is no member; expected size; did you mean 'size'?"),
        (["a:8"], {"length": "a"}, "of: length and of go together; expected both"),
        (["a:8"], {"of": "a"}, "length: length and of go together; expected both"),
        (["a:8"], {"unit": 2}, "unit: unit without a length; expected the member that is a length in `length`"),
        (["a:8"], {"max": 2}, "max: max without a length; expected the member that is a length in `length`"),
        (["a:8"], {"length": "a", "of": "x", "min": 3, "max": 2}, "min: min 3 is above max 2; expected min <= max"),
        (["a:4", "b:4"], {"length": "b", "of": "x", "max": 16}, "max: 16 is out of range; expected 0 to 15"),
        (["a:8"], {"type": "f32le"}, "type: type f32le is no integer; expected an integer type such as 'u16le'"),
        (["a:8"], {"type": "i8"}, "type: type i8 has no fixed bits; expected u8, u16le, u16be …"),
        (["a:8"], {"type": "uleb128"}, "type: type uleb128 has no fixed bits; expected u8, u16le, u16be …"),
        (["a:8"], {"type": "bcd2"}, "type: type bcd2 has no fixed bits; expected u8, u16le, u16be …"),
    ],
)
def test_wrong_bits(bits: Any, keys: dict[str, Any], expected: str) -> None:
    assert message(lambda: Bits(bits, **{"type": "u8", **keys})) == expected


# --- length, data, checksum ------------------------------------------------------------------------------------------


def test_length() -> None:
    assert Length("size", "uleb128", of="a..b", unit=4, bias=-2).of == "a..b"
    assert message(lambda: Length("size", "f64le", of="a")) == (
        "type: type f64le is no integer; expected an integer type such as 'u16le'"
    )
    assert (
        message(lambda: Length("size", "u8", of="a", min=3, max=2)) == "min: min 3 is above max 2; expected min <= max"
    )
    assert message(lambda: Length("size", "u8", of="a", min=256)) == "min: 256 is out of range; expected 0 to 255"
    assert message(lambda: Length("size", "u8", of="a", max=-1)) == "max: -1 is out of range; expected 0 to 255"
    assert message(lambda: Length("size", "u8", of="a", unit=0)) == "unit: 0 is out of range; expected 1 to 1048576"


def test_data() -> None:
    assert Data("a").size is None
    assert Data("a", 5).size == Expression("5")
    assert Data("a", "n + 1").size == Expression("n + 1")
    assert Data("a", {"by": "n", "table": "t"}).size == Lookup("n", "t") == Data("a", Lookup("n", "t")).size
    assert Data("a", charset="digits") == Data("a", charset=Charset("30-39"))
    blocks = Blocks(16, "CRC-16/DNP", "u16le")
    assert Data("a", blocks={"size": 16, "checksum": "CRC-16/DNP", "type": "u16le"}).blocks == blocks
    assert [blocks.wire(size) for size in (0, 1, 16, 17, 32)] == [0, 3, 18, 21, 36]


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda: Data("a", -1), "size: -1 is out of range; expected at least 0"),
        (lambda: Data("a", True), "size: true is a boolean; expected an integer, or an expression in a string"),
        (lambda: Data("a", {"by": "n"}), "size: 'table' is missing; expected table = ..., a table under `tables`"),
        (lambda: Data("a", charset=5), "charset: 5 is an integer; expected a string"),
        (lambda: Data("a", blocks=5), "blocks: 5 is an integer; expected a table with size, checksum, type"),
        (
            lambda: Blocks(16, "CRC-16/DNP", "u8"),
            "type: type u8 does not hold the 16 bits of CRC-16/DNP; expected an unsigned type of at least 16 bits",
        ),
    ],
)
def test_wrong_data(make: Callable[[], Any], expected: str) -> None:
    assert message(make) == expected


@pytest.mark.parametrize("kind", ["u8", "u16le", "hex2", "bcd4", "dec3"])
def test_types_that_hold_eight_bits(kind: str) -> None:
    made = Checksum("ck", kind, "xor-8", over="a..b", extra=Lookup("id", "t"))
    assert (made.algorithm, made.type) == (algorithm("xor-8"), value_type(kind))


@pytest.mark.parametrize("kind", ["i8", "i16le", "hex1", "bcd2", "dec2", "uleb128"])
def test_types_that_do_not_hold_eight_bits(kind: str) -> None:
    assert message(lambda: Checksum("ck", kind, "xor-8", over="a")) == (
        f"type: type {kind} does not hold the 8 bits of xor-8; expected an unsigned type of at least 8 bits"
    )


def test_a_checksum_in_a_float() -> None:
    assert message(lambda: Checksum("ck", "f32le", "xor-8", over="a")).startswith("type: type f32le is no integer")
