"""Reference pages of AWS, whose elements have their facts on lines below their names, as lists.

The request syntax shows where each parameter is: in the path, in the query, or in a header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Final

_ELEMENT: Final = re.compile(
    r"\s*\*\*\s?\[([^\[\]]{1,99})\]\(#\w{1,200}?_(Request|Response)Syntax[^()]{0,400}\)\s?\*\*"
    r"\s*(?:<a name=\"[^\"]{0,300}\"></a>)?\s*"
)
"""The name of an element, which is a link to the syntax of the request or the response."""

_SYNTAX: Final = re.compile(r"([A-Z]{3,7}) (/\S*) HTTP/1\.1\s*")
_HEADER: Final = re.compile(r"([\w-]{1,99}): (?:\{\{)?(\w{1,99})(?:\}\})?\s*")
_FACT: Final = re.compile(
    r"(Type|Required|Pattern|Valid Range|Valid Values|(?:(?:Key|Value) )?Length Constraints"
    r"|Array Members|Map Entries): *(.+)"
)
_LINK: Final = re.compile(r"\[([^\[\]]{1,200})\]\([^()]{0,400}\)")
_END: Final = re.compile(r"#{1,2} |```|~~~")
_RETURNED: Final = re.compile(r"returns the following HTTP headers|data is returned in")
_FIXED: Final = re.compile(r"Fixed (length|number) of ([0-9]{1,9}\b)")


_TITLES: Final = (
    *("Request Syntax", "URI Request Parameters", "Request Body", "Request Parameters"),
    *("Response Syntax", "Response Elements"),
)
_ENDS: Final = ("Examples", "Example", "See Also")
"""Titles of sections below the others, as is the last Errors, which state no fields."""

_WORD: Final = re.compile(r"(?!(?:Note|Important|Warning|Tip)$)[A-Za-z][\w.-]{0,99}")
_SHOWN: Final = re.compile(r"\"([\w.-]{1,99})\"\s{0,9}:|<([\w.-]{1,99})>")


def mark_elements(text: str) -> str:
    """Return a page that was copied from a browser with the marks of Markdown.

    The names of elements are the words on lines of their own that the syntax shows. Of a page with
    more elements, nothing is marked.
    """
    lines = text.split("\n")
    spaced = [n for n, line in enumerate(lines) if line.strip() in _TITLES and _is_alone(lines, n)]
    if not spaced or lines[spaced[0]].strip() != "Request Syntax":
        return text
    below = [n for n in range(spaced[-1], len(lines)) if _is_alone(lines, n)]
    last = max((n for n in below if lines[n].strip() == "Errors"), default=len(lines))
    last = min((n for n in below if lines[n].strip() in _ENDS or n == last), default=last)
    lines[last:] = [""] * (len(lines) - last)
    for start, end in pairwise((*spaced, last)):
        title = lines[start].strip()
        body = range(start + 1, end)
        if title.endswith("Syntax"):
            shown = {name for n in body for each in _SHOWN.findall(lines[n]) for name in each}
            lines[start + 1] = lines[end - 1] = "```"
        elif title in ("URI Request Parameters", "Request Body", "Response Elements"):
            alone = [n for n in body if _WORD.fullmatch(lines[n].strip()) and _is_alone(lines, n)]
            is_asked = title.startswith("URI")
            named = [n for n in alone if is_asked or lines[n].strip() in shown]
            if not is_asked and len(named) != sum(lines[n].startswith("Type: ") for n in body):
                return text
            kind = "Response" if title.startswith("Response") else "Request"
            for n in named:
                lines[n] = f"**[{lines[n].strip()}](#API_{kind}Syntax)**"
        lines[start] = f"## {title}"
    return "\n".join(lines)


def _is_alone(lines: Sequence[str], at: int) -> bool:
    """Return whether the lines above and below a line are empty."""
    below = lines[at + 1] if at + 1 < len(lines) else ""
    return not (lines[at - 1] if at else "").strip() and not below.strip()


def write_elements(text: str) -> str:
    """Return a page with each element as an item such as "- `name` (string, required): Which"."""
    lines = text.split("\n")
    starts = [n for n, line in enumerate(lines) if "Syntax" in line and _ELEMENT.fullmatch(line)]
    named = {_read_name(lines[n]) for n in starts if "_RequestSyntax" in lines[n]}
    at = next((n for n, line in enumerate(lines) if _SYNTAX.fullmatch(line)), None)
    if at is None or not starts:
        return text
    headers = dict(_list_headers(lines[at + 1 : at + 50]))
    shown = {*re.findall(r"[\w.-]+", lines[at]), *headers, *headers.values()}
    lines[at] = _write_path(lines[at], named)
    every, last, above = [*lines], 0, ""
    is_xml, is_header = "in XML format" in text, False
    for n in starts:
        said = [each for each in every[last:n] if each.startswith("## ") or _RETURNED.search(each)]
        is_header = "headers" in said[-1] if said else is_header
        above = next((each for each in reversed(lines[last:n]) if each.startswith("## ")), above)
        last, below = n, range(n + 1, len(lines))
        end = next((m for m in below if _ELEMENT.fullmatch(lines[m]) or _END.match(lines[m])), None)
        end = len(lines) if end is None else end
        name, in_address = _read_name(lines[n]), "URI" in above
        item = _write_item(name, lines[n + 1 : end], headers if in_address else {})
        is_unclear = name not in shown if in_address else is_xml or is_header
        item = f"- {name}" if is_unclear else item
        lines[n:end] = [item, *[""] * (end - n - 1)]
    return "\n".join(lines)


def _read_name(line: str) -> str:
    match = _ELEMENT.fullmatch(line)
    return match[1].replace("\\", "") if match else ""


def _list_headers(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each placeholder in the headers of a request, and that of its header."""
    for line in takewhile(lambda each: ": " in each, lines):
        if match := _HEADER.fullmatch(line):
            yield match[2], match[1]


