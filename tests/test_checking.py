"""What `framing check` finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from framing import spec
from framing.checking import Finding, Report, check, check_spec

TOY = """
name = "toy"
layout = [
  { sync = "AA 55", as = "start" },
  { field = "id", type = "u8", enum = { ping = 1, pong = 2 }, min = 1 },
  { length = "size", type = "u8", of = "payload" },
  { data = "payload" },
  { end = "0A" },
]
"""
MARKED = """
name = "marked"
layout = [{ sync = "$marker" }, { data = "payload", size = 1 }]
[parameters.marker]
size = 2
"""


def findings(text: str) -> list[str]:
    return [str(finding) for finding in check(spec.parse(text)).findings]


def example(**values: str) -> str:
    return "[[example]]\nsource = 'here'\n" + "".join(f"{name} = {value}\n" for name, value in values.items())


@pytest.mark.parametrize("name", spec.shipped())
def test_every_shipped_spec_passes_without_a_finding(name: str) -> None:
    report = check_spec(name)
    assert report.findings == []
    assert report.passed
    assert report.examples and report.counterexamples


GOOD = example(
    hex="'AA 55 01 02 41 42 0A'",
    format="'toy'",
    payload="'41 42'",
    fields="{ id = 'ping', size = 2, start = 'AA 55', payload = '41 42' }",
)


def test_a_good_example() -> None:
    report = check(spec.parse(TOY + GOOD + "[[counterexample]]\ntext = '-'\nreason = 'noise'\n"))
    assert report == Report("toy", 1, 1, [])
    assert str(report) == "toy: ok (1 example, 1 counterexample)"


@pytest.mark.parametrize(
    "text, expected",
    [
        (example(hex="'AA 55 01 02 41'"), "example[0]: not a valid frame: truncated at offset 5"),
        (example(hex="'AA 55 01 00 0A'", fields="{ id = 2 }"), "example[0].fields.id: 1 decoded, but 2 is stated"),
        (
            example(hex="'AA 55 01 00 0A'", fields="{ id = 'pong' }"),
            "example[0].fields.id: 1 decoded, but 2 is stated",
        ),
        (
            example(hex="'AA 55 01 00 0A'", fields="{ id = 'pang' }"),
            "example[0].fields.id: 1 decoded, but 'pang' is stated",
        ),
        (
            example(hex="'AA 55 01 00 0A'", fields="{ size = 'none' }"),
            "example[0].fields.size: 0 decoded, but 'none' is stated",
        ),
        (
            example(hex="'AA 55 01 00 0A'", fields="{ start = '55 AA' }"),
            "example[0].fields.start: AA 55 decoded, but 55 AA is stated",
        ),
        (
            example(hex="'AA 55 01 00 0A'", fields="{ start = 'x' }"),
            "example[0].fields.start: AA 55 decoded, but 'x' is stated",
        ),
        (
            example(hex="'AA 55 01 00 0A'", fields="{ di = 1 }"),
            "example[0].fields.di: there is no such field; there are start, id, size",
        ),
        (
            example(hex="'AA 55 01 00 0A'", payload="'41'"),
            "example[0].payload: nothing decoded, but 41 is stated",
        ),
        (
            example(hex="'AA 55 01 00 0A'", encode="false"),
            "example[0].encode: encode = false, but it encodes to the same bytes",
        ),
    ],
)
def test_an_example_that_does_not_hold(text: str, expected: str) -> None:
    assert findings(TOY + text) == [expected]


def test_an_example_of_another_format() -> None:
    text = 'name = "two"\n[[format]]\nname = "a"\nlayout = [{ sync = "AA" }]\n[[format]]\nname = "b"\nlayout = [{ sync = "AB" }]\n'
    assert findings(text + example(hex="'AB'", format="'a'")) == [
        "example[0].format: a frame of 'b', but 'a' is stated"
    ]
    assert findings(text + example(hex="'AB'", format="'b'")) == []


def test_an_example_that_encodes_to_other_bytes() -> None:
    digits = (
        'name = "toy"\nlayout = [{ sync = "AA" }, { field = "id", type = "hex2" }, { data = "payload", size = 40 }]\n'
    )
    raw = "AA 66 66" + " 00" * 40
    [found] = findings(digits + example(hex=f"'{raw}'"))
    assert found == f"example[0].hex: encoded again it is AA 46 46{' 00' * 29} … (43 bytes)"
    [found] = findings(digits + example(text=f'"\\u00AA{"ff"}{chr(92)}u0000{chr(92)}u0001{"0" * 38}"'))
    assert found.startswith("example[0].text: encoded again it is AA 46 46 00 01 30")
    assert findings(digits + example(hex=f"'{raw}'", encode="false")) == []


def test_an_example_that_cannot_be_encoded() -> None:
    text = 'name = "toy"\nlayout = [{ sync = "AA" }, { length = "size", type = "uleb128", of = "frame" }, { data = "payload" }]\nmax_size = 100\n'
    assert findings(text + example(hex="'AA 03 41'")) == [
        "example[0]: cannot be encoded again: size: a variable length cannot count itself"
    ]


def test_a_payload_that_does_not_fit_its_message() -> None:
    message = "[[message]]\nname = 'm'\nkind = [1]\nfields = [{ field = 'a', type = 'u16le' }]\n"
    assert findings('kind = ["id"]\n' + TOY + message + example(hex="'AA 55 01 01 41 0A'")) == [
        "example[0]: the payload does not fit its message: truncated at offset 1: m: a: the payload is too short: 2 bytes wanted, 1 left"
    ]


POINTS = """
name = "points"
kind = ["id"]
layout = [{ sync = "AA" }, { field = "id", type = "u8" }, { length = "n", type = "u8", of = "payload" }, { data = "payload" }]
[[message]]
name = "points"
kind = [1]
fields = [
  { field = "mode", type = "u8", enum = { off = 0, on = 1 } },
  { field = "bits", type = "u8", flags = { a = 1, b = 2 } },
  { data = "tag", size = 1 },
  { repeat = "at", fields = [{ field = "x", type = "i8", scale = 0.1 }] },
]
"""


@pytest.mark.parametrize(
    "stated, expected",
    [
        ("{ mode = 'on', bits = ['b', 4], tag = '0f', at = [{ x = -0.1 }] }", []),
        ("{ mode = 1, bits = 6 }", []),
        ("{ mode = 'off' }", ["example[0].message.mode: Word(1, 'on') decoded, but 'off' is stated"]),
        ("{ bits = ['a'] }", ["example[0].message.bits: Flags(6, ('b',), 4) decoded, but ('a',) is stated"]),
        ("{ tag = '10' }", ["example[0].message.tag: 0F decoded, but '10' is stated"]),
        ("{ at = [] }", ["example[0].message.at: 1 decoded, but 0 are stated"]),
        ("{ at = [{ x = 1 }] }", ["example[0].message.at[0].x: -0.1 decoded, but 1 is stated"]),
        ("{ tog = 1 }", ["example[0].message.tog: there is no such field; there are mode, bits, tag, at"]),
    ],
)
def test_messages_have_what_is_stated(stated: str, expected: list[str]) -> None:
    assert findings(POINTS + example(hex="'AA 01 04 01 06 0F FF'", message=stated)) == expected


def test_a_message_that_is_stated_where_there_is_none() -> None:
    assert findings(POINTS + example(hex="'AA 02 00'", message="{ mode = 1 }")) == [
        "example[0].message: no message has the kind (2,)"
    ]


def test_a_message_that_is_longer_than_its_schema() -> None:
    text = POINTS.replace('repeat = "at", fields', 'repeat = "at", count = 1, fields')
    frame = example(hex="'AA 01 05 01 06 0F FF 00'")
    assert findings(text + frame) == ["example[0]: its message, encoded again, is 01 06 0F FF instead of 01 06 0F FF 00"]


def test_messages_without_an_example(tmp_path: Path) -> None:
    path = tmp_path / "points.toml"
    path.write_text(POINTS + example(hex="'AA 02 00'") + "[[counterexample]]\nhex = 'AB'\nreason = 'noise'\n")
    report = check_spec(path)
    assert report.passed
    assert [str(each) for each in report.findings] == [f"warning: {path}:5: message[0]: no example carries the message 'points'"]


def test_no_fields_at_all() -> None:
    text = 'name = "toy"\nlayout = [{ sync = "AA" }]\n'
    assert findings(text + example(hex="'AA'", fields="{ a = 1 }")) == [
        "example[0].fields.a: there is no such field; there are none"
    ]


def test_counterexamples_that_do_not_hold() -> None:
    wrong = "[[counterexample]]\nhex = 'AA 55 01 00 0A'\nreason = 'field'\n"
    other = "[[counterexample]]\nhex = 'AA 55 00 00 0A'\nreason = 'checksum'\n"
    report = check(spec.parse(TOY + GOOD + wrong + other))
    assert (report.examples, report.counterexamples, report.passed) == (1, 2, False)
    assert str(report) == (
        "toy: failed (1 example, 2 counterexamples)\n"
        "  counterexample[0]: a valid toy frame\n"
        "  counterexample[1].reason: refused for 'field', but 'checksum' is stated"
    )


def test_a_counterexample_may_name_the_format_whose_reason_it_is() -> None:
    layouts = """
