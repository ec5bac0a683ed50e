"""The JSON Schema says the same as the loader, as far as a schema can."""

from __future__ import annotations

import copy
import random
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framing import schema, spec
from framing.checksums import algorithm
from framing.errors import SpecError
from framing.model.declared import keys_of
from framing.model.parts import PARTS

HERE = Path(__file__).parent
SHIPPED_TEXTS = {name: file.read_text("utf-8") for name, file in spec.shipped().items()}
BAD = re.findall(r"^### (.*)\n((?:.*\n)*?)>>> (.*)\n", (HERE / "bad_specs.txt").read_text("utf-8"), re.MULTILINE)
STRUCTURAL = re.compile(
    r"unknown (key|stuffing|reason)|is missing|is an? (boolean|integer|float|string|array|table|date)|hexadecimal"
    r"|neither|both layout|both hex|no part|in one part|either size|no layout|is empty|\b0 (parts|tables)|no bytes"
    r"|is no (name|integer|format name|bit field|field);|lacks its byte order|unknown type"
)


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema.Draft202012Validator(schema.json_schema())


def test_the_schema_is_one(validator: Any) -> None:
    validator.check_schema(schema.json_schema())
    assert schema.json_schema()["$schema"] == schema.DIALECT


def test_the_shipped_file_is_up_to_date() -> None:
    shipped = Path(schema.__file__).with_name("spec.schema.json")
    assert shipped.read_text("utf-8") == schema.json_text(), "run `framing schema > framing/spec.schema.json`"


@pytest.mark.parametrize("name", SHIPPED_TEXTS)
def test_shipped_specs_are_accepted(name: str, validator: Any) -> None:
    validator.validate(tomllib.loads(SHIPPED_TEXTS[name]))


@pytest.mark.parametrize("name, text, message", BAD)
def test_wrong_structure_is_refused(name: str, text: str, message: str, validator: Any) -> None:
    if STRUCTURAL.search(message):
        assert not validator.is_valid(tomllib.loads(text))


def test_much_of_what_is_wrong_is_a_matter_of_structure() -> None:
    assert sum(bool(STRUCTURAL.search(message)) for _, _, message in BAD) > 50


@pytest.mark.parametrize(
    "part",
    [
        {"sync": "$marker", "errors": "$errors"},
        {"sync": ["AA", "$marker"]},
        {"field": "a", "type": "u8", "allowed": [1, "$b"], "min": "$c"},
        {"bits": ["a:3", "b:5"], "type": "u8", "length": "a", "of": "frame", "unit": "$unit"},
        {"data": "a", "size": "$size"},
        {"data": "a", "size": {"by": 1, "table": "t"}, "if": 1},
        {"checksum": "a", "type": "u8", "over": "a", "algorithm": {"width": 8, "poly": 7, "refin": True}},
        {"checksum": "a", "type": "u8", "over": "a", "algorithm": {"sum": 16, "word": "u16le", "negate": False}},
        {"checksum": "a", "type": "u8", "over": "a", "algorithm": {"xor": 8, "init": 1, "xorout": 2}},
        {"end": "0D 0A", "as": "x"},
    ],
)
def test_parts(part: dict[str, Any], validator: Any) -> None:
    validator.validate({"name": "toy", "layout": [part]})


@pytest.mark.parametrize("key", ["width", "sum", "xor"])
def test_inline_algorithms_have_the_keys_that_the_loader_takes(key: str) -> None:
    with pytest.raises(SpecError) as caught:
        algorithm({key: 8, "unknown": 1})
    definitions = schema.json_schema()["$defs"]["Algorithm"]["anyOf"]
    [known] = [each["properties"] for each in definitions if key in each.get("properties", {})]
    assert caught.value.expected == "one of " + ", ".join(known)


def test_words_of_sums_are_those_that_the_loader_takes() -> None:
    with pytest.raises(SpecError) as caught:
        algorithm({"sum": 8, "word": "u9"})
    words = schema.json_schema()["$defs"]["Algorithm"]["anyOf"][3]["properties"]["word"]["enum"]
    assert caught.value.expected == "one of " + ", ".join(words)


def test_every_key_is_described() -> None:
    made = schema.json_schema()
    for table in [made, *made["$defs"].values()]:
        for name, entry in table.get("properties", {}).items():
            assert entry["description"], name
    assert made["$defs"]["Bits"]["required"] == ["bits", "type"]
    for declared in PARTS.values():
        assert list(made["$defs"][declared.__name__]["properties"]) == [each.name for each in keys_of(declared)]


@pytest.mark.parametrize("key", ["max_size", "block"])
@pytest.mark.parametrize(("value", "fits"), [(0, False), (1, True), (1 << 31, True), ((1 << 31) + 1, False)])
def test_sizes_have_the_same_bounds_in_both(validator: Any, key: str, value: int, fits: bool) -> None:
    table = {"name": "toy", "layout": [{"sync": "AA"}], key: value}
    assert validator.is_valid(table) is fits
    try:
        spec.Source("", None, "toy", table).protocol({})
    except SpecError as error:
        assert error.path == key and not fits
    else:
        assert fits


@pytest.mark.parametrize(("table", "fits"), [({"0x01": 2, "-3": 4}, True), ({"1": 2, "one": 2}, False), ({"1": "two"}, False), ({}, False)])
def test_tables_have_numbers_in_both(validator: Any, table: dict[str, Any], fits: bool) -> None:
    document = {"name": "toy", "layout": [{"sync": "AA"}], "tables": {"sizes": table}}
    assert validator.is_valid(document) is fits
    if fits:
        spec.Source("", None, "toy", document).protocol({})
    else:
        with pytest.raises(SpecError):
            spec.Source("", None, "toy", document).protocol({})


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in `value` with each of its keys."""
    entries = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, name) for name, _ in entries] + [place for _, inner in entries for place in places(inner)]


SAMPLES = (
    0,
    1,
    -1,
    300,
    1.5,
    True,
    False,
    "",
    "1",
    "AA",
    "A",
    "u8",
    "u16",
    "payload",
    "a..b",
    "frame",
    "$x",
    "a b",
    [],
    {},
    [1],
    ["AA"],
)


@settings(max_examples=300)
@given(
    st.randoms(use_true_random=False), st.sampled_from(sorted(set(SHIPPED_TEXTS) - {"ccsds-cadu", "mavlink", "tsip"}))
)
def test_what_the_loader_takes_the_schema_takes(validator: Any, rnd: random.Random, name: str) -> None:
    table = copy.deepcopy(tomllib.loads(SHIPPED_TEXTS[name]))
    table.pop("example", None)
    for _ in range(rnd.randint(1, 2)):
        container, key = rnd.choice(places(table))
        if rnd.random() < 0.3:
            del container[key]
        else:
            container[key] = copy.deepcopy(rnd.choice(SAMPLES))
    try:
        spec.Source("", None, name, table).protocol({})
    except SpecError:
        return
    validator.validate(table)
