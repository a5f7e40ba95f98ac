"""Contracts by name: reads, checks and refines what capture wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, get_args

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from docpact.errors import ContractError
from docpact.formats import is_checked
from docpact.model import (
    Credential,
    Document,
    Gap,
    Lifecycle,
    Operation,
    Parameter,
    Roles,
    Schema,
    Source,
)
from docpact.model.pointer import Tokens, pointer, resolve, tokens
from docpact.model.schema import DEFINITIONS, child
from docpact.validation import SUPPORTED, besides, inspect, subschemas

FORMAT: Final = 1
"""The version of the contract's file format that this release reads."""

FILES: Final[Mapping[Document, str]] = {
    "operation": "operation.json",
    "query": "query.schema.json",
    "body": "body.schema.json",
    "response": "response.schema.json",
}

OPTIONAL: Final = frozenset({"body"})
"""The parts that only some operations have."""

_NEEDED: Final = frozenset(file for name, file in FILES.items() if name not in OPTIONAL)

DEFAULT: Final = "default.txt"
"""The file beside the shipped contracts that names the default one."""

REFINEMENTS: Final = "refinements.json"

_TRUE_OR_FALSE: Final = "a schema that is true or false says nothing of a documented field"

SDKS: Final = "clients.json"
"""The file that says how published clients call the operation; written by hand."""


@dataclass(frozen=True, slots=True)
class _Contract:
    """The decoded files of one contract, refined, and the sources collected so far."""

    id: str
    documents: Mapping[Document, Any]
    sources: dict[tuple[Document, str], Source] = field(default_factory=dict)

    def error(self, document: Document, where: str, problem: str) -> ContractError:
        return ContractError(f"{self.id}/{FILES[document]}#{where}", problem)

    def get(self, where: str, kind: type, default: Any = ...) -> Any:
        """Return what stands at a JSON Pointer of operation.json, of the type it must have."""
        value = resolve(self.documents["operation"], where, default)
        if value is ...:
            raise self.error("operation", where, "missing; capture the page again")
        if value is not default and not isinstance(value, kind):
            raise self.error("operation", where, f"expected {kind.__name__}, found {value!r}")
        return value


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
    _check_schemas(documented, documented.documents)
    _check_examples(documented)
    refined = _refined(documented, folder)
    changed = [d for d, value in refined.documents.items() if value != documented.documents[d]]
    _check_schemas(refined, changed)
    return _operation(refined)


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


def _read(folder: Traversable, name: str) -> _Contract:
    documents = {
        document: _json(folder / file, f"{name}/{file}")
        for document, file in FILES.items()
        if document not in OPTIONAL or folder.joinpath(file).is_file()
    }
    contract = _Contract(name, documents)
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


def _refined(contract: _Contract, folder: Traversable) -> _Contract:
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
    return _Contract(contract.id, documents, sources)


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


def _check_schemas(contract: _Contract, documents: Iterable[Document]) -> None:
    for document in documents:
        if document != "operation":
            _check_schema(contract, document)


def _check_schema(contract: _Contract, document: Document) -> None:
    schema = contract.documents[document]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = pointer(error.absolute_path)
        raise contract.error(document, where, f"no JSON Schema: {error.message}") from None
    if not isinstance(schema, dict):
        raise contract.error(document, "", _TRUE_OR_FALSE)
    definitions = schema.get("$defs", {})
    _check_references(contract, document, schema, definitions, ())
    for name in definitions:
        _check_definition(contract, document, definitions, name)
    for place in subschemas(schema):
        where = pointer(place.schema_path)
        if not isinstance(place.schema, dict):
            raise contract.error(document, where, _TRUE_OR_FALSE)
        for keyword in place.schema:
            _check_keyword(contract, document, (*place.schema_path, keyword))
        _check_format(contract, document, place.schema, where)
    for path in besides(schema):
        _check_keyword(contract, document, path)


def _check_examples(contract: _Contract) -> None:
    """Raise for an example body that its own page does not document."""
    for number, example in enumerate(contract.get("/response/examples", list, [])):
        found = inspect(contract.documents["response"], example)
        wrong = [(v.pointer, f"{v.documented}; found {v.observed}") for v in found.violations]
        wrong += [(each.pointer, "no such field is documented") for each in found.undocumented]
        for at, problem in wrong:
            raise contract.error("operation", f"/response/examples/{number}{at}", problem)


def _check_keyword(contract: _Contract, document: Document, path: Tokens) -> None:
    if path[-1] not in SUPPORTED:
        raise contract.error(document, pointer(path), f"keyword {path[-1]!r} is not supported")


def _check_definition(
    contract: _Contract,
    document: Document,
    definitions: Mapping[str, Any],
    name: str,
    within: tuple[str, ...] = (),
) -> None:
    """Raise for a definition that is one of its own forms, so that nothing would end its walk."""
    if name in within:
        problem = "a form of this definition is the definition itself"
        raise contract.error(document, pointer(["$defs", name]), problem)
    for inner in _forms_of(definitions[name]):
        _check_definition(contract, document, definitions, inner, (*within, name))


