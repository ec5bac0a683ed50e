"""`framing fuzz`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import framing
from framing.cli import fuzz
from framing.fuzzing import hearing, report
from framing.fuzzing.hearing import Verdict
from framing.fuzzing.laws import Case, must
from framing.fuzzing.recovery import Accepts, Recovery
from framing.fuzzing.report import Report
from framing.fuzzing.work import Work

from .conftest import Run

QUICK = ["--frames", 20, "--cases", 3, "--time", 60]
UBX = framing.load("ubx")


@pytest.fixture(autouse=True)
def little_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "NOISE", 100)
    monkeypatch.setattr(report.work, "measure", lambda *_: Work(1, 2, b"\xb5\x62", 800, True))


def test_a_format_that_keeps_everything(run: Run) -> None:
    outcome = run("fuzz", "ubx", *QUICK, "--baud", 9600)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("ubx: 20 frames of ubx, ")
    assert outcome.out.count("  holds   ") == 8
    assert "6  holds   work is linear: 1.0 ns a byte of 100, 2.0 of 800, repeating b5 62" in outcome.out
    for model in framing.damage.MODELS:
        assert f"\n{model} " in outcome.out
    assert "the largest frame: 65,543 bytes, 68.274 s" in outcome.out
    assert " at 9,600 baud\n" in outcome.out
    assert "that came to a checksum of 16 bits; " in outcome.out


def test_findings_as_json(run: Run) -> None:
    outcome = run("fuzz", "mbus.long", *QUICK, "--json", "--seed", 5)
    found = json.loads(outcome.out)
    assert (found["passed"], found["seed"], found["formats"], found["frames"]) == (True, 5, ["mbus.long"], 20)
    assert [each["number"] for each in found["properties"]] == [1, 2, 3, 4, 5, 7, 8]
    assert {each["model"] for each in found["recovery"]} == set(framing.damage.MODELS)
    assert all(each["recovered"] + sum(each["lost"].values()) == each["intact"] for each in found["recovery"] if each["order"] == "strict")
    assert found["false_accepts"]["bits"] == 8


def test_a_corpus_to_play_at_firmware(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    run("fuzz", "ubx", *QUICK, "--corpus", path, "--streams", 22)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == 23
    for each in lines:
        frames = [event for event in framing.decode(bytes.fromhex(each["stream"]), UBX) if isinstance(event, framing.Frame)]
        assert [frame.start for frame in frames] == [frame["start"] for frame in each["frames"]]


def test_what_breaks_a_property_is_shown_small_and_the_status_is_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def law(case: Case) -> None:
        must(b"\xb5\x62" not in case.data, "there is a marker")

    monkeypatch.setattr(hearing, "LAWS", {2: ("no markers", law)})
    outcome = run("fuzz", "ubx", *QUICK)
    assert outcome.status == 1
    lines = outcome.out.splitlines()
    place = lines.index(next(line for line in lines if line.startswith("2  BROKEN  no markers, on ")))
    assert lines[place + 1].strip() == "there is a marker"
    assert lines[place + 2].strip() == "stream b562000000000000"
    assert json.loads(run("fuzz", "ubx", *QUICK, "--json").out)["properties"][0]["stream"] == "b562000000000000"


def test_lines_of_a_report() -> None:
    found = Report(["a", "b"], 10, 5.0, 9, 77, no_early="a asks for confirmation")
    found.verdicts = [Verdict(8, "nothing lost", 4, "lost", Case((UBX,), b"\x01\x02", (1,), 7))]
    found.work = Work(5, 50, bytes(9), 1 << 30, True)
    assert fuzz.properties(found) == [
        "6  BROKEN  work is linear: 5.0 ns a byte of 134,217,728, 50.0 of 1,073,741,824, repeating 00 00 00 00 00 00 00 00 …",
        "8  BROKEN  nothing lost, on 4 streams",
        "           lost",
        "           stream 0102",
        "           cut at [1], gap_limit 7",
    ]
    found.work = Work(5, 50, b"x", 1 << 30, False)
    assert fuzz.properties(found)[0].startswith("6  slow    ")
    found.recoveries = [Recovery("bits", "strict", 3, 2, 0, 960, Counter({"unconfirmed": 1}))]
    assert fuzz.stalls(found, 9600) == [
        "longest stall seen in strict order: 960 bytes (bits), 1.000 s at 9,600 baud",
        "the largest frame: 77 bytes, 0.080 s",
        "early order is refused: a asks for confirmation",
    ]
    assert fuzz.accepted(Accepts(1000, 512, 3, 8, 5)) == (
        "false frames in 1,000 bytes of noise: 3 of 512 that came to a checksum of 8 bits; 2.0 expected at most; "
        "5 of formats without a checksum"
    )
    assert fuzz.accepted(Accepts(1000, 0, 0, 0, 5)).endswith(": 5; no checksum is always there to refuse them")


def test_misuse(misuse: Callable[..., str], tmp_path: Path) -> None:
    assert misuse("fuzz", "ubz").endswith("did you mean 'ubx'?")
    assert "avro" not in misuse("fuzz", "ubx.long")
    assert misuse("fuzz", "ubx", *QUICK, "--corpus", tmp_path / "no" / "file").endswith("No such file or directory")
    never = tmp_path / "never.toml"
    never.write_text('name = "never"\nlayout = [{ field = "f", type = "u64le", valid = "f == 81985529216486895" }]\n')
    assert misuse("fuzz", never, *QUICK).startswith("no valid frame of never came about in 12 tries; ")


def test_without_hypothesis_it_says_what_to_install(misuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    gone: dict[str, Any] = {name: None for name in sys.modules if name.startswith("framing.fuzzing.") or name == "framing.strategies"}
    for name in gone:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(framing.fuzzing, "report")
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    assert misuse("fuzz", "ubx") == "fuzz needs hypothesis: pip install 'framing-codec[fuzz]'"
