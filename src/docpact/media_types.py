"""Media types and ranges, compared as HTTP does (RFC 9110, sections 8.3.1 and 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.message import Message
from functools import lru_cache
from typing import Final, NamedTuple

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
FORMS: Final = (FORM, MULTIPART)
"""Media types with named parts, whose encoding a document may state."""

_WITHOUT_CASE: Final = frozenset({"charset"})
"""Parameters whose values are compared without case (RFC 9110, section 8.3.2)."""

_TEXTUAL: Final = frozenset(
    {"application/xml", "application/yaml", "application/javascript", "application/graphql"}
)

_BINARY: Final = re.compile(r"(image|audio|video|font)/|application/(octet-stream|pdf|zip|gzip)$")

_CONCRETE: Final[Mapping[str, str]] = {
    "*/*": "application/json",
    "application/*": "application/json",
    "text/*": "text/plain",
    "image/*": "image/png",
    "audio/*": "audio/mpeg",
    "video/*": "video/mp4",
}
"""A media range → one of its media types."""


class MediaType(NamedTuple):
    """A media type or a range.

    Attributes:
        name: `type/subtype` in lower case; either part may be `*`.
        parameters: name in lower case → value without quotes.
    """

    name: str
    parameters: Mapping[str, str]


@lru_cache(maxsize=1024)
def parse_media_type(text: str) -> MediaType:
    """Return a media type; a text that is not one has a name that equals no other."""
    message = Message()
    whole = text.encode("utf-8", "backslashreplace").decode()  # a document may have surrogates
    message["content-type"] = whole.replace("\r", " ").replace("\n", " ")
    (name, _), *parameters = message.get_params(failobj=[("", "")])
    found = {key.lower(): _fold(key.lower(), value) for key, value in parameters}
    return MediaType(name.strip().lower(), found)


def is_media_type(text: str, documented: str) -> bool:
    """Return whether a media type is the documented one, or in the documented range.

    A parameter that only one of them has makes no difference; two values of one do.
    """
    one, other = parse_media_type(text), parse_media_type(documented)
    shared = one.parameters.keys() & other.parameters.keys()
    if any(one.parameters[name] != other.parameters[name] for name in shared):
        return False
    if other.name.endswith("/*"):
        return other.name == "*/*" or one.name.startswith(other.name[:-1])
    return one.name == other.name


def choose_media_type(text: str, documented: Iterable[str]) -> str | None:
    """Return the most specific of the documented media types that one matches, or None.

    Of those without a range it is the one that shares the most parameters, then the one with the
    fewest others.
    """
    stated = parse_media_type(text).parameters.keys()

    def rank(each: str) -> tuple[int, int, int]:
        found = parse_media_type(each)
        names = found.parameters.keys()
        return -found.name.count("*"), len(names & stated), -len(names - stated)

    matching = [each for each in documented if is_media_type(text, each)]
    return max(matching, key=rank, default=None)


def read_quality(text: str, accept: str) -> float:
    """Return how much a header `Accept` wants a media type or a range, from 0 to 1."""
    ranges = [each.strip() for each in accept.split(",")]
    near = [each for each in ranges if is_media_type(text, each) or is_media_type(each, text)]
    stated = parse_media_type(max(near, key=_specificity)).parameters.get("q", "") if near else "0"
    return float(stated) if re.fullmatch(r"[01](\.\d*)?", stated) else 1.0


def is_json(text: str) -> bool:
    """Return whether a media type is one of JSON, or a range that contains JSON."""
    name = parse_media_type(text).name
    return name in ("application/json", "text/json", "application/*", "*/*") or (
        name.endswith("+json")
    )


def is_binary(text: str) -> bool:
    """Return whether the content of a media type, or of a range, is bytes that no client reads."""
    return _BINARY.match(parse_media_type(text).name) is not None


def is_text(text: str) -> bool:
    """Return whether the content of a media type is text, other than JSON."""
    name = parse_media_type(text).name
    return name.startswith("text/") or name in _TEXTUAL or name.endswith("+xml")


def may_state_charset(text: str) -> bool:
    """Return whether only the content may state its charset, as HTML and XML do (RFC 7303)."""
    parsed = parse_media_type(text)
    is_markup = parsed.name in ("text/html", "text/xml", "application/xml")
    return "charset" not in parsed.parameters and (is_markup or parsed.name.endswith("+xml"))


def read_charset(text: str) -> str:
    """Return the charset of a media type; UTF-8 if it has none."""
    return parse_media_type(text).parameters.get("charset", "utf-8")


def _specificity(text: str) -> tuple[int, int]:
    parsed = parse_media_type(text)
    return -parsed.name.count("*"), len(parsed.parameters)


def _fold(name: str, value: str | tuple[str | None, str | None, str]) -> str:
    """Return the value of a parameter to compare; `charset*=` has three parts (RFC 8187)."""
    value = value if isinstance(value, str) else value[2]
    return value.lower() if name in _WITHOUT_CASE else value


def make_concrete(media_type: str) -> str:
    """Return a media type as a header can have it; of a range, one of its media types."""
    name = parse_media_type(media_type).name
    is_text = media_type.isascii() and media_type.isprintable()
    return _CONCRETE.get(name, media_type if is_text else name)
