"""gpsd as the user of a receiver that this project plays: it connects here, and `gpspipe` shows what it made of the frames."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

import framing
from driven import PATIENCE
from framing import Connection, Frame

FOLDER = Path(os.environ.get("FRAMING_CAPTURES", Path(__file__).resolve().parents[3] / "shared" / "captures"))
RECORDING = FOLDER / "gnss" / "gpsd_ublox-zed-f9r.log"
"""Half a minute of a u-blox receiver that speaks UBX, NMEA and RTCM 3."""

FORMATS = "ubx", "nmea", "rtcm3"
NAV_PVT = 1, 7

for program in ("gpsd", "gpspipe"):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} (Debian packages gpsd and gpsd-clients)", allow_module_level=True)
if not RECORDING.is_file():
    pytest.skip(f"there is no {RECORDING}; FRAMING_CAPTURES tells where the recordings are", allow_module_level=True)


@pytest.fixture(scope="module")
def recorded() -> list[Frame]:
    with framing.open(f"file://{RECORDING}", *FORMATS) as recording:
        return [event for event in recording if isinstance(event, Frame)]


class Gpsd:
    """gpsd that reads a receiver, which is `receiver`: our end of that connection. Clients come to `address`."""

    def __init__(self, start: Callable[..., Popen[Any]], port: int) -> None:
        self.receiver: Connection = framing.open("tcp-listen://127.0.0.1:0", *FORMATS, announce=True)
        transport: Any = self.receiver.transport
        host, source = transport.address
        start("gpsd", "-N", "-n", "-b", "-S", port, f"tcp://{host}:{source}")
        assert self.receiver.read(PATIENCE), "it did not connect"
        self.address = f"127.0.0.1:{port}"
        self._pipe = start("gpspipe", "-w", self.address, stdout=PIPE, text=True)
        self.reports: Iterator[dict[str, Any]] = map(json.loads, self._pipe.stdout)
        while next(self.reports)["class"] != "WATCH":  # from now on it tells us all that comes
            pass

    def feed(self, frame: Frame) -> None:
        """Encodes the frame again and sends it to gpsd."""
        self.receiver.write(frame.payload, frame.format, timeout=PATIENCE, **frame.fields)


@pytest.fixture
def gpsd(start: Callable[..., Popen[Any]], free_port: int) -> Iterator[Gpsd]:
    gpsd = Gpsd(start, free_port)
    with gpsd.receiver:
        yield gpsd


def fix(frame: Frame) -> tuple[datetime, tuple[float, float]]:
    """The time, to the millisecond, and the place of a NAV-PVT message: UBX-13003221, section 32.17.15."""
    year, month, day, hour, minute, second, nano, lon, lat = struct.unpack_from("<4xHBBBBBx4xi4xii", frame.payload)
    time = datetime(year, month, day, hour, minute, second, tzinfo=UTC) + timedelta(milliseconds=round(nano / 1e6))
    return time, (lat / 1e7, lon / 1e7)


def test_gpsd_reports_what_it_is_fed(gpsd: Gpsd, recorded: list[Frame]) -> None:
    fixes = dict(fix(frame) for frame in recorded if frame.format == "ubx" and frame.kind == NAV_PVT)
    corrections = [number for frame in recorded if frame.format == "rtcm3" for number in frame.kind]
    assert len(fixes) == 30 and len(corrections) == 224

    places: dict[datetime, list[tuple[float, float]]] = {}
    types: list[int] = []
    drivers: set[str] = set()

    def take(report: dict[str, Any]) -> None:
        if report["class"] == "TPV":
            places.setdefault(datetime.fromisoformat(report["time"]), []).append((report["lat"], report["lon"]))
        elif report["class"] == "RTCM3":
            types.append(report["type"])
        elif report["class"] == "DEVICE":
            drivers.add(report["driver"])

    fed = 0
    for frame in recorded:
        gpsd.feed(frame)
        fed += frame.format == "rtcm3"
        while len(types) < fed:  # gpsd drops clients that do not keep up, so none of us runs ahead
            take(next(gpsd.reports))
    while places.keys() != fixes.keys():
        take(next(gpsd.reports))
    assert types == corrections
    assert drivers >= {"u-blox"}
    for time, reported in places.items():  # of UBX to the last digit; of NMEA, which has fewer
        for place in reported:
            assert place == pytest.approx(fixes[time], abs=2e-7)
