"""Checksums beside naive twins and beside published vectors."""

from __future__ import annotations

import dataclasses
import struct
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing import checksums
from framing.checksums import Algorithm, CrcModel, FletcherModel, WordModel, algorithm
from framing.errors import SpecError
from framing.sums import algorithms
from framing.sums.crc_catalogue import CATALOGUE

CHECK_DATA = b"123456789"
LENGTHS = (0, 1, 2, 3, 4, 21, 22, 23, 255, 256, 257, 511, 512, 513, 5000)


def naive_crc(model: CrcModel, data: bytes) -> int:
    """Bit by bit, as the register of the hardware does it."""
    register = model.init
    for byte in data:
        for place in range(8):
            incoming = byte >> (place if model.refin else 7 - place) & 1
            outgoing = register >> (model.width - 1)
            register = register << 1 & ((1 << model.width) - 1)
            if incoming != outgoing:
                register ^= model.poly
    if model.refout:
        register = sum((register >> place & 1) << (model.width - 1 - place) for place in range(model.width))
    return register ^ model.xorout


def naive_words(model: WordModel, data: bytes) -> int:
    size = {"u8": 1, "u16le": 2, "u16be": 2, "u32le": 4, "u32be": 4}[model.word]
    total = model.init
    for at in range(0, len(data), size):
        word = int.from_bytes(data[at : at + size].ljust(size, b"\0"), "big" if model.word.endswith("be") else "little")
        if model.turn:  # the register is as wide as a word
            total = (total << model.turn | total >> model.width - model.turn) % (1 << model.width)
        total = total + word if model.op == "sum" else total ^ word
    return (-total if model.negate else total) % (1 << model.width) ^ model.xorout


def naive_fletcher(model: FletcherModel, data: bytes) -> int:
    size = 2 if model.word == "u16le" else 1
    first, second = model.first, 0
    for at in range(0, len(data), size):
        first = (first + int.from_bytes(data[at : at + size], "little")) % model.modulus
        second = (second + first) % model.modulus
    return second << model.shift | first


