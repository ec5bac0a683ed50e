"""`framing schema`: the JSON Schema of spec files, for completion and checks in editors."""

from __future__ import annotations

import json


def schema() -> None:
    """Print the JSON Schema of spec files."""
    from framing.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
