"""What a layout is once it is flat, and the layouts that are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from framing.errors import SpecError
from framing.layout import FrameFormat
from framing.model.checks import Blocks, Checksum
from framing.model.data import Data
from framing.model.expressions import Expression
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.options import Transparency
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.sizes import EVALUATIONS_MOST, SEARCHED_SIZE, STATE_ABOVE
from framing.model.traits import expressions_of, lookups_of, may_contain, names_of, static_size
from framing.plan import Plan
from framing.planning.facts import Equation, Open
from framing.planning.outline import PARTS_MOST

SYNC = Sync("AA 55")
SIZE = Length("size", "u8", of="payload")
DATA = Data("payload")
SUM = Checksum("ck", "u16le", "CRC-16/MODBUS", over="size..payload")
SLIP = Transparency("slip")


def plan(
    *parts: Part,
    stuffed: Transparency | None = None,
    max_size: int | None = None,
    tables: Mapping[str, Mapping[int, int]] | None = None,
) -> Plan:
    return Plan(parts, stuffed, max_size, tables or {})


def refused(*parts: Part, **rest: Any) -> str:
    with pytest.raises(SpecError) as caught:
        plan(*parts, **rest)
    return str(caught.value)


# --- the usual shapes ------------------------------------------------------------------------------------------------


def test_a_length_sizes_its_data() -> None:
    made = plan(SYNC, SIZE, DATA, SUM)
    assert made.marker == SYNC.pattern
    assert not made.delimited
    assert made.labels == {"size": 1, "payload": 2, "ck": 3, "sync": 0}
    assert made.values == {"size": 1, "payload": 2, "ck": 3}
    assert made.equations == (Equation("size", 1, 2, 2, 1, 0, None, None, 2, 1),)
    assert made.equations_ready(1) == list(made.equations)
    assert made.equations_ready(2) == []
    assert (made.overs, made.checksums_ready(3), made.checksums_ready(2)) == ({3: (1, 2)}, [3], [])
    assert made.sizes == [(2, 2), (1, 1), (0, 255), (2, 2)]
    assert (made.min_size, made.max_size, made.fixed_size) == (5, 260, None)
    assert (made.payload, made.opens, made.area) == (2, (), None)
    assert [made.least_wire_after(index) for index in range(4)] == [3, 2, 2, 0]
    assert made.stop_behind_area is None


def test_a_fixed_size() -> None:
    made = plan(SYNC, Field("id", "u32le"))
    assert (made.min_size, made.max_size, made.fixed_size, made.payload) == (6, 6, 6, None)


def test_a_terminator() -> None:
    made = plan(
        Sync("24"), Data("payload", charset="printable"), Checksum("ck", "hex2", "xor-8", over="payload"), End("0D 0A")
    )
    assert made.opens == (Open(1, (2,), 3),)
    assert (made.min_size, made.max_size, made.fixed_size) == (5, SEARCHED_SIZE, None)


def test_a_delimiter() -> None:
    made = plan(DATA, Checksum("ck", "u16le", "CRC-16/IBM-SDLC", over="payload"), stuffed=Transparency("hdlc"))
    assert made.delimited and made.delimiter == b"\x7e"
    assert (made.area, made.opens) == ((0, 1), (Open(0, (1,), None),))
    assert made.in_area(0) and made.in_area(1)
    assert (made.min_size, made.max_size) == (3, SEARCHED_SIZE)
    assert made.least_wire_after(1) == 1


def test_dle_stuffing_up_to_its_end() -> None:
    made = plan(Sync("10"), DATA, End("10 03"), stuffed=Transparency("dle"))
    assert (made.area, made.stop_behind_area, made.opens) == ((1, 1), 2, (Open(1, (), 2),))
    assert not made.in_area(0) and not made.in_area(2)
    assert made.min_size == 3


def test_a_length_inside_stuffing() -> None:
    closed = Transparency("hdlc", special="7E 7D 11 13", closes=False)
    made = plan(Sync("7E"), Length("size", "u16be", of="payload", max=1000), DATA, stuffed=closed)
    assert (made.area, made.stop_behind_area, made.delimiter) == ((1, 2), None, None)
    assert (made.min_size, made.max_size) == (3, 1 + 2 * (2 + 1000))


def test_parts_of_fixed_size_behind_the_stuffed_span() -> None:
    stuffed = Transparency("hex", over="size..payload")
    made = plan(SYNC, SIZE, DATA, Field("tail", "u8"), End("0A"), stuffed=stuffed)
    assert (made.area, made.stop_behind_area) == ((1, 2), None)
    assert (made.min_size, made.max_size) == (2 + 2 + 1 + 1, 2 + 2 * 256 + 1 + 1)


# --- names -----------------------------------------------------------------------------------------------------------


def test_names() -> None:
    parts: list[Part] = [
        Sync("AA", as_="start"),
        Bits(["a:3", "_:1", "b:4"], "u8"),
        Field("id", "u8"),
        Data("payload", 3),
        Sync("AA"),
        End("0A"),
    ]
    assert [names_of(part) for part in parts] == [["start"], ["a", "b"], ["id"], ["payload"], [], []]
    made = plan(*parts)
    assert made.values == {"start": 0, "a": 1, "b": 1, "id": 2, "payload": 3}
    assert made.labels == made.values | {"sync": 4, "end": 5}


def test_a_name_that_two_markers_share_is_no_name() -> None:
    parts = [Sync("68"), Field("a", "u8"), Sync("68"), Checksum("ck", "u8", "sum-8", over="sync..a")]
    assert refused(*parts) == (
        "layout[3].over: 'sync' may be layout[0] and layout[2]; expected a name for one of them with `as`"
    )
    made = plan(Sync("68"), Field("sync", "u8"), Checksum("ck", "u8", "sum-8", over="sync"))
    assert made.overs == {2: (1, 1)}


def test_spans() -> None:
    covering = [
        plan(SYNC, Field("a", "u8"), Field("b", "u8"), Checksum("ck", "u8", "sum-8", over=over)).overs[3]
        for over in ("a", "b", "a..b", "sync..b", "frame", "a..ck")
    ]
    assert covering == [(1, 1), (2, 2), (1, 2), (0, 2), (0, 3), (1, 3)]
    assert plan(SYNC, Field("frame", "u8"), Checksum("ck", "u8", "sum-8", over="frame")).overs == {2: (1, 1)}


@pytest.mark.parametrize(
    "parts, expected",
    [
        (
            [SYNC, SIZE, Field("size", "u8"), DATA],
            "layout[2]: 'size' is the name of layout[1] too; expected each name once",
        ),
        (
            [SYNC, SIZE, DATA, Checksum("ck", "u8", "sum-8", over="payload..size")],
            "layout[3].over: 'payload..size' runs backwards; expected the earlier part first",
        ),
        (
            [SYNC, Length("size", "u8", of="paylod"), DATA],
            "layout[1].of: unknown part 'paylod'; expected one of size, payload, sync; did you mean 'payload'?",
        ),
        (
            [SYNC, SIZE, DATA, Checksum("ck", "u8", "sum-8", over="size..x")],
            "layout[3].over: unknown part 'x'; expected one of size, payload, ck, sync",
        ),
        (
            [SYNC, Checksum("ck", "u8", "sum-8", over="ck")],
            "layout[1].over: this checksum covers only itself; expected other parts",
        ),
        ([Sync("AA", if_="1")], "layout[0].if: the opening marker cannot be optional; expected no `if`"),
        ([], "layout: 0 parts; expected 1 to 256"),
        ([Field(f"f{index}", "u8") for index in range(PARTS_MOST + 1)], "layout: 257 parts; expected 1 to 256"),
    ],
)
def test_wrong_names_and_spans(parts: list[Part], expected: str) -> None:
    assert refused(*parts) == expected


# --- expressions and tables ------------------------------------------------------------------------------------------


def test_expressions_and_look_ups_of_a_part() -> None:
    field = Field("a", "u8", equals="b + 1", if_="c", valid="a > 0")
    assert [(key, used.text) for key, used in expressions_of(field)] == [
        ("if", "c"),
        ("equals", "b + 1"),
        ("valid", "a > 0"),
    ]
    data = Data("a", Lookup("n", "t"))
    assert [(key, used.text) for key, used in expressions_of(data)] == [("size.by", "n")]
    assert lookups_of(data) == [("size", Lookup("n", "t"))]
    summed = Checksum("a", "u8", "sum-8", over="b", extra=Lookup("n", "t"))
    assert lookups_of(summed) == [("extra", Lookup("n", "t"))]
    assert [(key, used.text) for key, used in expressions_of(Data("a", "n * 2"))] == [("size", "n * 2")]
    assert expressions_of(End("0A")) == lookups_of(End("0A")) == []


def test_expressions_name_earlier_parts() -> None:
    extra = Checksum("ck", "u8", "sum-8", over="id", extra=Lookup("id", "t"))
    plan(SYNC, extra, Field("id", "u8"), tables={"t": {1: 2}})
    plan(SYNC, Field("a", "u8", valid="a > 1"))
    message = refused(SYNC, Field("x", "u8"), Field("a", "u8", if_="b"), Field("b", "u8"))
    assert message == "layout[2].if: 'b' is not known before this part; expected one of x"
    message = refused(SYNC, Field("a", "u8", equals="a"))
    assert (
        message
        == "layout[1].equals: 'a' is not known before this part; expected names of earlier parts, and there are none"
    )
    message = refused(SYNC, Field("size", "u8"), Field("a", "u8", equals="sise"))
    assert message == "layout[2].equals: unknown part 'sise'; expected one of size; did you mean 'size'?"
    message = refused(SYNC, Field("id", "u8"), Field("a", "u8", equals="sync"))
    assert message == "layout[2].equals: unknown part 'sync'; expected one of id"
    message = refused(SYNC, Checksum("ck", "u8", "sum-8", over="sync", extra=Lookup("ck", "t")), tables={"t": {1: 2}})
    assert message.startswith("layout[1].extra.by: 'ck' is not known before this part")


def test_tables() -> None:
    by_id = [SYNC, Field("id", "u8"), Data("payload", Lookup("id", "sizes"))]
    made = plan(*by_id, tables={"sizes": {1: 4, 2: 9, 3: -1}})
    assert made.sizes[2] == (0, 9)
    assert plan(*by_id, tables={"sizes": {1: 4}}).sizes[2] == (4, 4)
    assert plan(*by_id, tables={"sizes": {}}).sizes[2] == (0, 0)
    assert refused(*by_id) == "layout[2].size.table: unknown table 'sizes'; expected a table [tables.sizes]"
    assert refused(*by_id, tables={"size": {}}) == (
        "layout[2].size.table: unknown table 'sizes'; expected one of size; did you mean 'size'?"
    )


# --- who sizes whom --------------------------------------------------------------------------------------------------


def test_a_length_in_bits_over_the_frame() -> None:
    length = Bits(["words:14", "_:2:0"], "u16le", length="words", of="frame", unit=4, min=2, max=100)
    made = plan(Sync("24 40"), length, DATA)
    assert made.equations == (Equation("words", 1, 0, 2, 4, 0, 2, 100, 2, 1),)
    assert made.sizes[2] == (4, 396)
    assert (made.min_size, made.max_size) == (8, 400)
    fixed = plan(Sync("24"), Bits(["size:4:3", "x:4"], "u8", length="size", of="payload"), DATA)
    assert fixed.sizes[2] == (3, 3)


def test_a_length_is_ready_when_the_rest_of_its_span_is_known() -> None:
    made = plan(
        SYNC, Length("size", "u16le", of="n..payload"), Field("n", "u8"), Data("head", "n"), DATA, max_size=1000
    )
    assert made.equations == (Equation("size", 1, 2, 4, 1, 0, None, None, 4, 2),)
    optional = plan(SYNC, SIZE, Field("flag", "u8"), Data("payload", if_="flag"))
    assert optional.equations[0].ready == 2
    assert optional.sizes[3] == (0, 255)


def test_a_length_that_sizes_nothing_must_agree() -> None:
    made = plan(SYNC, Length("size", "u8", of="a..b"), Field("a", "u16le"), Data("b", 3))
    assert made.equations[0].sizes is None
    assert made.equations[0].ready == 1
    both = plan(SYNC, Length("one", "u8", of="payload"), Length("two", "u8", of="payload"), DATA)
    assert [(each.name, each.sizes) for each in both.equations] == [("one", 3), ("two", None)]


def test_one_length_within_another() -> None:
    made = plan(
        SYNC, Length("all", "u8", of="inner..rest"), Length("inner", "u8", of="head"), Data("head"), Data("rest")
    )
    assert [(each.name, each.sizes, each.ready) for each in made.equations] == [("inner", 3, 2), ("all", 4, 2)]
    trailing = plan(SYNC, Length("size", "u8", of="payload..end"), DATA, End("0A"))
    assert trailing.sizes[2] == (0, 254)


def test_a_length_behind_open_data_only_agrees() -> None:
    made = plan(Sync("24"), Data("payload", charset="printable"), Length("size", "hex2", of="payload"), End("0A"))
    assert made.opens == (Open(1, (2,), 3),)
    assert made.equations[0].sizes is None


def test_a_variable_length_within_a_span() -> None:
    made = plan(SYNC, Length("size", "u8", of="n..payload"), Field("n", "uleb128"), DATA)
    assert made.equations[0].ready == 2
    assert made.sizes[2:] == [(1, 10), (0, 254)]


def test_a_span_with_a_part_of_any_size() -> None:
    made = plan(SYNC, Length("size", "u8", of="n..payload"), Field("n", "u16le"), Data("head", "n"), DATA, max_size=300)
    assert made.sizes[3:] == [(0, None), (0, 253)]


@pytest.mark.parametrize(
    "parts, expected",
    [
        (
            [SYNC, Length("size", "u8", of="size")],
            "layout[1].of: this length covers nothing but itself; expected what it counts",
        ),
        (
            [SYNC, Length("size", "u8", of="a..b"), Data("a"), Data("b")],
            "layout[1].of: this length cannot size a, b at once; expected one part without a size",
        ),
        (
            [SYNC, Length("size", "u8", of="payload..x"), DATA, Field("x", "u8", if_="payload[0]")],
            "layout[1].of: the size of 'payload' is not known where it begins; expected parts of known size around it",
        ),
        (
            [SYNC, Length("size", "u8", of="payload..n"), DATA, Field("n", "uleb128")],
            "layout[1].of: the size of 'payload' is not known where it begins; expected parts of known size around it",
        ),
        (
            [SYNC, Length("size", "u8", of="frame", max=2), DATA],
            "layout[1].max: 'size' is too small for what it covers; expected a larger maximum or bias",
        ),
    ],
)
def test_wrong_lengths(parts: list[Part], expected: str) -> None:
    assert refused(*parts) == expected


# --- open data -------------------------------------------------------------------------------------------------------


def test_a_tail_of_data() -> None:
    made = plan(Sync("24"), Field("n", "dec1"), Data("payload"), Data("tail", "n", charset="digits"), End("0A"))
    assert made.opens == (Open(2, (3,), 4),)
    counted = plan(
        Sync("24"), Length("n", "hex1", of="tail"), Data("payload"), Data("tail", charset="digits"), End("0A")
    )
    assert counted.opens == (Open(2, (3,), 4),)


def test_two_open_parts_with_an_end_each() -> None:
    made = plan(Sync("24"), Data("a", charset="digits"), End("2C", as_="comma"), Data("b", charset="digits"), End("0A"))
    assert made.opens == (Open(1, (), 2), Open(3, (), 4))


@pytest.mark.parametrize(
    "parts, expected",
    [
        (
            [SYNC, DATA],
            (
                "layout[1]: nothing tells where 'payload' ends; "
                "expected `size`, a length that covers it, an `end` or `next` part behind it, or a delimiter"
            ),
        ),
        (
            [SYNC, DATA, Data("b"), End("0A")],
            "layout[2]: 'payload' and 'b' both have no size; expected a size or an end",
        ),
        (
            [SYNC, DATA, Field("n", "uleb128"), End("0A")],
            (
                "layout[2]: 'payload' has no size, and what follows it neither; "
                "expected parts of known size between open data and its end"
            ),
        ),
        (
            [SYNC, DATA, Field("n", "u8", if_="payload[0]"), End("0A")],
            (
                "layout[2]: 'payload' has no size, and what follows it neither; "
                "expected parts of known size between open data and its end"
            ),
        ),
        (
            [SYNC, Data("payload", blocks=Blocks(16, "CRC-16/DNP", "u16le")), End("0A")],
            "layout[1].blocks: the size of 'payload' is not known; expected a length for it",
        ),
    ],
)
def test_open_data_that_is_refused(parts: list[Part], expected: str) -> None:
    assert refused(*parts) == expected


@pytest.mark.parametrize(
    "before",
    [
        Field("x", "u8"),
        Field("x", "u16le", const=0x0A00),
        Field("x", "u16le", max=9),
        Data("x", 1),
        Data("x", 2, charset="00-20"),
        Data("x", 2, charset="digits", blocks=Blocks(2, "sum-8", "u8")),
        Sync("0D 0A 33"),
        Sync("FF", errors=4),
        Sync("FF", mask="F0"),
        Field("x", "uleb128"),
        Checksum("x", "u8", "sum-8", over="payload"),
        Length("x", "u16le", of="payload"),
    ],
)
def test_parts_that_may_contain_the_end(before: Part) -> None:
    message = (
        refused(Sync("24"), before, DATA, End(["0D 0A", "0A"]))
        if not isinstance(before, Length)
        else refused(Sync("24"), DATA, before, End("0A"))
    )
    assert "may contain" in message and "which would end the frame; expected a type, constant or charset" in message


@pytest.mark.parametrize(
    "before",
    [
        Field("x", "u8", const=5),
        Field("x", "hex2"),
        Field("x", "dec3"),
        Field("x", "bcd4", const=1234),
        Data("x", 2, charset="digits"),
        Data("x", 0),
        Sync("33 34"),
        Checksum("x", "hex2", "sum-8", over="payload"),
    ],
)
def test_parts_that_cannot_contain_the_end(before: Part) -> None:
    assert plan(Sync("24"), before, DATA, End(["0D 0A", "0A"])).opens


def test_a_pattern_longer_than_the_part_does_not_fit() -> None:
    assert not may_contain(Field("x", "u8"), b"\r\n")
    assert not may_contain(Data("x", 1), b"\r\n")
    assert not may_contain(End("0A"), b"\r\n")
    assert may_contain(End("0D 0A"), b"\n")
    assert may_contain(Data("x", "n"), b"\r\n")
    assert not may_contain(Field("x", "uleb128", const=3), b"\n")


def test_only_what_stands_since_the_last_end_matters() -> None:
    digits = Data("a", charset="digits")
    made = plan(Sync("24"), Field("n", "u8", const=0x0A), End("2C", as_="comma"), digits, End("0A"))
    assert made.opens == (Open(3, (), 4),)
    assert "may contain" in refused(Field("n", "u8"), digits, End("0A"))


def test_what_it_takes_to_learn_the_sizes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 255 parts would have 4,096 values tried."""
    evaluated = []
    evaluate = Expression.evaluate

    def counted(self: Expression, names: Any) -> Any:
        evaluated.append(self)
        return evaluate(self, names)

    monkeypatch.setattr(Expression, "evaluate", counted)
    sized = [Data(f"d{number}", size=f"(k & 1) + {number} % 2") for number in range(255)]
    made = FrameFormat("x", [Field("k", "u16le", max=4095), *sized], max_size=1000)
    assert made.max_size == 1000
    assert len(evaluated) <= EVALUATIONS_MOST + len(sized)


