"""What links on sockets share: closing while others use them."""

from __future__ import annotations

import socket
import threading

import pytest

from driven import PATIENCE
from framing.transports.links import Link, Reason
from framing.transports.steps import ready
from framing.transports.stream_socket import StreamLink
from framing.transports.udp import UdpLink, UdpPeersLink


def stream() -> tuple[Link, socket.socket]:
    ours, theirs = socket.socketpair()
    return StreamLink(ours, "pair"), theirs


def datagrams() -> tuple[Link, socket.socket]:
    ours, theirs = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    theirs.bind(("127.0.0.1", 0))
    ours.connect(theirs.getsockname())
    return UdpLink(ours, "pair", alone=False), theirs


def peers() -> tuple[Link, socket.socket]:
    ours, theirs = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    ours.bind(("127.0.0.1", 0))
    return UdpPeersLink(ours, "pair", alone=False), theirs


KINDS = pytest.mark.parametrize("kind", [stream, datagrams, peers])
WAYS = pytest.mark.parametrize("way", ["close", "wake"])


@KINDS
@WAYS
def test_a_waiting_reader_wakes_up(kind: object, way: str) -> None:
    link, peer = kind()  # type: ignore[operator]
    waiting, outcome = threading.Event(), []

    def read() -> None:
        wait = link.readable(None)
        waiting.set()
        outcome.append(ready(wait))
        try:
            link.receive()
        except OSError as error:
            outcome.append(link.reason(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert waiting.wait(PATIENCE)
    getattr(link, way)()
    thread.join(PATIENCE)
    assert outcome == [True, (Reason.CLOSED, "closed by this side")]
    link.close()
    peer.close()


def test_a_waiting_writer_wakes_up() -> None:
    link, peer = stream()
    while link.send(bytes(65_536)):
        pass
    waiting, outcome = threading.Event(), []

    def write() -> None:
        wait = link.writable(None)
        assert wait
        waiting.set()
        outcome.append(ready(wait))

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    assert waiting.wait(PATIENCE)
    link.close()
    thread.join(PATIENCE)
    assert outcome == [True]
    peer.close()


@KINDS
@WAYS
def test_nothing_more_comes_or_goes(kind: object, way: str) -> None:
    link, peer = kind()  # type: ignore[operator]
    getattr(link, way)()
    for use in (link.receive, lambda: link.send(b"x")):
        with pytest.raises(OSError, match="closed by this side") as caught:
            use()
        assert link.reason(caught.value)[0] is Reason.CLOSED
    assert link.readable(None) is None
    assert link.writable(None) is None
    assert not link.is_connected()
    link.close()
    link.close()
    assert link.fileno() == -1
    peer.close()


def test_nothing_there_is_no_error() -> None:
    for kind in (stream, datagrams, peers):
        link, peer = kind()
        assert link.receive() is None
        link.close()
        peer.close()
