"""Blocks of GitBook, and headings in HTML, as the Markdown with components that they stand for."""

from __future__ import annotations

import re
from typing import Final

_TAG: Final = re.compile(r"[ \t]*\{% (end)?swagger(-\w+)?((?: [^%\n]|[^%\n]|%(?!\}))*)%\}[ \t]*")
_ATTRIBUTE: Final = re.compile(r"([\w-]+)=\"([^\"]*)\"")
_HEADING: Final = re.compile(r"(?m)^[ \t]*<h([1-6])\b[^<>\n]*>([^<>\n]+)</h\1>[ \t]*$")


def as_components(text: str) -> str:
    """Return a page with components in place of GitBook's blocks; its lines stay in their places.

    `{% swagger-parameter in="query" name="limit" %}` becomes `<ParamField query="limit">`.
    """
    if "</h" in text:
        text = _HEADING.sub(lambda match: f"{'#' * int(match[1])} {match[2].strip()}", text)
    return _TAG.sub(_write, text) if "{% swagger" in text else text


def _write(match: re.Match[str]) -> str:
    is_end, kind = bool(match[1]), match[2] or ""
    stated: dict[str, str] = dict(_ATTRIBUTE.findall(match[3]))
    if kind == "-parameter":
        return "</ParamField>" if is_end else _write_parameter(stated)
    if is_end or kind not in ("", "-response"):
        return ""
    if kind:
        return f"### Response {stated.get('status', '')}"
    base = (stated.get("baseUrl") or stated.get("baseurl") or "").rstrip("/")
    return f"## {stated.get('method', '').upper()} {base}{stated.get('path', '')}"


def _write_parameter(stated: dict[str, str]) -> str:
    place, name = stated.get("in", "query"), stated.get("name", "").strip()
    kind, required = stated.get("type", ""), stated.get("required", "false")
    return f'<ParamField {place}="{name}" type="{kind}" required="{required}">'
