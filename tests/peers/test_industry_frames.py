"""Frames of meters, field buses and spacecraft, both ways: what independent encoders write is read here, and written again."""

from __future__ import annotations

import random
from typing import Any

import pytest

import framing
from framing import Frame, Protocol

COUNT = 250

Sent = tuple[bytes, dict[str, Any], bytes]
"""A frame of the peer, its format and fields, its payload."""


def rolls() -> random.Random:
    """Numbers that are the same in each run."""
    return random.Random(20_261_123)


def goes_both_ways(protocol: Protocol, sent: list[Sent]) -> None:
    """All that was sent is found back to back, means the same, and is encoded to the same bytes."""
    found = framing.decode(b"".join(raw for raw, _, _ in sent), protocol)
    assert [event.raw for event in found] == [raw for raw, _, _ in sent]
    for event, (raw, fields, payload) in zip(found, sent, strict=True):
        assert isinstance(event, Frame)
        meant = {name: value for name, value in fields.items() if name != "format"}
        assert {name: event[name] for name in meant} == meant
        assert event.payload == payload
        assert protocol.encode(payload, **fields) == raw


def test_modbus_ascii_as_pymodbus_writes_and_reads_it() -> None:
    pytest.importorskip("pymodbus", reason="pymodbus is not installed")
    from pymodbus.framer import FramerAscii
    from pymodbus.pdu import DecodePDU

    peer, protocol, roll = FramerAscii(DecodePDU(False)), framing.load("modbus-ascii"), rolls()
    sent: list[Sent] = []
    for _ in range(COUNT):
        address, function, payload = roll.randrange(256), roll.randrange(1, 256), roll.randbytes(roll.randrange(252))
        sent.append(
            (peer.encode(bytes([function]) + payload, address, 0), dict(address=address, function=function), payload)
        )
    goes_both_ways(protocol, sent)
    for _, fields, payload in sent:
        raw = protocol.encode(payload, **fields)
        assert peer.decode(raw) == (len(raw), fields["address"], 0, bytes([fields["function"]]) + payload)


def test_hart_as_hart_protocol_writes_it() -> None:
    tools: Any = pytest.importorskip("hart_protocol", reason="hart-protocol is not installed").tools
    roll = rolls()
    sent: list[Sent] = []
    for _ in range(COUNT):
        # Its highest bit says that a master wrote it; the peer always sets it.
        address = roll.randrange(1 << 39)
        command, payload = roll.randrange(256), roll.randbytes(roll.randrange(256))
        raw = tools.pack_command(address.to_bytes(5, "big"), command, payload)
        fields = dict(
            preamble=5 * b"\xff", long=1, expansion_size=0, physical=0, type=2, expansion=b"", command=command
        )
        sent.append((raw, {**fields, "long_address": 1 << 39 | address}, payload))
    goes_both_ways(framing.load("hart"), sent)


def test_profibus_as_pyprofibus_writes_and_reads_it() -> None:
    fdl: Any = pytest.importorskip("pyprofibus.fdl", reason="pyprofibus is not installed")
    protocol, roll = framing.load("profibus"), rolls()
    sent: list[Sent] = []
    for _ in range(COUNT):
        station = {"destination": roll.randrange(128), "source": roll.randrange(127)}
        function = roll.randrange(256)
        variable, eight = roll.randbytes(roll.randrange(1, 247)), roll.randbytes(8)
        peers = dict(da=station["destination"], sa=station["source"], fc=function)
        here = {**station, "function": function}
        sent.append((fdl.FdlTelegram_stat0(**peers).getRawData(), {"format": "sd1", **here}, b""))
        for name, kind, data in [("sd2", fdl.FdlTelegram_var, variable), ("sd3", fdl.FdlTelegram_stat8, eight)]:
            sent.append((kind(**peers, dae=b"", sae=b"", du=data).getRawData(), {"format": name, **here}, data))
        sent.append((fdl.FdlTelegram_ack().getRawData(), {"format": "ack"}, b""))
        token = {"destination": roll.randrange(127), "source": roll.randrange(127)}
        raw = fdl.FdlTelegram_token(da=token["destination"], sa=token["source"]).getRawData()
        sent.append((raw, {"format": "sd4", **token}, b""))
    goes_both_ways(protocol, sent)
    for raw, fields, payload in sent:
        assert fdl.FdlTelegram.fromRawData(protocol.encode(payload, **fields)).getRawData() == raw


def test_df1_as_df1py3_writes_it() -> None:
    models: Any = pytest.importorskip("df1.models", reason="df1py3 is not installed")
    roll = rolls()
    sent: list[Sent] = []
    for _ in range(COUNT):
        fields = dict(destination=roll.randrange(256), source=roll.randrange(256), command=roll.randrange(256))
        transaction = roll.randrange(1 << 16)
        payload = bytes(roll.choice([0x10, 0x03, roll.randrange(256)]) for _ in range(roll.randrange(240)))
        peer = models.BaseDataFrame()
        peer.init_with_params(
            cmd=fields["command"], src=fields["source"], dst=fields["destination"], tns=transaction, data=payload
        )
        sent.append(
            (bytes(peer.get_bytes()), {"format": "message", **fields, "status": 0, "transaction": transaction}, payload)
        )
    goes_both_ways(framing.load("df1"), sent)


