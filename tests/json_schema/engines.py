"""The two engines that hold a body to a schema: one explains what it finds, one is quick."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from docpact.audit.compiled import IsValid, compiled
from docpact.audit.quick import Quick
from docpact.bodies.validate import validate

OTHERWISE: Final = {
    "hostname": "example.com.",
    "idn-email": "@",
    "idn-hostname": "example。",
    "regex": "a]",
    "relative-json-pointer": "0+1",
    "uri-template": '{a}"',
}
"""Format that the quick engine judges by docpact's checker → a text of which its own differs."""


def explains(schema: Any, instance: Any) -> bool:
    """Say whether the engine that explains finds nothing."""
    return validate(schema, instance).violations == ()


def accepts(schema: Any, body: bytes) -> bool:
    """Say whether the quick engine takes a body; what it does not read, the other one is asked."""
    quick, is_valid = _quick(json.dumps(schema))
    reading = quick.read(body)
    if reading is None:
        return explains(schema, json.loads(body))
    return reading.form is not None or is_valid(reading.value)


@lru_cache(maxsize=64)
def _quick(schema: str) -> tuple[Quick, IsValid]:
    return Quick(json.loads(schema)), compiled(json.loads(schema))


def encoded(instance: Any) -> bytes:
    """Write an instance as a body."""
    return json.dumps(instance).encode()
