"""`framing encode`."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

import framing
from framing.bits import pack

from .conftest import Run, command, environment

ACK = bytes.fromhex("B562050102000601 0F38")


def test_a_frame_in_bytes_and_in_hex(run: Run) -> None:
    arguments = ["encode", "-f", "ubx", "--payload", "06 01", "class=5", "id=0x01"]
    assert run(*arguments).raw == ACK
    assert run(*arguments, "--hex").out == ACK.hex() + "\n"


def test_payload_from_a_file_and_from_standard_input(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "payload"
    path.write_bytes(b"\x06\x01")
    assert run("encode", "-f", "ubx", "class=5", "id=1", "--payload", f"@{path}").raw == ACK
    assert run("encode", "-f", "ubx", "class=5", "id=1", "--payload", "@-", stdin=b"\x06\x01").raw == ACK
    assert run("encode", "-f", "ubx", "class=5", "id=1", "--payload", "-", stdin=b"\x06\x01").raw == ACK
    assert run("encode", "-f", "ubx", "class=5", "id=1", f"payload=@{path}").raw == ACK


def test_payload_as_text(run: Run) -> None:
    assert run("encode", "-f", "nmea", "--text", "PUBX,40,GLL,1,0,0,0,0,0").out == "$PUBX,40,GLL,1,0,0,0,0,0*5D\r\n"
    assert run("encode", "-f", "nmea", "start=21", "--text", "AIVDM").out.startswith("!AIVDM*")


def test_one_of_several_formats(run: Run) -> None:
    wanted = bytes.fromhex("1040014116")
    assert run("encode", "-f", "mbus", "--format", "short", "control=0x40", "address=1").raw == wanted
    assert run("encode", "-f", "mbus.short", "control=64", "address=001").raw == wanted
    assert run("encode", "-f", "mbus.short", "--format", "mbus.short", "control=64", "address=1").raw == wanted
    assert run("encode", "-f", "ubx", "--format", "ubx", "class=5", "id=1", "--payload", "0601").raw == ACK


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "t.toml"
    path.write_text(
        'name = "t"\nlayout = [\n  { sync = "$marker" },\n  { bits = ["a:4", "b:4"], type = "u8" },\n'
        '  { field = "f", type = "f32be" },\n  { field = "m", type = "u8", enum = { on = 1, off = 2 } },\n]\n'
        "[parameters.marker]\nsize = 2\n"
    )
    return path


def test_values_of_every_type_and_a_parameter(run: Run, spec: Path) -> None:
    outcome = run("encode", "-f", spec, "-p", "marker=ABCD", "a=0xF", "b=0b1", "f=-1.5", "m=off")
    assert outcome.raw == bytes.fromhex("ABCD F1 BFC00000 02")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["class=x", "id=1"], "class: 'x' is no integer"),
        (["class", "id=1"], "class: expected FIELD=VALUE"),
        (["class=1", "class=2", "id=1"], "class: given twice"),
        (
            ["class=1", "id=1", "--payload", "0"],
            "--payload: '0' is not hexadecimal; give pairs of hex digits, or @FILE",
        ),
        (["class=1", "id=1", "--payload", "@/nope"], "/nope: No such file or directory"),
        (["class=1", "id=1", "--payload", "00", "--text", "x"], "--payload and --text: give one of the two"),
        (["class=1", "id=256"], "id: 256 is out of range; id is 0 to 255"),
        (["clas=1", "id=2"], "clas: unknown field; did you mean 'class'?"),
        (["class=1"], "id: no value given; id is 0 to 255"),
    ],
)
def test_bad_values(misuse: Any, arguments: list[str], line: str) -> None:
    assert misuse("encode", "-f", "ubx", *arguments) == line


def test_bad_choices(misuse: Any, spec: Path) -> None:
    assert misuse("encode", "class=1").startswith("no format given")
    assert misuse("encode", "-f", "mbus", "control=1").startswith("mbus has several formats: add --format long, ")
    assert misuse("encode", "-f", "mbus", "--format", "shrot", "control=1").endswith("did you mean 'short'?")
    assert misuse("encode", "-f", "mbus.ack", "--format", "short") == "--format short: -f has named mbus.ack already"
    assert (
        misuse("encode", "-f", spec, "a=1")
        == f"{spec} needs a parameter: -p marker=VALUE, 2 bytes, as bytes or hex digits"
    )
    line = misuse("encode", "-f", spec, "-p", "marker=AB", "a=1")
    assert line == "-p marker: 1 bytes given; expected 2 bytes"
    assert misuse("encode", "-f", spec, "-p", "marker=ABCD", "m=maybe") == "m: 'maybe' is no integer, or one of on, off"
    assert misuse("encode", "-f", spec, "-p", "marker=ABCD", "f=x") == "f: 'x' is no number"
    assert misuse("encode", "-f", spec, "-p", "nope=1", "-p", "marker=0000", "f=1").startswith(
        "no spec given has a par"
    )
    assert misuse("encode", "-f", spec, "-p", "marker").endswith("expected NAME=VALUE")


def test_what_was_encoded_decodes(run: Run) -> None:
    raw = run("encode", "-f", "kiss", "port=1", "command=0", "--payload", "C0 DB 00").raw
    assert framing.load("kiss").decode(raw).payload == b"\xc0\xdb\x00"


def on_a_terminal(*arguments: str) -> tuple[int, bytes, bytes]:
    """Runs the command with a terminal as standard output; gives status, what the terminal saw, standard error."""
    leader, follower = pty.openpty()
    try:
        with subprocess.Popen(
            command(*arguments), stdout=follower, stderr=subprocess.PIPE, env=environment()
        ) as running:
            _, err = running.communicate(timeout=60)
            os.set_blocking(leader, False)
            try:
                seen = os.read(leader, 1 << 16)
            except BlockingIOError:
                seen = b""
            return running.returncode, seen, err
    finally:
        os.close(leader)
        os.close(follower)


def test_bytes_stay_off_a_terminal() -> None:
    arguments = ["encode", "-f", "ubx", "class=5", "id=1", "--payload", "0601"]
    status, seen, err = on_a_terminal(*arguments)
    assert (status, seen) == (2, b"")
    assert err.startswith(b"framing: these are bytes and standard output is a terminal: add --hex or --force")
    assert on_a_terminal(*arguments, "--force") == (0, ACK, b"")
    assert on_a_terminal(*arguments, "--hex") == (0, ACK.hex().encode() + b"\r\n", b"")


# --- messages --------------------------------------------------------------------------------------------------------


def message_of(spec: str, raw: bytes) -> tuple[Any, dict[str, Any]]:
    frame = framing.load(spec).decode(raw)
    return frame, dict(frame.message)


def test_a_message(run: Run) -> None:
    outcome = run(
        "encode", "-f", "ubx", "--message", "CFG-VALSET", "layers=RAM|Flash", 'cfgData=[{"key": 1079115777, "value": 9600}]'
    )
    frame, message = message_of("ubx", outcome.raw)
    assert (frame.message_name, message["layers"].words) == ("CFG-VALSET", ("RAM", "Flash"))
    assert dict(message["cfgData"][0]) == {"key": 0x40520001, "value": 9600}


def test_a_message_of_texts(run: Run) -> None:
    words = ["time=123519", "lat=4807.038", "ns=N", "lon=1131", "ew=E", "quality=1", "satellites=8"]
    out = run("encode", "-f", "nmea", "--message", "GGA", *words, "start=24").out
    assert out.startswith("$GPGGA,123519,4807.038,N,01131,E,1,08,,,M,,M,,*")


def test_fields_of_message_and_frame(run: Run) -> None:
    words = ["custom_mode=0", "type=2", "autopilot=3", "base_mode=armed", "system_status=0x04", "frame.sysid=9", "compid=1"]
    frame, message = message_of("mavlink", run("encode", "-f", "mavlink", "--format", "v2", "--message", "HEARTBEAT", *words).raw)
    assert (frame["sysid"], message["type"], message["base_mode"].words, message["system_status"].word) == (9, 2, ("armed",), "active")


def test_the_only_format_that_carries_a_message(run: Run) -> None:
    request = ["--message", "READ-HOLDING-REGISTERS-REQUEST", "start=107", "quantity=3", "address=17"]
    assert run("encode", "-f", "modbus-rtu", *request, "--hex").out == "1103006b00037687\n"
    answer = run("encode", "-f", "modbus-rtu", "--message", "READ-HOLDING-REGISTERS-RESPONSE", "registers=[5]", "address=17").raw
    assert message_of("modbus-rtu", answer)[1] == {"registers": [5]}


def test_bytes_and_floats_of_a_message(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "m.toml"
    spec.write_text(
        'name = "m"\nlayout = [{ sync = "AA" }, { length = "n", type = "u8", of = "payload" }, { data = "payload" }]\n'
        '[[message]]\nname = "one"\nkind = []\nfields = [\n  { field = "f", type = "f32be" }, { field = "t", type = "i8", scale = 0.5 }, { data = "d" },\n]\n'
    )
    assert run("encode", "-f", spec, "--message", "one", "f=-1.5", "t=2.5", "d=AB CD", "--hex").out == "aa07bfc0000005abcd\n"


def test_misused_messages(misuse: Any) -> None:
    def of_ubx(*words: str) -> str:
        return str(misuse("encode", "-f", "ubx", "--message", *words))

    assert "NAV-PTV: unknown message; did you mean 'NAV-PVT'?" in of_ubx("NAV-PTV")
    assert "--message makes the payload" in of_ubx("NAV-PVT", "--payload", "00")
    assert "iTOW: '5x' is no number" in of_ubx("NAV-PVT", "iTOW=5x")
    assert "iTOW: given twice" in of_ubx("NAV-PVT", "iTOW=5", "iTOW=5")
    assert "iTOV: expected FIELD=VALUE" in of_ubx("NAV-PVT", "iTOV")
    assert "extensions: this is no JSON" in of_ubx("MON-VER", "extensions=[")
    assert "extensions: a list in JSON is wanted" in of_ubx("MON-VER", "extensions=5")
    assert "unknown field 'x'" in of_ubx("MON-VER", "x=5")
    assert "unknown word 'ram'; did you mean 'RAM'?" in of_ubx("CFG-VALSET", "layers=ram", "cfgData=[]")
    assert "add --format v1 or v2" in misuse("encode", "-f", "mavlink", "--message", "HEARTBEAT")


def test_packed_bits(run: Run) -> None:
    ais = framing.load("ais")
    assert run("encode", "-f", "ais", "--payload", "04 68 69", "--bits", "lsb").raw == pack(ais.encode(b"\x04hi"), "lsb", pad=0)
    assert run("encode", "-f", "ais", "--payload", "04 68 69").raw == ais.encode(b"\x04hi")
    wrong = run("encode", "-f", "ubx", "class=5", "id=1", "--payload", "06", "--bits", "lsb", "--hex")
    assert (wrong.status, wrong.err) == (2, "framing: --bits: this format's frames are not of bits, one to a byte\n")
