"""The secrets of a target, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from docpact.credentials import LINE, kind_of
from docpact.errors import UsageError
from docpact.model import (
    Credential,
    Operation,
)

CLIENT_ID: Final = "_CLIENT_ID"
"""The end of the variable with the id of the user's client at a token URL."""


CLIENT_SECRET: Final = "_CLIENT_SECRET"  # noqa: S105 — the end of a variable's name
"""The end of the variable with the secret of that client."""


def name_variables(operation: Operation) -> str:
    """Return the environment variables of all secrets, as in a sentence."""
    return " and ".join(each.variable for each in operation.credentials)


def choose_alternative(operation: Operation, environment: Mapping[str, str]) -> Operation:
    """Return an operation with the first documented alternative whose secrets are all set."""
    for credentials in (operation.credentials, *operation.alternatives):
        if all(environment.get(each.variable, "").strip() for each in credentials):
            first = credentials[0] if credentials else None
            return replace(operation, credential=first, beside=credentials[1:], alternatives=())
    return operation


def read_secret(operation: Operation, environment: Mapping[str, str]) -> str | None:
    """Return the secrets of all credentials, each on a line; None if one is missing.

    Args:
        operation: whose credentials name the variables.
        environment: variable → value; white space around it is removed.

    Raises:
        UsageError: a header cannot carry a secret (RFC 9110, section 5.5).
    """
    secrets = [_read_one(each, environment) for each in operation.credentials]
    found = [each for each in secrets if each]
    return LINE.join(found) if found and len(found) == len(secrets) else None


def _read_one(credential: Credential, environment: Mapping[str, str]) -> str:
    variable, kind = credential.variable, kind_of(credential)
    secret = environment.get(variable, "").strip()
    if kind.is_sendable(secret):
        return secret
    if credential.kind == "basic":
        raise UsageError(f"{variable}: expected USER:PASSWORD, of printable characters")
    place = "a query" if credential.place == "query" else "an HTTP header"
    raise UsageError(f"{variable} contains a character that {place} cannot carry")
