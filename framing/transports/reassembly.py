"""TCP streams out of packets, by sequence number. Pure: no file formats, no I/O.

Each direction of each connection is a stream. Its bytes come out in order and once, whatever order, repetition and overlap
the packets have. Of bytes that come twice the first copy wins, right or wrong: checksums are not looked at, as a capture on
the sending machine has none yet.

A hole is waited for, then becomes a break: the next arrival is `broken`. It is given up when

- the other side has acknowledged what lies behind it and `PATIENCE` more packets of the connection have come since: so much
  may a capture itself be out of order;
- what is held behind holes costs more than the limit, of one direction or of all together (there the one that waits longest);
- the connection or the capture ends.

A connection that was open before the capture began has streams that begin with a break. A SYN with another initial sequence
number is a new connection; so are data after the end that can be no repetition, and three segments in a row that are further
off than any window reaches. Names are numbered then: `10.0.0.1:5000 > 10.0.0.2:4028 #2`. A reset ends both directions.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from framing.transports.links import Arrival
from framing.transports.runs import Runs

PATIENCE = 16
"""Packets of a connection that a hole is still waited for after the other side has acknowledged what lies behind it."""
HELD = 1 << 24
"""Bytes, with what keeping them costs, that one direction may hold behind a hole: more than most windows."""
HELD_IN_ALL = 1 << 26
"""The same of all directions together."""
CONNECTIONS = 10_000
"""Connections that are kept in mind, ended ones too; beyond, the one that was quiet longest is closed and forgotten."""

_WRAP = 1 << 32
_REACH = 1 << 30
"""The largest window of TCP: nothing that belongs to a stream is further away from where the stream is."""
_LATE = 1 << 24
"""How far behind the end of a closed stream a segment is still taken for a repetition."""
_LATE_SYN = 1 << 16
"""How far before the first bytes of a stream a SYN is still theirs, out of order, not that of another connection."""
_STRAYS = 3


class Segment(NamedTuple):
    """What TCP's header says, and the bytes. `source` and `target` name the ends for people: `10.0.0.1:5000`."""

    source: str
    target: str
    seq: int
    data: bytes = b""
    ack: int | None = None
    """None where the ACK flag is not set."""
    syn: bool = False
    fin: bool = False
    rst: bool = False
    time: float | None = None
    size: int | None = None
    """Bytes that the segment had on the wire, where the capture kept fewer."""


