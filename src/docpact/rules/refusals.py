"""Refusals that only the body states: an error with the status of a success."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from docpact.model import Exchange, Expected
from docpact.model.paging import plain

SUCCESS: Final = frozenset({"ok", "success", "succeeded", "issuccess"})
"""Names of fields that are false only if a request failed, in lower case without separators."""

MARKS: Final = SUCCESS | {
    *("status", "code", "result", "ret", "error", "iserror"),
    *("statuscode", "errcode", "errorcode", "retcode", "errno"),
}
"""Names of fields that say whether a request succeeded."""

REASONS: Final = frozenset(
    {"error", "message", "msg", "errmsg", "errormessage", "reason", "detail", "code", "errorcode"}
)
"""Names of fields that say why a request failed."""

MESSAGES: Final = REASONS | {
    *("details", "errors", "warning", "warnings", "meta", "metadata", "responsemetadata"),
    *("requestid", "traceid", "timestamp", "time"),
}
"""Names of fields that a refusal may have as well as a success."""


def find_refusals(bodies: Iterable[tuple[Exchange, Any]]) -> frozenset[int]:
    """Return the `id` of each exchange whose body refuses its request, whatever its status.

    Such a body says so in a field that has the same value in every response to a plain request,
    and it has none of the content that those have: `{"ok": false, "error": "…"}` instead
    of `{"ok": true, "channels": […]}`.
    """
    found = [
        (exchange, body)
        for exchange, body in bodies
        if 200 <= exchange.status < 300 and isinstance(body, Mapping)
    ]
    usual = [body for exchange, body in found if _is_documented(exchange)]
    marks = {name: value for name, value in _find_common(usual).items() if plain(name) in MARKS}
    content = {
        name
        for name in set[str]().union(*usual)
        if plain(name) not in MARKS | MESSAGES and any(body.get(name) for body in usual)
    }
    return frozenset(
        id(exchange)
        for exchange, body in found
        if states_failure(body)
        or (
            content
            and any(name in body and body[name] != value for name, value in marks.items())
            and not any(body.get(name) for name in content)
        )
    )


def states_failure(body: Any) -> bool:
    """Return whether a body without content says that the request failed, and why."""
    if not isinstance(body, Mapping):
        return False
    has_content = any(isinstance(value, list | Mapping) and value for value in body.values())
    failed = any(body[name] is False for name in body if plain(name) in SUCCESS)
    return failed and not has_content and any(body[n] for n in body if plain(n) in REASONS)


def _is_documented(exchange: Exchange) -> bool:
    question = exchange.case.question
    is_plain = exchange.case.expectation.answer is Expected.ACCEPTED and not question.query
    return is_plain and question.credentials == "valid"


def _find_common(bodies: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the scalars at the top that all bodies have with one value."""
    first, *others = bodies or [{}]
    return {
        name: value
        for name, value in first.items()
        if isinstance(value, str | bool | int)
        if all(name in each and each[name] == value for each in others)
    }
