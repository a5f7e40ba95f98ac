"""Contracts by name: reads, checks and refines the files that `capture` wrote.

A function that reads one raises ContractError, as `load` does, if it cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import lru_cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, get_args

import msgspec

from docpact.catalogue.contract import (
    FILES,
    OPTIONAL,
    Contract,
    JsonPointer,
    check_examples,
    convert,
    localize_schemas,
    nesting,
)
from docpact.catalogue.operation import read_operation
from docpact.errors import ContractError, UsageError
from docpact.files import find_real, read_finite, read_json, read_text
from docpact.model import Document, Operation, Source
from docpact.model.pointer import find_by_prefix, pointer, resolve, to_list, tokens
from docpact.text import suggest

FORMAT: Final = 1
"""The version of the contract format that this release reads."""

DEFAULT: Final = "default.txt"
"""The file next to the shipped contracts that names the default one."""

OPTIONAL_KEYS: Final = ("array_encoding", "roles")
"""Keys of operation.json that a refinement may add."""

REFINEMENTS: Final = "refinements.json"

SDKS: Final = "clients.json"
"""The file that describes how published clients call the operation; written by hand."""

Read: TypeAlias = Callable[[str], str | None]
"""Returns the text of a contract's file, or None if there is no such file."""


def names(contracts: Path | None = None) -> tuple[str, ...]:
    """Return the name of every contract, `provider/operation`, sorted.

    They are those in a folder of your own, or else those that docpact ships.
    """
    root: Traversable = files("docpact.schemas") if contracts is None else contracts
    if not root.is_dir():
        return ()
    providers = [each for each in root.iterdir() if each.is_dir()]
    return tuple(
        sorted(f"{each.name}/{operation}" for each in providers for operation in list_folders(each))
    )


def list_folders(provider: Traversable) -> tuple[str, ...]:
    """Return the name of every contract's folder in the folder of a provider, sorted."""
    if not provider.is_dir():
        return ()
    holds = FILES["operation"]
    return tuple(sorted(each.name for each in provider.iterdir() if each.joinpath(holds).is_file()))


def default() -> str:
    """Return the name of the contract that is used unless another one is named."""
    return files("docpact.schemas").joinpath(DEFAULT).read_text(encoding="utf-8").strip()


def load(name: str | Path | None = None, contracts: Path | None = None) -> Operation:
    """Load a contract: your own or a shipped one by name, or any by its folder.

    Args:
        name: `provider/operation` as `names()` lists them, or the path of a folder that
            `docpact capture` wrote; None for the default one.
        contracts: a folder of your own contracts; their names come before those of shipped ones.

    Returns:
        the contract, refined, with the source of each promise.

    Raises:
        ContractError: there is no such contract, or it cannot be used: a file is missing or not
            JSON, docpact cannot check a keyword or format, an example body contradicts the
            documentation, or a refinement points nowhere.
    """
    name = default() if name is None else name
    return load_folder(_folder(name, contracts), str(name))


def list_contracts(name: str | Path, contracts: Path | None = None) -> Mapping[str, Traversable]:
    """Return the contracts of a provider, by name; empty if it is not a provider.

    It is one as in `names()`, or the path of a folder that contains folders of contracts.
    """
    places: list[Traversable] = [files("docpact.schemas").joinpath(str(name)), find_real(name)]
    if contracts is not None:
        places.insert(0, contracts / str(name))
    for place in places:
        if folders := list_folders(place):
            return {f"{place.name}/{each}": place.joinpath(each) for each in folders}
    return {}


def load_folder(folder: Traversable, name: str) -> Operation:
    """Load the contract in a folder under a name."""
    return _load(partial(_read_file, folder, name), name)


def load_files(texts: Mapping[str, str], name: str) -> Operation:
    """Load a contract from memory: file name → text, as `docpact.capture.capture` returns them."""
    return _load(texts.get, name)


