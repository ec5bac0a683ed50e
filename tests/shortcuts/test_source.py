"""`framing.shortcuts.source`: what is written down, and that nothing of a spec becomes text but numbers."""

from __future__ import annotations

import pytest

from framing import Data, Field, FrameFormat, Length, Sync
from framing.errors import Reason
from framing.model.expressions import Expression
from framing.model.values import value_type
from framing.shortcuts.answers import cost_of, reason_of
from framing.shortcuts.shortcut import shortcut
from framing.shortcuts.source import Impossible, Source
from prober import holds
from rules import TOY

LAYOUT = [Sync("AA"), Field("k", "u8"), Field("f", "f32le"), Length("n", "u8", of="payload"), Data("payload")]
ANY = FrameFormat("any", LAYOUT)


def source() -> Source:
    return Source(ANY.plan, "f", whole=True)


def test_places_count_from_the_last_one_that_is_only_known_when_it_runs() -> None:
    made = source()
    assert (made.place(), made.place(3)) == ("s", "s + 3")
    made.offset = 2
    assert made.place(1) == "s + 3"
    made.rebase("s + k")
    assert made.lines == [f"{made.base} = s + k"]
    assert made.place(1) == f"{made.base} + 1"


@pytest.mark.parametrize(("name", "value"), [
    ("u8", 1), ("u16le", 0x201), ("u16be", 0x102), ("u24be", 0x10203), ("i8", 1), ("u64le", 0x807060504030201), ("bcd2", 1),
])  # fmt: skip
def test_values_are_read_where_they_stand(name: str, value: int) -> None:
    made = source()
    text = made.read(value_type(name))
    assert eval(text, made.known, {"b": bytes(range(1, 10)), "s": 0}) == value


@pytest.mark.parametrize("text", ["k", "k & 0x0F", " k == 3 ", "k + 1", "k in (3, 4)", "sum(payload) + k", "f * 2"])
def test_an_expression_gives_what_the_language_says(text: str) -> None:
    made = source()
    for name in ("k", "f", "payload"):
        made.variables[name] = f"v_{name}"
    values = {"k": 0x13, "f": 1.5, "payload": b"\x01\x02"}
    used = Expression(text)
    assert eval(made.value(used), made.known, {f"v_{name}": value for name, value in values.items()}) == used.evaluate(values)


def test_a_name_without_a_value_is_left_to_the_prober() -> None:
    made = source()
    with pytest.raises(Impossible):
        made.value(Expression("k + 1"))
    made.keep("k", "1")
    made.optional.add("k")
    with pytest.raises(Impossible):
        made.value(Expression("k + 1"))


def test_a_reject_tells_what_it_cost() -> None:
    accept = shortcut(TOY.plan)
    assert accept is not None
    broken = accept(b"\x00\xaa\x09123456789\x00", 1, 13)
    assert reason_of(broken) is Reason.CHECKSUM
    assert cost_of(broken) == 12


def test_it_waits_for_no_more_than_max_size() -> None:
    short = FrameFormat("short", [Sync("AA"), Length("n", "u8", of="payload", max=9), Data("payload")], max_size=6)
    holds(short, b"\xaa\x04abcd\xaa\x05abcde\xaa\x0a")
