"""Serial lines, by pyserial: a device of this machine, one behind an RFC 2217 server, and pyserial's loop.

pyserial opens and sets the line. Where the system has a descriptor for it, bytes are read and written there directly and
waiting costs nothing; a loop, an RFC 2217 line and Windows have none, and are asked every few milliseconds
(`serial_line.POLL`).
"""

from __future__ import annotations

import errno
import os
import select
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from framing.transports.descriptors import DescriptorLink, is_ready
from framing.transports.links import RECEIVE, Arrival, Link, Reason, Transport
from framing.transports.serial_line import REFUSALS, Line, NoSuchLine, PolledLink
from framing.transports.serial_remote import Loop, Passed, Rfc2217
from framing.transports.steps import Call, Steps
from framing.transports.urls import YES_NO, choice, option, seconds


@dataclass(frozen=True)
class Serial(Line):
    """A serial device of this machine."""

    form = "serial:///dev/ttyUSB0?baud=115200 or serial:COM3"

    exclusive: bool = option(True, YES_NO, "Whether other programs that ask for the line are refused meanwhile.")
    low_latency: bool = option(False, YES_NO, "Linux: USB adapters hand on what they have at once, not every 16 ms.")
    rs485: bool = option(False, YES_NO, "RS-485: the driver switches the sender on and off by RTS.")
    rs485_rts: str = option("high", choice("high", "low"), "RS-485: the level of RTS while sending.")
    rs485_before: float = option(0.0, seconds(0, 1), "RS-485: seconds from switching to the first bit.")
    rs485_after: float = option(0.0, seconds(0, 1), "RS-485: seconds from the last bit to switching back.")
    rs485_echo: bool = option(False, YES_NO, "RS-485: whether what is sent is received too.")

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`."""
        if not where:
            raise ValueError("no device")
        return super().at(where, scheme)

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`. OSError says in words which setting or device it is about."""
        link: Link = yield Call(self._open)
        return link

    def _open(self) -> Link:
        try:
            port = self._unopened(self.port, timeout=0, write_timeout=0, exclusive=self.exclusive or None)
            self._switch(port)
            if self.rs485:
                port.rs485_mode = self._rs485()
        except REFUSALS as error:
            raise self._refused(error) from error
        try:
            port.open()
            self._switch(port)
            if self.low_latency:
                port.set_low_latency_mode(True)
            return self._link(port)
        except REFUSALS as error:
            port.close()
            raise self._refused(error) from error

    def _link(self, port: Any) -> Link:
        name = f"serial {self.port} {self.words}"
        link = SerialLink(name, port) if os.name == "posix" else PolledLink(name, port)
        link.baud, link.bits = self.baud, self.bits
        return link

    def _rs485(self) -> Any:
        high = self.rs485_rts == "high"
        settings = import_module("serial.rs485").RS485Settings
        return settings(high, not high, self.rs485_echo, self.rs485_before, self.rs485_after)

    def _refused(self, error: Exception) -> OSError:
        """The error that says what is to be done about it."""
        code = next((each for each in (getattr(error, "errno", None), *error.args) if isinstance(each, int)), None)
        texts = {
            errno.ENOENT: f"there is no {self.port}; {_ports()}",
            errno.ENXIO: f"{self.port} is there, but no device behind it; {_ports()}",
            errno.EACCES: f"this user may not open {self.port}{_group(self.port)}",
            errno.EAGAIN: f"another program uses {self.port} (exclusive=no would share it, and its bytes)",
            errno.EBUSY: f"another program uses {self.port}",
            errno.EINVAL: f"{self.port} cannot be set to {self.words}; a pseudo terminal, for one, knows no parity",
        }
        text = error.text if isinstance(error, NoSuchLine) else texts.get(code or 0, f"{self.port}: {error}")
        return OSError(code or errno.EINVAL, text)


def _ports() -> str:
    """Which ports there are, in words."""
    found = sorted(each.device for each in import_module("serial.tools.list_ports").comports())
    return "there are " + ", ".join(found) if found else "there are no serial ports here"


def _group(path: str) -> str:
    """A hint at the group that may open a device."""
    try:
        import grp

        return f"; those of the group {grp.getgrgid(os.stat(path).st_gid).gr_name} may"
    except (ImportError, OSError, KeyError):
        return ""


class SerialLink(DescriptorLink):
    """A serial device with a descriptor. `port` is pyserial's object, for its control lines."""

    def __init__(self, name: str, port: Any) -> None:
        super().__init__(name, port.fileno(), port.fileno())
        self.port = port

    def is_connected(self) -> bool:
        """Whether the device is there: a line that hung up is not."""
        if not super().is_connected():
            return False
        poll = select.poll()
        poll.register(self._reads, 0)
        return not poll.poll(0)

    def reason(self, error: OSError) -> tuple[Reason, str]:
        """See `Link.reason`: an input/output error of an open line means that the device went away."""
        if not self._closed and error.errno == errno.EIO:
            return Reason.GONE, str(self._gone().strerror)
        return super().reason(error)

    def _nothing(self) -> Arrival | None:
        # As pyserial sets the line, an empty read also means "nothing yet". A line that hung up is ready all the same.
        if not is_ready(self._reads):
            return None
        data = os.read(self._reads, RECEIVE)  # came in between
        if not data:
            raise self._gone()
        return Arrival(data)

    def _gone(self) -> OSError:
        return OSError(errno.ENODEV, f"{self.name}: the device is gone (unplugged, or the line hung up)")

    def _release(self) -> None:
        self.port.close()


SCHEMES: dict[str, type[Transport]] = {"serial": Serial, "loop": Loop, "rfc2217": Rfc2217, "socket": Passed}