def test_dlt645_as_dlt645_writes_it() -> None:
    peer: Any = pytest.importorskip("dlt645.protocol.protocol", reason="dlt645 is not installed").DLT645Protocol
    roll = rolls()
    sent: list[Sent] = []
    for _ in range(COUNT):
        address, function, data = roll.randbytes(6), roll.randrange(32), roll.randbytes(roll.randrange(201))
        raw = bytes(peer.build_frame(address, function, data, preamble_count=0))
        fields = dict(address=int.from_bytes(address, "little"), answer=0, failed=0, more=0, function=function)
        sent.append((raw, fields, bytes(byte + 0x33 & 0xFF for byte in data)))
    goes_both_ways(framing.load("dlt645"), sent)


def test_dlms_as_dlms_cosem_writes_and_reads_it() -> None:
    frames: Any = pytest.importorskip("dlms_cosem.hdlc.frames", reason="dlms-cosem is not installed")
    protocol, roll = framing.load("dlms-hdlc"), rolls()
    address = frames.HdlcAddress
    sent: list[Sent] = []
    for _ in range(COUNT):
        client = roll.randrange(1, 128)
        logical, physical = roll.randrange(1, 128), roll.choice([None, roll.randrange(1, 128)])
        ends = address(logical, physical, "server"), address(client, None, "client")
        last = 1 if physical is None else 0
        fields: dict[str, Any] = {"segmented": 0, "destination": logical << 1 | last, "source": client << 1 | 1}
        if physical is not None:
            fields["destination2"] = physical << 1 | 1
        ours, theirs = roll.randrange(8), roll.randrange(8)
        payload = roll.randbytes(roll.randrange(1, 1000))
        info = frames.InformationFrame(*ends, payload, send_sequence_number=ours, receive_sequence_number=theirs)
        ready = frames.ReceiveReadyFrame(*ends, receive_sequence_number=theirs)
        sent.append((info.to_bytes(), {"format": "info", "control": theirs << 5 | 0x10 | ours << 1, **fields}, payload))
        sent.append((ready.to_bytes(), {"format": "bare", "control": theirs << 5 | 0x11, **fields}, b""))
    goes_both_ways(protocol, sent)
    one_flag_between = sent[0][0] + b"".join(raw[1:] for raw, _, _ in sent[1:])
    found = framing.decode(one_flag_between, protocol)
    assert [event.payload for event in found if isinstance(event, Frame)] == [payload for _, _, payload in sent]
    assert len(found) == len(sent)


def test_sml_is_read_by_smllib() -> None:
    reader: Any = pytest.importorskip("smllib.reader", reason="smllib is not installed").SmlStreamReader()
    protocol, roll = framing.load("sml"), rolls()
    escape = 4 * b"\x1b"
    for _ in range(COUNT):
        payload = bytes(roll.choice([0x1A, 0x1B, roll.randrange(256)]) for _ in range(4 * roll.randrange(60)))
        payload = payload.replace(b"\0", roll.choice([b"\0", escape, escape + b"\x1a"])) + b"\0"  # a message ends with a zero
        raw = protocol.encode(payload, fill=0)
        reader.add(raw)
        assert bytes(reader.get_frame().buffer) == protocol.decode(raw).payload == payload


def test_space_frames_as_spacepackets_writes_them() -> None:
    uslp: Any = pytest.importorskip("spacepackets.uslp.frame", reason="spacepackets is not installed")
    from spacepackets.ecss import PusTc
    from spacepackets.uslp import PrimaryHeader, SourceOrDestField

    roll = rolls()
    sent: list[Sent] = []
    for _ in range(COUNT):
        scid, vcid, channel, number = (
            roll.randrange(1 << 16),
            roll.randrange(64),
            roll.randrange(16),
            roll.randrange(1 << 16),
        )
        payload = roll.randbytes(roll.randrange(1, 500))
        header = PrimaryHeader(scid, SourceOrDestField.DEST, vcid, channel, 0, vcf_count_len=2, vcf_count=number)
        field = uslp.TransferFrameDataField(
            uslp.TfdzConstructionRules.VpNoSegmentation,
            uslp.UslpProtocolIdentifier.SPACE_PACKETS_ENCAPSULATION_PACKETS,
            payload,
        )
        frame = uslp.TransferFrame(header, field, has_fecf=True)
        frame.set_frame_len_in_header()
        fields = dict(scid=scid, destination=1, vcid=vcid, map=channel, bypass=0, command=0, ocf_flag=0, count_size=2)
        fields |= dict(count=number.to_bytes(2, "big"), insert=b"", rule=7, protocol=0)  # type: ignore[dict-item]
        sent.append((bytes(frame.pack(frame_type=uslp.FrameType.VARIABLE)), fields, payload))
    goes_both_ways(framing.load("ccsds-uslp"), sent)

    sent = []
    for _ in range(COUNT):
        service, subservice, apid, count = (
            roll.randrange(1, 256),
            roll.randrange(1, 256),
            roll.randrange(2048),
            roll.randrange(1 << 14),
        )
        source, data = roll.randrange(1 << 16), roll.randbytes(roll.randrange(500))
        raw = PusTc(service, subservice, apid=apid, app_data=data, seq_count=count, source_id=source).pack()
        fields = dict(type=1, apid=apid, sequence_flags=3, sequence_count=count, pus_version=2, flags=15)
        fields |= dict(service=service, subservice=subservice)
        sent.append((bytes(raw), fields, source.to_bytes(2, "big") + data))
    goes_both_ways(framing.load("ccsds-pus"), sent)
