from __future__ import annotations

import errno
import os
import socket
import time
from typing import Any

import pytest

from framing.transports.links import Arrival, Connected, Disconnected, Link, Reason, Transport, deadline, explain
from framing.transports.steps import Steps, Wait


class Least(Link):
    """A link that does only what it must."""

    name = "least"

    def __init__(self) -> None:
        self.closed = 0

    def receive(self, most: int = 0) -> Arrival | None:
        return None

    def send(self, data: bytes | memoryview) -> int:
        return len(data)

    def close(self) -> None:
        self.closed += 1

    def fileno(self) -> int:
        return 7


class LeastTransport(Transport):
    form = "least:"

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        return {}

    def connect(self, until: float | None = None) -> Steps[Link]:
        yield from ()
        return Least()


def test_a_link_waits_for_its_descriptor() -> None:
    link = Least()
    assert link.readable(3.0) == Wait(7, until=3.0)
    assert link.writable(None) == Wait(7, write=True)


def test_what_a_link_is_unless_it_says_otherwise() -> None:
    link = Least()
    assert link.is_connected() and link.baud is None and link.bits == 10
    with pytest.raises(OSError, match="least has no end of one direction") as caught:
        link.send_eof()
    assert caught.value.errno == errno.EOPNOTSUPP
    link.wake()
    assert link.closed == 1, "where nothing else wakes, closing does"


def test_what_a_transport_is_unless_it_says_otherwise() -> None:
    transport = LeastTransport()
    assert (transport.again, transport.listens, transport.raw) == (True, False, False)
    transport.close()
    with pytest.raises(NotImplementedError, match="least: does not listen"):
        transport.listen()


def test_a_plain_arrival_is_of_the_one_stream_and_now() -> None:
    assert Arrival(b"x") == (b"x", "", None, False, False)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ECONNRESET, Reason.RESET),
        (errno.EPIPE, Reason.RESET),
        (errno.ETIMEDOUT, Reason.TIMEOUT),
        (errno.ECONNREFUSED, Reason.REFUSED),
        (errno.EHOSTUNREACH, Reason.UNREACHABLE),
        (errno.ENETDOWN, Reason.UNREACHABLE),
        (errno.ENODEV, Reason.GONE),
        (errno.EIO, Reason.GONE),
        (errno.EPERM, Reason.ERROR),
    ],
)
def test_errors_of_the_system_have_reasons(number: int, reason: Reason) -> None:
    words = os.strerror(number)
    assert explain(OSError(number, words)) == (reason, words)
    assert Least().reason(OSError(number, words)) == (reason, words)


def test_errors_without_a_number_are_explained_by_their_kind() -> None:
    assert explain(TimeoutError("took too long")) == (Reason.TIMEOUT, "took too long")
    assert explain(socket.gaierror(socket.EAI_NONAME, "no such host")) == (Reason.UNREACHABLE, "no such host")
    assert explain(OSError("odd")) == (Reason.ERROR, "odd")


def test_reasons_are_words() -> None:
    assert {each.value for each in Reason} >= {"end", "reset", "timeout", "closed"}
    assert f"{Reason.RESET}" == "reset"


def test_what_is_said_of_links_can_be_compared() -> None:
    assert Connected("a") == Connected("a", 1) != Connected("a", 2)
    assert Disconnected(Reason.END) != Disconnected(Reason.END, "more")


def test_a_deadline_is_that_far_ahead() -> None:
    assert deadline(None) is None
    before = time.monotonic()
    assert before + 5 <= (deadline(5) or 0) <= time.monotonic() + 5