# --- the stuffed area ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stuffed, ends, fits",
    [
        (Transparency("dle"), "10 03", True),
        (Transparency("dle"), "10 10", False),
        (Transparency("dle"), "10", False),
        (Transparency("dle"), "03", False),
        (Transparency("doubled", escape="1A"), "1A 33", True),
        (Transparency("doubled", escape="1A"), "10 03", False),
        (Transparency("doubled", escape="1B 1B"), "1B 1B 1A", True),
        (Transparency("doubled", escape="1B 1B"), "1B 1A", False),
        (Transparency("doubled", escape="1B 1B"), "1B 1B", False),
        (Transparency("doubled", escape="1B 1C"), "1B 1C 1C", False),
        (Transparency("hex"), "0D 0A", True),
        (Transparency("hex"), "41 42", False),
        (Transparency("hdlc", closes=False), "7E", True),
        (Transparency("hdlc", closes=False), "7F", False),
        (Transparency("run"), "AA AA AA", False),
    ],
)
def test_ends_that_the_stuffing_can_and_cannot_produce(stuffed: Transparency, ends: str, fits: bool) -> None:
    parts = [Sync("01"), DATA, End(ends)]
    if fits:
        assert plan(*parts, stuffed=stuffed).stop_behind_area == 2
    else:
        assert refused(*parts, stuffed=stuffed) == (
            f"layout[2].end: the stuffed bytes may contain {ends}; expected a pattern that the stuffing cannot produce"
        )


