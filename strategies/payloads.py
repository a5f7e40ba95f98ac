"""Response bodies as the page documents them."""

from __future__ import annotations

from functools import lru_cache

from hypothesis.strategies import SearchStrategy

from docpact.cases.vocabulary import check
from docpact.model import Operation
from docpact.strategies.values import JSON, values


def payloads(operation: Operation) -> SearchStrategy[JSON]:
    """Generate valid response bodies, decoded.

    Fields that are not required are absent, null where the schema allows it, or present. Texts
    include every script, astral and control characters, never lone surrogates, and those of exactly
    `minLength` and `maxLength` code points; numbers include their bounds; date-times come in every
    form of RFC 3339, section 5.6. No field is made up. Shrinks towards the body with required
    fields only, empty lists and the shortest texts.

    Raises:
        ContractError: the response schema holds something that cannot be generated.
    """
    return _payloads(operation)


@lru_cache(maxsize=64)
def _payloads(operation: Operation) -> SearchStrategy[JSON]:
    return values(check(operation, "response"))
