"""Serial devices, on pseudo terminals: opening, passing bytes, what goes wrong and how it is said."""

from __future__ import annotations

import errno
import gc
import os
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from driven import PATIENCE, arrival, connected, give, take
from framing.transports import urls
from framing.transports.links import Link, Reason, explain
from framing.transports.pty import PtyLink
from framing.transports.serial import Serial, SerialLink
from framing.transports.steps import ready

pytest.importorskip("serial", reason="pyserial is not installed")
termios = pytest.importorskip("termios", reason="this system has no pseudo terminals")


class Cable:
    """A pseudo terminal: `device` is the link at one end, `path` the other end's device."""

    def __init__(self) -> None:
        self.device: Any = connected("pty:")
        assert isinstance(self.device, PtyLink)
        self.path = self.device.peer


@pytest.fixture
def cable() -> Any:
    cable = Cable()
    yield cable
    cable.device.close()


def opened(cable: Cable, options: str = "") -> SerialLink:
    link = connected(f"serial://{cable.path}{options}")
    assert isinstance(link, SerialLink)
    return link


def refused(url: str) -> OSError:
    """The error that opening gives. No descriptor is left behind."""
    listed = Path("/proc/self/fd")
    gc.collect()  # what earlier tests left
    before = len(os.listdir(listed)) if listed.is_dir() else 0
    with pytest.raises(OSError, match=re.escape(url.removeprefix("serial:").removeprefix("//").partition("?")[0])) as caught:
        connected(url)
    assert not before or len(os.listdir(listed)) == before
    return caught.value


def test_every_byte_passes_both_ways(cable: Cable) -> None:
    link = opened(cable, "?baud=115200")
    assert link.receive() is None  # and is not taken for the end
    every = bytes(range(256))
    give(cable.device, every)
    assert take(link, 256) == every
    assert link.receive() is None
    give(link, every)
    assert take(cable.device, 256) == every
    link.close()


def test_the_settings_reach_the_device_and_the_link(cable: Cable) -> None:
    link = opened(cable, "?baud=19200&stopbits=2&bytesize=8&xonxoff=yes&rtscts=yes")
    iflag, _, cflag, _, _, ospeed, _ = termios.tcgetattr(link.fileno())
    assert ospeed == termios.B19200
    assert cflag & termios.CSTOPB
    assert cflag & termios.CRTSCTS
    assert iflag & termios.IXON
    assert (link.baud, link.bits, link.name) == (19_200, 11, f"serial {cable.path} 19200 8N2")
    link.close()


def test_any_rate_of_bits_can_be_set(cable: Cable) -> None:
    link = opened(cable, "?baud=123456")
    assert link.baud == 123_456
    give(cable.device, b"x")
    assert take(link, 1) == b"x"
    link.close()


def test_a_line_that_does_not_drain_does_not_stop_the_sender(cable: Cable) -> None:
    link = opened(cable)
    sent = 0
    while taken := link.send(bytes(1000)):
        sent += taken
    wait = link.writable(0.0)
    assert wait and not ready(wait)
    assert take(cable.device, sent) == bytes(sent)
    give(link, b"more")
    assert take(cable.device, 4) == b"more"
    link.close()


def test_an_adapter_that_is_pulled_out_is_gone() -> None:
    cable = Cable()
    link = opened(cable)
    assert link.is_connected()
    give(cable.device, b"last")
    assert take(link, 4) == b"last"
    cable.device.close()  # the kernel hangs up, as it does for USB
    assert not link.is_connected()
    with pytest.raises(OSError, match="the device is gone") as caught:
        arrival(link)
    assert link.reason(caught.value) == (Reason.GONE, f"{link.name}: the device is gone (unplugged, or the line hung up)")
    with pytest.raises(OSError, match="Input/output error") as caught:
        link.send(b"x")
    assert link.reason(caught.value)[0] is Reason.GONE
    link.close()