@pytest.mark.parametrize(
    "parts, stuffed, expected",
    [
        (
            [DATA, Field("x", "u8")],
            Transparency("slip", over="payload"),
            (
                "transparency.over: the delimiter closes the frame, but parts follow the stuffed span; "
                "expected a span up to the last part, or closes = false"
            ),
        ),
        (
            [Field("x", "u8"), DATA],
            Transparency("slip", over="payload"),
            "transparency.over: a delimited frame is stuffed whole; expected no `over`, or a marker",
        ),
        (
            [SYNC, DATA],
            Transparency("slip", over="paylod"),
            "transparency.over: unknown part 'paylod'; expected one of payload, sync; did you mean 'payload'?",
        ),
        (
            [SYNC, DATA],
            Transparency("slip", over="frame"),
            "transparency: nothing to stuff behind the marker; expected parts behind the marker",
        ),
        ([SYNC], SLIP, "transparency: nothing to stuff behind the marker; expected parts behind the marker"),
        (
            [SYNC, DATA, End("10 03"), Field("x", "u8")],
            Transparency("dle"),
            "layout[2]: an end pattern cannot be searched inside byte stuffing; expected the end behind it",
        ),
        (
            [SYNC, DATA, End("10 03"), Field("x", "uleb128")],
            Transparency("dle", over="payload"),
            "layout[3]: 'x' behind the stuffed span has no fixed size; expected parts of fixed size there",
        ),
        (
            [SYNC, SIZE, DATA, Field("x", "u8", if_="size")],
            Transparency("hex", over="size..payload"),
            "layout[3]: 'x' behind the stuffed span has no fixed size; expected parts of fixed size there",
        ),
    ],
)
def test_stuffing_that_is_refused(parts: list[Part], stuffed: Transparency, expected: str) -> None:
    assert refused(*parts, stuffed=stuffed) == expected


