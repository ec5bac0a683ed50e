"""Addresses of the internet links: names to addresses, addresses to text, and sockets that are bound to them."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from framing.transports.links import Reason, explain
from framing.transports.urls import Reader

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
"""The words of the option `family`."""


class Address(NamedTuple):
    """One address as the socket module takes it."""

    family: int
    where: tuple[Any, ...]

    def __str__(self) -> str:
        return shown(self.where)


def _family(text: str) -> int:
    if text not in FAMILIES:
        raise ValueError
    return FAMILIES[text]


FAMILY = Reader(_family, "one of " + ", ".join(FAMILIES))


def shown(where: Sequence[Any]) -> str:
    """An address of the socket module for people: `192.0.2.1:4028`, `[2001:db8::1]:4028`, `[fe80::1%eth0]:4028`."""
    host, port = without_mapping(where[0]), where[1]
    if ":" not in host:
        return f"{host}:{port}"
    if len(where) == 4 and where[3] and "%" not in host:
        host += f"%{_interface_name(where[3])}"
    return f"[{host}]:{port}"


def without_mapping(host: str) -> str:
    """`192.0.2.1` of `::ffff:192.0.2.1`, the name under which a socket for both families knows an IPv4 peer."""
    return host[7:] if host.lower().startswith("::ffff:") and "." in host else host


def _interface_name(index: int) -> str:
    try:
        return socket.if_indextoname(index)
    except OSError:
        return str(index)


def resolve(host: str, port: int, kind: int, family: int = socket.AF_UNSPEC) -> list[Address]:
    """All addresses of a host for sockets of that kind, in the resolver's order; without a host, the wildcards.

    May block: yield it as a `Call`. gaierror, with the host in its words, where there are none.
    """
    try:
        found = socket.getaddrinfo(host or None, port, family, kind, flags=0 if host else socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise socket.gaierror(error.errno, f"{host}: {error.strerror}") from None
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, f"{host}: no host name ({error})") from None
    return list(dict.fromkeys(Address(each[0], each[4]) for each in found))


def bind_beside(sock: socket.socket, local: Sequence[Address]) -> None:
    """Binds to the first of the local addresses that is of the socket's family; OSError where there is none."""
    for address in local:
        if address.family == sock.family:
            sock.bind(address.where)
            return
    words = ", ".join(map(str, local))
    raise OSError(f"{words} is no {'IPv6' if sock.family == socket.AF_INET6 else 'IPv4'} address to bind to")


def bound(host: str, port: int, kind: int, family: int, *, reuse: bool) -> socket.socket:
    """A socket that does not block, bound to the host's first address, IPv4 first; without a host to all addresses.

    May block while the name is resolved. `reuse`: SO_REUSEADDR, where it means what it should.
    """
    both = not host and family == socket.AF_UNSPEC and socket.has_dualstack_ipv6()
    if both:
        chosen = Address(socket.AF_INET6, ("::", port))
    else:
        chosen = min(resolve(host, port, kind, family), key=lambda each: each.family != socket.AF_INET)
    sock = socket.socket(chosen.family, kind)
    try:
        sock.setblocking(False)
        if chosen.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not both))
        if reuse and sys.platform != "win32":  # there it lets others take the port over
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(chosen.where)
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"{chosen}: {error.strerror}") from None
    return sock


_FURTHEST = (Reason.UNREACHABLE, Reason.TIMEOUT, Reason.REFUSED)
"""How far an attempt to connect got, the least first."""


def none_of(failures: Sequence[tuple[Address, OSError]]) -> OSError:
    """One error for all addresses that were tried: names each with what it failed by, and is of the kind that got furthest."""

    def progress(failure: tuple[Address, OSError]) -> int:
        reason = explain(failure[1])[0]
        return _FURTHEST.index(reason) if reason in _FURTHEST else -1

    words = "; ".join(f"{address}: {error.strerror or error}" for address, error in failures)
    number = max(failures, key=progress)[1].errno
    return OSError(words) if number is None else OSError(number, words)
