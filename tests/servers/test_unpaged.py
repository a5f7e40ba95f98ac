"""Lists without pages whose bodies have other fields, next to things with one array of parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from servers.loopback import Request
from servers.styles import (
    KINDS,
    THING,
    THINGS,
    WHOLE,
    Refused,
    Style,
    Thing,
    asked,
    get,
    of_path,
)
from servers.tasks import TEXT, an_object
from servers.test_styles import list_breaking, run

from docpact.capture.roles.inference import roles

AMOUNT = {"type": "number"}
KIND = {"type": "string", "enum": [*KINDS]}


def list_of(schema: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema}


class Unpaged(Style):
    """Lists in four forms, and a cart and statistics, which repeat lines and sum them up."""

    def describe(self) -> dict[str, Any]:
        model = an_object(id=TEXT, name=TEXT, kind=KIND)
        snapshot = an_object(name=TEXT, size=WHOLE)
        kind = asked("kind", KIND, "Only models of this kind.")
        things = list_of(THING)
        answer = {"time": AMOUNT, "status": TEXT}
        days = list_of(an_object(day=TEXT, count=WHOLE))
        cart = an_object(items=list_of(an_object(sku=TEXT)), total=AMOUNT, currency=TEXT)
        bodies = {
            "/models": (an_object(object=TEXT, data=things), kind),
            "/models/{model}": (THING, of_path("model")),
            "/feeds": (an_object(data=things, total=WHOLE), kind),
            "/feeds/{id}": (THING, of_path("id")),
            "/feeds/{id}/tries": (
                an_object(task_instances=things, total_entries=WHOLE),
                of_path("id"),
            ),
            "/snapshots": (an_object(result=list_of(snapshot), **answer),),
            "/snapshots/{snapshot_name}": (
                an_object(result=snapshot, **answer),
                of_path("snapshot_name"),
            ),
            "/cart": (cart,),
            "/statistics": (an_object(values=days, total=WHOLE),),
        }
        paths = {
            path: get(re.sub(r"\W+", "_", path).strip("_"), body, self.error, *parameters)
            for path, (body, *parameters) in bodies.items()
        }
        return self.document(paths, model)

    def route(self, request: Request) -> Any:
        path = unquote(request.path)
        if path in ("/models", "/feeds"):
            kind = request.last("kind")
            if kind not in (None, *KINDS):
                raise Refused(400)
            is_ignored = self.fault == "broken"
            found = [self.show(t) for t in THINGS if is_ignored or kind in (None, t["kind"])]
            about = {"object": "list"} if path == "/models" else {"total": len(found)}
            return {**about, "data": found}
        if named := re.fullmatch(r"/(?:models|feeds)/m(\d+)", path, re.ASCII):
            thing = self.show(self.find(named[1]))
            return {**thing, "name": "other"} if self.fault == "broken" else thing
        if named := re.fullmatch(r"/feeds/m(\d+)/tries", path, re.ASCII):
            self.find(named[1])
            found = [self.show(thing) for thing in THINGS[: int(named[1]) % 3]]
            return {"task_instances": found, "total_entries": len(found)}
        if named := re.fullmatch(r"/snapshots(?:/s(\d+))?", path, re.ASCII):
            shown = [{"name": f"s{t['number']}", "size": t["number"]} for t in THINGS]
            one = f"s{self.find(named[1])['number']}" if named[1] else None
            result = next((each for each in shown if each["name"] == one), shown)
            return {"result": result, "time": 0.1, "status": "ok"}
        if path == "/cart":
            return {"items": [{"sku": "a"}, {"sku": "a"}], "total": 9.5, "currency": "EUR"}
        if path == "/statistics":
            return {"values": [{"day": "a", "count": 7}, {"day": "b", "count": 7}], "total": 14}
        raise Refused(404)

    def show(self, thing: Thing) -> dict[str, Any]:
        return {"id": f"m{thing['number']}", "name": thing["title"], "kind": thing["kind"]}


def test_correct_lists_and_things_conform_with_every_operation_tested(tmp_path: Path) -> None:
    found = run(Unpaged(), tmp_path)
    assert not list_breaking(found)
    assert len(found.runs) == len(Unpaged().describe()["paths"])


@pytest.mark.slow
def test_their_contracts_conform_on_the_mock(tmp_path: Path) -> None:
    found = run(Unpaged(), tmp_path, "mock")
    assert not [each for one in found.runs for each in one.findings]


def test_ignored_filters_and_things_that_lists_show_otherwise_are_found(tmp_path: Path) -> None:
    found = run(Unpaged("broken"), tmp_path)
    assert list_breaking(found) == {"filter.selects", "path.listed"}
    drifted = {one.operation.rpartition("/")[2] for one in found.runs if one.findings}
    assert drifted >= {"models", "feeds", "models_model", "feeds_id"}


def test_another_thing_for_an_unknown_id_is_found(tmp_path: Path) -> None:
    assert list_breaking(run(Unpaged("any thing"), tmp_path)) == {"path.identity"}


def test_a_thing_with_lines_and_their_sum_is_no_list() -> None:
    lines = list_of(an_object(title=TEXT))
    assert "items" in roles("/invoices", {}, an_object(lines=lines, total=WHOLE))
    bill = an_object(number=WHOLE, status=TEXT, lines=lines, total=AMOUNT)
    assert "items" not in roles("/invoices", {}, bill)
