# What Python sees of _writer.pyx.

from collections.abc import Callable
from typing import Any

from framing.plan import Plan
from framing.writing.quick import Encode

class Writer:
    def __init__(self, plan: Plan, otherwise: Callable[..., bytes]) -> None: ...
    def write(
        self, payload: bytes | None, given: dict[str, Any], counters: dict[str, int] | None = None, /
    ) -> bytes: ...
    @property
    def encode(self) -> Encode: ...
