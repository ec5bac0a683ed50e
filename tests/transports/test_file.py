"""Files that are read, that grow, that are written; and standard input and output, as a process has them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from driven import PATIENCE, arrival, connected, give, take, take_all
from framing.transports import urls
from framing.transports.file import waitable
from framing.transports.links import Link, Reason
from framing.transports.steps import ready

posix = pytest.mark.skipif(os.name != "posix", reason="pipes cannot be waited for here")


def followed(path: Path, more: str = "") -> Link:
    return connected(f"file:{path}?follow=1&interval=0.005{more}")


@pytest.mark.parametrize("form", ["file:{}", "file://{}"])
def test_a_file_is_read_to_its_end(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a recording.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    link = connected(form.format(path))
    assert link.readable(None) is None  # never waits
    assert take_all(link) == path.read_bytes()
    assert arrival(link).ends
    link.close()


@pytest.mark.parametrize("offset, rest", [("2", b"cdef"), ("-2", b"ef"), ("-100", b"abcdef"), ("end", b""), ("0x4", b"ef")])
def test_reading_may_start_elsewhere(tmp_path: Path, offset: str, rest: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abcdef")
    link = connected(f"file:{path}?offset={offset}")
    assert take_all(link) == rest
    link.close()


def test_a_file_that_grows_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one")
    link = followed(path)
    assert take(link, 3) == b"one"
    assert link.receive() is None
    with path.open("ab") as log:
        for word in (b"two", b"three"):
            log.write(word)
            log.flush()
            found = arrival(link)
            assert (found.data, found.broken, found.ends) == (word, False, False)
    link.close()


def test_following_may_start_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"old")
    link = followed(path, "&offset=end")
    assert link.receive() is None
    with path.open("ab") as log:
        log.write(b"new")
    assert take(link, 3) == b"new"
    link.close()


def test_an_offset_behind_the_end_is_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"old")
    link = followed(path, "&offset=1000")
    assert link.receive() is None
    with path.open("ab") as log:
        log.write(b"new")
    assert arrival(link) == (b"new", "", None, False, False)
    link.close()


@posix
def test_only_a_regular_file_takes_the_place_of_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    link = followed(path)
    path.unlink()
    os.mkfifo(path)
    assert link.receive() is None
    path.unlink()
    path.write_bytes(b"new")
    assert arrival(link).data == b"new"
    link.close()


def test_a_pause_ends_with_the_interval_the_time_or_the_link(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    link = connected(f"file:{path}?follow=1&interval=3000")
    assert link.receive() is None
    wait = link.readable(0.0)
    assert wait and not ready(wait)
    wait = link.readable(time.monotonic() + PATIENCE)
    assert wait
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(ready(wait)))
    waiting.start()
    link.close()
    waiting.join(PATIENCE)
    assert woken == [True]


def test_a_file_that_was_cut_is_read_anew_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"half a fra")
    link = followed(path)
    assert take(link, 10) == b"half a fra"
    os.truncate(path, 0)
    with caplog.at_level(logging.WARNING, "framing.transports"):
        assert link.receive() is None
    assert "was cut" in caplog.text
    with path.open("ab") as log:
        log.write(b"me")
    found = arrival(link)
    assert (found.data, found.broken) == (b"me", True)
    with path.open("ab") as log:
        log.write(b"more")
    assert arrival(link) == (b"more", "", None, False, False)
    link.close()


def test_a_file_that_was_replaced_is_read_to_its_end_first(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one")
    link = followed(path)
    assert take(link, 3) == b"one"
    assert link.receive() is None
    with path.open("ab") as old:
        path.rename(tmp_path / "log.1")
        assert link.receive() is None  # away, but its writer goes on
        old.write(b"the last of the old")
        old.flush()
        path.write_bytes(b"new")
        with caplog.at_level(logging.WARNING, "framing.transports"):
            assert arrival(link) == (b"the last of the old", "", None, False, False)
            assert arrival(link) == (b"new", "", None, True, False)
    assert "was replaced" in caplog.text
    link.close()


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the system does not list descriptors")
    path = tmp_path / "log"
    path.write_bytes(b"x")
    link = followed(path)
    take(link, 1)
    link.receive()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        link.receive()
        path.rename(tmp_path / "old")
        path.write_bytes(b"y")
        assert take(link, 1) == b"y"
    assert len(os.listdir("/proc/self/fd")) == before
    link.close()


def test_what_is_sent_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out"
    for mode, content in (("append", b"12"), ("append", b"1212"), ("write", b"12")):
        link = connected(f"file:{path}?mode={mode}")
        assert link.receive() is None
        assert link.writable(None) is None
        wait = link.readable(0.0)
        assert wait and not ready(wait)
        give(link, b"1")
        give(link, b"2")
        link.close()
        assert path.read_bytes() == content


def test_what_is_read_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"data")
    link = connected(f"file:{path}")
    with pytest.raises(PermissionError, match="mode=append"):
        link.send(b"x")
    assert take(link, 4) == b"data"
    link.close()


@pytest.mark.parametrize("bad, words", [
    ("file:", "no path"),
    ("file:x?mode=append&follow=1", "follow and offset are for reading"),
    ("file:x?offset=middle", "a number of bytes"),
    ("file:x?folow=1", "did you mean 'follow'"),
    ("file:x?mode=apend", "one of read, append, write"),
    ("stdin:x", "nothing stands behind"),
])  # fmt: skip
def test_bad_urls(bad: str, words: str) -> None:
    with pytest.raises(urls.UrlError, match=words):
        urls.transport(bad)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        connected(f"file:{tmp_path}/none")
    assert "none" in str(caught.value)
    with pytest.raises(IsADirectoryError):
        connected(f"file:{tmp_path}")


@posix
def test_a_named_pipe_is_waited_for_and_ends_with_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    link = connected(f"file:{path}")
    assert link.receive() is None  # nobody there yet is not the end
    writer = connected(f"file:{path}?mode=append")
    assert link.receive() is None
    give(writer, b"hello")
    assert take(link, 5) == b"hello"
    writer.close()
    assert arrival(link).ends
    link.close()


@posix
def test_a_pipe_that_is_full_does_not_stop_the_sender(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = connected(f"file:{path}")
    writer = connected(f"file:{path}?mode=write")
    sent = 0
    while taken := writer.send(bytes(10_000)):
        sent += taken
    wait = writer.writable(0.0)
    assert wait and not ready(wait)
    assert take(reader, sent) == bytes(sent)
    reader.close()
    with pytest.raises(BrokenPipeError) as caught:
        writer.send(b"x")
    assert writer.reason(caught.value)[0] is Reason.RESET
    writer.close()


@posix
def test_devices_that_are_always_ready_are_not_waited_for() -> None:
    link = connected("file:/dev/zero")
    assert take(link, 100_000).strip(b"\0") == b""
    link.close()
    with pytest.raises(OSError, match="only a regular file"):
        connected("file:/dev/zero?follow=1")


@posix
def test_what_can_be_waited_for(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    with (tmp_path / "file").open("wb") as file:
        assert [waitable(reads), waitable(writes), waitable(file.fileno())] == [True, True, False]
    os.close(reads)
    os.close(writes)
    with pytest.raises(OSError, match="Bad file descriptor"):
        waitable(reads)


# --- standard input and output ---------------------------------------------------------------------------------------

ECHO = """
import sys
from driven import arrival, connected, give
link = connected("stdin:")
print("first", end="")
while not (found := arrival(link)).ends:
    give(link, found.data)
