"""pymodbus on the other side, as server and as client: Modbus RTU and ASCII on a pseudo terminal, and Modbus/TCP.

This project asks pymodbus's server for registers, and answers pymodbus's client as a device with registers of its own.
"""

from __future__ import annotations

import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import framing
from driven import PATIENCE, until_true
from framing import Connection, Frame, Gap, Reason

pytest.importorskip("serial", reason="pyserial is not installed")
pytest.importorskip("pymodbus", reason="pymodbus is not installed")

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

READ, WRITE_ONE, WRITE = 3, 6, 16
FAILED = 0x80
NO_SUCH_ADDRESS = 2
BAUD = 2400

RTU = framing.load("modbus-rtu")
ASCII = framing.load("modbus-ascii")


class Rtu:
    """RTU on a terminal: a silence of 3.5 characters ends what is left of a broken frame."""

    server = "serial"
    framer = FramerType.RTU

    # Questions and answers differ in shape, so they are two formats; whose turn it is comes first in the list.
    def master(self) -> Connection:
        return framing.open(f"pty:?baud={BAUD}", RTU["response"], RTU["request"], idle="3.5 characters")

    def device(self) -> Connection:
        return framing.open(f"pty:?baud={BAUD}", RTU["request"], RTU["response"], idle="3.5 characters")

    def ask(self, line: Connection, function: int, body: bytes) -> Frame:
        fields = dict(address=1, function=function, head=body[:4])
        return line.request(body[5:] or None, RTU["request"], timeout=PATIENCE, **fields)

    def answer(self, line: Connection, asked: Frame, function: int, body: bytes) -> None:
        counted = function == READ
        fields = dict(address=asked["address"], function=function, **({} if counted else {"head": body}))
        line.write(body[1:] if counted else None, RTU["response"], timeout=PATIENCE, **fields)

    def body(self, frame: Frame) -> bytes:
        """What follows the function code."""
        return bytes(frame.raw[2:-2])


class Ascii:
    """ASCII on a terminal: the same in hexadecimal digits, between a colon and a line end."""

    server = "serial"
    framer = FramerType.ASCII

    def master(self) -> Connection:
        return framing.open("pty:", ASCII)

    device = master

    def ask(self, line: Connection, function: int, body: bytes) -> Frame:
        return line.request(body, timeout=PATIENCE, address=1, function=function)

    def answer(self, line: Connection, asked: Frame, function: int, body: bytes) -> None:
        line.write(body, timeout=PATIENCE, address=asked["address"], function=function)

    def body(self, frame: Frame) -> bytes:
        return bytes(frame.payload)


class Tcp:
    """Modbus/TCP: a header with a length and a number that the answer repeats."""

    server = "tcp"

    def master(self, port: int) -> Connection:
        return framing.open(f"tcp://127.0.0.1:{port}", "modbus-tcp")

    def device(self) -> Connection:
        return framing.open("tcp-listen://127.0.0.1:0", "modbus-tcp")

    def ask(self, line: Connection, function: int, body: bytes) -> Frame:
        return line.request(body, timeout=PATIENCE, unit=1, function=function)

    def answer(self, line: Connection, asked: Frame, function: int, body: bytes) -> None:
        line.write(body, timeout=PATIENCE, transaction=asked["transaction"], unit=asked["unit"], function=function)

    def body(self, frame: Frame) -> bytes:
        return bytes(frame.payload)


Wire = Rtu | Ascii | Tcp
each_wire = pytest.mark.parametrize("wire", [Rtu(), Ascii(), Tcp()], ids=["rtu", "ascii", "tcp"])


# --- this project asks -----------------------------------------------------------------------------------------------

SERVER = """
import asyncio, sys
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

async def main(kind, port="", framer="", baud="9600"):
    device = SimDevice(1, simdata=[SimData(0, count=100, values=17, datatype=DataType.REGISTERS)])
    if kind == "tcp":
        server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    else:
        server = ModbusSerialServer(device, framer=FramerType(framer), port=port, baudrate=int(baud))
    await server.serve_forever(background=True)
    print(server.transport.sockets[0].getsockname()[1] if kind == "tcp" else port, flush=True)
    await server.serving

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def asking(wire: Wire, script: Callable[..., subprocess.Popen[str]]) -> Iterator[Connection]:
    """A line at whose other end pymodbus's server answers."""
    if isinstance(wire, Tcp):
        with wire.master(int(first_line(script(SERVER, "tcp")))) as line:
            yield line
    else:
        with wire.master() as line:
            link: Any = line.link
            first_line(script(SERVER, "serial", link.peer, wire.framer.value, BAUD))  # peer: the path of the other end
            yield line


def first_line(server: subprocess.Popen[str]) -> str:
    """What it says when it is ready."""
    assert server.stdout
    line = server.stdout.readline()
    assert line, "the server ended"
    return line


