"""Descriptors that others close, and waits that end then."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator

import pytest

from driven import PATIENCE, arrival, give, take
from framing.transports.descriptors import DescriptorLink, is_ready
from framing.transports.links import Reason
from framing.transports.steps import Wait, ready

if os.name != "posix":
    pytest.skip("pipes cannot be waited for here", allow_module_level=True)


@pytest.fixture
def link() -> Iterator[DescriptorLink]:
    """A pipe, both ends on one link: what is sent arrives."""
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    os.set_blocking(writes, False)
    link = DescriptorLink("pipe", reads, writes)
    yield link
    link.close()


def test_bytes_arrive(link: DescriptorLink) -> None:
    assert link.receive() is None
    give(link, b"hello")
    assert take(link, 5) == b"hello"


def test_no_more_is_received_than_asked_for(link: DescriptorLink) -> None:
    give(link, b"hello")
    assert [link.receive(2), link.receive(), link.receive()] == [(b"he", "", None, False, False), (b"llo", "", None, False, False), None]


def test_what_does_not_fit_must_wait(link: DescriptorLink) -> None:
    sent = 0
    while taken := link.send(bytes(4096)):
        sent += taken
    wait = link.writable(0.0)
    assert wait and not ready(wait)
    assert len(take(link, sent)) == sent
    wait = link.writable(None)
    assert wait and ready(wait)


def test_the_end_is_said() -> None:
    reads, writes = os.pipe()
    os.close(writes)
    ended = DescriptorLink("pipe", reads, reads)
    assert arrival(ended).ends
    assert arrival(ended).ends
    ended.close()


def test_closing_wakes_who_waits_to_read(link: DescriptorLink) -> None:
    _wakes(link, link.readable(time.monotonic() + PATIENCE))


def test_closing_wakes_who_waits_to_write(link: DescriptorLink) -> None:
    while link.send(bytes(4096)):
        pass
    _wakes(link, link.writable(time.monotonic() + PATIENCE))


def test_closing_wakes_who_waits_for_nothing_else(link: DescriptorLink) -> None:
    _wakes(link, link._forever(time.monotonic() + PATIENCE))


def _wakes(link: DescriptorLink, wait: Wait | None) -> None:
    assert wait
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(ready(wait)))
    waiting.start()
    link.close()
    waiting.join(PATIENCE)
    assert woken == [True]
    assert link.readable(None) is None
    assert link.writable(None) is None


def test_who_comes_after_closing_is_told(link: DescriptorLink) -> None:
    link.close()
    link.close()
    assert not link.is_connected()
    for use in (link.receive, lambda: link.send(b"x")):
        with pytest.raises(OSError, match="closed by this side") as caught:
            use()
        assert caught.value.errno == errno.EBADF
        assert link.reason(caught.value)[0] is Reason.CLOSED


def test_closing_in_mid_read_touches_no_descriptor_of_others() -> None:
    for _ in range(200):
        reads, writes = os.pipe()
        os.set_blocking(reads, False)
        link = DescriptorLink("pipe", reads, writes)
        errors: list[OSError] = []

        def read(link: DescriptorLink = link, errors: list[OSError] = errors) -> None:
            try:
                while link.receive() is None:
                    pass
            except OSError as error:
                errors.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        link.close()
        ours, theirs = os.pipe()  # takes the numbers that became free
        os.write(theirs, b"not for the link")
        reader.join()
        assert os.read(ours, 100) == b"not for the link"
        os.close(ours)
        os.close(theirs)
        assert link.reason(errors[0])[0] is Reason.CLOSED


def test_a_descriptor_is_asked_without_waiting() -> None:
    reads, writes = os.pipe()
    assert not is_ready(reads)
    assert is_ready(writes, write=True)
    os.close(writes)
    assert is_ready(reads)
    os.close(reads)
