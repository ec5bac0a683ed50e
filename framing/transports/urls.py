"""URLs to transports: `tcp://host:4028?nodelay=no` becomes a `Tcp` with that option, or an error that says what is wrong.

A transport is a frozen dataclass. Its fields made with `option` are the query options, each with the function that reads its
text; those made with `place` come out of what stands before the `?` (the class's `at`). Checks, help and the table in the
docs are made of them; there is no second list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, field, fields
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from framing.errors import FramingError, near_miss
from framing.transports.links import Transport

MODULES = {
    "tcp": "tcp",
    "tcp-listen": "tcp",
    "unix": "unix",
    "unix-listen": "unix",
    "udp": "udp",
    "udp-listen": "udp",
    "serial": "serial",
    "loop": "serial",
    "rfc2217": "serial",
    "socket": "serial",
    "pty": "pty",
    "file": "file",
    "stdin": "file",
    "exec": "exec",
    "pcap": "pcap",
    "replay": "replay",
}
"""The module of each scheme, imported when somebody asks for it: its library may not be installed."""


class UrlError(FramingError, ValueError):
    """A URL that names no link. Attributes: `url`, `message`, `expected`, `near` (what was probably meant)."""

    def __init__(self, url: str, message: str, *, expected: str | None = None, near: str | None = None) -> None:
        super().__init__(url, message)
        self.url = url
        self.message = message
        self.expected = expected
        self.near = near

    def __str__(self) -> str:
        text = f"{self.url}: {self.message}"
        if self.near:
            text += f"; did you mean {self.near!r}?"
        if self.expected:
            text += f" (expected {self.expected})"
        return text


class Reader(NamedTuple):
    """How the text of an option becomes its value: `read` raises ValueError where it is not `expected`."""

    read: Callable[[str], Any]
    expected: str


def option(default: Any, reader: Reader, doc: str, *, name: str = "") -> Any:
    """A field that the query sets. `doc` is one sentence for the table of options; `name` where a keyword is in the way."""
    return field(default=default, metadata={"reader": reader, "doc": doc, "name": name})


def place(doc: str, default: Any = MISSING) -> Any:
    """A field that comes out of the part before the query."""
    return field(metadata={"doc": doc}) if default is MISSING else field(default=default, metadata={"doc": doc})


# --- readers ---------------------------------------------------------------------------------------------------------


def whole(least: int, most: int) -> Reader:
    """A whole number within limits, decimal or 0x."""

    def read(text: str) -> int:
        value = int(text, 0)
        if not least <= value <= most:
            raise ValueError
        return value

    return Reader(read, f"a whole number from {least:,} to {most:,}")


def seconds(least: float = 0, most: float = 86_400) -> Reader:
    """A time in seconds, with a fraction if wanted."""

    def read(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise ValueError
        return value

    return Reader(read, f"seconds from {least:g} to {most:g}")


def choice(*words: str) -> Reader:
    """One of some words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return Reader(read, "one of " + ", ".join(words))


def _yes_no(text: str) -> bool:
    if text.casefold() in ("1", "yes", "true", "on"):
        return True
    if text.casefold() in ("0", "no", "false", "off"):
        return False
    raise ValueError


YES_NO = Reader(_yes_no, "yes or no (also 1, 0, true, false, on, off)")
TEXT = Reader(str, "text")


def _address(text: str) -> tuple[str, int]:
    return host_port(text, port_only=True)


ADDRESS = Reader(_address, "address:port, :port or address:0")


def host_port(text: str, *, port_only: bool = False) -> tuple[str, int]:
    """`host:port`, `[v6]:port`, with `port_only` also `:port`; ValueError with a word of what is wrong."""
    found = re.fullmatch(r"(?:\[([^\[\]]*)\]|([^:\[\]]*)):(\d{1,5})", text)
    if not found:
        raise ValueError("an IPv6 address stands in brackets: [::1]:4028" if text.count(":") > 1 else "no port")
    host, port = found[1] or found[2] or "", int(found[3])
    if port > 65_535:
        raise ValueError(f"there is no port {port}")
    if not host and not port_only:
        raise ValueError("no host")
    return host, port


# --- from text to transport ------------------------------------------------------------------------------------------


def transport(url: str) -> Transport:
    """The transport that a URL describes. UrlError says what is wrong and what was probably meant."""
    scheme, colon, rest = url.partition(":")
    if not colon:
        raise UrlError(url, "no scheme", expected="one of " + ", ".join(f"{name}:" for name in MODULES))
    kind = transport_type(scheme, url)
    rest = rest.removeprefix("//")
    where, _, query = (rest, "", "") if kind.raw else rest.partition("?")
    known = {option_name(each): each for each in fields(kind) if "reader" in each.metadata}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=100)
    except ValueError:
        raise UrlError(url, f"{query!r} is no list of options", expected="name=value&name=value") from None
    for name, text in pairs:
        if name not in known:
            raise UrlError(
                url,
                f"{scheme} has no option {name!r}",
                near=near_miss(name, known),
                expected="one of " + ", ".join(known) if known else "no options",
            )
        if known[name].name in values:
            raise UrlError(url, f"option {name!r} is given twice")
        reader: Reader = known[name].metadata["reader"]
        try:
            values[known[name].name] = reader.read(text)
        except ValueError as error:
            why = f": {error}" if str(error) and not str(error).startswith(("invalid", "could not")) else ""
            raise UrlError(url, f"{name}={text}{why}", expected=reader.expected) from None
    try:
        return kind(**kind.at(where if kind.raw else unquote(where), scheme), **values)
    except ValueError as error:
        raise UrlError(url, str(error) or "not a place", expected=kind.form) from None


def transport_type(scheme: str, url: str = "") -> type[Transport]:
    """The class behind a scheme. UrlError for a scheme that there is not; ImportError where its library is missing."""
    if scheme not in MODULES:
        raise UrlError(
            url or scheme,
            f"there is no scheme {scheme!r}",
            near=near_miss(scheme, MODULES),
            expected="one of " + ", ".join(MODULES),
        )
    module = import_module(f"framing.transports.{MODULES[scheme]}")
    found: type[Transport] = module.SCHEMES[scheme]
    return found


def option_name(each: Field[Any]) -> str:
    """The name of an option as it stands in a URL."""
    return each.metadata.get("name") or each.name.replace("_", "-")
