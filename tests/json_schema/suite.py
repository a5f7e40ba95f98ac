"""The official test suite of JSON Schema 2020-12: its cases, and those that docpact waives."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

from hypothesis.strategies import SearchStrategy

from docpact.catalogue import load_files
from docpact.errors import ContractError
from docpact.model import Operation
from docpact.strategies import payloads

VARIABLE: Final = "DOCPACT_JSON_SCHEMA_SUITE"
"""Names the folder of the suite, which contains `tests/draft2020-12`."""

FOLDER: Final = os.environ.get(VARIABLE, "")

MISSING: Final = f"{VARIABLE} names no folder: `nox -s json_schema_suite` downloads the suite"

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Tests of one schema.

    Attributes:
        file: without its ending, below `tests/draft2020-12`.
        description: in the suite's words.
        schema: may be true or false.
        tests: of the schema, in the suite's form: `description`, `data`, `valid`.
    """

    file: str
    description: str
    schema: Any
    tests: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.description}"


@dataclass(frozen=True, slots=True)
class Case:
    """One instance of one schema.

    Attributes:
        group: that it belongs to.
        description: in the suite's words.
        data: the instance.
        valid: whether the suite calls it valid.
    """

    group: Group
    description: str
    data: Any
    valid: bool

    def __str__(self) -> str:
        return f"{self.group}: {self.description}"


@dataclass(frozen=True, slots=True)
class Waiver:
    """Cases in which docpact departs from the suite on purpose.

    Attributes:
        file: of the cases.
        description: a pattern of their descriptions, as for file names.
        reason: one sentence.
    """

    file: str
    description: str
    reason: str

    def covers(self, case: Case) -> bool:
        """Return whether a case is one of these."""
        same = case.group.file == self.file
        return same and fnmatchcase(case.description, self.description)


WAIVERS: Final = (
    Waiver(
        "format",
        "invalid * string is only an annotation by default",
        "18 of these 19 are in `optional/format` too, with the other verdict, which docpact keeps.",
    ),
    Waiver(
        "optional/format/ecmascript-regex",
        "when used as a pattern",
        "ECMA-262 allows the escape without its flag `u`, and servers send such expressions.",
    ),
    Waiver(
        "vocabulary",
        "no validation: invalid number, but it still validates",
        "docpact checks the keywords of every vocabulary, also those that a metaschema leaves out.",
    ),
)


def groups() -> Iterator[Group]:
    """Yield every group of the suite, the optional ones last; nothing without the suite."""
    folder = Path(FOLDER, "tests", "draft2020-12")
    files = (
        sorted(folder.rglob("*.json"), key=lambda file: (len(file.parts), file)) if FOLDER else []
    )
    for file in files:
        name = file.relative_to(folder).with_suffix("").as_posix()
        for each in json.loads(file.read_text(encoding="utf-8")):
            yield Group(name, each["description"], bundled(each["schema"]), tuple(each["tests"]))


@cache
def _remotes() -> dict[str, Any]:
    """Return the schemas that the suite refers to, by URI."""
    folder = Path(FOLDER, "remotes", "draft2020-12")
    return {
        f"http://localhost:1234/draft2020-12/{file.relative_to(folder).as_posix()}": json.loads(
            file.read_text(encoding="utf-8")
        )
        for file in sorted(folder.rglob("*.json"))
    }


def bundled(schema: Any) -> Any:
    """Return a schema that contains the remote schemas which it refers to.

    JSON Schema 2020-12 Core, section 9.3, calls this a compound document.
    """
    if "http://localhost:1234/" not in json.dumps(schema):
        return schema
    remote = {
        re.sub(r"\W", "_", uri): {"$id": uri, **each} if isinstance(each, dict) else each
        for uri, each in _remotes().items()
    }
    return {**schema, "$defs": {**schema.get("$defs", {}), **remote}}


def cases(group: Group) -> tuple[Case, ...]:
    """Return the cases of a group."""
    return tuple(Case(group, t["description"], t["data"], t["valid"]) for t in group.tests)


def waiver(case: Case) -> Waiver | None:
    """Return the waiver of a case, or None."""
    return next((each for each in WAIVERS if each.covers(case)), None)


def contract(schema: Any) -> dict[str, Any]:
    """Return the files of a contract whose response has a schema, decoded."""
    return {
        "operation.json": {
            "format": 1,
            "title": "Get Case",
            "method": "GET",
            "path": "/case",
            "server": "https://suite.example",
            "security": [],
            "parameters": [],
            "response": {"status": 200, "content_type": "application/json", "examples": []},
            "roles": {},
            "provenance": {"operation": {}, "query": {}, "response": {}},
            "lines": {},
        },
        "query.schema.json": {"$schema": DRAFT, "type": "object", "properties": {}},
        "response.schema.json": schema,
    }


@cache
def operation(group: Group) -> Operation:
    """Load a contract whose response has the schema of a group.

    Raises:
        ContractError: docpact does not support the schema.
    """
    files = contract(group.schema).items()
    return load_files({name: json.dumps(document) for name, document in files}, "suite/case")


@cache
def drawn(group: Group) -> SearchStrategy[Any]:
    """Return the strategy of a group's schema.

    Raises:
        ContractError: docpact does not support the schema, or cannot generate its values.
    """
    return payloads(operation(group))


@cache
def problem(of: Callable[[Group], object], group: Group) -> str:
    """Return why `operation` or `drawn` refuses a group's schema; empty if it does not."""
    try:
        of(group)
    except ContractError as error:
        return error.problem
    return ""


GROUPS: Final = tuple(groups())

SUPPORTED: Final = tuple(group for group in GROUPS if not problem(operation, group))
"""The groups whose schemas docpact supports."""

UNDRAWN: Final = {
    "not: collect annotations inside a 'not', even if collection is disabled": (
        "Only objects with other fields than the named one are valid; docpact draws named fields."
    ),
    "ref: remote ref, containing refs itself": (
        "The schema is the metaschema, and most of the schemas that docpact draws are not valid."
    ),
}
"""Schemas that have values of which none or too few are drawn → the reason."""

DRAWN: Final = tuple(
    group
    for group in SUPPORTED
    if not problem(drawn, group)
    and str(group) not in UNDRAWN
    and any(test["valid"] for test in group.tests)
)
"""The groups whose values can be generated."""
