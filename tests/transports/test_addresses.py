"""Names to addresses, addresses to text, sockets bound to them."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from framing.transports.addresses import FAMILY, Address, bind_beside, bound, none_of, resolve, shown, without_mapping
from framing.transports.links import Reason, explain

V4 = Address(socket.AF_INET, ("192.0.2.1", 4028))
V6 = Address(socket.AF_INET6, ("2001:db8::1", 4028, 0, 0))


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (("192.0.2.1", 4028), "192.0.2.1:4028"),
        (("2001:db8::1", 4028, 0, 0), "[2001:db8::1]:4028"),
        (("::ffff:192.0.2.1", 4028, 0, 0), "192.0.2.1:4028"),
        (("::FFFF:192.0.2.1", 4028, 0, 0), "192.0.2.1:4028"),
        (("::ffff:5", 4028, 0, 0), "[::ffff:5]:4028"),
        (("fe80::1%eth0", 4028, 0, 3), "[fe80::1%eth0]:4028"),
        (("fe80::1", 4028, 0, 99_999), "[fe80::1%99999]:4028"),
    ],
)
def test_addresses_for_people(where: tuple[object, ...], text: str) -> None:
    assert shown(where) == text


def test_a_scope_goes_by_the_interface_s_name() -> None:
    number, name = socket.if_nameindex()[0]
    assert shown(("fe80::1", 1, 0, number)) == f"[fe80::1%{name}]:1"
    assert str(Address(socket.AF_INET6, ("fe80::1", 1, 0, number))) == f"[fe80::1%{name}]:1"


def test_a_scope_is_resolved_to_the_interface_s_number() -> None:
    number, name = socket.if_nameindex()[0]
    assert resolve(f"fe80::1%{name}", 9, socket.SOCK_STREAM)[0].where[3] == number


def test_without_mapping_leaves_other_hosts_alone() -> None:
    assert without_mapping("192.0.2.1") == "192.0.2.1"
    assert without_mapping("::1") == "::1"


def test_a_literal_resolves_to_itself_once() -> None:
    assert resolve("192.0.2.1", 4028, socket.SOCK_STREAM) == [V4]


def test_each_address_of_a_name_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(V6.family, 1, 6, "", V6.where), (V4.family, 1, 6, "", V4.where), (V6.family, 1, 6, "", V6.where)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: found)
    assert resolve("example.org", 4028, socket.SOCK_STREAM) == [V6, V4]


def test_no_host_is_the_wildcard() -> None:
    assert resolve("", 9, socket.SOCK_STREAM, socket.AF_INET) == [Address(socket.AF_INET, ("0.0.0.0", 9))]


@pytest.mark.parametrize("host", ["fe80::1%nowhere", "a" * 70 + ".org", "no host"])
def test_what_has_no_address_says_so(host: str) -> None:
    with pytest.raises(socket.gaierror) as caught:
        resolve(host, 9, socket.SOCK_STREAM)
    reason, words = explain(caught.value)
    assert reason is Reason.UNREACHABLE
    assert words.startswith(host + ": ")


def test_families_by_their_words() -> None:
    assert [FAMILY.read(word) for word in ("any", "ipv4", "ipv6")] == [
        socket.AF_UNSPEC,
        socket.AF_INET,
        socket.AF_INET6,
    ]
    with pytest.raises(ValueError, match=r"^$"):
        FAMILY.read("ipv5")


def test_a_socket_is_bound_to_the_address_of_its_family() -> None:
    local = [Address(socket.AF_INET6, ("::1", 0, 0, 0)), Address(socket.AF_INET, ("127.0.0.1", 0))]
    with socket.socket(socket.AF_INET) as sock:
        bind_beside(sock, local)
        assert sock.getsockname()[0] == "127.0.0.1"
    with socket.socket(socket.AF_INET) as sock, pytest.raises(OSError, match=r"\[::1\]:0 is no IPv4 address"):
        bind_beside(sock, local[:1])


def test_without_a_host_both_families_come_in() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here, or not beside IPv4")
    with bound("", 0, socket.SOCK_DGRAM, socket.AF_UNSPEC, reuse=False) as sock:
        port = sock.getsockname()[1]
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.sendto(host.encode(), (host, port))
        sock.settimeout(30)
        assert {sock.recv(100) for _ in range(2)} == {b"127.0.0.1", b"::1"}


def test_of_a_name_s_addresses_ipv4_is_bound_to(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET6, 1, 6, "", ("::1", 0, 0, 0)), (socket.AF_INET, 1, 6, "", ("127.0.0.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: found)
    with bound("localhost", 0, socket.SOCK_STREAM, socket.AF_UNSPEC, reuse=True) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"
        assert not sock.getblocking()


def test_a_port_that_is_taken_is_named() -> None:
    with bound("127.0.0.1", 0, socket.SOCK_DGRAM, socket.AF_UNSPEC, reuse=False) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(OSError, match=rf"127\.0\.0\.1:{port}: ") as caught:
            bound("127.0.0.1", port, socket.SOCK_DGRAM, socket.AF_UNSPEC, reuse=False)
        assert caught.value.errno == errno.EADDRINUSE


def failure(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ((errno.ENETUNREACH, errno.ECONNREFUSED), Reason.REFUSED),
        ((errno.ECONNREFUSED, errno.ENETUNREACH), Reason.REFUSED),
        ((errno.ETIMEDOUT, errno.EHOSTUNREACH), Reason.TIMEOUT),
        ((errno.EACCES, errno.ENETUNREACH), Reason.UNREACHABLE),
    ],
)
def test_the_error_of_several_is_that_which_got_furthest(numbers: tuple[int, int], reason: Reason) -> None:
    error = none_of([(V6, failure(numbers[0])), (V4, failure(numbers[1]))])
    words = f"{V6}: {os.strerror(numbers[0])}; {V4}: {os.strerror(numbers[1])}"
    assert explain(error) == (reason, words)


def test_an_error_without_a_number_keeps_its_words() -> None:
    assert str(none_of([(V4, OSError("is no IPv6 address"))])) == "192.0.2.1:4028: is no IPv6 address"
