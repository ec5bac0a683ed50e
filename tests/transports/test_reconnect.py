from __future__ import annotations

from itertools import islice

import pytest

from framing.transports.reconnect import Reconnect, policy


def test_waits_grow_by_the_factor_up_to_the_most() -> None:
    assert list(islice(Reconnect(first=0.5, factor=2, most=3, jitter=0).delays(), 5)) == [0.5, 1, 2, 3, 3]


def test_a_limit_of_attempts_ends_them() -> None:
    assert len(list(Reconnect(attempts=7).delays())) == 7


def test_without_a_limit_they_go_on_and_stay_finite() -> None:
    assert list(islice(Reconnect(jitter=0).delays(), 5000))[-1] == 30


def test_jitter_spreads_each_wait_within_its_share_to_both_sides() -> None:
    found = list(islice(Reconnect(first=10, factor=1, most=10, jitter=0.2, seed=1).delays(), 500))
    assert all(8 <= each <= 12 for each in found)
    assert min(found) < 9 < 11 < max(found)


def test_a_seed_repeats_itself_and_none_does_not() -> None:
    def some(seed: int | None) -> list[float]:
        return list(islice(Reconnect(seed=seed).delays(), 8))

    assert some(3) == some(3) != some(4)
    assert some(None) != some(None)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (dict(first=-1), "first"),
        (dict(first=31), "most"),
        (dict(factor=0.5), "factor"),
        (dict(jitter=1.5), "jitter"),
        (dict(jitter=-0.1), "jitter"),
        (dict(attempts=0), "attempts"),
    ],
)
def test_senseless_numbers_are_refused_by_name(wrong: dict[str, float], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Reconnect(**wrong)  # type: ignore[arg-type]


def test_what_reconnect_may_be() -> None:
    mine = Reconnect(first=1)
    assert policy(mine) is mine
    assert policy(True) == Reconnect()
    assert policy(False) is None and policy(None) is None
    with pytest.raises(TypeError, match="reconnect"):
        policy(3)  # type: ignore[arg-type]
