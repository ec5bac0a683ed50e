"""Pseudo terminals: a serial port made of nothing, for programs that insist on one.

`pty:` makes a pair, keeps one end and says the path of the other (`link.peer`, also in `link.name`). `pty:/tmp/gnss` puts a
symbolic link to it there as well, which goes when the link is closed. The line is raw: every byte passes as it is. As on a
real port the peer may come and go; what is sent while nobody is there waits in the terminal's buffer (a few KiB on Linux).
"""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framing.transports.descriptors import DescriptorLink
from framing.transports.links import Link, Transport
from framing.transports.steps import Call, Steps
from framing.transports.urls import option, place, whole


@dataclass(frozen=True)
class Pty(Transport):
    """A new pseudo terminal."""

    form = "pty: or pty:/path/of/a/link"

    link: str = place("where a symbolic link to the peer's end is made, if anywhere", "")
    baud: int | None = option(
        None, whole(1, 20_000_000), "Bits a second to reckon character times from; sets no speed."
    )

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`."""
        return {"link": where}

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`. FileExistsError if something else stands where the symbolic link is to be."""
        link: Link = yield Call(self._open)
        return link

    def _open(self) -> PtyLink:
        try:
            import tty
        except ImportError:
            raise OSError(errno.ENOSYS, "this system has no pseudo terminals") from None
        ours, theirs = os.openpty()
        try:
            tty.setraw(theirs)
            os.set_blocking(ours, False)
            peer = os.ttyname(theirs)
            if self.link:
                _point(Path(self.link), peer)
        except BaseException:
            os.close(ours)
            os.close(theirs)
            raise
        link = PtyLink(ours, theirs, peer, self.link)
        link.baud = self.baud
        return link


class PtyLink(DescriptorLink):
    """The end of a pseudo terminal that this side keeps. `peer` is the path of the other one."""

    def __init__(self, ours: int, theirs: int, peer: str, link: str) -> None:
        super().__init__(f"pty {peer}" + (f" {link}" if link else ""), ours, ours)
        self.peer = peer
        # Held open, or reading would fail as soon as a peer closes it, and the next one would find a cooked terminal.
        self._theirs = theirs
        self._link = link

    def _release(self) -> None:
        if self._link:
            with contextlib.suppress(OSError):  # somebody else removed or replaced it
                if os.readlink(self._link) == self.peer:
                    os.unlink(self._link)
        super()._release()
        os.close(self._theirs)


def _point(link: Path, peer: str) -> None:
    """Makes the symbolic link. One to a terminal, left behind by a process that died, is replaced; nothing else is."""
    if link.is_symlink() and (not link.exists() or os.readlink(link).startswith("/dev/")):
        link.unlink()
    try:
        link.symlink_to(peer)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, "there is something that is no link to a terminal", str(link)) from None


SCHEMES: dict[str, type[Transport]] = {"pty": Pty}
