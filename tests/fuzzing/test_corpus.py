"""The corpus: streams with what is to come out of them."""

from __future__ import annotations

import json

import framing
from framing.fuzzing import corpus
from framing.fuzzing.recovery import models_for
from framing.fuzzing.report import make

UBX = framing.load("ubx")
MADE = make([UBX], 40, 1)
LINES = list(corpus.lines([UBX], MADE.frames, models_for(MADE.mean), 33, 1))


def test_every_line_says_what_a_decoder_gives() -> None:
    for each in LINES:
        data = bytes.fromhex(each["stream"])
        events = framing.decode(data, UBX)
        frames = [event for event in events if isinstance(event, framing.Frame)]
        assert [(frame.start, frame.end) for frame in frames] == [(item["start"], item["end"]) for item in each["frames"]]
        assert [frame.payload.hex() for frame in frames] == [item["payload"] for item in each["frames"]]
        assert [item["fields"]["class"] for item in each["frames"]] == [frame["class"] for frame in frames]
        assert sum(item["end"] - item["start"] for item in each["frames"] + each["gaps"]) == len(data)
        assert json.loads(json.dumps(each)) == each


def test_all_models_turn_up_and_each_stream_is_damaged() -> None:
    assert len(LINES) == 34
    assert {each["model"] for each in LINES} == {"none", *framing.damage.MODELS}
    assert (LINES[0]["model"], LINES[0]["gaps"], len(LINES[0]["frames"])) == ("none", [], corpus.FEW)
    assert any(each["gaps"] for each in LINES[1:])
    assert len({each["stream"] for each in LINES}) == 34


def test_the_same_seed_gives_the_same_corpus() -> None:
    again = list(corpus.lines([UBX], MADE.frames, models_for(MADE.mean), 33, 1))
    assert again == LINES
