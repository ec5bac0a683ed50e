"""Spec files: from a TOML text to a `Protocol`.

`Document` states every top-level key of a spec, each `[[format]]` table is a `FormatTable`; the parts are those of
`framing.model.parts`. Loading goes in four steps, and an error of any of them says file, line and key path:

1. the text is read as TOML;
2. `"$name"` is replaced by the value of that parameter;
3. tables become model objects, each key converted by what its class declares;
4. the formats are put together, which checks what holds between parts.

    >>> toy = parse('''
    ... name = "toy"
    ... layout = [
    ...   { sync = "AA 55" },
    ...   { length = "size", type = "u8", of = "payload" },
    ...   { data = "payload" },
    ... ]
    ... ''')
    >>> toy.encode(b"hi").hex(" ")
    'aa 55 02 68 69'
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO, Any

from framing.errors import SpecError, near_miss
from framing.layout import FrameFormat
from framing.messages.message import Message
from framing.model.declared import (
    Declared,
    FrozenMap,
    build,
    key,
    keys_of,
    missing,
    to_declared,
    to_each,
    to_text,
    wrong_type,
)
from framing.model.examples import Counterexample, Example
from framing.model.expressions import Expression
from framing.model.options import Lock, Transparency
from framing.model.parts import AnyPart
from framing.model.patterns import Sync
from framing.parameters import PARAMETERS_SCHEMA, Parameter, filled_in, resolved, to_parameters
from framing.protocols import Protocol
from framing.toml_lines import line_of

FILE_SIZE_MOST = 4 << 20
"""Bytes of a spec file at most."""
EXAMPLES_MOST = 10_000
"""Examples, and counterexamples, of a spec at most."""

_NOT_FILLED_IN = ("name", "title", "family", "source", "parameters", "example", "counterexample")
_TEXT = {"type": "string"}
_FROM_FORMAT = {entry.attribute: entry for entry in keys_of(FrameFormat)}


def _same(attribute: str, doc: str | None = None, **default: Any) -> Any:
    """The key of that name of `FrameFormat`."""
    entry = _FROM_FORMAT[attribute]
    return key(entry.convert, entry.schema, doc or entry.doc, **default)


def _tables(declared: type[Any], most: int) -> dict[str, Any]:
    """Converter and schema of an array of tables, each with the keys of `declared`."""

    def convert(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            raise wrong_type(value, "an array of tables")
        if not 1 <= len(value) <= most:
            raise SpecError(f"{len(value)} tables", expected=f"1 to {most}")
        return to_each(value, to_declared(declared))

    items = {"$ref": f"#/$defs/{declared.__name__}"}
    return {"convert": convert, "schema": {"type": "array", "items": items, "minItems": 1, "maxItems": most}}


@dataclasses.dataclass(frozen=True)
class FormatTable(Declared):
    """One frame format of a protocol that has several. What it leaves out, it takes from the top level."""

    name: str = _same("name")
    layout: tuple[AnyPart, ...] = _same("layout")
    title: str = _same("title", default="")
    kind: tuple[Expression, ...] | None = _same("kind", default=None)
    transparency: Transparency | None = _same("transparency", default=None)
    max_size: int | None = _same("max_size", default=None)
    start: tuple[str, ...] | None = _same("start", default=None)
    behind: Sync | None = _same("behind", default=None)
    block: int | None = _same("block", default=None)


@dataclasses.dataclass(frozen=True)
class Document(Declared):
    """A spec file: one protocol, with one frame layout or several formats."""

    name: str = _same("name", "the protocol's name: letters, digits, '-' and '_'")
    title: str = key(to_text, _TEXT, "the protocol's name for people", default="")
    family: str = key(to_text, _TEXT, "the group it is listed in", default="")
    source: str = key(to_text, _TEXT, "the public document that this was written from", default="")
    kind: tuple[Expression, ...] | None = _same("kind", default=None)
    layout: tuple[AnyPart, ...] | None = _same("layout", "the parts in wire order, if there is one format", default=None)
    format: tuple[FormatTable, ...] = key(
        **_tables(FormatTable, 256), doc="the formats, where there are several", default=()
    )
    transparency: Transparency | None = _same("transparency", default=None)
    lock: Lock | None = _same("lock", "confirmation by the frames that follow, for all formats", default=None)
    max_size: int | None = _same("max_size", default=None)
    start: tuple[str, ...] | None = _same("start", default=None)
    behind: Sync | None = _same("behind", default=None)
    block: int | None = _same("block", default=None)
    tables: Mapping[str, Mapping[int, int]] = _same("tables", "tables of integers by name", default=FrozenMap({}))
    parameters: Mapping[str, Parameter] = key(
        to_parameters,
        PARAMETERS_SCHEMA,
        "what the user supplies, written as '$name' where a value stands",
        default=FrozenMap({}),
    )
    message: tuple[Message, ...] = key(**_tables(Message, 10_000), doc="payload schemas by kind", default=())
    example: tuple[Example, ...] = key(
        **_tables(Example, EXAMPLES_MOST), doc="valid frames and what they hold, which `framing check` runs", default=()
    )
    counterexample: tuple[Counterexample, ...] = key(
        **_tables(Counterexample, EXAMPLES_MOST), doc="bytes that are no valid frame, and the reason", default=()
    )

    def check(self) -> None:
        if self.layout is None and not self.format:
            raise SpecError("there is no layout", expected="layout = [...], or a [[format]] table for each format")
        if self.layout is not None and self.format:
            raise SpecError("there are both layout and format", path="format", expected="one of the two")
        seen: set[str] = set()
        for index, table in enumerate(self.format):
            if table.name in seen:
                raise SpecError(
                    f"format {table.name!r} stands twice", path=f"format[{index}].name", expected="each name once"
                )
            seen.add(table.name)

    def protocol(self) -> Protocol:
        """The protocol that the document describes. Raises `SpecError`."""
        if self.layout is not None:
            formats = [self._format(FormatTable(self.name, self.layout), "")]
        else:
            formats = [self._format(table, f"format[{index}]") for index, table in enumerate(self.format)]
        try:
            made = Protocol(
                self.name,
                formats,
                title=self.title,
                family=self.family,
                source=self.source,
                messages=self.message,
                examples=self.example,
                counterexamples=self.counterexample,
            )
        except SpecError as error:
            path = error.path.replace("messages", "message", 1)  # as the table is called
            raise SpecError(error.message, path=path, expected=error.expected, near=error.near) from None
        for index, message in enumerate(self.message):
            _check_format(made, message.format, f"message[{index}].format")
        for index, example in enumerate(self.example):
            _check_format(made, example.format, f"example[{index}].format")
        for index, case in enumerate(self.counterexample):
            _check_format(made, case.format, f"counterexample[{index}].format")
        return made

    def _format(self, table: FormatTable, prefix: str) -> FrameFormat:
        own = {name: getattr(table, name) for name in ("kind", "transparency", "max_size", "start", "behind", "block")}
        used = {name: getattr(self, name) if value is None else value for name, value in own.items()}
        used["lock"] = self.lock
        try:
            return FrameFormat(
                table.name,
                table.layout,
                title=table.title,
                tables=self.tables,
                **{name: value for name, value in used.items() if value is not None},
            )
        except SpecError as error:
            entry = error.path.partition(".")[0].partition("[")[0]
            if prefix and entry in used and own.get(entry) is None and used[entry] is not None:
                message = f"{error.message} (in format {table.name!r})"
                raise SpecError(message, path=error.path, expected=error.expected, near=error.near) from None
            raise error.within(prefix) from None


def _check_format(protocol: Protocol, stated: str | None, path: str) -> None:
    names = [each.name for each in protocol]
    if stated is not None and stated not in names:
        near = near_miss(stated, names)
        raise SpecError(f"unknown format {stated!r}", path=path, expected=f"one of {', '.join(names)}", near=near)


def _misplaced(error: SpecError) -> SpecError:
    """The same error; where a key of the whole file stands below the header of a table, it says that."""
    table, _, name = error.path.rpartition(".")
    if error.message != "unknown key" or "[" in table or name not in {each.name for each in keys_of(Document)} or not table:
        return error
    message = f"unknown key; below [{table}] it belongs to that table"
    return SpecError(message, path=error.path, expected=f"{name!r} before the first [table], as it is about the whole file")


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a spec says about itself, whatever its parameters: `describe` gives it."""

    name: str
    title: str
    family: str
    source: str
    formats: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    file: str | None


