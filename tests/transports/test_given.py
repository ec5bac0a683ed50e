"""Links that somebody else has opened."""

from __future__ import annotations

import math
import socket

import anyio
import pytest
from anyio.streams.stapled import StapledObjectStream

from framing.transports.given import ByteStreamLink, Given
from framing.transports.links import Arrival
from framing.transports.loops import arun
from framing.transports.steps import Steps, run
from framing.transports.stream_socket import StreamLink

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def looped(size: float = math.inf) -> StapledObjectStream[bytes]:
    """What is sent comes back."""
    send, receive = anyio.create_memory_object_stream[bytes](size)
    return StapledObjectStream(send, receive)


def awaited(link: ByteStreamLink, write: bool = False) -> Steps[bool]:
    return (yield link.writable(None) if write else link.readable(None))


def test_a_given_link_is_connected_at_once_and_only_once() -> None:
    one, other = socket.socketpair()
    with other:
        link = StreamLink(one, "one")
        transport = Given(link)
        assert run(transport.connect()) is link
        assert not transport.again
        link.close()


def test_no_url_leads_to_it() -> None:
    with pytest.raises(ValueError, match="no URL"):
        Given.at("", "")


async def test_bytes_come_as_the_stream_gives_them_and_then_the_end() -> None:
    stream = looped()
    link = ByteStreamLink(stream)
    assert link.receive() is None
    await stream.send(b"abc")
    assert await arun(awaited(link))
    assert link.receive() == Arrival(b"abc")
    assert link.receive() is None
    await stream.send_stream.aclose()
    assert await arun(awaited(link))
    assert link.receive() == Arrival(b"", ends=True)
    await stream.aclose()


async def test_bytes_are_taken_when_the_stream_has_taken_them() -> None:
    stream = looped()
    link = ByteStreamLink(stream)
    assert link.send(b"abc") == 0
    assert await arun(awaited(link, write=True))
    assert link.send(b"abc") == 3
    assert await stream.receive() == b"abc"
    assert link.send(b"de") == 0
    await stream.aclose()


async def test_a_stream_that_broke_or_was_closed_is_an_os_error() -> None:
    stream = looped()
    link = ByteStreamLink(stream)
    await stream.aclose()
    assert await arun(awaited(link))
    with pytest.raises(ConnectionResetError):
        link.receive()
    with pytest.raises(ConnectionResetError):
        link.send(b"x")


async def test_the_error_of_the_system_is_kept() -> None:
    class Broken(StapledObjectStream[bytes]):
        async def send(self, item: bytes) -> None:
            raise anyio.BrokenResourceError from BrokenPipeError(32, "Broken pipe")

    stream = looped()
    link = ByteStreamLink(Broken(stream.send_stream, stream.receive_stream))
    assert link.send(b"x") == 0
    assert await arun(awaited(link, write=True))
    with pytest.raises(BrokenPipeError):
        link.send(b"x")
    await stream.aclose()


async def test_it_knows_no_descriptor() -> None:
    async with looped() as stream:
        assert ByteStreamLink(stream).fileno() == -1
