"""Fast reading of bodies: decoding and validation by compiled libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from docpact.bodies.engine import make_engine
from docpact.errors import MissingExtra
from docpact.limits import MAX_BYTES
from docpact.model.pointer import list_scalars
from docpact.model.schema import MAP, Schema, is_simple
from docpact.model.traversal import map_schema

_COLON, _QUOTE = b':"'

_OPENBLAS: Final = 96 * 2**20
"""Number of bytes that numpy and its library OpenBLAS allocate at first, with one thread."""

_EXACT: Final = 2**53
"""Up to here every whole number is a float; the fast decoder makes floats of the largest ones."""


class Reading(NamedTuple):
    """A decoded body.

    Attributes:
        value: without a sign of names that an object has twice; whole numbers of more than 64 bits
            are floats.
        is_documented: whether it conforms to the schema and every field is documented.
    """

    value: Any
    is_documented: bool


class QuickReader:
    """Reads bodies; `docpact.bodies.decode` decodes those that it cannot read.

    Raises:
        MissingExtra: the libraries are not installed.
    """

    def __init__(self, schema: Schema) -> None:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        if "numpy" not in sys.modules:
            bytearray(_OPENBLAS)  # raises MemoryError, where OpenBLAS would end the process with 1
        try:
            import numpy as np
            import orjson
        except ModuleNotFoundError:
            raise MissingExtra("docpact audit", "audit") from None
        self._np, self._decode = np, orjson.loads
        self._buffers = np.empty((2, 0), np.bool_)
        self._is_documented = partial(make_engine(close(schema)).is_valid, is_finite=True)
        # A float is not exact enough for a schema with numbers that a float cannot hold, nor for
        # keywords such as `multipleOf`. And within `not`, a closed object would exclude less.
        self._is_exact = is_simple(schema) and all(
            abs(each) < _EXACT for each in list_scalars(schema) if isinstance(each, int | float)
        )

    def read(self, body: bytes) -> Reading | None:
        """Decode a body; return None if it is too long or not certainly strict JSON."""
        if len(body) > MAX_BYTES or not self._is_exact:
            return None
        try:
            value = self._decode(body)
            return Reading(value, self._is_documented(value))
        except (ValueError, RecursionError):
            return None

    def count_names(self, body: bytes) -> int:
        """Return how many members the objects of a body have together, or a greater number.

        This counts the colons behind a quote or white space, also those within strings. If the
        decoded objects have as many members, none has a name twice.
        """
        np, pairs = self._np, len(body) - 1
        if self._buffers.shape[1] < pairs:
            self._buffers = np.empty((2, 2 * pairs), np.bool_)
        letters = np.frombuffer(body, np.uint8)
        is_colon = np.equal(letters[1:], _COLON, out=self._buffers[0, :pairs])
        is_end = np.less_equal(letters[:-1], _QUOTE, out=self._buffers[1, :pairs])
        is_end &= is_colon
        return int(np.count_nonzero(is_end))


def close(schema: Schema) -> Schema:
    """Return a schema in which objects have only the fields that are named."""
    closed: Schema = map_schema(_close_object, schema)
    return closed


def _close_object(schema: Any) -> Any:
    if isinstance(schema, Mapping) and schema.keys() >= {"properties", "type"}:
        return {MAP: False, **schema}
    return schema
