"""`framing encode`: one frame from a payload and fields."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framing.bits import pack
from framing.cli.choosing import chosen
from framing.cli.common import MessageName, Misuse, Order, Parameters, bit_order, hint
from framing.cli.reading import opened

if TYPE_CHECKING:
    from framing.layout import FrameFormat
    from framing.messages.message import Message
    from framing.model.parts import Part
    from framing.protocols import Protocol


def encode(
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FIELD=VALUE]...",
            help="Numbers (12, 0x0C), names of an enum, hex digits or @FILE for bytes.",
        ),
    ] = None,
    spec: Annotated[
        str, typer.Option("-f", "--spec", metavar="NAME", help="A shipped spec, one of its formats, or a .toml file.")
    ] = "",
    format: Annotated[
        str, typer.Option("--format", metavar="NAME", help="Which format, where the spec has several.")
    ] = "",
    payload: Annotated[
        str | None,
        typer.Option(metavar="HEX|-|@FILE", help="The payload in hex, or the file that holds it; - is standard input."),
    ] = None,
    text: Annotated[str | None, typer.Option(help="The payload as text, taken as UTF-8.")] = None,
    message: MessageName = "",
    parameter: Parameters = None,
    bits: Order = "",
    hex: Annotated[bool, typer.Option("--hex", help="Write hex digits instead of bytes.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write bytes to a terminal, too.")] = False,
) -> None:
    """Write one frame: lengths, checksums, constants and stuffing are filled in.

    With --bits it is packed, and zeros fill the last byte.
    """
    bit_order(bits)
    definition = picked(chosen([spec] if spec else [], parameter or [])[0], format, message)
    data, given = parts_of(definition, message, payload_of(payload, text), fields or [])
    raw = definition.encode(data, **given)
    if bits:
        raw = packed(raw, bits)
    if hex:
        print(raw.hex())
        return
    if sys.stdout.isatty() and not force:
        raise Misuse("these are bytes and standard output is a terminal: add --hex or --force, or redirect it")
    sys.stdout.flush()
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()


def packed(raw: bytes, order: str) -> bytes:
    """A frame of bits packed in bytes. Raises `Misuse` for one that is not of bits."""
    try:
        return pack(raw, order, pad=0)
    except ValueError:
        raise Misuse("--bits: this format's frames are not of bits, one to a byte") from None


def payload_of(payload: str | None, text: str | None) -> bytes | None:
    """The payload that the options `--payload` and `--text` give; None where neither does."""
    if payload is not None and text is not None:
        raise Misuse("--payload and --text: give one of the two")
    if text is not None:
        return text.encode("utf-8", "surrogateescape")
    return None if payload is None else raw_bytes("--payload", payload)


def parts_of(
    definition: FrameFormat, message: str, payload: bytes | None, texts: Sequence[str]
) -> tuple[bytes | None, dict[str, Any]]:
    """What a frame is made of, as `FrameFormat.encode` takes it, where `message` names its payload's schema or is empty."""
    if not message:
        return payload, assigned(definition, texts)
    if payload is not None:
        raise Misuse("--payload and --text: --message makes the payload of FIELD=VALUE")
    schema = definition.message_named(message)
    own = [text for text in texts if _is_for(schema, definition, text.partition("=")[0])]
    frame = [text.removeprefix(FRAME) for text in texts if text not in own]
    values, given = message_values(schema, own), assigned(definition, frame)
    definition.encode_message(message, values, **given)  # it is that message, and of no other kind
    return definition.compose(message, values, **given)


FRAME = "frame."
"""In front of a name: the frame's field, where the message has one of that name too."""


def _is_for(schema: Message, definition: FrameFormat, name: str) -> bool:
    """Whether a name is the message's: it has it, or neither it nor the frame has."""
    return not name.startswith(FRAME) and (name in schema.names or name not in definition.plan.labels)