name = "two"
[[format]]
name = "summed"
layout = [{ sync = "AA" }, { field = "x", type = "u8" }, { checksum = "ck", type = "u8", algorithm = "sum-8", over = "x" }]
[[format]]
name = "long"
layout = [{ sync = "AA" }, { data = "payload", size = 5 }]
"""
    wrong = "[[counterexample]]\nhex = 'AA 01 02'\nreason = '{reason}'\n{format}"

    def found(reason: str, more: str = "") -> list[str]:
        return [str(each) for each in check(spec.parse(layouts + wrong.format(reason=reason, format=more))).findings if not each.warning]

    assert found("truncated") == []
    assert found("checksum", "format = 'summed'") == []
    assert found("truncated", "format = 'summed'") == ["counterexample[0].reason: refused for 'checksum', but 'truncated' is stated"]
    assert found("truncated", "format = 'long'") == []


def test_a_spec_without_an_example_is_worth_a_warning() -> None:
    report = check(spec.parse(TOY))
    assert report.passed
    assert [str(each) for each in report.findings] == ["warning: example: there is no example"]
    assert report.findings == [Finding("there is no example", "example", warning=True)]


# --- files -----------------------------------------------------------------------------------------------------------


def checked(tmp_path: Path, text: str, **parameters: object) -> list[str]:
    path = tmp_path / "x.toml"
    path.write_text(text, "utf-8")
    report = check_spec(path, **parameters)
    return [str(each).replace(str(path), "x.toml") for each in report.findings]


def test_findings_in_a_file_have_lines(tmp_path: Path) -> None:
    text = TOY + GOOD.replace("id = 'ping'", "id = 'pong'")
    assert checked(tmp_path, text) == ["x.toml:15: example[0].fields.id: 1 decoded, but 2 is stated"]


def test_a_file_that_is_no_spec(tmp_path: Path) -> None:
    keys = (
        "name, title, family, source, kind, layout, format, transparency, lock, max_size, start, behind, block, "
        "tables, parameters, message, example, counterexample"
    )
    assert checked(tmp_path, "x = 1\n") == [
        f"x.toml:1: x: unknown key; expected one of {keys}",
        "warning: x.toml: example: there is no example",
    ]
    assert check_spec("no-such-spec").passed is False
    assert checked(tmp_path, TOY.replace("u8", "u9") + GOOD + GOOD) == [
        f"x.toml:5: layout[1].type: unknown type 'u9'; expected {TYPES}"
    ]
    assert checked(tmp_path, TOY + example()) == [
        "x.toml:10: example[0]: there is neither hex nor text; expected one of the two"
    ]


TYPES = "u8, i8, u16le … u64be, f32le …, uleb128, zigzag, vlq, utf8, hexN, decN, decN:XX or bcdN"


def test_examples_give_parameters(tmp_path: Path) -> None:
    first = example(hex="'AA BB 01'", parameters="{ marker = 'AA BB' }", fields="{ payload = '01' }")
    second = example(hex="'CC DD 01'", parameters="{ marker = 'CC DD' }")
    counter = "[[counterexample]]\nhex = 'CC DD'\nreason = 'noise'\nparameters = { marker = 'AA BB' }\n"
    assert checked(tmp_path, MARKED + first + second + first + counter) == []


def test_examples_without_the_parameters_that_they_need(tmp_path: Path) -> None:
    bare = example(hex="'AA BB 01'")
    expected = "parameters = { marker = ... } with 2 bytes, as bytes or hex digits"
    assert checked(tmp_path, MARKED + bare) == [
        f"x.toml:6: example[0].parameters: parameter 'marker' is not given; expected {expected}"
    ]
    assert checked(tmp_path, MARKED + bare, marker="AA BB") == []
    wrong = example(hex="'AA BB 01'", parameters="{ marker = 'AA' }")
    assert checked(tmp_path, MARKED + wrong) == [
        "x.toml:9: example[0].parameters.marker: 1 bytes given; expected 2 bytes"
    ]
    unknown = example(hex="'AA BB 01'", parameters="{ marker = 'AA BB', size = 1 }")
    assert checked(tmp_path, MARKED + unknown) == [
        "x.toml:9: example[0].parameters: unknown parameter 'size'; expected one of marker"
    ]


def test_a_spec_that_cannot_be_tried_without_parameters(tmp_path: Path) -> None:
    assert checked(tmp_path, MARKED) == [
        "warning: x.toml:4: parameters.marker: the layout was not tried, as no example gives this parameter",
        "warning: x.toml: example: there is no example",
    ]


def test_what_is_used_nowhere(tmp_path: Path) -> None:
    spare = "[tables.spare]\n1 = 1\n[parameters]\nspare = { type = 'int', default = 1 }\n"
    assert checked(tmp_path, TOY + spare + GOOD) == [
        "warning: x.toml:13: parameters.spare: parameter 'spare' is used nowhere",
        "warning: x.toml:10: tables.spare: table 'spare' is used nowhere",
    ]
