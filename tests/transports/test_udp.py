"""UDP: whole datagrams, many peers, refusals that end nothing, groups and broadcast."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import framing
from driven import PATIENCE, arrival, connected, until_true
from framing.transports import urls
from framing.transports.links import Arrival, Link, NotSent, Reason, explain
from framing.transports.session import Session
from framing.transports.steps import run
from framing.transports.udp import Udp, UdpLink, UdpListen, UdpPeersLink


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(PATIENCE)
        yield sock


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


def udp(peer: socket.socket, query: str = "") -> UdpLink:
    link = connected(f"udp://127.0.0.1:{port_of(peer)}{query}")
    assert isinstance(link, UdpLink)
    return link


def listening(query: str = "") -> tuple[UdpPeersLink, tuple[str, int]]:
    made = urls.transport(f"udp-listen://127.0.0.1:0{query}")
    assert isinstance(made, UdpListen)
    address = made.listen()
    link = run(made.connect())
    assert isinstance(link, UdpPeersLink)
    return link, address


def own(link: UdpLink) -> tuple[str, int]:
    host, _, port = link.local.rpartition(":")
    return host, int(port)


# --- URLs ------------------------------------------------------------------------------------------------------------


def test_urls() -> None:
    assert urls.transport("udp://example.org:5000?bind=:6000&boundary=datagram&broadcast=yes") == Udp(
        "example.org", 5000, bind=("", 6000), boundary="datagram", broadcast=True
    )
    assert urls.transport("udp-listen://:5000?receive-buffer=100000") == UdpListen("", 5000, receive_buffer=100_000)
    assert urls.transport("udp-listen://239.1.2.3:5000?interface=eth0&ttl=4") == UdpListen(
        "239.1.2.3", 5000, interface="eth0", ttl=4
    )


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("udp://:5000", "no host"),
        ("udp://host:5000?boundary=line", "one of stream, datagram"),
        ("udp-listen://:5000?interface=eth0", "interface= is for multicast groups"),
        ("udp-listen://192.0.2.1:5000?interface=eth0", "interface= is for multicast groups"),
        ("udp-listen://:5000?bind=:1", "no option 'bind'"),
    ],
)
def test_what_a_url_gets_wrong(url: str, complaint: str) -> None:
    with pytest.raises(urls.UrlError, match=complaint):
        urls.transport(url)


# --- one peer --------------------------------------------------------------------------------------------------------


def test_each_send_is_one_datagram(peer: socket.socket) -> None:
    link = udp(peer)
    assert link.name == f"udp 127.0.0.1:{port_of(peer)}"
    for data in (b"one", memoryview(b"two"), bytes(60_000)):
        assert link.send(data) == len(data)
        assert peer.recv(65_536) == data
    link.close()


def test_a_datagram_is_never_cut(peer: socket.socket) -> None:
    link = udp(peer)
    for data in (bytes(60_000), b"", b"x"):
        peer.sendto(data, own(link))
    until_true(lambda: link.readable(None), "no wait")
    assert arrival(link) == Arrival(bytes(60_000))
    assert arrival(link) == Arrival(b"")
    assert arrival(link) == Arrival(b"x")
    assert link.receive(1) is None
    peer.sendto(b"longer than asked for", own(link))
    until_true(lambda: link.is_connected(), "it complains")
    found = None
    until = time.monotonic() + PATIENCE
    while found is None and time.monotonic() < until:
        found = link.receive(1)
    assert found == Arrival(b"longer than asked for")
    link.close()


def test_strangers_are_not_heard(peer: socket.socket) -> None:
    link = udp(peer)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"from a stranger", own(link))
    peer.sendto(b"from the peer", own(link))
    assert arrival(link).data == b"from the peer"
    link.close()


def test_what_no_datagram_can_hold(peer: socket.socket) -> None:
    link = udp(peer)
    with pytest.raises(OSError, match="Message too long") as caught:
        link.send(bytes(65_600))
    assert caught.value.errno == errno.EMSGSIZE
    assert link.send(b"short") == 5
    assert peer.recv(100) == b"short"
    assert link.is_connected()
    link.close()


def test_a_frame_ends_with_its_datagram_if_so_wanted(peer: socket.socket) -> None:
    link = udp(peer, "?boundary=datagram")
    peer.sendto(b"x", own(link))
    assert arrival(link) == Arrival(b"x", broken=True)
    link.close()


def test_a_refusal_ends_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as later:
        later.bind(("127.0.0.1", 0))
        port = port_of(later)
    link = connected(f"udp://127.0.0.1:{port}")
    assert isinstance(link, UdpLink)
    assert link.is_connected()
    assert link.send(b"nobody there") == 12
    until_true(lambda: not link.is_connected(), "the refusal did not come")
    assert link.complaint == "Connection refused"
    assert link.send(b"nobody there") == 12
    assert link.receive() is None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as later:
        later.bind(("127.0.0.1", port))
        later.settimeout(PATIENCE)
        # The refusal of the last datagram waits to be told; this one is sent all the same.
        assert link.send(b"now you are") == 11
        assert later.recv(100) == b"now you are"
        assert not link.is_connected()
        later.sendto(b"here", own(link))
        assert arrival(link).data == b"here"
        assert link.is_connected()
        assert link.complaint is None
    link.close()


def test_other_errors_are_errors(peer: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    link = udp(peer)

    def fail(*_: object) -> int:
        raise OSError(errno.ENOMEM, "no memory")

    monkeypatch.setattr(socket.socket, "send", fail)
    monkeypatch.setattr(socket.socket, "recv", fail)
    for use in (link.receive, lambda: link.send(b"x")):
        with pytest.raises(OSError, match="no memory"):
            use()
    link.close()


def test_a_network_that_always_refuses_is_an_error(peer: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    link = udp(peer)
    tries = []

    def fail(*_: object) -> int:
        tries.append(1)
        raise OSError(errno.ENETUNREACH, "no network")

    monkeypatch.setattr(socket.socket, "send", fail)
    with pytest.raises(OSError, match="no network") as caught:
        link.send(b"x")
    assert link.reason(caught.value)[0] is Reason.UNREACHABLE
    assert len(tries) == 3
    link.close()


def test_it_sends_from_where_it_is_told(peer: socket.socket) -> None:
    link = udp(peer, "?bind=127.0.0.2:0")
    link.send(b"x")
    assert peer.recvfrom(10)[1][0] == "127.0.0.2"
    link.close()
    with pytest.raises(OSError, match=r"127\.0\.0\.1:\d+: \[::1\]:0 is no IPv4 address"):
        udp(peer, "?bind=[::1]:0")


def test_the_first_address_with_a_route_is_taken(peer: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = (socket.SOCK_DGRAM, 17, "")
    found = [
        (socket.AF_INET, *kind, ("255.255.255.255", 9)),  # needs a permission that is not asked for
        (socket.AF_INET, *kind, peer.getsockname()),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: found)
    link = connected("udp://example.org:5000")
    assert link.name == f"udp 127.0.0.1:{port_of(peer)}"
    link.close()
    del found[1]
    with pytest.raises(OSError, match=r"255\.255\.255\.255:9: Permission denied"):
        connected("udp://example.org:5000")


def test_no_such_host() -> None:
    with pytest.raises(OSError, match=r"nobody\.invalid: ") as caught:
        connected("udp://nobody.invalid:1")
    assert explain(caught.value)[0] is Reason.UNREACHABLE


def test_ipv6() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    made = urls.transport("udp-listen://[::1]:0")
    assert isinstance(made, UdpListen)
    port = made.listen()[1]
    theirs, ours = run(made.connect()), connected(f"udp://[::1]:{port}")
    assert isinstance(ours, UdpLink)
    ours.send(b"x")
    assert arrival(theirs) == Arrival(b"x", ours.local)
    theirs.send(b"y")
    assert arrival(ours).data == b"y"
    ours.close()
    theirs.close()


def test_the_receive_buffer(peer: socket.socket) -> None:
    link = udp(peer, "?receive-buffer=5000")
    with socket.socket(fileno=socket.dup(link.fileno())) as sock:
        assert 5000 <= sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) <= 10_000
    link.close()


# --- many peers ------------------------------------------------------------------------------------------------------


def test_each_peer_is_a_stream_and_the_last_one_is_answered(peer: socket.socket) -> None:
    link, address = listening()
    assert link.name == f"udp {address[0]}:{address[1]}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.settimeout(PATIENCE)
        other.bind(("127.0.0.1", 0))
        for each, word in ((peer, b"one"), (other, b"two"), (peer, b"three")):
            each.sendto(word, address)
            assert arrival(link) == Arrival(word, f"127.0.0.1:{port_of(each)}")
            assert link.send(b"heard " + word) == 6 + len(word)
            assert each.recv(100) == b"heard " + word
    link.close()


def test_there_is_nobody_to_answer() -> None:
    link, _ = listening()
    with pytest.raises(OSError, match="nobody to send to") as caught:
        link.send(b"x")
    assert caught.value.errno == errno.ENOTCONN
    link.close()


def test_peers_names_are_plain_on_a_socket_for_both_families(peer: socket.socket) -> None:
    made = urls.transport("udp-listen://:0")
    assert isinstance(made, UdpListen)
    peer.sendto(b"x", ("127.0.0.1", made.listen()[1]))
    link = run(made.connect())
    assert arrival(link).stream == f"127.0.0.1:{port_of(peer)}"
    link.send(b"y")
    assert peer.recv(10) == b"y"
    link.close()


def test_the_port_is_known_before_there_is_a_link_and_kept_for_the_next(peer: socket.socket) -> None:
    made = urls.transport("udp-listen://127.0.0.1:0?boundary=datagram")
    assert isinstance(made, UdpListen)
    assert made.address is None
    address = made.listen()
    assert made.listen() == made.address == address
    peer.sendto(b"early", address)
    for word in (b"early", b"later"):
        link = run(made.connect())
        if word == b"later":
            peer.sendto(word, address)
        assert arrival(link) == Arrival(word, f"127.0.0.1:{port_of(peer)}", broken=True)
        link.close()
    made.close()


def test_a_port_that_no_link_took_is_let_go() -> None:
    made = urls.transport("udp-listen://127.0.0.1:0")
    assert isinstance(made, UdpListen)
    address = made.listen()
    made.close()
    made.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(address)


def test_a_port_in_use_is_refused(peer: socket.socket) -> None:
    with pytest.raises(OSError, match=r"127\.0\.0\.1:\d+: .*in use"):
        connected(f"udp-listen://127.0.0.1:{port_of(peer)}")


def test_what_was_not_sent_harms_no_session(peer: socket.socket) -> None:
    made = urls.transport("udp-listen://127.0.0.1:0")
    assert isinstance(made, UdpListen)
    address = made.listen()
    session = Session(made, framing.load("ubx"))
    run(session.open())
    for data, word in ((b"x", "nobody to send to"), (bytes(65_600), "Message too long")):
        with pytest.raises(NotSent, match=word):
            run(session.send(data, time.monotonic() + PATIENCE))
        frame = framing.load("ubx").encode(b"", **{"class": 1, "id": 2})
        peer.sendto(frame, address)
        found = run(session.receive(time.monotonic() + PATIENCE))
        assert found
        assert [each.raw for each in found if isinstance(each, framing.Frame)] == [frame]
    run(session.send(b"answer", time.monotonic() + PATIENCE))
    assert peer.recv(10) == b"answer"
    session.close()


# --- groups and broadcast --------------------------------------------------------------------------------------------


def group_links(group: str, interface: str) -> tuple[Link, Link, Link]:
    """Two that have joined a group at the same port, and one that sends to it."""
    first = urls.transport(f"udp-listen://{group}:0?interface={interface}")
    assert isinstance(first, UdpListen)
    try:
        port = first.listen()[1]
    except OSError as error:
        pytest.skip(f"no multicast here: {error}")
    here = f"{group}:{port}?interface={interface}"
    return run(first.connect()), connected(f"udp-listen://{here}"), connected(f"udp://{here}")


@pytest.mark.parametrize("interface", ["127.0.0.1", "lo"])
def test_a_group_is_joined(interface: str) -> None:
    one, two, sender = group_links("239.1.2.3", interface)
    _heard_by_both(one, two, sender)


def test_a_group_of_ipv6_is_joined() -> None:
    table = Path("/proc/net/if_inet6")
    names = [line.split()[-1] for line in (table.read_text().splitlines() if table.exists() else ()) if line[:4] == "fe80"]
    if not names:
        pytest.skip("no interface here is known to do multicast with IPv6")
    # Groups of this scope never leave the machine.
    _heard_by_both(*group_links("[ff01::4028]", names[0]))
    _heard_by_both(*group_links(f"[ff01::4028%25{names[0]}]", ""))


def _heard_by_both(one: Link, two: Link, sender: Link) -> None:
    sender.send(b"to all")
    heard = [arrival(link) for link in (one, two)]
    assert [each.data for each in heard] == [b"to all"] * 2
    two.send(b"answer")  # from one member alone, and not to the group
    assert arrival(sender).data == b"answer"
    assert one.receive() is None
    for link in (one, two, sender):
        link.close()


@pytest.mark.parametrize("group", ["239.1.2.3", "[ff02::4028]"])
def test_no_such_interface(group: str) -> None:
    for scheme in ("udp", "udp-listen"):
        with pytest.raises(OSError, match="there is no interface 'nowhere'"):
            connected(f"{scheme}://{group}:5000?interface=nowhere")


def test_broadcast_needs_permission_and_is_answered_by_anybody() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("", 0))
        peer.settimeout(PATIENCE)
        url = f"udp://127.255.255.255:{port_of(peer)}"
        with pytest.raises(OSError, match="Permission denied"):
            connected(url)
        link = connected(f"{url}?broadcast=yes&bind=127.0.0.1:0")
        link.send(b"who is there?")
        data, where = peer.recvfrom(100)
        assert data == b"who is there?"
        peer.sendto(b"me", where)
        assert arrival(link) == Arrival(b"me", f"127.0.0.1:{port_of(peer)}")
        link.close()
