"""Names that requests accept, and paths: templates with parameters such as `{name}` (RFC 6570)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
"""The methods that operations of contracts may have."""

SAFE_METHODS: Final = METHODS[:3]
"""The methods that change nothing (RFC 9110, section 9.2.1)."""

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of HTTP, such as the name of a header or of a scheme (RFC 9110, section 5.6.2)."""


VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""The name of an environment variable that every shell can expand."""


def list_plurals(name: str) -> tuple[str, ...]:
    """Return a name as it is and in the plural."""
    return (name, f"{name}s", f"{name}es", *([f"{name[:-1]}ies"] if name.endswith("y") else ()))


def list_singulars(name: str) -> tuple[str, ...]:
    """Return a name as it is, and in the singular if it may be a plural, the likeliest first."""
    ends = (("ies", "y"), ("es", ""), ("s", ""))
    found = (name.removesuffix(end) + more for end, more in ends if name.endswith(end))
    return (name, *found)


def make_singular(name: str) -> str:
    """Return the name of one of several things: `category` for `categories`."""
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """Return a name in lower case with `_` between its words: `created_at` for `createdAt`."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")

_KEY: Final = re.compile(r"\('?(\{[^{}/]+\})'?\)(?=/|$)")
"""A parameter in parentheses at the end of a segment, as in `/pets({id})` or `/pets('{name}')`."""

EXTENSION: Final = re.compile(r"\.(json|xml)$")
"""The end of a path that names the format of the response."""

_MARKS: Final = "-._~!$&'()*+,;=:@"
_AS_IT_IS: Final = f"{_MARKS}/%"
_LONE: Final = "surrogatepass"
_CODE: Final = re.compile("%[0-9A-Fa-f]{2}")
_CODES: Final = "|".join(f"{ord(mark):02X}" for mark in _MARKS)
_NEEDLESS: Final = re.compile(f"%({_CODES})", re.IGNORECASE)
"""An encoded mark that a segment may contain as it is (RFC 3986, section 3.3)."""

WHOLE_PATH: Final = ""
"""Stands among the values of path parameters for a path that a server chose, instead of them."""

MOST_MATCHES: Final = 1_000
"""Number of ways to divide a path between parameters that share a segment."""


def names(template: str) -> tuple[str, ...]:
    """Return the names of the parameters in a path template, in order."""
    return tuple(PARAMETER.findall(template))


def list_query(address: str) -> dict[str, str]:
    """Return name → value of the parameters in the query of an address.

    Those that a template such as `{?limit,tags*}` names have an empty value (RFC 6570, 3.2.8).
    """
    found = (each for part in re.findall(r"\{[?&]([^{}]*)\}", address) for each in part.split(","))
    variables = (unquote(re.sub(r"(?:\*|:[0-9]+)$", "", each.strip())) for each in found)
    values = dict(re.findall(r"[?&]([\w.-]+)=([^&\s`]*)", address))
    return {**dict.fromkeys(filter(None, variables), ""), **values}


def without_keys(template: str) -> str:
    """Return a path template with segments instead of parentheses: `/pets/{id}` for `/pets({id})`.

    OData names the things of a list like this (OData 4.01, URL conventions, section 4.3).
    """
    return _KEY.sub(r"/\1", template)


def without_names(template: str) -> str:
    """Return a path template with `{}` for each parameter, without a slash or format at its end."""
    return PARAMETER.sub("{}", EXTENSION.sub("", without_keys(template).rstrip("/")))


def last_segment(template: str) -> str:
    """Return the last segment of a path without a format: `{id}` of `/pets/{id}.json`."""
    return EXTENSION.sub("", without_keys(template).rstrip("/").rpartition("/")[2])


def name_counted(template: str) -> str | None:
    """Return the path of the list that an operation counts: `/pets` for `/pets/count`, or None."""
    match = re.fullmatch(r"(.*[^/])([/_-][_$]?count|Count)", without_names(template))
    return match[1] if match else None


