"""The catalogue: enough of it, each spec with a family and an example, and its page as the specs say."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

import framing
from framing.spec import describe
from pages import ROOT

pytest.importorskip("typer", reason="typer is not installed")

_spec = importlib.util.spec_from_file_location("catalogue_page", ROOT / "docs" / "catalogue.py")
assert _spec is not None and _spec.loader is not None
catalogue: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(catalogue)


def test_the_page_is_as_the_specs_say() -> None:
    assert catalogue.PAGE.read_text("utf-8") == catalogue.page(), "python docs/catalogue.py --write"


@pytest.mark.parametrize("name", framing.shipped())
def test_each_spec_says_where_it_comes_from_and_is_held_against_frames(name: str) -> None:
    if any(each.wanted for each in describe(name).parameters.values()):
        pytest.skip("its layout needs a parameter, which its examples give")
    protocol = framing.load(name)
    assert protocol.family and protocol.title and protocol.source
    assert protocol.examples and protocol.counterexamples
    assert all(each.source for each in protocol.examples)


def test_few_examples_are_put_together_by_hand() -> None:
    examples = [each for one in catalogue.shipped_protocols() for each in one.examples]
    assert sum(each.hand_built for each in examples) < len(examples) / 8


def test_a_checked_header_does_not_stall() -> None:
    rows = {each.full_name: catalogue.stall(each) for one in catalogue.shipped_protocols() for each in one}
    assert rows["dnp3"] == "10"
    assert rows["ubx"] == "65,543"
    assert rows["cobs-crc16"] == "to the delimiter"
    assert rows["mpeg-ts"] == "188"
