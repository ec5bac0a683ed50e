"""TCP: connecting to all of a host's addresses, options as the system has them, listening."""

from __future__ import annotations

import errno
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from driven import PATIENCE, arrival, connected, give, take
from framing.transports import urls
from framing.transports.links import Link, Reason, Transport, explain
from framing.transports.steps import Call, Wait, run
from framing.transports.tcp import Tcp, TcpLink, TcpListen


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(PATIENCE)
        yield sock


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 at which nobody listens, and nobody will meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield port_of(sock)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of 127.0.0.1 that answers nothing: its queue is full."""
    with socket.socket() as sock, socket.socket() as one, socket.socket() as two:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        for each in (one, two):
            each.setblocking(False)
            each.connect_ex(sock.getsockname())
        yield port_of(sock)


def listener(url: str = "tcp-listen://127.0.0.1:0") -> TcpListen:
    made = urls.transport(url)
    assert isinstance(made, TcpListen)
    return made


def pair(query: str = "", listen_query: str = "") -> tuple[TcpLink, TcpLink]:
    """Both ends of a connection: who connected, who listened."""
    door = listener(f"tcp-listen://127.0.0.1:0{listen_query}")
    ours = connected(f"tcp://127.0.0.1:{door.listen()[1]}{query}")
    theirs = run(door.connect(time.monotonic() + PATIENCE))
    door.close()
    assert isinstance(ours, TcpLink)
    assert isinstance(theirs, TcpLink)
    return ours, theirs


def option(link: Link, level: int, name: int) -> int:
    """A socket option of a link, as the system has it."""
    with socket.socket(fileno=socket.dup(link.fileno())) as sock:
        return sock.getsockopt(level, name)


def failing(transport: Transport, seconds: float = PATIENCE) -> OSError:
    with pytest.raises(OSError) as caught:  # noqa: PT011 # looked at by those who call
        run(transport.connect(time.monotonic() + seconds))
    return caught.value


def resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    """Has every name resolve to these."""
    real = socket.getaddrinfo
    found = [each for where in addresses for each in real(*where, type=socket.SOCK_STREAM)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: found)


# --- URLs ------------------------------------------------------------------------------------------------------------


def test_a_url_says_it_all() -> None:
    url = (
        "tcp://example.org:4028?bind=192.0.2.1:9000&nodelay=no&keepalive=yes&keepalive-idle=5&keepalive-interval=2"
        "&keepalive-count=4&user-timeout=7.5&family=ipv4&receive-buffer=4096&connect-timeout=3"
    )
    assert urls.transport(url) == Tcp(
        host="example.org",
        port=4028,
        bind=("192.0.2.1", 9000),
        nodelay=False,
        keepalive=True,
        keepalive_idle=5,
        keepalive_interval=2,
        keepalive_count=4,
        user_timeout=7.5,
        family=socket.AF_INET,
        receive_buffer=4096,
        connect_timeout=3,
    )


def test_ipv6_addresses_stand_in_brackets() -> None:
    made = urls.transport("tcp://[fe80::1%25eth0]:4028")
    assert isinstance(made, Tcp)
    assert (made.host, made.port) == ("fe80::1%eth0", 4028)


def test_a_listener_needs_no_host() -> None:
    assert listener("tcp-listen://:4028?backlog=5") == TcpListen(host="", port=4028, backlog=5)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("tcp://:4028", "no host"),
        ("tcp://host", "no port"),
        ("tcp://::1:4028", "stands in brackets"),
        ("tcp://host:1?keep-alive=no", "did you mean 'keepalive'"),
        ("tcp://host:1?keepalive-idle=0", "a whole number from 1 to 32,767"),
        ("tcp://host:1?bind=nowhere", "address:port"),
        ("tcp://host:1?backlog=5", "no option 'backlog'"),
        ("tcp-listen://host:1?bind=:5", "no option 'bind'"),
        ("tcp://host:1?family=ipv5", "one of any, ipv4, ipv6"),
    ],
)
def test_what_a_url_gets_wrong(url: str, complaint: str) -> None:
    with pytest.raises(urls.UrlError, match=complaint):
        urls.transport(url)


def test_an_option_that_the_system_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framing.transports.tcp._USER_TIMEOUT", None)
    with pytest.raises(urls.UrlError, match="user-timeout is not known to this operating system"):
        urls.transport("tcp://host:1?user-timeout=5")


# --- connecting ------------------------------------------------------------------------------------------------------


def test_both_ends_know_each_other() -> None:
    ours, theirs = pair()
    assert (ours.remote, ours.local) == (theirs.local, theirs.remote)
    assert ours.name == f"tcp {theirs.local}"
    give(ours, b"question")
    assert take(theirs, 8) == b"question"
    give(theirs, b"answer")
    assert take(ours, 6) == b"answer"
    ours.close()
    assert arrival(theirs).ends
    theirs.close()


def test_ten_sends_may_be_one_receive(server: socket.socket) -> None:
    link = connected(f"tcp://127.0.0.1:{port_of(server)}")
    peer, _ = server.accept()
    for number in range(10):
        peer.sendall(bytes([number]))
    assert take(link, 10) == bytes(range(10))
    link.close()
    peer.close()


def test_nobody_listens(closed_port: int) -> None:
    error = failing(urls.transport(f"tcp://127.0.0.1:{closed_port}"))
    assert explain(error) == (Reason.REFUSED, f"127.0.0.1:{closed_port}: Connection refused")


def test_nobody_answers(silent_port: int) -> None:
    for transport, seconds in (
        (urls.transport(f"tcp://127.0.0.1:{silent_port}"), 0.1),
        (urls.transport(f"tcp://127.0.0.1:{silent_port}?connect-timeout=0.1"), PATIENCE),
    ):
        begun = time.monotonic()
        error = failing(transport, seconds)
        assert isinstance(error, TimeoutError)
        assert explain(error) == (Reason.TIMEOUT, f"127.0.0.1:{silent_port}: no answer in time")
        assert 0.1 <= time.monotonic() - begun < PATIENCE / 2


def test_no_such_host() -> None:
    reason, words = explain(failing(urls.transport("tcp://nobody.invalid:1")))
    assert reason is Reason.UNREACHABLE
    assert words.startswith("nobody.invalid: ")


def test_all_addresses_are_tried(
    monkeypatch: pytest.MonkeyPatch, server: socket.socket, closed_port: int, silent_port: int
) -> None:
    resolving_to(
        monkeypatch, ("127.0.0.1", closed_port), ("127.0.0.1", silent_port), ("127.0.0.1", port_of(server))
    )
    link = run(Tcp("example.org", 1, connect_timeout=0.1).connect(time.monotonic() + PATIENCE))
    assert link.name == f"tcp 127.0.0.1:{port_of(server)}"
    link.close()


def test_the_time_for_all_addresses_is_shared(
    monkeypatch: pytest.MonkeyPatch, server: socket.socket, silent_port: int
) -> None:
    resolving_to(monkeypatch, ("127.0.0.1", silent_port), ("127.0.0.1", port_of(server)))
    link = run(Tcp("example.org", 1).connect(time.monotonic() + 2))
    assert link.name == f"tcp 127.0.0.1:{port_of(server)}"
    link.close()


def test_each_address_that_failed_is_named(
    monkeypatch: pytest.MonkeyPatch, closed_port: int, silent_port: int
) -> None:
    resolving_to(monkeypatch, ("127.0.0.1", silent_port), ("127.0.0.1", closed_port))
    words = f"127.0.0.1:{silent_port}: no answer in time; 127.0.0.1:{closed_port}: Connection refused"
    assert explain(failing(Tcp("example.org", 1, connect_timeout=0.1))) == (Reason.REFUSED, words)


def test_steps_that_are_given_up_let_the_socket_go(silent_port: int) -> None:
    steps = Tcp("127.0.0.1", silent_port).connect(None)
    wanted = next(steps)
    wait = steps.send(wanted.function())  # type: ignore[union-attr]
    steps.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        socket.socket(fileno=wait.fd)  # type: ignore[union-attr]


def test_a_connection_that_meets_itself_is_none(closed_port: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = port_of(free)
    error = failing(urls.transport(f"tcp://127.0.0.1:{port}?bind=127.0.0.1:{port}"))
    assert explain(error) == (Reason.REFUSED, f"127.0.0.1:{port}: nobody there: the connection met itself")


def test_a_connection_that_was_reset_before_anybody_looked(server: socket.socket) -> None:
    steps = Tcp("127.0.0.1", port_of(server)).connect(None)
    wanted = next(steps)
    assert isinstance(wanted, Call)
    assert isinstance(steps.send(wanted.function()), Wait)
    peer, _ = server.accept()
    peer.sendall(b"last words")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    with pytest.raises(StopIteration) as done:
        steps.send(True)
    link = done.value.value
    assert isinstance(link, TcpLink)
    assert link.remote == f"127.0.0.1:{port_of(server)}"
    assert not link.is_connected()
    assert take(link, 10) == b"last words"
    with pytest.raises(ConnectionResetError):
        link.receive()
    link.close()


def test_it_connects_from_where_it_is_told(server: socket.socket, closed_port: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = port_of(free)
    for _ in range(2):  # the second time while the first connection fades at this end
        link = connected(f"tcp://127.0.0.1:{port_of(server)}?bind=127.0.0.1:{port}")
        assert isinstance(link, TcpLink)
        peer, where = server.accept()
        assert where == ("127.0.0.1", port)
        assert link.local == f"127.0.0.1:{port}"
        link.close()
        peer.close()
    link = connected(f"tcp://127.0.0.1:{port_of(server)}?bind=127.0.0.2:0")
    peer, where = server.accept()
    assert where[0] == "127.0.0.2"
    link.close()
    peer.close()


def test_an_address_that_is_not_this_machine_s(server: socket.socket) -> None:
    error = failing(urls.transport(f"tcp://127.0.0.1:{port_of(server)}?bind=203.0.113.5:0"))
    assert (error.errno, explain(error)[0]) == (errno.EADDRNOTAVAIL, Reason.UNREACHABLE)
    error = failing(urls.transport(f"tcp://127.0.0.1:{port_of(server)}?bind=[::1]:0"))
    assert "[::1]:0 is no IPv4 address to bind to" in str(error)


def test_ipv6() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    door = listener("tcp-listen://[::1]:0")
    link = connected(f"tcp://[::1]:{door.listen()[1]}")
    assert link.name == f"tcp [::1]:{door.listen()[1]}"
    link.close()
    door.close()


def link_local() -> str | None:
    """An IPv6 address of this machine that needs a scope."""
    table = Path("/proc/net/if_inet6")
    for line in table.read_text().splitlines() if table.exists() else ():
        digits, *_, name = line.split()
        if digits.startswith("fe80"):
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)) + f"%{name}"
    return None


def test_an_address_with_a_scope() -> None:
    host = link_local()
    if host is None:
        pytest.skip("no interface here has a link-local address")
    door = listener(f"tcp-listen://[{host.replace('%', '%25')}]:0")
    port = door.listen()[1]
    link = connected(f"tcp://[{host.replace('%', '%25')}]:{port}")
    assert link.name == f"tcp [{host}]:{port}"
    link.close()
    door.close()


# --- options as the system has them ----------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="this system names its options otherwise")
def test_what_is_set_where_nothing_is_said() -> None:
    for link in pair():
        assert option(link, socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert option(link, socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert option(link, socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        assert option(link, socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 10
        assert option(link, socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
        assert option(link, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 0
        link.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no TCP_USER_TIMEOUT")
def test_each_end_has_its_own_options() -> None:
    ours, theirs = pair(
        "?nodelay=no&keepalive=no&user-timeout=0.0001",
        "?keepalive-idle=7&keepalive-interval=2&keepalive-count=5&user-timeout=2.5",
    )
    assert not option(ours, socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert not option(ours, socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert option(ours, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1
    assert option(theirs, socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 7
    assert option(theirs, socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 2
    assert option(theirs, socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 5
    assert option(theirs, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 2500
    ours.close()
    theirs.close()


def test_the_receive_buffer() -> None:
    plain, _ = small = pair("?receive-buffer=5000")
    usual = pair()
    sizes = [option(each[0], socket.SOL_SOCKET, socket.SO_RCVBUF) for each in (small, usual)]
    assert 5000 <= sizes[0] <= 10_000 < sizes[1]
    for link in (*small, *usual):
        link.close()
    assert plain.fileno() == -1


# --- why it broke ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ECONNRESET, Reason.RESET),
        (errno.ETIMEDOUT, Reason.TIMEOUT),
        (errno.EHOSTUNREACH, Reason.TIMEOUT),  # keep-alive ran out, and the network had said why
        (errno.ENETUNREACH, Reason.TIMEOUT),
        (errno.EBADF, Reason.CLOSED),
    ],
)
def test_what_an_established_link_breaks_with(number: int, reason: Reason) -> None:
    ours, theirs = pair()
    assert ours.reason(OSError(number, "words"))[0] is reason
    assert "words" in ours.reason(OSError(number, "words"))[1]
    ours.close()
    theirs.close()


# --- listening -------------------------------------------------------------------------------------------------------


def test_a_listener_tells_its_port() -> None:
    door = listener()
    assert door.address is None
    host, port = door.listen()
    assert host == "127.0.0.1"
    assert port > 0
    assert door.listen() == door.address == (host, port)
    door.close()
    assert door.address is None


def test_connecting_listens_too() -> None:
    door = listener()
    assert isinstance(failing(door, 0), TimeoutError)
    assert door.address
    door.close()
    assert explain(failing(door)) == (Reason.CLOSED, "closed by this side")


def test_one_peer_after_the_other() -> None:
    door = listener()
    url = f"tcp://127.0.0.1:{door.listen()[1]}"
    for word in (b"one", b"two"):
        ours = connected(url)
        theirs = run(door.connect(time.monotonic() + PATIENCE))
        give(ours, word)
        assert take(theirs, 3) == word
        ours.close()
        theirs.close()
    door.close()


def test_links_outlive_their_listener() -> None:
    ours, theirs = pair()
    give(theirs, b"still")
    assert take(ours, 5) == b"still"
    assert ours.is_connected()
    ours.close()
    theirs.close()


def test_the_port_is_free_again_at_once() -> None:
    door = listener()
    port = door.listen()[1]
    ours = connected(f"tcp://127.0.0.1:{port}")
    theirs = run(door.connect(time.monotonic() + PATIENCE))
    theirs.close()  # this end fades for a minute
    ours.close()
    door.close()
    again = listener(f"tcp-listen://127.0.0.1:{port}")
    assert again.listen() == ("127.0.0.1", port)
    door = listener(f"tcp-listen://127.0.0.1:{port}")
    with pytest.raises(OSError, match=rf"127\.0\.0\.1:{port}: {re.escape('Address already in use')}"):
        door.listen()
    again.close()


def test_both_families_come_in_where_no_host_is_given() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here, or not beside IPv4")
    door = listener("tcp-listen://:0")
    port = door.listen()[1]
    for host in ("127.0.0.1", "[::1]"):
        ours = connected(f"tcp://{host}:{port}")
        theirs = run(door.connect(time.monotonic() + PATIENCE))
        assert isinstance(theirs, TcpLink)
        assert theirs.remote.startswith(f"{host}:")
        ours.close()
        theirs.close()
    door.close()
