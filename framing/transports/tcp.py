"""TCP links, made by connecting (`tcp://host:port`) or by waiting for peers (`tcp-listen://host:port`).

What breaks a link is told apart: END, the peer closed in good order; RESET, it is there and refuses; TIMEOUT, nothing comes
back. The last is found by keep-alive on an idle link, and by retransmission while bytes are under way: that takes the system
about 15 minutes unless `user-timeout` says otherwise.
"""

from __future__ import annotations

import errno
import socket
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from framing.transports.addresses import FAMILY, Address, bind_beside, bound, none_of, resolve, shown, without_mapping
from framing.transports.links import Link, Reason, Transport
from framing.transports.steps import Call, Steps
from framing.transports.stream_socket import Door, StreamLink, dial
from framing.transports.urls import ADDRESS, YES_NO, host_port, option, place, seconds, whole

_SILENT = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN}
"""What an established connection ends with when a timer ran out and the network had said why nothing comes back."""

_IDLE: int | None = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


class TcpLink(StreamLink):
    """One TCP connection. `local` and `remote` are its ends as text."""

    def __init__(self, sock: socket.socket, remote: str, broken: OSError | None = None) -> None:
        super().__init__(sock, f"tcp {remote}", broken)
        self.remote = remote
        self.local = shown(sock.getsockname())

    def reason(self, error: OSError) -> tuple[Reason, str]:
        if error.errno in _SILENT:
            return Reason.TIMEOUT, f"no answer any more: {error.strerror}"
        return super().reason(error)


@dataclass(frozen=True)
class _Options(Transport):
    """The place and the options of both schemes."""

    host: str = place("the host: a name or an address; an IPv6 address stands in brackets")
    port: int = place("the port")
    family: int = option(socket.AF_UNSPEC, FAMILY, "Which addresses of the host are meant.")
    nodelay: bool = option(True, YES_NO, "Sends small frames at once instead of gathering them (TCP_NODELAY).")
    keepalive: bool = option(True, YES_NO, "Has the system ask an idle peer whether it is still there.")
    keepalive_idle: int = option(30, whole(1, 32_767), "Seconds of silence before the first keep-alive probe.")
    keepalive_interval: int = option(10, whole(1, 32_767), "Seconds between two keep-alive probes.")
    keepalive_count: int = option(3, whole(1, 127), "Probes without an answer that end the link, with TIMEOUT.")
    user_timeout: float = option(
        0,
        seconds(0, 86_400),
        "Seconds that sent bytes may stay unacknowledged, or find no room at the peer, before the link ends with TIMEOUT; "
        "takes the place of keepalive-count too. 0: the system's rule, about 15 minutes, and none for a peer without room.",
    )
    receive_buffer: int = option(0, whole(0, 1 << 30), "Bytes of the system's receive buffer (SO_RCVBUF); 0: its rule.")

    def __post_init__(self) -> None:
        if self.user_timeout and _USER_TIMEOUT is None:
            raise ValueError("user-timeout is not known to this operating system")

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        host, port = host_port(where, port_only=cls.listens)
        return {"host": host, "port": port}

    def _tune(self, sock: socket.socket) -> None:
        if self.receive_buffer:  # before connecting or listening: the window's scale is settled then
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, self.nodelay)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, self.keepalive)
        if self.keepalive and _IDLE is not None:
            sock.setsockopt(socket.IPPROTO_TCP, _IDLE, self.keepalive_idle)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, self.keepalive_interval)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, self.keepalive_count)
        if self.user_timeout and _USER_TIMEOUT is not None:
            sock.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, max(round(self.user_timeout * 1000), 1))


@dataclass(frozen=True)
class Tcp(_Options):
    """Connects to a host, trying all its addresses in the resolver's order.

    One address has `connect_timeout` seconds, and no more than its share of the time that is left for all. Resolving the
    name takes as long as the system lets it. Where no address answers, the OSError names each and what it failed by; its
    kind is that of the attempt that got furthest.
    """

    form: ClassVar[str] = "tcp://host:port"
    bind: tuple[str, int] | None = option(None, ADDRESS, "The local address and port to connect from; port 0: any.")
    connect_timeout: float = option(10, seconds(0.001, 3600), "Seconds that one address has to answer.")

    def connect(self, until: float | None = None) -> Steps[Link]:
        targets = yield Call(partial(resolve, self.host, self.port, socket.SOCK_STREAM, self.family), droppable=True)
        local = []
        if self.bind is not None:
            local = yield Call(partial(resolve, *self.bind, socket.SOCK_STREAM, self.family), droppable=True)
        failures = []
        for number, target in enumerate(targets):
            now = time.monotonic()
            share = self.connect_timeout
            if until is not None:
                share = min(share, max(until - now, 0) / (len(targets) - number))
            try:
                return (yield from self._dial(target, local, now + share))
            except OSError as error:
                failures.append((target, error))
        raise none_of(failures)

    def _dial(self, target: Address, local: list[Address], until: float) -> Steps[Link]:
        sock = socket.socket(target.family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            self._tune(sock)
            if self.bind is not None:
                if self.bind[1] and sys.platform != "win32":  # the same port again, while its last connection fades
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                bind_beside(sock, local)
            broken = yield from dial(sock, target.where, until)
            try:
                remote = sock.getpeername()
            except OSError:  # reset already
                remote = target.where
            if sock.getsockname() == remote:  # nobody listened, and the port it came from was that very one
                raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody there: the connection met itself")
            return TcpLink(sock, shown(remote), broken)
        except BaseException:
            sock.close()
            raise


@dataclass(frozen=True)
class TcpListen(_Options):
    """Waits for peers; each `connect` gives the next one. It listens from the first `connect` or `listen` until `close`.

    Without a host it listens at all addresses of both families, with one at its first address, IPv4 before IPv6.
    """

    form: ClassVar[str] = "tcp-listen://[host]:port"
    listens: ClassVar[bool] = True
    backlog: int = option(128, whole(1, 65_535), "Peers that may wait for being accepted.")
    _door: Door = field(default_factory=Door, init=False, repr=False, compare=False)

    def listen(self) -> tuple[str, int]:
        """Listens, unless that is done, and says where: host and port, the real one for port 0. OSError."""
        return _ends(self._door.open(self._bind, self.backlog).getsockname())

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens; None while it does not."""
        name = self._door.name
        return name and _ends(name)

    def connect(self, until: float | None = None) -> Steps[Link]:
        if self.address is None:
            yield Call(self.listen)
        sock, peer = yield from self._door.accept(until)
        try:
            self._tune(sock)
            return TcpLink(sock, shown(peer))
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """Stops listening for good. Links stay as they are; whoever waits for the next one gets `Reason.CLOSED`."""
        self._door.close()

    def _bind(self) -> socket.socket:
        sock = bound(self.host, self.port, socket.SOCK_STREAM, self.family, reuse=True)
        try:
            self._tune(sock)
        except OSError:
            sock.close()
            raise
        return sock


def _ends(name: tuple[Any, ...]) -> tuple[str, int]:
    return without_mapping(name[0]), name[1]


SCHEMES: dict[str, type[Transport]] = {"tcp": Tcp, "tcp-listen": TcpListen}
