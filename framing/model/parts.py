"""The parts of a layout: sync, field, bits, length, data, checksum, end, next.

Each class is one row of the spec language. A part is frozen and checked on its own; what holds between parts is checked
when a `FrameFormat` puts them together.
"""

from __future__ import annotations

from typing import Any

from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Bits, Field, Length
from framing.model.patterns import End, Next, Sync

Part = Sync | Field | Bits | Length | Data | Checksum | End
"""What takes bytes of the frame."""
AnyPart = Part | Next
PARTS: dict[str, type[Any]] = {
    "sync": Sync,
    "field": Field,
    "bits": Bits,
    "length": Length,
    "data": Data,
    "checksum": Checksum,
    "end": End,
    "next": Next,
}
"""The key that names a part in TOML, and its class. `length` also stands in `bits`, which is looked for first."""
