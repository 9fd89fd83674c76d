"""The JSON Schema of the wire, for the tests of all who speak it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema_rs

SCHEMA = json.loads((Path(__file__).parents[1] / "docs/wire.schema.json").read_text("utf-8"))
METHODS = tuple(
    name.removeprefix("params:") for name in SCHEMA["$defs"] if name.startswith("params:")
)


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    chosen = {"$ref": f"#/$defs/{name}"}
    return jsonschema_rs.validator_for({"$defs": SCHEMA["$defs"], **chosen})


def is_valid(name: str, value: object) -> bool:
    """Whether ``value`` is what the schema calls ``name``."""
    return _validator(name).is_valid(value)


def check(name: str, value: object) -> None:
    """Fail, with the reason, where it is not."""
    _validator(name).validate(value)
