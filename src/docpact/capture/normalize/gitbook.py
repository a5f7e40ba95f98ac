"""The blocks of GitBook as the headings and components that docpact reads."""

from __future__ import annotations

import re
from typing import Final

_BLOCK: Final = re.compile(
    r"(?<![ \t])[ \t]*\{% (end)?(?:swagger|api-method)((?:-\w+)*)(?![\w-])"
    r"((?:[^%{\n]|%(?!\})|\{(?!%))*)%\}[ \t]*"
)
_ATTRIBUTE: Final = re.compile(r"(?<![\w:-])([\w-]+)=(?:\"([^\"]*)\"|([\w.-]+))")
_GROUPS: Final = {
    "-path-parameters": "path",
    "-query-parameters": "query",
    "-headers": "header",
    "-cookies": "cookie",
    "-body-parameters": "body",
    "-form-data-parameters": "",
}
"""The end of the name of a block → the place of the parameters in it, or empty for forms."""


def write_blocks(text: str) -> str:
    """Return a page with `{% swagger %}` and the older `{% api-method %}` written in Markdown.

    `{% swagger-parameter in="query" name="limit" %}` is `<ParamField query="limit">`.
    """
    group = "query"

    def write(match: re.Match[str]) -> str:
        nonlocal group
        is_end, kind = bool(match[1]), match[2]
        stated = {name: a or b for name, a, b in _ATTRIBUTE.findall(match[3])}
        if kind == "-parameter":
            return "</ParamField>" if is_end else _write_parameter(stated, group)
        group = "query" if is_end else _GROUPS.get(kind, group)
        if is_end or kind not in ("", "-response", "-response-example"):
            return "### Notes" if is_end and not kind else ""
        if kind:
            status = stated.get("status") or stated.get("httpCode", "")
            return f"### Response {status}" if status or kind == "-response" else ""
        return f"## {stated.get('method', '').upper()} {_join_path(stated)}"

    return _BLOCK.sub(write, text)


def _join_path(stated: dict[str, str]) -> str:
    base = next((stated[each] for each in ("baseUrl", "baseurl", "host") if stated.get(each)), "")
    base, path = base.strip().rstrip("/"), stated.get("path", "").strip().replace("\\", "")
    return base + path if path.startswith("/") or not path else f"{base}/{path}"


def _write_parameter(stated: dict[str, str], group: str) -> str:
    place, name = stated.get("in", group), stated.get("name", "").strip().replace("\\", "")
    kind, required = stated.get("type", ""), stated.get("required", "false")
    return f'<ParamField {place or "name"}="{name}" type="{kind}" required="{required}">'
