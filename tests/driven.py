"""Links driven by hand, without a session: what the tests of single links share."""

from __future__ import annotations

import time
from collections.abc import Callable

from framing.transports import urls
from framing.transports.links import Arrival, Link
from framing.transports.steps import Steps, Wait, run

PATIENCE = 30.0
"""Seconds after which something that does not come is missing."""


def connected(url: str) -> Link:
    """The link behind a URL."""
    return run(urls.transport(url).connect(time.monotonic() + PATIENCE))


def give(link: Link, data: bytes) -> None:
    """Sends all of it."""
    run(_give(link, data))


def _give(link: Link, data: bytes) -> Steps[None]:
    until = time.monotonic() + PATIENCE
    rest = memoryview(data)
    while rest:
        rest = rest[link.send(rest) :]
        assert time.monotonic() < until, f"{len(rest)} bytes could not be sent"
        wait = link.writable(until) if rest else None
        if wait:
            yield wait


def arrival(link: Link) -> Arrival:
    """The next arrival. AssertionError where none comes."""
    return run(_arrival(link))


def _arrival(link: Link) -> Steps[Arrival]:
    until = time.monotonic() + PATIENCE
    while True:
        found = link.receive()
        if found is not None:
            return found
        assert time.monotonic() < until, "nothing arrived"
        wait: Wait | None = link.readable(until)
        if wait:
            yield wait


def take(link: Link, count: int) -> bytes:
    """That many bytes, or fewer where the link ends before."""
    data = b""
    while len(data) < count:
        found = arrival(link)
        data += found.data
        if found.ends:
            break
    return data


def take_all(link: Link) -> bytes:
    """Everything up to the end of the link."""
    data = b""
    while True:
        found = arrival(link)
        data += found.data
        if found.ends:
            return data


def until_true(true: Callable[[], object], what: str) -> None:
    """Waits until something holds that nothing can be waited on for. AssertionError if it never does."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.005)