def test_a_marker_and_a_delimiter() -> None:
    made = plan(SYNC, DATA, stuffed=SLIP)
    assert (made.delimited, made.delimiter, made.area, made.min_size) == (False, b"\xc0", (1, 1), 3)


def test_an_optional_end_is_no_stop() -> None:
    message = refused(
        SYNC, Field("n", "u8"), Data("d", 2), End("0A", if_="n"), stuffed=Transparency("hex", over="n..d")
    )
    assert message.startswith("layout[3]: 'end' behind the stuffed span has no fixed size")


# --- sizes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part, size",
    [
        (Sync("AA 55"), 2),
        (Sync(["AA", "BB"]), 1),
        (Sync(["AA", "BB CC"]), None),
        (End(["0A", "0D 0A"]), None),
        (Field("a", "u24le"), 3),
        (Field("a", "uleb128"), None),
        (Data("a", 5), 5),
        (Data("a", "2 * 3"), 6),
        (Data("a", "1 // 0"), None),
        (Data("a", "0 - 1"), None),
        (Data("a", "1 > 0 and b"), None),
        (Data("a", 17, blocks=Blocks(16, "CRC-16/DNP", "u16le")), 21),
        (Data("a", Lookup("n", "t")), None),
        (Data("a"), None),
        (Checksum("a", "u16le", "sum-8", over="b"), 2),
    ],
)
def test_sizes_that_the_declaration_tells(part: Part, size: int | None) -> None:
    assert static_size(part) == size


