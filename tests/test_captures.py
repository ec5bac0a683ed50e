"""Recorded streams of real devices: what is found in them is what an independent, checksum-verified scan found.

The recordings are no part of this repository. They are looked for in `../shared/captures`, or where `FRAMING_CAPTURES` points.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import framing
from framing import Decoder, Event, Frame, FrameFormat, Protocol, compiled
from rules import choose

FOLDER = Path(os.environ.get("FRAMING_CAPTURES", Path(__file__).resolve().parents[2] / "shared" / "captures"))

AGAIN = 600
"""Frames of each recording that are also decoded alone and encoded again."""


@dataclass(frozen=True)
class Recording:
    """A file, the protocols to decode it by, and the truth about it: frames by format, bytes in `runs` gaps, fill."""

    file: str
    protocols: str
    frames: dict[str, int]
    gap_bytes: int = 0
    runs: int = 0
    fill: int = 0
    canonical: bool = True
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.file.partition("/")[2]

    def load(self) -> list[Protocol]:
        return [framing.load(name, **self.parameters) for name in self.protocols.split()]


RECORDINGS = [
    Recording("gnss/gpsd_ublox-zed-f9r.log", "ubx nmea rtcm3", {"nmea": 871, "ubx": 277, "rtcm3": 224}, 810, 2),
    Recording("gnss/rtklib_ubx_20080526.ubx", "ubx nmea", {"nmea": 2563, "ubx": 1084}, 18, 1),
    Recording("gnss/pygpsdata-rtcm3.log", "ubx nmea rtcm3", {"nmea": 4661, "rtcm3": 1106, "ubx": 174}),
    # Its lines end in a bare LF, which is read but not written.
    Recording("gnss/gpsd_nmea-fuzzy-cases.log", "nmea", {"nmea": 28}, 292, 1, canonical=False),
    Recording("gnss/gpsd_rtcm3.2.log", "rtcm3", {"rtcm3": 192}, 594, 1),
    Recording("gnss/gpsd_u-blox-m8t-time.log", "ubx", {"ubx": 1511}, 615, 2),
    Recording("gnss/ntrip_chunked.dechunked.derived.rtcm3", "rtcm3", {"rtcm3": 109}, 330, 1),
    Recording("gnss_other/gpsd_sirfstarv.log", "sirf", {"sirf": 495}, 328, 2),
    Recording("gnss_other/gpsd_trimble-res720.log", "tsip", {"tsip": 842}, 824, 2),
    Recording("gnss_other/gpsd_zodiac.log", "zodiac", {"zodiac": 63}, 353, 2),
    Recording("gnss_other/gpsd_superstar2.log", "superstar2", {"superstar2": 30}, 294, 2),
    Recording("sbf/sbfdata.log", "sbf", {"sbf": 232}),
    Recording("novatel/rtklib_oemv_200911218.gps", "novatel", {"novatel.long": 317}, 78, 2),
    Recording("sbp/short.sbp", "sbp", {"sbp": 2395}, 1491, 3),
    Recording("mavlink/ardusub_small.raw.derived.mav", "mavlink", {"mavlink.v2": 35_912}, 283, 4),
    # Each frame has a time stamp of 8 bytes in front, which is no MAVLink.
    Recording("mavlink/ardusub_small.tlog", "mavlink", {"mavlink.v2": 35_912}, 287_611, 35_912),
    Recording("ccsds/ccsdsrs_snpp_synchronized_cadus.dat", "ccsds-cadu", {"ccsds-cadu": 65}),
    Recording("ccsds/ccsdspy_CYGNSS_first101pkts.tlm", "ccsds-space-packet", {"ccsds-space-packet": 101}),
    Recording("ccsds/ccsdspy_ecm_raw2.bin", "ccsds-space-packet", {"ccsds-space-packet": 1030}),
    # 1073 empty frames between the others, and the delimiter that opens the stream.
    Recording("kiss_ax25/skcube_all.derived.kiss", "kiss", {"kiss": 1074}, fill=1074),
    Recording("mpegts/media3_sample_h264_iframes_only.ts", "mpeg-ts", {"mpeg-ts": 1165}),
    Recording("audio/media3_sample.adts", "adts", {"adts": 144}),
    Recording("audio/media3_bear_flac.ogg", "ogg", {"ogg": 13}),
    # Metadata stand in front; the last frame ends with the stream.
    Recording("audio/media3_bear.flac", "flac", {"flac": 33}, 8880, 1),
    Recording("syncmarker/leveldb_large_logfilerecord_000003.log", "leveldb", {"leveldb": 6}),
    # The header, which states the marker, stands in front.
    Recording(
        "syncmarker/fastavro_test-null.avro", "avro", {"avro": 53}, 168, 1, parameters={"marker": "33A5846DC312DA634B133FBD35147554"}
    ),
    Recording("ics/icsnpp_dnp3_example.c2s.derived.bin", "dnp3", {"dnp3": 558}),
    Recording("ics/icsnpp_C37.118_2PMUsInSync_TCP.s2c.derived.bin", "c37-118", {"c37-118": 3004}),
    Recording("ics/zeek_iec104.s2c.derived.bin", "iec104", {"iec104": 85}),
    Recording("ics/zeek_modbusBig.c2s.derived.bin", "modbus-tcp", {"modbus-tcp": 2774}),
    Recording("mbus/mbus_all.derived.bin", "mbus", {"mbus.long": 101}, 16, 2),
]

both_engines = pytest.mark.parametrize("engine", ["native", "python"])


@pytest.fixture(autouse=True)
def fast_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled engine where there is one, else the Python engine; the reference would take hours."""
    choose("native" if compiled.usable else "python", monkeypatch)


