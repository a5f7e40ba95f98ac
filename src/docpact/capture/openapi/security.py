"""Credentials that an OpenAPI document asks for, as a contract states them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from docpact.capture.openapi.document import OpenApiOperation
from docpact.errors import ContractError
from docpact.model.pointer import resolve

HTTP_SCHEMES: Final = ("bearer", "basic")
"""HTTP authentication schemes that docpact can send."""

_TOKEN_TYPES: Final = {"oauth2": "OAuth 2", "openIdConnect": "OpenID Connect"}
"""Types of security schemes whose token is sent as a bearer token (RFC 6750)."""


@dataclass(frozen=True, slots=True)
class Security:
    """The credential of an operation.

    Attributes:
        entries: `security` of operation.json: none or one.
        inferred: JSON Pointer of a part of operation.json → why docpact chose its value.
        gaps: what docpact cannot send.
        where: JSON Pointer of the requirements.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    inferred: dict[str, str] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    where: str = "/security"


def read_security(operation: OpenApiOperation, server: str) -> Security:
    """Return the first documented credential that docpact can send.

    Of the alternatives, one that docpact can send whole comes first.

    Args:
        operation: of the document.
        server: its URL, which names the environment variable if the document has no title.
    """
    is_own = "security" in operation.content
    holder = operation.content if is_own else operation.document.content
    where = f"{operation.where}/security" if is_own else "/security"
    stated = holder.get("security")
    listed = stated if isinstance(stated, list) else []
    alternatives = [each for each in listed if isinstance(each, Mapping)]
    required = [each for each in alternatives if each]
    if not required:
        return Security(where=where)
    schemes = {name: _find_scheme(operation, name) for each in required for name in each}
    missing = {name: text for name, each in schemes.items() if (text := _problem(name, each))}
    chosen = min(required, key=lambda each: (sum(n in missing for n in each), len(each)))
    usable = [name for name in chosen if name not in missing]
    gaps = [missing[name] for name in chosen if name in missing]
    gaps += [f"{name}: only one of several credentials is sent" for name in usable[1:]]
    if not usable:
        return Security(gaps=[] if len(required) < len(alternatives) else gaps, where=where)
    name = usable[0]
    entry, why = _entry(schemes[name])
    inferred = {"/security/0/variable": "the document names no environment variable"}
    inferred |= {"/security/0/scheme": why} if why else {}
    optional = {"optional": True} if len(required) < len(alternatives) else {}
    variable = _variable(operation, server, name)
    return Security([{**entry, "variable": variable, **optional}], inferred, gaps, where)


def _find_scheme(operation: OpenApiOperation, name: str) -> Mapping[str, Any]:
    known = resolve(operation.document.content, "/components/securitySchemes", {})
    where = "/components/securitySchemes"
    try:
        found, _ = operation.document.resolve(known.get(name), f"{where}/{name}")
    except ContractError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _problem(name: str, scheme: Mapping[str, Any]) -> str:
    """Return why docpact cannot send a credential, or an empty text."""
    kind, http = scheme.get("type"), str(scheme.get("scheme")).lower()
    if not scheme:
        return f"{name}: the document does not define this security scheme"
    if kind in _TOKEN_TYPES or (kind == "http" and http in HTTP_SCHEMES):
        return ""
    if (
        kind == "apiKey"
        and scheme.get("in") in ("header", "query", "cookie")
        and scheme.get("name")
    ):
        return ""
    detail = f"http {http}" if kind == "http" else kind
    return f"{name}: docpact cannot send credentials of the type {detail}"


def _entry(scheme: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return a security scheme as in operation.json, and why it is sent so."""
    if scheme["type"] == "apiKey":
        return {"type": "apiKey", "in": scheme["in"], "name": str(scheme["name"])}, ""
    http, why = str(scheme.get("scheme", "bearer")).lower(), ""
    if scheme["type"] in _TOKEN_TYPES:
        http, why = "bearer", f"{_TOKEN_TYPES[scheme['type']]} tokens are sent as bearer tokens"
    return {"type": "http", "scheme": http, "header": "Authorization"}, why


def _variable(operation: OpenApiOperation, server: str, scheme: str) -> str:
    """Return an environment variable named after a provider and a security scheme."""
    title = resolve(operation.document.content, "/info/title", "")
    provider = _upper(str(title)) or _upper(urlsplit(server).hostname or "") or "API"
    name = f"{provider[:40].rstrip('_')}_{_upper(scheme) or 'KEY'}"
    return name if not name[0].isdigit() else f"API_{name}"


def _upper(text: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").upper()
