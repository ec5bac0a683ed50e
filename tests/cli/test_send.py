"""`framing send`, to real links."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import framing

from .conftest import Run
from .processes import LONG, finished, line_with, reset, started

UBX = framing.load("ubx")
ACK = bytes.fromhex("B562050102000601 0F38")
FIELDS = ["class=5", "id=1", "--payload", "0601"]


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(LONG)
        yield made


def url_of(server: socket.socket) -> str:
    return f"tcp://127.0.0.1:{server.getsockname()[1]}"


class Peer(threading.Thread):
    """Takes one connection and does with it what it is told."""

    def __init__(self, server: socket.socket, work: Callable[[socket.socket], object]) -> None:
        super().__init__()
        self.server, self.work = server, work
        self.result: object = None
        self.start()

    def run(self) -> None:
        with self.server.accept()[0] as peer:
            peer.settimeout(LONG)
            self.result = self.work(peer)

    def outcome(self) -> object:
        self.join(LONG)
        return self.result


def everything(peer: socket.socket) -> bytes:
    return b"".join(iter(lambda: peer.recv(65_536), b""))


def test_a_frame_goes_out_and_the_connection_ends_well(run: Run, server: socket.socket) -> None:
    peer = Peer(server, everything)
    outcome = run("send", url_of(server), "-f", "ubx", *FIELDS)
    assert (outcome.status, outcome.raw, outcome.err) == (0, b"", "1 frame, 10 bytes sent\n")
    assert peer.outcome() == ACK


def test_several_frames_with_a_counter_that_runs_on(run: Run, tmp_path: Path) -> None:
    spec, out = tmp_path / "c.toml", tmp_path / "out.bin"
    spec.write_text(
        'name = "c"\nlayout = [{ sync = "7E" }, { field = "n", type = "u8", counter = true }, { data = "payload", size = 1 }]\n'
    )
    outcome = run(
        "send", f"file:{out}?mode=write", "-f", spec, "--payload", "41", "--count", 3, "--interval", "0.01", "-q"
    )
    assert (outcome.status, outcome.err) == (0, "")
    assert out.read_bytes() == b"\x7e\x00A\x7e\x01A\x7e\x02A"


def test_the_payload_from_standard_input_and_from_a_file(run: Run, tmp_path: Path) -> None:
    out, data = tmp_path / "out.bin", tmp_path / "data"
    data.write_bytes(b"\x06\x01")
    run("send", f"file:{out}?mode=append", "-f", "ubx", "class=5", "id=1", "--payload", "-", stdin=b"\x06\x01")
    run("send", f"file:{out}?mode=append", "-f", "ubx", "class=5", "id=1", "--payload", f"@{data}")
    assert out.read_bytes() == ACK + ACK


def test_one_format_of_several_is_sent_and_others_are_heard(run: Run) -> None:
    answer = UBX.encode(b"", **{"class": 1, "id": 2})
    code = f"import sys; sys.stdin.buffer.read(5); sys.stdout.buffer.write(bytes.fromhex('{answer.hex()}'))"
    url = f'exec:"{sys.executable}" -c "{code}"'
    arguments = ["-f", "mbus", "-f", "ubx", "--format", "short", "control=0x40", "address=1"]
    outcome = run("send", url, *arguments, "--answer", "30", "--answers", 1, "--json", "-q")
    assert outcome.status == 0
    assert json.loads(outcome.out)["format"] == "ubx"


def test_an_answer_ends_the_wait_for_it(run: Run) -> None:
    outcome = run("send", "exec:cat", "-f", "ubx", *FIELDS, "--count", 3, "--answer", "40", "--answers", 2)
    assert outcome.status == 0
    assert [line.split(None, 1)[1] for line in outcome.out.splitlines()] == 2 * [
        "ubx      5, 1              10 B  06 01"
    ]
    assert outcome.err == "3 frames, 30 bytes sent\n2 frames, 20 bytes (ubx 2); 0 gaps, 0 bytes\n"


def test_a_peer_that_answers_all_the_time_is_never_stuck(run: Run) -> None:
    outcome = run(
        "send",
        "exec:cat",
        "-f",
        "ubx",
        "class=5",
        "id=1",
        "--payload",
        "00" * 2000,
        "--count",
        500,
        "--answer",
        "40",
        "--answers",
        500,
        "-q",
        "--json",
    )
    assert outcome.status == 0
    assert outcome.out.count("\n") == 500


def test_no_answer(run: Run) -> None:
    outcome = run("send", "exec:cat > /dev/null", "-f", "ubx", *FIELDS, "--answer", "0.05", "-q")
    assert outcome.status == 1
    outcome = run("send", "exec:cat", "-f", "ubx", *FIELDS, "--answer", "0.5", "--answers", 2, "-q")
    assert (outcome.status, outcome.err) == (1, "framing: exec:cat: 1 of 2 answers came\n")


def test_a_stream_of_other_frames_does_not_undo_what_was_sent(run: Run, server: socket.socket) -> None:
    """Who closes a socket with bytes unread has it reset, and what was still under way is lost."""

    def chatter(peer: socket.socket) -> bytes:
        peer.sendall(ACK * 1000)
        return everything(peer)

    peer = Peer(server, chatter)
    assert run("send", url_of(server), "-f", "ubx", *FIELDS, "--count", 50).status == 0
    assert peer.outcome() == 50 * ACK


def test_a_listener_waits_for_its_peer() -> None:
    with started("send", "tcp-listen://127.0.0.1:0", "-f", "ubx", *FIELDS) as process:
        port = int(line_with(process.stderr, "listening on").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=LONG) as peer:
            assert everything(peer) == ACK
        assert finished(process)[0] == 0


def test_links_that_fail(run: Run, server: socket.socket) -> None:
    peer = Peer(server, reset)
    outcome = run("send", url_of(server), "-f", "ubx", *FIELDS, "--count", 1000, "--interval", "0.01", "-q")
    peer.outcome()
    assert outcome.status == 1
    assert outcome.err.startswith(f"framing: {url_of(server)}: ") and outcome.err.count("\n") == 1
    server.close()
    gone = run("send", "exec:false", "-f", "ubx", *FIELDS, "-q", "--count", 1000, "--interval", "0.01")
    assert gone.status == 1


def test_a_link_without_room_is_given_up_in_time(run: Run, server: socket.socket) -> None:
    late = threading.Event()
    peer = Peer(server, lambda _: late.wait(LONG))
    arguments = ["-f", "ubx", "class=5", "id=1", "--payload", "00" * 60_000, "--count", 1000, "--timeout", "0.2"]
    outcome = run("send", url_of(server), *arguments, "-q")
    late.set()
    peer.outcome()
    assert outcome.status == 1
    assert "the time is up" in outcome.err


def test_misuse_is_said_before_anything_is_opened(misuse: Callable[..., str], tmp_path: Path) -> None:
    url = f"file:{tmp_path / 'out'}?mode=write"
    assert misuse("send", url, "-f", "ubx", "class=5") == "id: no value given; id is 0 to 255"
    assert "add --answer" in misuse("send", url, "-f", "ubx", *FIELDS, "--answers", 2)
    assert "several formats" in misuse("send", url, "-f", "mbus")
    assert "give one of the two" in misuse("send", url, "-f", "ubx", *FIELDS, "--text", "x")
    assert "no format given" in misuse("send", url, "class=5")
    assert "did you mean" in misuse("send", "tpc://a:1", "-f", "ubx", *FIELDS)
    assert not (tmp_path / "out").exists()


def test_a_message_is_sent_and_shown(run: Run) -> None:
    words = ["tow=5", "n=1", "e=2", "d=-3", "h_accuracy=1", "v_accuracy=1", "n_sats=9", "flags=0", "sender=1"]
    options = ["--json", "--messages", "--answer", "40", "--answers", 1]
    outcome = run("send", "exec:cat", "-f", "sbp", "--message", "VEL_NED", *words, *options)
    assert outcome.status == 0
    record = json.loads(outcome.out.splitlines()[-1])
    assert (record["message_name"], record["message"]["d"]) == ("VEL_NED", -3)