@dataclasses.dataclass(frozen=True)
class Source:
    """The text of a spec, and the TOML table that it is. `given` is what the user called it."""

    text: str
    file: str | None
    given: str
    table: Mapping[str, Any]

    @contextmanager
    def located(self) -> Iterator[None]:
        """Adds file and line to errors that come out of the block."""
        try:
            yield
        except SpecError as error:
            raise _misplaced(error).located(self.file, self.line_of(error.path)) from None
        except RecursionError:
            raise SpecError("tables or arrays are nested too deep", file=self.file, expected="fewer levels") from None

    def line_of(self, path: str) -> int | None:
        """The line of a key path, as near as can be told."""
        return line_of(self.text, path)

    def part(self, *names: str) -> dict[str, Any]:
        """These keys of the document, converted; what is not given has its default. Raises `SpecError`."""
        found = {}
        for entry in keys_of(Document):
            if entry.name in names:
                if entry.name in self.table:
                    found[entry.name] = _under(entry.name, entry.convert, self.table[entry.name])
                elif entry.required:
                    raise missing(entry)
                else:
                    found[entry.name] = entry.default
        return found

    def document(self, parameters: Mapping[str, Any]) -> Document:
        """The document with these parameters filled in. Raises `SpecError`."""
        with self.located():
            values = resolved(self.part("parameters")["parameters"], parameters, self.given)
            filled = {
                name: value if name in _NOT_FILLED_IN else _under(name, filled_in, value, values)
                for name, value in self.table.items()
            }
            return build(Document, filled)

    def protocol(self, parameters: Mapping[str, Any]) -> Protocol:
        """The protocol with these parameters. Raises `SpecError`."""
        with self.located():
            return self.document(parameters).protocol()

    def summary(self) -> Summary:
        """The document's head, which needs no parameters. Raises `SpecError`."""
        with self.located():
            head = self.part("name", "title", "family", "source", "parameters")
            formats = self.table.get("format")
            named = (
                [table.get("name") for table in formats if isinstance(table, dict)] if isinstance(formats, list) else []
            )
            return Summary(formats=tuple(map(str, named)) or (head["name"],), file=self.file, **head)


