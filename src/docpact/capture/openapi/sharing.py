"""Translations of one operation's schemas, kept for others that need the same components."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from docpact.capture.openapi.schemas import Translator

MOST: Final = 16
"""Maximum number of translations that a document keeps: operations of one path are neighbors."""

_Result = TypeVar("_Result")


class Translation(NamedTuple):
    """The result of a translation, and all that it added to its translator.

    Attributes:
        schemas: the result and the definitions, pickled because translators change theirs.
        origins: see `Record`; those of the translation alone.
        parts: how many numbers of parts it took.
    """

    schemas: bytes
    origins: dict[str, str]
    gaps: list[tuple[str, str, str]]
    names: dict[str, str]
    targets: dict[str, tuple[Any, str]]
    parts: int


def share(translator: Translator, kind: str, at: str, translate: Callable[[], _Result]) -> _Result:
    """Return the result of a translation; of one that an earlier translator made, a copy.

    The translator is left as the translation leaves it. Only the translations of one without
    definitions are shared, by their kind and the JSON Pointer of their component.
    """
    is_fresh = not (translator.definitions or translator.gaps or translator.scope)
    if not is_fresh or translator.names.keys() - {at}:
        return translate()
    known = translator.document.translations
    key = (kind, at, translator.unsent, translator.is_text)
    if key in known:
        found = known[key] = known.pop(key)
        repeated: _Result = _repeat(translator, found)
        return repeated
    before, first = {*translator.origins}, next(translator.parts)
    result = translate()
    known[key] = Translation(
        pickle.dumps((result, translator.definitions)),
        {where: each for where, each in translator.origins.items() if where not in before},
        list(translator.gaps),
        dict(translator.names),
        dict(translator.targets),
        next(translator.parts) - first + 1,
    )
    if len(known) > MOST:
        del known[next(iter(known))]
    return result


def _repeat(translator: Translator, found: Translation) -> Any:
    result, definitions = pickle.loads(found.schemas)  # noqa: S301 — written by `share`
    translator.definitions.update(definitions)
    translator.origins.update(found.origins)
    translator.gaps.extend(found.gaps)
    translator.names.update(found.names)
    translator.targets.update(found.targets)
    deque(islice(translator.parts, found.parts), maxlen=0)
    return result
