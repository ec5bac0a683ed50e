"""Every key is found on its line, in whatever way TOML lets it be written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framing.toml_lines import line_of, lines

EVERYTHING = r'''# a comment with "quotes" and [brackets]
name = "toy"   # 2
"quoted key" = 1
a.b . "c.d" = 2

layout = [  # 6
  { sync = "AA # no comment" }, { end = '0A' },
  # { sync = "commented out" },
  { field = "id", allowed = [ 1,
    2 ], type = "u8" },
]
text = """
layout = [ \"""
"""""
raw = @@@
title = "not a key"
@@@
when = 1979-05-27 07:32:00  # 18
inline = { x = { y = [ 1, [ 2,
  3 ] ] }, z = """
""", w = {} }
[tables.sizes]
0x10 = 4
[[format]]  # 24
name = "long"
[[format.part]]
x = 1
[[format.part]]
x = 2
[format.lock]  # 30
confirm = 4
[[format]]
name = "short"
[[format.part]]
x = 3
'''.replace("@", "'")


@pytest.mark.parametrize(
    "path, line",
    [
        ("name", 2),
        ("quoted key", 3),
        ("a", 4),
        ("a.b.c.d", 4),
        ("layout", 6),
        ("layout[0]", 7),
        ("layout[0].sync", 7),
        ("layout[1].end", 7),
        ("layout[2]", 9),
        ("layout[2].type", 10),
        ("text", 12),
        ("raw", 15),
        ("when", 18),
        ("inline.x.y[1][0]", 19),
        ("inline.x.y[1][1]", 20),
        ("inline.z", 20),
        ("inline.w", 21),
        ("tables", 22),
        ("tables.sizes.0x10", 23),
        ("format", 24),
        ("format[0]", 24),
        ("format[0].name", 25),
        ("format[0].part[1]", 28),
        ("format[0].part[1].x", 29),
        ("format[0].lock.confirm", 31),
        ("format[1]", 32),
        ("format[1].part[0].x", 35),
    ],
)
def test_a_key_is_found_on_its_line(path: str, line: int) -> None:
    tomllib.loads(EVERYTHING)
    assert lines(EVERYTHING)[path] == line
    assert line_of(EVERYTHING, path) == line


@pytest.mark.parametrize(
    "path, line",
    [
        ("layout[0].mask", 7),
        ("layout[9].type", 6),
        ("format[1].layout[3].sync", 32),
        ("tables.sizes.7", 22),
        ("title", None),
        ("", None),
    ],
)
def test_what_is_not_there_is_looked_for_around(path: str, line: int | None) -> None:
    assert line_of(EVERYTHING, path) == line


@pytest.mark.parametrize(
    "text", ["a = ", "= 1", "[", "a = [1 2", 'a = "', "a = { b 1 }", "a", "[[x]", 'a = "b', "a = ]"]
)
def test_invalid_text_ends_the_search_and_nothing_else(text: str) -> None:
    assert lines("first = 1\n" + text)["first"] == 1


def test_inline_tables_over_several_lines_as_in_toml_1_1() -> None:
    text = "layout = [\n  {\n    sync = 'AA',  # comment\n    as = 'start',\n  },\n]\nx = 1"
    assert lines(text) == {"layout": 1, "layout[0]": 2, "layout[0].sync": 3, "layout[0].as": 4, "x": 7}


def test_text_nested_beyond_reason_ends_the_search() -> None:
    assert lines("first = 1\nx = " + "[" * 10_000)["first"] == 1


@given(st.text(alphabet="a.=[]{}\"'#\n ,1\\", max_size=60))
def test_any_text_is_survived(text: str) -> None:
    lines(text)


class Writer:
    """Writes a value as TOML in a style drawn by hypothesis, and remembers on which line each path begins."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.text = ""
        self.places: dict[str, int] = {}

    def note(self, path: str) -> None:
        self.places.setdefault(path, self.text.count("\n") + 1)

    def pick(self, *choices: str) -> str:
        return str(self.draw(st.sampled_from(choices)))

    def table(self, table: dict[str, Any], path: str) -> None:
        later = []
        for name, value in table.items():
            inner = f"{path}.{name}" if path else name
            tables = isinstance(value, list) and value and all(isinstance(each, dict) for each in value)
            if (isinstance(value, dict) or tables) and self.draw(st.booleans()):
                later.append((inner, value))
                continue
            self.text += self.pick("", "# x = 1\n", "\n  ")
            self.note(inner)
            self.text += name + self.pick("=", " = ")
            self.value(value, inner)
            self.text += self.pick("\n", " # [\n\n")
        for inner, value in later:
            for index, each in enumerate(value if isinstance(value, list) else [value]):
                brackets = "[[{}]]\n" if isinstance(value, list) else "[ {} ]\n"
                for outer in [inner[:at] for at, character in enumerate(inner) if character in ".["]:
                    self.note(outer)
                self.note(inner)
                if isinstance(value, list):
                    self.note(f"{inner}[{index}]")
                plain = "".join(part for part in inner.replace("]", "[").split("[") if not part.isdigit())
                self.text += brackets.format(plain)
                self.table(each, f"{inner}[{index}]" if isinstance(value, list) else inner)

    def value(self, value: Any, path: str) -> None:
        if isinstance(value, list):
            self.text += "[" + self.pick("", "\n", " # ]\n")
            for index, each in enumerate(value):
                self.note(f"{path}[{index}]")
                self.value(each, f"{path}[{index}]")
                self.text += self.pick(",", ",\n", " , # ,\n")
            self.text += "]"
        elif isinstance(value, dict):
            self.text += "{ "
            for index, (name, each) in enumerate(value.items()):
                self.text += ", " if index else ""
                self.note(f"{path}.{name}")
                self.text += f"{name} = "
                self.value(each, f"{path}.{name}")
            self.text += " }"
        elif isinstance(value, str):
            forms = ['"{}"', "'{}'", '"""{}"""', "'''\n{}\n\n'''", '"""\n{}"""""', "'''{}'''''"]
            self.text += self.pick(*forms).format(value)
        else:
            self.text += str(value).lower()


NAMES = st.sampled_from(["a", "b", "c-d", "e_f"])
VALUES = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.sampled_from(["", "x", "]", "}", "# =", "[a]", ","])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(NAMES, inner, max_size=3),
        st.lists(st.dictionaries(NAMES, inner), max_size=2),
    ),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(NAMES, VALUES, max_size=4), st.data())
def test_generated_texts(table: dict[str, Any], data: st.DataObject) -> None:
    writer = Writer(data.draw)
    writer.table(table, "")
    tomllib.loads(writer.text)
    assert lines(writer.text) == writer.places
