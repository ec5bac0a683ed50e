"""The table of all shipped formats, made of the specs themselves.

`python docs/catalogue.py` prints whether `docs/catalogue.md` is what it would be, and its status is 1 where not; `--write` writes it.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from framing.cli import words
from framing.cli.formats import shipped_protocols
from framing.layout import FrameFormat
from framing.model.data import Data
from framing.model.numbers import Length
from framing.protocols import Protocol

PAGE = Path(__file__).resolve().with_suffix(".md")

INTRODUCTION = """# The catalogue

{specs} specs with {formats} formats ship with the package. `framing show NAME` draws a format and says what each part means;
`framing check NAME` tries its examples. This page is made by `python docs/catalogue.py --write`.

- **ends by**: what tells the end of a frame; `fixed` is always the same size, `next` is what follows the frame.
- **stuffing**: how the payload is kept from looking like a marker or delimiter.
- **largest**: bytes of the largest frame. Parameters that a mission or a device fixes are at their defaults.
- **stall**: how many bytes a decoder in strict order may wait for at most, where a broken length promises them. A checksum of
  the header that covers the length is looked at first: then it is the header. Delimited frames end at the next delimiter.
- **examples**: how many frames the spec is held against, and how many of them were put together by hand, as no published ones were found.
"""


def page() -> str:
    """The whole page."""
    protocols = sorted(shipped_protocols(), key=lambda each: (each.family, each.name))
    out = [INTRODUCTION.format(specs=len(protocols), formats=sum(map(len, protocols)))]
    for family, members in groupby(protocols, key=lambda each: each.family):
        out.append(f"## {family.capitalize()}\n")
        out += ["| format | what it is | marker | ends by | stuffing | checksum | largest | stall | examples |"]
        out += ["|---|---|---|---|---|---|---:|---:|---:|"]
        for protocol in members:
            out += [row(protocol, each) for each in protocol]
        out.append("")
    return "\n".join(out)


def row(protocol: Protocol, each: FrameFormat) -> str:
    """One format."""
    title = protocol.title if len(protocol) == 1 else f"{protocol.title}: {each.title or each.name}"
    found = words.markers(each)
    marker = "; ".join(f"`{one}`" for one in found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    sums = ", ".join(dict.fromkeys(words.short(one) for one in words.algorithms(each)))
    cells = [
        f"`{each.full_name}`", title, marker, words.extent(each), each.transparency.kind if each.transparency else "", sums,
        f"{each.max_size:,}", stall(each), examples(protocol, each),
    ]  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def stall(each: FrameFormat) -> str:
    """The bytes for which a broken length can make a decoder wait."""
    plan = each.plan
    if words.extent(each) == "delimiter":
        return "to the delimiter"
    guarded = header_check(each)
    size = each.max_size if guarded is None else sum(high for _, high in plan.sizes[: guarded + 1])
    return f"{size:,}"


def header_check(each: FrameFormat) -> int | None:
    """The checksum that covers every length and stands in front of all data; None where there is none."""
    parts = each.plan.parts
    lengths = [index for index, part in enumerate(parts) if isinstance(part, Length)]
    data = next((index for index, part in enumerate(parts) if isinstance(part, Data)), len(parts))
    for own, (first, last) in each.plan.overs.items():
        if lengths and max(own, last) < data and first <= lengths[0] and lengths[-1] <= last:
            return own
    return None


def examples(protocol: Protocol, each: FrameFormat) -> str:
    """How many, and how many of them by hand."""
    own = [one for one in protocol.examples if len(protocol) == 1 or one.format == each.name]
    by_hand = sum(one.hand_built for one in own)
    return f"{len(own)}" + (f", {by_hand} by hand" if by_hand else "")


def main() -> int:
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), "utf-8")
        return 0
    right = PAGE.exists() and PAGE.read_text("utf-8") == page()
    print("docs/catalogue.md is as the specs say" if right else "docs/catalogue.md is not as the specs say: --write")
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
