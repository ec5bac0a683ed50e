"""The limits that the README states: what lies at one works, what lies beyond it is refused in words, and nothing takes for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import framing
from framing import Data, Decoder, End, Field, FrameFormat, Length, Sync, Transparency
from framing.decoder import GAP_LIMIT
from framing.engines import FORMATS_MOST
from framing.events import REJECTS_KEPT, Gap
from framing.layout import MAX_SIZE_MOST
from framing.model.expressions import MOST_BITS, MOST_CHARACTERS, MOST_LEVELS, MOST_SHIFT, ExpressionError, expression
from framing.model.sizes import EVALUATIONS_MOST, SEARCHED_SIZE, STATE_ABOVE
from framing.parameters import SIZE_MOST
from framing.planning.outline import PARTS_MOST
from framing.spec import EXAMPLES_MOST, FILE_SIZE_MOST

EXAMPLE = '[[example]]\nsource = "s"\nhex = "AA"\n'


def formats(number: int) -> list[FrameFormat]:
    return [FrameFormat(f"x{each}", [Sync("AA"), Field("n", "u8")]) for each in range(number)]


def fields(number: int) -> FrameFormat:
    return FrameFormat("x", [Field(f"f{each}", "u8") for each in range(number)])


def sized(bytes_: int) -> FrameFormat:
    return FrameFormat("x", [Sync("AA"), Data("payload", size=bytes_ - 1)])


def parsed(text: str) -> framing.Protocol:
    return framing.parse(f'name = "x"\nlayout = [{{ sync = "AA" }}]\n{text}')


def parameter(size: int) -> framing.Protocol:
    text = f'[parameters.mark]\ntitle = "t"\nsize = {size}\n'
    return framing.parse(f'name = "x"\nlayout = [{{ sync = "AA" }}, {{ sync = "$mark", as = "m" }}]\n{text}', mark=bytes(size))


def tried(values: int) -> FrameFormat:
    """As many values of fields that tell sizes."""
    layout: list[Any] = []
    for number, several in enumerate([*[4096] * (values // 4096), *([values % 4096] if values % 4096 else [])]):
        layout += [Field(f"k{number}", "u16le", max=several - 1), Data(f"d{number}", size=f"k{number} & 1")]
    return FrameFormat("x", layout)


def nested(levels: int) -> Any:
    """`levels` operators, one within the other."""
    return expression("~" * levels + "1").evaluate({})


LIMITS: dict[str, tuple[int, Callable[[int], Any], type[Exception], str]] = {
    "formats of a decoder": (FORMATS_MOST, lambda n: Decoder(*formats(n)), ValueError, "257 formats; at most 256"),
    "parts of a layout": (PARTS_MOST, fields, framing.SpecError, "257 parts; expected 1 to 256"),
    "frame that states no max_size": (STATE_ABOVE, sized, framing.SpecError, "has to be stated above 131072"),
    "largest max_size": (MAX_SIZE_MOST, lambda n: FrameFormat("x", [Sync("AA"), Length("n", "u32le", of="payload"), Data("payload")], max_size=n), framing.SpecError, "1 to 2147483648"),
    "examples": (EXAMPLES_MOST, lambda n: parsed(EXAMPLE * n), framing.SpecError, "10001 tables; expected 1 to 10000"),
    "counterexamples": (EXAMPLES_MOST, lambda n: parsed(EXAMPLE.replace("example]]", 'counterexample]]\nreason = "noise"') * n), framing.SpecError, "10001 tables"),
    "values tried for sizes": (EVALUATIONS_MOST, tried, framing.SpecError, "the layout allows frames of any size"),
    "characters of an expression": (MOST_CHARACTERS, lambda n: expression("a" * n), framing.SpecError, "expression of 501 characters"),
    "levels of an expression": (MOST_LEVELS, nested, framing.SpecError, "nested too deep; expected at most 32 levels"),
    "shift": (MOST_SHIFT, lambda n: expression("1 << n").evaluate({"n": n}), ExpressionError, "shift by 257 bits"),
    "bits of a number": (MOST_BITS // 2, lambda n: expression("a * a").evaluate({"a": (1 << n) - 1}), ExpressionError, "more than 4096 bits"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_at_the_limit_it_works_and_beyond_it_is_refused(name: str) -> None:
    most, make, error, words = LIMITS[name]
    make(most)
    with pytest.raises(error, match=words):
        make(most + 1)


def test_a_parameter_has_no_more_bytes_than_it_may() -> None:
    with pytest.raises(framing.SpecError, match="65536"):
        parameter(SIZE_MOST + 1)


def test_a_file_is_read_up_to_its_limit_and_not_beyond(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    text = 'name = "x"\nlayout = [{ sync = "AA" }]\n#'
    path.write_text(text + "x" * (FILE_SIZE_MOST - len(text)))
    assert framing.load(path).name == "x"
    path.write_text(text + "x" * (FILE_SIZE_MOST - len(text) + 1))
    with pytest.raises(framing.SpecError, match="too large for a spec"):
        framing.load(path)


@pytest.mark.parametrize("each", [
    FrameFormat("end", [Sync("24"), Data("payload"), End("0A")]),
    FrameFormat("slip", [Data("payload")], transparency=Transparency("slip")),
], ids=lambda each: each.name)  # fmt: skip
def test_a_frame_that_is_searched_ends_at_its_limit(each: FrameFormat, engine: str) -> None:
    assert each.max_size == SEARCHED_SIZE
    opening, closing = (b"$", b"\n") if each.name == "end" else (b"", b"\xc0")
    body = SEARCHED_SIZE - len(opening) - len(closing)
    assert len(each.decode(opening + bytes(body) + closing).payload) == body
    events = framing.decode(opening + bytes(body + 1) + closing, each)
    assert all(isinstance(event, Gap) for event in events)
    assert "too_long" in {reject.reason.value for event in events if isinstance(event, Gap) for reject in event.rejects}


def test_gaps_and_their_rejects_are_bounded_whatever_comes(engine: str) -> None:
    each = FrameFormat("x", [Sync("AA"), Field("n", "u8", const=1)])
    decoder = Decoder(each)
    events = decoder.feed(b"\xaa\x00" * GAP_LIMIT)
    assert [len(event.raw) for event in events] == [GAP_LIMIT] * 2
    assert all(isinstance(event, Gap) and len(event.rejects) == REJECTS_KEPT and event.rejected == GAP_LIMIT // 2 for event in events)
    assert decoder.stats.pending == 0


HOSTILE = {
    "a tower of tables": "x = " + "{a=" * 30_000 + "1" + "}" * 30_000,
    "a tower of lists": "x = " + "[" * 30_000 + "]" * 30_000,
    "a dotted key of 5,000 names": ".".join(["a"] * 5_000) + " = 1",
    "a number of 5,000 digits": "x = " + "9" * 5_000,
    "a tower of operators in an expression": 'kind = ["' + "-" * 400 + '1"]',
    "Python that is no expression": "kind = [\"__import__('os').system('true')\"]",
    "an attribute": 'kind = ["(1).bit_length"]',
    "a comprehension": 'kind = ["[x for x in (1, 2)]"]',
    "a lambda": 'kind = ["(lambda: 1)()"]',
    "a walrus": 'kind = ["(x := 1)"]',
    "a power": 'kind = ["9 ** 9 ** 9"]',
    "a text that grows": "kind = [\"'a' * 999999999\"]",
    "a zero byte": 'title = "\\u0000"\nx = 1',
}


def test_brackets_alone_are_no_levels() -> None:
    assert expression("(" * 80 + "1" + ")" * 80).evaluate({}) == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_spec_is_a_spec_error(name: str) -> None:
    with pytest.raises(framing.SpecError) as caught:
        framing.parse(f'name = "x"\n{HOSTILE[name]}\nlayout = [{{ sync = "AA" }}]\n')
    assert len(str(caught.value)) < 2_000
    assert "\n" not in str(caught.value)


def test_a_number_that_data_makes_huge_is_a_reject_and_no_work(engine: str) -> None:
    each = FrameFormat("x", [Sync("AA"), Field("n", "u8"), Data("payload", size="(n << n) * (n << n) * (n << n)")], max_size=64)
    events = framing.decode(b"\xaa\xff" + bytes(40), each)
    assert all(isinstance(event, Gap) for event in events)
