"""Random formats of every kind, random frames of them, random damage: the raw material of the property tests.

Everything is drawn from a `random.Random`, which hypothesis can supply and shrink (`st.randoms()`), and a plain loop too.
Alphabets are tiny, so that markers, lengths and delimiters turn up by accident all the time. The first choice of each list
is the plainest, so that what shrinks becomes plain.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

from framing import checksums
from framing.bits import flag
from framing.errors import EncodeError, SpecError
from framing.layout import FrameFormat
from framing.model.checks import BitsChecksum, Blocks, Checksum
from framing.model.data import Data
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.options import Lock, Transparency
from framing.model.parts import AnyPart
from framing.model.patterns import End, Next, Sync
from framing.model.traits import names_of
from framing.protocols import Protocol
from framing.sums.algorithms import Algorithm

Several = Sequence[Protocol | FrameFormat]

ALPHABET = b"\x00\x01\x02\x03"
SUMS = ("sum-8", "xor-8", "lrc-8", "CRC-8/SMBUS", "CRC-5/USB", "CRC-16/XMODEM", "fletcher-8", "internet")
MADE: Sequence[dict[str, Any]] = (
    {"xor": 8, "turn": 2, "rotate": 6},
    {"sum": 6, "add": 0x20, "bits": 8},
    {"name": "CRC-16/XMODEM", "rotate": 3, "add": 0xA282},
    {"xor": 16, "word": "u16le", "turn": 3},
)
VARYING = ("uleb128", "zigzag", "vlq", "utf8", "dec3:3A", "hex2:0D")
TABLES = {"sizes": {0: 0, 1: 2, 2: 1, 3: -1}, "extra": {0: 7, 1: 1, 3: 2, 2: 300}, "rates": {0: 1, 1: 2, 3: 0}}


def some_bytes(rnd: random.Random, low: int, high: int, alphabet: bytes = ALPHABET) -> bytes:
    """`low` to `high` bytes of the alphabet."""
    return bytes(rnd.choice(alphabet) for _ in range(rnd.randint(low, high)))


def chance(rnd: random.Random, one_in: int) -> bool:
    """True once in `one_in` times; the last number, so that False is the plain case."""
    return rnd.randrange(one_in) == one_in - 1


# --- formats ---------------------------------------------------------------------------------------------------------


class _Layout:
    """One random layout. What it makes may contradict itself; a `FrameFormat` then refuses it."""

    def __init__(self, rnd: random.Random, kind: str | None = None) -> None:
        self.rnd = rnd
        self.kind = kind  # of stuffing, where it is not drawn
        self.parts: list[AnyPart] = []
        self.integers: list[str] = []  # names that expressions can use
        self.strings: list[str] = []
        self.transparency: Transparency | None = None
        self.names = 0
        self.halves: list[str] = []  # members of four bits that may hold a checksum

    def arguments(self) -> dict[str, Any]:
        """What a `FrameFormat` is made from."""
        rnd = self.rnd
        marked = not chance(rnd, 4) if self.kind is None else chance(rnd, 4)
        if marked:
            self.parts.append(self.sync("mark"))
        if self.kind is not None or chance(rnd, 2):
            self.transparency = self.stuffing(marked)
        for _ in range(rnd.randrange(3)):
            self.header()
        front = self.front_checksum() if chance(rnd, 6) else None
        shape = rnd.choice(["length", "fixed", "open", "length", "open", "expression", "table", "none", "two", "lines", "wired"])
        getattr(self, f"shape_{shape}")()
        searched = shape in ("open", "lines")
        for _ in range(rnd.choice([0, 0, 0, 1, 2])):
            self.trailer(searched)
        if self.halves:
            self.bits_checksum()
        if front is not None:
            self.parts.insert(front[0], front[1])
        elif not chance(rnd, 4):
            self.checksum()
        followed = chance(rnd, 3 if shape == "open" else 12)
        if (searched and not followed) or chance(rnd, 3):
            self.end()
        if chance(rnd, 8):
            self.suffix()
        if followed:
            self.next(marked)
        given: dict[str, Any] = dict(layout=self.parts, transparency=self.transparency, tables=TABLES)
        if self.transparency is not None and self.transparency.kind == "bits":
            given["max_size"] = rnd.choice([64, 40, 100])
        elif chance(rnd, 3):
            given["max_size"] = rnd.choice([8, 4, 6, 12, 20])
        elif searched or self.transparency is not None or shape in ("expression", "table"):
            given["max_size"] = rnd.choice([16, 10, 40])
        if chance(rnd, 6 if marked else 2):
            given["start"] = rnd.choice(["anywhere", "silence", "chained", ["silence", "chained"], ["chained", "silence"]])
        if chance(rnd, 8 if marked else 3):
            given["behind"] = dataclasses.replace(self.sync("behind"), as_=None)
        if chance(rnd, 8):
            given["block"] = rnd.choice([8, 5, 12, 30])
        return given

    # one part

    def fresh(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    def condition(self) -> str | None:
        rnd = self.rnd
        if self.strings and chance(rnd, 12):
            name = rnd.choice(self.strings)
            return rnd.choice([f"{name}[0] & 1", f"len({name}) > 1", f"{name}[1] == 1", f"{name} * 2", f"{name} == 1"])
        if self.integers and chance(rnd, 6):
            name = rnd.choice(self.integers)
            forms = ["{0} & 1", "{0} == 1", "{0} > 1", "not {0}", "{0} % ({0} - 2)", "{0} & 0x01", "{0} in (1, 0x2)", "0 < {0} <= 2"]
            forms += ["rates[{0}]", "{0} in rates"]
            return rnd.choice(forms).format(name)
        return None

    def sync(self, name: str) -> Sync:
        rnd = self.rnd
        alternatives = [some_bytes(rnd, 1, rnd.choice([1, 2, 3, 6])) for _ in range(rnd.choice([1, 1, 1, 2, 3]))]
        alternatives = list(dict.fromkeys(alternatives))
        extra: dict[str, Any] = {}
        if len(set(map(len, alternatives))) == 1 and chance(rnd, 6):
            extra["mask"] = bytes([rnd.choice([0xFF, 0x01, 0x03])] * len(alternatives[0]))
        if chance(rnd, 8):
            extra["errors"] = 1
        if chance(rnd, 4):
            extra["as_"] = name
            self.strings.append(name)
        return Sync(alternatives, **extra)

    def field(self, kinds: Sequence[str]) -> Field:
        rnd = self.rnd
        name, kind = self.fresh("f"), rnd.choice(kinds)
        limits: dict[str, Any] = {}
        choice = rnd.randrange(8)
        if choice == 1:
            limits["const"] = rnd.randrange(3)
        elif choice == 2:
            limits["allowed"] = sorted({rnd.randrange(4) for _ in range(2)})
        elif choice == 3:
            limits["min"] = rnd.randrange(2)
        elif choice == 4:
            limits["max"] = rnd.randrange(1, 4)
        elif choice == 5 and self.integers:
            other = self.integers[-1]
            limits["equals"] = rnd.choice([other, f"({other} + 1) & 3", f"{other} // 2", f"1 // {other}", f"rates[{other}]"])
        elif choice == 6 and kind != "f32le":
            limits["counter"] = True
        if chance(rnd, 8) and kind != "f32le":
            asked = [f"{name} != 2", f"{name} & 0x1 == 0", f"{name} not in (1, 3)"]
            limits["valid"] = rnd.choice(asked + [f"{other} != 1" for other in self.integers[-1:]])
        made = Field(name, kind, if_=self.condition(), **limits)
        if kind != "f32le":
            self.integers.append(name)
        return made

    def bits(self) -> Bits:
        first, second = self.fresh("b"), self.fresh("b")
        if chance(self.rnd, 4):
            self.halves.append(second)
            return Bits(self.rnd.choice([[f"{first}:4", f"{second}:4"], [f"{second}:4", "_:4:0"], ["_:2:0", f"{second}:4", f"{first}:2"]]), "u8")
        members = self.rnd.choice(
            [[f"{first}:4", f"{second}:4"], ["_:6:0", f"{first}:2"], [f"{first}:6", f"{second}:2:1"], ["_:6", f"{first}:2"]]
        )
        self.integers.append(first)
        return Bits(members, "u8", if_=self.condition())

    def header(self) -> None:
        rnd = self.rnd
        choice = rnd.randrange(10)
        if choice == 8:
            self.parts.append(self.bits())
        elif choice == 9:
            self.parts.append(Sync(some_bytes(rnd, 1, 2), as_=self.fresh("m"), if_=self.condition()))
        else:
            self.parts.append(
                self.field(["u8", "u8", "u8", "u8", "i8", "u16le", "u16be", *VARYING, "dec1", "hex1", "bcd2", "f32le"])
            )

    def trailer(self, searched: bool) -> None:
        """A part between the data and the end."""
        rnd = self.rnd
        choice = rnd.randrange(6)
        if choice == 0:
            self.parts.append(Field(self.fresh("t"), rnd.choice(["u8", "hex2", "u16le"]), if_=self.condition()))
        elif choice == 1:
            self.parts.append(self.bits())
        elif choice == 2:
            self.parts.append(Data(self.fresh("d"), size=rnd.randrange(3), if_=self.condition()))
        elif choice == 3 and self.integers:
            self.parts.append(Data(self.fresh("d"), size=f"{rnd.choice(self.integers)} & 1"))
        elif choice == 4 and not searched and self.first() is not None:  # a length behind what it measures: it must agree
            self.parts.append(Length(self.fresh("n"), "u8", of=self.first(), if_=self.condition()))
        elif choice == 5 and chance(rnd, 2):
            self.parts.append(Sync(some_bytes(rnd, 1, 2), as_=self.fresh("m")))
        else:
            self.parts.append(Field(self.fresh("t"), "u8", const=rnd.randrange(4)))

    def first(self) -> str | None:
        return next((names_of(part)[0] for part in self.parts if names_of(part)), None)

    def last(self) -> str | None:
        return next((names_of(part)[-1] for part in reversed(self.parts) if names_of(part)), None)

    def algorithm(self) -> tuple[Algorithm, str]:
        chosen = checksums.algorithm(self.rnd.choice(SUMS) if not chance(self.rnd, 5) else self.rnd.choice(MADE))
        return chosen, self.rnd.choice(["u16le", "u16be", "hex4"] if chosen.width > 8 else ["u8", "u8", "hex2", "u16be"])

    def front_checksum(self) -> tuple[int, Checksum]:
        """Stands before what it covers, which is decided later."""
        algorithm, kind = self.algorithm()
        over = self.rnd.choice(["payload", "frame"])
        return self.rnd.randint(min(1, len(self.parts)), len(self.parts)), Checksum("ck", kind, algorithm, over)

    def checksum(self) -> None:
        rnd = self.rnd
        algorithm, kind = self.algorithm()
        first, last = self.first() or "frame", self.last() or "frame"
        over: Any = rnd.choice([f"{first}..{last}", last, "frame", f"sync..{last}", f"{first}..ck"])
        if chance(rnd, 4):
            implied = {"value": rnd.choice([*self.integers, "0x102", "len(payload)"]), "type": rnd.choice(["u8", "u16be", "u16le"])}
            over = rnd.sample([over, last, first, implied], rnd.choice([1, 2, 3]))
        wire = self.transparency is not None and chance(rnd, 3)
        extra = Lookup(rnd.choice(self.integers), "extra") if self.integers and chance(rnd, 6) else None
        at = len(self.parts) if not chance(rnd, 4) else rnd.randint(min(1, len(self.parts)), len(self.parts))
        self.parts.insert(at, Checksum("ck", kind, algorithm, over, wire=wire, extra=extra, if_=self.condition()))

    def bits_checksum(self) -> None:
        """A checksum in one member of bits, or in two."""
        rnd = self.rnd
        first, last = self.first() or "frame", self.last() or "frame"
        over: Any = rnd.choice([f"{first}..{last}", last, "frame", f"{self.halves[0]}..{last}", self.halves[0], [last, first]])
        two = len(self.halves) > 1
        algorithm = checksums.algorithm(rnd.choice(["sum-8", "xor-8", "CRC-8/SMBUS"]) if two else {"width": 4, "poly": 3, "init": 5})
        extra = Lookup(rnd.choice(self.integers), "extra") if self.integers and chance(rnd, 6) else None
        self.parts.append(BitsChecksum("half", in_=self.halves[:2], algorithm=algorithm, over=over, extra=extra))

    def end(self) -> None:
        rnd = self.rnd
        ends = [some_bytes(rnd, 1, 2, b"\x03\x0a") for _ in range(rnd.choice([1, 1, 2, 3]))]
        if self.transparency is not None and self.transparency.kind in ("dle", "doubled"):
            escape = self.transparency.stuffing.doubles
            ends = [escape + b"\x03", *[escape + b"\x0a", escape + b"\x03\x03"][: rnd.randrange(3)]]
        if self.transparency is not None and self.transparency.kind == "bits":
            ends = [b"\2", *[b"\2\1", flag(self.transparency.run or 5)][: rnd.randrange(3)]]
        if self.transparency is not None and self.transparency.delimiter is not None and chance(rnd, 2):
            return
        self.parts.append(End(list(dict.fromkeys(ends)), as_="eol" if chance(rnd, 3) else None))

    def next(self, marked: bool) -> None:
        """What must follow."""
        rnd = self.rnd
        patterns = [some_bytes(rnd, 1, 2) for _ in range(rnd.choice([1, 1, 2]))]
        mask = bytes([rnd.choice([0xFF, 0x01, 0x03])] * len(patterns[0])) if len(patterns) == 1 and chance(rnd, 3) else b""
        given = rnd.choice([list(dict.fromkeys(patterns)), "marker" if marked else "silence", "silence"])
        self.parts.append(Next(given, mask=b"" if isinstance(given, str) else mask, tries=rnd.choice([256, 1, 2, 3])))

    def suffix(self) -> None:
        """Something behind the end."""
        rnd = self.rnd
        if chance(rnd, 2):
            self.parts.append(Sync(some_bytes(rnd, 1, 2), as_="again"))
        else:
            self.parts.append(Field("suffix", rnd.choice(["u8", "u16le"])))

    def stuffing(self, marked: bool) -> Transparency:
        rnd = self.rnd
        kind = self.kind or rnd.choice(["slip", "cobs", "cobs-r", "kiss", "hdlc", "dle", "doubled", "hex", "run", "bits"])
        over = rnd.choice(["payload", "payload..ck", "size..payload"]) if chance(rnd, 4) else None
        if kind == "doubled":
            escape = rnd.choice(["01", "01 01", "01 02", "01 01 01", "01 02 01"])
            return Transparency(kind, escape=escape, closes=rnd.choice([None, False]), over=over)
        if kind == "dle":
            return Transparency(kind, escape=rnd.choice([1, 0x10]), over=over)
        if kind == "run":
            special = rnd.choice([b"\x01", b"\x01\x03", b"\x01\x01\x02"])
            return Transparency(kind, special=special, escape=2, run=rnd.choice([1, 2]), closes=False, over=over)
        if kind == "bits":
            run = rnd.choice([2, 5, 1, None])
            closes = False if marked and chance(rnd, 4) else None
            return Transparency(kind, order=rnd.choice(["lsb", "msb"]), run=run, closes=closes, over=over if marked else None)
        closes = False if kind in ("slip", "kiss", "hdlc") and marked and chance(rnd, 2) else None
        more: dict[str, Any] = {}
        if kind == "hdlc" and chance(rnd, 2):
            more = dict(special=b"\x7e\x7d\x01\x03", xor=0x20)
        return Transparency(kind, closes=closes, over=over if marked else None, **more)

    # the body

    def extras(self) -> dict[str, Any]:
        rnd = self.rnd
        return dict(
            charset=rnd.choice(["00-01", "01-03", "00-0F"]) if chance(rnd, 4) else None,
            blocks=Blocks(2, "sum-8", rnd.choice(["u8", "hex2"])) if chance(rnd, 5) else None,
        )

    def shape_none(self) -> None:
        """No data at all."""

    def shape_length(self) -> None:
        rnd = self.rnd
        kind = rnd.choice(["u8", "u8", "u16le", "dec1", rnd.choice(VARYING)])
        first = self.first() or "size"
        of = rnd.choice(["payload", "payload", f"{first}..payload", "frame", "size..payload", "payload..ck"])
        unit, bias = rnd.choice([1, 1, 1, 2]), rnd.choice([0, 0, 1, -1, 2])
        limits = {"max": rnd.choice([3, 6, 12])} if kind != "dec1" and chance(rnd, 2) else {}
        if chance(rnd, 4):
            of = "flag" + of[4:] if of.startswith("size") else of
            self.parts.append(Bits(["flag:5", "size:3"], "u8", length="size", of=of, unit=unit, bias=bias))
            self.integers.append("flag")
        else:
            self.parts.append(Length("size", kind, of, unit=unit, bias=bias, if_=self.condition(), **limits))
            self.integers.append("size")
        if chance(rnd, 5):
            algorithm, kind = self.algorithm()
            self.parts.append(Checksum("head", kind, algorithm, over=f"{first}..size"))
        if chance(rnd, 5):
            self.header()
        self.parts.append(Data("payload", if_=self.condition(), **self.extras()))
        self.strings.append("payload")

    def shape_wired(self) -> None:
        """A length that counts stuffed bytes."""
        rnd = self.rnd
        marked = bool(self.parts) and isinstance(self.parts[0], Sync)
        stuffed = self.transparency or self.stuffing(marked)
        over = rnd.choice(["payload", "payload", "payload..inner", "front..payload", "front"])
        closes = False if stuffed.delimiter is not None else stuffed.closes
        self.transparency = dataclasses.replace(stuffed, kind=stuffed.kind.replace("cobs-r", "hex").replace("cobs", "slip"), over=over, closes=closes)
        of = rnd.choice(["payload", over, f"size..{over.partition('..')[2] or over}", "frame", f"{over.partition('..')[0]}..ck"])
        self.parts.append(Length("size", rnd.choice(["u8", "u16le"]), of, bias=rnd.choice([0, 1, -1]), unit=rnd.choice([1, 1, 2]), wire=True))
        if "front" in over or chance(rnd, 4):
            self.parts.append(Field("front", rnd.choice(["u8", "u16le", "uleb128"])))
        size = rnd.choice([None, 2]) if over != "front" else 2
        self.parts.append(Data("payload", size=size, charset=self.extras()["charset"]))
        if "inner" in over:
            self.parts.append(rnd.choice([Field("inner", "u8"), Data("inner", size=2), Sync("02", as_="inner")]))

    def shape_two(self) -> None:
        """Two lengths; the second one may measure both."""
        of = self.rnd.choice(["more", "payload..more"])
        self.parts += [Length("size", "u8", "payload", max=3), Length("rest", "u8", of, max=6)]
        self.parts += [Data("payload", **self.extras()), Data("more")]

    def shape_fixed(self) -> None:
        self.parts.append(Data("payload", size=self.rnd.randrange(4), if_=self.condition(), **self.extras()))
        self.strings.append("payload")

    def shape_open(self) -> None:
        self.parts.append(Data("payload", charset=self.extras()["charset"]))

    def shape_lines(self) -> None:
        """Two open runs of data, each with its end."""
        self.parts += [Data("line", charset="00-02"), End(["03", "03 03"][: self.rnd.choice([1, 2])])]
        self.parts.append(Data("payload", charset=self.extras()["charset"]))

    def shape_expression(self) -> None:
        name = self.rnd.choice(self.integers) if self.integers else "2"
        sizes = [f"{name} & 3", f"3 - {name}", f"2 * ({name} % 2)", f"4 // {name}", f"{name} << 1"]
        size = self.rnd.choice([*sizes, f"rates[{name}]", f"2 * rates[{name}] - rates[{name} & 1]", f"sizes[{name}]"])
        self.parts.append(Data("payload", size=size, **self.extras()))

    def shape_table(self) -> None:
        by = self.rnd.choice(self.integers) if self.integers else "1"
        self.parts.append(Data("payload", size=Lookup(by, "sizes"), **self.extras()))


def frame_format(
    rnd: random.Random, name: str = "x", lock: bool = False, state: bool = False, kind: str | None = None
) -> FrameFormat:
    """A random format that passes validation, `kind` its stuffing where that is not drawn.

    One with a lock has a fixed size half of the time, so that a flywheel can turn.
    """
    fixed = lock and kind is None and chance(rnd, 2)
    while True:
        try:
            arguments = _Layout(rnd, kind).arguments()
            if not state and "chained" in arguments.get("start", ""):
                del arguments["start"]
            if lock:
                arguments["lock"] = Lock(rnd.choice([0, 1, 2, 3]), rnd.choice([0, 1, 2, 1]))
            made = FrameFormat(name, **arguments)
        except SpecError:
            continue
        if made.plan.fixed_size is not None or not fixed:
            return made


def protocols(
    rnd: random.Random, lock: bool = False, state: bool = False, stuffed: str | None = None
) -> list[Protocol | FrameFormat]:
    """One to three of them, now and then several formats in one protocol; with `state`, some depend on the frames before them.

    `stuffed` is the kind of stuffing that most of them have.
    """
    found: list[Protocol | FrameFormat] = []
    for number in range(rnd.choice([1, 1, 2, 3])):
        kind = None if chance(rnd, 4) else stuffed
        if chance(rnd, 4):
            formats = [frame_format(rnd, f"{letter}{number}", state=state, kind=kind) for letter in "abc"[: rnd.choice([2, 3])]]
            lockable = lock and not any(each.plan.delimited for each in formats)
            given = Lock(rnd.randrange(3), rnd.choice([0, 1, 2])) if lockable and chance(rnd, 2) else None
            found.append(Protocol(f"p{number}", formats, lock=given))
        else:
            found.append(frame_format(rnd, f"x{number}", lock and not chance(rnd, 3), state, kind))
    return found


def formats_of(several: Several) -> list[FrameFormat]:
    """The formats of the protocols, in their order."""
    return [each for one in several for each in (one if isinstance(one, Protocol) else (one,))]


# --- frames ----------------------------------------------------------------------------------------------------------


def values_for(rnd: random.Random, each: FrameFormat) -> tuple[bytes | None, dict[str, Any]]:
    """A payload and fields that may or may not fit."""
    fields: dict[str, Any] = {}
    for part in each.layout:
        if isinstance(part, Field) and part.const is None and part.equals is None:
            if part.if_ is None or chance(rnd, 2):
                fields[part.name] = value_of(rnd, part)
        elif isinstance(part, Bits):
            computed = {"_", part.length}.union(*(stored.names for stored in each.plan.stored.values()))
            given = (bit for bit in part.bits if bit.name not in computed and bit.const is None)
            if part.if_ is None or chance(rnd, 2):
                fields.update({bit.name: rnd.randrange(1 << min(bit.width, 2)) for bit in given})
        elif isinstance(part, Data) and part.name != each.payload_name:
            if part.if_ is None or chance(rnd, 2):
                fields[part.name] = data_of(rnd, part, 3)
        elif isinstance(part, (Sync, End)) and part.as_ and part.if_ is None and chance(rnd, 2):
            fields[part.as_] = rnd.choice(part.sync if isinstance(part, Sync) else part.end)
    if each.plan.payload is None:
        return None, fields
    part = each.plan.parts[each.plan.payload]
    assert isinstance(part, Data)
    return data_of(rnd, part, 5), fields


def value_of(rnd: random.Random, part: Field) -> int | float:
    """A value that the field may have."""
    if part.type.name == "f32le":
        return float(rnd.choice([value for value in range(4) if part.accepts(value)] or [0]))
    return rnd.choice(part.allowed or [value for value in range(4) if part.accepts(value)] or [0])


def data_of(rnd: random.Random, part: Data, most: int) -> bytes:
    """Bytes that the part may hold, as far as size and character set are plain to see."""
    alphabet = bytes(byte for byte in ALPHABET if part.charset is None or byte in part.charset.bytes) or ALPHABET
    sizes = {"0": 0, "1": 1, "2": 2, "3": 3}
    size = sizes.get(str(part.size))
    return some_bytes(rnd, 0 if size is None else size, most if size is None else size, alphabet)


def frame(rnd: random.Random, each: FrameFormat, tries: int = 8) -> tuple[bytes, bytes | None, dict[str, Any]]:
    """An encoded frame, its payload and fields; no bytes where the dice were against it.

    What the encoder complains about is put right where that is easy: values are left out, or given, or sized.
    """
    for _ in range(tries):
        payload, fields = values_for(rnd, each)
        for _ in range(4):
            try:
                return each.encode(payload, **fields), payload, fields
            except EncodeError as error:
                if "absent" in error.message and error.field in fields:
                    del fields[error.field]
                elif "absent" in error.message and error.field == each.payload_name:
                    payload = b""
                elif error.field == each.payload_name and payload is not None:
                    payload = some_bytes(rnd, 0, 3)
                else:
                    break
    return b"", None, {}


def damaged(rnd: random.Random, raw: bytes) -> bytes:
    """A bit wrong, a byte lost, bytes put in, the end or the beginning lost."""
    if not raw:
        return raw
    at = rnd.randrange(len(raw))
    match rnd.randrange(6):
        case 0:
            return raw[:at] + bytes([raw[at] ^ 1 << rnd.randrange(2)]) + raw[at + 1 :]
        case 1:
            return raw[:at] + raw[at + 1 :]
        case 2:
            return raw[:at] + some_bytes(rnd, 1, 2) + raw[at:]
        case 3:
            return raw[:at]
        case 4:
            return bytes([raw[0] ^ 1]) + raw[1:]
        case _:
            return raw[at:]


# --- streams ---------------------------------------------------------------------------------------------------------


def alphabet_of(formats: Sequence[FrameFormat]) -> bytes:
    """The bytes that noise for these formats consists of."""
    if any(made_of_bits(each) for each in formats):
        return b"\0\1" * 20 + b"\2"
    return ALPHABET + b"".join(each.plan.delimiter for each in formats if each.plan.delimiter is not None)


def made_of_bits(each: FrameFormat) -> bool:
    """Whether its frames are bits, one to a byte."""
    return each.transparency is not None and each.transparency.kind == "bits"


def stream(rnd: random.Random, formats: Sequence[FrameFormat], most: int = 48) -> bytes:
    """Frames, damaged frames, frames inside frames, noise and fill."""
    alphabet = alphabet_of(formats)
    delimiters = [each.plan.delimiter for each in formats if each.plan.delimiter is not None]
    most = 120 if any(map(made_of_bits, formats)) else most
    out = b""
    for _ in range(rnd.randrange(1, 9)):
        kind = rnd.randrange(10)
        if kind == 0:
            out += some_bytes(rnd, 0, 5, alphabet)
        elif kind == 1:
            filler = rnd.choice(delimiters or [bytes([rnd.choice(alphabet)])])
            for _ in range(rnd.choice([1, 2, 3])):
                shared = len(filler) > 1 and out.endswith(filler[:1]) and chance(rnd, 2)
                out += filler[shared:]
        elif kind == 2:  # a row of frames, now and then with a damaged marker
            raw = frame(rnd, rnd.choice(list(formats)))[0]
            for _ in range(rnd.randrange(3, 6)):
                out += raw if not raw or chance(rnd, 2) else bytes([raw[0] ^ 0x80]) + raw[1:]
        elif kind == 3:  # the beginning of a frame, and others inside what it claims
            head = bytearray(frame(rnd, rnd.choice(list(formats)))[0][: rnd.randrange(2, 4)])
            if head and chance(rnd, 2):
                head[-1] = 0x0C
            raw = frame(rnd, rnd.choice(list(formats)))[0]
            out += bytes(head) + (some_bytes(rnd, 1, 1, alphabet) if chance(rnd, 2) else b"").join([raw] * 3)
        else:
            each = rnd.choice(list(formats))
            raw = frame(rnd, each)[0]
            if chance(rnd, 3):
                raw = damaged(rnd, raw)
            elif chance(rnd, 6):
                raw = raw[:2] + frame(rnd, rnd.choice(list(formats)))[0] * 2 + raw[2:]
            out += raw * rnd.choice([1, 1, 1, 2, 3])
    return out[:most]


def chunks(rnd: random.Random, data: bytes) -> list[bytes]:
    """A random cut, now and then byte by byte."""
    if chance(rnd, 3):
        return [bytes([byte]) for byte in data]
    out = []
    while data:
        size = rnd.randint(1, len(data))
        out.append(data[:size])
        data = data[size:]
    return out
