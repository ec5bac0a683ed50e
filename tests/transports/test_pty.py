"""Pseudo terminals, with another program's view on them: the path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from driven import connected, give, take, until_true
from framing.transports import urls
from framing.transports.pty import PtyLink

pytest.importorskip("termios", reason="this system has no pseudo terminals")


def opened(path: str) -> int:
    """The peer's end, as a program opens it."""
    return os.open(path, os.O_RDWR | os.O_NOCTTY)


def made(url: str) -> PtyLink:
    link = connected(url)
    assert isinstance(link, PtyLink)
    return link


def test_every_byte_passes_both_ways() -> None:
    link = made("pty:")
    peer = opened(link.peer)
    every = bytes(range(256))
    os.write(peer, every)
    assert take(link, 256) == every
    give(link, every)
    got = b""
    while len(got) < 256:
        got += os.read(peer, 256)
    assert got == every
    os.close(peer)
    link.close()


def test_nothing_is_echoed() -> None:
    link = made("pty:")
    give(link, b"hello\r\n")
    assert link.receive() is None
    link.close()


def test_the_peer_may_come_and_go() -> None:
    link = made("pty:")
    for word in (b"one", b"two"):
        peer = opened(link.peer)
        os.write(peer, word)
        assert take(link, 3) == word
        os.close(peer)
        assert link.receive() is None
    link.close()


def test_a_peer_that_does_not_read_stops_the_sender_and_loses_nothing() -> None:
    link = made("pty:")
    sent = 0
    while taken := link.send(bytes([sent % 251]) * 100):
        sent += taken
    peer = opened(link.peer)
    got = 0
    while got < sent:
        got += len(os.read(peer, 65_536))
    assert got == sent > 100
    os.close(peer)
    link.close()


def test_the_name_says_the_path() -> None:
    link = made("pty:?baud=19200")
    assert Path(link.peer).is_char_device()
    assert link.peer in link.name
    assert link.baud == 19_200
    link.close()


def test_a_symbolic_link_lives_as_long_as_the_link(tmp_path: Path) -> None:
    place = tmp_path / "gnss port"
    link = made(f"pty:{tmp_path}/gnss%20port")
    assert os.readlink(place) == link.peer
    assert str(place) in link.name
    peer = opened(str(place))
    os.write(peer, b"x")
    assert take(link, 1) == b"x"
    os.close(peer)
    link.close()
    assert not place.is_symlink()


def test_a_symbolic_link_that_a_dead_process_left_is_replaced(tmp_path: Path) -> None:
    place = tmp_path / "port"
    for target in ("/dev/pts/999999", "/dev/null"):
        place.symlink_to(target)
        made(f"pty:{place}").close()
        assert not place.is_symlink()


def test_what_is_no_such_link_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    other = tmp_path / "other"
    other.symlink_to(precious)
    before = set(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else set()
    for place in (precious, other):
        with pytest.raises(FileExistsError, match="no link to a terminal"):
            made(f"pty:{place}")
    assert precious.read_text() == "data"
    assert other.is_symlink()
    assert not before or set(os.listdir("/proc/self/fd")) == before


def test_a_symbolic_link_that_another_one_took_over_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "port"
    first, second = made(f"pty:{place}"), made(f"pty:{place}")
    first.close()
    assert os.readlink(place) == second.peer
    second.close()
    assert not place.is_symlink()


def test_closing_hangs_up_at_the_peer() -> None:
    link = made("pty:")
    peer = opened(link.peer)
    link.close()
    os.set_blocking(peer, False)

    def gone() -> bool:
        try:
            return not os.read(peer, 1)
        except BlockingIOError:
            return False
        except OSError:
            return True

    until_true(gone, "the peer did not notice")
    os.close(peer)


def test_options_are_checked() -> None:
    with pytest.raises(urls.UrlError, match="did you mean 'baud'"):
        urls.transport("pty:?baut=9600")
