"""Recordings of links: raw bytes with their times and directions, as pcapng that others read too.

Each name of a link is an interface of link type USER0 (147: bytes as they are, no headers). Each write is a packet, or several
where it is long, with its direction in the packet's flags, nanosecond times, and a comment where the bytes do not continue
those before or where the stream ends. `pcap:` and `replay:` read it; so do Wireshark, tshark and dpkt.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading

import dpkt.pcapng as pcapng  # type: ignore[import-untyped]

from framing.transports.capture_files import BREAK, END, FLAGS_OPTION, INBOUND, OUTBOUND
from framing.transports.packets import RECORDED

LARGEST = 65_536
"""Bytes of a packet; more are written as several. Readers refuse packets of more than four times that."""
_NANOSECONDS = b"\x09"
_NAME = 65_535
_LITTLE = sys.byteorder == "little"
_suffix = "LE" if _LITTLE else ""
_Section = getattr(pcapng, f"SectionHeaderBlock{_suffix}")
_Interface = getattr(pcapng, f"InterfaceDescriptionBlock{_suffix}")
_Packet = getattr(pcapng, f"EnhancedPacketBlock{_suffix}")
_Option = getattr(pcapng, f"PcapngOption{_suffix}")
_FLAGS = {"in": INBOUND, "out": OUTBOUND}


class Recorder:
    """A recording that is being written to `path`; a file that is there is replaced. Any thread may write.

    Every write goes to the operating system at once, as a whole packet. When this process dies nothing that was written is
    lost; when the machine does, what its system had not put on the disk yet. OSError as files raise it; a packet that did
    not fit is taken off the file again, so that it stays whole.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._lock = threading.Lock()
        self._interfaces: dict[str, int] = {}
        self._file = open(path, "wb", buffering=0)  # noqa: SIM115 # closed by `close`
        application = _Option(code=pcapng.PCAPNG_OPT_SHB_USERAPPL, data=b"framing")
        try:
            self._put(bytes(_Section(opts=[application, _Option()])))
        except BaseException:
            self._file.close()
            raise

    def write(
        self,
        data: bytes | bytearray | memoryview,
        direction: str,
        time: float,
        link_name: str,
        *,
        broken: bool = False,
        ends: bool = False,
    ) -> None:
        """Bytes that came `in` from a link or went `out` to it, at that time in seconds since 1970.

        `broken`: they do not continue those before. `ends`: nothing follows, of that link in that direction. There may be
        no bytes then. ValueError for another direction, or after `close`.
        """
        flags = _FLAGS.get(direction)
        if flags is None:
            raise ValueError(f"{direction!r} is no direction; expected 'in' or 'out'")
        view = memoryview(data)
        with self._lock:
            if self._file.closed:
                raise ValueError("write after close: the recording has ended")
            number = self._interface(link_name)
            for start in range(0, len(view), LARGEST):
                comment = BREAK if broken and not start else ""
                self._packet(number, bytes(view[start : start + LARGEST]), flags, time, comment)
            if broken and not view:
                self._packet(number, b"", flags, time, BREAK)
            if ends:
                self._packet(number, b"", flags, time, END)

    def close(self) -> None:
        """Ends the recording. May be called again."""
        with self._lock:
            self._file.close()

    def _interface(self, name: str) -> int:
        number = self._interfaces.get(name)
        if number is None:
            options = [
                _Option(code=pcapng.PCAPNG_OPT_IF_NAME, data=name.encode(errors="replace")[:_NAME]),
                _Option(code=pcapng.PCAPNG_OPT_IF_TSRESOL, data=_NANOSECONDS),
                _Option(),
            ]
            self._put(bytes(_Interface(linktype=RECORDED, snaplen=0, opts=options)))
            number = self._interfaces[name] = len(self._interfaces)
        return number

    def _packet(self, interface: int, data: bytes, flags: int, time: float, comment: str) -> None:
        # Whole seconds apart: times a thousand million, a float would lose some hundred nanoseconds.
        ticks = int(time) * 10**9 + round((time - int(time)) * 10**9)
        options = [_Option(code=FLAGS_OPTION, data=struct.pack("=I", flags)), _Option()]
        if comment:
            options.insert(0, _Option(code=pcapng.PCAPNG_OPT_COMMENT, data=comment.encode()))
        block = _Packet(iface_id=interface, ts_high=ticks >> 32, ts_low=ticks & 0xFFFFFFFF, pkt_data=data, opts=options)
        self._put(bytes(block))

    def _put(self, block: bytes) -> None:
        """Writes the whole block, or nothing and raises OSError."""
        done = 0
        try:
            while done < len(block):
                done += self._file.write(block[done:]) or 0
        except OSError:
            with contextlib.suppress(OSError):  # a pipe cannot take back
                self._file.truncate(self._file.seek(-done, os.SEEK_CUR))
            raise
