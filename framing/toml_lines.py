"""On which line of a TOML text a key stands, for error messages.

`tomllib` reads values, not places. This walks the surface of a text that `tomllib` has accepted, skips over the values,
and notes where each key and each array element begins. Paths are written as `SpecError` writes them:
`format[1].layout[0].sync`.
"""

from __future__ import annotations

import re
import tomllib

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_STRING = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"""(?:"{0,2})'  # one or two quotes may stand before the closing three
    r"|'''[\s\S]*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
)


def line_of(text: str, path: str) -> int | None:
    """The line, counted from 1, of the key at `path`, else of the nearest one around it; None if there is none.

    >>> text = '''name = "toy"
    ... layout = [
    ...   { sync = "AA" },
    ...   { data = "payload" },
    ... ]'''
    >>> line_of(text, "layout[1].data"), line_of(text, "layout[1].size"), line_of(text, "title")
    (4, 4, None)
    """
    known = lines(text)
    while path and path not in known:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return known.get(path)


def lines(text: str) -> dict[str, int]:
    """The line of every key and array element. What cannot be followed ends the list early."""
    walk = _Walk(text)
    try:
        walk.document()
    except (_Lost, RecursionError):
        pass
    return walk.found


class _Lost(Exception):
    """The text is not what a valid one has here."""


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[str, int] = {}
        self.last: dict[str, int] = {}  # index of the last element of each array of tables
        self.counted = 0  # `line` is that of this offset
        self.line = 1

    def document(self) -> None:
        table = ""
        self.blank()
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.pair(table)
            self.blank()

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def skip(self, character: str) -> bool:
        if not self.text.startswith(character, self.at):
            return False
        self.at += len(character)
        return True

    def note(self, path: str) -> None:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        self.found.setdefault(path, self.line)

    def header(self) -> str:
        """`[a.b]` or `[[a.b]]`: the path of the table that it opens."""
        array = self.skip("[[")
        if not array:
            self.skip("[")
        keys = self.keys()
        self.skip("]]" if array else "]")
        path = ""
        for number, name in enumerate(keys):
            path = _joined(path, name)
            self.note(path)
            if array and number == len(keys) - 1:
                self.last[path] = self.last.get(path, -1) + 1
            if path in self.last:
                path += f"[{self.last[path]}]"
                self.note(path)
        return path

    def keys(self) -> list[str]:
        """A key, dotted or not."""
        names = []
        while True:
            self.blank()
            names.append(self.key())
            self.blank()
            if not self.skip("."):
                return names

    def key(self) -> str:
        match = _BARE_KEY.match(self.text, self.at) or _STRING.match(self.text, self.at)
        if match is None:
            raise _Lost
        self.at = match.end()
        if match[0][0] in "\"'":
            return str(tomllib.loads(f"key = {match[0]}")["key"])
        return match[0]

    def pair(self, table: str) -> None:
        path = table
        begin = self.at
        names = self.keys()
        behind, self.at = self.at, begin
        for name in names:
            path = _joined(path, name)
            self.note(path)
        self.at = behind
        if not self.skip("="):
            raise _Lost
        self.value(path)

    def value(self, path: str) -> None:
        self.blank()
        if self.skip("["):
            self.array(path)
        elif self.skip("{"):
            self.inline_table(path)
        else:
            match = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            if match is None:
                raise _Lost
            self.at = match.end()

    def array(self, path: str) -> None:
        index = 0
        self.blank()
        while not self.skip("]"):
            self.note(f"{path}[{index}]")
            self.value(f"{path}[{index}]")
            self.blank()
            self.skip(",")
            self.blank()
            index += 1

    def inline_table(self, path: str) -> None:
        self.blank()
        while not self.skip("}"):
            self.pair(path)
            self.blank()
            self.skip(",")
            self.blank()


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
