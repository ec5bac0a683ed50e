"""Whether the compiled parts of this package are in use: settled once, when it is imported.

They are where they were built, unless `FRAMING_ENGINE` asks for `python` or `reference` from the start.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

ENGINES: Final = ("native", "python", "reference")

_asked = os.environ.get("FRAMING_ENGINE", "")


def _why_not() -> str:
    if _asked in ("python", "reference"):
        return f"FRAMING_ENGINE was {_asked} when framing was imported"
    if find_spec("framing._engine") is not None:
        return ""
    note = Path(__file__).with_name("not_built.txt")
    reason = note.read_text(encoding="utf-8").strip() if note.exists() else "no framing._engine for this Python"
    return f"it was not built: {reason}"


missing: Final = _why_not()
"""Why the compiled engine is not used, in words; empty where it is."""

usable: Final = not missing