def is_shipped(name: str | Path, contracts: Path | None = None) -> bool:
    """Return whether docpact ships the contract, or the provider, that is found by a name."""
    own = () if contracts is None else names(contracts)

    def is_among(known: tuple[str, ...]) -> bool:
        return str(name) in known or any(each.startswith(f"{name}/") for each in known)

    return is_among(names()) and not is_among(own)


def documents(name: str | Path, contracts: Path | None = None) -> dict[str, Any]:
    """Return the decoded files of a contract as they are on disk, by name; see `load`."""
    read = partial(_read_file, _folder(name, contracts), name)
    found = {FILES[document]: value for document, value in _decode(read, str(name)).items()}
    refinements = read(REFINEMENTS)
    if refinements is not None:
        found[REFINEMENTS] = _json(refinements, f"{name}/{REFINEMENTS}")
    return found


def sdks(name: str | Path, contracts: Path | None = None) -> Mapping[str, Any]:
    """Return the published clients that a contract names, by distribution.

    Each states `builds` (name → `module:Class`, which takes `base_url` and `api_key`), further
    `arguments` of these classes, the `method` that calls the operation, and `errors`, the class of
    the client's own errors. A contract need not name any.

    Raises:
        ContractError: there is no such contract, or the file is not JSON of that shape.
    """
    text = _read_file(_folder(name, contracts), name, SDKS)
    where = f"{name}/{SDKS}#"
    stated = convert({} if text is None else _json(text, f"{name}/{SDKS}"), dict, where)
    return {
        client: msgspec.to_builtins(convert(each, _Client, f"{where}{pointer([client])}"))
        for client, each in stated.items()
    }


_ClassPath: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[^:]+:[^:]+$")]
"""`module:Class`."""


class _Client(msgspec.Struct, forbid_unknown_fields=True):
    builds: Annotated[dict[str, _ClassPath], msgspec.Meta(min_length=1)]
    method: str
    errors: _ClassPath
    arguments: dict[str, Any] = {}


def _folder(name: str | Path, contracts: Path | None) -> Traversable:
    own = () if contracts is None else names(contracts)
    if contracts is not None and str(name) in own:
        return contracts / str(name)
    if str(name) in names():
        provider, operation = str(name).split("/")
        return files("docpact.schemas") / provider / operation
    path = Path(name)
    if str(name) and path.is_dir():
        return path
    if "://" in str(name):
        raise ContractError(str(name), "give a file; `docpact capture URL --out DIR` fetches one")
    if path.is_file():
        raise ContractError(str(name), "no contract or OpenAPI document; try `docpact capture`")
    if path.suffix:
        raise ContractError(str(name), "no such file")
    hint = suggest(str(name), (*own, *names()), "`docpact list` shows them")
    raise ContractError(str(name), f"no file, folder or shipped contract of that name; {hint}")


def _read_file(folder: Traversable, name: str | Path, file: str) -> str | None:
    place = folder.joinpath(file)
    try:
        return read_text(place) if place.is_file() else None
    except (UsageError, ValueError, OSError) as error:
        raise ContractError(f"{name}/{file}", f"cannot be read: {error}") from None


def _decode(read: Read, name: str) -> dict[Document, Any]:
    found: dict[Document, Any] = {}
    for document, file in FILES.items():
        text = read(file)
        if text is not None:
            found[document] = _json(text, f"{name}/{file}")
        elif document not in OPTIONAL:
            problem = "missing; `docpact capture PAGE --out DIR` writes it"
            raise ContractError(f"{name}/{file}", problem)
    return found


def _json(text: str, name: str) -> Any:
    """Return a decoded file; `10.0` is the integer 10, as in JSON Schema (Core, section 4.2.2)."""
    try:
        return read_json(text, _read_number)
    except ValueError as error:
        raise ContractError(name, f"cannot be read as JSON: {error}") from None


