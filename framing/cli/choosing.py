"""What options name, looked up: formats and their parameters, a decoder, what to fail on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from framing.cli.common import Misuse, hint
from framing.errors import Reason, SpecError

if TYPE_CHECKING:
    from framing.decoder import Decoder
    from framing.engines import Order
    from framing.layout import FrameFormat
    from framing.protocols import Protocol
    from framing.scanner import Scanner

Made = TypeVar("Made")

FAILURES = ("gap", "suspect", *(each.value for each in Reason if each is not Reason.TRAILING))
"""What `--fail-on` may name. TRAILING never comes out of a stream."""


def chosen(
    specs: Sequence[str], parameters: Sequence[str] = (), placeholders: bool = False
) -> list[Protocol | FrameFormat]:
    """What the `-f` options name. With `placeholders`, parameters that are not given are made up, for looking only."""
    if not specs:
        raise Misuse("no format given; name one with -f, `framing formats` lists them")
    given = _assignments(parameters)
    used: set[str] = set()
    found = [_chosen(text, given, used, placeholders) for text in specs]
    for name in given:
        if name not in used:
            raise Misuse(f"no spec given has a parameter {name!r}")
    return found


def _chosen(text: str, given: dict[str, str], used: set[str], placeholders: bool) -> Protocol | FrameFormat:
    from framing.spec import read

    name, wanted = split(text)
    source = read(name)
    values: dict[str, Any] = {}
    for word, parameter in source.summary().parameters.items():
        if word in given:
            used.add(word)
            try:
                values[word] = parameter.from_text(given[word])
            except SpecError as error:
                raise Misuse(f"-p {word}: {error}") from None
        elif parameter.default is None:
            if not placeholders:
                raise Misuse(f"{name} needs a parameter: -p {word}=VALUE, {parameter.wanted}")
            values[word] = 1 if parameter.size is None else bytes(parameter.size)
    protocol = source.protocol(values)
    if wanted is None:
        return protocol
    names = [each.name for each in protocol]
    if wanted not in names:
        raise Misuse(f"{name} has no format {wanted!r}, only {', '.join(names)}{hint(wanted, names)}")
    return protocol[wanted]


def split(text: str) -> tuple[str, str | None]:
    """The spec and the format in it: `mbus.long` is `long` of `mbus`, `./my.toml.long` that of a file."""
    if text.endswith(".toml") or "/" in text or os.sep in text:
        inside = None if os.path.exists(text) else re.fullmatch(r"(.+\.toml)\.([\w-]+)", text)
        return (inside[1], inside[2]) if inside else (text, None)
    name, _, wanted = text.partition(".")
    return (name, wanted) if name and wanted else (text, None)


def _assignments(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Misuse(f"-p {text}: expected NAME=VALUE")
        found[name] = value
    return found


def decoder_for(specs: Sequence[str], parameters: Sequence[str], order: str, witnesses: int, gap_limit: int) -> Decoder:
    """The decoder that the options ask for."""
    from framing.decoder import Decoder

    return _made(Decoder, specs, parameters, order, witnesses, gap_limit)


def scanner_for(specs: Sequence[str], parameters: Sequence[str], order: str, witnesses: int, gap_limit: int) -> Scanner:
    """The same that gives columns."""
    from framing.scanner import Scanner

    return _made(Scanner, specs, parameters, order, witnesses, gap_limit)


def _made(
    kind: Callable[..., Made], specs: Sequence[str], parameters: Sequence[str], order: str, witnesses: int, gap_limit: int
) -> Made:
    if order not in ("strict", "early"):
        raise Misuse(f"--order {order}: expected strict or early{hint(order, ['strict', 'early'])}")
    wanted: Order = "early" if order == "early" else "strict"
    try:
        return kind(*chosen(specs, parameters), gap_limit=gap_limit, order=wanted, witnesses=witnesses)
    except ValueError as error:
        raise Misuse(str(error)) from None


def failures(words: Sequence[str]) -> frozenset[str]:
    """What `--fail-on` names, checked; several may be given at once, with commas."""
    wanted = [word.strip() for text in words for word in text.split(",") if word.strip()]
    for word in wanted:
        if word not in FAILURES:
            raise Misuse(f"--fail-on {word}: expected one of {', '.join(FAILURES)}{hint(word, FAILURES)}")
    return frozenset(wanted)
