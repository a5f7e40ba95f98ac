"""The quick way to a body: decoding, strictness and validation by compiled libraries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from docpact.audit.compiled import closed, compiled
from docpact.decoding import MAX_BYTES
from docpact.errors import MissingExtra
from docpact.model.schema import Schema

_COLON, _QUOTE = b':"'

_EXACT: Final = 2**53
"""Up to here every whole number is a double; the compiled decoder makes doubles of the largest."""


class Reading(NamedTuple):
    """A body, decoded.

    Attributes:
        value: names that came twice in an object are not noticed, and whole numbers of more than 64
            bits are doubles.
        is_documented: whether it keeps the schema, and every field is documented; of unions only
            the first is told.
    """

    value: Any
    is_documented: bool


class Quick:
    """Reads bodies; what it does not read is for `docpact.decoding` to judge.

    Raises:
        MissingExtra: the libraries are not installed.
    """

    def __init__(self, schema: Schema) -> None:
        try:
            import numpy as np
            import orjson
        except ModuleNotFoundError:
            raise MissingExtra("docpact audit", "audit") from None
        self._np, self._decode = np, orjson.loads
        self._buffers = np.empty((2, 0), np.bool_)
        self._is_documented = compiled(closed(schema))
        # Where a schema states numbers that no double can hold exactly, nothing is read.
        self._is_apt = all(abs(each) < _EXACT for each in _numbers(schema))

    def read(self, body: bytes) -> Reading | None:
        """Return what a body holds; None where it is too long or no strict JSON, or may be none."""
        if len(body) > MAX_BYTES or not self._is_apt:
            return None
        try:
            value = self._decode(body)
            return Reading(value, self._is_documented(value))
        except ValueError:
            return None

    def names_at_most(self, body: bytes) -> int:
        """Return how many members the objects of a body have together, or a greater number.

        The colon after each name is what is counted: behind a quote, or behind white space. One in
        a text may count too. Where no more members were decoded, no name came twice in an object.
        """
        np, pairs = self._np, len(body) - 1
        if self._buffers.shape[1] < pairs:
            self._buffers = np.empty((2, 2 * pairs), np.bool_)
        letters = np.frombuffer(body, np.uint8)
        is_colon = np.equal(letters[1:], _COLON, out=self._buffers[0, :pairs])
        is_end = np.less_equal(letters[:-1], _QUOTE, out=self._buffers[1, :pairs])
        is_end &= is_colon
        return int(np.count_nonzero(is_end))


def _numbers(stated: Any) -> Iterator[float]:
    """Yield every number in a schema."""
    if isinstance(stated, Mapping | list):
        for each in stated.values() if isinstance(stated, Mapping) else stated:
            yield from _numbers(each)
    elif isinstance(stated, int | float):
        yield stated
