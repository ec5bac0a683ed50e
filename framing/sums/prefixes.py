"""Prefix checksums: the checksum of any span of a stream, at a cost that does not grow with the span.

An algorithm is led through the stream once. Of its running states one every `STEP` bytes is kept. From the states at the two
ends of a span follows the checksum of the bytes between them: sums subtract; a CRC is linear, so that

    register[s, e) = running[e] ^ (running[s] ^ start) * x^(8 * (e - s)) modulo the polynomial.

Many overlapping spans so cost one pass over the stream together. Each query leads at most `STEP` bytes at either end, in C.

`Prefixes` serves one algorithm of one stream: whatever the spans' alignment (words are counted from the span's start), with a
hole in the span whose bytes count as zero (the checksum's own), and with bytes behind the span that stand elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final
from zlib import adler32

from framing.sums import algorithms
from framing.sums.algorithms import MAX_WIDTH, WORD_TYPES, Algorithm, Buffer, CrcModel, Finish, FletcherModel, WordModel

STEP: Final = 64
"""Bytes between two states that are kept; a multiple of every word."""
_DIGITS: Final = 32
_ZEROS: Final = bytes(STEP)

State = Any
"""A number, or the two numbers of Fletcher. The state over no bytes is `zero`."""


class Form(ABC):
    """How the states of one algorithm come about: `word` is the bytes of a word, `start` what a checksum starts from."""

    word: int = 1
    zero: State = 0
    start: State = 0

    @abstractmethod
    def lead(self, state: State, data: Buffer) -> State:
        """The state behind more bytes; zeros fill up the last word."""

    @abstractmethod
    def across(self, state: State, before: State, behind: State, size: int) -> State:
        """`state` led through the `size` bytes (whole words) that led a running state from `before` to `behind`."""

    @abstractmethod
    def result(self, state: State) -> int:
        """The checksum."""


class _Crc(Form):
    def __init__(self, model: CrcModel) -> None:
        self._register = algorithms.crc_register(model)
        self._lead = self._register.lead
        self.start = self._register.start
        self._maps: dict[int, list[list[int]]] = {}

    def lead(self, state: State, data: Buffer) -> State:
        return self._lead(data, state)

    def across(self, state: State, before: State, behind: State, size: int) -> State:
        return behind ^ self._shifted(state ^ before, size)

    def result(self, state: State) -> int:
        return self._register.result(state)

    def _shifted(self, register: int, size: int) -> int:
        """The register behind so many zero bytes: a table look-up a byte and digit of `size`."""
        steps, rest = divmod(size, STEP)
        if rest:
            register = self._lead(_ZEROS[:rest], register)
        weight = 1
        while steps:
            steps, digit = divmod(steps, _DIGITS)
            if digit:
                register = _mapped(self._map(digit * weight), register)
            weight *= _DIGITS
        return register

    def _map(self, steps: int) -> list[list[int]]:
        """Leading through `steps` times `STEP` zero bytes, as tables: one for each byte of the register."""
        tables = self._maps.get(steps)
        if tables is None:
            units = [1 << bit for bit in range(self._register.bits)]
            if steps == 1:
                images = [self._lead(_ZEROS, unit) for unit in units]
            else:
                first, second = self._map(steps // 2), self._map(steps - steps // 2)
                images = [_mapped(second, _mapped(first, unit)) for unit in units]
            tables = self._maps[steps] = [_sums(images[at : at + 8]) for at in range(0, len(images), 8)]
        return tables


def _mapped(tables: list[list[int]], register: int) -> int:
    result = 0
    for table in tables:
        result ^= table[register & 0xFF]
        register >>= 8
    return result


def _sums(images: list[int]) -> list[int]:
    """The images of all bytes, from those of their bits."""
    sums = [0]
    for image in images:
        sums += [image ^ other for other in sums]
    return sums


class _Sum(Form):
    """States are not cut to the width, so that they can be subtracted."""

    def __init__(self, model: WordModel) -> None:
        self.word, _ = WORD_TYPES[model.word]
        self.start = model.init
        self._total = algorithms.words_function(WordModel(model.op, MAX_WIDTH, model.word))
        self._sign, self._mask, self._xorout = (-1 if model.negate else 1), (1 << model.width) - 1, model.xorout

    def lead(self, state: State, data: Buffer) -> State:
        return state + self._total(data)

    def across(self, state: State, before: State, behind: State, size: int) -> State:
        return state + behind - before

    def result(self, state: State) -> int:
        return self._sign * int(state) & self._mask ^ self._xorout


class _Xor(_Sum):
    def lead(self, state: State, data: Buffer) -> State:
        return state ^ self._total(data)

    def across(self, state: State, before: State, behind: State, size: int) -> State:
        return state ^ behind ^ before


class _Turned(_Xor):
    """The register is turned before each word, also through words of zeros."""

    def __init__(self, model: WordModel) -> None:
        super().__init__(model)
        self._width, self._turn = model.width, model.turn
        self._total = algorithms.words_function(WordModel(model.op, model.width, model.word, turn=model.turn))

    def lead(self, state: State, data: Buffer) -> State:
        return self._turned(state, -(-len(data) // self.word)) ^ self._total(data)

    def across(self, state: State, before: State, behind: State, size: int) -> State:
        return behind ^ self._turned(state ^ before, size // self.word)

    def _turned(self, state: int, words: int) -> int:
        bits = self._turn * words % self._width
        return (state << bits | state >> self._width - bits) & (1 << self._width) - 1


class _Finished(Form):
    """Another form, with what is done to its result at last."""

    def __init__(self, inner: Form, finish: Finish) -> None:
        self.word, self.zero, self.start = inner.word, inner.zero, inner.start
        self._inner, self._apply = inner, finish.apply

    def lead(self, state: State, data: Buffer) -> State:
        return self._inner.lead(state, data)

    def across(self, state: State, before: State, behind: State, size: int) -> State:
        return self._inner.across(state, before, behind, size)

    def result(self, state: State) -> int:
        return self._apply(self._inner.result(state))


class _Internet(_Sum):
    def __init__(self) -> None:
        super().__init__(WordModel("sum", 16, "u16be"))

    def result(self, state: State) -> int:
        return -int(state) % 0xFFFF if state else 0xFFFF  # only zeros sum up to +0


class _Fletcher(Form):
    zero = (0, 0)

    def __init__(self, model: FletcherModel) -> None:
        self.word, _ = WORD_TYPES[model.word]
        self.start = (model.first, 0)
        self._modulus, self._shift = model.modulus, model.shift
        self._both = _fletcher_from_zero(replace(model, first=0))

    def lead(self, state: State, data: Buffer) -> State:
        first, second = state
        both = self._both(data)
        second += -(-len(data) // self.word) * first + (both >> self._shift)
        return (first + (both & (1 << self._shift) - 1)) % self._modulus, second % self._modulus

    def across(self, state: State, before: State, behind: State, size: int) -> State:
        first, second = state
        second += behind[1] - before[1] + size // self.word * (first - before[0])
        return (first + behind[0] - before[0]) % self._modulus, second % self._modulus

    def result(self, state: State) -> int:
        first, second = state
        return int(second % self._modulus << self._shift | first % self._modulus)


def _fletcher_from_zero(model: FletcherModel) -> Callable[[Buffer], int]:
    if model == FletcherModel(256, 8):
        return algorithms.fletcher_8
    if model == FletcherModel(65521, 16):
        return lambda data: adler32(data, 0)
    return algorithms.fletcher_function(model)


@lru_cache(maxsize=256)  # the tables of a CRC take some ms to build
def form(algorithm: Algorithm) -> Form | None:
    """The prefix form of an algorithm; None where it has none."""
    made = _core(algorithm)
    return _Finished(made, algorithm.finished) if made is not None and algorithm.finished is not None else made


def _core(algorithm: Algorithm) -> Form | None:
    if algorithm.crc is not None:
        return _Crc(algorithm.crc)
    if algorithm.words is not None:
        kinds = {"xor": _Turned if algorithm.words.turn else _Xor}
        return kinds.get(algorithm.words.op, _Sum)(algorithm.words)
    if algorithm.fletcher is not None:
        return _Fletcher(algorithm.fletcher)
    return _Internet() if algorithm.internet else None


class Prefixes:
    """The checksums of spans of one stream by one algorithm. All offsets count in the stream.

    Every call gives the bytes at hand: `buffer[0]` stands at offset `base`. The running states are kept from `floor` on, the
    offset before which no span begins.
    """

    def __init__(self, used: Form, floor: int) -> None:
        self._form = used
        self._floor = floor
        self._runs: dict[int, _Run] = {}  # by the phase of their words

    def checksum(
        self, buffer: Buffer, base: int, begin: int, end: int, hole: tuple[int, int] | None = None, more: bytes = b""
    ) -> int:
        """The checksum of `[begin, end)` and `more` behind it; the bytes of `hole`, a part of the span, count as zero."""
        used, word = self._form, self._form.word
        run = self._runs.get(begin % word)
        if run is None:
            run = self._runs[begin % word] = _Run(used, self._floor + (begin - self._floor) % word)
        border = end - (end - begin) % word  # the last word's end that is not behind the span
        state, at = used.start, begin
        if hole is not None:
            low = hole[0] - (hole[0] - begin) % word
            high = min(hole[1] + (begin - hole[1]) % word, end)
            state = used.across(state, run.at(buffer, base, begin), run.at(buffer, base, low), low - begin)
            literal = bytes(buffer[low - base : hole[0] - base]) + bytes(hole[1] - hole[0]) + bytes(buffer[hole[1] - base : high - base])
            if high > border:
                return used.result(used.lead(state, literal + more))
            state, at = used.lead(state, literal), high
        state = used.across(state, run.at(buffer, base, at), run.at(buffer, base, border), border - at)
        tail = bytes(buffer[border - base : end - base]) + more
        return used.result(used.lead(state, tail) if tail else state)

    def over(self, buffer: Buffer, base: int, pieces: Sequence[tuple[int, int] | bytes]) -> int:
        """The checksum of spans and other bytes, one behind the other; for words of one byte."""
        used = self._form
        run = self._runs.get(0) or self._runs.setdefault(0, _Run(used, self._floor))
        state = used.start
        for piece in pieces:
            if isinstance(piece, bytes):
                state = used.lead(state, piece)
            else:
                begin, end = piece
                state = used.across(state, run.at(buffer, base, begin), run.at(buffer, base, end), end - begin)
        return used.result(state)

    def forget(self, buffer: Buffer, base: int, floor: int) -> None:
        """No span will begin before `floor`, and the bytes before it go."""
        self._floor = floor
        end = base + len(buffer)
        self._runs = {phase: run for phase, run in self._runs.items() if run.forget(buffer, base, end, floor)}


class _Run:
    """One running state: `states[k]` is that at offset `first + k * STEP`, `anchor` the one at the offset `anchored`.

    All may differ by the same bytes before the first of them. Bytes before the anchor may be gone.
    """

    def __init__(self, used: Form, first: int) -> None:
        self.lead, self.word = used.lead, used.word
        self.first = self.anchored = first
        self.anchor = used.zero
        self.states: list[State] = [used.zero]

    def at(self, buffer: Buffer, base: int, offset: int) -> State:
        states, lead = self.states, self.lead
        index, rest = divmod(offset - self.first, STEP)
        if index >= len(states):
            place = self.first + (len(states) - 1) * STEP
            if place < self.anchored:  # the bytes between them may be gone
                place += STEP
                states.append(lead(self.anchor, buffer[self.anchored - base : place - base]))
            for begin in range(place - base, offset - rest - base, STEP):
                states.append(lead(states[-1], buffer[begin : begin + STEP]))
        state = states[index]
        if offset - rest < self.anchored:
            state, rest = self.anchor, offset - self.anchored
        return lead(state, buffer[offset - rest - base : offset - base]) if rest else state

    def forget(self, buffer: Buffer, base: int, end: int, floor: int) -> bool:
        """Drops what belongs before `floor`. False where nothing is left: the run has to begin again."""
        anchored = floor + (self.first - floor) % self.word
        last = self.first + (len(self.states) - 1) * STEP
        if anchored > min(end, last + STEP):
            return False
        self.anchor, self.anchored = self.at(buffer, base, anchored), anchored
        settled = (anchored - self.first) // STEP
        del self.states[:settled]
        self.first += settled * STEP
        return True
