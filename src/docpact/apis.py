"""APIs by name: one contract, all contracts of a provider or folder, or an OpenAPI document."""

from __future__ import annotations

import os
import pickle
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from docpact.catalogue import default, is_shipped, list_contracts, load, load_folder, names
from docpact.catalogue.contract import FILES
from docpact.errors import ContractError, UsageError
from docpact.files import DOCUMENTS, find_real
from docpact.limits import MAX_DOCUMENT
from docpact.model import Api, Operation
from docpact.model.path import find_longer, find_preferred
from docpact.model.resources import with_resources
from docpact.text import list_some, suggest

_VERSION: Final = rb"""["']?(?:openapi|swagger)["']?\s*:"""
"""The key of the version of an OpenAPI document; others may come first."""


def load_api(
    name: str | None = None, contracts: Path | None = None, cache: Path | None = None
) -> Api:
    """Load the operations that a name refers to.

    Args:
        name: `provider/operation`, a provider, a folder of one contract or of several, an OpenAPI
            document, or `DOCUMENT#OPERATION_ID`; None for the default contract.
        contracts: a folder of your own contracts; see `docpact.catalogue.load`.
        cache: a folder that only you write, for the operations of documents.

    Raises:
        ContractError: nothing has that name, or docpact can use no operation of it.
        UsageError: a document cannot be read.
    """
    if name == "":
        raise UsageError("the name of an operation is empty")
    name = default() if name is None else name
    document, _, chosen = name.partition("#")
    if file := _find_document(name):
        return _load_document(file, cache=cache)
    if (file := _find_document(document)) and not chosen:
        raise UsageError(f"{name}: the name of an operation is missing after #")
    if file:
        api = _load_document(file, chosen, cache)
        return replace(api, name=api.operations[0].id, is_whole=False)
    if found := list_contracts(name, contracts):
        loaded: dict[str, Operation] = {}
        refused: dict[str, str] = {}
        for each, folder in found.items():
            try:
                loaded[each] = load_folder(folder, each)
            except ContractError as error:
                refused[each] = str(error)
        title, operations = find_real(name).name, tuple(loaded.values())
        shipped = is_shipped(name, contracts)
        return _check_usable(Api(title, operations, refused, is_whole=True, is_shipped=shipped))
    operation = load(name, contracts)
    return Api(operation.id, (operation,), is_shipped=is_shipped(name, contracts))


def _find_document(name: str) -> Path | None:
    file = Path(name)
    return file if file.suffix in DOCUMENTS and file.is_file() else None


def _load_document(file: Path, chosen: str = "", cache: Path | None = None) -> Api:
    from docpact.capture.batch import choose, load_all
    from docpact.capture.openapi import find_operations, read_document

    document = read_document(file)

    def capture() -> Api:
        listed = find_operations(document, str(file))
        listed = [choose(listed, chosen, str(file))] if chosen else listed
        operations, refused = load_all(listed, str(file), file.stem)
        return _check_usable(Api(file.stem, operations, refused, is_whole=True))

    texts = [each.text for each in getattr(document, "files", {}).values()]
    known = (texts, getattr(document, "problems", {}))
    return _recall(cache, f"{file}#{chosen}", known, capture) if cache and texts else capture()


def _recall(cache: Path, name: str, known: object, capture: Callable[[], Api]) -> Api:
    """Return the capture of an earlier process, if the texts and the code are still the same."""
    code = [(str(each), each.stat().st_mtime_ns) for each in Path(__file__).parent.rglob("*.py")]
    key = sha256(repr((name, known, sorted(code), sys.version)).encode()).digest()
    kept = cache / sha256(name.encode()).hexdigest()
    with suppress(OSError):
        content = kept.read_bytes()
        body = content[2 * len(key) :]
        if content.startswith(key + sha256(body).digest()):
            found: Api = pickle.loads(body)  # noqa: S301 — written below
            return found
    api = capture()
    with suppress(OSError, RecursionError, pickle.PicklingError):
        body, fresh = pickle.dumps(api), kept.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(key + sha256(body).digest() + body)
        fresh.replace(kept)
    return api


def _check_usable(api: Api) -> Api:
    """Return an API; raise ContractError if docpact can use none of its operations."""
    if not api.operations:
        raise ContractError(api.name, f"no usable operation: {next(iter(api.refused.values()))}")
    paths = dict.fromkeys(each.path for each in api.operations)
    operations = tuple(_with_paths(each, paths) for each in api.operations)
    return replace(api, operations=with_resources(operations))


def _with_paths(operation: Operation, paths: Collection[str]) -> Operation:
    """Return an operation that knows which other paths of its API come before its own."""
    path = operation.path
    known = (*operation.preferred_paths, *find_preferred(path, paths), *find_longer(path, paths))
    return replace(operation, preferred_paths=tuple(dict.fromkeys(known)))


def is_api(name: str, contracts: Path | None = None) -> bool:
    """Return whether a name refers to a contract, a provider or folder, or an OpenAPI document."""
    if document := _find_document(name) or _find_document(name.partition("#")[0]):
        with document.open("rb") as file:
            content = file.read(MAX_DOCUMENT).removeprefix(BOM_UTF8)
        begin = re.match(rb"\s*\{(\s*)", content)
        key = rb"[{,]" + (re.escape(begin[1]) or rb" ?") if begin else rb"(?m)^"
        return re.search(key + _VERSION, content) is not None
    known = (*names(), *(names(contracts) if contracts else ()))
    holds = (Path(name) / FILES["operation"]).is_file()
    return holds or name in known or bool(list_contracts(name, contracts))


def find_operation(api: Api, name: str) -> Operation:
    """Return an operation of an API by its id, or by its id without the provider.

    Raises:
        UsageError: it has no operation of that name.
    """
    known = {text: o for o in api.operations for text in (o.id.partition("/")[2], o.id)}
    if name not in known:
        listed = list_some([each.id for each in api.operations])
        hint = suggest(name, known, f"its operations: {listed}")
        raise UsageError(f"{api.name} has no operation {name!r}; {hint}")
    return known[name]
