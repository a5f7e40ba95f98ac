"""The secrets of a target: read from the environment, and sent only if the user allows it."""

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
from docpact.options import MOCK
from docpact.settings import Settings
from docpact.targets.address import (
    base_url,
    is_loopback,
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
    if kind.is_sendable(credential, secret):
        return secret
    if credential.kind == "basic":
        raise UsageError(f"{variable}: expected USER:PASSWORD, of printable characters")
    place = "a query" if credential.place == "query" else "an HTTP header"
    raise UsageError(f"{variable} contains a character that {place} cannot carry")


def check_key(settings: Settings, environment: Mapping[str, str]) -> None:
    """Refuse to send requests without a secret that the user names.

    The name is printed only if it looks like one: it may be the secret itself.

    Raises:
        UsageError: its variable is not set.
    """
    named = settings.key.split(",") if settings.key and settings.target != MOCK else []
    unset = [name for name in named if not environment.get(name, "").strip()]
    if unset:
        shown = f" {unset[0]}" if unset[0].isupper() else ""
        raise UsageError(
            f"--key{shown}: the environment variable is not set; give its name, never the secret"
        )


def check_consent(operation: Operation, settings: Settings, *, is_shipped: bool) -> None:
    """Refuse to send a secret that only the contract names: its documentation may be hostile.

    Raises:
        UsageError: docpact does not ship the contract, the target is on another machine, and
            neither the command line nor the configuration names the variable.
    """
    credential, target = operation.credential, settings.target
    variables = [each.variable for each in operation.credentials]
    named = settings.key is not None or is_shipped
    if credential is not None and not named and not is_loopback(target):
        raise UsageError(
            f"{operation.id} needs the secret in ${' and $'.join(variables)}: to send it to "
            f"{base_url(target, operation)}, give --key {','.join(variables)} or set it as `key` "
            "in the configuration"
        )
