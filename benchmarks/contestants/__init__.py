"""Who is measured, one small file each.

A contestant is made once for a job and prepares what is not to be measured. `fresh` gives what the clock sees: a call that
decodes the whole stream once (or encodes all messages once), as its own documentation has it done, with a decoder that was
made before. `found` does the same and gives the bytes of each frame, so that the frames can be counted against the truth.
Who cannot take part here raises `Missing`; an import that fails says so by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol

from streams import Stream


class Missing(Exception):
    """The contestant cannot take part; the text says why, in a word or two."""


@dataclass(frozen=True)
class Job:
    """What a contestant has to do: a stream, and how many bytes come at a time."""

    stream: Stream
    feed: int
    options: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def chunks(self) -> list[bytes]:
        data, feed = self.stream.data, self.feed
        return [data[at : at + feed] for at in range(0, len(data), feed)]

    @cached_property
    def frames(self) -> list[bytes]:
        """The intact ones."""
        return [self.stream.data[start:end] for start, end in self.stream.intact]


Pass = Callable[[], object]
"""The whole stream, once."""


class Contestant(Protocol):
    """One who decodes or encodes."""

    def fresh(self) -> Pass: ...

    def found(self) -> list[bytes]: ...


def make(name: str, job: Job) -> Contestant:
    """The contestant `module` or `module:Name`."""
    module, _, one = name.partition(":")
    try:
        maker = getattr(import_module(f"contestants.{module}"), one or "Decoding")
    except ModuleNotFoundError as error:
        raise Missing("not installed") from error
    return maker(job)
