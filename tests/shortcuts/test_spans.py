"""`framing.shortcuts.spans`: lengths, data and checksums, held against the prober at every place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from framing import Blocks, Checksum, Data, End, Field, FrameFormat, Length, Sync
from framing.checksums import algorithm
from framing.errors import Reason
from framing.model.parts import Part
from framing.shortcuts.answers import reason_of
from framing.shortcuts.shortcut import run, shortcut
from framing.sums.algorithms import Buffer
from prober import holds

NUMBER = Length("n", "u8", of="payload")

LAYOUTS: dict[str, list[Part]] = {
    "length": [Sync("AA"), NUMBER, Data("payload")],
    "of the frame": [Sync("AA"), Length("n", "u8", of="frame", bias=1), Data("payload"), Field("z", "u8")],
    "in words": [Sync("AA"), Length("n", "u8", of="payload", unit=2, bias=-2), Data("payload")],
    "by an expression": [Sync("AA"), Field("k", "u8"), Data("payload", size="k % 3")],
    "read": [Sync("AA"), NUMBER, Data("payload"), Field("z", "u8", equals="sum(payload) & 0xFF")],
    "characters": [Sync("AA"), NUMBER, Data("payload", charset="00-7F")],
    "open": [Sync("AA"), Data("payload"), End("0A")],
    "open, several ends": [Sync("AA"), Data("payload", charset="00-7F"), Checksum("ck", "hex2", "xor-8", over="payload"), End(["0D 0A", "0A"])],
    "blocks": [Sync("AA"), NUMBER, Data("payload", blocks=Blocks(2, "sum-8", "u8"))],
    "checksum": [Sync("AA"), NUMBER, Data("payload"), Checksum("ck", "u8", "xor-8", over="n..payload")],
    "over itself": [Sync("AA"), Checksum("ck", "u8", "sum-8", over="frame"), NUMBER, Data("payload")],
    "hex": [Sync("AA"), NUMBER, Data("payload"), Checksum("ck", "hex2", "xor-8", over="payload")],
    "hqx": [Sync("AA"), NUMBER, Data("payload"), Checksum("ck", "u16le", "CRC-16/GENIBUS", over="payload")],
}  # fmt: skip


BYTES = bytes.fromhex("AA 02 01 03 02 03 AA 00 00 AA 01 61 63 0A AA 01 61 61 62 0D 0A AA 03 01 02 03 06 03 AA 02 33 36 30 35 0A AA FF 80 AA 02 02 61")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_it_says_what_the_prober_says(layout: list[Part]) -> None:
    each = FrameFormat("x", layout)
    assert shortcut(each.plan) is not None
    holds(each, BYTES)


@pytest.mark.parametrize("name", ["of the frame", "checksum", "over itself", "hex", "hqx", "open", "open, several ends", "blocks", "characters"])
def test_what_was_encoded_is_accepted(name: str) -> None:
    each = FrameFormat("x", LAYOUTS[name])
    accept, take = shortcut(each.plan), run(each)
    assert accept is not None and take is not None
    for payload in (b"a", b"abc", b"\x01\x02"):
        raw = each.encode(payload, **({"z": 1} if name == "of the frame" else {}))
        assert accept(raw + b"\x00", 0, len(raw) + 1) == len(raw)
        found: list[object] = []
        assert take(raw * 2, 0, 2 * len(raw), 0, found.append) == 2 * len(raw)
        assert len(found) == 2


@pytest.mark.parametrize("name", ["CRC-16/XMODEM", "CRC-16/GENIBUS", "CRC-16/KERMIT", "CRC-32/ISO-HDLC"])
def test_a_wrong_checksum_is_a_certain_reject(name: str) -> None:
    width = algorithm(name).width // 8
    each = FrameFormat("x", [Sync("AA"), NUMBER, Data("payload"), Checksum("ck", f"u{8 * width}be", name, over="payload")])
    accept = shortcut(each.plan)
    assert accept is not None
    raw = each.encode(b"hello")
    assert accept(raw, 0, len(raw)) == len(raw)
    broken = raw[:-1] + bytes([raw[-1] ^ 1])
    assert reason_of(accept(broken, 0, len(broken))) is Reason.CHECKSUM


def test_a_function_in_the_place_of_a_known_one_is_asked() -> None:
    """A CRC may be called without a detour only where its own function stands."""

    def zero(data: Buffer) -> int:
        return 0

    used = replace(algorithm("CRC-16/XMODEM"), compute=zero)
    each = FrameFormat("x", [Sync("AA"), NUMBER, Data("payload"), Checksum("ck", "u16le", used, over="payload")])
    accept = shortcut(each.plan)
    assert accept is not None
    assert accept(b"\xaa\x01a\x00\x00", 0, 5) == 5


@pytest.mark.parametrize("layout", [
    [Sync("AA"), Field("f", "u8"), Data("a", size=2, if_="f"), NUMBER, Data("payload", blocks=Blocks(2, "sum-8", "u8"), charset="00-7F")],
    [Sync("AA"), NUMBER, Data("payload"), Checksum("ck", "u8", "xor-8", over="payload"), Field("z", "u8", equals="ck")],
], ids=["characters in blocks", "a checksum that is read"])  # fmt: skip
def test_some_spans_are_left_to_the_prober(layout: list[Part]) -> None:
    assert shortcut(FrameFormat("x", layout).plan) is None