def _forms_of(schema: Any) -> Iterator[str]:
    """Yield the names of the definitions that speak of the same instance as a schema does."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix(DEFINITIONS)
        for form in schema.get("anyOf", ()):
            yield from _forms_of(form)


def _check_references(
    contract: _Contract, document: Document, stated: Any, defined: Mapping[str, Any], path: Tokens
) -> None:
    """Raise for a reference to anything but a definition of the same file, or to itself alone."""
    if isinstance(stated, Mapping):
        target: Any = stated
        seen: list[str] = []
        while isinstance(target, Mapping) and isinstance(ref := target.get("$ref"), str):
            name = ref.removeprefix(DEFINITIONS)
            if not ref.startswith(DEFINITIONS) or name not in defined or name in seen:
                problem = f"the reference {ref!r} leads to no definition of this file"
                raise contract.error(document, pointer((*path, "$ref")), problem)
            seen.append(name)
            target = defined[name]
    inner: Iterable[tuple[str | int, Any]] = (
        stated.items() if isinstance(stated, Mapping) else enumerate(stated)
    )
    for step, each in inner:
        if isinstance(each, dict | list):
            _check_references(contract, document, each, defined, (*path, step))


def _check_format(contract: _Contract, document: Document, schema: Schema, where: str) -> None:
    name = schema.get("format")
    if name is not None and not is_checked(name):
        problem = (
            f"format {name!r} cannot be checked here, and would pass in silence; "
            "pip install 'docpact[formats]' adds the formats of JSON Schema"
        )
        raise contract.error(document, f"{where}/format", problem)


def _operation(contract: _Contract) -> Operation:
    if contract.get("/array_encoding", str, "repeat") != "repeat":
        problem = "only 'repeat' is supported: an array is sent as repeated keys"
        raise contract.error("operation", "/array_encoding", problem)
    return Operation(
        id=contract.id,
        title=contract.get("/title", str),
        method=contract.get("/method", str),
        path=contract.get("/path", str),
        server=contract.get("/server", str),
        credential=_credential(contract),
        parameters=_parameters(contract),
        query_schema=contract.documents["query"],
        response_schema=contract.documents["response"],
        status=contract.get("/response/status", int),
        content_type=contract.get("/response/content_type", str),
        examples=tuple(contract.get("/response/examples", list)),
        roles=_roles(contract),
        sources=contract.sources,
        body_schema=contract.documents.get("body"),
        gaps=tuple(
            Gap(
                document=contract.get(f"/gaps/{number}/document", str),
                pointer=contract.get(f"/gaps/{number}/pointer", str),
                said=contract.get(f"/gaps/{number}/said", str),
                line=contract.get(f"/gaps/{number}/line", int, None),
            )
            for number in range(len(contract.get("/gaps", list, [])))
        ),
    )


def _credential(contract: _Contract) -> Credential | None:
    if not contract.get("/security", list):
        return None
    return Credential(
        scheme=contract.get("/security/0/scheme", str),
        header=contract.get("/security/0/header", str),
        variable=contract.get("/security/0/variable", str),
    )


def _parameters(contract: _Contract) -> tuple[Parameter, ...]:
    parameters = []
    for index in range(len(contract.get("/parameters", list))):
        where = f"/parameters/{index}"
        name, location = contract.get(f"{where}/name", str), contract.get(f"{where}/in", str)
        if location != "query":
            schema = contract.get(f"{where}/schema", dict)
        elif name in contract.documents["query"].get("properties", {}):
            schema = child(contract.documents["query"], "properties", name)
        else:
            raise contract.error("query", pointer(["properties", name]), "missing: documented")
        required = contract.get(f"{where}/required", bool)
        parameters.append(Parameter(name, location, required, schema))
    return tuple(parameters)


def _roles(contract: _Contract) -> Roles:
    def role(name: str) -> str | None:
        return contract.get(f"/roles/{name}/value", str, None)  # type: ignore[no-any-return]

    filters = contract.get("/roles/filters", dict, {})
    return Roles(
        items=role("items"),
        id=role("id"),
        next_token=role("next_token"),
        token_parameter=role("token_parameter"),
        offset_parameter=role("offset_parameter"),
        size_parameter=role("size_parameter"),
        total=role("total"),
        filters={
            name: contract.get(pointer(["roles", "filters", name, "value"]), str)
            for name in filters
        },
        path={
            name: contract.get(pointer(["roles", "path", name, "value"]), str)
            for name in contract.get("/roles/path", dict, {})
        },
        scopes=tuple(contract.get("/roles/scopes", list, [])),
        lifecycle=_lifecycle(contract),
        constant=tuple(contract.get("/roles/constant", list, [])),
        only_when=_only_when(contract),
    )


def _lifecycle(contract: _Contract) -> Lifecycle | None:
    if contract.get("/roles/lifecycle", dict, None) is None:
        return None
    stages = contract.get("/roles/lifecycle/stages", list)
    if not stages or not all(isinstance(stage, list) and stage for stage in stages):
        problem = f"a list of stages, each a list of values; found {stages!r}"
        raise contract.error("operation", "/roles/lifecycle/stages", problem)
    return Lifecycle(
        field=contract.get("/roles/lifecycle/field", str),
        stages=tuple(tuple(stage) for stage in stages),
    )


def _only_when(contract: _Contract) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    found = {}
    for name in contract.get("/roles/only_when", dict, {}):
        where = pointer(["roles", "only_when", name])
        beside = contract.get(f"{where}/field", str)
        found[name] = (beside, tuple(contract.get(f"{where}/values", list)))
    return found
