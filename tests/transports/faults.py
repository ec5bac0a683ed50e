"""Faults between two ends of a link, by seed, with the truth of what survived them.

`plan` says what happens to the frames of a sender on each of several connections: `FaultProxy` does it to real TCP
connections, `scripted.ScriptedLink` plays it without any. A frame has survived where all its bytes arrive, undamaged and
together, on one connection; nothing else may come out at the other end.
"""

from __future__ import annotations

import contextlib
import fcntl
import select
import socket
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from types import TracebackType

PATIENCE = 60.0
"""Seconds after which the proxy takes something for hanging."""


@dataclass
class Passage:
    """What one connection delivers: pieces, each so many seconds after the one before, and how it ends."""

    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    reset: bool = False
    survivors: list[int] = field(default_factory=list)
    """The numbers of the frames that arrive whole, in order."""
    runs: list[list[int]] = field(default_factory=list)
    """The same, those together that stand back to back."""

    @property
    def data(self) -> bytes:
        return b"".join(raw for _, raw in self.pieces)


def plan(frames: Sequence[bytes], seed: int, *, damage: bool = True, stall: float = 100.0) -> list[Passage]:
    """What becomes of the frames: each is sent at most once, on connections that come in any order.

    `damage`: whether anything is changed, lost or added within a connection; a format without a checksum cannot tell.
    `stall`: seconds that the longest pause takes.
    """
    dice = Random(seed)
    cuts = sorted(dice.sample(range(len(frames) + 1), dice.randint(0, min(8, len(frames)))))
    numbers = range(len(frames))
    shares = [list(numbers[at:end]) for at, end in zip([0, *cuts], [*cuts, len(frames)], strict=True)]
    if dice.random() < 0.3:
        dice.shuffle(shares)  # connections that overtake each other
    rate = dice.choice([0.0, 0.05, 0.3]) if damage else 0.0
    rest = b""
    passages = []
    for share in shares:
        spans = list(damaged(frames, share, rate, dice))
        if rest and dice.random() < 0.8:  # the connection goes on where the last one was cut
            spans.insert(0, rest)
        spans, rest = cut(spans, dice)
        passages.append(passage(spans, frames, dice, stall))
    return passages


def damaged(frames: Sequence[bytes], share: Sequence[int], rate: float, dice: Random) -> Iterator[bytes]:
    """The frames as they come through, one in `1 / rate` of them with something wrong."""
    for raw in (frames[number] for number in share):
        if dice.random() >= rate:
            yield raw
            continue
        at = dice.randrange(len(raw))
        behind = dice.randrange(at, len(raw)) + 1
        fault = dice.choice(("flip", "lose", "within", "before", "half", "twice the start"))
        if fault == "flip":
            yield raw[:at] + bytes([raw[at] ^ 1 << dice.randrange(8)]) + raw[at + 1 :]
        elif fault == "lose":
            yield raw[:at] + raw[behind:]
        elif fault == "within":
            yield raw[:at] + noise(raw, dice) + raw[at:]
        elif fault == "before":
            yield noise(raw, dice) + raw
        elif fault == "half":
            yield raw[:at]
        else:
            yield raw[:at] + raw


def noise(raw: bytes, dice: Random) -> bytes:
    """Bytes that mean nothing, some of which look like the beginning of a frame."""
    made = dice.randbytes(dice.randint(1, 40))
    return made + raw[: dice.randint(0, 3)] if dice.random() < 0.5 else made


def cut(spans: list[bytes], dice: Random) -> tuple[list[bytes], bytes]:
    """What arrives of them before the connection is cut, and the rest of the span in which it is."""
    if not spans or dice.random() < 0.3:
        return spans, b""
    last = dice.randrange(len(spans))
    at = dice.randint(0, len(spans[last]))
    return [*spans[:last], spans[last][:at]], spans[last][at:] if at else b""


def passage(spans: Sequence[bytes], frames: Sequence[bytes], dice: Random, stall: float) -> Passage:
    """The spans in segments, with pauses, and an end of one kind or the other.

    A frame has survived where its bytes stand in the whole, by whatever accident: a lost byte may be made up for by the next.
    """
    made = Passage(reset=dice.random() < 0.5)
    data = b"".join(spans)
    end = -1
    for start, number in sorted((data.find(raw), number) for number, raw in enumerate(frames)):
        if start < max(end, 0):  # not there, or its first bytes are the last ones of another frame
            continue
        if start == end:
            made.runs[-1].append(number)
        else:
            made.runs.append([number])
        made.survivors.append(number)
        end = start + len(frames[number])
    most = dice.choice([1, 7, 100, 3000, 100_000])
    at = 0
    while at < len(data):
        size = dice.randint(1, most)
        pause = stall * dice.random() ** 4 if dice.random() < 0.02 else 0.0
        made.pieces.append((pause, data[at : at + size]))
        at += size
    return made


class FaultProxy:
    """A TCP proxy that takes what one end sends and gives it to the other end as the passages say, one a connection.

    What comes from the sender is held against the frames of the plan before it is passed on. `url` is where the other end
    connects to, as often as there are passages; later it is refused.
    """

    def __init__(self, upstream: Callable[[], bytes], passages: Sequence[Passage], sent: bytes) -> None:
        self._upstream = upstream
        self._passages = passages
        self._sent = sent
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self._thread = threading.Thread(target=self._work)
        self._raised: BaseException | None = None
        self.url = f"tcp://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        if kind is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._socket.close()
        if self._raised is not None and kind is None:
            raise self._raised

    def _work(self) -> None:
        try:
            assert self._upstream() == self._sent
            for each in self._passages:
                self._pass(each)
        except BaseException as error:
            self._raised = error
        finally:
            self._socket.close()

    def _pass(self, passage: Passage) -> None:
        sock, _ = self._socket.accept()
        with sock:
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pause, raw in passage.pieces:
                if pause:
                    select.select([], [], [], pause)  # the fault itself, nobody waits for anything
                sock.sendall(raw)
            if passage.reset:
                wait_until_acknowledged(sock)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def wait_until_acknowledged(sock: socket.socket) -> None:
    """Until everything sent is in the other side's hands, so that a reset takes nothing away."""
    over = time.monotonic() + PATIENCE
    while struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]:
        assert time.monotonic() < over
        select.select([sock], [], [], 0.001)
