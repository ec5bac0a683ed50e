"""Messages against independent implementations: the same bytes mean the same there and here, both ways."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import framing

ROUNDS = 60


def encoded(spec: str, name: str, values: Any, **fields: Any) -> bytes:
    return framing.load(spec).encode_message(name, values, **fields)


def decoded(spec: str, raw: bytes) -> dict[str, Any]:
    message = framing.load(spec).decode(raw).message
    assert message is not None
    return dict(message)


# --- pyubx2 ----------------------------------------------------------------------------------------------------------

UBX_NAMES = {"sec": "second", "gnssFixOK": "gnssFixOk"}
RESERVED = ("reserved",)


def ubx_values(definition: Any, rolls: random.Random) -> dict[str, Any]:
    """Random values for the fields of a UBX message: what the schema says, over the whole range of each field."""
    from framing.messages.fields import BitField, Repeat

    values: dict[str, Any] = {}
    for name, part in definition.members.items():
        if isinstance(part, Repeat):
            continue
        if isinstance(part, BitField):
            values[name] = rolls.randrange(1 << part.width)
        else:
            raw = rolls.randint(part.type.lowest, part.type.highest)
            values[name] = raw if part.scale is None else round(raw * part.scale, 9)
    return values


def same(theirs: Any, ours: Any) -> bool:
    return math.isclose(theirs, ours, rel_tol=1e-12, abs_tol=1e-12)


def test_pyubx2_nav_pvt() -> None:
    pyubx2 = pytest.importorskip("pyubx2", reason="pyubx2 is not installed")
    schema = framing.load("ubx").formats[0].message_named("NAV-PVT")
    rolls = random.Random(1)
    for _ in range(ROUNDS):
        values = ubx_values(schema, rolls)
        raw = encoded("ubx", "NAV-PVT", values)
        theirs = pyubx2.UBXReader.parse(raw)
        assert theirs.identity == "NAV-PVT"
        for name, value in decoded("ubx", raw).items():
            if not name.startswith(RESERVED):
                assert same(getattr(theirs, UBX_NAMES.get(name, name)), value), name
        given = {UBX_NAMES.get(name, name): value for name, value in values.items() if not name.startswith(RESERVED)}
        assert decoded("ubx", pyubx2.UBXMessage("NAV", "NAV-PVT", pyubx2.GET, **given).serialize())["velD"] == values["velD"]
        assert decoded("ubx", pyubx2.UBXMessage(b"\x01", b"\x07", pyubx2.GET, payload=theirs.payload).serialize()) == decoded("ubx", raw)


def test_pyubx2_nav_sat() -> None:
    pyubx2 = pytest.importorskip("pyubx2", reason="pyubx2 is not installed")
    rolls = random.Random(2)
    schema = framing.load("ubx").formats[0].message_named("NAV-SAT")
    group = framing.messages.message.Message("group", [], schema.members["svs"].fields)
    for count in (0, 1, 2, 40):
        svs = [ubx_values(group, rolls) for _ in range(count)]
        raw = encoded("ubx", "NAV-SAT", {"iTOW": 5, "svs": svs})
        theirs = pyubx2.UBXReader.parse(raw)
        ours = decoded("ubx", raw)
        assert theirs.numSvs == ours["numSvs"] == count
        for index, sv in enumerate(ours["svs"], 1):
            for name, value in sv.items():
                if name != "gnssId" and not name.startswith(RESERVED):  # theirs is a word
                    assert same(getattr(theirs, f"{name}_{index:02}"), value), name
            assert theirs.payload[8 + 12 * (index - 1)] == sv["gnssId"]


def test_pyubx2_mon_ver() -> None:
    pyubx2 = pytest.importorskip("pyubx2", reason="pyubx2 is not installed")
    values = {"swVersion": "EXT CORE 3.01", "hwVersion": "0123456789", "extensions": ["FWVER=SPG 3.01", "", "x" * 30]}
    theirs = pyubx2.UBXReader.parse(encoded("ubx", "MON-VER", values))
    assert theirs.swVersion == b"EXT CORE 3.01".ljust(30, b"\0") and theirs.hwVersion == b"0123456789"
    assert [getattr(theirs, f"extension_0{n}").rstrip(b"\0").decode() for n in (1, 2, 3)] == values["extensions"]
    assert decoded("ubx", theirs.serialize()) == values


def test_pyubx2_cfg_valset_and_valget() -> None:
    pyubx2 = pytest.importorskip("pyubx2", reason="pyubx2 is not installed")
    items = [("CFG_UART1_BAUDRATE", 9600), ("CFG_I2C_ADDRESS", 85), ("CFG_SPI_ENABLED", 1), ("CFG_RATE_NAV", 35)]
    keys = [pyubx2.cfgname2key(name)[0] for name, _ in items]
    data = [{"key": key, "value": value} for key, (_, value) in zip(keys, items, strict=True)]
    ours = encoded("ubx", "CFG-VALSET", {"layers": ["RAM", "Flash"], "cfgData": data})
    assert ours == pyubx2.UBXMessage.config_set(5, 0, items).serialize()
    assert framing.load("ubx").decode(ours).message_name == "CFG-VALSET"
    assert [dict(each) for each in decoded("ubx", ours)["cfgData"]] == data
    poll = pyubx2.UBXMessage.config_poll(7, 0, keys).serialize()
    assert encoded("ubx", "CFG-VALGET-POLL", {"layer": "Default", "keys": keys}) == poll
    assert framing.load("ubx").decode(poll).message_name == "CFG-VALGET-POLL" and decoded("ubx", poll)["keys"] == keys
    answer = pyubx2.UBXReader.parse(encoded("ubx", "CFG-VALGET", {"layer": "RAM", "cfgData": data}))
    assert [getattr(answer, name) for name, _ in items] == [value for _, value in items]


# --- pynmeagps -------------------------------------------------------------------------------------------------------


def test_pynmeagps() -> None:
    pynmeagps = pytest.importorskip("pynmeagps", reason="pynmeagps is not installed")

    def degrees(value: float, side: str) -> float:
        whole, minutes = divmod(value, 100)
        return (whole + minutes / 60) * (-1 if side in "SW" else 1)

    rolls = random.Random(3)
    for _ in range(ROUNDS):
        sent = pynmeagps.NMEAMessage(
            "GN", "GGA", pynmeagps.GET, lat=rolls.uniform(-89, 89), lon=rolls.uniform(-179, 179), quality=4, numSV=7,
            HDOP=0.9, alt=rolls.randrange(9000) / 10, altUnit="M", sep=46.9, sepUnit="M", diffAge="", diffStation="",
        )  # fmt: skip
        raw = sent.serialize()
        ours = decoded("nmea", raw)
        theirs = pynmeagps.NMEAReader.parse(raw)
        assert ours["address"] == "GNGGA" and ours["age"] is None
        assert degrees(ours["lat"], ours["ns"]) == pytest.approx(theirs.lat, abs=1e-7)
        assert degrees(ours["lon"], ours["ew"]) == pytest.approx(theirs.lon, abs=1e-7)
        assert (ours["quality"], ours["satellites"], ours["altitude"]) == (theirs.quality, theirs.numSV, theirs.alt)
        assert encoded("nmea", "GGA", ours) == raw


def test_pynmeagps_reads_what_is_written_here() -> None:
    pynmeagps = pytest.importorskip("pynmeagps", reason="pynmeagps is not installed")
    values = {"time": 83559.0, "status": "A", "lat": 717.5, "ns": "S", "lon": 833.91522, "ew": "W", "speed": 0.5, "course": 77.52}
    theirs = pynmeagps.NMEAReader.parse(encoded("nmea", "RMC", {**values, "date": 91202, "mode": "A"}))
    assert (theirs.lat, theirs.lon) == pytest.approx((-(7 + 17.5 / 60), -(8 + 33.91522 / 60)), abs=1e-9)
    assert (str(theirs.time), str(theirs.date), theirs.spd, theirs.cog, theirs.posMode) == ("08:35:59", "2002-12-09", 0.5, 77.52, "A")
    sats = [{"prn": 3, "elevation": 5, "azimuth": 7, "cno": 44}, {"prn": 12, "elevation": 88, "azimuth": 359, "cno": None}]
    raw = encoded("nmea", "GSV", {"total": 1, "number": 1, "in_view": 2, "satellites": sats})
    theirs = pynmeagps.NMEAReader.parse(raw)
    assert (theirs.numSV, theirs.svid_01, theirs.elv_01, theirs.az_01, theirs.cno_01) == (2, 3, 5, 7, 44)
    assert (theirs.svid_02, theirs.az_02, theirs.cno_02) == (12, 359, "")


# --- pymavlink -------------------------------------------------------------------------------------------------------

MAVLINK = ("HEARTBEAT", "SYS_STATUS", "GPS_RAW_INT", "ATTITUDE")


@pytest.mark.parametrize("name", MAVLINK)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_pymavlink(name: str, version: str) -> None:
    pytest.importorskip("pymavlink", reason="pymavlink is not installed")
    from pymavlink.dialects.v10 import ardupilotmega as one
    from pymavlink.dialects.v20 import ardupilotmega as two

    dialect: Any = one if version == "v1" else two
    protocol = framing.load("mavlink")
    schema = protocol[version].message_named(name)
    rolls = random.Random(f"{name}{version}")
    for round_number in range(ROUNDS):
        values: dict[str, Any] = {}
        for field, part in schema.members.items():
            kind = part.type
            number = rolls.uniform(-9, 9) if kind.lowest is None else rolls.randint(kind.lowest, kind.highest)
            number = kind.read(kind.write(number))
            values[field] = number if rolls.random() < round_number / ROUNDS else type(number)(0)  # many zeros at the end
        raw = protocol.encode_message(name, values, format=version, sysid=1, compid=2, seq=round_number)
        link = dialect.MAVLink(None, srcSystem=1, srcComponent=2)
        theirs = link.parse_buffer(raw)[0]
        assert theirs.get_type() == name
        for field, value in values.items():
            assert getattr(theirs, field) == value, field
        link.seq = round_number
        assert theirs.pack(link, force_mavlink1=version == "v1") == raw
        frame = protocol.decode(raw)
        assert (frame.format, dict(frame.message)) == (f"mavlink.{version}", values)


# --- pyrtcm ----------------------------------------------------------------------------------------------------------


def test_pyrtcm() -> None:
    pyrtcm = pytest.importorskip("pyrtcm", reason="pyrtcm is not installed")
    rolls = random.Random(5)
    names = {"station": "DF003", "itrf_year": "DF021", "gps": "DF022", "glonass": "DF023", "galileo": "DF024", "virtual": "DF141"}
    names |= {"x": "DF025", "single_oscillator": "DF142", "y": "DF026", "quarter_cycle": "DF364", "z": "DF027"}
    for _ in range(ROUNDS):
        values: dict[str, Any] = {"station": rolls.randrange(4096), "itrf_year": rolls.randrange(64), "quarter_cycle": rolls.randrange(4)}
        values |= {name: rolls.randrange(2) for name in ("gps", "glonass", "galileo", "virtual", "single_oscillator")}
        values |= {name: rolls.randrange(-(1 << 37), 1 << 37) / 10000 for name in "xyz"}
        raw = encoded("rtcm3", "1005", values)
        theirs = pyrtcm.RTCMReader.parse(raw)
        assert theirs.identity == "1005"
        for name, field in names.items():
            assert same(getattr(theirs, field), values[name]), name
        again = pyrtcm.RTCMMessage(payload=theirs.payload).serialize()
        assert decoded("rtcm3", again) == {**values, "number": 1005, "reserved": 0}


# --- sbp -------------------------------------------------------------------------------------------------------------


def test_sbp() -> None:
    navigation = pytest.importorskip("sbp.navigation", reason="sbp is not installed")
    from sbp.msg import SBP

    rolls = random.Random(6)
    for _ in range(ROUNDS):
        whole = {"tow": rolls.randrange(1 << 32), "h_accuracy": rolls.randrange(1 << 16), "v_accuracy": 3, "n_sats": 9, "flags": 1}
        place = whole | {name: rolls.uniform(-180, 180) for name in ("lat", "lon", "height")}
        speed = whole | {name: rolls.randrange(-(1 << 31), 1 << 31) for name in "ned"}
        for name, kind, values in (("POS_LLH", navigation.MsgPosLLH, place), ("VEL_NED", navigation.MsgVelNED, speed)):
            raw = encoded("sbp", name, values, sender=0x42)
            assert kind(sender=0x42, **values).to_binary() == raw
            theirs = kind(SBP.unpack(raw))
            assert {field: getattr(theirs, field) for field in values} == values == decoded("sbp", raw)


# --- pymodbus --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("framer", ["FramerSocket", "FramerRTU"])
def test_pymodbus(framer: str) -> None:
    framers = pytest.importorskip("pymodbus.framer", reason="pymodbus is not installed")
    from pymodbus.pdu import DecodePDU, ExceptionResponse
    from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadHoldingRegistersResponse

    spec, own = ("modbus-tcp", {"unit": 17, "transaction": 7}) if framer == "FramerSocket" else ("modbus-rtu", {"address": 17})
    cases: list[tuple[str, dict[str, Any], Any]] = [
        ("REQUEST", {"start": 107, "quantity": 3}, ReadHoldingRegistersRequest(address=107, count=3, dev_id=17, transaction_id=7)),
        ("RESPONSE", {"registers": [1, 0xFFFF, 3]}, ReadHoldingRegistersResponse(registers=[1, 0xFFFF, 3], dev_id=17, transaction_id=7)),
        ("EXCEPTION", {"code": 2}, ExceptionResponse(3, 2, device_id=17, transaction=7)),
    ]
    for what, values, pdu in cases:
        name = f"READ-HOLDING-REGISTERS-{what}"
        theirs = getattr(framers, framer)(DecodePDU(what == "REQUEST"))
        raw = encoded(spec, name, values, **own)
        assert theirs.buildFrame(pdu) == raw
        frame = framing.load(spec).decode(raw)
        assert frame.message_name == name and values.items() <= dict(frame.message).items()
        _, read = theirs.handleFrame(raw, 17 if framer == "FramerRTU" else 0, 7 if framer == "FramerSocket" else 0)
        assert read is not None and read.encode() == pdu.encode()