def naive_internet(data: bytes) -> int:
    total = 0
    for (word,) in struct.iter_unpack(">H", data + bytes(len(data) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def naive(found: Algorithm, data: bytes) -> int:
    if found.crc:
        return naive_crc(found.crc, data)
    if found.words:
        return naive_words(found.words, data)
    return naive_fletcher(found.fletcher, data) if found.fletcher else naive_internet(data)


def samples() -> Iterator[bytes]:
    for length in LENGTHS:
        yield bytes(length)
        yield b"\xff" * length
        yield bytes(index * index * 7 + index >> 3 & 0xFF for index in range(length))


@st.composite
def crc_models(draw: st.DrawFn, widths: st.SearchStrategy[int]) -> CrcModel:
    width = draw(widths)
    value = st.integers(0, (1 << width) - 1)
    return CrcModel(width, draw(value), draw(value), draw(st.booleans()), draw(st.booleans()), draw(value))


@st.composite
def word_models(draw: st.DrawFn) -> WordModel:
    width = draw(st.integers(1, 128) | st.sampled_from([8, 16, 32]))
    value = st.integers(0, (1 << width) - 1)
    word = draw(st.sampled_from(["u8", "u16le", "u16be", "u32le", "u32be"]))
    op = draw(st.sampled_from(["sum", "xor"]))
    turn = draw(st.integers(0, width - 1)) if op == "xor" and width == 8 * algorithms.WORD_TYPES[word][0] else 0
    return WordModel(op, width, word, draw(value | st.just(0)), draw(st.booleans()), draw(value | st.just(0)), turn)


def inline(model: CrcModel | WordModel) -> dict[str, Any]:
    given = dataclasses.asdict(model)
    if isinstance(model, CrcModel):
        return given
    if not model.turn:
        del given["turn"]
    return {given.pop("op"): given.pop("width"), **given}


# --- Every algorithm beside its twin ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", checksums.names())
def test_named_algorithm_equals_its_twin(name: str) -> None:
    found = algorithm(name)
    assert found.name == name
    assert found.check == found.compute(CHECK_DATA) == naive(found, CHECK_DATA)
    for data in samples():
        if len(data) <= 600 or not found.crc:
            result = found.compute(data)
            assert result == naive(found, data), len(data)
            assert type(result) is int
            assert 0 <= result < 1 << found.width


@pytest.mark.parametrize("name", checksums.names())
@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_every_kind_of_buffer(name: str, kind: Callable[[bytes], bytearray | memoryview]) -> None:
    compute = algorithm(name).compute
    for data in samples():
        assert compute(kind(data)) == compute(data)
    assert compute(kind(b"?123456789?")[1:-1]) == algorithm(name).check


@given(crc_models(st.integers(1, 128)), st.binary(max_size=80))
def test_any_crc(model: CrcModel, data: bytes) -> None:
    assert algorithms.crc_function(model)(data) == naive_crc(model, data)


@given(crc_models(st.integers(1, 128)), st.binary(max_size=80))
def test_the_table_engine_takes_any_width(model: CrcModel, data: bytes) -> None:
    assert algorithms._crc_by_table(model)(data) == naive_crc(model, data)


@given(crc_models(st.sampled_from([16, 32])), st.sampled_from([0x1021, 0x04C11DB7]), st.binary(max_size=80))
def test_variants_of_the_polynomials_that_python_knows(model: CrcModel, poly: int, data: bytes) -> None:
    model = dataclasses.replace(model, poly=poly & (1 << model.width) - 1)
    assert algorithms.crc_function(model)(data) == naive_crc(model, data)


@given(word_models(), st.binary(max_size=600))
def test_any_sum_of_words(model: WordModel, data: bytes) -> None:
    found = algorithm(inline(model))
    assert found.words == model
    assert found.compute(data) == naive_words(model, data)


@given(st.sampled_from(["CRC-32/ISCSI", "CRC-5/USB", "sum-15", "fletcher-8", "internet"]), st.data(), st.binary(max_size=90))
def test_what_is_done_at_last(name: str, draw: st.DataObject, data: bytes) -> None:
    base = algorithm(name)
    rotate = draw.draw(st.integers(0, base.width - 1))
    bits = draw.draw(st.integers(1, 64))
    add = draw.draw(st.integers(0, (1 << bits) - 1))
    found = algorithm({"name": name, "rotate": rotate, "add": add, "bits": bits})
    digits = f"{base.compute(data):0{base.width}b}"
    assert found.compute(data) == (int(digits[len(digits) - rotate :] + digits[: len(digits) - rotate], 2) + add) % (1 << bits)
    assert (found.width, found.check) == (bits, found.compute(CHECK_DATA))


def test_masked_as_leveldb_does() -> None:
    """google/crc32c and leveldb, util/crc32c.h and crc32c_test.cc: a rotation by 15 bits and a constant."""
    masked = algorithm({"name": "CRC-32/ISCSI", "rotate": 15, "add": 0xA282EAD8})
    crc = 0xE3069283  # of 123456789
    assert masked.check == ((crc >> 15 | crc << 17) + 0xA282EAD8) % (1 << 32)
    assert masked.name == "{ name = 'CRC-32/ISCSI', rotate = 0xf, add = 0xa282ead8 }"


def test_turned_before_each_byte_and_once_more_as_greis_does() -> None:
    """Rotate left by two and xor, byte by byte, then rotate left by two (GREIS reference guide, appendix on checksums)."""
    checksum = algorithm({"xor": 8, "turn": 2, "rotate": 6})
    register = 0
    for byte in CHECK_DATA:
        register = (register << 2 | register >> 6) & 0xFF ^ byte
    assert checksum.check == (register << 2 | register >> 6) & 0xFF


def test_seven_bits_and_a_bias() -> None:
    assert algorithm({"sum": 7, "negate": True}).compute(b"\x40\x11\x2f") == 0
    assert algorithm({"sum": 6, "add": 0x20, "bits": 8}).compute(b"\x7f") == 0x5F
    assert algorithm({"sum": 6, "add": 0x20, "bits": 8}).compute(b"\x01") == 0x21  # not turned


@given(st.binary(max_size=1200))
def test_fletcher_8_of_anything(data: bytes) -> None:
    assert algorithm("fletcher-8").compute(data) == naive_fletcher(FletcherModel(256, 8), data)


@given(st.binary(max_size=80))
def test_internet_of_anything(data: bytes) -> None:
    assert algorithm("internet").compute(data) == naive_internet(data)


def test_adler_is_a_fletcher() -> None:
    model = algorithm("adler-32").fletcher
    assert model
    for data in samples():
        assert algorithms.fletcher_function(model)(data) == algorithm("adler-32").compute(data)


# --- Published vectors -----------------------------------------------------------------------------------------------

VECTORS = [
    # en.wikipedia.org/wiki/Fletcher's_checksum, "Test vectors": 8-bit (modulo 255), then 16-bit words, little-endian
    ("fletcher-16", b"abcde", 0xC8F0),
    ("fletcher-16", b"abcdef", 0x2057),
    ("fletcher-16", b"abcdefgh", 0x0627),
    ("fletcher-32", b"abcde", 0xF04FC729),
    ("fletcher-32", b"abcdef", 0x56502D2A),
    ("fletcher-32", b"abcdefgh", 0xEBE19591),
    # en.wikipedia.org/wiki/Adler-32, "Example"; and the usual check value
    ("adler-32", b"Wikipedia", 0x11E60398),
    ("adler-32", CHECK_DATA, 0x091E01DE),
    # RFC 1071, section 3: the sum is DDF2. en.wikipedia.org/wiki/IPv4_header_checksum, with the checksum as zero
    ("internet", bytes.fromhex("00 01 F2 03 F4 F5 F6 F7"), 0xFFFF ^ 0xDDF2),
    ("internet", bytes.fromhex("4500 0073 0000 4000 4011 0000 C0A8 0001 C0A8 00C7"), 0xB861),
    # u-blox: polls of UBX-MON-VER and UBX-NAV-PVT, and UBX-CFG-RATE for 5 Hz; CK_A stands first
    ("fletcher-8", bytes.fromhex("0A 04 00 00"), int.from_bytes(bytes.fromhex("0E 34"), "little")),
    ("fletcher-8", bytes.fromhex("01 07 00 00"), int.from_bytes(bytes.fromhex("08 19"), "little")),
    ("fletcher-8", bytes.fromhex("06 08 06 00 C8 00 01 00 01 00"), int.from_bytes(bytes.fromhex("DE 6A"), "little")),
    # SiRF Binary Protocol Reference Manual: Poll Software Version, message 132
    ("sum-15", bytes.fromhex("84 00"), 0x0084),
    # en.wikipedia.org/wiki/Intel_HEX, first data record
    ("lrc-8", bytes.fromhex("10 0100 00 214601360121470136007EFE09D21901"), 0x40),
    # simplymodbus.ca, Modbus ASCII ":1103006B00037E"
    ("lrc-8", bytes.fromhex("11 03 00 6B 00 03"), 0x7E),
    # gpsinformation.org, NMEA 0183 GGA
    ("xor-8", b"GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,", 0x47),
    # The sum of the ASCII codes of the digits 1 to 9 is 477
    ("sum-8", CHECK_DATA, 0xDD),
    ("sum-16", CHECK_DATA, 0x01DD),
    ("sum-32", CHECK_DATA, 0x01DD),
    ("xor-8", CHECK_DATA, 0x31),
]


@pytest.mark.parametrize(("name", "data", "expected"), VECTORS)
def test_published_vector(name: str, data: bytes, expected: int) -> None:
    assert algorithm(name).compute(data) == expected


def test_fix_message() -> None:
    """The example message of en.wikipedia.org/wiki/Financial_Information_eXchange: the sum of bytes is given as 128."""
    message = (
        "8=FIX.4.2|9=178|35=8|49=PHLX|56=PERS|52=20071123-05:30:00.000|11=ATOMNOCCC9990900|20=3|150=E|39=E|55=MSFT|"
        "167=CS|54=1|38=15|40=2|44=15|58=PHLX EQUITY TESTING|59=0|47=C|32=0|31=0|151=15|14=0|6=0|"
    )
    assert algorithm("sum-8").compute(message.replace("|", "\x01").encode()) == 128


# --- Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("crc-16/mcrf4xx", "CRC-16/MCRF4XX"),
        ("crc16-modbus", "CRC-16/MODBUS"),
        ("CRC16_MODBUS", "CRC-16/MODBUS"),
        ("x25", "CRC-16/IBM-SDLC"),
        ("crc-16/x25", "CRC-16/IBM-SDLC"),
        ("crc-32", "CRC-32/ISO-HDLC"),
        ("crc32", "CRC-32/ISO-HDLC"),
        ("crc-24q", "CRC-24/LTE-A"),
        ("crc32c", "CRC-32/ISCSI"),
        ("crc-ccitt-false", "CRC-16/IBM-3740"),
        ("crc-16-ccitt-false", "CRC-16/IBM-3740"),
        ("ccitt-false", "CRC-16/IBM-3740"),
        ("kermit", "CRC-16/KERMIT"),
        ("xmodem", "CRC-16/XMODEM"),
        ("dnp", "CRC-16/DNP"),
        ("crc-8", "CRC-8/SMBUS"),
        ("crc8", "CRC-8/SMBUS"),
        ("arc", "CRC-16/ARC"),
        ("adler32", "adler-32"),
        ("XOR8", "xor-8"),
        # the catalogue has these very spellings
        ("crc-16", "CRC-16/ARC"),
        ("crc-16/ccitt", "CRC-16/KERMIT"),
        ("crc-ccitt", "CRC-16/KERMIT"),
        ("crc-64", "CRC-64/ECMA-182"),
    ],
)
def test_other_names(name: str, canonical: str) -> None:
    assert algorithm(name).name == canonical
    assert algorithm(name) is algorithm(canonical)


