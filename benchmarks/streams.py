"""Streams with their truth: the bytes, and where the frames stand that came through intact.

Everything follows from the name of the stream and a seed. Names are `KIND/CONDITION`, as `ubx/clean`, `ubx/damaged`,
`ubx/noise`; `hostile/N` and `every-byte/BITS` for streams that are made to cost time; `eight` for eight formats mixed.
"""

from __future__ import annotations

import json
import random
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from frames import MAKERS

FRAMES = 30_000
"""Frames of a stream; a tenth of that where a frame has 1 KiB, and where it is fed byte by byte."""
HOSTILE_SIZE = 1 << 18
"""Bytes of a hostile stream, before the frames at its end."""
LENGTHS = {"ubx": (4, 6), "crc16": (4, 6), "crc32": (2, 4), "mavlink": (1, 2), "sbp": (5, 6), "rtcm3": (1, 3)}
"""Where in a frame its length stands."""
DELIMITED = {"cobs": (0, 1), "hdlc": (1, 1)}
"""Delimiters at the beginning and the end of a frame. The damage leaves them alone: to lose one costs the next frame too."""

FORMATS = Path(__file__).parent / "formats"
NAMED = {"cobs": "cobs-crc16", "mavlink": "mavlink.v2", "mavlink-1": "mavlink.v1", "ubx-known": "ubx"}
"""Formats that are not called like their kind of frames."""
EIGHT = {
    "ubx": b"\xb5\x62",
    "sbf": b"$@",
    "nmea": b"$",
    "rtcm3": b"\xd3",
    "sbp": b"\x55",
    "mavlink": b"\xfd",
    "mavlink-1": b"\xfe",
    "sirf": b"\xa0\xa2",
}
"""Kinds of frames in the stream `eight`, in the order in which their formats are asked, and how each begins."""


@dataclass(frozen=True)
class Stream:
    """`intact` are the offsets `(start, end)` of the frames that a decoder can find; `formats` names their formats."""

    name: str
    data: bytes
    intact: list[tuple[int, int]]
    formats: tuple[str, ...]

    def save(self, folder: Path) -> None:
        """Writes it for `load`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "data").write_bytes(self.data)
        (folder / "truth").write_bytes(array("Q", [offset for place in self.intact for offset in place]).tobytes())
        (folder / "about").write_text(json.dumps([self.name, self.formats]))


def load(folder: Path) -> Stream:
    offsets = array("Q")
    offsets.frombytes((folder / "truth").read_bytes())
    name, formats = json.loads((folder / "about").read_text())
    return Stream(name, (folder / "data").read_bytes(), list(zip(offsets[::2], offsets[1::2], strict=True)), tuple(formats))


def all_eight() -> tuple[str, ...]:
    """The names of the eight formats, in order."""
    return tuple(NAMED.get(kind, kind) for kind in EIGHT)


def apart(stream: Stream) -> list[Stream]:
    """The frames of the stream `eight`, sorted into a stream for each format."""
    sorted_out: dict[str, list[bytes]] = {kind: [] for kind in EIGHT}
    for start, end in stream.intact:
        kind = next(kind for kind, begin in EIGHT.items() if stream.data.startswith(begin, start))
        sorted_out[kind].append(stream.data[start:end])
    return [
        _joined(f"{kind}/clean", [(raw, True) for raw in frames], (NAMED.get(kind, kind),))
        for kind, frames in sorted_out.items()
    ]


def format_of(name: str) -> Any:
    """The format of that name, of this project."""
    import framing

    own = FORMATS / f"{name}.toml"
    if own.is_file():
        return framing.load(own)
    protocol, _, one = name.partition(".")
    return framing.load(protocol)[one] if one else framing.load(protocol)


def make(name: str, seed: int, scale: float = 1.0) -> Stream:
    """The stream of that name; `scale` times as many frames as usual."""
    kind, _, condition = name.partition("/")
    rnd = random.Random(zlib.crc32(name.encode()) + seed)
    if kind == "hostile":
        return _hostile(name, bytes.fromhex("B5 62 00 00") + int(condition).to_bytes(2, "little"), "crc16", rnd, scale)
    if kind == "every-byte":
        return _hostile(name, b"\xff", f"every-byte-{condition}", rnd, scale)
    count = max(20, int(FRAMES * scale * {"crc32": 0.1}.get(kind, 1)))
    if kind == "eight":
        return _joined(name, [(MAKERS[rnd.choice(list(EIGHT))](rnd), True) for _ in range(count)], all_eight())
    frames = [MAKERS[kind](rnd) for _ in range(count)]
    conditions = {"clean": _clean, "damaged": _damaged, "noise": _noise}
    return _joined(name, conditions[condition](kind, frames, rnd), (NAMED.get(kind, kind),), DELIMITED.get(kind, (0, 0))[0])


Pieces = Iterable[tuple[bytes, bool]]
"""Bytes, and whether they are an intact frame."""


def _joined(name: str, pieces: Pieces, formats: tuple[str, ...], opening: int = 0) -> Stream:
    """`opening`: delimiters in front of a frame that are no part of it."""
    data, intact = bytearray(), []
    for piece, whole in pieces:
        if whole:
            intact.append((len(data) + opening, len(data) + len(piece)))
        data += piece
    return Stream(name, bytes(data), intact, formats)


def _clean(_kind: str, frames: list[bytes], _rnd: Random) -> Pieces:
    return [(raw, True) for raw in frames]


def _damaged(kind: str, frames: list[bytes], rnd: Random) -> Pieces:
    """One frame in a hundred is hit: a flipped bit, a lost byte, or another length."""
    opening, closing = DELIMITED.get(kind, (0, 0))
    hit = set(rnd.sample(range(len(frames)), max(1, len(frames) // 100)))
    for number, raw in enumerate(frames):
        if number not in hit:
            yield raw, True
            continue
        place = rnd.randrange(opening, len(raw) - closing)
        dice = rnd.randrange(3)
        if dice == 0 and kind in LENGTHS:
            start, end = LENGTHS[kind]
            yield raw[:start] + _another(raw[start:end], kind, rnd) + raw[end:], False
        elif dice == 1:
            yield raw[:place] + raw[place + 1 :], False
        else:
            yield raw[:place] + bytes([raw[place] ^ 1 << rnd.randrange(8)]) + raw[place + 1 :], False


def _another(length: bytes, kind: str, rnd: Random) -> bytes:
    """A length that is any but this one. RTCM keeps its six zeros."""
    while (other := rnd.randbytes(len(length))) == length or (kind == "rtcm3" and other[0] > 3):
        pass
    return other


def _noise(kind: str, frames: list[bytes], rnd: Random) -> Pieces:
    """Bursts of random bytes between the frames, one byte in ten of the stream. A delimiter closes each burst of COBS."""
    size = sum(map(len, frames)) // len(frames)
    for raw in frames:
        if rnd.random() < 1 / 9:
            yield rnd.randbytes(rnd.randint(1, 2 * size - 1)) + (b"\0" if kind == "cobs" else b""), False
        yield raw, True


def _hostile(name: str, claim: bytes, form: str, rnd: Random, scale: float) -> Stream:
    """Markers that each claim more bytes than there are, and behind them a hundred real frames."""
    frames = [MAKERS["crc16" if form == "crc16" else "every-byte"](rnd) for _ in range(100)]
    claims = claim * (int(HOSTILE_SIZE * scale) // len(claim))
    return _joined(name, [(claims, False), *((raw, True) for raw in frames)], (form,))
