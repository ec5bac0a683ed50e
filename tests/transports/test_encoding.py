from __future__ import annotations

import pytest

import framing
from framing.transports.encoding import Encoders

UBX, MAVLINK, SLIP = map(framing.load, ("ubx", "mavlink", "slip"))
HEARTBEAT = dict(sysid=1, compid=1, msgid=0)


def test_the_only_format_needs_no_name() -> None:
    encoders = Encoders([UBX])
    fields = {"class": 6, "id": 1}
    expected = UBX.encode(b"hi", **fields)
    for name in (None, "ubx", UBX, UBX["ubx"]):
        assert encoders.encode(b"hi", name, fields) == expected


def test_formats_go_by_each_of_their_names() -> None:
    encoders = Encoders([UBX, MAVLINK])
    expected = MAVLINK["v2"].encode(bytes(9), seq=0, **HEARTBEAT)
    for name in ("mavlink.v2", "v2", MAVLINK["v2"]):
        raw = encoders.encode(bytes(9), name, HEARTBEAT | {"seq": 0})
        assert raw == expected


def test_one_that_is_not_named_or_not_there_is_refused_with_the_names() -> None:
    encoders = Encoders([UBX, MAVLINK])
    with pytest.raises(ValueError, match=r"several formats: give format=ubx or mavlink or mavlink\.v1"):
        encoders.encode(b"", None, {})
    with pytest.raises(ValueError, match=r"no format 'mavlink\.v3' here; did you mean 'mavlink\.v"):
        encoders.encode(b"", "mavlink.v3", {})
    with pytest.raises(ValueError, match="several formats"):
        encoders.encode(b"", "mavlink", {})


def test_a_name_that_two_protocols_share_needs_the_full_one() -> None:
    part = framing.Sync("AA")
    one, two = (framing.Protocol(name, [framing.FrameFormat("x", [part]), framing.FrameFormat("y", [part])]) for name in "pq")
    encoders = Encoders([one, two])
    assert encoders.encode(None, "q.x", {}) == b"\xaa"
    with pytest.raises(ValueError, match="no format 'x'"):
        encoders.encode(None, "x", {})


def test_counters_run_on_for_each_format() -> None:
    encoders = Encoders([MAVLINK, SLIP])
    frames = [MAVLINK.decode(encoders.encode(bytes(9), name, HEARTBEAT)) for name in ("v2", "v2", "v1", "v2")]
    assert [frame["seq"] for frame in frames] == [0, 1, 0, 2]


def test_after_a_silence_delimited_frames_are_opened_again() -> None:
    encoders = Encoders([SLIP])
    assert [encoders.encode(b"a", None, {}) for _ in range(2)] == [b"\xc0a\xc0", b"a\xc0"]
    encoders.idle()
    assert encoders.encode(b"a", None, {}) == b"\xc0a\xc0"
