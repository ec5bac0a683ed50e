"""Commands: their output, their input, their end."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from driven import PATIENCE, arrival, connected, give, take, take_all, until_true
from framing.transports import exec as module
from framing.transports import urls
from framing.transports.exec import Exec, ExecLink
from framing.transports.links import Reason

if os.name != "posix":
    pytest.skip("pipes cannot be waited for here", allow_module_level=True)


def python(code: str) -> ExecLink:
    link = connected(f"exec:{sys.executable} -c {shlex.quote(code)}")
    assert isinstance(link, ExecLink)
    return link


def exists(pid: int) -> bool:
    """Whether there is a process, a zombie included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_is_sent_comes_back_through_cat() -> None:
    link = connected("exec:cat")
    data = bytes(range(256)) * 10
    give(link, data)
    assert take(link, len(data)) == data
    assert link.is_connected()
    link.close()


@pytest.mark.parametrize("url, command", [
    ("exec:printf %02x?a=b 'two words' \"x\"", ("printf", "%02x?a=b", "two words", "x")),
    ("exec:/bin/echo a\\ b %41", ("/bin/echo", "a b", "%41")),
    ("exec:echo $HOME | wc", ("echo", "$HOME", "|", "wc")),
])  # fmt: skip
def test_the_command_is_split_as_a_shell_would_and_otherwise_left_alone(url: str, command: tuple[str, ...]) -> None:
    assert urls.transport(url) == Exec(command)


@pytest.mark.parametrize("url, words", [("exec:", "no command"), ("exec:echo 'x", "quotation")])
def test_what_is_no_command(url: str, words: str) -> None:
    with pytest.raises(urls.UrlError, match=words):
        urls.transport(url)


def test_a_program_that_there_is_not() -> None:
    with pytest.raises(FileNotFoundError, match="no program of that name: 'no-such-program'"):
        connected("exec:no-such-program")


def test_all_output_comes_before_the_end() -> None:
    link = python("import sys; sys.stdout.write('x' * 1_000_000)")
    assert take_all(link) == b"x" * 1_000_000
    assert arrival(link).ends
    assert not link.is_connected()
    link.close()


def test_a_status_other_than_zero_breaks_the_link_behind_all_output() -> None:
    link = python("import sys; sys.stdout.write('x' * 100_000); sys.stdout.flush(); sys.exit(3)")
    assert take(link, 100_000) == b"x" * 100_000
    for _ in range(2):
        with pytest.raises(ChildProcessError) as caught:
            arrival(link)
        reason, words = link.reason(caught.value)
        assert reason is Reason.GONE
        assert words.endswith("exit status 3")
        assert sys.executable in words
    link.close()


def test_a_signal_is_told_by_its_name() -> None:
    link = python("import os; os.kill(os.getpid(), 9)")
    with pytest.raises(ChildProcessError, match="killed by SIGKILL"):
        arrival(link)
    link.close()


@pytest.mark.parametrize("pidfd", [True, False])
def test_a_command_that_closes_its_output_is_waited_for(monkeypatch: pytest.MonkeyPatch, pidfd: bool) -> None:
    if not pidfd:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    link = python("import os, sys; os.close(1); sys.stdin.read(1); os._exit(5)")
    until_true(lambda: link.receive() is None and link._silent, "its output was not closed")
    assert link.is_connected()
    give(link, b"x")
    with pytest.raises(ChildProcessError, match="exit status 5"):
        arrival(link)
    link.close()


def test_sending_to_a_command_that_failed_tells_its_status() -> None:
    link = python("raise SystemExit(7)")
    until_true(lambda: not link.is_connected(), "it did not end")
    with pytest.raises(BrokenPipeError) as caught:
        give(link, b"x")
    assert link.reason(caught.value)[0] is Reason.GONE
    assert link.reason(caught.value)[1].endswith("exit status 7")
    link.close()


def test_sending_to_a_command_that_ended_well_is_a_reset() -> None:
    link = python("pass")
    until_true(lambda: not link.is_connected(), "it did not end")
    with pytest.raises(BrokenPipeError) as caught:
        give(link, b"x")
    assert link.reason(caught.value)[0] is Reason.RESET
    link.close()


def test_a_command_that_does_not_read_does_not_stop_the_sender() -> None:
    link = python("import time; time.sleep(1000)")
    while link.send(bytes(10_000)):
        pass
    link.close()
    until_true(lambda: not exists(link.pid), "it was not ended")


def test_closing_ends_the_command_and_leaves_no_zombie() -> None:
    link = connected("exec:sleep 1000")
    assert isinstance(link, ExecLink)
    assert exists(link.pid)
    link.close()
    link.close()
    until_true(lambda: not exists(link.pid), "it was not ended")


def test_a_command_that_refuses_to_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.05)
    link = python("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); time.sleep(1000)")
    assert take(link, 2) == b"x\n"
    link.close()
    until_true(lambda: not exists(link.pid), "it was not ended")
    assert link._child.returncode == -signal.SIGKILL


def test_a_command_may_tidy_up_when_the_link_closes(tmp_path: Path) -> None:
    note = tmp_path / "note"
    link = python(
        "import signal, sys, time, pathlib\n"
        f"def end(*_): pathlib.Path({str(note)!r}).write_text('bye'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('x', flush=True); time.sleep(1000)"
    )
    assert take(link, 2) == b"x\n"
    link.close()
    until_true(lambda: not exists(link.pid), "it was not ended")
    assert note.read_text() == "bye"


def test_its_standard_error_is_this_ones() -> None:
    code = (
        "from driven import arrival, connected\n"
        "link = connected('exec:sh -c \"echo complaint >&2; echo data\"')\n"
        "print(arrival(link).data)\n"
        "arrival(link); link.close()\n"
    )
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]))
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, check=False, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == (b"b'data\\n'\n", b"complaint\n")


def test_the_name_says_the_command() -> None:
    link = connected("exec:echo 'a b'")
    assert link.name == "exec echo 'a b'"
    link.close()
