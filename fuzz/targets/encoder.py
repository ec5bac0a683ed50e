"""The encoder: what it writes decodes to what went in; all writers write the same; anything else is an `EncodeError`."""

from __future__ import annotations

from typing import Any

import generate
from dice import Dice
from framing import EncodeError, Encoder, Frame, FrameFormat
from framing.decoder import Decoder
from framing.model.traits import names_of
from framing.writing.quick import generated, writer
from framing.writing.writer import write

ODD: tuple[Any, ...] = (None, True, -1, 0, 1, 2, 3, 255, 256, 65_536, 1 << 64, -(1 << 63), 1.5, float("nan"), float("inf"), b"", b"\x01\x02", "1", "é", [1], object())
PAYLOADS: tuple[Any, ...] = (None, b"", b"\x00", b"\x01\x02\x03", bytes(300), bytearray(b"\x01"), memoryview(b"\x02\x03"), "text", 3)


def run(data: bytes) -> None:
    """A format; a frame of it that goes there and back; then odd values."""
    dice = Dice(data)
    each = generate.frame_format(dice, state=True)
    raw, payload, fields = generate.frame(dice, each)
    if raw:
        frame = each.decode(raw)
        assert frame.raw == raw
        assert frame.payload == (payload or b"")
        again = each.encode(frame.payload, **frame.fields)
        assert again == raw, f"{each.layout} {each.transparency}: {raw.hex()} encodes again to {again.hex()}"
        through_a_stream(each, payload, fields)
    odd(dice, each)


def through_a_stream(each: FrameFormat, payload: bytes | None, fields: dict[str, Any]) -> None:
    """What an `Encoder` writes, a `Decoder` finds."""
    encoder = Encoder(each)
    wire = b""
    for _ in range(3):
        try:
            wire += encoder.encode(payload, **fields)
        except EncodeError:
            return
    if each.plan.follow is not None or each.places != ("anywhere",) or each.block or each.lock:
        return
    decoder = Decoder(each)
    events = decoder.feed(wire) + decoder.close()
    assert b"".join(event.raw for event in events) == wire
    assert events and any(isinstance(event, Frame) for event in events), f"{each.layout} {each.transparency}: no frame in {wire.hex()}"


def odd(dice: Dice, each: FrameFormat) -> None:
    """Odd names and values: the writers agree on the bytes or on the error."""
    names = [name for part in each.layout for name in names_of(part)] + ["nobody", "payload"]
    given = {names[dice.take(1) % len(names)]: ODD[dice.take(1) % len(ODD)] for _ in range(dice.take(1) % 5)}
    payload = PAYLOADS[dice.take(1) % len(PAYLOADS)]
    outcomes = []
    for way in (lambda *some: write(each.plan, *some), generated(each.plan), writer(each.plan)):
        try:
            outcomes.append((way(payload, dict(given)), ""))
        except EncodeError as error:
            outcomes.append((b"", str(error)))
        except TypeError as error:
            assert not isinstance(payload, (bytes, bytearray, memoryview, type(None))) or given, error
            outcomes.append((b"", "type"))
    assert outcomes[0] == outcomes[1] == outcomes[2], f"{each.layout} {each.transparency} {payload!r} {given!r}: {outcomes}"
