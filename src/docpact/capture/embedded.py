"""Fenced blocks of Markdown, and the OpenAPI documents in them and in front matter."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from docpact.errors import UsageError
from docpact.files import inflate, read_json, read_yaml

_START: Final = re.compile(
    r"""\s*(?:---\s*)?(?:[{]\s*)?["']?(?:openapi|swagger)["']?\s*:"""
    r"""(?!\s*["']?(?:\S+\s+)?(?i:get|head|options|post|put|patch|delete|webhook)\s)"""
)
"""The beginning of a document; in front matter, `openapi: get /things` only names an operation."""

_VERSION: Final = re.compile(r""""(?:openapi|swagger)"\s*:\s*"[23]\.""")
_VERSION_LINE: Final = re.compile(r"""(?m)^["']?(?:openapi|swagger)["']?\s*:\s*["']?[23]\.""")
_IN_FRONT_MATTER: Final = re.compile(
    r"(?m)^api: *(?:[\"']?(eJ[A-Za-z0-9+/]+={0,2})[\"']?|(\{.*\}))\s*$"
)
_LANGUAGES: Final = ("", "yaml", "yml", "json", "openapi")

LONGEST_JSON: Final = 3000
"""Number of lines of an example that is too long to be read."""

FENCE: Final = re.compile(r"(?P<indent>\s*)(?P<marks>`{3,}|~{3,})\s*(?P<info>[^`]*)")


@dataclass(slots=True)
class Fences:
    """Follows the fenced blocks of a page line by line (CommonMark 0.31, section 4.5).

    Attributes:
        opening: the first line of the block that is open; None outside of blocks.
    """

    opening: re.Match[str] | None = None

    def read(self, line: str) -> re.Match[str] | None:
        """Return the match of a line that opens or closes a block; None for any other line."""
        is_plain = "```" not in line and "~~~" not in line
        match, known = None if is_plain else FENCE.fullmatch(line.rstrip()), self.opening
        if match and known:
            is_deeper = len(match["indent"]) > len(known["indent"]) + 3
            if is_deeper or match["info"] or not match["marks"].startswith(known["marks"]):
                return None
        self.opening = known if match is None else None if known else match
        return match


def find_documents(text: str, name: str) -> list[tuple[int, Any]]:
    """Return the decoded OpenAPI documents in the fenced blocks of a page, with their lines."""
    return [
        *_find_in_front_matter(text),
        *(
            (line, decode_document(block, f"{name}:{line}"))
            for line, language, block in _list_blocks(text)
            if language in _LANGUAGES and is_document(block)
        ),
    ]


def _find_in_front_matter(text: str) -> Iterator[tuple[int, Any]]:
    """Yield the operation that a page of Docusaurus has in its front matter, as a document.

    The plugin `docusaurus-openapi-docs` writes it as JSON without references (its file
    `createApiPageMD`), compressed since version 2, with the path, the method, the servers and the
    security schemes inside.
    """
    match = _IN_FRONT_MATTER.search(text)
    if match is None or not text.lstrip("\ufeff\n").startswith("---"):
        return
    try:
        stated = json.loads(match[2] or inflate(b64decode(match[1], validate=True)))
    except (ValueError, RecursionError):
        return
    if not isinstance(stated, dict) or not isinstance(stated.get("path"), str):
        return
    # Only 3.1 has several types in one schema.
    version = "3.1.0" if '"type":[' in json.dumps(stated, separators=(",", ":")) else "3.0.3"
    document = {key: stated[key] for key in ("info", "servers") if stated.get(key)}
    document["openapi"] = version
    document["paths"] = {stated["path"]: {str(stated.get("method")): stated}}
    document["components"] = {"securitySchemes": stated.get("securitySchemes") or {}}
    yield text.count("\n", 0, match.start()) + 1, document


def is_document(text: str) -> bool:
    """Return whether a text begins like an OpenAPI document."""
    if _START.match(text):
        return True
    if text.lstrip().startswith("{"):
        return _VERSION.search(text) is not None
    is_map = re.match(r"\s*[\w'\"-]+:", text) is not None
    return is_map and _VERSION_LINE.search(text[:20_000]) is not None


def decode_document(text: str, name: str) -> Any:
    """Return a document in JSON or YAML."""
    with suppress(ValueError, RecursionError):
        return read_json(text)
    return read_plain_yaml(text, name)


def read_plain_yaml(text: str, name: Path | str) -> Any:
    """Return YAML as JSON, every key as text."""
    try:
        return json.loads(json.dumps(read_yaml(text, name, is_strict=True)))
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"contains a value that JSON does not have; quote it: {error}"
        raise UsageError(f"{name}: {problem}") from None


def read_first_json(lines: Sequence[str]) -> tuple[Any, int] | None:
    """Return the JSON that some lines begin with, and the number of its lines, or None."""
    text = "\n".join(lines[:LONGEST_JSON])
    begin = len(text) - len(text.lstrip())
    try:
        value, end = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError):
        return None
    return value, text.count("\n", 0, end) + 1


def _list_blocks(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the language and the content of each fenced block."""
    fences, start, held = Fences(), 0, list[str]()
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        opening = fences.opening
        if fences.read(line) is None:
            held.append(line)
        elif opening:
            language = (opening["info"].split() or [""])[0]
            yield start, language.lower(), "\n".join(held)
        else:
            start, held = number + 1, []
