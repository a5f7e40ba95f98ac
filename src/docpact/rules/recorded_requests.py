"""Judges the recorded requests of other clients."""

from __future__ import annotations

from typing import Any

from docpact.bodies.validate import Violation, validate
from docpact.cases.request_bodies import FORM, read_body
from docpact.media_types import is_json, is_media_type, parse_media_type
from docpact.model import Exchange, Operation, SentBody
from docpact.rules.documented_responses import Fault
from docpact.rules.response_promises import REQUEST
from docpact.rules.summary import BreachKey

_NOTHING = object()


def find_request_faults(operation: Operation, exchange: Exchange) -> list[Fault] | None:
    """Return the problems of the body of an accepted request, or None if there is nothing to judge.

    A refused request is a documented use of the API. A body that is missing, damaged or of another
    media type may be so in the recording alone.
    """
    schema, sent = operation.body_schema, exchange.sent
    if schema is None or sent is None or not 200 <= exchange.status < 400:
        return None
    value = _read(operation, sent)
    if value is _NOTHING:
        return None
    return [_make_fault(each) for each in validate(schema, value).violations]


def _make_fault(found: Violation) -> Fault:
    key = BreachKey(
        REQUEST, pointer=REQUEST, location=f"body{found.location}", detail=found.keyword
    )
    observed = f"{found.observed}, documented as {found.documented}"
    return Fault(key, observed, f"body{found.pointer}")


def _read(operation: Operation, sent: SentBody) -> Any:
    """Return the decoded body, or `_NOTHING`."""
    documented = operation.request_body.media_type
    if not is_media_type(sent.content_type, documented):
        return _NOTHING
    is_form = parse_media_type(documented).name == FORM and b"[" not in sent.body
    if not (is_json(sent.content_type) or (is_form and b"%5B" not in sent.body.upper())):
        return _NOTHING
    try:
        return read_body(operation, sent.content_type, sent.body)
    except ValueError:
        return _NOTHING