def _write_path(line: str, named: set[str]) -> str:
    """Return the line of method and path with braces around the parameters of the path."""
    path, mark, query = line.partition("?")
    parts = [re.sub(r"[{}+]", "", part) for part in path.split(" ")[1].split("/")]
    written = [f"{{{part}}}" if part in named else part for part in parts]
    method, end = line.split(" ", 1)[0], "" if mark else " HTTP/1.1"
    return f"{method} {'/'.join(written)}{end}{mark}{query}"


def _write_item(name: str, below: Sequence[str], headers: Mapping[str, str]) -> str:
    """Return an element as an item of a list, given the lines below its name."""
    facts = [match for line in below if (match := _FACT.fullmatch(line.strip()))]
    stated = {match[1]: _LINK.sub(r"\1", match[2]).strip() for match in facts}
    prose = [line.strip() for line in below if not _FACT.fullmatch(line.strip())]
    prose = [line for line in prose if line and not re.match(r"[-*+#|<>]", line)]
    words = [_read_type(stated)]
    words += ["its pattern"] if "Pattern" in stated else []
    words += ["required"] if stated.get("Required", "").startswith("Yes") else []
    words += ["optional"] if stated.get("Required", "").startswith("No") else []
    words += ["header"] if name in headers or name in headers.values() else []
    limits = [stated[key] for key in stated if key.endswith(("Constraints", "Range"))]
    limits += [stated[key] for key in ("Array Members", "Map Entries") if key in stated]
    limits = [_FIXED.sub(r"Minimum \1 of \2. Maximum \1 of \2", each) for each in limits]
    values = stated.get("Valid Values", "").replace("|", ",")
    limits += [f"One of: `{values}`."] if values and words[0].startswith("Array") else []
    said = " ".join([*prose, *limits])
    return f"- `{headers.get(name, name)}` ({', '.join(filter(None, words))}): {said}"


def _read_type(stated: Mapping[str, str]) -> str:
    """Return the type of an element; a parameter of the address has only limits."""
    if "Valid Values" in stated and stated.get("Type", "String") == "String":
        values = stated["Valid Values"].split("|")
        return " | ".join(f'"{each.strip(" `")}"' for each in values)
    if kind := stated.get("Type"):
        kind = re.sub(r"^[\w -]{1,99} to [\w -]{1,99} map$|^[\w-]{1,99} object$", "object", kind)
        return re.sub(r"^(Array of )[\w-]{1,99} objects$", r"\1objects", kind).replace(",", "")
    if {"Pattern", "Length Constraints"} & stated.keys():
        return "string"
    is_whole = re.fullmatch(r"[^.]{0,99}\d\. [^.]{0,99}\d\.", stated.get("Valid Range", ""))
    return "integer" if is_whole else ""
