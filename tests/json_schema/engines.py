"""The two engines that hold a body to a schema: one explains what it finds, one is quick."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from docpact.audit.quick import Quick
from docpact.validation import inspect

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
    return inspect(schema, instance).violations == ()


def accepts(schema: Any, body: bytes) -> bool:
    """Say whether the quick engine takes a body; where it is not apt, the other one is asked."""
    quick = _quick(json.dumps(schema))
    if not quick.is_apt:
        return explains(schema, json.loads(body))
    try:
        quick.read(body)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=64)
def _quick(schema: str) -> Quick:
    return Quick(json.loads(schema))


def encoded(instance: Any) -> bytes:
    """Write an instance as a body."""
    return json.dumps(instance).encode()
