"""Pages of other forms, rewritten line by line in the forms that docpact reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import unescape
from typing import Final

from docpact.capture.embedded import Fences
from docpact.capture.normalize.aws import mark_elements, write_elements
from docpact.capture.normalize.definitions import (
    list_definition,
    list_facts,
    list_fields,
    list_typed,
)
from docpact.capture.normalize.gitbook import write_blocks
from docpact.capture.normalize.tables import find_tables, list_rows
from docpact.model.path import METHODS

METHOD: Final = "|".join(METHODS)

_HTML_HEADING: Final = re.compile(r"(?m)^[ \t]*<h([1-6])\b[^<>\n]*>([^<>\n]+)</h\1>[ \t]*$")
_HEADING: Final = re.compile(r"(?m)^#{1,6} [^\n]*$")
_PERMALINK: Final = re.compile(
    r"(?:\[[^\w\[\]]*\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\{#[\w-]+\})$"
)
_GROUP: Final = re.compile(
    r"(?i)(parameters|headers?|body|responses?|examples?) - `[^`]*?([1-5][0-9]{2})?[^`\d]*`$"
)
"""The end of a heading of apiDoc such as "Success response - `Success 200`"."""

_ATTRIBUTE: Final = re.compile(r"(?<![\w:-])([\w-]+)=\"([^\"]*)\"")
_COMPONENT: Final = re.compile(r"(</?)\w*ApiParam\b")
_OF_VUE: Final = re.compile(r"(?<=\s):(required=)")
_ELEMENT: Final = re.compile(
    r"(?m)^[ \t]*<(\w+)\b([^<>\n]{0,999}?)(?:>[ \t]*(/[^<>\n]*+)</\1>[ \t]*$|/?>)"
)
"""An element such as `<Endpoint method="GET" path="/things">`, perhaps with the path in it."""

_SPREAD: Final = re.compile(
    r"(?m)^[ \t]*<[A-Z]\w*[ \t]*((?:\n[ \t]*[\w-]+=\"[^\"\n]*\"[ \t]*)+)(?:$|/?>)"
)
"""An element with one attribute on each line."""

_LINK: Final = re.compile(r"\[([^\[\]\n]*)\]\([^()\n]*\)")
_TAGS: Final = re.compile(r"<[^<>]*>")
_PROMPT: Final = re.compile(r"^\s*[$>%#] (?=curl )")
_UNDERLINE: Final = re.compile(r"(=|-)\1{2,}\s*")
_NO_TITLE: Final = re.compile(r"\s|[#|>*+<`:-]|\d+\.")
"""The beginning of a line that is not a title, although it is underlined."""

_RULE: Final = frozenset(" \t|:-")
"""The characters of the line below the names of the columns of a table."""

_CODE: Final = re.compile(r"(?: {4}|\t)\s*(?:[{\[]|curl )")
_LABELLED: Final = re.compile(
    r"[\s>*+_#-]*+([A-Za-z]++(?: +[A-Za-z]++)*+)[ *_]*+\s*+:[*_]*+\s*+[`*]*+"
    r"(<img [^<>]*>|[^`*\s]+)[`*]*\s*"
)
_ALONE: Final = re.compile(
    r"[\s>]*(<)?((?:https?:/|[\w.-]+:[0-9]+|\{\{\w+\}\}|api|v[0-9]+)?/\S*?)(?(1)>)\s*"
)
"""A line with only a URL."""

_NO_SLASH: Final = re.compile(
    rf"(?m)^([#*`> -]*(?:{METHOD})[`*: ]+)(?=(?:api|v[0-9]+)/[^\s`*]*[`*]*[ \t]*$)"
)
"""The beginning of a line such as "`GET api/things`"."""

_HOST: Final = re.compile(rf"(?m)^([#*`> -]{{,9}}(?:{METHOD})[`*: ]{{1,9}})\{{(\w{{1,50}})\}}(?=/)")
"""The beginning of a line such as "GET {endpoint}/things"."""

_ROW: Final = re.compile(r"(?m)^\| ?`?(\w{1,50})`? ?\|[^\n]*$")
_CHOICE: Final = re.compile(r"(?<=/\{)(\w{1,50})(?: ?\| ?\w{1,50}){1,9}(?=\})")
"""The names in a segment such as "{id | email}"."""

_KIND: Final = (
    r"(?:string|integer|number|boolean|object|array|u?int\d*|float|double|date(?:-?time)?|uuid)"
    r"(?:<[\w,-]+>)?(?:\[\])*(?: \| null)?"
)
_NAMED: Final = re.compile(
    rf"(\s*)(?:↳ )?\*\*`?(?!(?:{METHOD})\b)([\w.$@-]+)`?\*\*:?\s+(?:`([^`/]+)`|({_KIND}))"
    r"(?:\s*nullable)?(?:\s*[*_(]*(required|optional)[*_)]*)?\s*"
)
"""A line such as "**limit** `integer` *required*"; below it is the description."""

_UNION: Final = re.compile(r"\W*(?:(?:oneOf|anyOf|allOf|MOD\d+)\W*|property name\b.*)")
"""A line above fields of one member of a union, or of each value of a map."""

_APART: Final = re.compile(r"\s*(?:[|<]|[-*+] |[-*_]{3})")
"""The beginning of a line that is not part of a description."""


def rewrite(text: str) -> str:
    """Return a page with the lines that docpact reads in place of others with the same meaning.

    A title with a line below it becomes a heading, GitBook's blocks become components, a table
    with the columns Method and Path becomes `GET /path`, and definitions become items of a list.
    """
    if "</h" in text:
        text = _HTML_HEADING.sub(lambda match: f"{'#' * int(match[1])} {match[2].strip()}", text)
    text = _HEADING.sub(lambda match: _clean(match[0]), text)
    text = write_blocks(text) if "{% " in text else text
    text = mark_elements(text) if "HTTP/1.1" in text else text
    text = write_elements(text) if "_RequestSyntax" in text else text
    text = _name_in_tables(text) if "</table>" in text else text
    if "ApiParam" in text:
        text = _OF_VUE.sub(r"\1", _COMPONENT.sub(r"\1ParamField", text))
    text = _ELEMENT.sub(_write_element, _SPREAD.sub(_write_spread, text))
    text = _CHOICE.sub(r"\1", _without_host(_NO_SLASH.sub(r"\1/", text)))
    return "\n".join(_rewrite_lines(text.split("\n")))


def _name_in_tables(text: str) -> str:
    """Write `GET /path` for each table in HTML with one operation, on a line of its own."""
    parts, at = list[str](), 0
    for start, end in find_tables(text):
        rows = [row for _, row in list_rows(text[start:end])]
        lines = [*rows[:1], "|-|", *rows[1:]]
        if rows and _name_operation(lines, 0):
            parts += [text[at:start], lines[2], "\n" * text.count("\n", start, end)]
            at = end
    return "".join([*parts, text[at:]])


def _without_host(text: str) -> str:
    """Return a page without the parameter for the server, and without its row in a table."""
    names = {match[2] for match in _HOST.finditer(text)}
    if names:
        text = _ROW.sub(lambda row: "|---|" if row[1] in names else row[0], text)
    return _HOST.sub(r"\1", text)


def _clean(heading: str) -> str:
    """Return a heading without the link to itself and the signs that close it."""
    title = _GROUP.sub(r"\1 \2", _PERMALINK.sub("", heading.rstrip())).rstrip()
    unclosed = title.rstrip("#")
    return unclosed.rstrip() if unclosed.endswith(" ") else title


def _rewrite_lines(lines: list[str]) -> list[str]:
    """Replace pairs of lines, and fence indented examples."""
    at, fences = _skip_front_matter(lines), Fences()
    _name_in_front_matter(lines[:at], lines)
    while at < len(lines):
        is_fence = fences.read(lines[at]) is not None
        if fences.opening and not is_fence:
            lines[at] = _PROMPT.sub("", lines[at])
        elif lines[at].strip() and not is_fence:
            at = next((end for step in _STEPS if (end := step(lines, at))), at)
        at += 1
    return lines


def _skip_front_matter(lines: Sequence[str]) -> int:
    """Return the index of the line behind the front matter."""
    if lines[0].strip("\ufeff ") != "---":
        return 0
    return next((at + 1 for at in range(1, len(lines)) if lines[at].rstrip() == "---"), 0)


def _name_in_front_matter(front: Sequence[str], lines: list[str]) -> None:
    """Write `api: GET /path` for the method in front matter with a path, and perhaps a server."""
    pairs = [line.partition(":")[::2] for line in front]
    stated = {key.strip().lower(): value.strip(" \t\r\"'") for key, value in pairs}
    path = next((stated[key] for key in _PATH_COLUMNS if stated.get(key, "").startswith("/")), "")
    server = next((each for each in stated.values() if path and each.startswith("http")), "")
    operation = _join(
        {"method": stated.get("method", ""), "path": server.rstrip("/") + path}.items()
    )
    if path and operation:
        at = next(n for n, (key, _) in enumerate(pairs) if key.strip().lower() == "method")
        lines[at] = f"api: {operation}"


def _mark_title(lines: list[str], at: int) -> int:
    """Make a heading of a line that has a line of `=` or `-` below it."""
    below = _UNDERLINE.fullmatch(lines[at + 1]) if at + 1 < len(lines) else None
    is_alone = at == 0 or not lines[at - 1].strip()
    if below is None or not is_alone or _NO_TITLE.match(lines[at]) or len(lines[at]) > 80:
        return 0
    lines[at : at + 2] = [f"{'#' if below[1] == '=' else '##'} {lines[at]}", ""]
    return at + 1


def _name_operation(lines: list[str], at: int) -> int:
    """Write `GET /path` for a table of one row with the columns Method and Path."""
    if "|" not in lines[at] or at + 2 >= len(lines):
        return 0
    if "-" not in lines[at + 1] or not _RULE.issuperset(lines[at + 1].strip()):
        return 0
    names, row = (
        [cell.strip().strip("`*") for cell in lines[number].strip().strip("|").split("|")]
        for number in (at, at + 2)
    )
    is_last = at + 3 == len(lines) or "|" not in lines[at + 3]
    operation = _join(zip(names, row, strict=False)) if is_last else ""
    if operation:
        lines[at : at + 3] = ["", "", operation]
    return at + 2 if operation else 0


def _name_in_facts(lines: list[str], at: int) -> int:
    """Write `GET /path` for a table of facts, such as `| Method | GET |` above `| Path | /x |`.

    Its other rows stay, except for those that state nothing.
    """
    if lines[at].count("|") not in (1, 3) or (at and "|" in lines[at - 1]):
        return 0
    end = next((n for n in range(at, len(lines)) if "|" not in lines[n]), len(lines))
    rows = [[cell.strip(" \t*") for cell in each.strip().strip("|").split("|")]
            for each in lines[at:end]]  # fmt: skip
    facts = [(row[0], _first_word(row[1])) for row in rows if len(row) == 2]
    operation = _join(facts) if len(facts) == len(rows) > 3 else ""
    if not operation:
        return 0
    for n, (label, word) in enumerate(facts, at):
        is_named = label.lower() in (*_METHOD_COLUMNS, *_PATH_COLUMNS)
        lines[n] = "" if n < at + 2 or is_named or _NO_FACT.fullmatch(word) else lines[n]
    lines[at] = operation
    return end - 1


def _first_word(cell: str) -> str:
    """Return the code that a cell begins with, or its first word."""
    match = re.match(r"`([^`]+)`|\S+", cell)
    return (match[1] or match[0]).strip() if match else ""


def _join_labels(lines: list[str], at: int) -> int:
    """Write `GET /path` for two lines such as "**URL**: `/path`" and "**Method**: `GET`".

    Below a method there may be only a URL, quoted or in a block of code; both may be in tags.
    """
    near = range(at + 1, min(at + 5, len(lines)))
    below = next((n for n in near if lines[n].strip(" \t>`")), at)
    operation = _join(filter(None, (_read_label(lines[at]), _read_label(lines[below]))))
    if not operation:
        return 0
    end = below + 1
    end += end < len(lines) and not lines[end].strip(" \t>`")
    lines[at:end] = [""] * (end - at)
    lines[below] = operation
    return end - 1


def _read_label(line: str) -> tuple[str, str] | None:
    """Return the label of a line and the text behind it; a URL, or a method in tags, needs none."""
    is_tagged = re.match(r"\s*<\w+[ >]", line) is not None
    is_marked = is_tagged or line.startswith("#")
    plain = unescape(_TAGS.sub("", line)).strip("# \t") if is_marked else line
    if is_tagged and re.fullmatch(METHOD, plain):
        return "method", plain
    alone, match = _ALONE.fullmatch(plain), _LABELLED.fullmatch(plain)
    return ("url", alone[2]) if alone else (match[1], match[2]) if match else None


def _join(labelled: Iterable[tuple[str, str]]) -> str:
    """Return `GET /path` for the texts labelled as method and path; empty if one is missing."""
    stated = {label.strip().lower(): text for label, text in labelled}
    method = next((stated[key] for key in _METHOD_COLUMNS if key in stated), "")
    path = next((stated[key] for key in _PATH_COLUMNS if key in stated), "")
    named = re.search(rf"(?:^|/badge/)({METHOD})\b", method)
    path = re.sub(r"^(?=(?:api|v[0-9]+)/)", "/", re.sub(r"^(?=[\w.-]+:[0-9]+/)", "http://", path))
    is_path = re.fullmatch(r"(?:https?:/|\{\{\w+\}\})?/\S*", path)
    return f"{named[1]} {path}" if named and is_path else ""


_METHOD_COLUMNS: Final = (
    *("method", "http method", "verb", "m\u00e9todo", "metodo", "m\u00e9thode", "methode"),
    *("\u65b9\u6cd5", "\u8bf7\u6c42\u65b9\u6cd5", "\u30e1\u30bd\u30c3\u30c9", "\uba54\uc11c\ub4dc"),
)
_PATH_COLUMNS: Final = (
    *("path", "url", "endpoint", "uri", "endpoint path", "route", "ruta", "rota", "caminho"),
    *("\u8def\u5f84", "\u8bf7\u6c42\u8def\u5f84", "\u30d1\u30b9", "\uacbd\ub85c"),
)
_NO_FACT: Final = re.compile(r"(?:none|no|n/a|-|)\W*", re.IGNORECASE)


def _list_named(lines: list[str], at: int) -> int:
    """Write names in bold, each with its type behind it and its description below, as items.

    Without arrows, the fields below one with an object may be those of the object.
    """
    if not _NAMED.fullmatch(lines[at]):
        return 0
    below = range(at, len(lines))
    end = next((n for n in below if re.match(r"#|```|~~~", lines[n])), len(lines))
    has_arrows, last, is_open = any("↳" in line for line in lines[at:end]), at, False
    for n in range(at, end):
        text = lines[n].strip()
        match = _NAMED.fullmatch(lines[n])
        is_open = is_open or _UNION.fullmatch(text) is not None
        if match and is_open:
            lines[n] = f"- ({text})"
        elif match:
            kind, last = match[3] or match[4], n
            is_open = "object" in kind and not has_arrows
            facts = ", ".join(filter(None, (kind.replace(",", " | "), match[5])))
            lines[n] = f"{match[1]}- `{match[2]}` ({facts}):"
        elif text and not _APART.match(text):
            plain = re.sub(r"\[((?:`[^`]*`[, ]*)+)\]", r"\1", text.replace("**", ""))
            lines[last] += f" {plain}{'' if plain.endswith(('.', ':')) else '.'}"
            lines[n] = ""
    return end - 1


def _fence_example(lines: list[str], at: int) -> int:
    """Put fences in place of the blank lines around an indented command or example body."""
    if at == 0 or lines[at - 1].strip() or not _CODE.match(lines[at]):
        return 0
    above = next((lines[n] for n in range(at - 1, -1, -1) if lines[n].strip()), "")
    if re.match(r"\s+|[-*+] |\d+\. ", above):
        return 0
    end = at
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith((" " * 4, "\t"))):
        end += 1
    if end < len(lines) and lines[end - 1].strip():
        return 0
    lines[at - 1] = "```"
    if end < len(lines):
        lines[end - 1] = "```"
    return end - 1


_STEPS: Final[tuple[Callable[[list[str], int], int], ...]] = (
    _mark_title,
    _name_operation,
    _name_in_facts,
    _join_labels,
    list_definition,
    list_facts,
    list_fields,
    list_typed,
    _list_named,
    _fence_example,
)
"""Each changes the lines that begin at an index, and returns the index of the last one, or 0."""


def _write_spread(match: re.Match[str]) -> str:
    """Write `GET /path` for an element with a method and a path on lines of their own."""
    operation = _join(_ATTRIBUTE.findall(match[1]))
    return operation + "\n" * match[0].count("\n") if operation else match[0]


def _write_element(match: re.Match[str]) -> str:
    """Write `GET /path` for an element with a method, and a path as an attribute or in it."""
    stated: dict[str, str] = dict(_ATTRIBUTE.findall(match[2]))
    words = " ".join(stated.get(key, "") for key in ("method", "class", "text")).upper().split()
    method = next((word for word in words if word in METHODS), "")
    if method and method == stated.get("text"):
        return method
    path = _LINK.sub(r"\1", match[3] or "").rstrip().replace("\\", "")
    path = path or next((stated[key] for key in _PATH_COLUMNS if key in stated), "")
    return f"{method} {path}" if method and path.startswith(("/", "http")) else match[0]
