"""The two engines that hold a body to a schema: one explains what it finds, one is quick."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final

import jsonschema_rs

from docpact.formats import CHECKER
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
    """Say whether the quick engine takes a body."""
    return _validator(json.dumps(schema)).is_valid(json.loads(body))


@lru_cache(maxsize=64)
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    formats: dict[str, Callable[..., bool]] = {
        name: partial(CHECKER.conforms, format=name) for name in OTHERWISE
    }
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema), formats=formats, validate_formats=True
    )


def encoded(instance: Any) -> bytes:
    """Write an instance as a body."""
    return json.dumps(instance).encode()
