"""A whole API with a list below a path, in several shapes: broken servers and unusual ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from servers.loopback import Answer, Request, Server
from servers.tasks import KEY, STATES, Query, Refusal, Task, Tasks
from sizes import sample

from docpact.conformance import prepare_api, run_api
from docpact.model import ApiRun, Finding, Level, Verdict
from docpact.settings import Config, resolve

Method = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """A server that differs from the correct one in some methods.

    Attributes:
        name: its difference.
        shape: of the API.
        methods: instead of those of `Tasks`.
        rules: one of which finds it; empty for a server that is correct, if unusual.
        level: of the finding.
        change: changes the parameters of the list, by name.
    """

    name: str
    shape: str
    methods: Mapping[str, Method] = field(default_factory=dict)
    rules: frozenset[str] = frozenset()
    level: Level = Level.BREAKING
    change: Callable[[dict[str, Any]], None] = field(default=lambda parameters: None)


def run(case: Case, folder: Path) -> ApiRun:
    tasks = type("Changed", (Tasks,), dict(case.methods))(shape=case.shape)
    document = tasks.document()
    asked = document["paths"]["/projects/{project_id}/tasks"]["get"]["parameters"]
    case.change({each["name"]: each for each in asked})
    (folder / "tasks.json").write_text(json.dumps(document))
    with Server(tasks) as server:
        tasks.base = server.url
        stated = {"operation": str(folder / "tasks.json"), "target": server.url, "rate": 100_000.0}
        settings = resolve(Config(), stated)
        return run_api(prepare_api(settings), settings, {"TASKS_KEY": KEY}, version="0")


def list_findings(run: ApiRun) -> list[Finding]:
    return [each for one in run.runs for each in one.findings]


def broken(name: str, rules: str, shapes: str, **methods: Method) -> list[Case]:
    return [Case(name, shape, methods, frozenset(rules.split())) for shape in shapes.split()]


def unusual(
    name: str,
    shapes: str,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
    **methods: Method,
) -> list[Case]:
    return [Case(name, shape, methods, change=change) for shape in shapes.split()]


def name_case(case: Case) -> str:
    return f"{case.shape}: {case.name}"


def refusing_as(status: int) -> Method:
    """Return a `refuse` that has another status for things that do not exist."""
    return lambda self, given: Tasks.refuse(self, status if given == 404 else given)


def find_first(self: Tasks, project: str, text: str) -> Task:
    """Return the first task if there is none with an id."""
    self.read_id(text)
    tasks = self.tasks[self.find_project(project)]
    return next((each for each in tasks if str(each["id"]) == text), tasks[0])


def find_first_project(self: Tasks, text: str) -> str:
    return text if self.read_id(text) in self.tasks else next(iter(self.tasks))


def refuse_values(name: str, *values: str) -> Method:
    """Return a `check` that refuses documented values of a parameter."""

    def check(self: Tasks, query: Query) -> None:
        Tasks.check(self, query)
        if query.get(name) in values:
            raise Refusal(422)

    return check


def check_nothing(self: Tasks, query: dict[str, Any]) -> None:
    """Ignore parameters with values that are not documented."""
    for name in [*query]:
        try:
            Tasks.check(self, {name: query[name]})
        except Refusal:
            del query[name]


def describing(name: str, text: str, **schema: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change of the description of a parameter, and of its schema."""

    def change(parameters: dict[str, Any]) -> None:
        parameter = parameters[name]
        parameter.update(description=text, schema={**parameter["schema"], **schema})

    return change


def matching(name: str, test: Callable[[str, Task], bool]) -> Method:
    """Return a `match` with another test of one filter."""
    return lambda self, other, text, task: (
        test(text, task) if other == name else Tasks.match(self, other, text, task)
    )


def without(query: Query, *names: str) -> dict[str, Any]:
    return {name: text for name, text in query.items() if name not in names}


def forgetting(name: str, beside: str) -> Method:
    """Return a `matches` that forgets a filter if there is another parameter."""
    return lambda self, task, query: Tasks.matches(
        self, task, without(query, name) if beside in query else query
    )


def sorting(is_done: Callable[[Query], bool]) -> Method:
    """Return a `sort` that sorts only for some queries."""
    return lambda self, tasks, query: Tasks.sort(self, tasks, query) if is_done(query) else [*tasks]


def sort_page(self: Tasks, tasks: Any, start: int, size: int, query: Query) -> Any:
    shown, total, more = Tasks.cut(self, tasks, start, size, query)
    return Tasks.sort(self, shown, query), total, more