@pytest.mark.parametrize(
    "name", ["crc16-ccitt", "crc-16-ccitt", "CRC_16_CCITT", "crc16", "ccitt", "usb", "maxim", "crc-12", "lrc", "crc64"]
)
def test_ambiguous_name(name: str) -> None:
    with pytest.raises(SpecError, match="ambiguous") as caught:
        algorithm(name)
    assert caught.value.expected == "one of these names"
    assert caught.value.near is None


def test_ambiguous_name_lists_what_it_may_mean() -> None:
    with pytest.raises(SpecError) as caught:
        algorithm("crc16-ccitt")
    for candidate in (
        "IBM-3740 (check 0x29B1)",
        "XMODEM (check 0x31C3)",
        "KERMIT (check 0x2189)",
        "SPI-FUJITSU (check 0x",
    ):
        assert f"CRC-16/{candidate}" in caught.value.message
    with pytest.raises(SpecError, match=r"CRC-5/USB \(check 0x19\), CRC-16/USB \(check 0xB4C8\)"):
        algorithm("USB")


@pytest.mark.parametrize("name", ["crc-16/mcrf4x", "crc16-mcrf4x"])
def test_unknown_name(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        algorithm(name)
    assert name in caught.value.message
    assert "RevEng" in str(caught.value.expected)
    assert caught.value.near == "CRC-16/MCRF4XX"


@pytest.mark.parametrize("name", ["", "/", "---", "zz top"])
def test_hopeless_name(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        algorithm(name)
    assert caught.value.near is None


@pytest.mark.parametrize("definition", [5, None, True, b"crc-32", ["crc-32"]])
def test_neither_name_nor_table(definition: Any) -> None:
    with pytest.raises(SpecError, match="no checksum algorithm; expected a name or a table"):
        algorithm(definition)


def test_an_algorithm_stands_for_itself() -> None:
    found = algorithm({"sum": 8})
    assert algorithm(found) is found


def test_names_and_aliases() -> None:
    names, aliases = checksums.names(), checksums.aliases()
    assert names[: len(CATALOGUE)] == tuple(entry.name for entry in CATALOGUE)
    assert len(set(names)) == len(names)
    assert set(aliases.values()) <= set(names)
    assert not set(aliases) & set(names)
    for alias, canonical in aliases.items():
        assert algorithm(alias).name == canonical
    with pytest.raises(TypeError):
        aliases["mine"] = "sum-8"  # type: ignore[index]


# --- Inline definitions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_inline_crc(entry: Any) -> None:
    model = CrcModel(*entry[1:7])
    found = algorithm(inline(model))
    assert (found.crc, found.width, found.check) == (model, entry.width, entry.check)
    assert (found.words, found.fletcher) == (None, None)


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ({"sum": 8}, "sum-8"),
        ({"sum": 15, "word": "u8"}, "sum-15"),
        ({"sum": 8, "negate": True}, "lrc-8"),
        ({"xor": 8}, "xor-8"),
    ],
)
def test_named_sums_are_inline_definitions(definition: dict[str, Any], name: str) -> None:
    assert algorithm(definition).words == algorithm(name).words


