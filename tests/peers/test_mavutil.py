"""pymavlink's `mavutil`, as autopilots' ground stations use it: 10,000 messages each way over TCP and over UDP.

It answers each message with one of its own. So neither side gets further ahead than the other can keep up with, which neither
UDP nor `mavutil` (it drops what a socket does not take at once) would see to.
"""

from __future__ import annotations

import json
import random
import struct
import subprocess
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

import framing
from driven import PATIENCE
from framing import Connection, Frame

pytest.importorskip("pymavlink", reason="pymavlink is not installed")

COUNT, FEW = 10_000, 500
AHEAD = 64
"""Messages under way at most: a few KiB, which every socket has room for."""

NAMED_VALUE_INT = 252
MESSAGE = struct.Struct("<Ii10s")  # milliseconds, value, name: trailing zeros are not sent
ME, PEER = dict(sysid=1, compid=1), dict(sysid=2, compid=1)

# Says hello, so that a datagram tells where it is, and doubles each value that comes. At the end it says what it saw.
MAVUTIL = """
import json, os, sys
os.environ["MAVLINK20"] = "1"
from pymavlink import mavutil

where, count = sys.argv[1], int(sys.argv[2])
link = mavutil.mavlink_connection(where, source_system=2, source_component=1)
if where.startswith(("tcpin:", "udpin:")):
    sock = link.listen if where.startswith("tcpin:") else link.port
    print(sock.getsockname()[1], flush=True)
else:
    link.mav.heartbeat_send(6, 8, 0, 0, 0)
values = []
while len(values) < count:
    message = link.recv_match(blocking=True)
    if message.get_type() == "NAMED_VALUE_INT":
        values.append((message.time_boot_ms, message.value, message.name))
        link.mav.named_value_int_send(message.time_boot_ms, message.name.encode(), 2 * message.value)
print(json.dumps({"values": values, "errors": link.mav.total_receive_errors, "lost": link.mav_loss}), flush=True)
sys.stdin.read()
"""


def some_values(count: int) -> list[tuple[int, int, str]]:
    rolls = random.Random(count)
    return [(number, rolls.randrange(-(2**30), 2**30), f"v{number}") for number in range(count)]


def exchange(link: Connection, values: list[tuple[int, int, str]]) -> list[Frame]:
    """Sends the values and returns all frames that come until there is an answer for each."""
    answers: list[Frame] = []
    came = sent = 0
    while came < len(values):
        while sent < min(came + AHEAD, len(values)):
            time, value, name = values[sent]
            payload = MESSAGE.pack(time, value, name.encode()).rstrip(b"\0")
            link.write(payload, "mavlink.v2", timeout=PATIENCE, msgid=NAMED_VALUE_INT, **ME)
            sent += 1
        events = link.read(PATIENCE)
        assert events, f"silence after {came} answers to {sent} messages"
        frames = [event for event in events if isinstance(event, Frame)]
        came += sum(frame["msgid"] == NAMED_VALUE_INT for frame in frames)
        answers += frames
    return answers


@pytest.mark.parametrize(
    ("way", "count"),
    [
        pytest.param("tcp", COUNT, marks=pytest.mark.slow),
        ("tcpin", FEW),
        pytest.param("udpin", COUNT, marks=pytest.mark.slow),
        ("udpout", FEW),
    ],
)
def test_none_is_lost_and_none_invented(way: str, count: int, script: Callable[..., subprocess.Popen[str]]) -> None:
    """`way`: the scheme of mavutil's own. Where it connects we listen, and where it listens we connect."""
    if way in ("tcpin", "udpin"):
        peer = script(MAVUTIL, f"{way}:127.0.0.1:0", count)
        port = int(peer.stdout.readline())  # type: ignore[union-attr]
        link = framing.open(f"{way[:3]}://127.0.0.1:{port}", "mavlink")
    else:
        link = framing.open(f"{way[:3]}-listen://127.0.0.1:0", "mavlink")
        transport: Any = link.transport
        host, port = transport.address
        peer = script(MAVUTIL, f"{way}:{host}:{port}", count)

    values = some_values(count)
    with link:
        if way in ("tcp", "udpout"):
            assert [event["msgid"] for event in link.read(PATIENCE) if isinstance(event, Frame)] == [0], "no heartbeat"
        answers = exchange(link, values)
        seen = json.loads(peer.stdout.readline())  # type: ignore[union-attr]
        assert link.stats.gap_bytes == 0 and link.stats.frames == {"mavlink.v2": count + (way in ("tcp", "udpout"))}

    assert seen == {"values": [list(each) for each in values], "errors": 0, "lost": 0}
    got = [MESSAGE.unpack(bytes(frame.payload).ljust(MESSAGE.size, b"\0")) for frame in answers]
    assert got == [(time, 2 * value, name.encode().ljust(10, b"\0")) for time, value, name in values]
    assert all((frame["sysid"], frame["compid"]) == (PEER["sysid"], PEER["compid"]) for frame in answers)
    assert all((after["seq"] - before["seq"]) % 256 == 1 for before, after in pairwise(answers))
