"""The verdicts of both engines."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from docpact.audit.quick import QuickReader
from docpact.bodies.engine import Engine, ReferenceEngine, make_engine
from docpact.bodies.validate import validate

OTHERWISE: Final = {
    "hostname": "a---b",
    "idn-email": "@",
    "idn-hostname": "xn--gwdl",
    "regex": "a]",
    "relative-json-pointer": "0+1",
}
"""Format that jsonschema-rs takes from docpact → a text that it would judge differently."""


def explains(schema: Any, instance: Any) -> bool:
    """Return whether the reference engine finds no error and a validation no violation."""
    is_valid = not _engines(json.dumps(schema))[0].errors(instance)
    assert (validate(schema, instance).violations == ()) == is_valid
    return is_valid


def accepts(schema: Any, body: bytes) -> bool:
    """Return whether an audit finds a body valid."""
    reading = _reader(json.dumps(schema)).read(body)
    if reading is None:
        return explains(schema, json.loads(body))
    return reading.is_documented or make_engine(schema).is_valid(reading.value)


def both(schema: Any) -> tuple[Engine, Engine]:
    """Return the reference engine of a schema, and the engine that docpact chooses."""
    return _engines(json.dumps(schema))


@lru_cache(maxsize=64)
def _engines(schema: str) -> tuple[Engine, Engine]:
    return ReferenceEngine(json.loads(schema)), make_engine(json.loads(schema))


@lru_cache(maxsize=64)
def _reader(schema: str) -> QuickReader:
    return QuickReader(json.loads(schema))


def encoded(instance: Any) -> bytes:
    """Return an instance as a JSON body."""
    return json.dumps(instance).encode()
