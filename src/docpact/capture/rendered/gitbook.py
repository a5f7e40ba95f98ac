"""Text copied from a page of GitBook that shows an OpenAPI document, as in text of Redoc.

Name, type and facts of a row are on one line, with nothing between name and type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from docpact.capture.rendered.mintlify_rows import find_filled
from docpact.capture.rendered.rows import MEDIA, Numbered
from docpact.errors import PageError
from docpact.model.path import METHODS

_ASKED: Final = [f"{each} parameters" for each in ("Path", "Query", "Header", "Cookie")]
_SECTION: Final = r"Authorizations|(?:Path|Query|Header|Cookie) parameters|Body|Responses"
FORM: Final = re.compile(
    rf"(?m)^(?:{'|'.join(METHODS).lower()})$\s+^(?!/|https?:)(?s:.{{0,2000}}?)^(?:{_SECTION})$"
)
"""A method in small letters above a section."""

_TYPE: Final = r"(?:string|integer|number|boolean|object|any|null)(?:\[\])*|(?:one|any|all) of"
_REST: Final = re.compile(
    rf"({_TYPE})((?: · (?:(?![Rr]equired|[Oo]ptional)[^·])+?)*)([Rr]equired|[Oo]ptional)"
    r"([Dd]eprecated)?(Possible values:.*|Default: .*|Example: .*)?"
)
_MARKED: Final = re.compile(r"\S.{0,300}(?:[Rr]equired|[Oo]ptional).{0,300}")
_GLUED: Final = re.compile(
    rf"\S+(?: · .*)?(?:[Rr]equired|[Oo]ptional)(?:[Dd]eprecated)?|[\w$@.\[\]-]+(?:{_TYPE})"
    r"(?: · .*)?(?:[Rr]equired|[Oo]ptional)[A-Z].*"
)
"""A row whose name and type are not known."""

_STATUS: Final = re.compile(r"([1-5][0-9]{2}|[1-5]XX|default)(?:[A-Z].*)?")
_NAME: Final = re.compile(r"[\w$@.\[\]-]+")
_WORDS: Final = re.compile(r"[a-z]+|date-time|uri|uuid|email|int32|int64")
_BOUND: Final = re.compile(r"(min|max): ([0-9.-]+)")
_CALL: Final = re.compile(r"curl\b.*|[A-Z]+ (/\S*) HTTP/1\.1")
_URL: Final = re.compile(r"(?:--url )?'?(https?://[^\s/'?]+)(/[^\s'?]*)")
_DATA: Final = re.compile(r"\s*(?:--data|-d) '(.*)")


def arrange(lines: Sequence[Numbered]) -> list[Numbered]:
    """Return the lines of all operations; none if the path of one is not known."""
    starts = [at for at in range(len(lines)) if _is_method(lines, at)]
    arranged = list[Numbered]()
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        own = lines[start + 1 : end]
        call = next((n for n, (_, text) in enumerate(own) if _CALL.fullmatch(text)), len(own))
        address = _find_address(own[call:])
        if not address:
            return []
        number = lines[start][0]
        arranged += [(number, lines[start][1].upper()), (number, address)]
        is_called = call and own[call - 1][1].upper() in METHODS
        arranged += _arrange_sections(own[: call - is_called])
        arranged += _arrange_call(own[call:])
    return arranged


def _is_method(lines: Sequence[Numbered], at: int) -> bool:
    """Return whether the text of an operation begins at an index."""
    if lines[at][1] not in ("get", "post", "put", "patch", "delete", "head", "options"):
        return False
    below = lines[find_filled(lines, at)][1]
    return not (_CALL.fullmatch(below) or below.startswith(("/", "http")))


def _find_address(lines: Sequence[Numbered]) -> str:
    """Return the URL of a command or of a request in HTTP, without its query; empty without one."""
    for at, (_, text) in enumerate(lines):
        request = _CALL.fullmatch(text)
        if request and request[1]:
            path = request[1].partition("?")[0]
            host = next((e for _, e in lines[at + 1 :] if e.startswith("Host: ")), "")
            return f"https://{host.removeprefix('Host: ')}{path}" if host else path
        if match := _URL.search(text):
            return match[1] + match[2]
    return ""


def _arrange_sections(lines: Sequence[Numbered]) -> Iterator[Numbered]:
    """Yield the sections of an operation; the fields of a response are below a heading.

    A mark before a word keeps it from being taken for a heading or a row.

    Raises:
        PageError: name and type of a row cannot be separated.
    """
    section, is_below = "", False
    has_status = any(_read_status(lines, at) for at in range(len(lines)))
    for at, (number, text) in enumerate(lines):
        cells = _split(text)
        if re.fullmatch(_SECTION, text):
            section, is_below = text, False
            yield number, "Request body" if text == "Body" else text
            if text == "Responses" and not has_status:
                yield number, "2XX"
        elif cells:
            if section == "Responses" and not is_below:
                yield number, "Response schema:"
                is_below = True
            yield from ((number, cell) for cell in cells)
        elif section in _ASKED and (MEDIA.fullmatch(text) or _read_status(lines, at)):
            raise PageError(number, f"expected the heading 'Responses' or 'Body' above {text!r}")
        elif section == "Responses" and (status := _read_status(lines, at)):
            yield from ((number, each) for each in ("Responses", *status))
            is_below = False
        elif MEDIA.fullmatch(text):
            yield number, text if section == "Body" else ""
        elif _GLUED.fullmatch(text) and section not in ("", "Authorizations"):
            raise PageError(number, f"name and type of the row {text!r} cannot be separated")
        else:
            is_plain = not text or (" " in text and text[0] not in "{[")
            yield number, text if is_plain else f"- {text}"


def _read_status(lines: Sequence[Numbered], at: int) -> tuple[str, ...]:
    """Return the status on a line above a media type, and that type; nothing for other lines."""
    match = _STATUS.fullmatch(lines[at][1])
    below = [text for _, text in lines[at + 1 : at + 6] if text][:2]
    media = next(filter(MEDIA.fullmatch, below), "")
    return (match[1], media) if match and media else ()


def _split(text: str) -> list[str]:
    """Return name, type and limits of a row; nothing unless there is one way to separate them."""
    found = [
        (text[:at], match)
        for at in range(1, len(text) if _MARKED.fullmatch(text) else 0)
        if (match := _REST.fullmatch(text, at)) and _NAME.fullmatch(text[:at])
    ]
    if len(found) != 1:
        return []
    name, match = found[0]
    facts = [each for each in match[2].split(" · ") if each]
    return [
        f"{name}\t",
        *(["required"] if match[3].lower() == "required" else []),
        *_write_type(match[1], facts),
        *(["deprecated"] if match[4] else []),
        *(["Enum:", ""] if "enum" in facts or "Possible" in (match[5] or "") else []),
    ]


def _write_type(kind: str, facts: Sequence[str]) -> list[str]:
    """Return a type, and its limits; the text `unknown` for one that has others."""
    word = kind.removesuffix("[]")
    units = "items" if kind != word else "characters" if kind == "string" else ""
    bounds = {match[1]: match[2] for each in facts if (match := _BOUND.fullmatch(each))}
    others = [each for each in facts if not (_BOUND.fullmatch(each) or each == "enum")]
    is_null = "nullable" in others
    formats = [each for each in others if each != "nullable"]
    if len(formats) > 1 or not all(map(_WORDS.fullmatch, formats)) or "[" in word or " " in word:
        return ["(unknown)"]
    of = f"Array of {word}" if kind != word else word
    signs = {"min": ">=", "max": "<="}
    return [
        of + "".join(f" <{each}>" for each in formats) + (" or null" if is_null else ""),
        *(f"{signs[end]} {value} {units}".strip() for end, value in bounds.items()),
    ]


def _arrange_call(lines: Sequence[Numbered]) -> Iterator[Numbered]:
    """Yield the body that a command sends, its credential, and the body that is returned."""
    if not lines:
        return
    yield lines[0][0], "Payload"
    is_sent = False
    for number, text in lines:
        data = _DATA.fullmatch(text)
        if data:
            is_sent = not data[1].endswith("'")
            yield number, data[1].removesuffix("'")
        elif is_sent:
            is_sent = not text.endswith("'")
            yield number, text.removesuffix("'")
        elif text[:1] in ("{", "["):
            yield number, "Response samples"
            yield number, text
        else:
            header = re.fullmatch(r"([\w-]+): ((?:Bearer |Basic )?YOUR_\w+)", text)
            yield number, f"--header '{header[1]}: {header[2]}'" if header else text