def test_widths_of_named_sums() -> None:
    widths = {"sum-8": 8, "sum-15": 15, "lrc-8": 8, "xor-8": 8, "fletcher-8": 16, "fletcher-16": 16, "fletcher-32": 32, "adler-32": 32, "internet": 16}
    assert {name: algorithm(name).width for name in widths} == widths


@pytest.mark.parametrize(
    "definition",
    [
        {"width": 16, "poly": 0x1021},
        {"width": 16, "poly": 0x8005, "refin": True},
        {"width": 12, "poly": 0x80F, "refout": True, "xorout": 3},
        {"sum": 16, "word": "u16le", "negate": True, "init": 7},
        {"xor": 8, "turn": 3},
        {"name": "sum-8", "bits": 7, "add": 0x20},
        {"name": "CRC-16/XMODEM", "bits": 24, "rotate": 4},
        {"sum": 8, "xorout": 0x7F, "rotate": 1},
        {"width": 8, "poly": 7, "add": 1},
        {"xor": 8, "bits": 12},
    ],
    ids=str,
)
def test_the_name_of_a_definition_is_a_definition(definition: dict[str, Any]) -> None:
    found = algorithm(definition)
    said = tomllib.loads(f"it = {found.name}")["it"]
    assert algorithm(said) == found
    assert definition.items() <= said.items()


