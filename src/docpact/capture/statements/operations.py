"""The operations and the lines of pages that people write by hand, or with components."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import dropwhile, islice
from typing import Final, TypeAlias

from docpact.capture.embedded import FENCE, Fences
from docpact.capture.layout.command import DATA, FORM, Command, is_command, read_command
from docpact.capture.layout.headings import EXAMPLES
from docpact.capture.layout.lines import Line
from docpact.capture.normalize.copies import TAGS
from docpact.capture.normalize.google import write_reference
from docpact.capture.normalize.tables import list_lines
from docpact.capture.normalize.text import METHOD, rewrite
from docpact.capture.requests.alternatives import without_alternates
from docpact.capture.requests.ids import EXAMPLE, write_id
from docpact.capture.statements.lists import ENDPOINT, is_of_redocly, match_name, states_type
from docpact.capture.statements.tables import find_columns
from docpact.errors import PageError
from docpact.model.path import METHODS, match_path, without_names

_LETTER: Final = r"(?:<(?:\w+:)?[\w-]+>|(?<=/)\((?:\w+: ?)?[\w-]+\)|[^\s`\"'*|)>]|\*(?=[,}]))"
_TARGET: Final = rf"((?:https?://{_LETTER}+)|(?:\{{\{{\w+\}}\}}|\$\{{?\w+\}}?)?/{_LETTER}*)"
"""A URL, or a path with or without a variable for the server before it."""

FRONT_MATTER: Final = re.compile(
    rf"""(?:api|openapi)\s*:\s*["']?(?:\S+\s+)?({METHOD})\s+{_TARGET}["']?\s*""", re.IGNORECASE
)
_OPERATION: Final = re.compile(
    rf"(?:#+\s.*?|(?:[-+*]\s+)?[*_]*Endpoint[*_]*:[*_]*[`\s]*|(?:>[^\w`]{{,9}}(?=`))?[`*\s]*)\b({METHOD})\b[`*\s:]*{_TARGET}"
    r"[`*\s]*(?:HTTP/[\d.]+)?"
)
_PLACEHOLDER: Final = re.compile(
    r"(?<=/)(?::(\w+)|\$(?!ref\b|count\b|value\b|batch\b|metadata\b)\{?(\w+)\}?|<(?:\w+:)?([\w-]+)>"
    r"|\((?:\w+: ?)?([\w-]+)\)|\[([\w-]+)\]|\{?\{([\w-]+)\}\}?"
    r"|((?i:your)[-_][\w-]+|[A-Z]+(?:_[A-Z]+)+))(?=/|$|\.json$)"
)
"""A segment of a path that stands for a value, in any of its forms."""

_OWN: Final = re.compile(
    r"(?<=/)(?:((\w+?)(?:e?s)?)/(my[-_](?:[\w-]+[-_])?\2(?:[-_]id)?)(?=/|$)|(?<=^/)(my[-_][\w-]+)(?=/_))"
)
"""A thing such as `/indexes/my_index`, or the index of `/my_index/_search`."""

_MENTION: Final = re.compile(
    r"(?:[-*+]\s+)?(?:(?:to [\w ,'-]{1,60}, )?(?:send|make|issue|use|call|submit|perform|do)\s+"
    r"(?:an?\s+|the\s+)?(?:HTTP\s+)?)?"
    rf"(?:`({METHOD})\s+{_TARGET}`|`?({METHOD})`?\s+requests?\s+to\s+`?{_TARGET})",
    re.IGNORECASE,
)
"""The beginning of a sentence that names an operation."""

_PART: Final = re.compile(
    r"(?:[\W\d]|(?:path|query|headers?|cookie|body|url|requests?|responses?|examples?|samples?"
    r"|success(?:ful)?|errors?|parameters?|params|fields|attributes|properties|schema|returns"
    r"|output|status|codes?|ok|https?|curl|authentication|authorization|arguments|payload|notes"
    r"|description|weight|api|rate|limits?|enumerated|values|endpoint|version|json|required|optional|uri|querystring|and|structure"
    r"|content|entity|definition|syntax|elements)\b)+",
    re.IGNORECASE,
)
"""A heading inside the documentation of an operation."""

_ITEM: Final = re.compile(r"\s*[-*+] |\s+\S")
TAG: Final = re.compile(
    r"<(/?)(ParamField|ResponseField|Expandable|RequestExample|ResponseExample)\b"
    r"((?:\"[^\"]*\"|'[^']*'|\{[^{}]*\}|[^<>\"'{}])*?)(/?)>"
)


