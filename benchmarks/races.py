"""What is measured. A race is a set of entries that run interleaved; every row of the table is one entry.

To add a contestant, write its file in `contestants/` and name it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams import all_eight

FEED = 65_536
"""Bytes of a feed, unless said otherwise."""
FEEDS = (1, 64, 4_096, FEED)

PYTHON = {"FRAMING_ENGINE": "python"}
NATIVE = {"FRAMING_ENGINE": "native"}

KINDS = {
    "ubx": "UBX (Fletcher)",
    "crc16": "CRC-16",
    "crc32": "CRC-32, 1 KiB",
    "cobs": "COBS + CRC-16",
    "mavlink": "MAVLink 2",
    "nmea": "NMEA",
    "sbp": "SBP",
    "rtcm3": "RTCM 3",
    "hdlc": "HDLC",
}
CONDITIONS = {"clean": "clean", "damaged": "1 % of frames damaged", "noise": "10 % noise"}
CLAIMS = (255, 1_023, 4_095, 65_535)
"""Bytes that each marker of a hostile stream claims."""

PEERS = {
    "ubx": {"pyubx2 (raw)": "pyubx2"},
    "crc16": {"by hand, Python": "hand", "construct, compiled": "construct", "kaitaistruct": "kaitai"},
    "cobs": {"cobs + crc_hqx": "cobs"},
    "mavlink": {"pymavlink": "pymavlink"},
    "nmea": {"pyubx2 (raw)": "pyubx2"},
    "sbp": {"sbp": "sbp"},
    "rtcm3": {"pyrtcm (raw)": "pyrtcm"},
    "hdlc": {"yahdlc": "yahdlc"},
}


@dataclass(frozen=True)
class Entry:
    """One contestant on one stream: `contestant` as in `contestants.make`, `feed` in bytes.

    Entries that differ by less than what two processes of the same program may differ by share one: `beside` is the first one's label.
    """

    label: str
    contestant: str
    stream: str
    feed: int = FEED
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    beside: str = ""

    @property
    def process(self) -> str:
        """The label of the entry that its process is named after."""
        return self.beside or self.label


@dataclass(frozen=True)
class Race:
    """`scale`: times as many frames as usual. `base`: the label of the row that the others are told as multiples of.

    `turns`: a round is cut into so many that are so much shorter, for differences of a few per cent.
    """

    name: str
    title: str
    entries: tuple[Entry, ...]
    scale: float = 1.0
    base: str = "plain C"
    turns: int = 1


def decoding(kind: str, condition: str) -> Race:
    """Everybody who can, on one stream."""
    stream = f"{kind}/{condition}"
    entries = [
        Entry("plain C", "limit", stream),
        Entry("native columns", "ours:Columns", stream, environment=NATIVE),
        Entry("native objects", "ours:Objects", stream, environment=NATIVE),
        Entry("Python", "ours:Objects", stream, environment=PYTHON),
        *(Entry(label, contestant, stream) for label, contestant in PEERS.get(kind, {}).items()),
    ]
    if kind == "crc32":
        entries.insert(1, Entry("plain C, carry-less multiply", "limit:CarryLess", stream))
    if stream == "crc16/clean":
        entries.insert(4, Entry("native objects, all fields read", "ours:ReadOut", stream, environment=NATIVE))
        entries.insert(6, Entry("Python, all fields read", "ours:ReadOut", stream, environment=PYTHON))
    return Race(stream, f"{KINDS[kind]}, {CONDITIONS[condition]}", tuple(entries))


def feeding(kind: str, peer: str, contestant: str) -> Race:
    """The same stream in pieces of all sizes."""
    stream = f"{kind}/clean"
    entries = []
    for feed in FEEDS:
        entries += [
            Entry(f"native objects, {feed:,} B", "ours:Objects", stream, feed, NATIVE),
            Entry(f"Python, {feed:,} B", "ours:Objects", stream, feed, PYTHON),
            Entry(f"{peer}, {feed:,} B", contestant, stream, feed),
        ]
    return Race(f"feeds/{kind}", f"{KINDS[kind]}, clean, by size of feed", tuple(entries), 0.1, f"native objects, {FEED:,} B")


def eight() -> Race:
    """Eight formats at once, beside the same frames one format at a time; and one format's stream with eight asked."""
    entries = []
    for engine, environment in (("native objects", NATIVE), ("Python", PYTHON)):
        asked = {"formats": all_eight()}
        entries += [
            Entry(f"{engine}, eight at once", "ours:Objects", "eight", environment=environment),
            Entry(f"{engine}, one after the other", "ours:Apart", "eight", environment=environment),
            Entry(f"{engine}, UBX, eight asked", "ours:Objects", "ubx/clean", environment=environment, options=asked),
            Entry(f"{engine}, UBX, one asked", "ours:Objects", "ubx/clean", environment=environment),
        ]
    return Race("eight", "Eight formats on one stream", tuple(entries), base="native objects, one after the other")