def _split(texts: Sequence[str]) -> dict[str, str]:
    """The words `field=value` by their field."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise Misuse(f"{text}: expected FIELD=VALUE")
        if name in found:
            raise Misuse(f"{name}: given twice")
        found[name] = value
    return found


def message_values(schema: Message, texts: Sequence[str]) -> dict[str, Any]:
    """The values that `field=value` words give to a message; lists stand in JSON."""
    from framing.messages.fields import Octets, Repeat, Text

    found: dict[str, Any] = {}
    for name, value in _split(texts).items():
        part = schema.members.get(name)
        if isinstance(part, Repeat):
            found[name] = _list(name, value)
        elif isinstance(part, Octets):
            found[name] = raw_bytes(name, value)
        elif part is None or isinstance(part, Text):
            found[name] = value  # a number in text is taken as it stands there
        else:
            words = getattr(part, "enum", None) or getattr(part, "flags", None)
            found[name] = _number(name, value, bool(words))
    return found


def _list(name: str, text: str) -> Any:
    import json

    try:
        found = json.loads(text)
    except ValueError as error:
        raise Misuse(f"{name}: this is no JSON: {error}") from None
    if not isinstance(found, list):
        raise Misuse(f"{name}: a list in JSON is wanted, such as '[1, 2]' or '[{{\"a\": 1}}]'")
    return found


def _number(name: str, text: str, words: bool) -> Any:
    try:
        return int(text, 10 if text.lstrip("+-").isdigit() else 0)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        if words:
            return text
        raise Misuse(f"{name}: {text!r} is no number") from None


def picked(found: Protocol | FrameFormat, wanted: str, message: str = "") -> FrameFormat:
    """The format of a protocol that `--format` names, the only one that carries a message, or the only one."""
    from framing.layout import FrameFormat

    if isinstance(found, FrameFormat):
        if wanted and wanted not in (found.name, found.full_name):
            raise Misuse(f"--format {wanted}: -f has named {found.full_name} already")
        return found
    carrying = [each for each in found if any(one.name == message for one in each.own_messages)]
    if len(carrying) == 1 and not wanted:
        return carrying[0]
    names = [each.name for each in carrying or found]
    if not wanted and len(names) > 1:
        raise Misuse(f"{found.name} has several formats: add --format {', '.join(names[:-1])} or {names[-1]}")
    try:
        return found[wanted or names[0]]
    except KeyError:
        raise Misuse(f"--format {wanted}: {found.name} has only {', '.join(names)}{hint(wanted, names)}") from None


def assigned(definition: FrameFormat, texts: Sequence[str]) -> dict[str, Any]:
    """The values that `field=value` words give, each of the type that its part has."""
    found: dict[str, Any] = {}
    for name, value in _split(texts).items():
        index = definition.plan.labels.get(name)
        found[name] = value if index is None else _value(definition.plan.parts[index], name, value)
    return found


def _value(part: Part, name: str, text: str) -> Any:
    from framing.model.data import Data
    from framing.model.numbers import Field
    from framing.model.patterns import End, Sync

    if isinstance(part, (Sync, End, Data)):
        return raw_bytes(name, text)
    if isinstance(part, Field) and part.enum is not None and text in part.enum:
        return text
    try:
        if not part.type.integral:
            return float(text)
        return int(text, 10 if text.lstrip("+-").isdigit() else 0)  # base 0 refuses 007
    except ValueError:
        words = f", or one of {', '.join(part.enum)}" if isinstance(part, Field) and part.enum else ""
        raise Misuse(f"{name}: {text!r} is no {'integer' if part.type.integral else 'number'}{words}") from None


def raw_bytes(name: str, text: str) -> bytes:
    """Bytes that are given as hex digits, as `@FILE`, or as `-` for standard input."""
    if text == "-" or text.startswith("@"):
        with opened(text.removeprefix("@")) as source:
            return b"".join(source.chunks())
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Misuse(f"{name}: {text!r} is not hexadecimal; give pairs of hex digits, or @FILE") from None
