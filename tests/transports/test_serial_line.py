"""The settings of serial lines, as URLs state them."""

from __future__ import annotations

import errno
import sys
from types import ModuleType
from typing import Any

import pytest

from driven import arrival
from framing.transports import urls
from framing.transports.links import Reason
from framing.transports.serial_line import Line, PolledLink, pyserial
from framing.transports.steps import ready

serial = pytest.importorskip("serial", reason="pyserial is not installed")


@pytest.mark.parametrize("options, words, bits", [
    ("", "9600 8N1", 10),
    ("?baud=115200&parity=even", "115200 8E1", 11),
    ("?baud=300&parity=mark&bytesize=7&stopbits=2", "300 7M2", 11),
    ("?bytesize=5&stopbits=1.5&parity=odd", "9600 5O1.5", 8.5),
])  # fmt: skip
def test_settings_and_the_length_of_a_character(options: str, words: str, bits: float) -> None:
    line = urls.transport(f"serial:///dev/ttyS0{options}")
    assert isinstance(line, Line)
    assert (line.port, line.words, line.bits) == ("/dev/ttyS0", words, bits)


@pytest.mark.parametrize("bad, words", [
    ("serial:", "no device"),
    ("serial:COM3?baudrate=9600", "did you mean 'baud'"),
    ("serial:COM3?baud=fast", "a whole number from 1"),
    ("serial:COM3?parity=evn", "one of none, even, odd, mark, space"),
    ("serial:COM3?stopbits=3", "1, 1.5 or 2"),
    ("serial:COM3?bytesize=9", "from 5 to 8"),
    ("serial:COM3?rtscts=maybe", "yes or no"),
    ("loop://somewhere", "nothing stands behind"),
    ("loop://?exclusive=no", "no option 'exclusive'"),
    ("rfc2217://host", "no port"),
    ("rfc2217://host:99999", "no port 99999"),
])  # fmt: skip
def test_bad_urls(bad: str, words: str) -> None:
    with pytest.raises(urls.UrlError, match=words):
        urls.transport(bad)


def test_without_pyserial_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(ImportError, match=r"pip install 'framing-codec\[serial\]'"):
        urls.transport("serial:COM3")


def test_another_module_of_that_name_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", ModuleType("serial"))
    with pytest.raises(ImportError, match="something else"):
        pyserial()


class Unplugged:
    """A port of pyserial's whose adapter is pulled out, as Windows shows it."""

    def __init__(self) -> None:
        self.waiting = b"last"

    @property
    def in_waiting(self) -> int:
        if not self.waiting:
            raise serial.SerialException("ClearCommError failed (PermissionError(13, 'the device does not recognise the command'))")
        return len(self.waiting)

    def read(self, most: int) -> bytes:
        data, self.waiting = self.waiting[:most], self.waiting[most:]
        return data

    def write(self, data: bytes) -> int:
        return len(data)

    def close(self) -> None:
        pass


def test_a_polled_device_that_goes_away() -> None:
    link = PolledLink("serial COM3", Unplugged())
    assert arrival(link).data == b"last"
    assert link.readable(None) is None
    with pytest.raises(OSError, match="ClearCommError") as caught:
        link.receive()
    assert link.reason(caught.value)[0] is Reason.GONE
    assert "ClearCommError" in link.reason(caught.value)[1]
    with pytest.raises(OSError, match="no descriptor") as caught:
        link.fileno()
    assert caught.value.errno == errno.EBADF
    link.close()
    assert link.readable(None) is None


def test_a_quiet_polled_line_is_looked_at_again_soon() -> None:
    class Quiet(Unplugged):
        in_waiting: Any = 0

    link = PolledLink("serial COM3", Quiet())
    assert link.receive() is None
    for wait in (link.readable(None), link.writable(None)):
        assert wait and not ready(wait)  # the time came
    wait = link.readable(0.0)
    assert wait and wait.until == 0.0
    link.close()
