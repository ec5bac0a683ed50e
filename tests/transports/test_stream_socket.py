"""Connected stream sockets: how each direction ends and what breaks them; the door that peers come by."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from driven import PATIENCE, arrival, give, take, take_all, until_true
from framing.transports import stream_socket
from framing.transports.links import Arrival, Reason
from framing.transports.steps import run
from framing.transports.stream_socket import Door, StreamLink, dial


def tcp_pair() -> tuple[StreamLink, socket.socket]:
    """A link, and its peer as a plain socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
    peer.settimeout(PATIENCE)
    return StreamLink(ours, "pair"), peer


def unix_pair() -> tuple[StreamLink, socket.socket]:
    ours, peer = socket.socketpair()
    peer.settimeout(PATIENCE)
    return StreamLink(ours, "pair"), peer


PAIRS = pytest.mark.parametrize("pair", [tcp_pair, unix_pair])


def reset(peer: socket.socket) -> None:
    """Closes so that the other side gets a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


def error_of(link: StreamLink, use: str) -> OSError:
    """What `receive` or `send` breaks with, sooner or later."""
    until = time.monotonic() + PATIENCE
    with pytest.raises(OSError) as caught:  # noqa: PT011 # which one is looked at by those who call
        while time.monotonic() < until:
            link.receive() if use == "receive" else link.send(b"x")
    return caught.value


@PAIRS
def test_bytes_pass_both_ways(pair: object) -> None:
    link, peer = pair()  # type: ignore[operator]
    every = bytes(range(256)) * 40
    peer.sendall(every)
    assert take(link, len(every)) == every
    give(link, every)
    assert peer.recv(len(every), socket.MSG_WAITALL) == every
    link.close()
    assert peer.recv(1) == b""
    peer.close()


def test_what_does_not_fit_is_not_taken() -> None:
    link, peer = unix_pair()
    taken = 0
    while more := link.send(bytes(100_000)):
        taken += more
    assert len(peer.recv(taken, socket.MSG_WAITALL)) == taken
    link.close()
    peer.close()


def test_no_more_than_was_asked_for() -> None:
    link, peer = unix_pair()
    peer.sendall(b"abc")
    assert link.receive(2) == Arrival(b"ab")
    assert link.receive(2) == Arrival(b"c")
    link.close()
    peer.close()


@PAIRS
def test_a_peer_that_closes_is_an_end(pair: object) -> None:
    link, peer = pair()  # type: ignore[operator]
    peer.sendall(b"last")
    peer.close()
    assert take_all(link) == b"last"
    assert arrival(link) == Arrival(b"", ends=True)
    link.close()


@PAIRS
def test_half_closed_by_the_peer_it_can_still_be_written_to(pair: object) -> None:
    link, peer = pair()  # type: ignore[operator]
    peer.shutdown(socket.SHUT_WR)
    assert arrival(link).ends
    give(link, b"answer")
    assert peer.recv(6, socket.MSG_WAITALL) == b"answer"
    peer.close()
    link.close()


@PAIRS
def test_half_closed_by_this_side_it_can_still_be_read(pair: object) -> None:
    link, peer = pair()  # type: ignore[operator]
    give(link, b"question")
    link.send_eof()
    assert peer.recv(100) == b"question"
    assert peer.recv(100) == b""
    assert link.is_connected()
    peer.sendall(b"answer")
    assert take(link, 6) == b"answer"
    with pytest.raises(BrokenPipeError):
        link.send(b"more")
    peer.close()
    assert arrival(link).ends
    link.close()


def test_a_reset_is_told_again_and_to_both_directions() -> None:
    link, peer = tcp_pair()
    peer.sendall(b"before")
    until_true(lambda: link.receive(3), "nothing came")
    reset(peer)
    assert take(link, 3) == b"ore"
    for _ in range(2):
        assert link.reason(error_of(link, "receive"))[0] is Reason.RESET
    assert error_of(link, "send").errno == errno.ECONNRESET
    link.close()


def test_a_reset_that_the_writer_meets_is_the_reader_s_too() -> None:
    link, peer = tcp_pair()
    reset(peer)
    until_true(lambda: not link.is_connected(), "the reset did not come")
    assert error_of(link, "send").errno == errno.ECONNRESET
    assert error_of(link, "send").errno == errno.ECONNRESET
    assert error_of(link, "receive").errno == errno.ECONNRESET
    link.close()


def test_a_peer_that_ended_well_and_then_refuses() -> None:
    link, peer = tcp_pair()
    peer.close()
    assert arrival(link).ends
    assert link.reason(error_of(link, "send"))[0] is Reason.RESET
    assert arrival(link).ends
    link.close()


# --- is anybody there? -----------------------------------------------------------------------------------------------


@PAIRS
def test_looking_takes_nothing_away(pair: object) -> None:
    link, peer = pair()  # type: ignore[operator]
    assert link.is_connected()
    peer.sendall(b"unread")
    until_true(lambda: select.select([link], [], [], 0)[0], "nothing came")
    assert link.is_connected()
    peer.close()
    until_true(lambda: not link.is_connected(), "the end is not seen behind unread bytes")
    assert take_all(link) == b"unread"
    assert not link.is_connected()
    link.close()


def test_looking_leaves_a_reset_to_those_who_read() -> None:
    link, peer = tcp_pair()
    reset(peer)
    until_true(lambda: not link.is_connected(), "the reset is not seen")
    assert link.reason(error_of(link, "receive"))[0] is Reason.RESET
    assert not link.is_connected()
    link.close()


def test_looking_where_poll_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_socket, "_ENDED", None)
    link, peer = tcp_pair()
    assert link.is_connected()
    peer.sendall(b"unread")
    until_true(lambda: select.select([link], [], [], 0)[0], "nothing came")
    assert link.is_connected()
    assert take(link, 6) == b"unread"
    reset(peer)
    until_true(lambda: not link.is_connected(), "the reset is not seen")
    assert link.reason(error_of(link, "receive"))[0] is Reason.RESET
    link.close()


# --- signals ---------------------------------------------------------------------------------------------------------

NO_SIGPIPE = """
import signal, socket
from framing.transports.stream_socket import StreamLink
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
ours, peer = socket.socketpair()
peer.close()
try:
    StreamLink(ours, "pair").send(b"x")
