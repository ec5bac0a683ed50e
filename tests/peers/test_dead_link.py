"""A network that goes dead without a word: two namespaces joined by a pair of interfaces, of which one is taken down.

Nothing is closed and nothing refused; only timers can tell. Needs Linux, iproute2 and the right to make namespaces.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from driven import PATIENCE

IP = shutil.which("ip")
ROOT = Path(__file__).resolve().parents[2]
FAR = "10.45.6.2"

KEEPALIVE = {"keepalive-idle": 1, "keepalive-interval": 1, "keepalive-count": 2}
KEEPALIVE_LIMIT = 3.0
"""Seconds from the last sign of life: the first probe, two intervals."""
USER_TIMEOUT = 2.0
LATE = 20.0
"""Seconds that a loaded machine may take longer. Without the options it were 60 s, 15 minutes, for ever."""

if IP is None or sys.platform != "linux":
    pytest.skip("there is no iproute2", allow_module_level=True)

SERVER = """
import socket, sys
with socket.create_server(("0.0.0.0", 0)) as server:
    print(server.getsockname()[1], flush=True)
    held = [server.accept() for _ in range(3)]
    sys.stdin.read()
    for sock, _ in held:
        sock.close()
"""

# Opens the links, says so, waits to be told that the network is dead, and tells how each link took it.
CLIENT = """
import json, sys, threading, time
from framing.transports.links import explain
from framing.transports.steps import ready, run
from framing.transports.urls import transport

PATIENCE = 60

def opened(url):
    return run(transport(url).connect(time.monotonic() + PATIENCE))

def outcome(link, use, begun):
    try:
        while time.monotonic() < begun + PATIENCE:
            use()
    except OSError as error:
        reason, words = link.reason(error)
        return {"reason": reason, "words": words, "seconds": time.monotonic() - begun}
    return None

def read():
    if reader.receive() is None:
        ready(reader.readable(time.monotonic() + PATIENCE))

def write():
    global sent
    taken = writer.send(bytes(100_000))
    sent += taken
    if not taken:
        ready(writer.writable(time.monotonic() + PATIENCE))

def tell(name, function):
    try:
        results[name] = function()
    except BaseException as error:
        results[name] = repr(error)

urls = json.loads(sys.argv[1])
sent = 0
results = {}
quiet, writer, reader = (opened(urls[name]) for name in ("quiet", "writer", "reader"))
begun = time.monotonic()
print("open", flush=True)
sys.stdin.readline()
threads = [
    threading.Thread(target=tell, args=("reader", lambda: outcome(reader, read, begun))),
    threading.Thread(target=tell, args=("writer", lambda: outcome(writer, write, time.monotonic()))),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
results["blocked after"] = sent
results["connected"] = [link.is_connected() for link in (quiet, writer, reader)]
results["writer's reader"] = outcome(writer, writer.receive, time.monotonic())
try:
    opened(urls["late"])
except OSError as error:
    results["late"] = explain(error)
for link in (quiet, writer, reader):
    link.close()
print(json.dumps(results), flush=True)
"""


class Network(NamedTuple):
    """Two namespaces, by name."""

    near: str
    far: str

    def inside(self, where: str, code: str, *arguments: str) -> subprocess.Popen[str]:
        """Runs Python in one of them."""
        return subprocess.Popen(
            [str(IP), "netns", "exec", where, sys.executable, "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def cut(self) -> None:
        ip("-n", self.far, "link", "set", "far0", "down")


def ip(*arguments: str) -> None:
    done = subprocess.run([str(IP), *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


@pytest.fixture
def network() -> Iterator[Network]:
    names = Network(f"near-{os.getpid()}", f"far-{os.getpid()}")
    made = []
    try:
        try:
            for name in names:
                ip("netns", "add", name)
                made.append(name)
            pair = ("link", "add", "near0", "type", "veth", "peer", "name", "far0", "netns", names.far)
            ip("-n", names.near, *pair)
            for name, end, address in ((names.near, "near0", "10.45.6.1"), (names.far, "far0", FAR)):
                ip("-n", name, "address", "add", f"{address}/24", "dev", end)
                ip("-n", name, "link", "set", end, "up")
        except OSError as error:
            pytest.skip(f"no network namespaces here: {error}")
        yield names
    finally:
        for name in made:
            ip("netns", "delete", name)


def told(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    assert line, "the process ended"
    return line


def say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(line)
    process.stdin.flush()


def url(port: int, **options: object) -> str:
    return f"tcp://{FAR}:{port}?" + "&".join(f"{name.replace('_', '-')}={value}" for name, value in options.items())


@pytest.fixture
def results(network: Network) -> Iterator[dict[str, Any]]:
    """What became of the links when the network died."""
    with ExitStack() as processes:
        server = processes.enter_context(network.inside(network.far, SERVER))
        processes.callback(server.kill)
        port = int(told(server))
        urls = {
            "reader": url(port, **KEEPALIVE),
            "writer": url(port, keepalive="no", user_timeout=USER_TIMEOUT),
            "quiet": url(port, keepalive="no"),
            "late": url(port, connect_timeout=0.5),
        }
        client = processes.enter_context(network.inside(network.near, CLIENT, json.dumps(urls)))
        processes.callback(client.kill)
        assert told(client) == "open\n"
        network.cut()
        say(client, "cut\n")
        yield json.loads(told(client))


@pytest.mark.slow
def test_timers_tell_that_the_network_is_dead(results: dict[str, Any]) -> None:
    reader, writer = results["reader"], results["writer"]
    assert reader["reason"] == "timeout", results
    assert KEEPALIVE_LIMIT * 0.9 < reader["seconds"] < KEEPALIVE_LIMIT + LATE
    assert results["blocked after"] > 0
    assert writer["reason"] == "timeout", results
    assert USER_TIMEOUT * 0.9 < writer["seconds"] < USER_TIMEOUT + LATE
    assert results["writer's reader"]["reason"] == "timeout", "one direction met the error, the other tells it too"
    # Who has neither is none the wiser, which shows that it was these options that told.
    assert results["connected"] == [True, False, False]
    reason, words = results["late"]
    assert reason in ("timeout", "unreachable")
    assert f"{FAR}:" in words
