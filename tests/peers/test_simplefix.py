"""simplefix reads the FIX messages that are written here, and writes what is read here."""

from __future__ import annotations

import random

import pytest

import framing
from framing import Frame

pytest.importorskip("simplefix", reason="simplefix is not installed")

from simplefix import FixMessage, FixParser

VERSIONS = ["FIX.4.0", "FIX.4.2", "FIX.4.4", "FIXT.1.1"]


def some_messages(seed: int) -> list[FixMessage]:
    rolls = random.Random(seed)
    messages = []
    for number in range(300):
        message = FixMessage()
        message.append_pair(8, rolls.choice(VERSIONS))
        message.append_pair(35, rolls.choice("0AD8"))
        message.append_pair(34, number)
        message.append_pair(58, "".join(rolls.choices("abc =|10", k=rolls.choice([2, 50, 400, 2000]))))
        messages.append(message)
    return messages


def test_what_simplefix_writes_is_read_here() -> None:
    sent = [message.encode() for message in some_messages(1)]
    events = framing.decode(b"".join(sent), framing.load("fix"))
    assert [event.raw for event in events if isinstance(event, Frame)] == sent
    assert len(events) == len(sent)


def test_simplefix_reads_what_is_written_here() -> None:
    protocol = framing.load("fix")
    for message in some_messages(2):
        whole = message.encode()
        begin, _, body = whole.partition(b"\x019=")
        _, _, body = body.partition(b"\x01")
        raw = protocol.encode(body[:-7], version=begin[2:])
        assert raw == whole
        parser = FixParser()
        parser.append_buffer(raw)
        assert parser.get_message().encode() == whole
