# What Python sees of _engine.pyx.

from collections.abc import Mapping, Sequence

from framing.engines import Chunk, Numbers
from framing.events import Event
from framing.layout import FrameFormat
from framing.stats import Totals

class Formats:
    definitions: tuple[FrameFormat, ...]
    python: list[tuple[str, str]]
    def __init__(self, groups: Sequence[Sequence[FrameFormat]]) -> None: ...

class Stream:
    name: str
    fallbacks: Mapping[str, str]
    formats: Formats
    @property
    def end(self) -> int: ...
    def feed(self, chunk: Chunk) -> list[Event]: ...
    def close(self) -> list[Event]: ...
    def skim(self, chunk: Chunk) -> None: ...
    def scan(
        self, data: memoryview, starts: Numbers, ends: Numbers, formats: Numbers, reasons: Numbers, final: bool = True
    ) -> None: ...
    def restart(self, origin: int) -> None: ...
    def totals(self) -> Totals: ...

class StrictEngine(Stream):
    def __init__(self, formats: Formats, gap_limit: int, origin: int = 0) -> None: ...

class EarlyEngine(Stream):
    asked: int
    def __init__(self, formats: Formats, gap_limit: int, origin: int = 0, witnesses: int = 2) -> None: ...

def gather(
    data: memoryview,
    origins: Sequence[int],
    formats: Sequence[int],
    offset: int,
    size: int,
    kind: int,
    shift: int,
    mask: int,
    width: int,
    number: int = -2,
) -> bytes: ...
def chosen(formats: Sequence[int], number: int, others: bool = False) -> bytes: ...
def counts(
    starts: Sequence[int], ends: Sequence[int], formats: Sequence[int], reasons: Sequence[int]
) -> dict[tuple[int, int], tuple[int, int]]: ...
def guard_from(spent: int) -> int: ...