def test_a_crc_is_reflected_only_where_it_says_so() -> None:
    assert algorithm({"width": 16, "poly": 0x1021}).crc == algorithm("CRC-16/XMODEM").crc
    assert algorithm({"width": 16, "poly": 0x8005, "refin": True}).crc == algorithm("CRC-16/ARC").crc


def test_equal_definitions_are_equal_algorithms() -> None:
    short = algorithm({"width": 16, "poly": 0x8005, "refin": True})
    long = algorithm({"xorout": 0, "init": 0, "refout": True, "refin": True, "poly": 0x8005, "width": 16})
    assert short == long
    assert hash(short) == hash(long)
    assert short != algorithm({"width": 16, "poly": 0x8005, "refin": True, "refout": False})
    assert algorithm({"sum": 16, "word": "u16le"}) == algorithm({"sum": 16, "word": "u16le", "init": 0})
    assert algorithm({"sum": 16}) != algorithm({"xor": 16})
    assert "compute" not in repr(short)


def test_an_inline_definition_is_named_after_itself() -> None:
    assert (
        algorithm({"width": 16, "poly": 0x1021, "init": 0xFFFF}).name == "{ width = 16, poly = 0x1021, init = 0xffff }"
    )
    given = {"sum": 16, "word": "u16le", "negate": True, "init": 0}
    assert algorithm(given).name == "{ sum = 16, word = 'u16le', negate = true }"
    assert algorithm({"width": 8, "poly": 7, "refin": True}).name == "{ width = 8, poly = 0x7, refin = true }"


def test_a_partial_word_is_filled_with_zeros() -> None:
    assert algorithm({"sum": 32, "word": "u32be"}).compute(b"\1") == 0x01000000
    assert algorithm({"xor": 32, "word": "u32le"}).compute(b"\1\2\3\4\5") == 0x04030204


