"""The key, the parameters and the headers that a user gives for every request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from docpact.cases.wire import can_be_documented, is_value
from docpact.errors import UsageError
from docpact.model import Credential, Operation, Parameter, name_scheme
from docpact.model.path import TOKEN, VARIABLE
from docpact.secrets import CREDENTIAL_NAME
from docpact.text import suggest

_COOKIE: Final = "Cookie"

_SECRET_WORDS: Final = frozenset({"token", "secret", "password", "jwt", "cookie"})
"""Words in the names of further headers whose value is a secret; see `CREDENTIAL_NAME`."""

_SECRET_HEADER: Final = re.compile(
    rf"(?P<name>{TOKEN.pattern})\s*:\s*(?:(?P<scheme>[A-Za-z][\w-]*) +)?(?:(?P<inner>[\w.-]+)=)?"
    rf"\$(?:(?P<variable>{VARIABLE.pattern})|\{{(?P<braced>{VARIABLE.pattern})\}})"
)
"""A header whose value is an environment variable, perhaps behind a scheme, or behind a name."""

_VARIABLE: Final = re.compile(rf"\$\{{?{VARIABLE.pattern}")
"""The beginning of a variable in a shell."""

_PERCENT: Final = re.compile(rf"(?<![^\s=])%(?P<percent>{VARIABLE.pattern})%(?![^\s;,])")
"""A variable in a shell of Windows, as a word; not two characters that are percent-encoded."""

_LITERAL: Final = re.compile(
    rf"^\$(?:(?P<plain>[A-Z][A-Z0-9_]*)|\{{(?P<braced>{VARIABLE.pattern})\}})$|{_PERCENT.pattern}"
)
"""A value that is a variable which the shell did not replace, for example in single quotes."""

_OWN_HEADERS: Final = frozenset(
    {"host", "accept", "accept-encoding", "connection", "content-length", "transfer-encoding"}
)
"""Headers that the check of the protocol depends on."""


def with_key(operation: Operation, variable: str | None) -> Operation:
    """Return an operation whose secrets are in other variables, with commas between their names.

    Raises:
        UsageError: the operation documents no credential, or the name is not valid.
    """
    if variable is None:
        return operation
    named = split_variables(variable)
    if operation.credential is None:
        raise UsageError(f"--key: {operation.id} documents no credential")
    if len(named) != len(operation.credentials):
        expected = ",".join(each.variable for each in operation.credentials)
        raise UsageError(f"--key: {operation.id} takes as many names as {expected}")
    first, *beside = (
        replace(each, variable=name)
        for each, name in zip(operation.credentials, named, strict=True)
    )
    return replace(operation, credential=first, beside=tuple(beside))


def split_variables(text: str) -> list[str]:
    """Return the environment variables that `--key` names, with commas between them.

    Raises:
        UsageError: one is not a valid name.
    """
    named = text.split(",")
    if not all(VARIABLE.fullmatch(each) for each in named):
        raise UsageError("--key takes the name of an environment variable, never a secret itself")
    return named


def with_params(operation: Operation, texts: Sequence[str]) -> Operation:
    """Return an operation with the parameters of every request, each given as NAME=VALUE.

    Raises:
        UsageError: a text does not have this form, or the parameter, or a value of a query, is not
            documented.
    """
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals or not value:
            raise UsageError(f"parameter {text}: expected NAME=VALUE")
        if not value.isprintable():
            raise UsageError(f"parameter {name}: a character in its value cannot be sent")
        _check_replaced(f"parameter {name}", _LITERAL, value)
        values[name] = value
    _check_known(operation, values)
    for each in operation.query_parameters:
        if each.name in values and not can_be_documented(each, values[each.name]):
            raise UsageError(f"parameter {each.name}: the documentation excludes this value")
    return replace(operation, given={**operation.given, **values}) if values else operation


def _check_replaced(place: str, pattern: re.Pattern[str], value: str) -> None:
    """Raise UsageError if a value contains a variable that the shell did not replace."""
    if found := pattern.search(value):
        (name,) = filter(None, found.groupdict().values())
        raise UsageError(f"{place}: the shell did not replace {found[0]}: set {name} first")


def with_headers(operation: Operation, texts: Sequence[str]) -> Operation:
    """Return an operation with headers of every request, each given as `NAME: VALUE`.

    A value such as `Bearer $TOKEN` is a credential whose secret an environment variable holds.

    Raises:
        UsageError: a text does not have this form, or docpact itself sends the header.
    """
    for text in texts:
        name, colon, value = (part.strip() for part in text.partition(":"))
        if not colon or not value or not TOKEN.fullmatch(name):
            shown = name if TOKEN.fullmatch(name) else "NAME"
            raise UsageError(f"--header {shown}: expected NAME: VALUE")
        if not (value.isascii() and value.isprintable()):
            raise UsageError(f"--header {name}: a character in its value cannot be sent")
        if secret := read_secret_header(text):
            operation = _with_credential(operation, secret)
            continue
        _check_replaced(f"--header {name}", _PERCENT, value)
        if _VARIABLE.search(value):
            raise UsageError(
                f"--header {name}: expected one variable, alone or behind a scheme: "
                f"'{name}: Bearer $TOKEN'"
            )
        is_named = CREDENTIAL_NAME.search(name) or _SECRET_WORDS & {*re.split("[-_]", name.lower())}
        if is_named or name.lower() in _secret_headers(operation):
            examples = {"authorization": "Bearer $TOKEN", "cookie": "session=$SESSION"}
            raise UsageError(
                f"--header {name}: a secret belongs in an environment variable: "
                f"'{name}: {examples.get(name.lower(), '$SECRET')}'"
            )
        if name.lower() in _OWN_HEADERS:
            raise UsageError(f"--header {name}: docpact chooses the value of this header itself")
        same = [
            each.name
            for each in operation.parameters
            if each.location == "header" and each.name.lower() == name.lower()
        ]
        added = () if same else (Parameter(name, "header", False, {}),)
        operation = replace(
            operation,
            parameters=(*operation.parameters, *added),
            given={**operation.given, (same or [name])[0]: value},
        )
    return operation


def read_secret_header(text: str) -> Credential | None:
    """Return the credential in a header, `NAME: SCHEME $VARIABLE`; None if it names no variable."""
    found = _SECRET_HEADER.fullmatch(text.strip())
    if found is None:
        return None
    name, scheme, inner = found["name"], found["scheme"] or "", found["inner"] or ""
    is_cookie = name.lower() == _COOKIE.lower()
    if is_cookie is not bool(inner and not scheme):
        return None
    kind = ("basic" if scheme.lower() == "basic" else "http") if scheme else "apiKey"
    return Credential(
        scheme=name_scheme(scheme) or kind,
        header=_COOKIE if is_cookie else name,
        variable=found["variable"] or found["braced"],
        kind=kind,
        place="cookie" if is_cookie else "header",
        name=inner if is_cookie else name,
        is_optional=True,
        parameter="" if is_cookie else inner,
    )


def _with_credential(operation: Operation, given: Credential) -> Operation:
    """Return an operation with a given credential, instead of one in the same header or alone."""

    def is_same(one: Credential) -> bool:
        return (one.place, one.header.lower()) == (given.place, given.header.lower()) and (
            given.place != "cookie" or one.name == given.name
        )

    def place(known: tuple[Credential, ...]) -> tuple[Credential, ...]:
        if not any(map(is_same, known)):
            return (*known, given)
        return tuple(
            replace(given, is_optional=each.is_optional) if is_same(each) else each
            for each in known
        )

    first, *beside = place(operation.credentials)
    others = dict.fromkeys((*map(place, operation.alternatives), (given,)))
    others.pop((first, *beside), None)
    return replace(operation, credential=first, beside=tuple(beside), alternatives=tuple(others))


def _secret_headers(operation: Operation) -> set[str]:
    """Return the headers that carry the documented credential, in lower case."""
    credential = operation.credential
    return set() if credential is None else {credential.header.lower(), credential.name.lower()}


def with_values(operation: Operation, values: Mapping[str, str]) -> Operation:
    """Return an operation with the parameters of every request.

    Raises:
        UsageError: a parameter is not documented, or a required one has no value.
    """
    _check_known(operation, values)
    given = {**operation.given, **values}
    for parameter in operation.parameters:
        if parameter.required and not is_value(parameter, given.get(parameter.name)):
            where = f"{parameter.location} parameter {parameter.name!r}"
            raise UsageError(
                f"{operation.id} needs a value of its {where}: --param {parameter.name}=VALUE, "
                "or check the whole API, whose lists may have one"
            )
    return replace(operation, given=given)


def _check_known(operation: Operation, values: Mapping[str, str]) -> None:
    known = [p.name for p in operation.parameters]
    for name in values:
        if name not in known:
            hint = suggest(name, known, f"documented: {', '.join(known) or 'none'}")
            raise UsageError(f"parameter {name}: {operation.id} has no such parameter; {hint}")