class _Direction:
    """One half of a connection. Positions are sequence numbers that do not wrap."""

    __slots__ = ("acks", "begun", "end", "held", "name", "next", "origin", "over", "settled", "strays", "torn")

    def __init__(self, name: str) -> None:
        self.name = name
        self.next: int | None = None
        """The position of the next byte to give; None while nothing is known."""
        self.origin = 0
        self.end: int | None = None
        """The position behind the last byte, once a FIN has told it."""
        self.held = Runs()
        self.acks: list[tuple[int, int]] = []
        """Acknowledgements that are not settled yet: when (in packets of the connection), up to where."""
        self.settled = 0
        """What the other side acknowledged at least `PATIENCE` packets ago."""
        self.torn = True
        """Whether the next bytes do not continue those before. At first nobody has seen the beginning."""
        self.begun = False
        self.over = False
        self.strays = 0

    def begin(self, seq: int, torn: bool) -> None:
        self.next = self.origin = self.settled = seq
        self.torn = torn

    def position(self, seq: int) -> int:
        """Where a sequence number stands, near the place that the stream has reached."""
        place = self.next or 0
        return place + (seq - place + _WRAP // 2) % _WRAP - _WRAP // 2

    def opened_by(self, seq: int) -> bool:
        """Whether a SYN with that number opened this very stream: it is repeated, or late."""
        if self.next is None:
            return True
        ahead = (self.origin - seq - 1) % _WRAP
        return ahead == 0 or (self.torn_start and ahead <= _LATE_SYN)

    @property
    def torn_start(self) -> bool:
        """Whether the stream's beginning was not seen."""
        return self.torn and self.next == self.origin


class _Connection:
    __slots__ = ("directions", "number", "packets")

    def __init__(self, key: tuple[str, str], number: int) -> None:
        suffix = f" #{number}" if number > 1 else ""
        self.number = number
        self.directions = (_Direction(f"{key[0]} > {key[1]}{suffix}"), _Direction(f"{key[1]} > {key[0]}{suffix}"))
        self.packets = 0

    @property
    def over(self) -> bool:
        return self.directions[0].over and self.directions[1].over


class Reassembler:
    """Segments in, arrivals out. `holes` counts the breaks inside streams, `missing` the bytes in them.

    `held`, `held_in_all` and `connections` are the limits that keep memory bounded (see `HELD` and its like).

        >>> tcp = Reassembler()
        >>> tcp.take(Segment("a:1", "b:2", 99, syn=True))
        []
        >>> tcp.take(Segment("a:1", "b:2", 102, b"llo"))
        []
        >>> tcp.take(Segment("a:1", "b:2", 100, b"hel"))
        [Arrival(data=b'hello', stream='a:1 > b:2', time=None, broken=False, ends=False)]
    """

    def __init__(self, *, held: int = HELD, held_in_all: int = HELD_IN_ALL, connections: int = CONNECTIONS) -> None:
        self.holes = 0
        self.missing = 0
        self._held = held
        self._held_in_all = held_in_all
        self._most = connections
        self._connections: OrderedDict[tuple[str, str], _Connection] = OrderedDict()
        """Those heard last at the end."""
        self._waiting: OrderedDict[_Direction, None] = OrderedDict()
        """Directions that hold bytes behind a hole, those that wait longest first."""
        self._cost = 0
        self._time: float | None = None
        self._out: list[Arrival] = []

    def take(self, segment: Segment) -> list[Arrival]:
        """What this segment settles, of any stream."""
        self._time = segment.time if segment.time is not None else self._time
        connection, one, other = self._found(segment)
        connection.packets += 1
        if segment.rst:
            self._reset(connection, one, segment)
        else:
            self._begin(one, segment)
            if segment.ack is not None:
                self._acknowledge(other, segment.ack, connection.packets)
            if not one.over:
                self._add(one, segment)
        for each in connection.directions:
            if each.acks or each.held or each.end is not None:
                self._settle(connection, each)
        while self._cost > self._held_in_all:
            self._give_up(next(iter(self._waiting)))
        return self._given()

    def close(self) -> list[Arrival]:
        """Nothing follows: everything that is held, and the ends of all streams."""
        for connection in self._connections.values():
            self._finish(connection)
        self._connections.clear()
        return self._given()

    def _given(self) -> list[Arrival]:
        out, self._out = self._out, []
        return out

    # --- which connection --------------------------------------------------------------------------------------------

    def _found(self, segment: Segment) -> tuple[_Connection, _Direction, _Direction]:
        """The connection of a segment, the direction it goes, and the other one."""
        source, target = segment.source, segment.target
        key = (source, target) if source <= target else (target, source)
        index = int(source > target)
        connection = self._connections.get(key)
        if connection is None:
            connection = self._connections[key] = _Connection(key, 1)
            if len(self._connections) > self._most:
                self._finish(self._connections.popitem(last=False)[1])
        else:
            self._connections.move_to_end(key)
            if self._is_another(connection, connection.directions[index], segment):
                self._finish(connection)
                used = any(each.begun for each in connection.directions)
                connection = self._connections[key] = _Connection(key, connection.number + used)
        return connection, connection.directions[index], connection.directions[1 - index]

    def _is_another(self, connection: _Connection, one: _Direction, segment: Segment) -> bool:
        """Whether the segment is of a new connection between the same ends."""
        if segment.syn:
            return not one.opened_by(segment.seq)
        ahead = 0 if one.next is None else one.position(segment.seq) - one.next
        if connection.over:
            return bool(segment.data) and (one.next is None or not -_LATE <= ahead <= 0)
        one.strays = one.strays + 1 if abs(ahead) > _REACH else 0
        return one.strays == _STRAYS

    # --- one segment -------------------------------------------------------------------------------------------------

    def _begin(self, one: _Direction, segment: Segment) -> None:
        """Where the stream stands, if this segment is the first to tell."""
        if segment.syn and (one.next is None or one.torn_start):
            one.begin(one.position(segment.seq + 1), torn=False)
        elif one.next is None:
            one.begin(segment.seq, torn=True)

    def _acknowledge(self, one: _Direction, ack: int, now: int) -> None:
        if one.next is None:
            one.begin(ack, torn=True)
        assert one.next is not None
        place = one.position(ack)
        if place > (one.acks[-1][1] if one.acks else one.settled) and place - one.next <= _REACH:
            one.acks.append((now, place))

    def _add(self, one: _Direction, segment: Segment) -> None:
        assert one.next is not None
        start = one.position(segment.seq + segment.syn)
        if abs(start - one.next) > _REACH:
            return
        if segment.fin and one.end is None:
            end = start + (len(segment.data) if segment.size is None else segment.size)
            one.end = end if end >= one.next else None
        data = segment.data
        if one.end is not None and start + len(data) > one.end:
            data = data[: max(one.end - start, 0)]
        if start < one.next:
            data = data[one.next - start :]
            start = one.next
        if start == one.next and not one.held:  # nearly always
            self._give(one, data)
            return
        before = one.held.cost
        one.held.add(start, data)
        self._account(one, before)
        self._release(one)
        while one.held.cost > self._held:
            self._give_up(one)

    def _reset(self, connection: _Connection, one: _Direction, segment: Segment) -> None:
        if one.next is None or abs(one.position(segment.seq) - one.next) <= _REACH:
            self._finish(connection)

    def _settle(self, connection: _Connection, one: _Direction) -> None:
        """Gives up holes that the other side has long acknowledged; ends the stream where its end is reached."""
        while one.acks and one.acks[0][0] <= connection.packets - PATIENCE:
            one.settled = one.acks.pop(0)[1]
        if one.over or one.next is None:
            return
        while one.held and one.held.start <= one.settled:
            self._give_up(one)
        if one.end is not None and (one.next >= one.end or one.settled >= one.end):
            self._end(one)

    # --- what comes out ----------------------------------------------------------------------------------------------

    def _give(self, one: _Direction, data: bytes) -> None:
        if data and one.next is not None:
            self._out.append(Arrival(data, one.name, self._time, broken=one.torn))
            one.next += len(data)
            one.begun, one.torn = True, False

    def _release(self, one: _Direction) -> None:
        """Gives what is held and lies behind no hole any more."""
        if one.held and one.held.start == one.next:
            before = one.held.cost
            self._give(one, one.held.take()[1])
            self._account(one, before)

    def _give_up(self, one: _Direction) -> None:
        """Gives the first bytes that are held, whatever is missing before them."""
        assert one.next is not None
        self._tear(one, one.held.start)
        self._release(one)

    def _tear(self, one: _Direction, until: int) -> None:
        assert one.next is not None
        self.holes += 1
        self.missing += until - one.next
        one.next = until
        one.torn = True

    def _account(self, one: _Direction, before: int) -> None:
        self._cost += one.held.cost - before
        if one.held:
            self._waiting.setdefault(one)
        else:
            self._waiting.pop(one, None)

    def _end(self, one: _Direction) -> None:
        """The end of one stream: what is held, then the word that nothing follows."""
        if one.over:
            return
        while one.held:
            self._give_up(one)
        if one.end is not None and one.next is not None and one.next < one.end:
            self._tear(one, one.end)
        one.over = True
        if one.begun:
            self._out.append(Arrival(b"", one.name, self._time, broken=one.torn, ends=True))

    def _finish(self, connection: _Connection) -> None:
        for one in connection.directions:
            self._end(one)