def _under(name: str, convert: Any, *values: Any) -> Any:
    try:
        return convert(*values)
    except SpecError as error:
        raise error.within(name) from None


def source_of(text: str, file: str | None = None, given: str | None = None) -> Source:
    """A text read as TOML. Raises `SpecError`."""
    if not isinstance(text, str):
        raise TypeError(f"a spec is text, not {type(text).__name__}; to read a file, use `load`")
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise SpecError("tables or arrays are nested too deep", file=file, expected="fewer levels") from None
    except tomllib.TOMLDecodeError as error:
        message, line, column = _toml_error(str(error), text)
        raise SpecError(f"this is not TOML: {message}{column}", file=file, line=line) from None
    except ValueError:
        raise SpecError("a number is too long", file=file, expected="at most 4300 digits") from None
    return Source(text, file, given or file or str(table.get("name", "")), table)


def _toml_error(message: str, text: str) -> tuple[str, int, str]:
    at = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    assert at is not None
    if at[1] is None:
        return message[: at.start()], text.rstrip().count("\n") + 1, " at the end of the file"
    return message[: at.start()], int(at[1]), f" in column {at[2]}"


def parse(text: str, /, file: str | None = None, **parameters: Any) -> Protocol:
    """The protocol that a TOML text describes; `file` is what errors call it. Raises `SpecError`."""
    return source_of(text, file).protocol(parameters)


def load(name_or_path: str | os.PathLike[str], /, **parameters: Any) -> Protocol:
    """The protocol of a shipped spec (`"ubx"`), or of the file at a path (`"./mine.toml"`).

    A string that has a path separator in it or ends in `.toml` is a path. `parameters` are those that the spec declares.
    Raises `SpecError`.
    """
    return read(name_or_path).protocol(parameters)


def describe(name_or_path: str | os.PathLike[str], /) -> Summary:
    """Name, title, formats and parameters of a spec, without the need to give the parameters. Raises `SpecError`."""
    return read(name_or_path).summary()


def shipped() -> dict[str, Traversable]:
    """The specs that come with this package, by name."""
    inside = resources.files("framing") / "specs"
    found: Traversable = inside if inside.is_dir() else Path(__file__).resolve().parent.parent / "specs"
    files = found.iterdir() if found.is_dir() else iter(())
    named = {each.name.removesuffix(".toml"): each for each in files if each.name.endswith(".toml")}
    return dict(sorted(named.items()))


def read(name_or_path: str | os.PathLike[str], /) -> Source:
    """The text of a spec by its name or path, read as TOML. Raises `SpecError`."""
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise TypeError(f"a spec's name or path is wanted, not {type(name_or_path).__name__}")
    given = os.fsdecode(name_or_path)
    if isinstance(name_or_path, os.PathLike) or given.endswith(".toml") or "/" in given or os.sep in given:
        return _read(Path(given), given, given)
    known = shipped()
    if given not in known:
        expected = "a name that `framing formats` lists, or the path of a .toml file"
        raise SpecError(f"no shipped spec is called {given!r}", expected=expected, near=near_miss(given, known))
    return _read(known[given], str(known[given]), given)


def _read(place: Traversable, file: str, given: str) -> Source:
    try:
        with place.open("rb") as stream:
            raw = _bounded(stream, file)
    except OSError as error:
        message = "this is a directory" if place.is_dir() else (error.strerror or str(error))
        raise SpecError(f"cannot be read: {message}", file=file, expected="a .toml file") from None
    except ValueError as error:
        raise SpecError(f"cannot be read: {error}", file=file, expected="a .toml file") from None
    if b"\0" in raw:
        raise SpecError("this is no text but binary data", file=file, expected="a .toml file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SpecError(
            f"byte {raw[error.start]:02X} is not UTF-8", file=file, line=line, expected="UTF-8 text"
        ) from None
    return source_of(text, file, given)


def _bounded(stream: IO[bytes], file: str) -> bytes:
    raw = stream.read(FILE_SIZE_MOST + 1)
    if len(raw) > FILE_SIZE_MOST:
        raise SpecError("this file is too large for a spec", file=file, expected=f"at most {FILE_SIZE_MOST} bytes")
    return raw
