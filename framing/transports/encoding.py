"""Which format a payload is written in, where a link carries several: encoders by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from framing.encoder import Encoder
from framing.engines import Formats
from framing.errors import near_miss
from framing.layout import FrameFormat
from framing.protocols import Protocol


class Encoders:
    """One encoder a protocol. Formats go by their protocol's name, their full name, or their own where it is unique."""

    def __init__(self, protocols: Iterable[Formats]) -> None:
        self._encoders: list[Encoder] = []
        self._named: dict[str, tuple[Encoder, str | None]] = {}
        own: dict[str, list[tuple[Encoder, str | None]]] = {}
        for each in protocols:
            encoder = Encoder(each)
            self._encoders.append(encoder)
            self._named.setdefault(_name(each), (encoder, None))
            if isinstance(each, Protocol) and len(each) > 1:
                for one in each:
                    self._named.setdefault(one.full_name, (encoder, one.name))
                    own.setdefault(one.name, []).append((encoder, one.name))
        for name, found in own.items():
            if len(found) == 1:
                self._named.setdefault(name, found[0])

    def encode(self, payload: bytes | None, format: Formats | str | None, fields: dict[str, Any]) -> bytes:  # noqa: A002
        """One frame. Raises `EncodeError`, which uses no counter up, and `ValueError` where no one format is meant."""
        if format is None:
            if len(self._encoders) > 1:
                raise ValueError(f"there are several formats: give format={' or '.join(self._named)}")
            return self._encoders[0].encode(payload, **fields)
        name = format if isinstance(format, str) else _name(format)
        if name not in self._named:
            near = near_miss(name, self._named)
            hint = f"; did you mean {near!r}?" if near else ""
            raise ValueError(f"there is no format {name!r} here{hint} (expected {' or '.join(self._named)})")
        encoder, one = self._named[name]
        return encoder.encode(payload, **(fields if one is None else fields | {"format": one}))

    def idle(self) -> None:
        """The line was silent, or it is another one: delimited frames are opened by a delimiter again."""
        for each in self._encoders:
            each.idle()


def _name(protocol: Formats) -> str:
    return protocol.full_name if isinstance(protocol, FrameFormat) else protocol.name
