"""References of JSON Schema, resolved by the library `referencing`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from docpact.errors import ContractError


def resolver(document: Any, name: str) -> Callable[[str], Any]:
    """Return a function that follows the references of a document.

    It takes the value of a `$ref` and returns what the reference names. It raises ContractError if
    that is not in the document.

    Args:
        document: decoded JSON; a JSON Schema or an OpenAPI document.
        name: of the document in errors.
    """
    resource = DRAFT202012.create_resource(document)
    lookup = Registry().with_resource("", resource).resolver().lookup

    def resolve(ref: str) -> Any:
        try:
            return lookup(ref).contents
        except (Unresolvable, ValueError, TypeError, AttributeError):
            raise _error(ref, name) from None

    return resolve


def _error(ref: str, name: str) -> ContractError:
    if ref.startswith("#"):
        return ContractError(f"{name}{ref}", "missing; a $ref names it")
    problem = f"the reference {ref!r} leads outside of this document; bundle it into one file"
    return ContractError(name, problem)
