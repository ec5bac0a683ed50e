"""Frames of each kind, built without the project under test, so that what is measured does not say what is right.

`MAKERS[kind](rnd)` gives one frame as it stands on the wire. Payloads are random, of 16 to 100 bytes unless the kind says
otherwise.
"""

from __future__ import annotations

import struct
import zlib
from binascii import crc_hqx
from collections.abc import Iterable, Iterator
from itertools import accumulate
from random import Random

import crcmod

crc_mavlink = crcmod.mkCrcFun(0x11021, initCrc=0xFFFF, rev=True, xorOut=0)
crc_hdlc = crcmod.mkCrcFun(0x11021, initCrc=0, rev=True, xorOut=0xFFFF)
crc_rtcm = crcmod.mkCrcFun(0x1864CFB, initCrc=0, rev=False, xorOut=0)

MAVLINK = {0: ("<IBBBBB", 50), 24: ("<QiiiHHHHBB", 24), 30: ("<Iffffff", 39), 33: ("<IiiiihhhH", 104), 74: ("<ffffhH", 20)}
"""Messages by number: how the fields are packed, and the byte that goes into the checksum (HEARTBEAT, GPS_RAW_INT,
ATTITUDE, GLOBAL_POSITION_INT, VFR_HUD)."""


def payload(rnd: Random) -> bytes:
    return rnd.randbytes(rnd.randint(16, 100))


def fletcher(data: bytes) -> bytes:
    first = list(accumulate(data))
    return bytes([first[-1] & 255, sum(first) & 255])


def ubx(rnd: Random) -> bytes:
    body = payload(rnd)
    inner = struct.pack("<BBH", rnd.randrange(256), rnd.randrange(256), len(body)) + body
    return b"\xb5\x62" + inner + fletcher(inner)


def ubx_known(rnd: Random) -> bytes:
    """A message that u-blox defines, with its size: NAV-POSLLH, NAV-DOP, NAV-PVT, NAV-VELNED."""
    number, size = rnd.choice([(0x02, 28), (0x04, 18), (0x07, 92), (0x12, 36)])
    inner = struct.pack("<BBH", 1, number, size) + rnd.randbytes(size)
    return b"\xb5\x62" + inner + fletcher(inner)


def crc16(rnd: Random) -> bytes:
    body = payload(rnd)
    inner = struct.pack("<BBH", rnd.randrange(256), rnd.randrange(256), len(body)) + body
    return b"\xb5\x62" + inner + struct.pack("<H", crc_hqx(inner, 0))


def crc32(rnd: Random) -> bytes:
    """1 KiB of payload."""
    inner = struct.pack("<H", 1024) + rnd.randbytes(1024)
    return b"\xa5\x5a" + inner + struct.pack("<I", zlib.crc32(inner))


def cobs(rnd: Random) -> bytes:
    """COBS over payload and CRC-16, with the delimiter behind it. One byte in sixteen is zero, as in real payloads."""
    body = bytes(byte if rnd.random() > 1 / 16 else 0 for byte in payload(rnd))
    body += struct.pack(">H", crc_hqx(body, 0xFFFF))
    return b"".join(bytes([len(run) + 1]) + run for run in body.split(b"\0")) + b"\0"


def hdlc(rnd: Random) -> bytes:
    """A data frame with both flags."""
    inner = bytes([0xFF, 0x10 | rnd.randrange(8) << 1]) + payload(rnd)
    inner += struct.pack("<H", crc_hdlc(inner))
    return b"~" + inner.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e") + b"~"


def mavlink_fields(rnd: Random) -> tuple[int, int, int, int, bytes]:
    """Sequence, system, component, message and payload, which does not end with a zero (MAVLink 2 would cut that)."""
    message = rnd.choice(list(MAVLINK))
    layout = MAVLINK[message][0]
    size = struct.calcsize(layout)
    # No float is left to the dice: a signalling NaN would not survive being read and written.
    values = [rnd.uniform(-9, 9) if code == "f" else value for code, value in _random_values(layout, rnd.randbytes(size))]
    body = bytearray(struct.pack(layout, *values))
    body[-1] |= 1
    return rnd.randrange(256), rnd.randrange(1, 255), rnd.randrange(1, 255), message, bytes(body)


