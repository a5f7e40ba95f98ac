"""Credentials that an OpenAPI document asks for, as a contract states them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from docpact.capture.openapi.document import OpenApiOperation
from docpact.model import name_scheme
from docpact.model.operation import SECURITY
from docpact.model.path import TOKEN, find_host, join_url
from docpact.model.pointer import mapping_of, resolve, to_list

_COMPUTED: Final = re.compile(
    r"(aws4-.*|concealed|digest|dpop|gnap|hawk|hoba|mutual|negotiate|ntlm|scram-.*|signature|vapid)"
)
"""HTTP authentication schemes, in lower case, whose credentials depend on the request or on a
challenge (IANA's HTTP Authentication Scheme Registry, and others in use)."""

_PUBLIC: Final = re.compile(
    r"\bthis \w+ (is (not |un)authenticated|(requires|needs) no authentication"
    r"|does(n't| not) (require|need) (any )?authentication)\b"
    r"|\b(no authentication (is )?|authentication is not )(required|needed)\b"
    r"(?! (for|if|to|when)\b)",
    re.IGNORECASE,
)
"""The words of an operation that also answers without credentials."""

_QUOTE, _WORD = r"[\"'`*\u201c]{1,9}", r"(?P<word>[A-Z][\w-]*|bearer|token)"
_PREFIXES: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"\b[Pp]refix(?:ed)?(?: \w+){{0,5}}:? {_QUOTE}{_WORD} ?{_QUOTE}",
        r"\b[Pp]refixed with (?P<word>[A-Z][\w-]*)\b",
        rf"{_QUOTE}{_WORD}{_QUOTE} (?:\[space\]|followed by a (?:single )?space)",
        r"\busing the (?P<word>[A-Z][\w-]*) [Ss]cheme\b",
        rf"(?:{_QUOTE}|: ){_WORD} (?:<[^<>=]+>|\[[^][]+\]|\$?\{{[^{{}}]+\}}|\$?[A-Z]+_[A-Z_]+)",
        rf"{_QUOTE}{_WORD} ?{_QUOTE} prefix",
        rf"{_QUOTE}{_WORD} (?=\w*\d|eyJ|\w+[-_][\w-]*(?i:key|token|secret))[\w-]+{_QUOTE}",
        rf"{_QUOTE}(?P<word>[A-Z][\w-]*[a-z]|bearer|token) (?:KEY|TOKEN|SECRET|JWT){_QUOTE}",
    )
)
"""The words of a description that put the name of a scheme before a key, as in `Token KEY`."""

_PARAMETER: Final = re.compile(
    rf"(?:{_QUOTE}|[:=] ){_WORD} (?P<name>token|key|api_?key)="
    r"[\"']?(?:<[^<>]+>|\[[^][]+\]|\{[^{}]+\}|\$?[A-Z]+(?:_[A-Z]+)*\b|[\w-]{8,})",
    re.ASCII,
)
"""The words of a description that make a key a parameter of a scheme, as in `Token token=KEY`."""

_UNPREFIXED: Final = re.compile(
    r"\b(no|not|without|optional(ly)?|don't)\b[^.]*\b(prefix|bearer|token)", re.IGNORECASE
)
"""The words of a description after which such a name may be missing."""

OTHERS: Final = "/security_alternatives"
"""The pointer of gaps about credentials that may be sent instead."""

TOKEN_TYPES: Final = {"oauth2": "OAuth 2", "openIdConnect": "OpenID Connect"}
"""Types of security schemes whose token is sent as a bearer token (RFC 6750)."""


