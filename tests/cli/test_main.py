"""The entry point: statuses, single lines, closed pipes, interrupts, missing extras."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from framing.cli import main as entry
from framing.cli.main import main

from .conftest import Run, command, environment, process


def test_version_names_the_engine(run: Run) -> None:
    import framing
    from framing import compiled

    outcome = run("--version")
    assert (outcome.status, outcome.err) == (0, "")
    said, _, why = outcome.out.partition(" (no native engine: ")
    assert said.rstrip() == f"framing-codec {framing.__version__}, {framing.engine_name()} engine"
    assert why == (f"{compiled.missing})\n" if compiled.missing else "")


def test_an_engine_that_does_not_exist(misuse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMING_ENGINE", "steam")
    assert "FRAMING_ENGINE=steam" in misuse("--version")
    assert "FRAMING_ENGINE=steam" in misuse("decode", "-f", "ubx", "-")
    assert "FRAMING_ENGINE=steam" in misuse("demo")


def test_help_lists_every_command(run: Run) -> None:
    from framing.cli.app import COMMANDS

    outcome = run("--help")
    assert (outcome.status, outcome.err) == (0, "")
    for module in COMMANDS:
        assert f" {module.__name__.rpartition('.')[2]} " in outcome.out
    for line in ("-h", "decode --help", "encode -h", "check -h"):
        assert run(*line.split()).status == 0


def test_no_command(misuse: Any) -> None:
    assert misuse() == "no command given; `framing --help` lists them"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["deocde"], "no such command 'deocde'"),
        (["decode", "--gap", "-"], "no such option: --gap"),
        (["decode"], "missing argument 'FILE|-'"),
        (["decode", "-f"], "'-f' requires an argument"),
        (["decode", "-f", "ubx", "-", "more"], "unexpected extra argument"),
        (["decode", "-f", "ubx", "--witnesses", "x", "-"], "invalid value for '--witnesses': 'x' is no integer"),
        (["decode", "-f", "ubx", "--gap-limit", "0", "-"], "invalid value for '--gap-limit': 0 is below 1"),
        (["--nope"], "no such option: --nope"),
    ],
)
def test_usage_errors_are_one_line(misuse: Any, arguments: list[str], line: str) -> None:
    assert line in misuse(*arguments)


def test_errors_of_several_lines_become_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry._complain("one\n  two\tthree") == 2
    assert capsys.readouterr().err == "framing: one two three\n"


@pytest.mark.parametrize("module", ["typer", "rich"])
def test_without_the_extra(module: str) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from framing.cli.main import main; raise SystemExit(main())"
    outcome = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(), timeout=60, check=False
    )
    assert (outcome.returncode, outcome.stdout) == (2, b"")
    assert outcome.stderr == b"framing: the command line needs typer and rich: pip install 'framing-codec[cli]'\n"


def test_as_a_process(stream: Path) -> None:
    outcome = process("decode", "-f", "ubx", stream)
    assert outcome.returncode == 0
    assert len(outcome.stdout.splitlines()) == 2


def test_arguments_of_the_process_are_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["framing", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("framing-codec ")


# --- pipes that close ------------------------------------------------------------------------------------------------


@pytest.fixture
def long_stream(tmp_path: Path) -> Path:
    """More frames than any pipe holds."""
    import framing

    path = tmp_path / "long.bin"
    path.write_bytes(framing.load("ubx").encode(bytes(50), **{"class": 1, "id": 7}) * 20_000)
    return path


def test_a_closed_pipe_ends_it_quietly(long_stream: Path) -> None:
    with subprocess.Popen(
        command("decode", "-f", "ubx", long_stream),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b'{"type":"frame"')
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(30) == 0


def test_a_pipe_that_is_closed_before_the_last_flush() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        outcome = subprocess.run(
            command("schema"), stdout=closed, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False
        )
    assert (outcome.returncode, outcome.stderr) == (0, b"")


def test_a_closed_pipe_in_a_shell(long_stream: Path) -> None:
    line = " ".join(command("decode", "-f", "ubx", long_stream)) + " | head -n 1"
    outcome = subprocess.run(["sh", "-c", line], capture_output=True, env=environment(), timeout=60, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    assert outcome.stdout.count(b"\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        outcome = subprocess.run(
            command("schema"), stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False
        )
    assert outcome.returncode == 2
    assert outcome.stderr == b"framing: output: No space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_disk_that_fills_up_in_the_middle(long_stream: Path) -> None:
    with open("/dev/full", "wb") as full:
        outcome = subprocess.run(
            command("decode", "-f", "ubx", long_stream),
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=60,
            check=False,
        )
    assert outcome.returncode == 2
    assert outcome.stderr == b"framing: output: No space left on device\n"


def test_closed_streams_are_no_trouble(stream: Path) -> None:
    line = " ".join(command("decode", "-f", "ubx", stream)) + " >&- 2>&-"
    assert subprocess.run(["sh", "-c", line], env=environment(), timeout=60, check=False).returncode == 0
    line = " ".join(command("decode", "-f", "ubx", "-")) + " <&-"
    outcome = subprocess.run(["sh", "-c", line], capture_output=True, env=environment(), timeout=60, check=False)
    assert (outcome.returncode, outcome.stderr) == (2, b"framing: standard input is closed\n")


def test_an_output_without_unicode(stream: Path) -> None:
    for arguments in (["formats"], ["show", "ubx"], ["demo"], ["stats", "-f", "ubx", stream]):
        outcome = process(*arguments, env=environment(PYTHONIOENCODING="ascii"))
        assert outcome.returncode == 0
        assert outcome.stderr == b""
        assert outcome.stdout.isascii()


def test_interrupted(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("decode", "-f", "ubx", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        import framing

        running.stdin.write(framing.load("ubx").encode(b"", **{"class": 6, "id": 0}))
        running.stdin.flush()
        assert b'"start":0' in running.stdout.readline()  # at once, though the stream goes on
        time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stderr.read() == b""


# --- the same in this process, where coverage sees it ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (BrokenPipeError(), 0, ""),
        (KeyboardInterrupt(), 130, ""),
        (OSError(errno.EIO, "Input/output error"), 2, "framing: output: Input/output error\n"),
        (OSError("odd"), 2, "framing: output: odd\n"),
    ],
)
def test_errors_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    line: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("framing.schema.json_schema", fail)
    assert main(["schema"]) == status
    assert capsys.readouterr().err == line


class _Failing(io.StringIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [(BrokenPipeError(), 0, ""), (OSError(errno.ENOSPC, "No space left"), 2, "framing: output: No space left\n")],
)
def test_errors_at_the_last_flush(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, status: int, line: str
) -> None:
    monkeypatch.setattr(sys, "stdout", _Failing(error))
    assert main(["schema"]) == status
    assert capsys.readouterr().err == line


def test_a_status_survives_a_pipe_that_closes_late(monkeypatch: pytest.MonkeyPatch, stream: Path) -> None:
    monkeypatch.setattr(sys, "stdout", _Failing(BrokenPipeError()))
    assert main(["stats", "--json", "-f", "ubx", "--fail-on", "checksum", str(stream)]) == 1


def test_streams_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["schema"]) == 0
    assert main(["nope"]) == 2
    sys.stdout.close()  # what the entry point put in their place
    sys.stderr.close()


def test_silenced_points_a_real_stream_at_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out"
    with open(path, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert entry.silenced(1) == 1
        out.write("lost")
    assert path.read_text() == ""


def test_without_the_extra_in_this_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    assert main([]) == 2
    assert capsys.readouterr().err == entry.NO_EXTRA + "\n"
