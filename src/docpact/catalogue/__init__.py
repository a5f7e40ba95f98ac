"""Contracts by name: reads, checks and refines what capture wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, get_args

from docpact.catalogue.checks import check_examples, check_schemas
from docpact.catalogue.contract import FILES, OPTIONAL, Contract
from docpact.catalogue.operation import read_operation
from docpact.errors import ContractError
from docpact.model import Document, Operation, Source
from docpact.model.pointer import pointer, resolve, tokens

__all__ = [
    "DEFAULT",
    "FILES",
    "FORMAT",
    "OPTIONAL",
    "REFINEMENTS",
    "SDKS",
    "default",
    "documents",
    "load",
    "names",
    "sdks",
]

FORMAT: Final = 1
"""The version of the contract's file format that this release reads."""

_NEEDED: Final = frozenset(file for name, file in FILES.items() if name not in OPTIONAL)

DEFAULT: Final = "default.txt"
"""The file beside the shipped contracts that names the default one."""

REFINEMENTS: Final = "refinements.json"

SDKS: Final = "clients.json"
"""The file that says how published clients call the operation; written by hand."""


def names(contracts: Path | None = None) -> tuple[str, ...]:
    """Return the name of every contract, `provider/operation`, sorted.

    Args:
        contracts: a folder of one's own contracts; None for those that docpact ships.
    """
    root: Traversable = files("docpact.schemas") if contracts is None else contracts
    if not root.is_dir():
        return ()
    return tuple(
        sorted(
            f"{provider.name}/{operation.name}"
            for provider in root.iterdir()
            if provider.is_dir()
            for operation in provider.iterdir()
            if operation.joinpath(FILES["operation"]).is_file()
        )
    )


def default() -> str:
    """Return the name of the contract that is taken unless another one is named."""
    return files("docpact.schemas").joinpath(DEFAULT).read_text(encoding="utf-8").strip()


def load(name: str | Path | None = None, contracts: Path | None = None) -> Operation:
    """Load a contract: one's own or a shipped one by name, or any by its folder.

    Args:
        name: `provider/operation` as `names()` lists them, or the path of a folder that
            `docpact capture` wrote; None for the default one.
        contracts: a folder of one's own contracts, whose names come before those of shipped ones.

    Raises:
        ContractError: there is no such contract, or it cannot be used: a file that is missing or
            no JSON, a keyword or format that docpact cannot check, an example body that is not what
            is documented, a refinement of nothing.
    """
    name = default() if name is None else name
    folder = _folder(name, contracts)
    documented = _read(folder, str(name))
    check_schemas(documented, documented.documents)
    check_examples(documented)
    refined = _refined(documented, folder)
    changed = [d for d, value in refined.documents.items() if value != documented.documents[d]]
    check_schemas(refined, changed)
    return read_operation(refined)


def documents(name: str | Path, contracts: Path | None = None) -> dict[str, Any]:
    """Return the decoded files of a contract as they stand, by name; see `load`.

    Raises:
        ContractError: there is no such contract, or a file is missing or no JSON.
    """
    folder = _folder(name, contracts)
    return {
        file: _json(folder / file, f"{name}/{file}")
        for file in (*FILES.values(), REFINEMENTS)
        if file in _NEEDED or folder.joinpath(file).is_file()
    }


def sdks(name: str | Path, contracts: Path | None = None) -> Mapping[str, Any]:
    """Return the published clients that a contract names, by distribution.

    Each states `builds` (name → `module:Class`, which takes `base_url` and `api_key`), further
    `arguments` of these classes, the `method` that calls the operation, and `errors`, the class of
    the client's own errors. No contract has to name any.

    Raises:
        ContractError: there is no such contract, or the file is no JSON.
    """
    folder = _folder(name, contracts)
    if not folder.joinpath(SDKS).is_file():
        return {}
    found: Mapping[str, Any] = _json(folder / SDKS, f"{name}/{SDKS}")
    return found


def _folder(name: str | Path, contracts: Path | None) -> Traversable:
    own = () if contracts is None else names(contracts)
    if contracts is not None and str(name) in own:
        return contracts / str(name)
    if str(name) in names():
        provider, operation = str(name).split("/")
        return files("docpact.schemas") / provider / operation
    path = Path(name)
    if path.is_dir():
        return path
    near = get_close_matches(str(name), (*own, *names()), n=1, cutoff=0.3)
    hint = f"did you mean {near[0]}?" if near else "`docpact list` shows them"
    raise ContractError(str(name), f"no shipped contract and no folder of that name; {hint}")


def _read(folder: Traversable, name: str) -> Contract:
    documents = {
        document: _json(folder / file, f"{name}/{file}")
        for document, file in FILES.items()
        if document not in OPTIONAL or folder.joinpath(file).is_file()
    }
    contract = Contract(name, documents)
    version = contract.get("/format", int)
    if version != FORMAT:
        problem = f"contract format {version}; this docpact reads {FORMAT}: capture the page again"
        raise contract.error("operation", "/format", problem)
    lines = contract.get("/lines", dict)
    for document in get_args(Document):
        for where, line in contract.get(f"/provenance/{document}", dict, {}).items():
            contract.sources[document, where] = Source(lines.get(str(line), ""), line)
    return contract


def _json(file: Traversable, name: str) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContractError(name, "missing; `docpact capture PAGE --out DIR` writes it") from None
    except (ValueError, OSError) as error:
        raise ContractError(name, f"cannot be read as JSON: {error}") from None


def _refined(contract: Contract, folder: Traversable) -> Contract:
    """Apply refinements.json over the documented parts, and remember which keyword came from it."""
    if not folder.joinpath(REFINEMENTS).is_file():
        return contract
    name = f"{contract.id}/{REFINEMENTS}"
    documents = deepcopy(dict(contract.documents))
    sources = dict(contract.sources)
    entries = _json(folder / REFINEMENTS, name)
    for index, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        document, where, value, source = _refinement(entry, f"{name}#/{index}", documents)
        *parents, last = tokens(where)
        parent = resolve(documents[document], pointer(parents))
        if not isinstance(parent, dict):
            problem = f"nothing at {where} of {FILES[document]} to refine"
            raise ContractError(f"{name}#/{index}/pointer", problem)
        parent[last] = value
        sources[document, where] = Source(source)
    return Contract(contract.id, documents, sources)


def _refinement(
    entry: Any, where: str, documents: Mapping[Document, Any]
) -> tuple[Document, str, Any, str]:
    """Take one refinement apart: document, JSON Pointer, value, source."""
    keys = {"document", "pointer", "value", "source"}
    if not isinstance(entry, dict) or set(entry) != keys:
        raise ContractError(where, f"a refinement has exactly {', '.join(sorted(keys))}")
    document, at, source = entry["document"], entry["pointer"], entry["source"]
    if document not in documents:
        known = ", ".join(documents)
        raise ContractError(f"{where}/document", f"one of {known}, found {document!r}")
    if not isinstance(at, str) or not at.startswith("/"):
        raise ContractError(f"{where}/pointer", f"a JSON Pointer to a keyword, found {at!r}")
    if not isinstance(source, str) or not source:
        raise ContractError(f"{where}/source", "say where this fact comes from")
    return document, at, entry["value"], source
