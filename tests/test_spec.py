"""Spec files: how they are found, what they become, and what is said about wrong ones."""

from __future__ import annotations

import os
import re
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing import spec
from framing.errors import SpecError
from framing.layout import FrameFormat
from framing.messages.message import Message
from framing.model.checks import Blocks, Checksum
from framing.model.data import Data
from framing.model.examples import Counterexample, Example
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.options import Lock, Transparency
from framing.model.patterns import End, Sync
from framing.protocols import Protocol

HERE = Path(__file__).parent
CASE = re.compile(r"^### (.*)\n((?:.*\n)*?)>>> (.*)\n", re.MULTILINE)
BAD = {name: (text, message) for name, text, message in CASE.findall((HERE / "bad_specs.txt").read_text("utf-8"))}

TOY = """
name = "toy"
layout = [
  { sync = "AA 55" },
  { length = "size", type = "u8", of = "payload" },
  { data = "payload" },
]
"""
MARKED = """
name = "marked"
title = "with a marker of the user's"
layout = [
  { sync = "$marker", errors = "$errors" },
  { data = "payload", size = "$size" },
]
[parameters]
marker = { size = 2, title = "what opens a frame" }
errors = { type = "int", default = 0 }
size = { type = "int" }
"""


def error_of(text: str, file: str | None = "toy.toml", **parameters: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        spec.parse(text, file, **parameters)
    return caught.value


# --- wrong specs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_spec_is_refused_with_a_clear_message(name: str) -> None:
    text, message = BAD[name]
    assert str(error_of(text)) == message


def test_there_are_many_wrong_specs() -> None:
    assert len(BAD) > 130


@pytest.mark.parametrize(
    "text, line, message",
    [
        ('name = "toy"\nlayout = [\n  { sync = "AA" }\n  { sync = "BB" },\n]\n', 4, r"Unclosed array.* in column 3"),
        ('name = "toy"\nname = "x"\n', 2, r".* in column 11"),
        ('name = "toy"\nx =', 2, r".*"),
        ('name = "toy"\n[tables', 2, r".* at the end of the file"),
    ],
)
def test_a_text_that_is_no_toml(text: str, line: int, message: str) -> None:
    error = error_of(text)
    assert (error.file, error.line, error.path) == ("toy.toml", line, "")
    assert re.fullmatch(f"this is not TOML: {message}", error.message)


@pytest.mark.parametrize(
    "text, message",
    [
        ("x = " + "[" * 5000 + "]" * 5000, "toy.toml: tables or arrays are nested too deep; expected fewer levels"),
        ("x = " + "9" * 5000, "toy.toml: a number is too long; expected at most 4300 digits"),
        (
            'name = "toy"\n[[message]]\nname = "m"\nkind = []\nfields = ['
            + '{ repeat = "a", count = 1, fields = [' * 200
            + '{ field = "n", type = "u8" }'
            + "]}" * 200
            + "]",
            "toy.toml: tables or arrays are nested too deep; expected fewer levels",
        ),
    ],
)
def test_a_text_beyond_reason(text: str, message: str) -> None:
    assert str(error_of(text)) == message


def test_tables_nested_deeper_than_the_model_can_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(spec, "build", build)
    assert str(error_of(TOY)) == "toy.toml: tables or arrays are nested too deep; expected fewer levels"


def test_an_error_carries_data() -> None:
    error = error_of(BAD["an unknown key of a part"][0])
    assert (error.file, error.line, error.path) == ("toy.toml", 4, "layout[1].tpye")
    assert (error.message, error.near) == ("unknown key", "type")
    assert error.expected == "one of length, type, of, unit, bias, min, max, wire, valid, if"


def test_an_error_without_a_file() -> None:
    assert str(error_of(BAD["an empty marker"][0], None)).startswith("line 3: layout[0].sync: no bytes")


def test_a_text_that_is_none() -> None:
    with pytest.raises(TypeError, match="a spec is text, not bytes; to read a file, use `load`"):
        spec.parse(b"")  # type: ignore[arg-type]


@given(st.text(alphabet=st.sampled_from("abc=[]{}\"'$.,#\n 01"), max_size=40))
def test_arbitrary_text_is_refused_with_a_spec_error(text: str) -> None:
    with pytest.raises(SpecError):
        spec.parse(text)


# --- what a spec becomes ---------------------------------------------------------------------------------------------

FULL = r"""
name = "full"
title = "Everything"
family = "test"
source = "nowhere"
kind = ["id"]
max_size = 300
lock = { confirm = 2, misses = 1 }

[[format]]
name = "long"
title = "the long one"
kind = ["id", "flags"]
layout = [
  { sync = ["AA 55", "AA 56"], as = "start" },
  { field = "id", type = "u8", enum = { ping = 1, pong = 2 } },
  { bits = ["flags:3", "_:1:0", "count:4"], type = "u8", length = "count", of = "head" },
  { data = "head", charset = "ascii", if = "flags" },
  { length = "size", type = "u16le", of = "payload", bias = -1, min = 1, max = 64 },
  { data = "payload", blocks = { size = 16, checksum = "CRC-16/DNP", type = "u16le" } },
  { checksum = "ck", type = "u8", algorithm = { sum = 8, negate = true }, over = "id..payload", extra = { by = "id", table = "extra" } },
  { end = "0D 0A" },
]
[[format]]
name = "short"
layout = [{ sync = "AB" }, { field = "id", type = "u8" }, { data = "payload", size = { by = "id", table = "sizes" } }]
[tables]
extra = { 0x01 = 10, 2 = 20 }
sizes = { 1 = 3 }
[[message]]
name = "ping"
kind = [1]
fields = [{ field = "a", type = "u8" }, { data = "rest" }]
[[example]]
source = "by hand"
format = "short"
hex = "AB 01 41 42 43"
fields = { id = 1 }
[[counterexample]]
reason = "length"
text = "\u00AB\u0002"
"""


def test_a_spec_equals_what_is_built_in_python() -> None:
    tables = {"extra": {1: 10, 2: 20}, "sizes": {1: 3}}
    long = FrameFormat(
        "long",
        [
            Sync([b"\xaa\x55", "AA 56"], as_="start"),
            Field("id", "u8", enum={"ping": 1, "pong": 2}),
            Bits(["flags:3", "_:1:0", "count:4"], "u8", length="count", of="head"),
            Data("head", charset="00-7F", if_="flags"),
            Length("size", "u16le", of="payload", bias=-1, min=1, max=64),
            Data("payload", blocks=Blocks(16, "CRC-16/DNP", "u16le")),
            Checksum("ck", "u8", {"sum": 8, "negate": True}, over="id..payload", extra=Lookup("id", "extra")),
            End("0D 0A"),
        ],
        title="the long one",
        kind=["id", "flags"],
        max_size=300,
        tables=tables,
    )
    short = FrameFormat(
        "short",
        [Sync("AB"), Field("id", "u8"), Data("payload", Lookup("id", "sizes"))],
        kind=["id"],
        max_size=300,
        tables=tables,
    )
    built = Protocol(
        "full",
        [long, short],
        title="Everything",
        family="test",
        source="nowhere",
        lock=Lock(2, 1),
        messages=[Message("ping", [1], [Field("a", "u8"), Data("rest")])],
        examples=[Example("by hand", hex="AB 01 41 42 43", format="short", fields={"id": 1})],
        counterexamples=[Counterexample("length", text="\xab\x02")],
    )
    loaded = spec.parse(FULL)
    assert loaded == built
    assert hash(loaded) == hash(built)
    assert [each.full_name for each in loaded] == ["full.long", "full.short"]
    assert loaded.tables == tables


def test_defaults_of_the_top_level_are_for_formats_without_their_own() -> None:
    protocol = spec.parse("""
name = "toy"
kind = ["id"]
max_size = 20
transparency = { kind = "slip" }
[[format]]
name = "a"
layout = [{ sync = "AA" }, { field = "id", type = "u8" }, { data = "payload" }]
[[format]]
name = "b"
kind = []
max_size = 30
transparency = { kind = "hdlc" }
layout = [{ sync = "AB" }, { data = "payload" }]
""")
    assert [each.max_size for each in protocol] == [20, 30]
    assert [each.transparency for each in protocol] == [Transparency("slip"), Transparency("hdlc")]
    assert [[each.text for each in form.kind] for form in protocol] == [["id"], []]


def test_an_error_in_a_format_of_its_own_key_is_told_there() -> None:
    text = 'name = "toy"\n[[format]]\nname = "a"\nlayout = [{ sync = "AA" }]\nkind = ["id"]\n'
    error = error_of(text)
    assert (error.path, error.line) == ("format[0].kind[0]", 5)


def test_one_format_table_makes_a_protocol_of_one_format() -> None:
    protocol = spec.parse('name = "toy"\n[[format]]\nname = "long"\nlayout = [{ sync = "AA" }]\n')
    assert [each.full_name for each in protocol] == ["toy"]


def test_a_counterexample_of_an_unknown_format() -> None:
    error = error_of(TOY + '[[counterexample]]\nreason = "noise"\nhex = "00"\nformat = "tot"\n')
    assert (error.path, error.near) == ("counterexample[0].format", "toy")


# --- parameters ------------------------------------------------------------------------------------------------------


def test_parameters_stand_where_their_name_stood() -> None:
    protocol = spec.parse(MARKED, marker="AA 55", size=3)
    assert protocol == spec.parse(MARKED, marker=b"\xaa\x55", size=3, errors=0)
    assert protocol["marked"].layout == (Sync("AA 55"), Data("payload", 3))


def test_parameters_are_asked_for() -> None:
    error = error_of(MARKED, marker="AA 55")
    assert str(error) == (
        "toy.toml:11: parameters.size: parameter 'size' is not given; expected load('toy.toml', size=...) with an integer"
    )


def test_a_dollar_in_prose_and_examples_is_left_alone() -> None:
    text = 'title = "$dollar"\n' + TOY + '[[counterexample]]\ntext = "$GPGGA"\nreason = "noise"\n'
    assert spec.parse(text).counterexamples[0].raw == b"$GPGGA"


def test_a_summary_needs_no_parameters(tmp_path: Path) -> None:
    path = tmp_path / "marked.toml"
    path.write_text(MARKED, "utf-8")
    summary = spec.describe(path)
    assert (summary.name, summary.title, summary.family) == ("marked", "with a marker of the user's", "")
    assert summary.formats == ("marked",)
    assert summary.parameters["marker"].size == 2
    assert summary.parameters["errors"].default == 0
    assert summary.file == str(path)
    assert spec.describe("mavlink").formats == ("v1", "v2")


def test_a_summary_with_a_wrong_title(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('name = "x"\ntitle = 5\n', "utf-8")
    with pytest.raises(SpecError, match=r"x\.toml:2: title: 5 is an integer; expected a string$"):
        spec.describe(path)


def test_formats_that_are_no_array() -> None:
    assert str(error_of('name = "x"\nformat = 3')) == "toy.toml:2: format: 3 is an integer; expected an array of tables"


@pytest.mark.parametrize("head", ['name = "x"\nformat = 3\n', 'name = "x"\nformat = [3]\n', ""])
def test_a_summary_of_a_broken_spec(tmp_path: Path, head: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(head, "utf-8")
    if head:
        assert spec.describe(path).formats == ("x",)
    else:
        with pytest.raises(SpecError, match="'name' is missing"):
            spec.describe(path)


# --- finding and reading files ---------------------------------------------------------------------------------------


def test_a_shipped_spec_by_name() -> None:
    ubx = spec.load("ubx")
    assert ubx.name == "ubx"
    assert ubx.encode(b"\x06\x01", **{"class": 5, "id": 1}) == bytes.fromhex("B562 0501 0200 0601 0F38")


def test_every_shipped_spec_has_the_name_of_its_file() -> None:
    names = spec.shipped()
    assert len(names) > 20
    assert list(names) == sorted(names)
    for name in names:
        summary = spec.describe(name)
        assert summary.name == name
        assert summary.title and summary.family and summary.source


def test_specs_inside_the_package_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "mine.toml").write_text(TOY, "utf-8")
    (tmp_path / "specs" / "README").write_text("", "utf-8")
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    assert list(spec.shipped()) == ["mine"]
    assert spec.load("mine").name == "toy"


def test_no_specs_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    monkeypatch.setattr(spec, "__file__", str(tmp_path / "framing" / "spec.py"))
    assert spec.shipped() == {}


def test_an_unknown_name() -> None:
    with pytest.raises(SpecError) as caught:
        spec.load("mavlnk")
    assert str(caught.value) == (
        "no shipped spec is called 'mavlnk'; expected a name that `framing formats` lists, or the path of a .toml file; "
        "did you mean 'mavlink'?"
    )


@pytest.mark.parametrize("spell", [str, Path, os.fsencode])
def test_a_path(tmp_path: Path, spell: object) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TOY.encode())
    given = spell(str(path))  # type: ignore[operator]
    if isinstance(given, bytes):
        with pytest.raises(TypeError, match="not bytes"):
            spec.load(given)  # type: ignore[arg-type]
    else:
        assert spec.load(given).name == "toy"


def test_a_bare_file_name_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(TOY.replace("u8", "u9"), "utf-8")
    Path("bare").write_text(TOY, "utf-8")
    with pytest.raises(SpecError, match=r"^mine\.toml:5: layout\[1\]\.type: unknown type 'u9'"):
        spec.load("mine.toml")
    assert spec.load("./bare").name == "toy"
    assert spec.load(Path("bare")).name == "toy"
    with pytest.raises(SpecError, match="no shipped spec is called 'bare'"):
        spec.load("bare")


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "cannot be read: No such file or directory; expected a .toml file"),
        ("directory", "cannot be read: this is a directory; expected a .toml file"),
        (b"\x7fELF\x00\x01", "this is no text but binary data; expected a .toml file"),
        (b"name = 'x'\ntitle = '\xe4'\n", "byte E4 is not UTF-8; expected UTF-8 text"),
        (b"#" * (spec.FILE_SIZE_MOST + 1), "this file is too large for a spec; expected at most 4194304 bytes"),
        (b"", "'name' is missing; expected name = ..., the protocol's name: letters, digits, '-' and '_'"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | str | None, message: str) -> None:
    path = tmp_path / "mine.toml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    with pytest.raises(SpecError) as caught:
        spec.load(path)
    line = ":2" if "UTF-8" in message else ""
    assert str(caught.value) == f"{path}{line}: {message}"


def test_a_path_that_no_system_has() -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        spec.load("a\0b.toml")
    with pytest.raises(TypeError, match="a spec's name or path is wanted, not int"):
        spec.load(5)  # type: ignore[arg-type]


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device here")
def test_an_endless_file() -> None:
    with pytest.raises(SpecError, match="too large"):
        spec.load("/dev/zero")


@pytest.mark.parametrize("name", spec.shipped())
def test_loading_twice_gives_equal_protocols(name: str) -> None:
    parameters = spec.describe(name).parameters
    if any(each.default is None for each in parameters.values()):
        pytest.skip("needs parameters")
    assert spec.load(name) == spec.load(name)
