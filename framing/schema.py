"""The JSON Schema of spec files, made from the model's declared classes, for completion and checks in editors.

It says what each table may hold, with the same sentences as the documentation. What holds between tables (a length that
measures an unknown part) is beyond it; `framing.load` checks that. `framing/spec.schema.json` is its text.
"""

from __future__ import annotations

import json
from typing import Any

from framing.messages.fields import MESSAGE_FIELDS, BitField, Repeat
from framing.messages.message import Message
from framing.model.checks import BitsChecksum, Blocks, Implied
from framing.model.declared import Schema, keys_of
from framing.model.examples import Counterexample, Example
from framing.model.lookups import Lookup
from framing.model.options import Learn, Lock, Transparency
from framing.model.parts import PARTS
from framing.parameters import Parameter
from framing.spec import Document, FormatTable
from framing.sums.crc_catalogue import CATALOGUE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
USE: Schema = {
    "type": "string",
    "pattern": r"^\$[A-Za-z_][A-Za-z0-9_]*$",
    "description": "a parameter: '$' and its name",
}

_CLASSES: tuple[type[Any], ...] = (
    FormatTable,
    *PARTS.values(),
    BitsChecksum,
    Lookup,
    Learn,
    Implied,
    Blocks,
    Transparency,
    Lock,
    Parameter,
    Message,
    *MESSAGE_FIELDS.values(),
    BitField,
    Example,
    Counterexample,
)
_WORD: Schema = {"enum": ["u8", "u16le", "u16be", "u32le", "u32be"]}
_NUMBER: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}


def json_schema() -> Schema:
    """The schema of a spec file, in the 2020-12 dialect.

    >>> json_schema()["$defs"]["Lookup"]["required"]
    ['by', 'table']
    """
    definitions = {declared.__name__: _table(declared) for declared in _CLASSES}
    definitions["Part"] = _any_of(
        [declared.__name__ for declared in (*PARTS.values(), BitsChecksum)], "one part of a layout, in wire order"
    )
    definitions["MessageField"] = _any_of([each.__name__ for each in MESSAGE_FIELDS.values()], "one field of a payload")
    definitions["Algorithm"] = _algorithm()
    definitions["Use"] = USE
    return {
        "$schema": DIALECT,
        "title": "framing: a wire format",
        **_table(Document),
        "$defs": dict(sorted(definitions.items())),
    }


def json_text() -> str:
    """The schema as the text of `framing/spec.schema.json`."""
    return json.dumps(json_schema(), indent=2) + "\n"


def _table(declared: type[Any]) -> Schema:
    entries = keys_of(declared)
    properties = {entry.name: {"description": entry.doc, **_or_use(entry.schema, declared)} for entry in entries}
    table: Schema = {
        "description": (declared.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    required = [entry.name for entry in entries if entry.required]
    if required:
        table["required"] = required
    one_of = _ONE_OF.get(declared)
    if one_of:
        table["oneOf"] = [{"required": [name]} for name in one_of]
    return table


_ONE_OF: dict[type[Any], tuple[str, str]] = {
    Document: ("layout", "format"),
    Example: ("hex", "text"),
    Counterexample: ("hex", "text"),
    Parameter: ("size", "type"),
    Repeat: ("fields", "each"),
}
_WITHOUT_USES = (Parameter, Example, Counterexample)


def _or_use(schema: Schema, declared: type[Any]) -> Schema:
    """The schema with `"$name"` allowed where a number is; patterns of hex digits allow it themselves."""
    if declared in _WITHOUT_USES:
        return schema
    if schema.get("type") in ("integer", "number"):
        return {"anyOf": [schema, {"$ref": "#/$defs/Use"}]}
    if schema.get("type") == "array":
        return {**schema, "items": _or_use(schema["items"], declared)}
    return schema


def _any_of(names: list[str], description: str) -> Schema:
    return {"description": description, "anyOf": [{"$ref": f"#/$defs/{name}"} for name in names]}


def _algorithm() -> Schema:
    crc = {"width": _NUMBER, "poly": _NUMBER, "init": _NUMBER, "refin": _FLAG, "refout": _FLAG, "xorout": _NUMBER}
    words = {"word": _WORD, "init": _NUMBER, "negate": _FLAG, "xorout": _NUMBER}
    finish = {"rotate": _NUMBER, "add": _NUMBER, "bits": _NUMBER}
    return {
        "description": "a checksum algorithm: its name in the RevEng catalogue, sum-8, xor-8, fletcher-8 …, or its parameters",
        "anyOf": [
            {"enum": [entry.name for entry in CATALOGUE]},
            {"type": "string", "minLength": 1},
            _inline({**crc, **finish}, "width", "poly"),
            _inline({"sum": _NUMBER, **words, **finish}, "sum"),
            _inline({"xor": _NUMBER, **words, "turn": _NUMBER, **finish}, "xor"),
            _inline({"name": {"type": "string"}, **finish}, "name"),
        ],
    }


def _inline(properties: Schema, *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
