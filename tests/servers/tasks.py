"""A correct server of tasks below projects, in several shapes; a broken one overrides a method."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any, Final
from urllib.parse import unquote, urlencode

from servers.loopback import Answer, Request

KEY: Final = "the-key-of-ann"
STATES: Final = ("open", "active", "done")
CODES: Final = ("A-1", "a b", "x&y=1", "50%", "\u00fcn\u00ef", "A-1", "q+r", "\u00c4", "a/b")
SORTS: Final = ("points", "-points", "created_at", "-created_at")

TEXT: Final = {"type": "string"}
COUNT: Final = {"type": "integer", "minimum": 0}
ONE: Final = {"type": "integer", "minimum": 1}

Task = Mapping[str, Any]
Query = Mapping[str, Any]


def an_object(*optional: str, **fields: Any) -> dict[str, Any]:
    """Return the schema of an object whose fields are required, some excepted."""
    required = [name for name in fields if name not in optional]
    return {"type": "object", "properties": fields, "required": required}


@dataclass(frozen=True)
class Shape:
    """The form of an API.

    Attributes:
        pages: parameters that request a page.
        size: name of the size parameter.
        items: name of the array of tasks; empty if the body is the array.
        fields: of the body besides the tasks.
        ids: schema of ids.
        filters: parameters besides those of pages.
    """

    pages: Mapping[str, Any]
    size: str
    items: str
    fields: Mapping[str, Any]
    ids: Mapping[str, Any]
    filters: Sequence[str]


SHAPES: Final = {
    "page": Shape(
        {"page": {**ONE, "default": 1}},
        "per_page",
        "data",
        {"total": COUNT},
        {"type": "integer"},
        ("state", "urgent", "points", "code", "created_after", "sort"),
    ),
    "cursor": Shape(
        {"after": TEXT},
        "first",
        "nodes",
        {"endCursor": {"type": ["string", "null"]}, "hasNextPage": {"type": "boolean"}},
        TEXT,
        ("state", "urgent", "code", "min_points", "sort"),
    ),
    "link": Shape({"page": ONE}, "per_page", "", {}, {"type": "integer"}, ("state", "sort")),
}

FILTERS: Final[Mapping[str, tuple[Any, str]]] = {
    "state": ({"type": "string", "enum": [*STATES]}, "Only tasks in this state."),
    "urgent": ({"type": "boolean"}, "Only tasks with this urgency."),
    "points": (COUNT, "Only tasks with this number of points."),
    "code": (TEXT, "Only tasks with exactly this code."),
    "created_after": ({"type": "string", "format": "date-time"}, "Only tasks created after it."),
    "min_points": ({"type": "integer"}, "Only tasks with at least this number of points."),
    "sort": ({"type": "string", "enum": [*SORTS]}, "Sorts the tasks."),
}

ERROR: Final = an_object(message=TEXT)


class Refusal(Exception):
    """An error response."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Tasks:
    """The server.

    Attributes:
        shape: the name of its form.
        counts: number of tasks of each project.
        default: length of a page if none is requested.
        base: its URL, for links.
    """

    shape: str = "page"
    counts: tuple[int, ...] = (23, 17, 0)
    default: int = 20
    base: str = ""
    tasks: dict[str, list[Task]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, count in enumerate(self.counts):
            project = self.make_id(number)
            self.tasks[str(project)] = [
                self.make_task(project, number, each) for each in range(count)
            ]

    @property
    def form(self) -> Shape:
        """The form of the API."""
        return SHAPES[self.shape]

    def make_id(self, number: int) -> Any:
        """Return the id of the thing with a number."""
        return 100 + number if self.form.ids["type"] == "integer" else f"t_{number:05}"

    def make_task(self, project: Any, above: int, number: int) -> Task:
        """Return a task."""
        return {
            "id": self.make_id(above * 1000 + number),
            "project_id": project,
            "title": f"Task {number}",
            "state": STATES[(number + above) ** 2 % 7 % 3],
            "urgent": number % 3 == 0,
            "points": number * 5 % 8,
            "code": CODES[number % len(CODES)],
            "created_at": f"2024-0{1 + number % 9}-1{number % 10}T0{number % 10}:30:00Z",
            "owner": None if number % 5 == 4 else {"id": number % 4 + 1, "name": "Ann"},
        }

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        form, ids = self.form, self.form.ids
        fields = {n: FILTERS[n][0] for n in ("state", "urgent", "points", "code")}
        owner = an_object(id={"type": "integer"}, name=TEXT)
        task = an_object(
            "owner",
            id=ids,
            project_id=ids,
            title=TEXT,
            **fields,
            created_at={"type": "string", "format": "date-time"},
            owner={"anyOf": [owner, {"type": "null"}]},
        )
        array = {"type": "array", "items": task}
        body = an_object(**{form.items: array}, **form.fields) if form.items else array
        size = {form.size: {**ONE, "maximum": 100}}
        asked = [
            {"name": name, "in": "query", "schema": schema}
            for name, schema in {**form.pages, **size}.items()
        ]
        asked += [
            {"name": n, "in": "query", "schema": FILTERS[n][0], "description": FILTERS[n][1]}
            for n in form.filters
        ]
        projects = {"type": "array", "items": an_object(id=ids, name=TEXT)}
        below, one = "/projects/{project_id}/tasks", "/projects/{project_id}/tasks/{task_id}"
        return {
            "openapi": "3.1.0",
            "info": {"title": "Tasks", "version": "1"},
            "security": [{"key": []}],
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
            "paths": {
                "/projects": self.describe("list_projects", projects),
                below: self.describe("list_tasks", body, asked, "project_id"),
                one: self.describe("get_task", task, [], "project_id", "task_id"),
                "/me": self.describe("get_me", an_object(name=TEXT, admin={"type": "boolean"})),
            },
        }

    def describe(
        self, name: str, schema: Any, asked: Sequence[Any] = (), *path: str
    ) -> dict[str, Any]:
        """Return the operations of a path."""
        named = [
            {"name": each, "in": "path", "required": True, "schema": self.form.ids} for each in path
        ]
        responses = {
            status: {"description": "", "content": {"application/json": {"schema": each}}}
            for status, each in (("200", schema), *((s, ERROR) for s in ("401", "404", "422")))
        }
        operation = {"operationId": name, "parameters": [*named, *asked], "responses": responses}
        return {"get": operation}

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        try:
            return self.route(request)
        except Refusal as refusal:
            return self.refuse(refusal.status)

    def refuse(self, status: int) -> Answer:
        """Return an error response."""
        return self.write(status, {"message": f"error {status}"})

    def write(self, status: int, body: Any, *headers: tuple[str, str]) -> Answer:
        """Return a JSON response."""
        content = json.dumps(body).encode()
        return Answer(status, (("Content-Type", "application/json"), *headers), content)

    def authorize(self, request: Request) -> None:
        """Refuse a request without the key."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            raise Refusal(401)

    def route(self, request: Request) -> Answer:
        """Return the response to a request."""
        if request.method not in ("GET", "HEAD"):
            return Answer(405, (("Allow", "GET, HEAD"),))
        self.authorize(request)
        match [unquote(part) for part in request.path.strip("/").split("/")]:
            case ["me"]:
                return self.write(200, {"name": "Ann", "admin": False})
            case ["projects"]:
                return self.write(200, [{"id": self.make_id(n), "name": f"{n}"} for n in range(3)])
            case ["projects", project, "tasks"]:
                return self.list(self.find_project(project), request)
            case ["projects", project, "tasks", one]:
                return self.write(200, self.show_one(self.find_task(project, one)))
        raise Refusal(404)

    def read_id(self, text: str) -> str:
        """Return an id of the documented type."""
        if self.form.ids["type"] == "integer" and not (text.isascii() and text.isdecimal()):
            raise Refusal(422)
        return text

    def find_project(self, text: str) -> str:
        """Return the id of a project that exists."""
        if self.read_id(text) not in self.tasks:
            raise Refusal(404)
        return text

    def find_task(self, project: str, text: str) -> Task:
        """Return a task of a project."""
        self.read_id(text)
        for each in self.tasks[self.find_project(project)]:
            if str(each["id"]) == text:
                return each
        raise Refusal(404)

    def number(self, text: str, least: int, most: float = inf) -> int:
        """Return a number between two bounds."""
        if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
            raise Refusal(422)
        return int(text)

    def check(self, query: Query) -> None:
        """Refuse values that are not documented."""
        listed = {"state": STATES, "urgent": ("true", "false"), "sort": SORTS}
        if any(name in query and query[name] not in values for name, values in listed.items()):
            raise Refusal(422)
        if "points" in query:
            self.number(query["points"], 0)
        if not query.get("min_points", "0").removeprefix("-").isdecimal():
            raise Refusal(422)
        if "created_after" in query and read_time(query["created_after"]) is None:
            raise Refusal(422)

    def select(self, tasks: Sequence[Task], query: Query) -> Sequence[Task]:
        """Return the tasks that match all filters."""
        return [task for task in tasks if self.matches(task, query)]

    def matches(self, task: Task, query: Query) -> bool:
        """Return whether a task matches all filters."""
        return all(self.match(name, query[name], task) for name in query if name in FILTERS)

    def match(self, name: str, text: str, task: Task) -> bool:
        """Return whether a task matches one filter."""
        match name:
            case "sort":
                return True
            case "urgent":
                return bool(task["urgent"] is (text == "true"))
            case "points":
                return bool(task["points"] == int(text))
            case "min_points":
                return bool(task["points"] >= int(text))
            case "created_after":
                created, limit = read_time(task["created_at"]), read_time(text)
                return created is not None and limit is not None and created > limit
        return bool(task[name] == text)

    def sort(self, tasks: Sequence[Task], query: Query) -> Sequence[Task]:
        """Return the tasks in the requested order."""
        text = query.get("sort", "")
        by = text.removeprefix("-")
        return sorted(tasks, key=lambda t: t[by], reverse=text != by) if text else tasks

    def start(self, query: Query, size: int) -> int:
        """Return the number of tasks before a page."""
        if self.shape == "cursor":
            text = query.get("after", "t0")
            if not text.startswith("t"):
                raise Refusal(422)
            return self.number(text[1:], 0)
        return (self.number(query.get("page", "1"), 1) - 1) * size

    def cut(
        self, tasks: Sequence[Task], start: int, size: int, query: Query
    ) -> tuple[Sequence[Task], int, bool]:
        """Return the tasks of a page, the number of all tasks, and whether there are more."""
        del query
        return tasks[start : start + size], len(tasks), start + size < len(tasks)

    def list(self, project: str, request: Request) -> Answer:
        """Return a page of the tasks of a project."""
        query = dict(request.query)
        self.check(query)
        size = self.number(query.get(self.form.size, str(self.default)), 1, 100)
        start = self.start(query, size)
        found = self.sort(self.select(self.list_all(project, query), query), query)
        tasks, total, more = self.cut(found, start, size, query)
        shown = [self.show(task) for task in tasks]
        if self.shape == "link":
            onward = urlencode({**query, "page": start // size + 2})
            link = f'<{self.base}{request.path}?{onward}>; rel="next"'
            return self.write(200, shown, *((("Link", link),) if more else ()))
        if self.shape == "page":
            return self.write(200, {"data": shown, "total": total})
        end = f"t{start + size}" if more else None
        return self.write(200, {"nodes": shown, "endCursor": end, "hasNextPage": more})

    def list_all(self, project: str, query: Query) -> Sequence[Task]:
        """Return the tasks of a project."""
        del query
        return self.tasks[project]

    def show(self, task: Task) -> Any:
        """Return a task as a list shows it."""
        return task

    def show_one(self, task: Task) -> Any:
        """Return a task as a response of its own shows it."""
        return task


def read_time(text: str) -> datetime | None:
    """Return a time with a zone, or None."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
