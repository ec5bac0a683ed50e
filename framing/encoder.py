"""An encoder with state: what one stream of frames needs beyond single frames.

`FrameFormat.encode` makes one frame, the very bytes that decode as its `raw`. An `Encoder` also lets counters run on, and opens a
delimited stream with a delimiter, so that noise in front of it spoils no frame. A delimiter in front of a frame is no part of it
but fill, so it is written here, also where the format wants one in front of each frame (`opens`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framing.layout import FrameFormat
from framing.protocols import Protocol


class Encoder:
    """Encodes the frames of one stream.

        >>> from framing.layout import FrameFormat
        >>> from framing.model.options import Transparency
        >>> from framing.model.data import Data
        >>> from framing.model.numbers import Field
        >>> toy = FrameFormat("toy", [Field("seq", "u8", counter=True), Data("payload")], transparency=Transparency("slip"))
        >>> encoder = Encoder(toy)
        >>> [encoder.encode(b"x").hex(" ") for _ in range(2)]
        ['c0 00 78 c0', '01 78 c0']
    """

    def __init__(self, protocol: Protocol | FrameFormat) -> None:
        if not isinstance(protocol, (Protocol, FrameFormat)):
            raise TypeError(f"{protocol!r} is no Protocol or FrameFormat")
        self._protocol = protocol
        formats = tuple(protocol) if isinstance(protocol, Protocol) else (protocol,)
        self._counters: dict[str, dict[str, int]] = {each.full_name: {} for each in formats}  # what comes next, by field
        self._openings = {each.full_name: each.plan.delimiter for each in formats if each.plan.delimited}
        self._always = {each.full_name for each in formats if each.transparency is not None and each.transparency.opens}
        self._opened: set[bytes] = set()

    def encode(self, payload: bytes | None = None, /, **fields: Any) -> bytes:
        """The next frame; `format="long"` where there are several. Raises `EncodeError`, which uses no counter up.

        A value given for a counter is what the counter goes on from.
        """
        protocol = self._protocol
        each = protocol.pick(fields) if isinstance(protocol, Protocol) else protocol
        raw = each.writer(payload, fields, self._counters[each.full_name])
        opening = self._openings.get(each.full_name)
        if opening is None or (opening in self._opened and each.full_name not in self._always):
            return raw
        self._opened.add(opening)
        return opening + raw

    def encode_message(self, name: str, values: Mapping[str, Any] | None = None, /, **fields: Any) -> bytes:
        """The next frame with this message, as `FrameFormat.encode_message`. Raises `EncodeError`."""
        protocol = self._protocol
        each = protocol.pick_for(name, fields) if isinstance(protocol, Protocol) else protocol
        each.encode_message(name, values, **fields)  # what is wrong is told before a counter is used up
        payload, header = each.compose(name, values, **fields)
        several = isinstance(protocol, Protocol) and len(protocol) > 1
        return self.encode(payload, **(header | {"format": each.name} if several else header))

    def idle(self) -> None:
        """The line goes silent: the next delimited frame is opened by a delimiter again."""
        self._opened.clear()