@dataclass(frozen=True, slots=True)
class Security:
    """The credentials of an operation.

    Attributes:
        entries: `security` of operation.json: the credentials that a request carries.
        alternatives: `security_alternatives`: those that it may carry instead.
        inferred: JSON Pointer of a part of operation.json → why docpact chose its value.
        gaps: pointer in operation.json of a part that docpact cannot send or test, and why.
        where: JSON Pointer of the requirements.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    alternatives: list[list[dict[str, Any]]] = field(default_factory=list)
    inferred: dict[str, str] = field(default_factory=dict)
    gaps: list[tuple[str, str]] = field(default_factory=list)
    where: str = "/security"


def read_security(operation: OpenApiOperation, server: str) -> Security:
    """Return the documented credentials that docpact can send.

    Of the alternatives, those that docpact can send whole come first. If none is stated, a header
    parameter `Authorization` is the credential, though OpenAPI says to ignore it. The URL of the
    server names the environment variable if the document has no title.
    """
    alternatives, where = list_requirements(operation)
    required = [each for each in alternatives if each]
    if not required:
        return _read_header(operation, server) or Security(where=where)
    schemes = {name: find_scheme(operation, name) for each in required for name in each}
    missing = {name: text for name, each in schemes.items() if (text := _problem(name, each))}
    required.sort(key=lambda each: (sum(n in missing for n in each), len(each)))
    words = f"{operation.content.get('summary')}\n{operation.content.get('description')}"
    is_optional = len(required) < len(alternatives) or bool(_PUBLIC.search(words))
    chosen = required[0]
    names = [name for name in chosen if name not in missing]
    is_unsent = not names and is_optional
    gaps = [
        (OTHERS if is_unsent or name not in chosen else SECURITY, text)
        for name, text in missing.items()
    ]
    if not names:
        return Security(gaps=gaps, where=where)

    def write(requirement: Mapping[str, Any]) -> list[dict[str, Any]]:
        usable = {name: schemes[name] for name in requirement if name not in missing}
        entries = {
            name: _entry(scheme, requirement[name], server) for name, scheme in usable.items()
        }
        return [
            {**entry, "variable": _variable(operation, server, name.rpartition("/")[2])}
            | ({"optional": True} if is_optional else {})
            for name, entry in entries.items()
        ]

    entries, others = write(chosen), required[1:]
    whole = [write(each) for each in others if not any(name in missing for name in each)]
    gaps += [
        (f"{SECURITY}/{number}/scopes", f"{name}: tokens without its scopes are not tested")
        for number, name in enumerate(names)
        if chosen[name]
    ]
    gaps += [(SECURITY, text) for text in _find_clashes(entries)]
    return Security(entries, whole, _explain([schemes[name] for name in names]), gaps, where)


def _read_header(operation: OpenApiOperation, server: str) -> Security | None:
    """Return the credential that only a header parameter `Authorization` states, or None."""
    for each, at in operation.parameters():
        if each.get("in") == "header" and str(each.get("name")).lower() == "authorization":
            variable = _variable(operation, server, "Authorization")
            optional = {} if each.get("required") is True else {"optional": True}
            stated = {**each, "type": "apiKey", "name": "Authorization"}
            entry = {**_entry(stated, None, server), **optional, "variable": variable}
            why = "a header parameter is named so, and no security scheme is stated"
            return Security([entry], inferred={"/security/0": why}, where=at)
    return None


def list_requirements(operation: OpenApiOperation) -> tuple[list[Mapping[str, Any]], str]:
    """Return the alternatives, each scheme name → scopes, and where they are stated."""
    is_own = "security" in operation.content
    holder = operation.content if is_own else operation.document.content
    where = f"{operation.where}/security" if is_own else "/security"
    listed = to_list(holder.get("security"))
    named: list[Any] = [{each: []} if isinstance(each, str) else each for each in listed]
    return [each for each in named if isinstance(each, Mapping)], where


def list_places(operation: OpenApiOperation) -> frozenset[tuple[str, str]]:
    """Return location and name, in lower case, of each credential that requests carry."""
    return frozenset(_find_place(each) for each in read_security(operation, "").entries)


def _find_place(entry: Mapping[str, Any]) -> tuple[str, str]:
    return str(entry.get("in", "header")), str(entry.get("name", entry.get("header"))).lower()


def _explain(schemes: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return why docpact chose parts of the credentials."""
    inferred = {}
    for number, scheme in enumerate(schemes):
        at = f"/security/{number}"
        inferred[f"{at}/variable"] = "the document names no environment variable"
        if (kind := str(scheme["type"])) in TOKEN_TYPES:
            inferred[f"{at}/scheme"] = f"{TOKEN_TYPES[kind]} tokens are sent as bearer tokens"
        elif find_prefix(scheme):
            inferred[f"{at}/scheme"] = "the document puts it before the key"
    return inferred


