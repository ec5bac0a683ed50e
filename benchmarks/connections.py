"""Many connections at once at full speed: `python benchmarks/connections.py`.

A process sends frames over 200 TCP connections as fast as they are taken. Two others receive, in turns: this project's
`serve` and `FrameStream`, and a bare asyncio reader that decodes nothing. It says what was lost, how memory went, and
which share of the bare reader's rate this project reached, each round compared with the round beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
from functools import partial
from typing import Any

import anyio

import framing
from framing.transports import aio
from measure import ratio

SPEC = """
name = "load"
layout = [
  { sync = "AA 55" },
  { field = "number", type = "u16le", counter = true },
  { length = "size", type = "u16le", of = "payload" },
  { data = "payload" },
  { checksum = "crc", type = "u16le", algorithm = "CRC-16/XMODEM", over = "number..payload" },
]
"""
BLOCK = 1 << 16
"""Bytes that a sender repeats, about: whole frames."""
AT_ONCE = 1 << 18
"""Bytes that a sender offers to a socket at a time."""
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
HOW = {"frames": "FrameStream.read", "events": "async for event", "bare": "StreamReader.read"}
MIB = 1 << 20


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=60, help="that each way of receiving is kept busy")
    options.add_argument("--rounds", type=int, default=6, help="in which the ways take turns")
    options.add_argument("--connections", type=int, default=200)
    options.add_argument("--payload", type=int, default=1024, help="bytes of payload a frame")
    options.add_argument("--backend", choices=("asyncio", "trio"), default="asyncio", help="for FrameStream")
    options.add_argument("--ways", nargs="+", choices=HOW, default=list(HOW))
    options.add_argument("--role", choices=("receive", "send"), help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return options.parse_args()


# --- the process that sends ------------------------------------------------------------------------------------------


def send(given: argparse.Namespace) -> dict[str, Any]:
    """Sends for that many seconds, then each connection up to the end of a block, and says what it sent."""
    encoder = framing.Encoder(framing.parse(SPEC))
    frames = max(1, BLOCK // (given.payload + 8))
    block = memoryview(b"".join(encoder.encode(os.urandom(given.payload)) for _ in range(frames)))
    waiting = selectors.DefaultSelector()
    for _ in range(given.connections):
        sock = socket.create_connection(("127.0.0.1", given.port))
        sock.setblocking(False)
        waiting.register(sock, selectors.EVENT_WRITE, [0])
    blocks = 0
    stop = time.monotonic() + given.seconds
    while waiting.get_map():
        late = time.monotonic() >= stop
        for key, _ in waiting.select():
            place = key.data
            place[0] += key.fileobj.send(block[place[0] : place[0] + AT_ONCE])  # type: ignore[union-attr]
            if place[0] < len(block):
                continue
            place[0] = 0
            blocks += 1
            if late:
                waiting.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
    return {"frames": blocks * frames, "bytes": blocks * len(block)}


# --- the processes that receive --------------------------------------------------------------------------------------


class Round:
    """What came on all connections of a round."""

    def __init__(self, connections: int) -> None:
        self.open = self.connections = connections
        self.begin = self.processor = 0.0
        self.bytes = self.frames = self.gaps = 0

    def started(self) -> None:
        """A connection was accepted."""
        if not self.begin:
            self.begin, self.processor = time.perf_counter(), time.process_time()

    def ended(self) -> None:
        """A connection came to its end; with the last one, the round is told and another one begins."""
        self.open -= 1
        if self.open:
            return
        told = {"bytes": self.bytes, "frames": self.frames, "gaps": self.gaps, "rss": resident()}
        told |= {"seconds": time.perf_counter() - self.begin, "processor": time.process_time() - self.processor}
        print(json.dumps(told), flush=True)
        self.__init__(self.connections)  # type: ignore[misc]


def resident() -> int:
    """Bytes of memory that this process has in use; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * PAGE
    except OSError:
        return 0


async def whole_portions(stream: aio.FrameStream) -> None:
    """Receives as fast as it goes."""
    while True:
        await stream.read()


async def one_by_one(stream: aio.FrameStream) -> None:
    """Receives as it is written most easily."""
    async for _event in stream:
        pass


