"""The tables of options in the guides, made of what the transports say about themselves.

A page marks the place by `<!-- options: tcp tcp-listen -->` or `<!-- schemes -->`, with `<!-- end -->` behind the table.
`python docs/tables.py` names the pages whose tables are not what they would be, and its status is 1 then; `--write` writes them.
"""

from __future__ import annotations

import re
import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from framing.transports import urls
from framing.transports.links import Transport

GUIDES = Path(__file__).resolve().parent / "guides"
MARKED = re.compile(r"(<!-- (?:options: (?P<names>[\w -]+)|schemes) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
SWITCH = "yes or no"


def updated(page: str) -> str:
    """The text of a page with its tables as they are to be."""

    def table(found: re.Match[str]) -> str:
        rows = options(found["names"].split()) if found["names"] else schemes()
        return f"{found[1]}\n{markdown(rows)}\n{found[4]}"

    return MARKED.sub(table, page)


def schemes() -> list[list[str]]:
    """Each scheme: how its URL looks, what it is, and the names of its options."""
    rows = [["scheme", "URL", "what it is", "options"]]
    for scheme in urls.MODULES:
        kind = urls.transport_type(scheme)
        names = " ".join(f"`{urls.option_name(each)}`" for each in options_of(kind))
        rows.append([f"`{scheme}`", form(kind), (kind.__doc__ or "").splitlines()[0], names or "none"])
    return rows


def options(names: list[str]) -> list[list[str]]:
    """The options of these schemes, each once; where some have it and others not, its row says which have it."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for scheme in names:
        for each in options_of(urls.transport_type(scheme)):
            reader = each.metadata["reader"]
            expected = SWITCH if reader is urls.YES_NO else reader.expected
            row = (urls.option_name(each), default_of(each), expected, each.metadata["doc"])
            found.setdefault(row, []).append(scheme)
    rows = [["option", "default", "value", "meaning"]]
    for (name, default, expected, doc), having in found.items():
        only = "" if having == names else f" Only {' and '.join(f'`{each}`' for each in having)}."
        rows.append([f"`{name}`", f"`{default}`" if default else "", expected, doc + only])
    return rows


def options_of(kind: type[Transport]) -> list[Field[Any]]:
    """The fields that the query of a URL sets."""
    return [each for each in fields(kind) if "reader" in each.metadata]  # type: ignore[arg-type]


def default_of(option: Field[Any]) -> str:
    """The default as a URL would state it; nothing where only leaving the option out gives it."""
    reader, value = option.metadata["reader"], option.default
    words = reader.expected.removeprefix("one of ").split(", ") if reader.expected.startswith("one of ") else []
    if value in (None, ""):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    for word in words:
        if reader.read(word) == value:
            return str(word)
    return f"{value:g}" if isinstance(value, float) else str(value)


def form(kind: type[Transport]) -> str:
    """How its URL may look, each way as code."""
    return re.sub(r"(\S+:(?:[^\s,]|,(?! ))*(?: with arguments)?)", r"`\1`", kind.form)


def markdown(rows: list[list[str]]) -> str:
    """A table, the first row its head."""
    head, *rest = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *rest]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines).replace("|  |", "| |")


def main(arguments: list[str]) -> int:
    """The command: checks, or writes."""
    stale = 0
    for path in sorted(GUIDES.glob("*.md")):
        before = path.read_text("utf-8")
        after = updated(before)
        if before == after:
            continue
        if arguments == ["--write"]:
            path.write_text(after, "utf-8")
            continue
        print(f"{path.name}: tables are out of date; python docs/tables.py --write")
        stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