def _find_clashes(entries: list[dict[str, Any]]) -> list[str]:
    """Remove the entries that no request can carry beside the ones before; return the gaps."""
    places: set[tuple[str, str]] = set()
    gaps = []
    for entry in [*entries]:
        place = _find_place(entry)
        if place in places:
            entries.remove(entry)
            gaps.append(f"{entry['variable']}: a request has one {place[1]} {place[0]}")
        places.add(place)
    return gaps


def find_scheme(operation: OpenApiOperation, name: str) -> Mapping[str, Any]:
    """Return the security scheme of a name; an empty one if the document does not define it.

    The name may also be the URI of a scheme (OpenAPI 3.2, section 4.30).
    """
    where = "/components/securitySchemes"
    known = mapping_of(resolve(operation.document.content, where))
    found = known.get(name, {"$ref": name} if "/" in name else None)
    return operation.document.read_object(found, f"{where}/{name}")[0]


def _problem(name: str, scheme: Mapping[str, Any]) -> str:
    """Return why docpact cannot send a credential, or an empty text."""
    kind, http = str(scheme.get("type")), str(scheme.get("scheme")).lower()
    if not scheme:
        return f"{name}: the document does not define this security scheme"
    if kind in TOKEN_TYPES or (
        kind == "http" and TOKEN.fullmatch(http) and not _COMPUTED.fullmatch(http)
    ):
        return ""
    if (
        kind == "apiKey"
        and str(scheme.get("in")) in ("header", "query", "cookie")
        and scheme.get("name")
    ):
        return ""
    detail = f"http {http}" if kind == "http" else kind
    return f"{name}: docpact cannot send credentials of the type {detail}"


def _entry(scheme: Mapping[str, Any], scopes: Any, server: str) -> dict[str, Any]:
    """Return a scheme as in operation.json; a token URL may be relative to the server."""
    if word := find_prefix(scheme):
        name, _, parameter = word.partition(" ")
        found = {"type": "http", "scheme": name_scheme(name), "header": "Authorization"}
        return found | ({"parameter": parameter} if parameter else {})
    if scheme["type"] == "apiKey":
        return {"type": "apiKey", "in": scheme["in"], "name": str(scheme["name"])}
    is_token = str(scheme["type"]) in TOKEN_TYPES
    http = "bearer" if is_token else name_scheme(str(scheme.get("scheme", "bearer")))
    entry: dict[str, Any] = {"type": "http", "scheme": http, "header": "Authorization"}
    url = resolve(scheme, "/flows/clientCredentials/tokenUrl")
    if is_token and isinstance(url, str) and url:
        entry["token_url"] = join_url(f"{server.rstrip('/')}/", url)
        entry |= {"scopes": [*map(str, scopes)]} if isinstance(scopes, list) and scopes else {}
    return entry


def _variable(operation: OpenApiOperation, server: str, scheme: str) -> str:
    """Return an environment variable named after a provider and a security scheme."""
    title = resolve(operation.document.content, "/info/title", "")
    provider = _upper(str(title)) or _upper(find_host(server)) or "API"
    name = f"{provider[:40].rstrip('_')}_{_upper(scheme) or 'KEY'}"
    return name if not name[0].isdigit() else f"API_{name}"


def _upper(text: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").upper()


def find_prefix(scheme: Mapping[str, Any]) -> str:
    """Return the name of a scheme that a document puts before a key; empty without one.

    It may end with the name of a parameter: `Token token` for `Token token=KEY`. Many documents
    state a header `Authorization: Token KEY` as a key in a header, which they describe so, or
    which has the name `Authorization: Token`.
    """
    said, (name, _, word) = scheme.get("description"), str(scheme.get("name")).partition(":")
    is_header = (scheme.get("type"), scheme.get("in")) == ("apiKey", "header")
    is_header &= name.strip().lower() == "authorization"
    if is_header and word.strip():
        return word.strip()
    if not is_header or not isinstance(said, str) or _UNPREFIXED.search(said):
        return ""
    words = [" ".join(each.groups()) for each in _PARAMETER.finditer(said)]
    words = words or [each["word"] for pattern in _PREFIXES for each in pattern.finditer(said)]
    return words[0] if len({each.lower() for each in words}) == 1 else ""
