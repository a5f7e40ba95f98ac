"""The quick way to a body: decoding, strictness and validation by compiled libraries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from docpact.audit.compiled import closed, compiled
from docpact.audit.usual import Open, used, usual
from docpact.bodies.decode import MAX_BYTES
from docpact.errors import MissingExtra
from docpact.model.schema import Schema

_COLON, _QUOTE = b':"'

_EXACT: Final = 2**53
"""Up to here every whole number is a double; the compiled decoder makes doubles of the largest."""


class Form(NamedTuple):
    """A form of the schema, at least as strict.

    Attributes:
        number: tells it apart.
        schema: itself.
    """

    number: int
    schema: Schema


class Reading(NamedTuple):
    """A body, decoded.

    Attributes:
        value: names that came twice in an object are not noticed, and whole numbers of more than 64
            bits are doubles.
        form: that it keeps, every field documented, of unions perhaps some not; else None.
    """

    value: Any
    form: Form | None


class Quick:
    """Reads bodies; what it does not read is for `docpact.bodies.decode` to judge.

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
        self._whole, self._used = Form(0, schema), frozenset[Open]()
        self._is_documented = compiled(closed(schema))
        self._assume()
        # Where a schema states numbers that no double can hold exactly, nothing is read.
        self._is_apt = all(abs(each) < _EXACT for each in _numbers(schema))

    def read(self, body: bytes) -> Reading | None:
        """Return what a body holds; None where it is too long or no strict JSON, or may be none."""
        if len(body) > MAX_BYTES or not self._is_apt:
            return None
        try:
            value = self._decode(body)
            if self._is_usual(value):
                return Reading(value, self._usual)
            if not self._is_documented(value):
                return Reading(value, None)
            self._used |= used(self._whole.schema, value)
        except (ValueError, RecursionError):
            return None
        self._assume()
        return Reading(value, self._whole)

    def _assume(self) -> None:
        """Assume that bodies will make use of what was used so far, and of nothing else."""
        form = usual(self._whole.schema, self._used)
        self._usual = Form(len(self._used) + 1, form)
        self._is_usual = compiled(closed(form))

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
