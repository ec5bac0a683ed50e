"""What the fields of a message are read from and written to, and what is told of a field that does not fit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import construct

from framing.constructs import COUNT_MOST, evaluated
from framing.messages.fields import Text
from framing.model.expressions import Expression


class Unfit(construct.ConstructError):  # type: ignore[misc]
    """Bytes that are no such field, or a value that it cannot carry."""

    def __init__(self, text: str, short: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.short = short
        self.path_inside = ""
        self.place: int | None = None

    def within(self, name: str) -> None:
        """The path, seen from one level further out."""
        inner = self.path_inside
        self.path_inside = name + ("" if not inner or inner.startswith("[") else ".") + inner

    def __str__(self) -> str:
        return f"{self.path_inside}: {self.text}" if self.path_inside else self.text


class Octet(io.BytesIO):
    """The bytes of a payload, or of a part of it that begins at `base`."""

    def __init__(self, raw: bytes, base: int = 0) -> None:
        super().__init__(raw)
        self.base = base
        self.size = len(raw)

    def place(self) -> int:
        """Where it stands, counted in the payload."""
        return self.base + self.tell()

    def left(self) -> int:
        """The bytes that are left."""
        return self.size - self.tell()

    def take(self, size: int) -> bytes:
        """That many bytes."""
        left = self.left()
        if size > left:
            wanted = f"{size} byte{'' if size == 1 else 's'} wanted, {left} left"
            raise Unfit(f"the payload is too short: {wanted}", short=True)
        return self.read(size)

    def text(self, part: Text, size: int | None) -> bytes:
        """The bytes of a text."""
        if size is not None:
            return self.take(size)
        if not part.end:
            return self.read()
        begin = self.tell()
        text, end, _ = self.read().partition(part.end)
        if not end:
            raise Unfit(f"the payload is too short: {part.end.hex(' ').upper()} is missing", short=True)
        self.seek(begin + len(text) + len(end))
        return text


class Separated:
    """The texts of a payload, with a separator between them."""

    def __init__(self, raw: bytes, separator: bytes) -> None:
        self._texts = raw.split(separator)
        self._gap = len(separator)
        self._index = self._offset = 0

    def place(self) -> int:
        """Where it stands, counted in the payload."""
        return self._offset

    def left(self) -> int:
        """The texts that are left."""
        return len(self._texts) - self._index

    def text(self, _part: Text, _size: int | None) -> bytes:
        """The next one."""
        if not self.left():
            raise Unfit("the payload is too short: this text is missing", short=True)
        text = self._texts[self._index]
        self._index += 1
        self._offset += len(text) + (self._gap if self.left() else 0)
        return text


class Chunks(list[bytes]):
    """What is written: the bytes of a field each."""

    def write(self, raw: bytes) -> None:
        """One more."""
        self.append(raw)


@contextmanager
def _worded() -> Iterator[None]:
    """Errors of expressions as what does not fit."""
    try:
        yield
    except Unfit:
        raise
    except construct.ConstructError as error:
        raise Unfit(str(error)) from None


def worth(used: Expression, context: Any) -> Any:
    with _worded():
        return evaluated(used)(context)


def counted(used: Expression, context: Any) -> int:
    value = worth(used, context)
    if not isinstance(value, int) or value < 0:
        raise Unfit(f"{used} is {value!r}, no number of bytes or times")
    if value > COUNT_MOST:
        raise Unfit(f"the payload is too short: {used} is {value}", short=True)
    return value