@each_wire
def test_pymodbus_server_answers(wire: Wire, asking: Connection) -> None:
    def ask(function: int, body: bytes) -> tuple[int, bytes]:
        answer = wire.ask(asking, function, body)
        return answer["function"], wire.body(answer)

    assert ask(READ, struct.pack(">HH", 10, 3)) == (READ, struct.pack(">B3H", 6, 17, 17, 17))
    assert ask(WRITE_ONE, struct.pack(">HH", 11, 4028)) == (WRITE_ONE, struct.pack(">HH", 11, 4028))
    assert ask(WRITE, struct.pack(">HHB2H", 13, 2, 4, 0xB562, 0x0D0A)) == (WRITE, struct.pack(">HH", 13, 2))
    assert ask(READ, struct.pack(">HH", 10, 5)) == (READ, struct.pack(">B5H", 10, 17, 4028, 17, 0xB562, 0x0D0A))
    assert ask(READ, struct.pack(">HH", 99, 2)) == (READ + FAILED, bytes([NO_SUCH_ADDRESS]))
    for address in range(100):  # one question after the other, as fast as the answers come
        assert ask(WRITE_ONE, struct.pack(">HH", address, 7 * address))[0] == WRITE_ONE
    assert ask(READ, struct.pack(">HH", 0, 100)) == (READ, struct.pack(">B100H", 200, *range(0, 700, 7)))
    assert asking.stats.gap_bytes == 0


# --- this project answers --------------------------------------------------------------------------------------------


class Device:
    """Registers that are read and written by a line, in a thread."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.line: Any = wire.device()
        self.registers = [17] * 100
        self.gaps: list[Gap] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for event in self.line:
            if isinstance(event, Frame):
                self.wire.answer(self.line, event, *self._answer(event["function"], self.wire.body(event)))
            else:
                self.gaps.append(event)

    def _answer(self, function: int, body: bytes) -> tuple[int, bytes]:
        address, value = struct.unpack_from(">HH", body)
        count = 1 if function == WRITE_ONE else value
        if address + count > len(self.registers):
            return function + FAILED, bytes([NO_SUCH_ADDRESS])
        if function == READ:
            return function, struct.pack(f">B{count}H", 2 * count, *self.registers[address : address + count])
        written = body[2:4] if function == WRITE_ONE else body[5:]
        self.registers[address : address + count] = struct.unpack(f">{count}H", written)
        return function, body[:4]

    def close(self) -> None:
        self.line.close()
        self._thread.join(PATIENCE)


@contextmanager
def pymodbus_client(device: Device, **options: Any) -> Iterator[Any]:
    wire = device.wire
    if isinstance(wire, Tcp):
        host, port = device.line.transport.address
        client: Any = ModbusTcpClient(host, port=port, timeout=PATIENCE)
    else:
        client = ModbusSerialClient(
            device.line.link.peer, framer=wire.framer, baudrate=BAUD, **{"timeout": PATIENCE, **options}
        )
    assert client.connect()
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def device(wire: Wire) -> Iterator[Device]:
    device = Device(wire)
    if isinstance(wire, Tcp):
        until_true(lambda: device.line.transport.address, "it does not listen")
    yield device
    device.close()


@each_wire
def test_pymodbus_client_is_answered(device: Device) -> None:
    with pymodbus_client(device) as client:
        assert client.read_holding_registers(10, count=3, device_id=1).registers == [17, 17, 17]
        assert not client.write_register(11, 4028, device_id=1).isError()
        assert not client.write_registers(13, [0xB562, 0x0D0A], device_id=1).isError()
        assert client.read_holding_registers(10, count=5, device_id=1).registers == [17, 4028, 17, 0xB562, 0x0D0A]
        assert client.read_holding_registers(99, count=2, device_id=1).exception_code == NO_SUCH_ADDRESS
        for address in range(20):
            assert not client.write_register(address, 7 * address, device_id=1).isError()
    assert device.registers[:20] == list(range(0, 140, 7))
    assert not device.gaps


@pytest.mark.parametrize("wire", [Rtu()], ids=["rtu"])
def test_silence_ends_a_request_that_was_cut_short(device: Device) -> None:
    sent: list[bytes] = []

    def cut_the_first(sending: bool, data: bytes) -> bytes:
        if not sending:
            return data
        sent.append(data if sent else data[:-4])
        return sent[-1]

    # It claims more data than come with the next try, which would be taken for the rest of it.
    with pymodbus_client(device, trace_packet=cut_the_first, timeout=1) as client:
        assert not client.write_registers(0, list(range(60)), device_id=1).isError()
    assert device.registers[:60] == list(range(60))
    assert [gap.raw for gap in device.gaps] == sent[:1]
    assert device.gaps[0].reason is Reason.TRUNCATED
