"""Means to write down by hand what a decoder must give: plain tuples for events, and small formats to decode.

A frame is `(format, start, end)`, with "suspect" behind it where it is. A gap is `(reason, start, end, *rejects)`, each reject
a text such as "toy@3 checksum".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from framing import (
    Checksum,
    Data,
    Decoder,
    End,
    Event,
    Field,
    Frame,
    FrameFormat,
    Length,
    Lock,
    Protocol,
    Sync,
    Transparency,
    compiled,
    spec,
)

Plain = tuple[Any, ...]

TOY = FrameFormat(
    "toy",
    [
        Sync("AA"),
        Length("n", "u8", of="payload"),
        Data("payload"),
        Checksum("sum", "u8", "sum-8", over="n..payload"),
    ],
)
"""Marker, length, payload, checksum; 3 to 258 bytes."""
BARE = FrameFormat("bare", [Sync("BB"), Length("n", "u8", of="payload"), Data("payload")])
"""The same without a checksum."""
SLIP = FrameFormat("slip", [Data("payload")], transparency=Transparency("slip"))
PAIR = FrameFormat("pair", [Sync("CC"), Field("one", "u8", const=1)])
"""Two bytes, CC 01; decided by the second."""
TEXT = FrameFormat("text", [Sync("24"), Data("payload"), End(["0A", "0A 0B"])], max_size=20)
"""Open data up to one of two ends, one of which begins the other."""


def choose(engine: str, patched: pytest.MonkeyPatch) -> None:
    """The engine that decoders use from now on; the test is skipped where there is no such engine."""
    if engine == "native" and not compiled.usable:
        pytest.skip(f"no native engine: {compiled.missing}")
    patched.setenv("FRAMING_ENGINE", engine)


def shipped(name: str) -> Protocol:
    """A shipped protocol; where it takes parameters, with those of its first example."""
    examples = spec.read(name).part("example")["example"]
    return spec.load(name, **(examples[0].parameters if examples else {}))


def toy(payload: bytes) -> bytes:
    """A frame of `TOY`, put together by hand."""
    return bytes([0xAA, len(payload)]) + payload + bytes([(len(payload) + sum(payload)) & 0xFF])


def locked(confirm: int, misses: int = 0, name: str = "lock") -> FrameFormat:
    """Three bytes: DD EE and a number up to 9."""
    return FrameFormat(name, [Sync("DD EE"), Field("x", "u8", max=9)], lock=Lock(confirm, misses))


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def plain(events: Sequence[Event]) -> list[Plain]:
    """Events as they are written in tests."""
    return [
        (event.format, event.start, event.end, *(["suspect"] if event.suspect else []))
        if isinstance(event, Frame)
        else (event.reason.value, event.start, event.end, *(f"{r.format}@{r.offset} {r.reason.value}" for r in event.rejects))
        for event in events
    ]


def arrivals(data: bytes, *protocols: Protocol | FrameFormat, **options: Any) -> list[tuple[int, Plain]]:
    """Each event with the number of bytes after which it came; one more than there are: at the end."""
    decoder = Decoder(*protocols, **options)
    came = [(count + 1, event) for count in range(len(data)) for event in plain(decoder.feed(data[count : count + 1]))]
    return came + [(len(data) + 1, event) for event in plain(decoder.close())]


def check(data: bytes, expected: Sequence[Plain], *protocols: Protocol | FrameFormat, **options: Any) -> None:
    """Decodes the data whole, byte by byte, split at every place, and (where a frame ends it) with noise behind it."""
    decoder = Decoder(*protocols, **options)
    events = decoder.feed(data) + decoder.close()
    assert plain(events) == list(expected)
    assert b"".join(event.raw for event in events) == data
    assert [event for _, event in arrivals(data, *protocols, **options)] == list(expected)
    for cut in range(1, len(data)):
        decoder = Decoder(*protocols, **options)
        assert plain(decoder.feed(data[:cut]) + decoder.feed(data[cut:]) + decoder.close()) == list(expected)


def check_inside(data: bytes, expected: Sequence[Plain], *protocols: Protocol | FrameFormat, **options: Any) -> None:
    """`check`, and the same again with noise behind the data, which changes nothing."""
    check(data, expected, *protocols, **options)
    size = len(data)
    check(data + b"\xf0\xf1", [*expected, ("noise", size, size + 2)], *protocols, **options)