def test_pulling_it_out_wakes_who_waits() -> None:
    cable = Cable()
    link = opened(cable)
    _woken_by(link, cable.device)
    link.close()


def test_closing_wakes_who_waits(cable: Cable) -> None:
    link = opened(cable)
    _woken_by(link, link)
    with pytest.raises(OSError, match="closed by this side") as caught:
        link.receive()
    assert link.reason(caught.value)[0] is Reason.CLOSED


def _woken_by(link: Link, closes: Link) -> None:
    wait = link.readable(time.monotonic() + PATIENCE)
    assert wait
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(ready(wait)))
    waiting.start()
    closes.close()
    waiting.join(PATIENCE)
    assert woken == [True]


def test_a_device_that_there_is_not() -> None:
    error = refused("serial:///dev/ttyUSB99")
    assert isinstance(error, FileNotFoundError)
    assert "there is no /dev/ttyUSB99; there are" in str(error)


def test_the_ports_that_there_are_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import serial.tools.list_ports as ports

    monkeypatch.setattr(ports, "comports", lambda: [SimpleNamespace(device=name) for name in ("/dev/ttyS1", "/dev/ttyACM0")])
    assert "there are /dev/ttyACM0, /dev/ttyS1" in str(refused("serial:///dev/ttyUSB99"))


def test_what_is_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("data")
    assert str(path) in str(refused(f"serial:{path}"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may open everything")
def test_a_device_that_is_forbidden(tmp_path: Path) -> None:
    path = tmp_path / "port"
    path.touch(0)
    assert isinstance(refused(f"serial:{path}"), PermissionError)


@pytest.mark.parametrize("code, words", [
    (errno.EACCES, "this user may not open"),
    (errno.ENXIO, "no device behind it"),
    (errno.EBUSY, "another program uses"),
])  # fmt: skip
def test_what_the_system_may_say(cable: Cable, monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
    def fails(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("serial.serialposix.os.open", fails)
    with pytest.raises(OSError, match=words) as caught:
        connected(f"serial://{cable.path}")
    assert caught.value.errno == code


def test_a_line_is_exclusive_unless_shared(cable: Cable) -> None:
    first = opened(cable)
    assert "another program uses" in str(refused(f"serial://{cable.path}"))
    second = opened(cable, "?exclusive=no")
    second.close()
    first.close()
    opened(cable).close()


def test_what_a_pseudo_terminal_cannot_do_is_said_where_it_was_asked_for(cable: Cable) -> None:
    for options, words in (
        ("rts=no", "has no line RTS"),
        ("dtr=yes", "has no line DTR"),
        ("low-latency=yes", "ASYNC_LOW_LATENCY"),
        ("rs485=yes&rs485-before=0.001", "RS485"),
    ):
        error = refused(f"serial://{cable.path}?{options}")
        assert words in str(error)
        assert explain(error)[0] is Reason.ERROR
        assert cable.path in str(error)


def test_parity_that_cannot_be_set_is_said(cable: Cable) -> None:
    opened(cable).close()  # now parity is all that changes, and the C library looks whether it did
    try:
        link = opened(cable, "?parity=even")
    except OSError as error:
        assert f"{cable.path} cannot be set to 9600 8E1" in str(error)
        assert error.errno == errno.EINVAL
    else:
        assert termios.tcgetattr(link.fileno())[2] & termios.PARENB, "parity was dropped without a word"
        link.close()


def test_rs485_settings_as_pyserial_takes_them() -> None:
    line = urls.transport("serial:COM3?rs485=yes&rs485-rts=low&rs485-before=0.001&rs485-after=0.002&rs485-echo=yes")
    assert isinstance(line, Serial)
    assert vars(line._rs485()) == {
        "rts_level_for_tx": False,
        "rts_level_for_rx": True,
        "loopback": True,
        "delay_before_tx": 0.001,
        "delay_before_rx": 0.002,
    }