def is_server(url: str) -> bool:
    """Return whether a URL may name a server, as a relative one does; its port is a number.

    A variable of an API client, such as `{{host}}`, names none.
    """
    try:
        parts = urlsplit(url)
        has_host = parts.port is not None or bool(parts.hostname)
        return "{{" not in url and (has_host or not parts.scheme.startswith("http"))
    except ValueError:
        return False


def join_url(base: str, link: str) -> str:
    """Return the absolute address of a link; one that is not a URL stays as it is."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL; a text that is not a URL, such as `http://[`, is a path."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def find_host(url: str) -> str:
    """Return the host of a URL in lower case; empty if it has none."""
    return split_url(url).hostname or ""


def fill_template(template: str, write: Callable[[str], str]) -> str:
    """Return a template in which a function replaces the name of each parameter."""
    return PARAMETER.sub(lambda at: write(at[1]), template)


def match_path(template: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Return the prefix before a template in a path, and the parameters; None without a match.

    A slash at the end is ignored, and so is encoding that a segment does not need: clients encode
    the parentheses of `/things({id})` or not.
    """
    pattern, shared = _pattern(template)
    match = pattern.fullmatch(encode(path).rstrip("/"))
    if match is None:
        return None
    prefix, *values = match.groups()
    for at, fixed in shared:
        if (found := _match_segment(fixed, values[at])) is None:
            return None
        values[at : at + 1] = found
    return prefix, dict(zip(names(template), map(unquote, values), strict=True))


def encode(path: str) -> str:
    """Return a path as all clients could have sent it: only what must be encoded is."""
    path = _CODE.sub(lambda found: found[0].upper(), quote(path, safe=_AS_IT_IS, errors=_LONE))
    return _NEEDLESS.sub(lambda found: chr(int(found[1], 16)), path)


