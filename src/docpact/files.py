"""Reads files of the user; one that cannot be read is one clear line."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources.abc import Traversable
from math import isfinite
from pathlib import Path
from typing import Any, Final

from docpact.errors import UsageError
from docpact.limits import EXPANSION, MAX_DOCUMENT, MAX_NODES

FETCHED: Final = "fetched"
"""The name, without a suffix, of the files with a fetched page, and with its address and time."""

_PAGE: Final = re.compile(rf"{FETCHED}[\w.-]*", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[\w:.+-]*", re.ASCII)

DOCUMENTS: Final = (".json", ".yaml", ".yml")
"""The suffixes of OpenAPI documents."""


def read_text(file: Traversable) -> str:
    """Return the text of a file that a user named, without a byte order mark.

    A file that begins with the mark of UTF-16 is read as such: Windows PowerShell writes it.

    Raises:
        UsageError: the file cannot be read, is too long, or is not in its encoding.
    """
    encoding = "utf-8-sig"
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_DOCUMENT + 1)
        if len(content) > MAX_DOCUMENT:
            raise UsageError(f"{file}: longer than {MAX_DOCUMENT:,} bytes")
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        return io.TextIOWrapper(io.BytesIO(content), encoding=encoding).read()
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        raise UsageError(f"{file}: not {name} text (byte {error.start:,})") from None
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None


def find_real(file: Path | str) -> Path:
    """Return the absolute path of a file without symbolic links, except one that leads to itself.

    Before Python 3.13, `Path.resolve` raises RuntimeError for such a link.
    """
    return Path(os.path.realpath(file))


def read_facts(file: Path) -> Mapping[str, str]:
    """Return the facts of a page that was fetched, all texts; empty if they cannot be used.

    `file` is the name of the page, in the same folder, and `time` begins with a day.
    """
    try:
        stated = read_json(read_text(file))
    except (UsageError, ValueError):
        return {}
    items = stated.items() if isinstance(stated, dict) else ()
    facts = {name: value for name, value in items if isinstance(value, str)}
    is_usable = _PAGE.fullmatch(facts.get("file", "")) and _TIME.fullmatch(facts.get("time", ""))
    return facts if is_usable else {}


def inflate(data: bytes) -> bytes:
    """Return the bytes that zlib compressed.

    Raises:
        ValueError: the data are damaged, or longer than `MAX_DOCUMENT` bytes.
    """
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, MAX_DOCUMENT)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if stream.unconsumed_tail:
        raise ValueError(f"longer than {MAX_DOCUMENT:,} bytes")
    return content


def read_json(text: str | bytes, parse_float: Callable[[str], Any] = float) -> Any:
    """Return the decoded document of a JSON text from outside.

    Strings may contain lone surrogates, which a server can send and msgspec's own parser refuses.

    Args:
        text: bytes are in UTF-8, UTF-16 or UTF-32.
        parse_float: returns the value of a number with a fraction or an exponent, of `NaN` and of
            `Infinity`.

    Raises:
        ValueError: it is not JSON, too long or nested too deeply, or an object has a name twice, of
            which one would be lost.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    if sum(map(text.count, ",[{")) > MAX_NODES:
        raise ValueError(f"more than {MAX_NODES:,} commas and brackets")
    try:
        return json.loads(
            text,
            parse_float=parse_float,
            parse_constant=parse_float,
            object_pairs_hook=read_object,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_finite(digits: str) -> float:
    """Return a number of JSON; raise ValueError for `NaN` and for one beyond every float."""
    value = float(digits)
    if not isfinite(value):
        raise ValueError(f"{digits[:30]} is too large for JSON, or not a number")
    return value


def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; raise ValueError if it has a name twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = _find_twice(name for name, _ in pairs)
        raise ValueError(f"the name {twice!r} appears twice in one object")
    return found


def _find_twice(names: Iterable[str]) -> str:
    """Return the first of some names that occurs again."""
    return next(name for name, count in Counter(names).items() if count > 1)


def read_yaml(text: str, file: Path | str, *, is_strict: bool = False) -> Any:
    """Return the decoded document of a YAML text with plain values only.

    Scalars are read by the core schema of YAML 1.2 (section 10.3): `NO` and dates are text.

    Args:
        text: of the document.
        file: its name in errors.
        is_strict: whether no mapping may have a key twice (section 3.2.1.3); otherwise the last
            one counts.

    Raises:
        UsageError: the text is not YAML, has tags other than those of plain values, or its aliases
            expand to more than `EXPANSION` times as many values as it has characters.
    """
    import yaml

    if sum(map(text.count, "\n,[{")) > MAX_NODES:
        raise UsageError(f"{file}: more than {MAX_NODES:,} lines, commas and brackets")
    try:
        content = _load(text, yaml.load, is_strict=is_strict)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problem = " ".join(str(error).replace('in "<unicode string>", ', "at ").split())
        raise UsageError(f"{file}: not YAML: {problem}") from None
    if "&" in text and "*" in text:
        _check_aliases(content, EXPANSION * len(text), file)
    return content


def compose_yaml(text: str) -> Any:
    """Return the root node of a YAML text that was read before; it knows the line of each value."""
    import yaml

    return _load(text, yaml.compose)


@cache
def _core_loader(*, is_strict: bool, is_fast: bool) -> Any:
    """Return a loader of plain values, by the core schema of YAML 1.2."""
    import yaml

    base = getattr(yaml, "CSafeLoader" if is_fast else "", yaml.SafeLoader)

    def construct_mapping(self: Any, node: Any, deep: bool = False) -> Any:
        if twice := _find_repeated(node):
            problem = f"the key {twice.value!r} appears twice in one mapping"
            raise yaml.constructor.ConstructorError(None, None, problem, twice.start_mark)
        return base.construct_mapping(self, node, deep=deep)

    own = {"construct_mapping": construct_mapping} if is_strict else {}
    loader: Any = type("CoreLoader", (base,), {"yaml_implicit_resolvers": {}, **own})
    for tag, pattern, first in _SCALARS:
        loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
    loader.add_constructor("tag:yaml.org,2002:int", _read_integer)
    return loader


def _load(
    text: str, read: Callable[[str, Any], Any], *, is_strict: bool = False, is_fast: bool = True
) -> Any:
    """Read a text by a function of the YAML library, and return its result.

    An anchor may be defined again (YAML 1.2.2, section 7.1), which the library refuses. No space
    need follow the colon in `{a:[]}` (section 7.3.3), which only its loader in Python accepts.
    """
    import yaml

    loader = _core_loader(is_strict=is_strict, is_fast=is_fast)
    try:
        return read(text, loader)
    except yaml.scanner.ScannerError as error:
        if not is_fast or "unexpected ':'" not in str(error.problem):
            raise
        return _load(text, read, is_strict=is_strict, is_fast=False)
    except yaml.composer.ComposerError as error:
        if "duplicate anchor" not in str(error.context):
            raise
    composer: Any = () if issubclass(loader, yaml.composer.Composer) else (yaml.composer.Composer,)

    class Redefining(*composer, loader):  # type: ignore[misc,valid-type]
        def __init__(self, stream: Any) -> None:
            loader.__init__(self, stream)
            self.anchors: dict[Any, Any] = {}

        def compose_node(self, parent: Any, index: Any) -> Any:
            if not self.check_event(yaml.AliasEvent):
                self.anchors.pop(self.peek_event().anchor, None)
            return super().compose_node(parent, index)

    return read(text, Redefining)


_FLOAT: Final = (
    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)

_SCALARS: Final = (
    ("null", "(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", "(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", "(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("merge", "(?:<<)$", ["<"]),
)
"""Tag, pattern and first characters of the scalars that are not text (YAML 1.2.2, section 10.3.2),
and the merge key, which documents use as in YAML 1.1."""


def _find_repeated(node: Any) -> Any:
    """Return the node of a key that a mapping has twice, or None; it may merge several others."""
    keys = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    texts = [key.value for key in keys if isinstance(key.value, str)]
    if len(set(texts)) == len(texts):
        return None
    twice = _find_twice(texts)
    return next(key for key in reversed(keys) if key.value == twice)


def _read_integer(_loader: Any, node: Any) -> int:
    text = str(node.value)
    bases = {"0o": 8, "0x": 16}
    return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)


def _check_aliases(content: Any, limit: int, file: Path | str) -> None:
    """Raise UsageError for a document whose aliases have no end, or expand to too many values."""
    sizes: dict[int, int] = {}
    stack: list[tuple[Any, bool]] = [(content, False)]
    while stack:
        value, is_complete = stack.pop()
        parts = list(value.values() if isinstance(value, dict) else value)
        inner = [each for each in parts if isinstance(each, dict | list)]
        if is_complete:
            sizes[id(value)] = 1 + len(parts) + sum(sizes[id(each)] for each in inner)
            if sizes[id(value)] > limit:
                raise UsageError(f"{file}: its aliases expand to more than {limit:,} values")
        elif sizes.setdefault(id(value), 0) == 0:
            sizes[id(value)] = -1
            stack.append((value, True))
            if any(sizes.get(id(each)) == -1 for each in inner):
                raise UsageError(f"{file}: an alias leads back to a value that contains it")
            stack += [(each, False) for each in inner if id(each) not in sizes]
