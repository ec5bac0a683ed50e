"""What all serial lines have in common: the settings, pyserial, and lines that cannot be waited for."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from framing.transports.descriptors import LocalLink
from framing.transports.links import Arrival, Reason, Transport
from framing.transports.steps import Wait
from framing.transports.urls import YES_NO, Reader, choice, option, place, whole

try:
    import termios

    REFUSALS: tuple[type[Exception], ...] = (OSError, ValueError, NotImplementedError, termios.error)
except ImportError:  # Windows
    REFUSALS = (OSError, ValueError, NotImplementedError)
"""What pyserial lets through where a line cannot be opened or set."""

POLL = 0.002
"""Seconds between looks at a line without a descriptor: half of Modbus RTU's 3.5 characters at 9600 baud. It costs a few percent
of a core (measured: 4)."""
PARITIES = {"none": "N", "even": "E", "odd": "O", "mark": "M", "space": "S"}


def pyserial() -> Any:
    """The module `serial`. ImportError says how to get it."""
    how = "serial lines need pyserial: pip install 'framing-codec[serial]'"
    try:
        module = import_module("serial")
    except ImportError:
        raise ImportError(how) from None
    if not hasattr(module, "serial_for_url"):
        raise ImportError(f"{how}; the module 'serial' that is installed is something else")
    return module


class NoSuchLine(OSError):
    """A control line was to be set that the device has not."""

    def __init__(self, text: str) -> None:
        super().__init__(errno.ENOTTY, text)
        self.text = text


def _stop_bits(text: str) -> float:
    if text not in ("1", "1.5", "2"):
        raise ValueError
    return float(text)


STOP_BITS = Reader(_stop_bits, "1, 1.5 or 2")


@dataclass(frozen=True)
class Line(Transport):
    """What is set on every line."""

    port: str = place("the line")
    baud: int = option(9600, whole(1, 20_000_000), "Bits a second.")
    parity: str = option("none", choice(*PARITIES), "The parity bit.")
    bytesize: int = option(8, whole(5, 8), "Data bits of a character.")
    stopbits: float = option(1.0, STOP_BITS, "Stop bits of a character.")
    rtscts: bool = option(False, YES_NO, "Flow control by the lines RTS and CTS.")
    dsrdtr: bool = option(False, YES_NO, "Flow control by the lines DSR and DTR, where the system has it.")
    xonxoff: bool = option(False, YES_NO, "Flow control by the characters XON and XOFF: for text only.")
    rts: bool | None = option(
        None, YES_NO, "The line RTS from the opening on; else as the system and pyserial have it."
    )
    dtr: bool | None = option(
        None, YES_NO, "The line DTR from the opening on; else as the system and pyserial have it."
    )

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`. ImportError where there is no pyserial."""
        pyserial()
        return {"port": where}

    @property
    def bits(self) -> float:
        """Bits on the line for one character."""
        return 1 + self.bytesize + (self.parity != "none") + self.stopbits

    @property
    def words(self) -> str:
        """The settings as people write them: `9600 8N1`."""
        return f"{self.baud} {self.bytesize}{PARITIES[self.parity]}{self.stopbits:g}"

    def _unopened(self, url: str, **more: Any) -> Any:
        """pyserial's object, set but not open."""
        return pyserial().serial_for_url(
            url,
            do_not_open=True,
            baudrate=self.baud,
            parity=PARITIES[self.parity],
            bytesize=self.bytesize,
            stopbits=int(self.stopbits) if self.stopbits.is_integer() else self.stopbits,
            rtscts=self.rtscts,
            dsrdtr=self.dsrdtr,
            xonxoff=self.xonxoff,
            **more,
        )

    def _switch(self, port: Any) -> None:
        """Sets the lines that were asked for. Before it is open they are noted, afterwards a missing one is an error."""
        for name in ("rts", "dtr"):
            wanted = getattr(self, name)
            if wanted is None:
                continue
            try:
                setattr(port, name, wanted)
            except OSError as error:
                raise NoSuchLine(f"{self.port} has no line {name.upper()} to be set") from error


class PolledLink(LocalLink):
    """A line without a descriptor to wait for. `port` is pyserial's object."""

    def __init__(self, name: str, port: Any) -> None:
        super().__init__(name)
        self.port = port

    def fileno(self) -> int:
        """There is none: OSError."""
        raise OSError(errno.EBADF, f"{self.name} has no descriptor")

    def readable(self, until: float | None) -> Wait | None:
        """None if something has arrived, else a short pause."""
        with self._lock:
            try:
                waits = not self._closed and not self.port.in_waiting
            except OSError:  # `receive` will meet it too
                return None
            return self._pause(POLL, until) if waits else None

    def writable(self, until: float | None) -> Wait | None:
        """A short pause: there is no telling when there is room."""
        return None if self._closed else self._pause(POLL, until)

    def reason(self, error: OSError) -> tuple[Reason, str]:
        """See `Link.reason`: what pyserial raises on an open line means that the device went away."""
        if not self._closed and isinstance(error, pyserial().SerialException):
            return Reason.GONE, str(error)
        return super().reason(error)

    def _take(self, most: int) -> Arrival | None:
        data = self.port.read(min(self.port.in_waiting, most))
        return Arrival(data) if data else None

    def _put(self, data: bytes | memoryview) -> int:
        return int(self.port.write(data) or 0)

    def _release(self) -> None:
        self.port.close()
