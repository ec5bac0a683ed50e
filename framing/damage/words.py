"""Models as words: `bits:rate=1e-5`, `burst:every=50_000,length=40`. What is left out has its default."""

from __future__ import annotations

from dataclasses import fields

from framing.damage.models import MODELS, Model
from framing.errors import near_miss


def model(text: str) -> Model:
    """The model that a text names. Raises ValueError with what was probably meant.

    >>> model("lost:rate=0.001,run=8")
    Lost(rate=0.001, run=8.0)
    >>> model("lots")
    Traceback (most recent call last):
    ValueError: unknown model 'lots'; expected one of bits, burst, lost, ...; did you mean 'lost'?
    """
    name, colon, rest = text.partition(":")
    if name not in MODELS:
        raise ValueError(f"unknown model {name!r}; expected one of {', '.join(MODELS)}{_meant(name, list(MODELS))}")
    known = [each.name for each in fields(MODELS[name])]
    if colon and not rest:
        raise ValueError(f"{name}: nothing behind the colon; expected {'=…, '.join(known)}=…")
    given: dict[str, float] = {}
    for word in filter(None, rest.split(",")) if rest else ():
        key, equals, value = word.partition("=")
        if key not in known:
            raise ValueError(f"{name} has no {key!r}, only {', '.join(known)}{_meant(key, known)}")
        if not equals or key in given:
            raise ValueError(
                f"{name}: {key} {'is given twice' if equals else 'has no value'}; expected {key}=NUMBER, once"
            )
        try:
            given[key] = float(value)
        except ValueError:
            raise ValueError(f"{name}: {key} is {value!r}; expected a number") from None
    return MODELS[name](**given)


def told() -> list[tuple[str, str, str]]:
    """Of each model its name, its parameters with their defaults, and what it does."""
    return [
        (name, ",".join(f"{each.name}={each.default:g}" for each in fields(kind)), (kind.__doc__ or "").splitlines()[0])
        for name, kind in MODELS.items()
    ]


def _meant(word: str, known: list[str]) -> str:
    near = near_miss(word, known)
    return f"; did you mean {near!r}?" if near else ""