def hostile() -> Race:
    """Streams that are made to cost time, beside a clean one of the same format."""
    entries = []
    every_6 = [(f"every 6 bytes, claims {claim:,}", f"hostile/{claim}") for claim in CLAIMS]
    each = [(f"at every byte, claims {claim:,}", f"every-byte/{claim.bit_length()}") for claim in CLAIMS]
    for engine, environment in (("native objects", NATIVE), ("Python", PYTHON)):
        entries.append(Entry(f"{engine}, clean", "ours:Objects", "crc16/clean", environment=environment))
        entries += [Entry(f"{engine}, {what}", "ours:Objects", name, environment=environment) for what, name in every_6 + each]
    entries += [Entry(f"plain C, no guard, {what}", "limit", name, options={"kind": "crc16"}) for what, name in every_6]
    return Race("hostile", "Hostile streams: false markers", tuple(entries), base="native objects, clean")


def guard() -> Race:
    """What the guard against hostile streams costs where there are none."""
    entries = []
    for kind in ("ubx", "crc16"):
        label, stream = f"{KINDS[kind]}, native objects", f"{kind}/clean"
        entries.append(Entry(label, "ours:Guarded", stream, environment=NATIVE, options={"guarded": True}))
        entries.append(Entry(f"{label}, no guard", "ours:Guarded", stream, environment=NATIVE, options={"guarded": False}, beside=label))
    return Race("guard", "The guard on clean streams", tuple(entries), base="CRC-16, native objects, no guard", turns=40)


def encoding(kind: str, title: str, peer: str, contestant: str) -> Race:
    """One frame for each message. To add an encoder, add an entry."""
    stream = f"{kind}/clean"
    ours = "ours:EncodingMavlink" if kind == "mavlink" else "ours:EncodingUbx"
    by_hand = "hand:EncodingMavlink" if kind == "mavlink" else "hand:EncodingUbx"
    entries = (
        Entry("native", ours, stream, environment=NATIVE),
        Entry("Python", ours, stream, environment=PYTHON),
        Entry("by hand, Python", by_hand, stream),
        Entry(peer, contestant, stream),
    )
    return Race(f"encode/{kind}", f"{title}, encoding", entries, 0.1, "by hand, Python")


def races() -> list[Race]:
    """All, in the order of the table."""
    return [
        *(decoding(kind, condition) for kind in KINDS for condition in CONDITIONS),
        feeding("crc16", "by hand, Python", "hand"),
        feeding("mavlink", "pymavlink", "pymavlink"),
        eight(),
        hostile(),
        guard(),
        encoding("ubx-known", "UBX", "pyubx2", "pyubx2:Encoding"),
        encoding("mavlink", "MAVLink 2", "pymavlink", "pymavlink:Encoding"),
    ]


QUICK = ("crc16/clean", "cobs/damaged", "mavlink/noise", "feeds/crc16", "encode/ubx-known")
"""Races of a smoke run."""
