"""`framing damage`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import framing
from framing import damage
from framing.damage.models import MODELS

from .conftest import Run

Misuse = Callable[..., str]


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_stream_truth_and_summary(run: Run, stream: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    outcome = run("damage", stream, "-f", "ubx", "-f", "nmea", "-m", "truncated:rate=1", "--seed", 3, "--truth", truth)
    protocols = framing.load("ubx"), framing.load("nmea")
    data = stream.read_bytes()
    wanted = damage.apply(data, [damage.Truncated(rate=1)], damage.targets(data, *protocols), seed=3)
    assert outcome.status == 0
    assert outcome.raw == wanted.data
    assert [line["format"] for line in lines(truth)] == ["ubx", "ubx", "nmea"]
    assert lines(truth)[0] == {
        "type": "sent", "format": "ubx", "start": 0, "end": 10, "intact": False, "at": [], "by": "truncated",
    }  # fmt: skip
    size = len(data)
    summary = f"3 frames: 0 intact, 3 broken (3 by truncated); {size} bytes became {len(wanted.data)} (seed 3)\n"
    assert outcome.err == summary


def test_what_stays_intact_says_where(run: Run, stream: Path, tmp_path: Path) -> None:
    truth, output = tmp_path / "truth", tmp_path / "out"
    outcome = run("damage", stream, "-f", "ubx", "-m", "console:rate=1", "-o", output, "--truth", truth, "-q")
    assert (outcome.raw, outcome.err) == (b"", "")
    for line in lines(truth):
        assert "by" not in line
        [at] = line["at"]  # type: ignore[misc]
        assert output.read_bytes()[at : at + 2] == b"\xb5\x62"


def test_truth_on_standard_output(run: Run, stream: Path, tmp_path: Path) -> None:
    outcome = run("damage", stream, "-f", "ubx", "-m", "bits", "-o", tmp_path / "out", "--truth", "-", "-q")
    assert len(outcome.out.splitlines()) == 2


def test_without_formats_there_are_only_bytes(run: Run) -> None:
    outcome = run("damage", "-", "-m", "lost:rate=1", stdin=b"abc")
    assert outcome.raw == b""
    assert outcome.err == "3 bytes became 0 (seed 1)\n"


def test_two_files_take_turns_and_both_have_their_truth(run: Run, tmp_path: Path) -> None:
    ubx = framing.load("ubx")
    one, two, truth = tmp_path / "one", tmp_path / "two", tmp_path / "truth"
    one.write_bytes(b"".join(ubx.encode(bytes(20), **{"class": 1, "id": n}) for n in range(20)))
    two.write_bytes(b"".join(ubx.encode(bytes(20), **{"class": 2, "id": n}) for n in range(10)))
    outcome = run("damage", one, "--with", two, "-f", "ubx", "-m", "spliced:run=90", "--truth", truth)
    assert len(outcome.raw) == 30 * 28
    sent = lines(truth)
    assert [line["start"] for line in sent] == [28 * n for n in range(30)]
    assert outcome.raw[:4] == b"\xb5\x62\x01\0", "the first file begins"
    second_stands = [line["at"][0] for line in sent[20:] if line["intact"]]  # type: ignore[index]
    assert second_stands
    assert all(outcome.raw[at + 2] == 2 for at in second_stands)


def test_the_models_are_listed(run: Run) -> None:
    outcome = run("damage", "--models")
    assert outcome.status == 0
    assert all(f"\n{name} " in outcome.out for name in MODELS)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "no stream given: FILE, or - for standard input"),
        (["-"], "no model given: --model bits:rate=1e-4, say; --models lists them"),
        (["-", "-m", "bits:rat=1"], "--model bits has no 'rat', only rate; did you mean 'rate'?"),
        (["-", "-m", "stuk"], f"--model unknown model 'stuk'; expected one of {', '.join(MODELS)}; did you mean 'stuck'?"),
        (["-", "-m", "console"], "console happens to frames, and there are none; name their formats with -f"),
        (["-", "-m", "console", "-f", "ubx"], "console happens to frames, and there are none"),
        (["-", "-m", "bits", "--truth", "x"], "--truth: name the formats of the frames with -f"),
        (["-", "-m", "bits", "-f", "ubx", "--truth", "-"], "--truth -: standard output takes the stream; add -o FILE"),
        (
            ["-", "-m", "bits", "--with", "-"],
            "--with: the first --model is to be spliced, which takes turns between the two streams",
        ),
        (["no such file", "-m", "bits"], "no such file: No such file or directory"),
        (["-", "-m", "bits", "-o", "no/such/folder"], "no/such/folder: No such file or directory"),
        (["-", "-m", "bits", "--seed", "x"], "invalid value for '--seed': 'x' is no integer"),
    ],
)
def test_misuse(misuse: Misuse, arguments: list[str], line: str) -> None:
    assert misuse("damage", *arguments) == line
