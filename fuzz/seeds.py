"""Seed corpora: `python fuzz/seeds.py FOLDER` writes one folder of inputs for each target.

They come from the examples of the shipped specs, from captures that `tests/made_captures.py` puts together, and from dice where bytes
only decide. `fuzz/run --minimise` makes the small corpora in `fuzz/corpus/` of them, and of what a long run has found.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import targets


def seeds(name: str) -> Iterator[bytes]:
    """The seeds of a target."""
    makers = {"shipped": shipped, "specs": specs, "captures": captures, "commands": commands}
    return makers[name]() if name in makers else decisions(name)


def decisions(name: str) -> Iterator[bytes]:
    """Bytes that only decide: dice, so that a run begins with many formats."""
    dice = random.Random(name)
    for size in (8, 32, 64, 128, 256):
        for _ in range(40):
            yield dice.randbytes(size)


def shipped() -> Iterator[bytes]:
    """Each example, alone and twice with noise between, whole and in pieces; each counterexample."""
    from targets import shipped as target

    for number, protocol in enumerate(target.protocols()):
        for example in [*protocol.examples[:3], *protocol.counterexamples[:2]]:
            raw = example.raw[: target.MOST // 2]
            yield bytes([number, 0]) + raw
            yield bytes([number, 3]) + raw + b"\x00\xff" + raw


def specs() -> Iterator[bytes]:
    """Each spec as a file and as a text to change, and small ones out of parts."""
    from targets import specs as target

    for number, text in enumerate(target.texts()):
        yield b"\x00" + text.encode()[: targets.LONGEST["specs"] - 1]
        yield bytes([2, number, 0]) + bytes([number, 4, 2, 3, 7])
    dice = random.Random("specs")
    for _ in range(100):
        yield b"\x01" + dice.randbytes(40)


def captures() -> Iterator[bytes]:
    """A TCP conversation, datagrams, and a damaged file of each, as pcap; and an empty pcapng section with a packet."""
    from dpkt.pcap import Writer

    import made_captures

    for number in range(7):
        for packets in (made_captures.conversation(b"\xb5b\x06\x01\x00\x00\x07\x1b" * 3, b"ok", 9), [made_captures.datagram(b"hello"), made_captures.datagram(b"you", back=True)]):
            file = io.BytesIO()
            writer = Writer(file)
            for at, packet in enumerate(packets):
                writer.writepkt(made_captures.ethernet(packet), at)
            raw = file.getvalue()[: targets.LONGEST["captures"] - 1]
            yield bytes([number]) + raw
            yield bytes([number]) + raw[: len(raw) // 2]
    section = bytes.fromhex("0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000")
    interface = bytes.fromhex("0100000014000000010000000000040014000000")
    packet = bytes.fromhex("0600000024000000000000000000000000000000040000000400000001020304") + bytes.fromhex("24000000")
    yield b"\x00" + section + interface + packet


def commands() -> Iterator[bytes]:
    """Every command line in good order, with a spec that ships and one that does not load; and changed ones."""
    dice = random.Random("commands")
    for line in range(16):
        for spec in (100, 130, 3):
            yield bytes([line, 0, spec]) + dice.randbytes(40)
        yield bytes([line, 2]) + dice.randbytes(40)
    for line in range(192, 200):
        yield bytes([line]) + dice.randbytes(40)


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description="Writes the seeds of each target into a folder of its own.")
    options.add_argument("folder", type=Path)
    options.add_argument("targets", nargs="*", default=targets.NAMES)
    given = options.parse_args()
    for name in given.targets:
        folder = given.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        made = list(dict.fromkeys(seeds(name)))
        for number, raw in enumerate(made):
            (folder / f"seed-{number:03}").write_bytes(raw)
        print(f"{name}: {len(made)} seeds, {sum(map(len, made))} bytes")


if __name__ == "__main__":
    main()
