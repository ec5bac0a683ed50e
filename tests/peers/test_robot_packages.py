"""Packages for flight controllers, servos and CAN adapters read what this project writes, and the other way round."""

from __future__ import annotations

import random
from typing import Any

import pytest

import framing
from framing import Frame

COUNT = 250


@pytest.mark.parametrize("version", [1, 2])
def test_pymsp_both_ways(version: int) -> None:
    pymsp = pytest.importorskip("pymsp.msp", reason="pymsp is not installed")
    msp = framing.load("msp")
    dice = random.Random(version)
    peer = pymsp.MSPv1() if version == 1 else pymsp.MSPv2()
    sent = [(dice.randrange(255 if version == 1 else 65_536), dice.randbytes(dice.randrange(255))) for _ in range(COUNT)]

    theirs = [peer.pack(function, payload) for function, payload in sent]
    ours = [msp.encode(payload, format=f"v{version}", function=function) for function, payload in sent]
    assert ours == theirs
    frames = [each for each in framing.decode(b"$".join(theirs), msp) if isinstance(each, Frame)]
    assert [(each["function"], each.payload) for each in frames] == sent
    read = list(pymsp.MSPStreamProcessor().push_bytes(b"".join(ours)))
    assert [(each.message_id, each.payload) for each in read] == sent


class Wire:
    """As much of the SDK's port as writing and reading of packets needs."""

    is_using = False

    def __init__(self) -> None:
        self.written = b""
        self.incoming = b""

    def clearPort(self) -> None:  # noqa: N802 - the SDK names them
        pass

    def writePort(self, packet: list[int]) -> int:  # noqa: N802
        self.written = bytes(packet)
        return len(packet)

    def readPort(self, size: int) -> list[int]:  # noqa: N802
        taken, self.incoming = self.incoming[:size], self.incoming[size:]
        return list(taken)

    def isPacketTimeout(self) -> bool:  # noqa: N802
        return not self.incoming


def _mend(handler: Any) -> None:
    """Version 4.1.0 stuffs a copy of the packet, and then sends the packet itself."""

    def stuff(packet: list[int]) -> None:
        packet[:] = type(handler).addStuffing(handler, packet.copy())

    handler.addStuffing = stuff


@pytest.mark.parametrize("version", [1, 2])
def test_dynamixel_sdk_both_ways(version: int) -> None:
    sdk = pytest.importorskip("dynamixel_sdk", reason="dynamixel-sdk is not installed")
    dynamixel = framing.load(f"dynamixel{version}")
    handler, dice = sdk.PacketHandler(float(version)), random.Random(version)
    name = "code" if version == 1 else "instruction"
    write, status = 3, 0x55
    for _ in range(COUNT):
        wire = Wire()
        identifier, address = dice.randrange(253), dice.randrange(200)
        data = bytes(dice.choice([0xFF, 0xFD, 0xFD, dice.randrange(256)]) for _ in range(dice.randrange(1, 60)))
        if version == 2:
            _mend(handler)
        handler.writeTxOnly(wire, identifier, address, len(data), list(data))
        payload = address.to_bytes(version, "little") + data
        frame = dynamixel.decode(wire.written)
        assert (frame["id"], frame[name], frame.payload) == (identifier, write, payload)
        assert dynamixel.encode(payload, **{"id": identifier, name: write}) == wire.written

        answer = {"id": identifier, "code": 0} if version == 1 else {"id": identifier, "instruction": status}
        # One FD at most, and in the end: the SDK takes it out where it stands, and then looks for the next in what has moved.
        data = data.replace(b"\xfd", b"\xfc") + dice.choice([b"", b"\xff\xff\xfd"])
        wire.incoming = dynamixel.encode(data if version == 1 else b"\0" + data, **answer)
        received = handler.rxPacket(wire) if version == 1 else handler.rxPacket(wire, False)
        assert received[1] == sdk.COMM_SUCCESS
        assert bytes(received[0][5 if version == 1 else 9 :]).startswith(data)


def test_python_can_both_ways() -> None:
    can = pytest.importorskip("can", reason="python-can is not installed")
    pytest.importorskip("serial", reason="pyserial is not installed")
    slcan = framing.load("slcan")
    dice = random.Random(3)
    with can.Bus("loop://", interface="slcan", sleep_after_open=0, timeout=0) as bus:
        line = bus.serialPortOrig
        line.reset_input_buffer()
        for _ in range(COUNT):
            extended, remote = bool(dice.randrange(2)), not dice.randrange(4)
            identifier = dice.randrange(1 << (29 if extended else 11))
            data = b"" if remote else dice.randbytes(dice.randrange(9))
            size = dice.randrange(9) if remote else len(data)
            bus.send(
                can.Message(
                    arbitration_id=identifier, is_extended_id=extended, is_remote_frame=remote, data=data, dlc=size
                )
            )
            theirs = line.read(line.in_waiting)
            frame = slcan.decode(theirs)
            assert frame["id"] == identifier
            if remote:
                assert frame["dlc"] == size
                ours = slcan.encode(format="remote29" if extended else "remote11", id=identifier, dlc=size)
            else:
                assert frame.payload == data
                ours = slcan.encode(data, format="data29" if extended else "data11", id=identifier)
            assert ours == theirs

            line.write(ours)
            read = bus.recv(0)
            assert (read.arbitration_id, read.is_extended_id, read.is_remote_frame) == (identifier, extended, remote)
            assert (read.dlc, bytes(read.data)) == (size, data)