@pytest.mark.parametrize(
    "field, size, expected",
    [
        (Field("n", "u8"), "n", (0, 255)),
        (Field("n", "u8", max=7), "2 * n + 1", (1, 15)),
        (Field("n", "u8", min=3), "n - 5", (0, 250)),
        (Field("n", "u8", const=9), "n", (9, 9)),
        (Field("n", "u8", allowed=[2, 5]), "n", (2, 5)),
        (Field("n", "u8", max=0), "4 // n", (0, 0)),
        (Field("n", "u16le"), "n", (0, None)),
        (Field("n", "f32le"), "n", (0, None)),
        (Field("n", "f32le", allowed=[1.5]), "n", (0, 0)),
        (Bits(["n:4", "m:4:2"], "u8"), "n * m", (0, 30)),
        (Bits(["n:13", "m:3"], "u16le"), "n", (0, None)),
        (Data("n", 2), "n[0]", (0, None)),
        (Sync("AA", as_="n"), "len(n)", (0, None)),
        (Length("n", "u8", of="x", max=3), "n", (0, 3)),
    ],
)
def test_the_range_of_a_size_is_found_by_trying(field: Part, size: str, expected: tuple[int, int | None]) -> None:
    made = plan(SYNC, field, Data("x", size), max_size=1000)
    assert made.sizes[2] == expected


