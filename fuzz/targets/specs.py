"""Spec texts: loading gives a protocol or a `SpecError`, and what loads decodes the same on every engine."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import framing
from dice import Dice
from framing import checking
from targets import ROOT
from targets.decoding import alike

WORDS = (
    *('"payload"', '"frame"', '"$x"', '"a..b"', '"sync..payload"', '"u8"', '"u16le"', '"u24be"', '"dec2"', '"bcd4"', '"f32le"', '"uleb128"'),
    *('"B5 62"', '""', '"00"', "[]", "{}", "true", "nan", "inf", "0", "-1", "1", "255", "256", "65535", "4294967296", "1e9", "0x10"),
    *('"n & 3"', '"1 // n"', '"n in (1, 2)"', '"len(payload)"', '"CRC-16/XMODEM"', '"sum-8"', '["01", "02 03"]', '"00-0F"', "1979-05-27"),
    *("if", "equals", "valid", "size", "of", "over", "unit", "bias", "min", "max", "const", "allowed", "counter", "default", "mask", "errors", "as"),
)
PARTS = (
    *('{ sync = "AA" }', '{ sync = ["01 02", "03"] }', '{ field = "n", type = "u8" }', '{ field = "k", type = "u16be", max = 3 }'),
    *('{ length = "size", type = "u8", of = "payload" }', '{ data = "payload" }', '{ data = "more", size = 2 }', '{ end = "0A" }'),
    *('{ checksum = "ck", type = "u16le", algorithm = "CRC-16/XMODEM", over = "frame" }', '{ bits = ["a:4", "b:4"], type = "u8" }'),
    *('{ checksum = "ck", type = "u8", algorithm = "sum-8", over = "payload" }', '{ next = "marker" }', '{ data = "d", size = "n & 3" }'),
)


@cache
def texts() -> list[str]:
    """The shipped specs, without their examples."""
    return [path.read_text("utf-8").partition("[[example]]")[0] for path in sorted((ROOT / "specs").glob("*.toml"))]


def run(data: bytes) -> None:
    """The first byte picks how the rest becomes a text."""
    dice = Dice(data)
    way = dice.take(1) % 4
    if way == 0:
        return as_file(dice.rest())
    if way == 1:
        text = composed(dice)
    else:
        text = texts()[dice.take(1) % len(texts())]
        for _ in range(1 + dice.take(1) % 8):
            text = mutated(dice, text)
    return as_text(text, dice.rest()[:24] or b"\xaa\x00")


def as_file(raw: bytes) -> None:
    """Any bytes as a file: a protocol or a `SpecError`, and a report from `check_spec`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.toml"
        path.write_bytes(raw)
        try:
            framing.load(path)
        except framing.SpecError as error:
            assert str(error) and "\n" not in str(error)
        str(checking.check_spec(path))


def as_text(text: str, stream: bytes) -> None:
    """A text: a protocol or a `SpecError`; a protocol decodes."""
    try:
        protocol = framing.parse(text)
    except framing.SpecError as error:
        assert str(error) and error.message
        return
    for each in protocol:
        assert 1 <= each.min_size <= each.max_size
        str(each)
    alike([protocol], [stream[:5], stream[5:]])


def composed(dice: Dice) -> str:
    """A small spec out of parts that may or may not go together."""
    parts = "".join(f"  {changed(dice, PARTS[dice.take(1) % len(PARTS)])},\n" for _ in range(1 + dice.take(1) % 6))
    head = ["", "max_size = 64\n", "lock = { confirm = 1 }\n", 'transparency = { kind = "slip" }\n', 'transparency = { kind = "cobs" }\n']
    head += ['start = "silence"\n', 'start = ["silence", "chained"]\n', "block = 32\n", 'transparency = { kind = "hdlc", closes = false }\n']
    head += ['kind = ["n"]\n', 'transparency = { kind = "run", closes = false }\n', "max_size = 3\n"]
    heads = "".join(dict.fromkeys(head[dice.take(1) % len(head)] for _ in range(dice.take(1) % 3)))
    return f'name = "x"\n{heads}layout = [\n{parts}]\n[tables]\nrates = {{ 0 = 1, 1 = 2 }}\n'


def changed(dice: Dice, part: str) -> str:
    """A part as it is, or with one key more."""
    choice = dice.take(1)
    if choice < 160:
        return part
    keys = ("if", "equals", "valid", "size", "unit", "bias", "min", "max", "const", "default", "errors", "as", "counter", "charset", "tries", "wire")
    values = ("1", "2", "-1", "0", "true", '"n"', '"n & 1"', '"rates[n]"', '"n > 1"', '"00-03"', '"size"', '"len(payload)"', "300")
    return part[:-2] + f", {keys[choice % len(keys)]} = {values[dice.take(1) % len(values)]} }}"


def mutated(dice: Dice, text: str) -> str:
    """One line gone, twice, from elsewhere, with another word, another digit, or another character."""
    lines = text.split("\n")
    at = dice.take(1) % len(lines)
    way = dice.take(1) % 6
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(at, lines[dice.take(1) % len(lines)])
    elif way == 2:
        other = texts()[dice.take(1) % len(texts())].split("\n")
        lines.insert(at, other[dice.take(1) % len(other)])
    elif way == 3:
        words = lines[at].split(" ")
        words[dice.take(1) % len(words)] = WORDS[dice.take(1) % len(WORDS)]
        lines[at] = " ".join(words)
    elif way == 4 and any(map(str.isdigit, lines[at])):
        places = [place for place, character in enumerate(lines[at]) if character.isdigit()]
        place = places[dice.take(1) % len(places)]
        lines[at] = lines[at][:place] + ("0", "9", "255", "70000", "-", "x")[dice.take(1) % 6] + lines[at][place + 1 :]
    else:
        place = dice.take(1) % (len(lines[at]) + 1)
        lines[at] = lines[at][:place] + chr(dice.take(1)) + lines[at][place + (dice.take(1) & 1) :]
    return "\n".join(lines)
