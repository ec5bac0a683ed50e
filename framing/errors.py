"""What can go wrong, as exceptions and as reasons.

An exception means that *you* asked for something impossible: a spec that contradicts itself, a value that does not fit
its field, bytes that are not one whole frame. Damage on the wire is not an exception. It is a `Gap` with a `Reason`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum, auto


class Reason(StrEnum):
    """Why bytes belong to no frame. The value is the lower-case name, as the command line prints it."""

    NOISE = auto()
    """No frame could start here."""
    FILL = auto()
    """Legal idle filler: delimiters that close nothing."""
    MARKER = auto()
    """A marker that is wrong, or stands where none may, inside the frame; or a flywheel that lost its marker."""
    FIELD = auto()
    """A constant, range, character set, digit, end pattern or expression that does not hold."""
    LENGTH = auto()
    """A length outside its limits, at odds with the layout, or not in its table."""
    TOO_LONG = auto()
    """More bytes than the format's `max_size`."""
    ESCAPE = auto()
    """A byte sequence that the byte stuffing cannot produce."""
    CHECKSUM = auto()
    """A checksum that does not match."""
    TRUNCATED = auto()
    """The stream, or the delimited area, ended before the frame did."""
    UNCONFIRMED = auto()
    """Intact, but not followed by as many intact frames as `lock` asks for."""
    OVERTAKEN = auto()
    """Early order: other frames completed inside the claimed extent first."""
    MAC = auto()
    """A message authentication code that does not match."""
    TRAILING = auto()
    """Bytes behind the frame. Only from `decode` of a single frame."""


class FramingError(Exception):
    """The base of every error that this package raises on its own account."""


def near_miss(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be, or None.

    >>> near_miss("lenght", ["length", "layout"])
    'length'
    """
    folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


class SpecError(FramingError):
    """A description of a wire format that is wrong.

    Attributes: `message`; `expected`, what would have been right; `near`, the word that was probably meant; `path`, where
    in the description (`layout[2].type`); `file` and `line` (counted from 1) where they are known.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        expected: str | None = None,
        near: str | None = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.expected = expected
        self.near = near
        self.file = file
        self.line = line

    def __str__(self) -> str:
        line = None if self.line is None else str(self.line) if self.file else f"line {self.line}"
        place = ":".join(part for part in (self.file, line) if part is not None)
        text = ": ".join(part for part in (place, self.path, self.message) if part)
        if self.expected:
            text += f"; expected {self.expected}"
        if self.near:
            text += f"; did you mean {self.near!r}?"
        return text

    def within(self, prefix: str) -> SpecError:
        """The same error, its path seen from one level further out: `within("layout[2]")`."""
        joint = "" if not prefix or not self.path or self.path.startswith("[") else "."
        return self._but(path=prefix + joint + self.path)

    def located(self, file: str | None, line: int | None) -> SpecError:
        """The same error with the file and line where it stands."""
        return self._but(file=file, line=line)

    def _but(self, **changes: object) -> SpecError:
        known: dict[str, object] = dict(
            path=self.path, expected=self.expected, near=self.near, file=self.file, line=self.line
        )
        error = SpecError(self.message, **(known | changes))  # type: ignore[arg-type]
        error.__cause__ = self.__cause__
        return error


class EncodeError(FramingError):
    """A value that its field cannot carry. `field` names it, `limit` says what it can carry."""

    def __init__(self, field: str, message: str, limit: str | None = None) -> None:
        super().__init__(f"{field}: {message}" + (f"; {limit}" if limit else ""))
        self.field = field
        self.message = message
        self.limit = limit


class FrameError(FramingError):
    """Bytes that are not exactly one whole frame.

    `reason` is a `Reason`; `offset` is that of the byte that decided it, counted from the first byte given (for
    TRUNCATED, where the missing byte would stand).
    """

    def __init__(self, reason: Reason, offset: int, message: str = "") -> None:
        super().__init__(f"{reason.value} at offset {offset}" + (f": {message}" if message else ""))
        self.reason = reason
        self.offset = offset
