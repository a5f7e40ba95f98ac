"""One record of traffic: fields that are named one by one, and the entry they come down to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from docpact.model import Exchange, Failure, Operation, Response
from docpact.traffic.recording import Entry

FIELDS: Final = ("body", "status", "url", "method", "headers", "seconds")
"""What a record may tell; all but the body may be missing."""

_NO_ANSWER: Final = Failure("cut", "no answer was recorded")


@dataclass(frozen=True, slots=True)
class Torn:
    """The last line of a file that is not whole: still being written, or its writer was killed."""


Record: TypeAlias = Entry | Exchange | Torn


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a source.

    Attributes:
        operation: whose traffic is looked for.
        fields: field → what it is called in the source, where it has another name there.
        begin: the first position of interest.
    """

    operation: Operation
    fields: Mapping[str, str]
    begin: int

    def named(self) -> dict[str, str]:
        """Return field → what it is called in the source."""
        return {field: self.fields.get(field, field) for field in FIELDS}


@dataclass(frozen=True, slots=True)
class Entries:
    """Makes entries of fields; what a record does not tell is as the operation documents it.

    Attributes:
        operation: whose traffic it is.
    """

    operation: Operation

    def entry(self, fields: Iterable[Any]) -> Entry:
        """Return the entry of one record.

        Args:
            fields: in the order of `FIELDS`, each None where it is missing: the body in bytes
                (there was no answer where it and the status are missing), the status as a number or
                its text (0: no answer), the URL absolute or a path, the method in any case, the
                headers as name → value or values, as pairs, as objects of `name` and `value`, or as
                the JSON text of these, the seconds as a number.

        Raises:
            ValueError: a field is none of these.
        """
        body, status, url, method, headers, seconds = fields
        code = _status(status)
        if code == 0 or (code is None and body is None):
            outcome: Response | Failure = _NO_ANSWER
        else:
            outcome = Response(
                self.operation.status if code is None else code,
                () if headers is None else tuple(_pairs(headers)),
                b"" if body is None else body,
            )
        return Entry(
            self.operation.method if method is None else _text("method", method).upper(),
            self._url(url),
            outcome,
            0.0 if seconds is None else max(0.0, float(seconds)),
            labelled=headers is not None,
        )

    def _url(self, url: Any) -> str:
        if url is None:
            return self.operation.server + self.operation.path
        text = _text("url", url)
        return self.operation.server + text if text.startswith("/") else text


def encoded(body: Any) -> bytes | None:
    """Return a decoded body as bytes: a text as it was sent, or a JSON value written anew."""
    if body is None:
        return None
    text = body if isinstance(body, str) else json.dumps(body)
    return text.encode("utf-8", "surrogatepass")


def _status(value: Any) -> int | None:
    if value is None or type(value) is int:
        return value
    try:
        if not isinstance(value, bool) and (number := float(value)).is_integer():
            return int(number)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"status {value!r}: a whole number is expected")


def _text(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{field} {value!r}: text is expected")  # noqa: TRY004 (a bad record)
    return value


def _pairs(headers: Any) -> list[tuple[str, str]]:
    return [
        (str(name).lower(), str(each))
        for name, value in _items(headers)
        for each in (value if isinstance(value, list) else (value,))
        if each is not None
    ]


def _items(headers: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(headers, dict):
        return headers.items()
    try:
        if isinstance(headers, str):
            return _items(json.loads(headers) or ())
        return [_pair(each) for each in headers]
    except (TypeError, ValueError, KeyError, RecursionError):
        raise ValueError("headers: neither an object nor a list of pairs") from None


def _pair(each: Any) -> tuple[Any, Any]:
    if isinstance(each, dict):
        return each["name"], each["value"]
    if isinstance(each, str):
        raise TypeError
    name, value = each
    return name, value
