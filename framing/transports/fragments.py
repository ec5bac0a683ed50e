"""IP fragments put together again, of version 4 and 6. Of bytes that come twice the first copy wins."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from framing.transports.runs import Runs

MOST = 256
"""Datagrams that are waited for at a time; the one that began first is given up for the next."""
_LARGEST = 65_535


class Fragments:
    """`lost` counts the datagrams that were given up, `pending` those whose pieces are still waited for.

        >>> fragments = Fragments()
        >>> fragments.add("id 1", 3, False, b"lo")
        >>> fragments.add("id 1", 0, True, b"hel")
        b'hello'
    """

    def __init__(self, most: int = MOST) -> None:
        self.lost = 0
        self._most = most
        self._begun: OrderedDict[Hashable, tuple[Runs, list[int]]] = OrderedDict()

    @property
    def pending(self) -> int:
        return len(self._begun)

    def add(self, key: Hashable, offset: int, more: bool, data: bytes) -> bytes | None:
        """The datagram, if this piece at `offset` completes it. `more`: it is not the last piece. `key` tells datagrams apart."""
        if offset + len(data) > _LARGEST:
            return None
        runs, end = self._begun.setdefault(key, (Runs(), []))
        runs.add(offset, data)
        if not more and not end:
            end.append(offset + len(data))
        if end and runs and runs.start == 0 and runs.end >= end[0]:
            del self._begun[key]
            return runs.take()[1][: end[0]]
        if len(self._begun) > self._most:
            self._begun.popitem(last=False)
            self.lost += 1
        return None
