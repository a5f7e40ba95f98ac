"""An OpenAPI 3 document: its operations, and references followed to what they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from docpact.errors import ContractError
from docpact.model.pointer import pointer, resolve

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class OpenApi:
    """A document, and what errors call it."""

    content: Mapping[str, Any]
    name: str

    def error(self, where: str, problem: str) -> ContractError:
        """Return an error at a JSON Pointer of the document."""
        return ContractError(f"{self.name}#{where}", problem)

    def followed(self, value: Any, where: str) -> tuple[Any, str]:
        """Follow references; return what they lead to, and where that is.

        Raises:
            ContractError: a reference leads nowhere in this document.
        """
        seen = []
        while isinstance(value, Mapping) and "$ref" in value:
            ref = value["$ref"]
            if not isinstance(ref, str) or not ref.startswith("#/") or ref in seen:
                raise self.error(where, f"reference {ref!r} leads nowhere in this document")
            seen.append(ref)
            where = ref.removeprefix("#")
            value = resolve(self.content, where, _MISSING)
            if value is _MISSING:
                raise self.error(where, "missing, though a reference leads here")
        return value, where


@dataclass(frozen=True, slots=True)
class Stated:
    """One operation of a document.

    Attributes:
        document: that states it.
        path: as stated.
        method: in lower case.
        where: JSON Pointer of the operation.
        content: of the operation.
    """

    document: OpenApi
    path: str
    method: str
    where: str
    content: Mapping[str, Any]

    @property
    def parameters(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Each parameter, references followed, and where it stands; those of the path first."""
        item = self.document.content["paths"][self.path]
        above = pointer(["paths", self.path, "parameters"])
        for each, where in [
            *((p, f"{above}/{i}") for i, p in enumerate(item.get("parameters", []))),
            *(
                (p, f"{self.where}/parameters/{i}")
                for i, p in enumerate(self.content.get("parameters", []))
            ),
        ]:
            yield self.document.followed(each, where)

    def answer(self) -> tuple[int, str, Mapping[str, Any], str]:
        """Return status, media type, media object and its place of the first successful answer.

        Raises:
            ContractError: there is none with a JSON body.
        """
        for status, each in self.content.get("responses", {}).items():
            answer, at = self.document.followed(each, f"{self.where}/responses/{status}")
            if str(status).startswith("2") and (found := json_content(answer, at)):
                number = int(status) if str(status).isdecimal() else 200
                return (number, *found)
        where = f"{self.where}/responses"
        raise self.document.error(where, "no successful answer with a JSON body")


def json_content(
    holder: Mapping[str, Any], where: str
) -> tuple[str, Mapping[str, Any], str] | None:
    """Return media type, media object and its place of the first JSON content, or None."""
    for media, content in holder.get("content", {}).items():
        if "json" in media:
            return media, content, f"{where}{pointer(['content', media])}"
    return None


def find(content: Any, operation_id: str, name: str) -> Stated:
    """Find an operation of an OpenAPI document.

    Args:
        content: the decoded document.
        operation_id: of the operation.
        name: of the document, for errors.

    Raises:
        ContractError: no OpenAPI 3 document, or no such operation.
    """
    version = content.get("openapi") if isinstance(content, Mapping) else None
    if not isinstance(version, str) or not version.startswith("3."):
        raise ContractError(name, "no OpenAPI 3 document: it has no openapi: 3.x")
    document = OpenApi(content, name)
    known = {
        str(stated["operationId"]): (path, method, stated)
        for path, method, stated in _operations(content)
        if "operationId" in stated
    }
    if operation_id not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise ContractError(name, f"no operation {operation_id!r}; it has: {listed}")
    path, method, stated = known[operation_id]
    return Stated(document, path, method, pointer(["paths", path, method]), stated)


def _operations(content: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in content.get("paths", {}).items():
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                yield path, method, item[method]