async def framed(given: argparse.Namespace, receive: Any) -> None:
    """Receives frames until it is ended."""
    current = Round(given.connections)

    async def handle(stream: aio.FrameStream) -> None:
        current.started()
        try:
            await receive(stream)
        except anyio.EndOfStream:
            pass
        current.bytes += stream.stats.bytes_in
        current.frames += sum(stream.stats.frames.values())
        current.gaps += stream.stats.gaps
        current.ended()

    async with anyio.create_task_group() as tasks:
        url = f"tcp-listen://127.0.0.1:0?backlog={given.connections}"
        address = await tasks.start(aio.serve, url, framing.parse(SPEC), handle)
        print(json.dumps({"port": address[1], "engine": framing.engine_name()}), flush=True)


async def bare(given: argparse.Namespace) -> None:
    """Receives bytes until it is ended."""
    current = Round(given.connections)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        current.started()
        while data := await reader.read(65_536):
            current.bytes += len(data)
        writer.close()
        current.ended()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=given.connections)
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "engine": ""}), flush=True)
    await server.serve_forever()


def receive(given: argparse.Namespace) -> None:
    """Receives in the one way that is given."""
    way = given.ways[0]
    if way == "bare":
        asyncio.run(bare(given))
    else:
        anyio.run(partial(framed, given, whole_portions if way == "frames" else one_by_one), backend=given.backend)


# --- taking turns ----------------------------------------------------------------------------------------------------


class Receiver:
    """A process that receives in one way, and what it told of each round."""

    def __init__(self, way: str, given: argparse.Namespace) -> None:
        self.way = way
        self.process = process(given, "receive", "--ways", way)
        self.hello = self.told()
        self.rounds: list[dict[str, Any]] = []
        self.lost = 0

    def told(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.way}: the receiving process failed")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def round(self, given: argparse.Namespace) -> None:
        """One turn of it."""
        seconds = str(given.seconds / given.rounds)
        with process(given, "send", "--port", str(self.hello["port"]), "--seconds", seconds) as sender:
            result = self.told()
            assert sender.stdout
            sent = json.loads(sender.stdout.read())
        self.rounds.append(result)
        self.lost += abs(sent["bytes"] - result["bytes"])
        if self.way != "bare":
            self.lost += abs(sent["frames"] - result["frames"]) + result["gaps"]


def process(given: argparse.Namespace, role: str, *more: str) -> subprocess.Popen[str]:
    common = ["--connections", str(given.connections), "--payload", str(given.payload), "--backend", given.backend]
    command = [sys.executable, __file__, "--role", role, *common, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def main() -> int:
    given = arguments()
    if given.role == "receive":
        receive(given)
    elif given.role == "send":
        print(json.dumps(send(given)))
    else:
        return compare(given)
    return 0


def compare(given: argparse.Namespace) -> int:
    """All ways in turns; 1 where something was lost."""
    ways = [Receiver(way, given) for way in dict.fromkeys([*given.ways, "bare"])]
    try:
        for number in range(given.rounds):
            turn = number % len(ways)
            for way in ways[turn:] + ways[:turn]:
                way.round(given)
    finally:
        for way in ways:
            way.process.terminate()
            way.process.wait()
            assert way.process.stdout
            way.process.stdout.close()
    print(f"{given.connections} connections, {given.payload} bytes of payload a frame, {given.backend}, ", end="")
    print(f"engine {ways[0].hello['engine']}, {given.rounds} rounds, {given.seconds:g} s each way")
    for way in ways:
        print(row(way, ways[-1]))
    return int(any(way.lost for way in ways))


def row(way: Receiver, other: Receiver) -> str:
    """One line: rates, shares of the other's, memory after the first round and at most, and what went missing."""
    rate, effort = ([each["bytes"] / each[clock] for each in way.rounds] for clock in ("seconds", "processor"))
    rates, efforts = ([each["bytes"] / each[clock] for each in other.rounds] for clock in ("seconds", "processor"))
    memory = [each["rss"] / MIB for each in way.rounds]
    return (
        f"{HOW[way.way]:18} {statistics.median(rate) / MIB:7,.0f} MiB/s, {100 * (ratio(rate, rates) or 0):4.0f} % of bare "
        f"({100 * (ratio(effort, efforts) or 0):4.0f} % by processor time), memory {memory[0]:.1f} MiB after the first round, "
        f"{max(memory):.1f} at most, lost {way.lost} of {sum(each['bytes'] for each in way.rounds):,} bytes"
    )


if __name__ == "__main__":
    raise SystemExit(main())