def test_blocks_count_with_their_checksums() -> None:
    blocks = Blocks(16, "CRC-16/DNP", "u16le")
    assert plan(SYNC, SIZE, Data("payload", blocks=blocks)).sizes[2] == (0, 255 + 32)
    assert plan(SYNC, Data("payload", 20, blocks=blocks)).sizes[1] == (24, 24)
    by_table = plan(
        SYNC, Field("n", "u8"), Data("payload", Lookup("n", "t"), blocks=blocks), tables={"t": {1: 1, 2: 17}}
    )
    assert by_table.sizes[2] == (3, 21)
    unbounded = plan(SYNC, Field("n", "u16le"), Data("payload", "n", blocks=blocks), max_size=100)
    assert unbounded.sizes[2] == (0, None)


def test_optional_parts_may_take_nothing() -> None:
    made = plan(SYNC, Field("f", "u8"), Field("x", "u32le", if_="f"))
    assert (made.sizes[2], made.min_size, made.max_size, made.fixed_size) == ((0, 4), 3, 7, None)


def test_max_size() -> None:
    assert plan(SYNC, SIZE, DATA, max_size=100).max_size == 100
    assert plan(SYNC, SIZE, DATA, max_size=100_000).max_size == 258
    assert plan(SYNC, DATA, End("0A"), max_size=100_000).max_size == 100_000
    assert plan(SYNC, Data("payload", 5), End("0A")).max_size == 8
    assert plan(Data("payload", 5), stuffed=SLIP).max_size == 11
    assert plan(SYNC, Data("payload", STATE_ABOVE - 2)).max_size == STATE_ABOVE


