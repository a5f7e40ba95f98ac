"""Several operations of one source, captured as one contract each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import msgspec

from docpact.catalogue import load_files
from docpact.errors import ContractError, PageError
from docpact.model import Operation
from docpact.model.pointer import name_apart
from docpact.text import list_some, suggest

LONGEST: Final = 100
"""Maximum number of characters of a folder's name; file systems allow 255 bytes."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Found:
    """An operation of a page or of a document.

    Attributes:
        name: its `operationId`, or method and path as in `GET /path`.
        capture: returns the files of its contract; raises PageError or ContractError.
        api: title of the API; empty if the documentation has none.
    """

    name: str
    method_and_path: str
    capture: Callable[[], Mapping[str, str]]
    api: str = ""


@dataclass(frozen=True, slots=True)
class Captured:
    """The contracts of a source.

    Attributes:
        contracts: name of the folder → files of the contract, by name.
        operations: name of the folder → the contract, loaded.
        refused: name of an operation → why docpact cannot use it.
    """

    contracts: Mapping[str, Mapping[str, str]]
    operations: Mapping[str, Operation]
    refused: Mapping[str, str]


def capture_all(found: Iterable[Found], name: str, provider: str) -> Captured:
    """Capture and load operations.

    Raises:
        ContractError: there is no operation.
    """
    refused: dict[str, str] = {}
    captured = [*_capture_each(found, name, provider, refused)]
    contracts = {folder: files for folder, files, _ in captured}
    return Captured(contracts, {folder: each for folder, _, each in captured}, refused)


def load_all(
    found: Iterable[Found], name: str, provider: str
) -> tuple[tuple[Operation, ...], Mapping[str, str]]:
    """Return the operations that can be loaded, and the names of others with the reason.

    The texts of the contracts are not kept, because those of a large API are very large.
    """
    refused: dict[str, str] = {}
    return tuple(each for _, _, each in _capture_each(found, name, provider, refused)), refused


def _capture_each(
    found: Iterable[Found], name: str, provider: str, refused: dict[str, str]
) -> Iterator[tuple[str, Mapping[str, str], Operation]]:
    """Yield the name of the folder, the files and the operation of each that can be loaded."""
    folders: set[str] = set()
    for each in found:
        plain = _UNSAFE.sub("_", each.name).strip("_")[:LONGEST] or "operation"
        apart = name_apart(plain.lower(), folders)
        folder = plain + apart[len(plain) :]  # file systems may ignore case
        try:
            files = each.capture()
            operation = load_files(files, f"{provider}/{folder}")
        except ContractError as error:
            refused[each.name] = str(error)
        except PageError as error:
            refused[each.name] = f"{name}:{error.line}: {error.problem}"
        else:
            folders.add(folder.lower())
            yield folder, files, operation
    if not folders and not refused:
        raise ContractError(name, "the document has no operations")


def encode_files(files: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the files of a contract as text, given their content by name."""
    return {name: _encode(each) + "\n" for name, each in files.items()}


def _encode(content: Any) -> str:
    try:  # much faster than `json` with an indent
        compact = json.dumps(content, ensure_ascii=False).encode()
        return msgspec.json.format(compact, indent=2).decode()
    except (UnicodeEncodeError, msgspec.DecodeError):  # a lone surrogate, or an infinite number
        return json.dumps(content, indent=2, ensure_ascii=False)


class _Named(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def method_and_path(self) -> str: ...


_Kind = TypeVar("_Kind", bound=_Named)


def choose(found: Iterable[_Kind], operation: str, name: str) -> _Kind:
    """Return the operation of a name, or of a method and path.

    Raises:
        ContractError: there is none, or there are several.
    """
    listed = list(found)
    fitting = [each for each in listed if each.name == operation]
    fitting = fitting or [each for each in listed if each.method_and_path == operation]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        several = ", ".join(repr(each.name) for each in fitting)
        raise ContractError(name, f"{len(fitting)} operations {operation!r}: {several}")
    names = sorted({each.name for each in listed})
    hint = suggest(operation, names, f"it has: {list_some(names) or 'none'}")
    problem = f"no operation {operation!r}" if operation else "name one as FILE#OPERATION"
    raise ContractError(name, f"{problem}; {hint}")