link.close()
link.close()
print("last")
"""


def echo(**streams: object) -> subprocess.Popen[bytes]:
    """A process that sends back what it gets on `stdin:`, between two words that it prints."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]))
    return subprocess.Popen([sys.executable, "-W", "error", "-c", ECHO], env=environment, **streams)  # type: ignore[call-overload,no-any-return]


@posix
def test_standard_streams_as_pipes() -> None:
    data = bytes(range(256)) * 2000
    with echo(stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        out, _ = process.communicate(data, timeout=PATIENCE)
    assert out == b"first" + data + b"last\n"


@posix
def test_standard_streams_as_files(tmp_path: Path) -> None:
    data = bytes(range(256)) * 2000
    (tmp_path / "in").write_bytes(data)
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as sink, echo(stdin=source, stdout=sink) as process:
        assert process.wait(PATIENCE) == 0
    assert (tmp_path / "out").read_bytes() == b"first" + data + b"last\n"


@posix
def test_standard_streams_as_a_terminal() -> None:
    terminal = connected("pty:")
    fd = os.open(terminal.peer, os.O_RDWR | os.O_NOCTTY)  # type: ignore[attr-defined]
    with echo(stdin=fd, stdout=fd) as process:
        give(terminal, b"hello")
        assert take(terminal, 10) == b"firsthello"
        import termios

        flags = termios.tcgetattr(fd)
        flags[3] |= termios.ICANON  # now control-D is the end
        termios.tcsetattr(fd, termios.TCSANOW, flags)
        give(terminal, b"\x04")
        assert process.wait(PATIENCE) == 0
    assert os.get_blocking(fd)  # the terminal was left as it was
    os.close(fd)
    terminal.close()


@posix
def test_standard_input_that_is_closed_is_no_link() -> None:
    code = 'import os; os.close(0); from driven import connected; connected("stdin:")'
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 1
    assert "OSError" in done.stderr
