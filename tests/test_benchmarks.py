"""The benchmark tells the truth: streams have the frames they claim, contestants find them, ratios and goals come out right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import framing

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import chart  # noqa: E402 - found by the line above
import contestants  # noqa: E402
import environment  # noqa: E402
import goals  # noqa: E402
import measure  # noqa: E402
import races  # noqa: E402
import streams  # noqa: E402
import table  # noqa: E402

SMALL = 0.004


def found(name: str, stream: streams.Stream, **options: Any) -> list[bytes]:
    return contestants.make(name, contestants.Job(stream, races.FEED, options)).found()


def truth(stream: streams.Stream) -> list[bytes]:
    return [stream.data[start:end] for start, end in stream.intact]


# --- streams ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*races.KINDS, "ubx-known"])
def test_every_frame_of_a_clean_stream_is_valid(kind: str) -> None:
    stream = streams.make(f"{kind}/clean", 1, SMALL)
    events = framing.decode(stream.data, *map(streams.format_of, stream.formats))
    assert [(event.start, event.end) for event in events if isinstance(event, framing.Frame)] == stream.intact


@pytest.mark.parametrize("condition", ["damaged", "noise"])
@pytest.mark.parametrize("kind", races.KINDS)
def test_the_intact_frames_of_a_damaged_stream_are_found(kind: str, condition: str) -> None:
    stream = streams.make(f"{kind}/{condition}", 1, 0.02)
    events = framing.decode(stream.data, *map(streams.format_of, stream.formats))
    assert {(event.start, event.end) for event in events if isinstance(event, framing.Frame)} >= set(stream.intact)
    assert any(isinstance(event, framing.Gap) and event.reason is not framing.Reason.FILL for event in events)


def test_one_frame_in_a_hundred_is_damaged_and_one_byte_in_ten_is_noise() -> None:
    assert len(streams.make("crc16/damaged", 1, 0.1).intact) == 2970
    noisy = streams.make("crc16/noise", 1, 0.3)
    clean = sum(end - start for start, end in noisy.intact)
    assert 0.08 < 1 - clean / len(noisy.data) < 0.12


@pytest.mark.parametrize("name", ["hostile/1023", "every-byte/8", "every-byte/16"])
def test_a_hostile_stream_ends_with_real_frames(name: str) -> None:
    stream = streams.make(name, 1, SMALL)
    events = framing.decode(stream.data, *map(streams.format_of, stream.formats))
    frames = [event for event in events if isinstance(event, framing.Frame)]
    assert [(frame.start, frame.end) for frame in frames] == stream.intact
    assert len(frames) == 100


def test_the_same_seed_gives_the_same_stream() -> None:
    assert streams.make("eight", 1, SMALL) == streams.make("eight", 1, SMALL) != streams.make("eight", 2, SMALL)


def test_a_stream_comes_back_from_its_folder(tmp_path: Path) -> None:
    stream = streams.make("crc16/damaged", 1, SMALL)
    stream.save(tmp_path / "a" / "b")
    assert streams.load(tmp_path / "a" / "b") == stream


def test_eight_streams_apart_have_the_frames_of_the_mixed_one() -> None:
    stream = streams.make("eight", 1, SMALL)
    apart = streams.apart(stream)
    assert len(apart) == 8
    assert sorted(raw for part in apart for raw in truth(part)) == sorted(truth(stream))
    assert found("ours:Objects", stream) == truth(stream)


# --- contestants -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = environment.limit(tmp_path_factory.mktemp("limit"))
    if path is None:
        pytest.skip("no C compiler")
    return str(path)


@pytest.mark.parametrize("condition", races.CONDITIONS)
@pytest.mark.parametrize("kind", races.KINDS)
def test_the_c_program_finds_what_the_project_finds(kind: str, condition: str, library: str) -> None:
    stream = streams.make(f"{kind}/{condition}", 3, 0.02)
    assert found("limit", stream, library=library) == found("ours:Objects", stream)


def test_both_ways_to_a_crc_32_agree(library: str) -> None:
    stream = streams.make("crc32/damaged", 1, 0.1)
    assert found("limit", stream, library=library) == truth(stream)
    try:
        assert found("limit:CarryLess", stream, library=library) == truth(stream)
    except contestants.Missing as missing:
        pytest.skip(str(missing))


CONTESTANTS = {
    "crc16": ["hand", "construct", "kaitai"],
    "cobs": ["cobs"],
    "hdlc": ["yahdlc"],
    "sbp": ["sbp"],
    "rtcm3": ["pyrtcm"],
    "nmea": ["pyubx2"],
    "ubx": ["pyubx2"],
    "ubx-known": ["ours:EncodingUbx", "hand:EncodingUbx", "pyubx2:Encoding"],
    "mavlink": ["pymavlink", "ours:EncodingMavlink", "hand:EncodingMavlink", "pymavlink:Encoding"],
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in CONTESTANTS.items() for name in names])
def test_a_contestant_gives_all_frames_of_a_clean_stream(kind: str, name: str) -> None:
    stream = streams.make(f"{kind}/clean", 1, SMALL)
    try:
        assert found(name, stream) == truth(stream)
    except contestants.Missing as missing:
        pytest.skip(str(missing))


def test_a_worker_counts_and_times(tmp_path: Path) -> None:
    stream = streams.make("crc16/damaged", 1, SMALL)
    stream.save(tmp_path)
    command = [sys.executable, str(BENCHMARKS / "worker.py"), str(tmp_path), "64", json.dumps([["ours:Objects", {}], ["hand", {}]])]
    done = subprocess.run(command, input="found 0\nfound 1\ngo 1 2\n", capture_output=True, text=True, check=True)
    ready, *counted, timed = done.stdout.splitlines()
    assert ready == "ready"
    assert [json.loads(each)[:2] for each in counted] == [[len(stream.intact), 0]] * 2
    assert all(seconds >= 0 for seconds in json.loads(timed))


# --- results ---------------------------------------------------------------------------------------------------------


def result(label: str, *passes: float, missing: str = "") -> measure.Result:
    entry = races.Entry(label, "ours:Objects", "crc16/clean")
    return measure.Result(entry, 1_000, 100, missing, 99, 1, [each * 1e-6 for each in passes])


def test_a_ratio_compares_rounds_with_the_same_round() -> None:
    assert measure.ratio([2, 20, 2], [1, 10, 1]) == 2
    assert measure.ratio([], [1]) is None


def test_goals_are_met_missed_or_not_known() -> None:
    goal = {limit: goals.Goal("text", limit, 2.0, most=True) for limit in (1, 2)}
    assert (goal[1].met, goal[2].met, goals.Goal("text", 1, None, most=True).met) == (False, True, None)
    assert goals.Goal("text", 2, 2.0, most=False).met
    seen = goals.goals({"crc16/clean": {
        "plain C": result("plain C", 10),
        "native columns": result("native columns", missing="not built"),
        "native objects": result("native objects", 25),
        "Python": result("Python", 600),
        "by hand, Python": result("by hand, Python", 300),
        "kaitaistruct": result("kaitaistruct", 500),
    }})  # fmt: skip
    answers = {goal.text: goal.cells()[2:] for goal in seen}
    assert answers["CRC-16: native objects, time of plain C"] == ("2.50 x", "met")
    assert answers["CRC-16: native columns, time of plain C"] == ("–", "not known")
    assert answers["CRC-16: frames/s of native objects, times kaitaistruct"] == ("20.00 x", "met")
    assert answers["CRC-16: Python engine, time of Python by hand"] == ("2.00 x", "missed")
    assert answers["intact frames that this project loses, 5 rows"] == ("5.00 frames", "missed")


def test_a_row_has_median_spread_and_what_was_found() -> None:
    race = races.Race("crc16/clean", "CRC-16", ())
    first, second, third = table.rows(race, [result("plain C", 10), result("x", 20, 25, 40), result("y", missing="not built")])
    assert first[-1] == "1.00"
    assert second == ("", "x", "99", "100", "+1", "250", "-20 % +60 %", "25.0", "40.0", "2.00")
    assert third[:3] == ("", "y", "not built") and not any(third[3:])


def test_every_goal_finds_its_rows() -> None:
    everything = {race.name: {each.label: measure.Result(each, 1, 0, "not built") for each in race.entries} for race in races.races()}
    assert {goal.met for goal in goals.goals(everything)} == {None, True}
    assert all(len(race.entries) == len(everything[race.name]) for race in races.races())
    assert set(races.QUICK) <= set(everything)


def test_the_chart_is_well_formed_and_says_who_loses() -> None:
    drawn = chart.draw([("CRC-16 & more", [result("plain C", 10), result("native objects", 25), result("peer", missing="no")])])
    texts = [each.text for each in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert "CRC-16 & more" in texts and "framing: native objects" in texts
    assert "2.50x · 250 ns · loses 1" in texts
    assert "peer" not in texts
