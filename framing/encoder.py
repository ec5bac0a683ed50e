"""An encoder with state: what one stream of frames needs beyond single frames.

`FrameFormat.encode` makes one frame. An `Encoder` also lets counters run on, and opens a delimited stream with a delimiter,
so that noise in front of it spoils no frame.
"""

from __future__ import annotations

from typing import Any

from framing import writing
from framing.layout import FrameFormat, Protocol


class Encoder:
    """Encodes the frames of one stream.

        >>> from framing.layout import FrameFormat
        >>> from framing.parts import Data, Field, Transparency
        >>> toy = FrameFormat("toy", [Field("seq", "u8", counter=True), Data("payload")], transparency=Transparency("slip"))
        >>> encoder = Encoder(toy)
        >>> [encoder.encode(b"x").hex(" ") for _ in range(2)]
        ['c0 00 78 c0', '01 78 c0']
    """

    def __init__(self, protocol: Protocol | FrameFormat) -> None:
        if not isinstance(protocol, (Protocol, FrameFormat)):
            raise TypeError(f"{protocol!r} is no Protocol or FrameFormat")
        self._protocol = protocol
        self._counters: dict[str, dict[str, int]] = {}  # by format and field: what comes next
        self._opened: set[int] = set()

    def encode(self, payload: bytes | None = None, /, **fields: Any) -> bytes:
        """The next frame; `format="long"` where there are several. Raises `EncodeError`, which uses no counter up.

        A value given for a counter is what the counter goes on from.
        """
        protocol = self._protocol
        each = protocol.pick(fields) if isinstance(protocol, Protocol) else protocol
        plan = each.plan
        raw = writing.write(plan, payload, fields, self._counters.setdefault(each.full_name, {}))
        if plan.delimited and plan.delimiter is not None and plan.delimiter not in self._opened:
            self._opened.add(plan.delimiter)
            return bytes([plan.delimiter]) + raw
        return raw

    def idle(self) -> None:
        """The line goes silent: the next delimited frame is opened by a delimiter again."""
        self._opened.clear()