def list_operations(text: str) -> Iterator[tuple[int, int, Line, str]]:
    """Yield the numbers where each operation begins, and behind it, its line and its name."""
    lines = list(read_lines(text))
    named = _name_operations(lines)
    together = _list_together(lines, named)
    found = list(_find_starts(lines, named, together))
    following = [*(start for start, _, _ in found[1:]), text.count("\n") + 2]
    for (start, line, name), behind in zip(found, following, strict=False):
        end = line.number + 1 if line.number in together else behind
        yield start, _find_end(lines, start, line, end), line, name


def _find_starts(
    lines: Sequence[Line], named: Mapping[int, tuple[str, str]], together: Collection[int]
) -> Iterator[tuple[int, Line, str]]:
    """Yield the number of the line where each operation begins, its line and its name.

    One that is also named elsewhere, with statements, begins there. The first one begins with the
    page, unless a sentence or a command in some section of it names the operation.
    """
    seen = set[str]()
    again = {*_list_again(lines, named)}
    bare = {*together}.union(*_list_bare(lines, named))
    alone = {shape for number, (_, shape) in named.items() if number not in bare}
    is_said = not any(find_operation(each) for each in lines if each.number in named)
    before, level, heading, is_first = 0, 0, 0, not is_said
    for at, line in enumerate(lines):
        is_title = line.heading[0] > 0 and not _PART.fullmatch(line.heading[1])
        heading = line.number if is_title else heading
        name, shape = named.get(line.number, ("", ""))
        is_new = shape not in seen or line.number in again
        if name and is_new and not (line.number in bare and shape in alone):
            titles, is_stated, is_behind = _list_titles(lines[before : at + 1], named)
            high = [each for each in titles if each[1] <= level]
            start, level = (high or titles or [(line.number, level)])[-1]
            if is_said:
                start = heading or line.number
            elif is_first and not is_behind:
                start = 1
            elif is_stated and not high:
                start = line.number
            if line.is_code and start == line.number:
                above = reversed(lines[before:at])
                start = next((each.number for each in above if FENCE.fullmatch(each.text)), start)
            yield start, line, name
            seen.add(shape)
            before = at + 1
        is_first = is_first and not name


def _list_again(lines: Sequence[Line], named: Mapping[int, tuple[str, str]]) -> Iterator[int]:
    """Yield the line of each operation in a section of its own that states other things.

    A section that states the same parameters and fields again, in another language or in short, is
    not one.
    """
    stated: dict[int, set[tuple[str, str]]] = {}
    number, level, title, is_table = 0, 0, 0, False
    for line in lines:
        own, heading = line.heading
        is_header = find_columns(line.text, "query") is not None
        is_stated = is_table or match_name(line) or TAG.search(line.text)
        is_title = own > 0 and not _PART.fullmatch(heading)
        if is_title:
            number, title = 0 if own <= level else number, own
        if line.number in named:
            number, level, title = line.number if title else 0, title, 0
            stated.setdefault(number, set())
        elif not is_title and number and is_stated and not (line.is_code or is_header):
            stated[number].update(re.findall(r"^\W*([\w.-]+)|[`\"]([\w.-]+)[`\"]", line.text))
        is_table = "|" in line.text and (is_header or is_table)
    seen: dict[str, list[set[tuple[str, str]]]] = {}
    for number, found in stated.items():
        others = seen.setdefault(named[number][1] if number else "", [])
        if found and found not in others and set() not in others:
            yield number
        others.append(found)


def _list_titles(
    lines: Iterable[Line], named: Collection[int]
) -> tuple[list[tuple[int, int]], bool, bool]:
    """Return line and level of each heading that may be the title of the operation below it.

    Those of its parts, and those above statements of another section, are not. A heading as high as
    the title of the operation before is a title. A lower one is, if nothing is stated below it.

    Returns:
        the titles; whether something is stated below them; whether a title is behind statements.
    """
    titles, is_stated, is_behind = list[tuple[int, int]](), False, False
    for line in lines:
        level, heading = line.heading
        if level:
            is_stated = False
            titles += [] if _PART.fullmatch(heading) else [(line.number, level)]
        elif line.is_code:
            is_stated = is_stated or line.number not in named
        elif TAG.search(line.text) or find_columns(line.text) is not None or match_name(line):
            titles, is_stated, is_behind = [], True, True
    return titles, is_stated, is_behind and bool(titles)