_EXACT: Final = 2**53
"""Up to it, a double holds every integer."""


def _read_number(text: str) -> int | float:
    number = read_finite(text)
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


_Line: TypeAlias = int | Annotated[str, msgspec.Meta(pattern=":[0-9]{1,9}$")]
"""The number of a line, or file and number."""


def _load(read: Read, name: str) -> Operation:
    texts = tuple((file, read(file)) for file in (*FILES.values(), REFINEMENTS))
    return _load_texts(texts, name)


@lru_cache(maxsize=16)
def _load_texts(texts: tuple[tuple[str, str | None], ...], name: str) -> Operation:
    """Return the contract of some files; the same files are the same operation."""
    read = dict(texts).get
    with nesting(name):
        documented = _read_contract(read, name)
        plain = localize_schemas(documented)
        check_examples(plain)
        refined = _refine(documented, read)
        return read_operation(plain if refined is documented else localize_schemas(refined))


def _read_contract(read: Read, name: str) -> Contract:
    contract = Contract(name, _decode(read, name))
    version = contract.get("/format", int)
    if version != FORMAT:
        problem = f"contract format {version}; this docpact reads {FORMAT}: capture the page again"
        raise contract.error("operation", "/format", problem)
    lines = contract.get("/lines", dict[str, str])
    for document in get_args(Document):
        origins = contract.get(f"/origins/{document}", dict[str, str], {})
        places = contract.get(f"/provenance/{document}", dict[JsonPointer, _Line], {})
        for where, line in places.items():
            number = int(str(line).rpartition(":")[2])
            place = find_by_prefix(origins, where) or ""
            contract.sources[document, where] = Source(lines.get(str(line), ""), number, place)
    return contract


def _refine(contract: Contract, read: Read) -> Contract:
    """Apply refinements.json to the documents, and note the source of each changed keyword."""
    text = read(REFINEMENTS)
    if text is None:
        return contract
    name = f"{contract.id}/{REFINEMENTS}"
    documents = deepcopy(dict(contract.documents))
    sources = dict(contract.sources)
    for index, entry in enumerate(to_list(_json(text, name))):
        document, where, value, source = _read_refinement(entry, f"{name}#/{index}", documents)
        *parents, last = tokens(where)
        parent = resolve(documents[document], pointer(parents))
        if not isinstance(parent, dict):
            problem = f"nothing at {where} of {FILES[document]} to refine"
            raise ContractError(f"{name}#/{index}/pointer", problem)
        parent[last] = value
        sources[document, where] = Source(source)
    return Contract(contract.id, documents, sources)


def _read_refinement(
    entry: Any, where: str, documents: Mapping[Document, Any]
) -> tuple[Document, str, Any, str]:
    """Return document, JSON Pointer, value and source of one refinement."""
    keys = {"document", "pointer", "value", "source"}
    if not isinstance(entry, dict) or set(entry) != keys:
        raise ContractError(where, f"a refinement has exactly {', '.join(sorted(keys))}")
    document, at, source = entry["document"], entry["pointer"], entry["source"]
    if document not in [*documents]:
        known = ", ".join(documents)
        raise ContractError(f"{where}/document", f"expected one of {known}, found {document!r}")
    if not isinstance(at, str) or not at.startswith("/"):
        problem = f"expected a JSON Pointer to a keyword, found {at!r}"
        raise ContractError(f"{where}/pointer", problem)
    if document == "operation":
        allowed = sorted({*documents[document], *OPTIONAL_KEYS})
        first = tokens(at)[0]
        if first not in allowed:
            hint = suggest(
                f"/{first}", [f"/{each}" for each in allowed], f"known: {', '.join(allowed)}"
            )
            raise ContractError(f"{where}/pointer", f"operation.json has no {first!r}; {hint}")
    if not isinstance(source, str) or not source:
        raise ContractError(f"{where}/source", "say where this fact comes from")
    return document, at, entry["value"], source
