"""A wire format declared once, as data, becomes a decoder that survives anything, an encoder, and the tools around them.

    >>> import framing
    >>> ubx = framing.load("ubx")
    >>> raw = ubx.encode(b"", **{"class": 6, "id": 1})
    >>> [event.kind for event in framing.decode(b"noise" + raw, ubx) if isinstance(event, framing.Frame)]
    [(6, 1)]
"""

from framing.checksums import Algorithm
from framing.checksums import register as register_checksum
from framing.decoder import Decoder, decode
from framing.encoder import Encoder
from framing.engines import engine_name
from framing.errors import EncodeError, FrameError, FramingError, Reason, SpecError
from framing.events import Event, Frame, Gap, Reject
from framing.layout import FrameFormat
from framing.messages.message import Message, Repeat
from framing.model.checks import BitsChecksum, Blocks, Checksum
from framing.model.data import Data
from framing.model.examples import Counterexample, Example
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.options import Lock, Transparency
from framing.model.patterns import End, Next, Sync
from framing.protocols import Protocol
from framing.scanner import Scanner, scan
from framing.spans import Spans
from framing.spec import load, parse, shipped
from framing.stats import Stats
from framing.transports.connection import Connection, open  # noqa: A004 # callers say framing.open
from framing.transports.links import Connected, Disconnected
from framing.transports.reconnect import Reconnect
from framing.transports.urls import UrlError

__version__ = "0.1.0"

__all__ = [
    "Algorithm",
    "Bits",
    "BitsChecksum",
    "Blocks",
    "Checksum",
    "Connected",
    "Connection",
    "Counterexample",
    "Data",
    "Decoder",
    "Disconnected",
    "EncodeError",
    "Encoder",
    "End",
    "Event",
    "Example",
    "Field",
    "Frame",
    "FrameError",
    "FrameFormat",
    "FramingError",
    "Gap",
    "Length",
    "Lock",
    "Lookup",
    "Message",
    "Next",
    "Protocol",
    "Reason",
    "Reconnect",
    "Reject",
    "Repeat",
    "Scanner",
    "Spans",
    "SpecError",
    "Stats",
    "Sync",
    "Transparency",
    "UrlError",
    "decode",
    "engine_name",
    "load",
    "open",
    "parse",
    "register_checksum",
    "scan",
    "shipped",
]