def _list_together(lines: Sequence[Line], named: Mapping[int, tuple[str, str]]) -> set[int]:
    """Return the lines of operations that are named one below the other, or in one section.

    The text below such a list is about all of them or none, so it belongs to no single one.
    """
    found, last = set[int](), 0
    for line in lines:
        is_plain = line.number in named and not line.text.startswith("#")
        if is_plain and last and named[last][1] != named[line.number][1]:
            found |= {last, line.number}
        if line.text and not FENCE.fullmatch(line.text):
            last = line.number if is_plain else 0
    return found.union(*(each for each in _list_bare(lines, named) if len(each) > 1))


def _find_end(lines: Sequence[Line], start: int, operation: Line, end: int) -> int:
    """Return the number of the line behind an operation that has a heading.

    It ends before the next heading as high, unless that is about a part of it, or no other
    operation is named before this one again: the text there may be about one in a form that docpact
    does not know.
    """
    level, stop, named = 0, end, None
    first = lines[0].number
    for line in islice(lines, max(start - first, 0), end - first):
        own, heading = line.heading
        stated = find_operation(line)
        named = stated if line.number == operation.number else named
        if heading and not _PART.fullmatch(heading) and stop == end:
            is_title = line.number == start or (start == 1 and line.number <= operation.number)
            level = own if is_title else level
            stop = line.number if own <= level and line.number > operation.number else stop
        if stop < end and stated:
            return end if stated == named else stop
    return stop


def _list_bare(lines: Sequence[Line], named: Mapping[int, tuple[str, str]]) -> Iterator[set[int]]:
    """Yield each operation with nothing below it, and another one in the same section."""
    last, level = 0, 0
    for at, line in enumerate(lines):
        if line.number in named:
            if last and named[last][1] != named[line.number][1]:
                both = _ends_section(islice(lines, at + 1, None), named, level)
                yield {last, line.number} if both else {last}
            last, level = line.number, 0
        elif states(line):
            last = 0
        else:
            level = line.heading[0] or level


def _ends_section(lines: Iterable[Line], named: Mapping[int, tuple[str, str]], level: int) -> bool:
    """Return whether a heading of a part, above a level, comes before any statement."""
    for line in lines:
        if line.number in named or states(line):
            return False
        own, heading = line.heading
        if own:
            return own < level and _PART.fullmatch(heading) is not None
    return False


def states(line: Line) -> bool:
    """Return whether a line states a parameter or a field, or belongs to an example."""
    is_stated = line.is_code or find_columns(line.text, "query") is not None or states_type(line)
    return bool(line.text) and (is_stated or bool(TAG.search(line.text)))


def _name_operations(lines: Sequence[Line]) -> dict[int, tuple[str, str]]:
    """Return the name of each operation, and its name without those of parameters, by its line."""
    return {
        number: (f"{method} {path}", f"{method} {without_names(path)}")
        for number, (method, path, _) in find_operations(lines).items()
    }


_Named: TypeAlias = tuple[str, str, str]
"""Method, path and server of an operation; the server may be empty."""


def find_operations(lines: Sequence[Line]) -> dict[int, _Named]:
    """Return method, path and server of each operation by its line.

    One below a heading or a line such as `Example request:` may repeat the one before with values.
    It may have the server in front of it, and so may one with the same path anywhere. On a page
    with no line of its own for an operation, sentences or commands name them.
    """
    is_named = is_of_redocly(lines)
    is_in_code = all(line.is_code or find_operation(line) is None for line in lines)
    found: dict[int, _Named] = {}
    label, first, is_below, example = "", 0, False, 0
    for line in lines:
        level, heading = line.heading
        if level and (not example or level <= example):
            example = level if first and EXAMPLES.match(heading) else 0
        is_below &= not level or _PART.fullmatch(heading) is not None
        label = label if line.is_code or not line.text or FENCE.fullmatch(line.text) else line.text
        is_own = line.text.startswith(ENDPOINT) if is_named else line.is_code is is_in_code
        if not (is_own and (stated := find_operation(line))):
            continue
        method, path, server = found.get(first, ("", "", ""))
        match = match_path(path, stated[1]) if method == stated[0] else None
        base = f"{stated[2]}{match[0]}" if match and stated[2] else ""
        is_plain = match and all(each.startswith("{") for each in match[1].values())
        is_same = example or (is_plain and match and _BASE.fullmatch(match[0]))
        if base and is_same and not server:
            found[first] = method, path, base
        elif not (match and (base or not match[0]) and example) and not (
            is_below and method == stated[0] and line.is_code and "example" in label.lower()
        ):
            found[line.number], first, is_below = stated, line.number, True
    return found or dict(_find_mentions(lines))


