from __future__ import annotations

import pytest

from framing.transports.silence import Silence, length, stated


@pytest.mark.parametrize(
    ("idle", "expected"),
    [
        (0.5, (0.5, False)),
        (2, (2.0, False)),
        ("0.25", (0.25, False)),
        ("2 seconds", (2.0, False)),
        ("3.5 characters", (3.5, True)),
        ("1 character", (1.0, True)),
        ("3.5chars", (3.5, True)),
    ],
)
def test_what_idle_may_say(idle: float | str, expected: tuple[float, bool]) -> None:
    assert stated(idle) == expected


@pytest.mark.parametrize("idle", [0, -1, "0 characters", "soon", "3.5 bits", "", "-1", float("inf"), float("nan")])
def test_what_it_may_not(idle: float | str) -> None:
    with pytest.raises(ValueError, match="idle="):
        stated(idle)


@pytest.mark.parametrize("idle", [True, [1], b"1"])
def test_other_types_are_refused(idle: object) -> None:
    with pytest.raises(TypeError, match="idle is"):
        stated(idle)  # type: ignore[arg-type]


def test_characters_follow_from_the_rate_and_the_bits_of_one() -> None:
    assert length("3.5 characters", baud=9600, bits=11) == pytest.approx(3.5 * 11 / 9600)
    assert length(0.1, baud=9600) == 0.1


def test_characters_on_a_link_without_a_rate_are_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match=r"tcp somewhere has no rate"):
        length("3.5 characters", link="tcp somewhere")


def test_each_silence_is_told_once() -> None:
    silence = Silence(2)
    assert silence.due is None and silence.over(100) == []
    silence.heard("", 10)
    assert silence.due == 12
    assert silence.over(11.9) == []
    assert silence.over(12) == [""]
    assert silence.due is None and silence.over(50) == []
    silence.heard("", 60)
    assert silence.over(62) == [""]


def test_streams_are_silent_each_by_itself() -> None:
    silence = Silence(2)
    for stream, at in (("a", 1.0), ("b", 2.0), ("a", 3.0), ("c", 3.5)):
        silence.heard(stream, at)
    assert silence.due == 4
    assert silence.over(5) == ["b", "a"]
    assert silence.due == 5.5