@pytest.mark.parametrize(
    ("definition", "path", "expected", "near"),
    [
        ({}, "", "one of the keys width, sum, xor and name", None),
        ({"poly": 7}, "", "one of the keys width, sum, xor and name", None),
        ({"width": 8, "sum": 8, "poly": 7}, "", "one of the keys width, sum, xor and name", None),
        ({"widht": 8, "poly": 7}, "widht", "one of width, poly, init, refin, refout, xorout, sum, word", "width"),
        ({"width": 8, "poly": 7, "refIn": True}, "refIn", "one of width, poly, init, refin, refout, xorout", "refin"),
        ({"sum": 8, "poly": 7}, "poly", "one of sum, word, init, negate, xorout", None),
        ({"xor": 8, 5: 7}, "5", "one of xor, word, init, negate, xorout", None),
        ({"xor": 8, "word": "u16le", "turn": 1}, "turn", "words as wide as it is", None),
        ({"name": "crc-32", "poly": 7}, "poly", "one of name, rotate, add, bits", None),
        ({"name": 7}, "name", "a name", None),
        ({"name": "sum-8", "rotate": 8}, "rotate", "an integer from 0x0 to 0x7", None),
        ({"name": "sum-8", "add": 256}, "add", "an integer from 0x0 to 0xff", None),
        ({"sum": 8, "bits": 0}, "bits", "an integer from 0x1 to 0x80", None),
        ({"width": 8}, "poly", "an integer from 0x0 to 0xff", None),
        ({"width": 0, "poly": 0}, "width", "an integer from 0x1 to 0x80", None),
        ({"width": 129, "poly": 7}, "width", "an integer from 0x1 to 0x80", None),
        ({"width": "8", "poly": 7}, "width", "an integer from 0x1 to 0x80", None),
        ({"width": True, "poly": 1}, "width", "an integer from 0x1 to 0x80", None),
        ({"width": 16, "poly": 0x11021}, "poly", "an integer from 0x0 to 0xffff", None),
        ({"width": 16, "poly": -1}, "poly", "an integer from 0x0 to 0xffff", None),
        ({"width": 16, "poly": 0x1021, "init": 1 << 16}, "init", "an integer from 0x0 to 0xffff", None),
        ({"width": 16, "poly": 0x1021, "xorout": 1 << 60000}, "xorout", "an integer from 0x0 to 0xffff", None),
        ({"width": 16, "poly": 0x1021, "xorout": 1.0}, "xorout", "an integer from 0x0 to 0xffff", None),
        ({"width": 16, "poly": 0x1021, "refin": 1}, "refin", "true or false", None),
        ({"width": 16, "poly": 0x1021, "refout": "no"}, "refout", "true or false", None),
        ({"sum": 16, "word": "u24le"}, "word", "one of u8, u16le, u16be, u32le, u32be", None),
        ({"sum": 16, "word": ["u8"]}, "word", "one of u8, u16le, u16be, u32le, u32be", None),
        ({"sum": 16, "negate": 0}, "negate", "true or false", None),
        ({"xor": 16, "init": 1 << 16}, "init", "an integer from 0x0 to 0xffff", None),
    ],
)
def test_malformed_definition(definition: dict[Any, Any], path: str, expected: str, near: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        algorithm(definition)
    assert caught.value.path == path
    assert str(caught.value.expected).startswith(expected)
    assert caught.value.near == near
    assert len(str(caught.value)) < 300


def test_what_is_missing_is_called_so() -> None:
    with pytest.raises(SpecError, match="missing"):
        algorithm({"width": 8})
    with pytest.raises(SpecError, match="0x100 does not fit"):
        algorithm({"width": 8, "poly": 0x100})


# --- Registration ----------------------------------------------------------------------------------------------------


@pytest.fixture
def clean_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for table in ("_makers", "_exact", "_loose", "_aliases"):
        monkeypatch.setattr(checksums, table, dict(getattr(checksums, table)))
    yield
    checksums._named.cache_clear()


def length(data: Any) -> int:
    return len(data)


@pytest.mark.usefixtures("clean_registry")
def test_registered_function() -> None:
    made = checksums.register("acme/len", length, 16, check=9, aliases=["acme"])
    assert (made.name, made.width, made.check, made.compute) == ("acme/len", 16, 9, length)
    assert (made.crc, made.words, made.fletcher) == (None, None, None)
    assert algorithm("ACME-LEN") is algorithm("acme") is made
    assert checksums.names()[-1] == "acme/len"
    assert checksums.aliases()["acme"] == "acme/len"


@pytest.mark.usefixtures("clean_registry")
def test_without_check_the_function_is_not_called() -> None:
    def fail(data: Any) -> int:
        raise AssertionError

    assert checksums.register("acme", fail, 8).check is None


@pytest.mark.usefixtures("clean_registry")
@pytest.mark.parametrize(
    ("name", "aliases"),
    [
        ("crc-32", []),
        ("CRC32", []),
        ("Crc-82/Darc", []),
        ("crc16", []),
        ("usb", []),
        ("", []),
        ("-", []),
        ("acme", ["kermit"]),
        ("acme", ["one", "ONE"]),
        ("acme", ["Acme"]),
    ],
)
def test_a_name_is_taken(name: str, aliases: list[str]) -> None:
    before = checksums.names()
    with pytest.raises(ValueError, match="taken"):
        checksums.register(name, length, 8, aliases=aliases)
    assert checksums.names() == before


@pytest.mark.usefixtures("clean_registry")
def test_a_single_bit_is_wide_enough() -> None:
    assert checksums.register("parity", lambda data: sum(data) & 1, 1, check=1).width == 1


@pytest.mark.usefixtures("clean_registry")
def test_misuse_of_register() -> None:
    checksums.register("acme", length, 8)
    with pytest.raises(ValueError, match="taken"):
        checksums.register("acme", length, 8)
    with pytest.raises(ValueError, match="check is 0xa, but 'two' gives 0x9"):
        checksums.register("two", length, 8, check=10)
    with pytest.raises(ValueError, match="width is 0"):
        checksums.register("two", length, 0)
    with pytest.raises(TypeError, match="callable"):
        checksums.register("two", 5, 8)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not one name"):
        checksums.register("two", length, 8, aliases="zwei")
    assert "two" not in checksums.names()