def list_matches(template: str, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every match of a template, the one of `match_path` first.

    There are several if parameters share a segment, as in `/{name}{extension}`.
    """
    first = match_path(template, path)
    if first is None:
        return
    yield first
    _, *segments = _split(template)
    if all(len(fixed) < 3 for fixed in segments):
        return
    prefix, *texts = encode(path).rstrip("/").rsplit("/", len(segments))
    divided = (
        list(islice(_divide(fixed, text), MOST_MATCHES))
        for fixed, text in zip(segments, texts, strict=True)
    )
    for parts in islice(product(*divided), MOST_MATCHES):
        values = (unquote(value) for part in parts for value in part)
        found = dict(zip(names(template), values, strict=True))
        if found != first[1]:
            yield prefix, found


def _match_segment(fixed: Sequence[str], text: str) -> list[str] | None:
    """Return the values between the fixed parts of a segment, the first ones as long as possible.

    From the end, each part is at the last place that leaves a value behind it.
    """
    begin, at = len(fixed[0]), len(text) - len(fixed[-1])
    if len(fixed) == 1:
        return [] if text == fixed[0] else None
    if not (text.startswith(fixed[0]) and text.endswith(fixed[-1])):
        return None
    values: list[str] = []
    for part in fixed[-2:0:-1]:
        found = text.rfind(part, begin + 1, max(0, at - 1))
        if found < 0:
            return None
        values.append(text[found + len(part) : at])
        at = found
    return [text[begin:at], *reversed(values)] if begin < at else None


def _divide(fixed: Sequence[str], text: str) -> Iterator[list[str]]:
    """Yield the values of the parameters between the fixed parts of a segment, long ones first."""
    longest = _match_segment(fixed, text)
    if not longest:
        yield from () if longest is None else ([],)
        return
    rest = text[len(fixed[0]) :]
    for end in range(len(longest[0]), 0, -1):
        if "%" not in rest[max(0, end - 2) : end] or end == len(rest):
            for others in _divide(fixed[1:], rest[end:]):
                yield [rest[:end], *others]


def find_preferred(template: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that a URL belongs to rather than to a template that it matches too.

    A literal path comes before a template (OpenAPI 3.1, section 4.8.8): the first segment in which
    two paths differ decides. `{name}.json` comes before `{name}`.
    """
    segments = template.split("/")
    return tuple(path for path in paths if _is_preferred(path.split("/"), segments))


def find_longer(template: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the longer paths that end like a template, which may follow any prefix."""
    segments = template.split("/")
    return tuple(path for path in paths if _ends_like(path.split("/"), segments))


def _ends_like(segments: list[str], others: list[str]) -> bool:
    if len(segments) <= len(others):
        return False
    ends = zip(segments[len(segments) - len(others) + 1 :], others[1:], strict=True)
    return all(one == other or "{" in f"{one}{other}" for one, other in ends)


End = tuple[str | None, str | None]
"""The last two segments of a path; None for a segment that may differ."""


def index_templates(templates: Iterable[str]) -> Mapping[End, list[str]]:
    """Return templates by the last two segments of the paths that belong to them."""
    found: dict[End, list[str]] = {}
    for template in templates:
        found.setdefault(_find_end(template), []).append(template)
    return found


def _find_end(template: str) -> End:
    """Return the fixed ones of the last two segments; any text may come before the first one."""
    _, *segments = template.rstrip("/").split("/")
    fixed = [None if PARAMETER.search(each) else encode(each) for each in segments]
    above, last = [None, None, *fixed][-2:]
    return above, last


def list_near(templates: Mapping[End, Sequence[str]], path: str) -> list[str]:
    """Return the templates that a path may belong to, by its last two segments."""
    above, last = ["", *encode(path).rstrip("/").split("/")][-2:]
    ends = product((above, None), (last, None))
    return [each for end in ends for each in templates.get(end, ())]


def choose_template(
    templates: Mapping[End, Sequence[str]], path: str, prefixes: Collection[str] = ()
) -> tuple[str, dict[str, str]] | None:
    """Return the template that a path belongs to, and the parameters; None without a match.

    A known prefix before a template decides, then the shortest one, and then the order of
    `find_preferred`.
    """
    near = list_near(templates, path)
    found = {each: match for each in near if (match := match_path(each, path)) is not None}
    ranks = {each: (prefix not in prefixes, len(prefix)) for each, (prefix, _) in found.items()}
    nearest = [each for each in found if ranks[each] == min(ranks.values())]
    best = next((each for each in nearest if not find_preferred(each, nearest)), None)
    return None if best is None else (best, found[best][1])


def _is_preferred(segments: list[str], others: list[str]) -> bool:
    if len(segments) != len(others):
        return False
    ranks = []
    for one, other in zip(segments, others, strict=True):
        if one != other:
            ranks.append((_rank(one), _rank(other)))
            if ranks[-1] == (0, 0):
                return False
    return next((one < other for one, other in ranks if one != other), False)


def _rank(segment: str) -> int:
    """Return 0 for a literal segment, 1 for one with a parameter in it, 2 for a parameter."""
    found = PARAMETER.search(segment)
    return 0 if found is None else 1 + (found[0] == segment)


def _split(template: str) -> list[list[str]]:
    """Return the fixed parts of each segment; the first segment is before the first slash."""
    segments = template.rstrip("/").split("/")
    return [[encode(fixed) for fixed in PARAMETER.split(each)[::2]] for each in segments]


@lru_cache(maxsize=4096)
def _pattern(template: str) -> tuple[re.Pattern[str], list[tuple[int, list[str]]]]:
    """Return the pattern of a path, and the groups of segments that parameters share, last first.

    With one group for all of them, a search takes no longer than the path is.
    """
    segments = _split(template)
    shown = [map(re.escape, each) if len(each) < 3 else ("", "") for each in segments]
    pattern = re.compile("(.*?)" + "/".join(map("([^/]+)".join, shown)), re.DOTALL)
    grouped = enumerate(each for each in segments if len(each) > 1)
    return pattern, [(at, each) for at, each in grouped if len(each) > 2][::-1]
