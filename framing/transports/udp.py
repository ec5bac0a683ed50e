"""UDP links: one peer (`udp://host:port`), or whoever sends (`udp-listen://[host]:port`), multicast groups and broadcast too.

Datagrams get lost, doubled and reordered, and nothing here hides that. Each `send` is one datagram, whole, or `NotSent`:
EMSGSIZE for what no datagram can hold. Neither that nor the word of the network that a datagram was refused or found no way
ends the link: the next datagram may arrive. What the network said last stands in `complaint` until something arrives.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from framing.transports.addresses import FAMILY, Address, bind_beside, bound, none_of, resolve, shown, without_mapping
from framing.transports.links import Arrival, Link, NotSent, Transport
from framing.transports.socket_link import NO_SIGNAL, SocketLink
from framing.transports.steps import Call, Steps, Wait, Waker
from framing.transports.urls import ADDRESS, TEXT, YES_NO, choice, host_port, option, place, whole

LARGEST = 65_536
"""Bytes asked for at a time, more than a datagram can have: the rest of one that is read in part would be lost."""

_PASSING = {errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EPROTO}
"""Errors that tell what became of an earlier datagram."""


class UdpLink(SocketLink):
    """Datagrams to and from one peer."""

    def __init__(self, sock: socket.socket, remote: str, *, alone: bool) -> None:
        super().__init__(sock, f"udp {remote}")
        self.local = shown(sock.getsockname())
        self.complaint: str | None = None
        """What the network last said about a datagram that was sent, such as `Connection refused`."""
        self._alone = alone  # each datagram is a stream of its own to the decoder
        self._waker = Waker()

    def receive(self, most: int = LARGEST) -> Arrival | None:
        """The next datagram, whole whatever `most` says; None if there is none. It never tells of an end."""
        return super().receive(most)

    def is_connected(self) -> bool:
        """False from the network's word that datagrams do not get there until one comes from there."""
        with self._lock:
            if not self._closed:
                self._note(self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
            return not self._closed and self.complaint is None

    def _receive(self, most: int) -> Arrival | None:
        try:
            arrival = self._taken()
        except OSError as error:
            if not self._note(error.errno):
                raise
            return None
        self.complaint = None
        return arrival

    def _taken(self) -> Arrival:
        return Arrival(self._socket.recv(LARGEST), broken=self._alone)

    def _send(self, data: bytes | memoryview) -> int:
        for _ in range(2):  # an error in waiting is about an earlier datagram and keeps this one from being sent
            try:
                return self._put(data)
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    raise NotSent(error.errno, error.strerror) from None
                if not self._note(error.errno):
                    raise
        return self._put(data)

    def _put(self, data: bytes | memoryview) -> int:
        return self._socket.send(data, NO_SIGNAL)

    def _note(self, number: int | None) -> bool:
        if number is None or number not in _PASSING:
            return False
        self.complaint = os.strerror(number)
        return True

    def _wait(self, write: bool, until: float | None) -> Wait:
        return Wait(self.fileno(), write=write, until=until, wake=self._waker.fileno())

    def _wake(self) -> None:
        self._waker.wake()


class UdpPeersLink(UdpLink):
    """Datagrams of whoever sends, each peer's a stream of its own, named by its address.

    Without a `target` what is sent goes to the peer that was heard last, and `NotSent` (ENOTCONN) says that there was none yet.
    """

    def __init__(self, sock: socket.socket, name: str, *, alone: bool, target: Any = None) -> None:
        super().__init__(sock, name, alone=alone)
        self._target = target
        self._heard: Any = None

    def _taken(self) -> Arrival:
        data, self._heard = self._socket.recvfrom(LARGEST)
        return Arrival(data, shown(self._heard), broken=self._alone)

    def _put(self, data: bytes | memoryview) -> int:
        to = self._target or self._heard
        if to is None:
            raise NotSent(errno.ENOTCONN, "nobody to send to: no datagram has come yet")
        return self._socket.sendto(data, NO_SIGNAL, to)


@dataclass(frozen=True)
class _Options(Transport):
    """The place and the options of both schemes."""

    host: str = place("the host, or a multicast group by its address; an IPv6 address stands in brackets")
    port: int = place("the port")
    family: int = option(socket.AF_UNSPEC, FAMILY, "Which addresses of the host are meant.")
    boundary: str = option(
        "stream", choice("stream", "datagram"), "Whether a frame may go on in the next datagram, or ends with its own."
    )
    broadcast: bool = option(False, YES_NO, "Allows to send to a broadcast address (SO_BROADCAST).")
    interface: str = option("", TEXT, "The interface for a multicast group: its name, or for IPv4 its address.")
    ttl: int = option(1, whole(0, 255), "Routers, plus one, that a datagram to a multicast group may pass.")
    receive_buffer: int = option(0, whole(0, 1 << 30), "Bytes of the system's receive buffer (SO_RCVBUF); 0: its rule.")

    def __post_init__(self) -> None:
        if self.interface and not self._group:
            raise ValueError("interface= is for multicast groups, given by their address")

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        host, port = host_port(where, port_only=scheme == "udp-listen")
        return {"host": host, "port": port}

    @property
    def _alone(self) -> bool:
        return self.boundary == "datagram"

    @property
    def _group(self) -> bool:
        """Whether the host is a multicast group."""
        try:
            return ipaddress.ip_address(self.host).is_multicast
        except ValueError:
            return False

    @property
    def _place(self) -> str:
        """The host as the resolver is asked for it: a group of IPv6 goes with the number of its interface."""
        group, _, scope = self.host.partition("%")
        if self._group and ":" in group and (self.interface or scope):
            return f"{group}%{self._index()}"
        return self.host

    def _tune(self, sock: socket.socket) -> None:
        if self.receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, self.broadcast)
        if not self._group:
            return
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, self.ttl)
            if self._index():
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, self._index())
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, self.ttl)
            if self.interface:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, self._membership())

    def _join(self, sock: socket.socket) -> None:
        if sock.family == socket.AF_INET6:
            group = socket.inet_pton(socket.AF_INET6, self.host.partition("%")[0])
            request = group + struct.pack("@I", self._index())
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, self._membership())

    def _membership(self) -> bytes:
        """An IPv4 group at an interface, as the system takes it: `ip_mreq` by address, `ip_mreqn` by index."""
        group = socket.inet_aton(self.host)
        try:
            return group + socket.inet_aton(self.interface or "0.0.0.0")  # noqa: S104 # any interface
        except OSError:
            return group + bytes(4) + struct.pack("@i", self._index())

    def _index(self) -> int:
        """The number of the interface, by option or by the address's scope; 0: the system chooses."""
        name = self.interface or self.host.partition("%")[2]
        if not name or name.isdecimal():
            return int(name or 0)
        try:
            return socket.if_nametoindex(name)
        except OSError:
            raise OSError(errno.ENODEV, f"there is no interface {name!r}") from None


