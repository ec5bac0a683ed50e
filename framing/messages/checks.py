"""What holds between the fields of a message: sizes, names, and where each field ends."""

from __future__ import annotations

from typing import Any

from framing.errors import SpecError, near_miss
from framing.messages.fields import Choice, Measure, Number, Octets, Packed, Repeat, Text, field_names
from framing.model.expressions import Expression, ExpressionError


def constant(used: Expression | None) -> int | None:
    """The value of an expression without names, where it is a size."""
    if used is None or used.names:
        return None
    try:
        value = used.evaluate({})
    except ExpressionError:
        return None
    return value if isinstance(value, int) and value >= 0 else None


def fixed_size(part: Any) -> int | None:
    """The bytes of a field where its declaration tells, None where they vary."""
    if part.if_ is not None or part.optional:
        return None
    if isinstance(part, (Number, Measure)):
        kind: Any = part.type
        size: int | None = kind.size
        return size
    if isinstance(part, Packed):
        return part.size
    if isinstance(part, Choice):
        sizes = {each.size for each in part.types.values()}
        return sizes.pop() if len(sizes) == 1 else None
    if isinstance(part, Repeat):
        count, size = constant(part.count), size_of(part.group)
        return None if count is None or size is None else count * size
    return constant(part.size)


def _never_empty(part: Any) -> bool:
    if part.if_ is not None or isinstance(part, Repeat):
        return False
    if isinstance(part, (Octets, Text)) and not (isinstance(part, Text) and part.size is None):
        return bool(fixed_size(part))
    return True


def _expressions(part: Any) -> dict[str, Expression]:
    found = {name: getattr(part, attribute, None) for name, attribute in _EXPRESSIONS.items()}
    return {name: used for name, used in found.items() if isinstance(used, Expression)}


_EXPRESSIONS = {"if": "if_", "equals": "equals", "valid": "valid", "size": "size", "by": "by", "count": "count"}


def is_open(part: Any) -> bool:
    """Whether a field itself does not tell where it ends."""
    if isinstance(part, Repeat):
        return part.count is None
    return (isinstance(part, Octets) and part.size is None) or (isinstance(part, Text) and part.size is None and not part.end)


def check_group(fields: tuple[Any, ...], separated: bool, around: frozenset[str] = frozenset(), inner: bool = False) -> None:
    """Each name once in a group, expressions of names that stand before them, and an end to everything but the last.

    `separated`: a separator ends each text; `around`: names of the groups around this one; `inner`: there are such.
    """
    own: set[str] = set()
    measured: dict[str, int] = {}
    for index, part in enumerate(fields):
        try:
            _check_kind(part, separated, inner, index > 0 and fields[index - 1].optional)
            behind = fields[index + 1 :]
            measure = measured.pop(part.name, None)
            closed = not is_open(part) or measure is not None or (_few_follow(part, behind) if separated else not inner and size_of(behind) is not None)
            if not closed:
                wanted = {Repeat: "count", Octets: "size", Text: "size or end"}[type(part)]
                expected = f"a {wanted}, a length of it, or nothing but fields of fixed size behind it, up to the message's end"
                raise SpecError(f"nothing tells where {part.name!r} ends", expected=expected)
            _check_names(part, own | around)
            for name in field_names(part):
                if name in own:
                    raise SpecError(f"{name!r} stands twice", expected="each name once")
                if name.startswith("_"):
                    raise SpecError(f"{name!r} begins with an underscore", expected="a letter first")
            if isinstance(part, Repeat):
                _check_repeat(part, separated, frozenset(around | own))
            if isinstance(part, Measure):
                if part.of in measured or not any(is_open(each) and each.name == part.of for each in behind):
                    raise SpecError(f"{part.of!r} is nothing that this could measure", path="of", expected="data, text or a repeat behind it, without a size, once")
                measured[part.of] = index
        except SpecError as error:
            raise error.within(f"[{index}]") from None
        own |= set(field_names(part))


def _check_repeat(part: Repeat, separated: bool, around: frozenset[str]) -> None:
    try:
        check_group(part.group, separated, around, inner=True)
        if not any(_never_empty(each) for each in part.group):
            raise SpecError("the group could be empty", expected="a field that always takes a byte")
    except SpecError as error:
        raise (error.within("fields") if part.fields else _unlisted(error).within("each")) from None


def size_of(fields: tuple[Any, ...]) -> int | None:
    """The bytes of fields one behind the other; None where they vary."""
    sizes = [fixed_size(part) for part in fields]
    return None if None in sizes else sum(size or 0 for size in sizes)


def _unlisted(error: SpecError) -> SpecError:
    path = error.path.removeprefix("[0]").removeprefix(".")
    return SpecError(error.message, path=path, expected=error.expected, near=error.near)


def _few_follow(part: Any, behind: tuple[Any, ...]) -> bool:
    """Whether these may stand behind an open field of a separated message: all, but behind a repeat fewer than it has."""
    if not isinstance(part, Repeat):
        return True
    if part.count is None and any(not isinstance(each, Text) for each in part.group):
        return False
    return all(isinstance(each, Text) and each.optional for each in behind) and len(behind) < len(part.group)


def _check_kind(part: Any, separated: bool, inner: bool, behind_optional: bool) -> None:
    if separated and not isinstance(part, (Text, Repeat)):
        raise SpecError(f"{part.name!r} is no text", expected="text and repeat only, where a separator stands between fields")
    if separated and isinstance(part, Text) and (part.size is not None or part.end):
        raise SpecError("the separator ends the text", path="end" if part.end else "size", expected="a text without them")
    if inner and part.optional:
        raise SpecError("an optional field in a group", path="optional", expected="optional fields at the end of the message")
    if behind_optional and not part.optional:
        raise SpecError(f"{part.name!r} stands behind an optional field", expected="optional = true")


def _check_names(part: Any, before: set[str]) -> None:
    for entry, used in _expressions(part).items():
        known = before | (set(field_names(part)) if entry == "valid" else set())
        for name in sorted(used.names - known):
            expected = f"one of {', '.join(sorted(known))}" if known else "names of earlier fields, and there are none"
            raise SpecError(f"unknown field {name!r}", path=entry, expected=expected, near=near_miss(name, known))
