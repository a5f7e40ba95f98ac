"""Correct servers in the styles of well-known kinds of APIs, and faults to put into them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import unquote, urlencode

from servers.loopback import Answer, Request
from servers.tasks import TEXT, an_object

KEY: Final = "key-of-a-style"
KINDS: Final = ("draft", "active", "archived")
WHOLE: Final = {"type": "integer"}
LONG_ID: Final = {"type": "string", "pattern": "^T[0-9]{20}$"}
FLAG: Final = {"type": "boolean"}
FEW: Final = {"type": "integer", "minimum": 1, "maximum": 20}

Thing = Mapping[str, Any]

THINGS: Final[Sequence[Thing]] = [
    {"number": n, "title": f"thing {n * 37 % 101}", "kind": KINDS[n * n % 3]} for n in range(1, 26)
]


class Refused(Exception):
    """A request is answered with an error.

    Attributes:
        status: of the response.
    """

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass
class Style:
    """A server with one list and the things that it shows.

    Attributes:
        fault: the difference from a correct server; empty for none.
        base: URL of the server.
    """

    fault: str = ""
    base: str = ""

    error: ClassVar[Mapping[str, Any]] = an_object(error=TEXT)

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return self.refuse(401)
        if request.method not in ("GET", "HEAD"):
            return self.refuse(405)
        try:
            return self.write(200, self.route(request))
        except Refused as refused:
            return self.refuse(refused.status)

    def route(self, request: Request) -> Any:
        raise NotImplementedError

    def refuse(self, status: int) -> Answer:
        return self.write(status, {"error": "refused"})

    def write(self, status: int, body: Any) -> Answer:
        content = json.dumps(body).encode()
        return Answer(status, (("Content-Type", "application/json"),), content)

    def page(self, start: int, size: int, things: Sequence[Thing] = THINGS) -> Sequence[Thing]:
        """Return a page; a fault loses its first item, or ends the list at the first page."""
        if start and self.fault == "loses items":
            return things[start + 1 : start + size]
        return [] if start and self.fault == "ends early" else things[start : start + size]

    def find(self, number: str) -> Thing:
        found = [each for each in THINGS if str(each["number"]) == number]
        if self.fault == "any thing":
            return found[0] if found else THINGS[0]
        if not found:
            raise Refused(404)
        return found[0]

    def refuse_name(self) -> str:
        raise Refused(404)

    def document(self, paths: Mapping[str, Any], thing: Any) -> dict[str, Any]:
        return {
            "openapi": "3.0.3",
            "info": {"title": "style", "version": "1"},
            "security": [{"key": []}],
            "paths": paths,
            "components": {
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
                "schemas": {"Thing": thing},
            },
        }


THING: Final = {"$ref": "#/components/schemas/Thing"}


def get(name: str, schema: Any, error: Any, *parameters: Any) -> dict[str, Any]:
    """Return an operation."""
    responses = {
        code: {"description": "as stated", "content": {"application/json": {"schema": each}}}
        for code, each in (("200", schema), ("default", error))
    }
    return {"get": {"operationId": name, "parameters": parameters, "responses": responses}}


def asked(name: str, schema: Any, description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def of_path(name: str, schema: Any = TEXT) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def read_number(request: Request, name: str, default: int, low: int, high: int) -> int:
    text = request.last(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and low <= int(text) <= high):
        raise Refused(400)
    return int(text)


class Scim(Style):
    """Offsets that count from 1, which only the responses show (RFC 7644, section 3.4.2.4)."""

    def describe(self) -> dict[str, Any]:
        user = an_object("displayName", id=TEXT, displayName=TEXT, active=FLAG)
        fields = {"totalResults": WHOLE, "startIndex": WHOLE, "itemsPerPage": WHOLE}
        users = an_object(**fields, Resources={"type": "array", "items": THING})
        parameters = (asked("startIndex", {"type": "integer", "minimum": 0}), asked("count", FEW))
        paths = {
            "/Users": get("listUsers", users, self.error, *parameters),
            "/Users/{id}": get("getUser", THING, self.error, of_path("id")),
        }
        return self.document(paths, user)

    def route(self, request: Request) -> Any:
        def show(thing: Thing) -> Any:
            about = {"displayName": thing["title"], "active": thing["kind"] == "active"}
            return {"id": f"u{thing['number']}", **about}

        if request.path != "/Users":
            return show(self.find(unquote(request.path).removeprefix("/Users/u")))
        start = max(1, read_number(request, "startIndex", 1, 0, 10**9))
        page = self.page(start - 1, read_number(request, "count", 10, 1, 20))
        about = {"totalResults": len(THINGS), "startIndex": start, "itemsPerPage": len(page)}
        return {**about, "Resources": [*map(show, page)]}


class Bundles(Style):
    """Links with relations in the body, things inside the items (FHIR R5), and names of formats."""

    def describe(self) -> dict[str, Any]:
        thing = an_object(id=LONG_ID, name=TEXT, kind={"type": "string", "enum": [*KINDS]})
        link = {"type": "array", "items": an_object(relation=TEXT, url=TEXT)}
        entry = {"type": "array", "items": an_object(fullUrl=TEXT, resource=THING)}
        kind = asked("kind", {"type": "string", "enum": [*KINDS]}, "Only things with this kind.")
        order = asked("order[name]", {"type": "string", "enum": ["asc", "desc"]})
        bundle = an_object(type=TEXT, link=link, entry=entry)
        paths = {
            "/Thing.json": get("search", bundle, self.error, asked("_count", FEW), kind, order),
            "/Thing/{id}.json": get("read", THING, self.error, of_path("id", LONG_ID)),
        }
        return self.document(paths, thing)

    def route(self, request: Request) -> Any:
        def show(thing: Thing) -> Any:
            about = {"name": thing["title"], "kind": thing["kind"]}
            return {"id": f"T{thing['number']:020}", **about}

        if request.path != "/Thing.json":
            named = re.fullmatch(r"/Thing/T(\d{20})\.json", unquote(request.path), re.ASCII)
            return show(self.find(str(int(named[1])) if named else self.refuse_name()))
        kind, order = request.last("kind"), request.last("order[name]")
        if kind not in (None, *KINDS) or order not in (None, "asc", "desc"):
            raise Refused(400)
        is_ignored = self.fault == "ignores a filter"
        found = [e for e in THINGS if kind in (None, e["kind"]) or is_ignored]
        if order and self.fault != "ignores an order":
            found = sorted(found, key=lambda e: str(e["title"]), reverse=order == "desc")
        size = read_number(request, "_count", 10, 1, 20)
        start = read_number(request, "_offset", 0, 0, 10**9)
        page = self.page(start, size, found)
        link = [{"relation": "self", "url": f"{self.base}{request.target}"}]
        if page and start + size < len(found):
            kept = [(n, text) for n, text in request.query if n not in ("_offset", "_count")]
            query = urlencode([*kept, ("_count", size), ("_offset", start + size)])
            link.append({"relation": "next", "url": f"{self.base}/Thing.json?{query}"})
        entry = [
            {"fullUrl": f"{self.base}/Thing/{e['number']}.json", "resource": show(e)} for e in page
        ]
        return {"type": "searchset", "link": link, "entry": entry}


class Envelopes(Style):
    """Errors with status 200 and a body of their own form, and things in an envelope."""

    error = an_object(ok=FLAG, error=TEXT)

    def refuse(self, status: int) -> Answer:
        return self.write(200 if status != 405 else 405, {"ok": False, "error": "refused"})

    def describe(self) -> dict[str, Any]:
        thing = an_object(id=WHOLE, name=TEXT)
        things = an_object(ok=FLAG, channels={"type": "array", "items": THING}, next_cursor=TEXT)
        one = an_object(ok=FLAG, channel=THING)
        cursor = asked("cursor", TEXT, "The `next_cursor` of the page before.")
        paths = {
            f"/channels/{below}": get(
                name, {"oneOf": [schema, self.error]}, self.error, *parameters
            )
            for below, name, schema, parameters in (
                ("search", "list", things, (cursor, asked("limit", FEW))),
                ("{channel_id}", "info", one, (of_path("channel_id"),)),
            )
        }
        return self.document(paths, thing)

    def route(self, request: Request) -> Any:
        def show(thing: Thing) -> Any:
            return {"id": thing["number"], "name": thing["title"]}

        if request.path != "/channels/search":
            number = unquote(request.path).removeprefix("/channels/")
            return {"ok": True, "channel": show(self.find(number))}
        text = request.last("cursor") or "c0"
        if not (text[:1] == "c" and text[1:].isascii() and text[1:].isdecimal()):
            raise Refused(400)
        start, size = int(text[1:]), read_number(request, "limit", 10, 1, 20)
        page = self.page(start, size)
        is_last = not page or start + size >= len(THINGS)
        onward = "" if is_last else f"c{start + size}"
        return {"ok": True, "channels": [*map(show, page)], "next_cursor": onward}


class OpenEnvelopes(Envelopes):
    """The same, open to everybody."""

    def __call__(self, request: Request) -> Answer:
        return super().__call__(Request(**{**_fields(request), "headers": _KNOWN}))


_KNOWN: Final = {"authorization": f"Bearer {KEY}"}


def _fields(request: Request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in Request.__slots__}


class Names(Style):
    """Things that are named by their whole path (Google's AIP 122); no field is required."""

    def describe(self) -> dict[str, Any]:
        thing = {"type": "object", "properties": {"name": TEXT, "displayName": TEXT}}
        fields = {"shelves": {"type": "array", "items": THING}, "nextPageToken": TEXT}
        shelves = {"type": "object", "properties": fields}
        parameters = (asked("pageToken", TEXT), asked("pageSize", WHOLE))
        paths = {
            "/v1/shelves": get("ListShelves", shelves, self.error, *parameters),
            "/v1/shelves/{shelf}": get("GetShelf", THING, self.error, of_path("shelf")),
        }
        return self.document(paths, thing)

    def route(self, request: Request) -> Any:
        def show(thing: Thing) -> Any:
            return {"name": f"shelves/{thing['number']}", "displayName": thing["title"]}

        if request.path != "/v1/shelves":
            return show(self.find(unquote(request.path).removeprefix("/v1/shelves/")))
        text = request.last("pageToken") or "p0"
        if not (text[:1] == "p" and text[1:].isascii() and text[1:].isdecimal()):
            raise Refused(400)
        start, size = int(text[1:]), read_number(request, "pageSize", 10, 0, 2**31 - 1)
        size = min(size or 10, 20)
        page = self.page(start, size)
        onward = {"nextPageToken": f"p{start + size}"} if start + size < len(THINGS) else {}
        return {"shelves": [*map(show, page)], **(onward if page else {})}


class Records(Style):
    """Further pages at another path, given by a relative URL, as Salesforce has them."""

    def describe(self) -> dict[str, Any]:
        thing = an_object(id=WHOLE, name=TEXT, kind=TEXT)
        total = {**WHOLE, "description": "Number of records that match."}
        fields = {"done": FLAG, "totalSize": total, "records": {"type": "array", "items": THING}}
        things = an_object("nextRecordsUrl", **fields, nextRecordsUrl=TEXT)
        kind = asked("kind", {"type": "string", "enum": [*KINDS]})
        paths = {
            "/records": get("listRecords", things, self.error, kind),
            "/records/{id}": get("getRecord", THING, self.error, of_path("id")),
        }
        return self.document(paths, thing)

    def route(self, request: Request) -> Any:
        def show(thing: Thing) -> Any:
            return {"id": thing["number"], "name": thing["title"], "kind": thing["kind"]}

        path = unquote(request.path)
        onward = re.fullmatch(r"/query/01g-([a-z]*)-(\d+)", path, re.ASCII)
        if path != "/records" and not onward:
            return show(self.find(path.removeprefix("/records/")))
        kind = onward[1] if onward else request.last("kind") or ""
        if kind not in ("", *KINDS) or (onward and self.fault == "no further page"):
            raise Refused(400)
        found = [each for each in THINGS if kind in ("", each["kind"])]
        start = int(onward[2]) if onward else 0
        page = self.page(start, 7, found)
        is_last = not page or start + 7 >= len(found)
        link = {} if is_last else {"nextRecordsUrl": f"/query/01g-{kind}-{start + 7}"}
        about = {"done": is_last, "totalSize": len(found)}
        return {**about, "records": [*map(show, page)], **link}


STYLES: Final[Mapping[str, Callable[..., Any]]] = {
    "offsets from 1": Scim,
    "links in the body": Bundles,
    "errors with status 200": Envelopes,
    "names that are paths": Names,
    "pages at another path": Records,
}