_BASE: Final = re.compile(r"(?:/(?:api|rest|beta|v?[0-9][\w.]*))*", re.IGNORECASE)


def _find_mentions(lines: Sequence[Line]) -> Iterator[tuple[int, _Named]]:
    """Yield the operation of each section whose sentences, or else commands, name only one.

    A section of examples may name one that is named before with values.
    """
    sections: list[tuple[str, dict[_Named, int], dict[_Named, int]]] = [("", {}, {})]
    for at, line in enumerate(lines):
        if line.heading[0]:
            sections.append((line.heading[1].lower(), {}, {}))
        elif line.is_code and is_command(line):
            if stated := _read_curl(lines[at:]):
                sections[-1][2].setdefault(stated, line.number)
        elif not line.is_code and (match := _MENTION.match(line.text)):
            stated = _split(*filter(None, match.groups()))
            sections[-1][1].setdefault(stated, line.number)
    is_said = any(said for _, said, _ in sections)
    known: list[_Named] = []
    for heading, said, sent in sections:
        named = said if is_said else sent
        if len(named) != 1 or ("example" in heading and _has_values(next(iter(named)), known)):
            continue
        known += named
        yield from ((number, stated) for stated, number in named.items())


def _has_values(stated: _Named, known: Iterable[_Named]) -> bool:
    """Return whether an operation is one of others with values for its parameters."""
    same = (path for method, path, _ in known if method == stated[0] and path != stated[1])
    return any(match and not match[0] for match in (match_path(e, stated[1]) for e in same))


_OTHER_METHOD: Final = re.compile(r"-(?!X)\w*[GIT]|--(?:get|head|upload-file)$")
"""An option of curl that may choose the method."""


def _read_curl(lines: Sequence[Line]) -> _Named | None:
    """Return the operation that a command requests; None if an option or the URL hides it."""
    try:
        words, _ = read_command(lines, 0)
        command = Command.read(words)
    except PageError:
        return None
    if any(_OTHER_METHOD.match(word) for _, word in words):
        return None
    urls = [url for _, url in (*command.values("--url"), *command.words) if "://" in url]
    method = next((each for _, each in command.values("-X", "--request")), "")
    method = method or ("POST" if command.values(*DATA, *FORM) else "GET")
    return _split(method, urls[0]) if len(urls) == 1 and method.upper() in METHODS else None


def read_lines(text: str) -> Iterator[Line]:
    """Yield each line from the first one with text on; a fence itself is not code."""
    fences = Fences()
    every = without_alternates(list_lines(rewrite(text).removeprefix("\ufeff")))
    for number, raw in dropwhile(lambda each: not each[1].strip(), write_reference(every)):
        if fences.read(raw):
            yield Line(number, raw.strip())
        else:
            is_code = fences.opening is not None
            depth = len(raw) - len(raw.lstrip()) if _ITEM.match(raw) else None
            plain = TAGS.sub("", raw) if raw.startswith("#") and not is_code else raw
            yield Line(number, plain.strip(), depth, is_code)


def find_operation(line: Line) -> _Named | None:
    """Return method, path and server of a line that names an operation."""
    if "/" not in line.text:
        return None
    match = None if line.is_code else FRONT_MATTER.fullmatch(line.text)
    match = match or _OPERATION.fullmatch(line.text)
    return _split(match[1], match[2]) if match else None


def _split(method: str, target: str) -> _Named:
    """Return method, path and server of an operation; an id in its path becomes a parameter."""
    plain = re.split(r"\{?[?#]|\{&", target)[0]
    scheme, _, rest = plain.partition("://") if plain.startswith("http") else ("", "", plain)
    host, slash, path = rest.partition("/")
    path = _PLACEHOLDER.sub(lambda at: f"{{{next(filter(None, at.groups()))}}}", slash + path)
    path = _OWN.sub(lambda at: f"{at[1]}/{{{at[3]}}}" if at[1] else f"{{{at[4]}}}", path)
    path = _name_apart(EXAMPLE.sub(write_id, path))
    is_named = scheme and host and not re.search(r"[{}<>$\[\]]", host)
    server = f"{scheme}://{host}" if is_named else ""
    return method.upper(), path or "/", server


def _name_apart(path: str) -> str:
    """Return a path whose parameters of the same name have the name of their thing."""
    seen = set[str]()

    def write(match: re.Match[str]) -> str:
        is_new = match[2] not in seen
        seen.add(match[2])
        return match[0] if is_new else write_id(match)

    return re.sub(r"([\w-]+)/\{([\w-]+)\}", write, path)