@dataclass(frozen=True)
class Udp(_Options):
    """Sends to a host, and receives what comes back from there; from a group or a broadcast address whoever answers.

    There is no connecting in UDP: of the host's addresses the first that this machine has a route to is taken.
    """

    form: ClassVar[str] = "udp://host:port"
    bind: tuple[str, int] | None = option(None, ADDRESS, "The local address and port to send from; port 0: any.")

    def connect(self, until: float | None = None) -> Steps[Link]:
        targets = yield Call(partial(resolve, self._place, self.port, socket.SOCK_DGRAM, self.family), droppable=True)
        local = []
        if self.bind is not None:
            local = yield Call(partial(resolve, *self.bind, socket.SOCK_DGRAM, self.family), droppable=True)
        failures = []
        for target in targets:
            try:
                return self._link(target, local)
            except OSError as error:
                failures.append((target, error))
        raise none_of(failures)

    def _link(self, target: Address, local: list[Address]) -> Link:
        sock = socket.socket(target.family, socket.SOCK_DGRAM)
        try:
            self._tune(sock)
            if local:
                bind_beside(sock, local)
            if self._group or self.broadcast:  # answers come from others than were asked
                if not local:
                    sock.bind(("", 0))
                return UdpPeersLink(sock, str(target), alone=self._alone, target=target.where)
            sock.connect(target.where)
            return UdpLink(sock, str(target), alone=self._alone)
        except BaseException:
            sock.close()
            raise


class _Port:
    """A bound socket until a link takes it, and where it is bound, for the link after that."""

    sock: socket.socket | None = None
    address: tuple[str, int] | None = None


@dataclass(frozen=True)
class UdpListen(_Options):
    """Receives whatever comes to a port, at all addresses where no host is given; for a multicast group it joins that.

    What is sent goes to the peer heard last. `connect` gives the link at once and a second one only when that is closed.
    """

    form: ClassVar[str] = "udp-listen://[host]:port"
    _port: _Port = field(default_factory=_Port, init=False, repr=False, compare=False)

    def listen(self) -> tuple[str, int]:
        """Binds, unless that is done, and says where: host and port, the real one for port 0. OSError."""
        if self._port.sock is None:
            self._port.sock = self._bind()
            name = self._port.sock.getsockname()
            self._port.address = without_mapping(name[0]), name[1]
        assert self._port.address is not None
        return self._port.address

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it was bound; None before that."""
        return self._port.address

    def connect(self, until: float | None = None) -> Steps[Link]:
        yield Call(self.listen)
        sock, self._port.sock = self._port.sock, None
        assert sock is not None
        return UdpPeersLink(sock, shown(sock.getsockname()), alone=self._alone)

    def close(self) -> None:
        """Lets go of the port, unless a link has it: that closes it itself."""
        if self._port.sock is not None:
            self._port.sock.close()
            self._port.sock = None

    def _bind(self) -> socket.socket:
        host = "" if self._group and sys.platform == "win32" else self._place
        port = self._port.address[1] if self._port.address else self.port
        sock = bound(host, port, socket.SOCK_DGRAM, self.family, reuse=self._group)
        try:
            self._tune(sock)
            if self._group:
                self._join(sock)
        except BaseException:
            sock.close()
            raise
        return sock


SCHEMES: dict[str, type[Transport]] = {"udp": Udp, "udp-listen": UdpListen}
