"""socat between two ends of this project: a pair of serial ports, and a command that carries a line."""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import framing
from driven import PATIENCE, arrival, connected, give, take, until_true
from framing.transports.links import Reason

SOCAT = shutil.which("socat")

if SOCAT is None:
    pytest.skip("there is no socat", allow_module_level=True)
pytest.importorskip("serial", reason="pyserial is not installed")


class Pair:
    """Two serial ports that socat has connected."""

    def __init__(self, place: Path) -> None:
        self.ends = place / "one", place / "other"
        self.process = subprocess.Popen([str(SOCAT), *(f"pty,raw,echo=0,link={end}" for end in self.ends)])
        until_true(lambda: all(end.exists() for end in self.ends), "socat made no ports")

    def unplug(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.unplug()


def test_frames_pass_both_ways_at_once(pair: Pair) -> None:
    slip = framing.load("slip")
    links = [connected(f"serial:{end}?baud=115200") for end in pair.ends]
    rolls = random.Random(1)
    sent = [[rolls.randbytes(rolls.randrange(1, 200)) for _ in range(500)] for _ in links]
    got: list[list[bytes]] = [[], []]

    def receive(side: int) -> None:
        decoder = framing.Decoder(slip)
        while len(got[side]) < 500:
            events = decoder.feed(arrival(links[side]).data)
            got[side] += [bytes(each.payload) for each in events if isinstance(each, framing.Frame)]

    def send(side: int) -> None:
        for payload in sent[side]:
            give(links[side], slip.encode(payload))

    threads = [threading.Thread(target=work, args=[side]) for work in (receive, send) for side in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert got == [sent[1], sent[0]]
    for link in links:
        link.close()


def test_when_socat_dies_the_port_is_gone(pair: Pair) -> None:
    link = connected(f"serial:{pair.ends[0]}")
    pair.unplug()
    with pytest.raises(OSError, match="the device is gone") as caught:
        arrival(link)
    assert link.reason(caught.value)[0] is Reason.GONE
    link.close()


def test_a_command_carries_a_line() -> None:
    far = connected("pty:")
    near = connected(f"exec:{SOCAT} - {far.peer},raw,echo=0")  # type: ignore[attr-defined]
    give(far, b"from far")
    assert take(near, 8) == b"from far"
    give(near, b"from near")
    assert take(far, 9) == b"from near"
    near.close()
    far.close()
