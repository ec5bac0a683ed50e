"""The properties that the design promises, on random formats, streams, damage and chunks.

The formats come from a number, plain `random` does the rest, so that they cost hypothesis nothing; the stream and its cut
are drawn by hypothesis, which shrinks them. `laws.py` says what must hold.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import framing.probing.memory
import generate
import laws
from framing import reference
from framing.decoder import Decoder
from framing.errors import FrameError, Reason
from framing.events import Frame
from rules import choose

ALWAYS = -(10**15)
"""What failed checks must have cost before they go by what is remembered: nothing."""


@pytest.fixture(params=["native", "native, remembering", "python", "python, remembering"], autouse=True, scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both engines, each once as it is, and once so that it remembers from the first byte on what hostile bytes teach it."""
    name, _, remembering = request.param.partition(", ")
    with pytest.MonkeyPatch.context() as patched:
        choose(name, patched)
        if remembering and name == "python":
            patched.setattr(framing.probing.memory, "ALLOWED", -1)
            patched.setattr(framing.probing.memory, "SHORT", 0)
        if remembering and name == "native":
            from framing import _engine

            before = _engine.guard_from(ALWAYS)
        yield
        if remembering and name == "native":
            _engine.guard_from(before)


MODES = ("strict", "lock", "early")
SEEDS = st.integers(0, 1_000_000)
DICE = st.randoms(use_true_random=False)


@st.composite
def cases(draw: st.DrawFn, mode: str, binary: bool = False, stuffed: str | None = None) -> laws.Case:
    """A case of one mode."""
    return laws.case(draw(SEEDS), draw(DICE), mode, binary, stuffed)


by_mode = pytest.mark.parametrize("mode", MODES)


@by_mode
@given(data=st.data())
def test_chunking_never_changes_the_events(mode: str, data: st.DataObject) -> None:
    laws.chunking_is_invisible(data.draw(cases(mode)))


@by_mode
@given(data=st.data())
def test_events_tile_the_input(mode: str, data: st.DataObject) -> None:
    laws.events_tile(data.draw(cases(mode)))


@by_mode
@given(data=st.data())
def test_the_engine_gives_what_the_reference_gives_and_when(mode: str, data: st.DataObject) -> None:
    laws.engine_is_reference(data.draw(cases(mode)))


@by_mode
@given(data=st.data())
def test_random_bytes_never_raise(mode: str, data: st.DataObject) -> None:
    case = data.draw(cases(mode, binary=True))
    laws.events_tile(case)
    laws.engine_is_reference(case)


@by_mode
@given(data=st.data())
def test_memory_is_bounded(mode: str, data: st.DataObject) -> None:
    laws.memory_is_bounded(data.draw(cases(mode)))


@by_mode
@given(data=st.data())
def test_idle_is_close_and_a_fresh_decoder(mode: str, data: st.DataObject) -> None:
    laws.idle_starts_afresh(data.draw(cases(mode)))


@by_mode
@given(data=st.data())
def test_frames_hold_what_the_reference_read(mode: str, data: st.DataObject) -> None:
    laws.frames_are_what_was_probed(data.draw(cases(mode)))


@pytest.mark.parametrize("mode", ["strict", "lock"])
@given(data=st.data())
def test_no_intact_frame_is_lost(mode: str, data: st.DataObject) -> None:
    laws.nothing_intact_is_lost(data.draw(cases(mode)))


@given(cases("strict"), DICE)
def test_decoding_undoes_encoding_and_the_other_way_round(case: laws.Case, dice: random.Random) -> None:
    laws.encoding_comes_back(case, dice)


@given(SEEDS, st.binary(max_size=40))
def test_decode_of_one_frame_accepts_or_tells_where_it_failed(seed: int, raw: bytes) -> None:
    each = generate.frame_format(random.Random(seed))
    try:
        frame = each.decode(raw)
    except FrameError as error:
        assert 0 <= error.offset <= len(raw)
        assert error.reason not in (Reason.FILL, Reason.UNCONFIRMED, Reason.OVERTAKEN)
    else:
        assert frame.raw in raw
        assert reference.probe(each, frame.raw).end == len(frame.raw)


@given(SEEDS, DICE)
def test_decode_of_one_frame_is_the_only_frame_of_its_stream(seed: int, dice: random.Random) -> None:
    """Where `decode` accepts, a decoder finds the same frame, and nothing but fill around it, if one may start there at all."""
    each = generate.frame_format(random.Random(seed))
    assume({"anywhere", "silence"} & set(each.places))
    raw = generate.frame(dice, each)[0] or b"\x00"
    if generate.chance(dice, 3):
        raw = generate.damaged(dice, raw)
    try:
        frame = each.decode(raw)
    except FrameError as error:
        if error.reason is not Reason.TRAILING:
            found = [event for event in Decoder(each).feed(raw) if isinstance(event, Frame)]
            assert all(len(event.raw) < len(raw) for event in found)
        return
    decoder = Decoder(each)
    events = decoder.feed(raw) + decoder.close()
    assert [event for event in events if isinstance(event, Frame)] == [frame]
    assert all(isinstance(event, Frame) or event.reason is Reason.FILL for event in events)


@by_mode
@settings(max_examples=-(-settings.default.max_examples // 4))  # a byte a bit: the reference takes long
@given(data=st.data())
def test_all_of_it_holds_for_frames_of_bits(mode: str, data: st.DataObject) -> None:
    """Which are rare among all formats, and whose delimiters have several bytes."""
    case = data.draw(cases(mode, stuffed="bits"))
    laws.all_laws(case, data.draw(DICE))