def swap_ties(self: Tasks, tasks: Any, query: Query) -> Any:
    """Sort equal tasks in another order on every second page."""
    is_even = int(query.get("page") or 1) % 2 == 0
    return Tasks.sort(self, tasks[::-1] if is_even else tasks, query)


def check_all(self: Tasks, query: dict[str, Any]) -> None:
    Tasks.check(self, without(query, "state") if query.get("state") == "all" else query)


def check_open(self: Tasks, query: dict[str, Any]) -> None:
    """Use the default of a filter that is not stated."""
    query.setdefault("state", "open")
    check_all(self, query)


def list_all_of(self: Tasks, project: str, request: Request) -> Answer:
    """Return the tasks that have every one of several codes: none."""
    codes = {*request.values("code")}
    return Tasks.list(
        self, project, replace(request, query=(("code", "no"),)) if len(codes) > 1 else request
    )


def adding(name: str, **schema: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that gives a parameter of the list another name and schema."""

    def change(parameters: dict[str, Any]) -> None:
        added = parameters["sort"]
        del added["description"]
        added.update(name=name, schema=schema)

    return change


def check_flag(self: Tasks, query: Query) -> None:
    if query.get("include_archived", "true") not in ("true", "false"):
        raise Refusal(422)
    Tasks.check(self, query)


def list_archived(self: Tasks, project: str, query: Query) -> list[Task]:
    """Return some tasks only if a flag is set."""
    has_all = query.get("include_archived") == "true"
    return [task for task in self.tasks[project] if has_all or task["points"] != 3]


def check_codes(self: Tasks, query: Query) -> None:
    if query.get("sort", "code") not in ("code", "-code"):
        raise Refusal(422)
    Tasks.check(self, without(query, "sort"))


def sort_codes(self: Tasks, tasks: Any, query: Query) -> Any:
    del self
    text = query.get("sort", "")
    is_down = text.startswith("-")
    by_code = sorted(tasks, key=lambda task: task["code"].casefold(), reverse=is_down)
    return by_code if text else tasks


def list_recent(self: Tasks, project: str, query: Query) -> list[Task]:
    """Return only recent tasks, unless a time is given."""
    has_time = "created_after" in query
    return [task for task in self.tasks[project] if has_time or task["created_at"] >= "2024-04"]


def list_below(self: Tasks, project: str, query: Query) -> list[Task]:
    """Return the tasks of a project and, for the first project, those of all projects."""
    is_first = project == next(iter(self.tasks))
    below = [*chain(*self.tasks.values())]
    return below if is_first else [*Tasks.list_all(self, project, query)]


def find_below(self: Tasks, project: str, text: str) -> Task:
    below = list_below(self, self.find_project(project), {})
    found = [task for task in below if str(task["id"]) == text]
    return found[0] if found else Tasks.find_task(self, project, text)


def list_touched(self: Tasks, project: str, query: Query) -> list[Task]:
    """Change a task now and then, and return the tasks changed last first."""
    calls = self.tasks.setdefault("calls", [])
    calls.append(query)
    tasks = self.tasks[project]
    if tasks and len(calls) % 12 == 0:
        task = tasks.pop(len(calls) % len(tasks))
        tasks.insert(0, {**task, "state": STATES[(STATES.index(task["state"]) + 1) % 3]})
    return [*tasks]


def answer_cached(self: Tasks, request: Request) -> Answer:
    """Answer from a cache what was asked before, while some tasks change once."""
    if request.headers.get("authorization") != f"Bearer {KEY}":
        return Tasks.__call__(self, request)
    cached: dict[str, Answer] = self.__dict__.setdefault("cached", {})
    if request.target in cached:
        answer = cached[request.target]
        return replace(answer, headers=(*answer.headers, ("Age", "30")))
    if len(cached) == 60:
        for tasks in self.tasks.values():
            tasks[::4] = [{**each, "points": each["points"] + 1} for each in tasks[::4]]
    return cached.setdefault(request.target, Tasks.__call__(self, request))


def check_sort(self: Tasks, query: Query) -> None:
    """Refuse an order without a filter."""
    Tasks.check(self, query)
    if "sort" in query and query.keys().isdisjoint({"state", "code"}):
        raise Refusal(422)


def sort_pinned(self: Tasks, tasks: Any, query: Query) -> Any:
    """Return pinned tasks before the others."""
    return sorted(Tasks.sort(self, tasks, query), key=lambda task: task["points"] != 5)


def find_anywhere(self: Tasks, project: str, text: str) -> Task:
    """Return a task below any project."""
    self.find_project(project)
    found = [task for task in chain(*self.tasks.values()) if str(task["id"]) == text]
    return found[0] if found else Tasks.find_task(self, project, text)


def claim_anywhere(self: Tasks, project: str, text: str) -> Task:
    """Return a task below any project, as one of that project."""
    task = find_anywhere(self, project, text)
    return {**task, "project_id": type(task["project_id"])(project)}


def list_shared(self: Tasks, project: str, query: Query) -> list[Task]:
    """Return the tasks of a project, and some of the first project that it shares."""
    del query
    shared = next(iter(self.tasks.values()))
    own = self.tasks[project]
    return own if own is shared else [*own, *shared[:3]]


def find_shared(self: Tasks, project: str, text: str) -> Task:
    tasks = list_shared(self, self.find_project(self.read_id(project)), {})
    found = [task for task in tasks if str(task["id"]) == text]
    return found[0] if found else Tasks.find_task(self, project, text)


def linking(old: str, new: str) -> Method:
    """Return a `write` that changes the links to next pages."""

    def write(self: Tasks, status: int, body: Any, *headers: tuple[str, str]) -> Answer:
        changed = ((name, value.replace(old, new)) for name, value in headers)
        return Tasks.write(self, status, body, *changed)

    return write


def document_hours(self: Tasks) -> dict[str, Any]:
    """Document a number of each task that is not whole."""
    document = Tasks.document(self)
    text = json.dumps(document).replace('"points": {', '"hours": {"type": "number"}, "points": {')
    document = json.loads(text)
    return dict(document)


def cut_rounded(self: Tasks, tasks: Any, start: int, size: int, query: Query) -> Any:
    """Return a page whose numbers have fewer digits if it is long."""
    shown, total, more = Tasks.cut(self, tasks, start, size, query)
    digits = 1 if len(shown) > 10 else 4
    return [{**task, "hours": round(task["points"] / 7, digits)} for task in shown], total, more


def document_labels(self: Tasks) -> dict[str, Any]:
    """Document the labels of a task, and a filter for one of them."""
    labels = {"type": "array", "items": {"type": "string"}}
    text = json.dumps(Tasks.document(self))
    text = text.replace('"points": {', f'"labels": {json.dumps(labels)}, "points": {{')
    document = dict(json.loads(text))
    asked = document["paths"]["/projects/{project_id}/tasks"]["get"]["parameters"]
    description = "Only tasks with this label."
    label = {"name": "label", "in": "query", "schema": {"type": "string"}}
    asked.append({**label, "description": description})
    return document


def make_labeled(self: Tasks, project: Any, above: int, number: int) -> Task:
    labels = [f"l{n}" for n in (2, 3, 5) if number % n == 0]
    return {**Tasks.make_task(self, project, above, number), "labels": labels}


def labeled(test: Callable[[str, Task], bool]) -> Mapping[str, Method]:
    """Return the methods of a server with labels and a test whether a task has one."""

    def matches(self: Tasks, task: Task, query: Query) -> bool:
        is_right = "label" not in query or test(query["label"], task)
        return is_right and Tasks.matches(self, task, query)

    return {"document": document_labels, "make_task": make_labeled, "matches": matches}


def cut_odd_page(self: Tasks, tasks: Any, start: int, size: int, query: Query) -> Any:
    """Return a page, with other points on the second one of a short size."""
    shown, total, more = Tasks.cut(self, tasks, start, size, query)
    is_odd = start == size == 2
    return [{**task, "points": task["points"] + is_odd} for task in shown], total, more


ANY_STATE: Final = matching("state", lambda text, task: text in ("all", task["state"]))


def list_every(self: Tasks, project: str, query: Query) -> list[Task]:
    """Return the tasks of all projects."""
    del project, query
    return [*chain(*self.tasks.values())]


BROKEN: Final = [
    *broken(
        "a filter of labels is ignored",
        "filter.range",
        "page cursor link",
        **labeled(lambda _text, _task: True),
    ),
    *broken(
        "a filter of labels compares the first one",
        "filter.range",
        "page cursor",
        **labeled(lambda text, task: text in task["labels"][:1]),
    ),
    *broken(
        "links lead to the tasks of another project",
        "paging.complete",
        "link",
        write=linking("/projects/100/", "/projects/101/"),
    ),
    *broken("other points on one page of one size", "stability.values", "page", cut=cut_odd_page),
    *broken(
        "tasks of every project",
        "path.identity",
        "page cursor link",
        list_all=list_every,
    ),
    *broken(
        "a state is forgotten beside an order",
        "filter.selects",
        "page cursor link",
        matches=forgetting("state", "sort"),
    ),
    *broken(
        "an urgency is forgotten beside a bound",
        "filter.selects",
        "page",
        matches=forgetting("urgent", "created_after"),
    ),
    *broken(
        "a bound is forgotten beside a state",
        "filter.range",
        "cursor",
        matches=forgetting("min_points", "state"),
    ),
    *broken(
        "at least is read as more than",
        "filter.range",
        "cursor",
        match=matching("min_points", lambda text, task: task["points"] > int(text)),
    ),
    *broken(
        "an order is forgotten beside a state",
        "filter.order",
        "page cursor link",
        sort=sorting(lambda query: "state" not in query),
    ),
    *broken(
        "an order is forgotten after the first page",
        "filter.order",
        "page link",
        sort=sorting(lambda query: query.get("page", "1") == "1"),
    ),
    *broken(
        "only the tasks of a page are sorted",
        "filter.order",
        "page cursor link",
        sort=sorting(lambda _: False),
        cut=sort_page,
    ),
    *broken(
        "equal tasks change their order", "paging.unique paging.complete", "page", sort=swap_ties
    ),
    *broken(
        "a documented filter is ignored",
        "filter.selects",
        "page cursor link",
        match=matching("state", lambda _text, _task: True),
    ),
    *broken(
        "a documented flag is ignored if it is false",
        "filter.selects",
        "page cursor",
        match=matching("urgent", lambda text, task: text == "false" or task["urgent"]),
    ),
    *broken(
        "an exact filter compares the beginning",
        "filter.unknown",
        "page cursor",
        match=matching("code", lambda text, task: task["code"].startswith(text)),
    ),
    *broken(
        "a plus is read as a space",
        "filter.complete",
        "page cursor",
        match=matching("code", lambda text, task: text.replace("+", " ") == task["code"]),
    ),
    *broken(
        "a value is not decoded",
        "filter.complete",
        "page cursor",
        match=matching("code", lambda text, task: quote(text) == task["code"]),
    ),
    *broken(
        "a task below any project", "path.identity", "page cursor link", find_task=find_anywhere
    ),
    Case(
        "a task below any project, as its own",
        "page",
        {"find_task": claim_anywhere},
        frozenset({"path.unlisted"}),
        Level.NOTE,
    ),
    *broken("unknown tasks fail", "path.server_error", "page cursor link", refuse=refusing_as(500)),
    *broken("an unknown task is null", "path.unknown", "page cursor", refuse=refusing_as(200)),
    *broken("the first task instead", "path.unknown", "page cursor", find_task=find_first),
    *broken("the first project", "path.unknown", "page link", find_project=find_first_project),
    *broken(
        "the errors of unknown things are empty",
        "response.body",
        "page cursor",
        refuse=lambda self, status: Answer(404) if status == 404 else Tasks.refuse(self, status),
    ),
    *broken(
        "a state that tasks have is refused",
        "query.accepts",
        "page cursor link",
        check=refuse_values("state", "done"),
    ),
    *broken(
        "orders downwards are refused",
        "query.accepts",
        "page cursor",
        check=refuse_values("sort", "-points", "-created_at"),
    ),
]

UNUSUAL: Final = [
    *unusual(
        "more than",
        "cursor",
        describing("min_points", "Only tasks with more than this number of points."),
        match=matching("min_points", lambda text, task: task["points"] > int(text)),
    ),
    *unusual(
        "a bound that does not say what happens at its value",
        "cursor",
        describing("min_points", "The minimum number of points."),
        match=matching("min_points", lambda text, task: task["points"] > int(text)),
    ),
    *unusual("labels", "page cursor link", **labeled(lambda text, task: text in task["labels"])),
    *unusual(
        "the beginnings of labels",
        "page",
        describing("label", "Search by label."),
        **labeled(lambda text, task: any(each.startswith(text) for each in task["labels"])),
    ),
    *unusual(
        "no other labels",
        "page",
        describing("label", "Only tasks with exactly this label."),
        **labeled(lambda text, task: [text] == task["labels"]),
    ),
    *unusual(
        "links name the project in another way",
        "link",
        write=linking("/projects/", "/projects/0"),
        find_project=lambda self, text: Tasks.find_project(self, text.lstrip("0")),
    ),
    *unusual(
        "numbers are rounded on long pages",
        "page cursor",
        cut=cut_rounded,
        show_one=lambda _, task: {**task, "hours": task["points"] / 7},
        document=document_hours,
    ),
    *unusual("nothing unusual", "page cursor link"),
    *unusual(
        "fields without a value are absent",
        "page cursor",
        show=lambda _, task: {n: value for n, value in task.items() if value is not None},
    ),
    *unusual(
        "a value of a filter that selects every task",
        "page link",
        describing("state", "The state of the tasks to return.", enum=[*STATES, "all"]),
        check=check_all,
        match=ANY_STATE,
    ),
    *unusual(
        "a default of a filter hides tasks",
        "page cursor link",
        describing("state", "The state of the tasks to return.", default="open"),
        check=check_open,
    ),
    *unusual(
        "a default that the description mentions hides tasks, unless all are asked for",
        "page cursor",
        describing("state", "The state of the tasks; by default open.", enum=[*STATES, "all"]),
        check=check_open,
        match=ANY_STATE,
    ),
    *unusual(
        "a flag that is false has no effect",
        "page cursor",
        describing("urgent", "Show only urgent tasks."),
        match=matching("urgent", lambda text, task: text == "false" or task["urgent"]),
    ),
    *unusual(
        "a flag that adds tasks",
        "page cursor",
        describing("urgent", "Whether to include urgent tasks, too."),
        match=matching("urgent", lambda text, task: text == "true" or not task["urgent"]),
    ),
    *unusual(
        "a search for the words of a code",
        "page cursor",
        describing("code", "Search by code."),
        match=matching("code", lambda text, task: any(w in task["code"] for w in text.split())),
    ),
    *unusual(
        "a plus joins several values",
        "page cursor",
        describing("code", "Codes of tasks, joined with a plus."),
        match=matching("code", lambda text, task: task["code"] in text.split("+")),
    ),
    *unusual(
        "a minus excludes a value",
        "page cursor",
        describing("code", "Filters tasks; -value excludes."),
        match=matching(
            "code",
            lambda text, task: (
                text[1:] != task["code"] if text.startswith("-") else text == task["code"]
            ),
        ),
    ),
    *unusual(
        "an order needs a filter",
        "page",
        describing("sort", "Sorts the tasks; needs a filter."),
        check=check_sort,
    ),
    *unusual("pinned tasks come first in every order", "page link", sort=sort_pinned),
    *unusual(
        "projects share tasks", "page cursor link", list_all=list_shared, find_task=find_shared
    ),
    *unusual("only recent tasks, unless a time is given", "page", list_all=list_recent),
    *unusual(
        "tasks of sub-projects as well",
        "page cursor link",
        list_all=list_below,
        find_task=find_below,
    ),
    *unusual("tasks change, and those come first", "link", list_all=list_touched),
    *unusual("a cache while tasks change", "page cursor", __call__=answer_cached),
    *unusual(
        "a flag that no field has shows more tasks",
        "page cursor link",
        adding("include_archived", type="boolean"),
        list_all=list_archived,
        check=check_flag,
    ),
    *unusual(
        "texts are sorted whatever their case",
        "page link",
        describing("sort", "Sorts the tasks.", enum=["code", "-code"]),
        check=check_codes,
        sort=sort_codes,
    ),
    *unusual(
        "tasks need all of several values",
        "page cursor",
        describing("code", "Codes of tasks.", type="array", items={"type": "string"}),
        list=list_all_of,
    ),
    *unusual(
        "equal tasks are sorted from the last one",
        "page link",
        sort=lambda self, tasks, query: Tasks.sort(
            self, tasks[::-1] if "sort" in query else tasks, query
        ),
    ),
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", sample(BROKEN, 28, name_case))
def test_a_broken_server_is_found(case: Case, tmp_path: Path) -> None:
    found = list_findings(run(case, tmp_path))
    assert case.rules & {each.rule for each in found if each.level is case.level}


@pytest.mark.slow
@pytest.mark.sampled(6)
@pytest.mark.parametrize("case", sample(UNUSUAL, 24, name_case))
def test_a_correct_server_conforms(case: Case, tmp_path: Path) -> None:
    found = run(case, tmp_path)
    serious = [each for each in list_findings(found) if each.level is not Level.NOTE]
    assert [(each.rule, each.location, each.observed) for each in serious] == []
    assert {each.verdict() for each in found.runs} == {Verdict.CONFORMS}


@pytest.mark.slow
@pytest.mark.parametrize("shape", sample(["page", "cursor"], 2))
def test_ignored_values_that_are_not_documented_are_no_breach(shape: str, tmp_path: Path) -> None:
    case = Case("invalid values are ignored", shape, {"check": check_nothing})
    found = list_findings(run(case, tmp_path))
    assert {each.rule for each in found if each.level is not Level.NOTE} == {"query.rejects"}
