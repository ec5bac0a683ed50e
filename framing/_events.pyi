# What Python sees of _events.pyx: `events.Frame` documents it.

from collections.abc import Mapping
from typing import Any

from framing.layout import FrameFormat

class Frame:
    start: int
    end: int
    raw: bytes
    suspect: bool
    def __init__(self, definition: FrameFormat, start: int, raw: bytes, suspect: bool = False) -> None: ...
    @property
    def format(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def kind(self) -> tuple[Any, ...]: ...
    @property
    def message(self) -> Any: ...
    def __getitem__(self, name: str) -> Any: ...
