"""Unix sockets: links by path and by name, the file that a listener makes, finds and removes."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from driven import PATIENCE, arrival, connected, give, take
from framing.transports import urls
from framing.transports.links import Link, Reason, explain
from framing.transports.steps import run
from framing.transports.unix import LONGEST, Unix, UnixListen

if not hasattr(socket, "AF_UNIX"):
    pytest.skip("this system has no Unix sockets", allow_module_level=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sock"


def pair(place: object) -> tuple[Link, Link]:
    door = UnixListen(str(place))
    assert door.listen() == str(place)
    ours = connected(f"unix:{place}")
    theirs = run(door.connect(time.monotonic() + PATIENCE))
    door.close()
    return ours, theirs


def test_urls() -> None:
    assert urls.transport("unix:///run/peer.sock") == Unix("/run/peer.sock")
    assert urls.transport("unix:peer.sock?connect-timeout=2") == Unix("peer.sock", connect_timeout=2)
    assert urls.transport("unix-listen://@name?backlog=3") == UnixListen("@name", backlog=3)
    assert urls.transport("unix-listen:/run/own?mode=660") == UnixListen("/run/own", mode=0o660)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("unix:", "no path"),
        ("unix:@", "no path"),
        ("unix:a%00b", "no NUL"),
        ("unix:" + "x" * (LONGEST + 1), f"longer than the {LONGEST} bytes"),
        ("unix-listen:a?mode=999", "octal digits up to 777"),
        ("unix-listen:a?mode=1000", "octal digits up to 777"),
    ],
)
def test_what_a_url_gets_wrong(url: str, complaint: str) -> None:
    with pytest.raises(urls.UrlError, match=complaint):
        urls.transport(url)


def test_bytes_pass_both_ways(path: Path) -> None:
    ours, theirs = pair(path)
    assert ours.name == theirs.name == f"unix {path}"
    give(ours, b"question")
    assert take(theirs, 8) == b"question"
    give(theirs, b"answer")
    assert take(ours, 6) == b"answer"
    assert ours.is_connected()
    theirs.close()
    assert not ours.is_connected()
    assert arrival(ours).ends
    ours.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has abstract names")
def test_an_abstract_name(path: Path) -> None:
    name = f"@framing-test-{os.getpid()}"
    ours, theirs = pair(name)
    give(ours, b"x")
    assert take(theirs, 1) == b"x"
    ours.close()
    theirs.close()


def test_the_longest_path_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ours, theirs = pair("x" * LONGEST)
    ours.close()
    theirs.close()


def failing(path: Path, seconds: float = PATIENCE) -> OSError:
    with pytest.raises(OSError) as caught:  # noqa: PT011 # looked at by those who call
        run(Unix(str(path)).connect(time.monotonic() + seconds))
    return caught.value


def test_no_socket_there(path: Path) -> None:
    assert explain(failing(path)) == (Reason.GONE, f"{path}: No such file or directory")


def abandoned(path: Path) -> None:
    """A socket file whose listener is no more."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


def test_nobody_listens(path: Path) -> None:
    abandoned(path)
    assert explain(failing(path)) == (Reason.REFUSED, f"{path}: Connection refused")


def test_a_full_queue_is_waited_for(path: Path) -> None:
    door = UnixListen(str(path), backlog=1)
    door.listen()
    waiting = []
    with pytest.raises(TimeoutError, match="too many wait for being accepted"):
        while True:
            waiting.append(run(Unix(str(path)).connect(time.monotonic() + 0.05)))
    entered: list[Link] = []
    thread = threading.Thread(target=lambda: entered.append(connected(f"unix:{path}")), daemon=True)
    thread.start()
    waiting.append(run(door.connect(time.monotonic() + PATIENCE)))
    thread.join(PATIENCE)
    assert entered
    for link in (*waiting, *entered):
        link.close()
    door.close()


def test_the_file_goes_with_the_listener(path: Path) -> None:
    door = UnixListen(str(path))
    assert door.address is None
    door.listen()
    assert door.address == str(path)
    assert stat.S_ISSOCK(path.stat().st_mode)
    door.close()
    door.close()
    assert not path.exists()
    with pytest.raises(OSError, match="closed by this side"):
        door.listen()


def test_the_file_of_somebody_else_stays(path: Path) -> None:
    door = UnixListen(str(path))
    door.listen()
    path.unlink()
    other = UnixListen(str(path))
    other.listen()
    door.close()
    connected(f"unix:{path}").close()
    other.close()
    path.unlink(missing_ok=True)


def test_a_socket_that_nobody_listens_at_is_replaced(path: Path) -> None:
    abandoned(path)
    ours, theirs = pair(path)
    ours.close()
    theirs.close()


def test_a_socket_in_use_is_not_replaced(path: Path) -> None:
    door = UnixListen(str(path))
    door.listen()
    with pytest.raises(OSError, match="in use") as caught:
        UnixListen(str(path)).listen()
    assert caught.value.errno == errno.EADDRINUSE
    connected(f"unix:{path}").close()
    door.close()


def test_a_file_that_is_no_socket_is_not_replaced(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(OSError, match="in use"):
        UnixListen(str(path)).listen()
    assert path.read_text() == "precious"


def test_who_may_connect(path: Path) -> None:
    door = UnixListen(str(path), mode=0o640)
    door.listen()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    door.close()