def _random_values(layout: str, raw: bytes) -> Iterator[tuple[str, float]]:
    return zip(layout[1:], struct.unpack(layout, raw), strict=True)


def mavlink(rnd: Random) -> bytes:
    sequence, system, component, message, body = mavlink_fields(rnd)
    inner = struct.pack("<6BHB", len(body), 0, 0, sequence, system, component, message, 0) + body
    return b"\xfd" + inner + struct.pack("<H", crc_mavlink(inner + bytes([MAVLINK[message][1]])))


def mavlink_messages(frames: Iterable[bytes]) -> Iterator[tuple[int, int, int, int, tuple[float, ...], str]]:
    """What the frames say: sequence, system, component, message, values of its fields, and how those are packed."""
    for raw in frames:
        message = raw[7] | raw[8] << 8
        layout = MAVLINK[message][0]
        yield raw[4], raw[5], raw[6], message, struct.unpack(layout, raw[10:-2]), layout


def nmea(rnd: Random) -> bytes:
    body = (
        f"GPGGA,{rnd.randrange(240000):06}.00,{rnd.randrange(9000):04}.{rnd.randrange(99999):05},N,"
        f"{rnd.randrange(18000):05}.{rnd.randrange(99999):05},E,1,{rnd.randrange(13):02},1.0,499.6,M,48.0,M,,"
    ).encode()
    check = 0
    for byte in body:
        check ^= byte
    return b"$%b*%02X\r\n" % (body, check)


def sbp(rnd: Random) -> bytes:
    body = payload(rnd)
    inner = struct.pack("<HHB", rnd.randrange(65536), rnd.randrange(65536), len(body)) + body
    return b"\x55" + inner + struct.pack("<H", crc_hqx(inner, 0))


def rtcm3(rnd: Random) -> bytes:
    body = payload(rnd)
    raw = b"\xd3" + struct.pack(">H", len(body)) + body
    return raw + crc_rtcm(raw).to_bytes(3, "big")


def rtcm3_own(rnd: Random) -> bytes:
    """A message of a maker's own, 4001 to 4094, as which any payload will do."""
    body = payload(rnd)
    raw = b"\xd3" + struct.pack(">HH", len(body), rnd.randrange(4001, 4095) << 4 | body[1] & 15) + body[2:]
    return raw + crc_rtcm(raw).to_bytes(3, "big")


def mavlink_1(rnd: Random) -> bytes:
    sequence, system, component, message, body = mavlink_fields(rnd)
    inner = bytes([len(body), sequence, system, component, message]) + body
    return b"\xfe" + inner + struct.pack("<H", crc_mavlink(inner + bytes([MAVLINK[message][1]])))


def sirf(rnd: Random) -> bytes:
    body = payload(rnd)
    return b"\xa0\xa2" + struct.pack(">H", len(body)) + body + struct.pack(">H", sum(body) & 0x7FFF) + b"\xb0\xb3"


def sbf(rnd: Random) -> bytes:
    words = rnd.randint(6, 27)
    inner = struct.pack("<HH", rnd.randrange(65536), 4 * words) + rnd.randbytes(4 * words - 8)
    return b"$@" + struct.pack("<H", crc_hqx(inner, 0)) + inner


def every_byte(rnd: Random) -> bytes:
    """As `formats/every-byte-*.toml`: its marker is FF."""
    inner = struct.pack(">H", 60) + rnd.randbytes(60)
    return b"\xff" + inner + struct.pack("<H", crc_hqx(inner, 0))


MAKERS = {
    "ubx": ubx,
    "ubx-known": ubx_known,
    "crc16": crc16,
    "crc32": crc32,
    "cobs": cobs,
    "mavlink": mavlink,
    "nmea": nmea,
    "hdlc": hdlc,
    "sbp": sbp,
    "rtcm3": rtcm3,
    "rtcm3-own": rtcm3_own,
    "mavlink-1": mavlink_1,
    "sirf": sirf,
    "sbf": sbf,
    "every-byte": every_byte,
}
