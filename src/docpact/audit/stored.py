"""A summary as text, and back: what a checkpoint keeps."""

from __future__ import annotations

import json
from typing import Any

from docpact.audit.summary import Key, Seen, Summary
from docpact.model import Request, SecretHeader


def written(summary: Summary) -> str:
    """Write a summary as JSON."""
    return json.dumps(
        {
            "counts": dict(summary.counts),
            "judged": [[*key, count] for key, count in summary.judged.items()],
            "broken": [_broken(key, seen) for key, seen in summary.broken.items()],
            "told": sorted(summary.told),
            "seen": sorted(summary.seen),
            "cut": summary.cut,
        }
    )


def read(text: str) -> Summary:
    """Read what `written` wrote.

    Raises:
        ValueError, KeyError, TypeError: it wrote something else.
    """
    kept = json.loads(text)
    return Summary(
        counts=kept["counts"],
        judged={(walked, where): count for walked, where, count in kept["judged"]},
        broken=dict(map(_key_and_seen, kept["broken"])),
        told=frozenset((name, status) for name, status in kept["told"]),
        seen=frozenset((location, value) for location, value in kept["seen"]),
        cut=kept["cut"],
    )


def _broken(key: Key, seen: Seen) -> dict[str, Any]:
    request = seen.request
    return {
        "key": key,
        "count": seen.count,
        "at": seen.at,
        "first": seen.first,
        "request": [request.method, request.url, request.headers, request.secrets],
        "observed": list(seen.observed.items()),
    }


def _key_and_seen(kept: dict[str, Any]) -> tuple[Key, Seen]:
    rule, walked, where, detail, names = kept["key"]
    method, url, headers, secrets = kept["request"]
    seen = Seen(
        count=kept["count"],
        at=_position(kept["at"]),
        first=kept["first"],
        request=Request(
            method,
            url,
            tuple((name, value) for name, value in headers),
            tuple(SecretHeader(*each) for each in secrets),
        ),
        observed={text: _position(at) for text, at in kept["observed"]},
    )
    return Key(rule, walked, where, detail, tuple(names)), seen


def _position(kept: list[int]) -> tuple[int, int, int]:
    source, record, observation = kept
    return source, record, observation
