"""The scoreboard tells the truth: scores come out right by hand, simple decoders fail as they are said to, losses are named."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import framing

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import curves  # noqa: E402 - found by the line above
import receivers  # noqa: E402
import recovery  # noqa: E402
import score  # noqa: E402
import scoreboard  # noqa: E402
from simple import BUFFER, SkipOnError, StateMachine  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
ALL = list(recovery.STRENGTHS)
UBX = framing.load("ubx")
GOOD = [UBX.encode(bytes([n]) * 10, **{"class": 1, "id": n}) for n in range(6)]


def given(data: bytes, who: str) -> list[bytes]:
    return [raw for raw, _ in receivers.receivers("ubx")[who].report(data).frames]


# --- scores ----------------------------------------------------------------------------------------------------------

#        0123456789012345678901
STREAM = b"AAAA..BBBBCCCC!!DDDDEE"
INTACT = [(0, 4), (6, 10), (10, 14), (16, 20)]


def scored(*frames: tuple[bytes, int], crashes: int = 0) -> score.Score:
    sent = frozenset([b"AAAA", b"BBBB", b"CCCC", b"DDDD", b"XXXX"])
    return score.score(STREAM, INTACT, sent, receivers.Report(list(frames), crashes))


def test_all_at_once_is_a_perfect_score() -> None:
    made = scored((b"AAAA", 4), (b"BBBB", 10), (b"CCCC", 14), (b"DDDD", 20))
    assert (made.intact, made.recovered, made.invented, made.revived, made.share) == (4, 4, 0, 0, 100.0)
    assert (made.waits, made.missed) == ([0, 0], [0, 0]), "two places of damage with a frame behind them"


def test_what_was_lost_counts_until_something_comes_out() -> None:
    made = scored((b"AAAA", 4), (b"DDDD", 21))
    assert made.recovered == 2
    assert made.missed == [2, 0]
    assert made.waits == [21 - 10, 21 - 20]


def test_what_never_comes_waits_to_the_end() -> None:
    made = scored((b"AAAA", 4))
    assert (made.missed, made.waits) == ([3, 1], [22 - 10, 22 - 20])


def test_a_later_frame_that_comes_earlier_ends_the_wait() -> None:
    assert scored((b"CCCC", 14), (b"BBBB", 20), (b"DDDD", 20)).waits == [14 - 10, 0]


def test_inventions_are_told_from_what_was_sent_and_broken() -> None:
    made = scored((b"AAAA", 4), (b"AAAA", 4), (b"XXXX", 9), (b"????", 9), (b"BBBB", 9))
    assert (made.recovered, made.invented, made.revived) == (1, 1, 3), "BBBB cannot have come before its last byte"


def test_scores_add_up() -> None:
    total = scored((b"AAAA", 4), crashes=2)
    total += scored((b"AAAA", 4), (b"BBBB", 10))
    assert (total.intact, total.recovered, total.crashes, len(total.waits)) == (8, 3, 2, 4)
    assert total.share == pytest.approx(37.5)


def test_frames_that_look_alike_are_counted_as_often_as_they_were_sent() -> None:
    intact = [(0, 2), (2, 4), (4, 6)]
    came, others = score.arrivals(b"abababXX", intact, receivers.Report([(b"ab", 2), (b"ab", 5), (b"ab", 6), (b"ab", 8)]))
    assert came == [2, 5, 6]
    assert others == [b"ab"]


# --- receivers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", recovery.KINDS)
def test_everybody_finds_all_frames_of_a_clean_stream(kind: str) -> None:
    clean, broken = recovery.stream(kind, "bits", 0, 40, 1)
    sent = [clean[each.start : each.end] for each in broken.sent]
    for label, receiver in receivers.receivers(kind).items():
        report = receiver.report(clean)
        assert [raw for raw, _ in report.frames] == sent, label
        assert report.crashes == 0


def test_skip_on_error_loses_what_a_broken_length_claims() -> None:
    broken = GOOD[0][:4] + b"\x20\x00" + GOOD[0][6:]
    data = broken + b"".join(GOOD[1:])
    assert given(data, receivers.SKIP) == GOOD[3:]
    assert given(data, receivers.STRICT) == given(data, receivers.EARLY) == GOOD[1:]


def test_a_state_machine_gives_up_at_once_on_what_claims_more_than_its_buffer() -> None:
    broken = GOOD[0][:4] + (BUFFER - 7).to_bytes(2, "little") + GOOD[0][6:]
    assert given(broken + b"".join(GOOD[1:]), receivers.MACHINE) == GOOD[1:]
    assert given(broken + b"".join(GOOD[1:]), receivers.SKIP) == []


def test_a_state_machine_never_looks_back() -> None:
    assert given(b"\xb5" + GOOD[0] + GOOD[1], receivers.MACHINE) == GOOD[1:2], "the second B5 is taken for a wrong 62"
    assert given(b"\xb5" + GOOD[0] + GOOD[1], receivers.SKIP) == GOOD[:2]


@pytest.mark.parametrize("decoder", [SkipOnError, StateMachine])
def test_chunks_do_not_matter_to_the_simple_decoders(decoder: type[SkipOnError] | type[StateMachine]) -> None:
    _, broken = recovery.stream("ubx", "bits", 2, 60, 1)
    whole = decoder(receivers.SHAPES["ubx"]).feed(broken.data)
    bytewise = decoder(receivers.SHAPES["ubx"])
    assert [raw for byte in broken.data for raw in bytewise.feed(bytes([byte]))] == whole != []


def test_exceptions_are_counted_and_the_receiver_goes_on() -> None:
    def feed(chunk: bytes) -> list[bytes]:
        if chunk == b"!":
            raise UnicodeDecodeError("utf-8", chunk, 0, 1, "no")
        return [chunk]

    report = receivers.Fed(lambda: (feed, list)).report(b"a!b!")
    assert ([raw for raw, _ in report.frames], report.crashes) == ([b"a", b"b"], 2)
    assert report.first_crash.startswith("UnicodeDecodeError")


# --- the whole -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def board() -> recovery.Board:
    return recovery.race(30, 1, ["ubx", "sbp"], ALL, lambda _: None)


def test_strict_order_loses_nothing(board: recovery.Board) -> None:
    assert board.met
    assert not board.lost
    assert len(board.rows) == 2 * len(ALL) * 3
    assert sum(row.scores[receivers.STRICT].recovered for row in board.rows) == sum(row.intact for row in board.rows)
    assert "Strict order recovered all" in scoreboard.verdict(board)


def test_every_model_damages_its_stream(board: recovery.Board) -> None:
    assert set(recovery.STRENGTHS) == set(framing.damage.models.MODELS)
    for kind in ("ubx", "sbp"):
        for model in recovery.STRENGTHS:
            clean, broken = recovery.stream(kind, model, 2, 30, 1)
            assert broken.data != clean


def test_the_page_has_every_stream_and_both_charts(board: recovery.Board, tmp_path: Path) -> None:
    page = tmp_path / "recovery.md"
    scoreboard.write(board, page, 30, 1)
    text = page.read_text("utf-8")
    assert text.count("\n### ") == len(ALL)
    for name in ("recovery.svg", "recovery-waits.svg"):
        assert f"]({name})" in text
        labels = [each.text for each in ElementTree.parse(tmp_path / name).getroot().iter(f"{SVG}text")]
        assert {receivers.STRICT, receivers.SKIP} <= set(labels)
    assert len(scoreboard.by_model(board)) == len(ALL) + 2
    assert "| 100.000 |" in text


def test_a_loss_under_a_false_frame_is_shown_and_one_without_a_cause_fails(board: recovery.Board) -> None:
    under = recovery.Lost("ubx, bits", 5, b"abc", (0, b"\xb5\x62false frame"))
    bare = recovery.Lost("ubx, bits", 5, b"abc", None)
    shown = recovery.Board(board.rows, [under])
    assert shown.met
    assert "each of the other 1 lies under" in scoreboard.verdict(shown)
    assert "lies under [0, 13), which passed its checks: b5 62 66" in scoreboard.lost_lines(shown)[0]
    failed = recovery.Board(board.rows, [under, bare])
    assert not failed.met
    assert scoreboard.verdict(failed).startswith("GOAL MISSED")
    assert "THIS MUST NOT BE" in scoreboard.plain(failed)


def test_a_decoder_that_loses_frames_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(kind: str, _order: Any) -> Any:
        return receivers.by_hand(kind, SkipOnError)

    monkeypatch.setattr(receivers, "ours", lossy)
    board = recovery.race(30, 1, ["ubx"], ["inflated"], lambda _: None)
    assert not board.met


def test_a_false_frame_is_found_above_the_lost_one() -> None:
    inner = GOOD[0]
    outer = UBX.encode(inner, **{"class": 9, "id": 9})
    [lost] = recovery.losses("ubx", "row", outer, [(6, 6 + len(inner))])
    assert lost.under == (0, outer)
    [alone] = recovery.losses("ubx", "row", inner, [(0, len(inner))])
    assert alone.under is None, "it is there: that it did not come out has no cause"


def test_nothing_is_rounded_up_to_all() -> None:
    assert scoreboard._percent(score.Score(1_000_000, 999_999)) == "99.999"
    assert scoreboard._percent(score.Score(3, 3)) == "100.000"
    assert scoreboard._percent(None) == "–"


def test_charts_take_receivers_that_are_missing() -> None:
    drawn = ElementTree.fromstring(curves.panels({"a & b": {receivers.STRICT: [100, 50, 0]}}, ("weak", "medium", "strong")))
    assert len(list(drawn.iter(f"{SVG}polyline"))) == 1
    assert any(each.text == "a & b" for each in drawn.iter(f"{SVG}text"))