@pytest.mark.parametrize(
    "parts, rest, expected",
    [
        (
            [SYNC, SIZE, DATA],
            {"max_size": 2},
            "max_size: 2 bytes are less than the smallest frame; expected at least 3",
        ),
        (
            [SYNC, Data("payload", STATE_ABOVE)],
            {},
            "max_size: the layout allows frames of up to 131074 bytes; expected max_size = ..., which has to be stated above 131072",
        ),
        (
            [SYNC, Field("n", "u16le"), Data("payload", "n")],
            {},
            "max_size: the layout allows frames of any size; expected max_size = ..., which has to be stated above 131072",
        ),
        (
            [Data("head", SEARCHED_SIZE), DATA],
            {"stuffed": SLIP},
            "max_size: the smallest frame has 65537 bytes; expected a max_size for it",
        ),
        (
            [SYNC, Bits(["size:8:3"], "u8", length="size", of="payload", min=5), DATA],
            {},
            "layout: the parts leave no room for any frame; expected parts with bytes in them",
        ),
        (
            [Field("n", "u8", if_="0")],
            {},
            "layout: a frame could be empty; expected at least one byte that is always there",
        ),
    ],
)
def test_sizes_that_are_refused(parts: list[Part], rest: dict[str, Any], expected: str) -> None:
    assert refused(*parts, **rest) == expected


def test_numbers_beyond_all_sizes_are_told_in_short() -> None:
    huge = Data("payload", " << ".join(["1", *["256"] * 15]))
    assert refused(SYNC, huge).startswith("max_size: the layout allows frames of up to ")
    assert len(refused(SYNC, huge, max_size=5)) < 200


def test_the_payload() -> None:
    assert plan(SYNC, SIZE, Data("payload"), Data("tail", 3)).payload == 2
    assert plan(SYNC, Data("a", 1), Data("b", 3)).payload == 2
    assert plan(SYNC, Field("a", "u8")).payload is None
