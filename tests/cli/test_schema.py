"""`framing schema`."""

from __future__ import annotations

import json

from framing.schema import json_schema

from .conftest import Run


def test_it_is_the_schema(run: Run) -> None:
    outcome = run("schema")
    assert (outcome.status, outcome.err) == (0, "")
    assert json.loads(outcome.out) == json_schema()