@pytest.fixture(params=RECORDINGS, ids=lambda each: each.id, scope="module")
def recording(request: pytest.FixtureRequest) -> Recording:
    """Each recording in turn."""
    found: Recording = request.param
    if not FOLDER.is_dir():
        pytest.skip(f"there are no recordings at {FOLDER}; FRAMING_CAPTURES tells where they are")
    if not (FOLDER / found.file).is_file():
        pytest.skip(f"{found.file} is not among the recordings")
    return found


@pytest.fixture(scope="module")
def data(recording: Recording) -> bytes:
    return (FOLDER / recording.file).read_bytes()


@pytest.fixture(scope="module")
def protocols(recording: Recording) -> list[Protocol]:
    return recording.load()


@pytest.fixture(scope="module")
def events(data: bytes, protocols: list[Protocol]) -> list[Event]:
    with pytest.MonkeyPatch.context() as patched:
        choose("python", patched)
        return framing.decode(data, *protocols)


def chunked(protocols: list[Protocol], chunks: Iterator[bytes]) -> list[Event]:
    decoder = Decoder(*protocols)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


@both_engines
def test_frames_and_gaps_are_the_true_ones(
    engine: str, recording: Recording, data: bytes, protocols: list[Protocol], monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(engine, monkeypatch)
    decoder = Decoder(*protocols)
    decoder.feed(data)
    decoder.close()
    stats = decoder.stats
    assert dict(stats.frames) == recording.frames
    assert (stats.gap_bytes, stats.gaps, stats.fill_bytes) == (recording.gap_bytes, recording.runs, recording.fill)
    assert stats.frame_bytes + stats.gap_bytes + stats.fill_bytes == stats.bytes_in == len(data)


def test_events_tile_the_recording(data: bytes, events: list[Event]) -> None:
    assert b"".join(event.raw for event in events) == data
    assert [event.start for event in events[1:]] == [event.end for event in events[:-1]]


@both_engines
def test_random_chunks_give_the_same_events(
    engine: str, data: bytes, protocols: list[Protocol], events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(engine, monkeypatch)
    dice = random.Random(len(data))

    def chunks() -> Iterator[bytes]:
        at = 0
        while at < len(data):
            size = dice.choice([1, 7, 64, 1000, 5000, 70_000])
            yield data[at : at + size]
            at += size

    assert chunked(protocols, chunks()) == events


def test_single_bytes_give_the_same_events(data: bytes, protocols: list[Protocol], events: list[Event]) -> None:
    assert chunked(protocols, (data[at : at + 1] for at in range(len(data)))) == events


def test_a_scan_has_the_same_events(data: bytes, protocols: list[Protocol], events: list[Event]) -> None:
    found = framing.scan(data, *protocols)
    assert found.start.tolist() == [event.start for event in events]
    assert found.end.tolist() == [event.end for event in events]


def test_frames_decode_alone_and_encode_again(recording: Recording, protocols: list[Protocol], events: list[Event]) -> None:
    formats: dict[str, tuple[Protocol, FrameFormat]] = {
        each.full_name: (protocol, each) for protocol in protocols for each in protocol
    }
    frames = [event for event in events if isinstance(event, Frame)]
    for frame in frames[:: 1 + len(frames) // AGAIN]:
        protocol, each = formats[frame.format]
        alone = protocol.decode(frame.raw)
        assert (alone.format, alone.raw, alone.fields, alone.payload) == (frame.format, frame.raw, frame.fields, frame.payload)
        again = each.encode(frame.payload, **frame.fields)
        if recording.canonical:
            assert again == frame.raw
        else:
            assert each.decode(again).payload == frame.payload
