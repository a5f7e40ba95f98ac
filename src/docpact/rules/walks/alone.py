"""Tokens that are sent without the other parameters of their list, by their descriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_ALONE: Final = re.compile(
    r"\b(no|without( any)?) other (query )?param"
    r"|\b(all|any) other (query )?param\w+( \w+)? (must|should|may|can) ?not\b"
    r"|\b(must|should|can|may) only be (used|sent|given) (alone|by itself)"
    r"|\bcannot be (combined|used (together )?with) (any )?other",
    re.IGNORECASE,
)
"""The statement of a description that a token must be sent without any other parameter."""

_OTHERS: Final = re.compile(
    r"(?i)\b(?:other|further)\s+(?:\w+\s+)?(?:parameters?|filters?|arguments?)\b"
    r"|\b(?:all|any|the|other)\s+filters\b"
)
"""Words for the parameters beside a token."""

_FORBIDDEN: Final = re.compile(
    r"(?i)\b(?:exclusive|excludes|omit(?:ted)?|no other|without)\b"
    r"|(?:\bnot|\bcannot|n['\u2019]t) (?:be )?"
    r"(?:combined?|used?|sent|send|given|specif\w+|included|include any)\b"
)
"""Words that say that such parameters must not be sent."""

_KEPT: Final = re.compile(
    r"(?i)\b(?:ignored?|ignores|includes|contains|encodes|keeps|remembers|preserves)\b"
    r"|(?:\bnot|n['\u2019]t) (?:be )?needed\b"
)
"""Words that say that the token has such parameters, so that they have no effect."""

_ONLY: Final = re.compile(r"(?i)\bonly (?:[^\s.]+ ){1,6}(?:sent|used|combined|given) with\b")
"""The statement that only some parameters may be sent with a token."""

_REPEATED: Final = re.compile(
    r"(?i)\b(?:match|same|chang|differ|identical|equal|repeat|required|than (?:those|the ones)\b)"
    r"|(?:\bnot|\bcannot|n['\u2019]t)\b[^.;]{0,80}\b(?:without|removed)\b"
)
"""Words that say that they are sent again."""


def may_be_alone(description: str) -> bool:
    """Return whether a description says that other parameters are not needed beside a token."""
    return any(_FORBIDDEN.search(each) or _KEPT.search(each) for each in _list_about(description))


def choose_others(description: str, size: str | None) -> frozenset[str] | None:
    """Return the parameters that may be sent beside a token; None if all of them may be.

    The size of a page may be, unless the description forbids all others without naming it.
    """
    forbids = any(map(_FORBIDDEN.search, _list_about(description))) or _ONLY.search(description)
    is_alone = any(map(_ALONE.search, _list_free(description)))
    if not forbids and not is_alone:
        return None
    is_named = size is not None and re.search(rf"\b{re.escape(size)}\b", description) is not None
    return frozenset({size} if size is not None and (is_named or not is_alone) else ())


def _list_about(description: str) -> Iterator[str]:
    """Yield the sentences about the parameters beside a token that need not be repeated."""
    return (each for each in _list_free(description) if _OTHERS.search(each))


def _list_free(description: str) -> Iterator[str]:
    """Yield the sentences that do not say that something is sent again."""
    sentences = re.split(r"(?<=[.;])\s", description)
    return (each for each in sentences if not _REPEATED.search(each))