except BrokenPipeError:
    print("an error, no signal")
ours.close()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="this system has no SIGPIPE")
def test_a_closed_peer_is_no_signal() -> None:
    done = subprocess.run([sys.executable, "-c", NO_SIGPIPE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "an error, no signal\n"), done.stderr


# --- dialling --------------------------------------------------------------------------------------------------------


def test_dialling_somebody_who_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as sock:
        sock.setblocking(False)
        run(dial(sock, server.getsockname(), time.monotonic() + PATIENCE))
        assert sock.getpeername() == server.getsockname()


def test_dialling_where_nobody_listens() -> None:
    with socket.socket() as closed, socket.socket() as sock:
        closed.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        with pytest.raises(ConnectionRefusedError):
            run(dial(sock, closed.getsockname(), time.monotonic() + PATIENCE))


# --- the door --------------------------------------------------------------------------------------------------------


def bound() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


def test_a_door_opens_once() -> None:
    door = Door()
    assert door.name is None
    sock = door.open(bound, 5)
    assert door.open(bound, 5) is sock
    assert door.name == sock.getsockname()
    door.close()
    door.close()
    assert door.name is None
    with pytest.raises(OSError, match="closed by this side"):
        door.open(bound, 5)


def test_a_door_that_cannot_be_opened_lets_go() -> None:
    made: list[socket.socket] = []

    def datagrams() -> socket.socket:
        made.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        return made[0]

    with pytest.raises(OSError, match=os.strerror(errno.EOPNOTSUPP)):
        Door().open(datagrams, 5)
    assert made[0].fileno() == -1


def test_peers_come_in_one_by_one() -> None:
    door = Door()
    address = door.open(bound, 5).getsockname()
    with socket.create_connection(address) as one, socket.create_connection(address) as two:
        for peer in (one, two):
            sock, where = run(door.accept(time.monotonic() + PATIENCE))
            assert where == peer.getsockname()
            assert not sock.getblocking()
            sock.close()
    door.close()


def test_nobody_comes() -> None:
    door = Door()
    door.open(bound, 5)
    with pytest.raises(TimeoutError, match="nobody connected in time"):
        run(door.accept(time.monotonic()))
    door.close()


def test_who_waits_at_a_door_that_closes_wakes_up() -> None:
    door = Door()
    door.open(bound, 5)
    steps = door.accept(None)
    wait = next(steps)
    outcome: list[OSError] = []

    def stand() -> None:
        try:
            run(door.accept(None))
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=stand, daemon=True)
    thread.start()
    door.close()
    thread.join(PATIENCE)
    assert [error.errno for error in outcome] == [errno.EBADF]
    assert wait.wake is not None
    with pytest.raises(OSError, match="closed by this side"):
        steps.send(True)


def test_peers_that_gave_up_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door()
    address = door.open(bound, 5).getsockname()
    real = socket.socket.accept
    errors = [errno.ECONNABORTED, errno.EPROTO]

    def accept(self: socket.socket) -> object:
        if errors:
            raise OSError(errors.pop(), "gone")
        return real(self)

    with socket.create_connection(address) as peer:
        monkeypatch.setattr(socket.socket, "accept", accept)
        sock, where = run(door.accept(time.monotonic() + PATIENCE))
        assert where == peer.getsockname()
        sock.close()
    errors = [errno.EMFILE]
    with pytest.raises(OSError, match="gone"):
        run(door.accept(time.monotonic() + PATIENCE))
    door.close()
