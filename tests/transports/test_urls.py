from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any, ClassVar

import pytest

from framing import FramingError
from framing.transports import urls
from framing.transports.links import Link, Transport
from framing.transports.steps import Steps
from framing.transports.urls import (
    ADDRESS,
    TEXT,
    YES_NO,
    Reader,
    UrlError,
    choice,
    host_port,
    option,
    option_name,
    place,
    seconds,
    transport,
    transport_type,
    whole,
)


@dataclass(frozen=True)
class Toy(Transport):
    form: ClassVar[str] = "toy://host:port"
    host: str = place("the host")
    port: int = place("the port", 7)
    speed: int = option(9, whole(1, 100), "How fast.")
    no_delay: bool = option(True, YES_NO, "At once.")
    parity: str = option("none", choice("none", "even"), "The parity.")
    source: str = option("", TEXT, "From where.", name="from")

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        host, port = host_port(where)
        return dict(host=host, port=port)

    def connect(self, until: float | None = None) -> Steps[Link]:
        raise NotImplementedError


@dataclass(frozen=True)
class Raw(Transport):
    form: ClassVar[str] = "raw:anything"
    raw: ClassVar[bool] = True
    text: str = place("all of it")

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        if not where:
            raise ValueError
        return dict(text=where)

    def connect(self, until: float | None = None) -> Steps[Link]:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def _schemes(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("framing.transports.toys")
    module.SCHEMES = {"toy": Toy, "raw": Raw}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(urls.MODULES, "toy", "toys")
    monkeypatch.setitem(urls.MODULES, "raw", "toys")


def error(url: str) -> UrlError:
    with pytest.raises(UrlError) as caught:
        transport(url)
    assert caught.value.url == url
    return caught.value


def test_a_url_becomes_its_transport() -> None:
    assert transport("toy://here:4028") == Toy("here", 4028)
    assert transport("toy:here:4028") == Toy("here", 4028)
    assert transport("toy://[::1]:9?speed=0x10&no-delay=off&parity=even&from=a%20b") == Toy("::1", 9, 16, False, "even", "a b")


def test_what_is_raw_is_left_as_it_is() -> None:
    assert transport("raw:cat %20 | grep 'a?b=c'") == Raw("cat %20 | grep 'a?b=c'")


def test_percent_signs_in_the_place_are_undone() -> None:
    assert transport("toy://a%2Db:1") == Toy("a-b", 1)


def test_an_unknown_option_is_told_with_what_was_meant() -> None:
    found = error("toy://here:1?sped=3")
    assert "no option 'sped'" in str(found) and found.near == "speed"
    assert found.expected == "one of speed, no-delay, parity, from"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("speed=101", "a whole number from 1 to 100"),
        ("speed=fast", "a whole number"),
        ("no-delay=maybe", "yes or no"),
        ("parity=odd", "one of none, even"),
        ("speed", "name=value"),
        ("speed=1&&parity=even", "name=value"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(query: str, expected: str) -> None:
    found = error(f"toy://here:1?{query}")
    assert expected in (found.expected or "") and query.split("=")[0] in str(found)


def test_an_option_may_be_given_once() -> None:
    assert "given twice" in str(error("toy://here:1?speed=1&speed=2"))


@pytest.mark.parametrize(
    ("where", "words"),
    [("here", "no port"), (":5", "no host"), ("here:70000", "there is no port 70000"), ("::1:5", "stands in brackets"), ("", "no port")],
)
def test_a_place_that_is_none_is_told_with_the_form(where: str, words: str) -> None:
    found = error(f"toy://{where}")
    assert words in str(found) and "expected toy://host:port" in str(found)


def test_schemes_that_there_are_not() -> None:
    assert error("toyy://here:1").near == "toy"
    assert "no scheme" in str(error("/dev/ttyUSB0"))
    assert error("raw:").expected == "raw:anything"
    with pytest.raises(UrlError, match="tpc"):
        transport_type("tpc")


def test_errors_of_urls_are_the_packages_and_values() -> None:
    found = error("toy://here")
    assert isinstance(found, FramingError) and isinstance(found, ValueError)


@pytest.mark.parametrize("scheme", [each for each in urls.MODULES if each not in ("toy", "raw")])
def test_every_scheme_leads_to_a_transport_that_explains_itself(scheme: str) -> None:
    try:
        kind = transport_type(scheme)
    except ModuleNotFoundError as missing:
        assert not (missing.name or "").startswith("framing"), f"{scheme} has no module"
        pytest.skip(f"{missing.name} is not installed")
    assert kind.form.split(":")[0] in urls.MODULES
    names = [option_name(each) for each in fields(kind) if "reader" in each.metadata]  # type: ignore[arg-type]
    assert len(set(names)) == len(names)
    for each in fields(kind):  # type: ignore[arg-type]
        if each.init:
            assert each.metadata.get("doc"), f"{scheme}: {each.name} does not say what it is for"
        if "reader" in each.metadata:
            assert isinstance(each.metadata["reader"], Reader) and each.metadata["doc"].endswith((".", ")")), each.name


def test_readers() -> None:
    assert seconds().read("0.25") == 0.25
    assert ADDRESS.read(":5") == ("", 5) and ADDRESS.read("[::1]:0") == ("::1", 0)
    assert YES_NO.read("True") is True and YES_NO.read("OFF") is False
    for reader, wrong in ((seconds(1, 2), "3"), (seconds(), "nan"), (whole(0, 9), "1.5"), (ADDRESS, "5"), (choice("a"), "b")):
        with pytest.raises(ValueError):  # noqa: PT011 # a reader's words are the caller's
            reader.read(wrong)
