"""`framing decode`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import framing
from framing.bits import flag, pack

from .conftest import Run, process

UBX = framing.load("ubx")


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_line_is_exactly_this(run: Run) -> None:
    outcome = run("decode", "-f", "ubx", "-", stdin=bytes.fromhex("B562050102000601 0F38"))
    assert outcome.status == 0
    assert outcome.out == (
        '{"type":"frame","format":"ubx","start":0,"end":10,'
        '"fields":{"class":5,"id":1,"size":2,"ck":14351},"payload":"0601"}\n'
    )
    assert outcome.err == "1 frame, 10 bytes (ubx 1); 0 gaps, 0 bytes\n"


def test_frames_and_gaps_tile_the_file(run: Run, stream: Path) -> None:
    outcome = run("decode", "-f", "ubx", "-f", "nmea", "--gaps", "--raw", stream)
    found = records(outcome.out)
    assert [(each["type"], each.get("format", each.get("reason"))) for each in found] == [
        ("frame", "ubx"),
        ("gap", "checksum"),
        ("frame", "ubx"),
        ("gap", "noise"),
        ("frame", "nmea"),
    ]
    assert "".join(each["raw"] for each in found) == stream.read_bytes().hex()
    assert found[1]["rejects"] == [{"offset": 10, "format": "ubx", "reason": "checksum"}]
    assert found[1]["rejected"] == 1
    assert list(found[3]) == ["type", "start", "end", "reason", "raw"]
    assert found[4]["fields"]["start"] == "24"
    assert outcome.err == "3 frames, 31 bytes (ubx 2, nmea 1); 2 gaps, 15 bytes (checksum 1 rejected)\n"


def test_without_gaps_there_are_only_frames(run: Run, stream: Path) -> None:
    assert {each["type"] for each in records(run("decode", "-f", "ubx", "-q", stream).out)} == {"frame"}


def test_quiet(run: Run, stream: Path) -> None:
    assert run("decode", "-f", "ubx", "-q", stream).err == ""


def test_kind(run: Run, stream: Path) -> None:
    found = records(run("decode", "-f", "ubx", "-f", "nmea", "--kind", stream).out)
    assert [each["kind"] for each in found] == [[5, 1], [6, 0], ["GPGLL"]]


def test_a_format_of_a_protocol(run: Run) -> None:
    ack, short = b"\xe5", bytes.fromhex("1040014116")
    both = records(run("decode", "-f", "mbus", "-", stdin=ack + short).out)
    assert [each["format"] for each in both] == ["mbus.ack", "mbus.short"]
    one = records(run("decode", "-f", "mbus.short", "--gaps", "-", stdin=ack + short).out)
    assert [each.get("format", each["type"]) for each in one] == ["gap", "mbus.short"]


def test_a_spec_file_and_one_of_its_formats(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "two.toml"
    spec.write_text(
        'name = "two"\n'
        '[[format]]\nname = "a"\nlayout = [{ sync = "AA" }, { field = "x", type = "f32le" }]\n'
        '[[format]]\nname = "b"\nlayout = [{ sync = "BB" }]\n'
    )
    data = b"\xaa\x00\x00\xc0\x7f\xbb"
    found = records(run("decode", "-f", spec, "-", stdin=data).out)
    assert [each["format"] for each in found] == ["two.a", "two.b"]
    assert found[0]["fields"] == {"x": "NaN"}
    assert [each["format"] for each in records(run("decode", "-f", f"{spec}.b", "-", stdin=data).out)] == ["two.b"]


MESSAGES = """
name = "m"
kind = ["id"]
layout = [
  { sync = "AA" },
  { field = "id", type = "u8" },
  { length = "n", type = "u8", of = "payload" },
  { data = "payload" },
]
[[message]]
name = "fix"
kind = [1]
fields = [
  { field = "lat", type = "i16le" },
  { repeat = "sats", fields = [{ field = "s", type = "u8" }, { data = "d", size = 1 }] },
]
"""


def test_message(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "m.toml"
    spec.write_text(MESSAGES)
    data = bytes.fromhex("AA 01 04 FEFF 07 08AA 01 01 FEAA 02 00")
    found = records(run("decode", "-f", spec, "--message", "-", stdin=data).out)
    assert found[0]["message"] == {"lat": -2, "sats": [{"s": 7, "d": "08"}]}
    assert found[1]["message"] is None
    assert "too short" in found[1]["message_error"]
    assert "message" not in found[2]
    assert "message" not in records(run("decode", "-f", spec, "-", stdin=data).out)[0]


def test_suspect_frames_say_so(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "locked.toml"
    spec.write_text(
        'name = "locked"\nlock = { confirm = 1, misses = 1 }\n'
        'layout = [{ sync = "47" }, { field = "x", type = "u8" }]\n'
    )
    outcome = run("decode", "-f", spec, "--fail-on", "suspect", "-", stdin=b"\x47\x01\x47\x02\x00\x03\x47\x04")
    assert [each.get("suspect") for each in records(outcome.out)] == [None, None, True, None]
    assert outcome.status == 1
    assert outcome.err.endswith("; 1 suspect\n")


def test_empty_and_zeros_are_valid_streams(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    outcome = run("decode", "-f", "ubx", "--gaps", empty)
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "0 frames, 0 bytes; 0 gaps, 0 bytes\n")
    outcome = run("decode", "-f", "ubx", "--gaps", "--gap-limit", "0x64", "-", stdin=bytes(250))
    assert [(each["start"], each["end"]) for each in records(outcome.out)] == [(0, 100), (100, 200), (200, 250)]


def test_fill_is_told_apart(run: Run) -> None:
    outcome = run("decode", "-f", "slip", "--gaps", "-", stdin=b"\xc0\xc0a\xc0")
    assert [each.get("reason") for each in records(outcome.out)] == ["fill", None]
    assert outcome.err == "1 frame, 2 bytes (slip 1); 0 gaps, 0 bytes; 2 bytes of fill\n"


def test_early_order(run: Run) -> None:
    good = UBX.encode(b"abc", **{"class": 1, "id": 2})
    data = b"\xb5\x62\x01\x02\xff\x7f" + good * 3
    late = records(run("decode", "-f", "ubx", "-", stdin=data).out)
    early = run(
        "decode", "-f", "ubx", "--order", "early", "--witnesses", "1", "--fail-on", "overtaken", "-", stdin=data
    )
    assert [each["start"] for each in records(early.out)] == [each["start"] for each in late] == [6, 17, 28]
    assert early.status == 1


@pytest.mark.parametrize(
    ("what", "status"),
    [("gap", 1), ("checksum", 1), ("noise", 1), ("fill", 0), ("too_long", 0), ("length,checksum", 1), ("suspect", 0)],
)
def test_fail_on(run: Run, stream: Path, what: str, status: int) -> None:
    outcome = run("decode", "-f", "ubx", "-f", "nmea", "--fail-on", what, stream)
    assert outcome.status == status
    assert len(outcome.out.splitlines()) == 3  # all the same


def test_fail_on_what_is_not_there(run: Run) -> None:
    whole = UBX.encode(b"", **{"class": 1, "id": 2})
    assert run("decode", "-f", "ubx", "--fail-on", "gap", "--fail-on", "noise", "-", stdin=whole).status == 0


def test_bad_options(misuse: Any, tmp_path: Path) -> None:
    assert misuse("decode", "-") == "no format given; name one with -f, `framing formats` lists them"
    assert misuse("decode", "-f", "ubx", "--order", "erly", "-") == (
        "--order erly: expected strict or early; did you mean 'early'?"
    )
    assert misuse("decode", "-f", "ubx", "--fail-on", "chekcsum", "-").endswith("did you mean 'checksum'?")
    assert misuse("decode", "-f", "ccsds-cadu", "-f", "mpeg-ts", "--order", "early", "-").startswith("mpeg-ts asks for")
    assert misuse("decode", "-f", "ubx", tmp_path) == f"{tmp_path}: Is a directory"
    assert misuse("decode", "-f", "ubx", tmp_path / "nope") == f"{tmp_path / 'nope'}: No such file or directory"


def test_chunks_do_not_matter(stream: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("decode", "-f", "ubx", "-f", "nmea", "--gaps", stream)
    monkeypatch.setattr("framing.cli.reading.CHUNK", 1)
    assert run("decode", "-f", "ubx", "-f", "nmea", "--gaps", stream) == whole


def test_a_pipe(stream: Path) -> None:
    outcome = process("decode", "-f", "ubx", "-f", "nmea", "-", input=stream.read_bytes())
    assert outcome.returncode == 0
    assert outcome.stdout.count(b"\n") == 3
    assert outcome.stderr.startswith(b"3 frames")


def test_packed_bits(run: Run, tmp_path: Path) -> None:
    ais = framing.load("ais")
    path = tmp_path / "bits"
    path.write_bytes(pack(b"\0" + flag(5) + ais.encode(b"\x04hi"), "lsb", pad=1))
    outcome = run("decode", "-q", "-f", "ais", "--bits", "lsb", path)
    assert [(each["start"], each["payload"]) for each in records(outcome.out)] == [(9, "046869")]
    counted = json.loads(run("stats", "--json", "-f", "ais", "--bits", "lsb", path).out)
    assert (counted["frames"], counted["gap_bytes"]) == ({"ais": 1}, 9 + counted_behind(path, ais))
    assert records(run("decode", "-q", "-f", "ais", "--bits", "msb", path).out) == []
    for command in ("decode", "stats"):
        wrong = run(command, "-f", "ais", "--bits", "first", path)
        assert (wrong.status, wrong.err) == (2, "framing: --bits first: expected lsb or msb, the bit of a byte that comes first\n")


def counted_behind(path: Path, ais: framing.Protocol) -> int:
    """Bits of the file behind the frame."""
    return 8 * len(path.read_bytes()) - 9 - len(ais.encode(b"\x04hi"))
