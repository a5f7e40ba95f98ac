"""Who moved first: dated pages, releases of a client, and the runs of a history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from command import QUICK, Docpact
from history.entries import FIRST, KEPT, entries_of, finding, run_of

from docpact.cli.sources import keep_last
from docpact.diff import Since, SourceView, Version, disagree, find_moves
from docpact.diff.sources import view_bodies, view_type
from docpact.history.store import record
from docpact.model import Outcome, Run


def states(name: str, *values: str | int) -> SourceView:
    """Return the view of a client whose status has some values."""
    item = {"type": "object", "properties": {"status": {"enum": [*values]}}, "required": ["status"]}
    return view_type(item, name, "/items/*")


def days(*numbers: int) -> list[date]:
    return [date(2026, 11, number) for number in numbers]


def move(
    versions: Mapping[str, Sequence[tuple[int, str]]], runs: Sequence[Run] = ()
) -> tuple[Mapping[str, Since], str]:
    """Return the days and the first mover of the one disagreement; values are one letter each."""
    dated = {
        name: [
            Version(day, states(name, *text)) for day, text in zip(days(*on), texts, strict=True)
        ]
        for name, (on, texts) in ((n, zip(*each, strict=True)) for n, each in versions.items())
    }
    (found,) = find_moves(disagree([each[-1].view for each in dated.values()]), dated)
    return found.since, found.first


def test_the_source_that_changed_first_is_named() -> None:
    since, first = move(
        {
            "page": [(1, "A"), (20, "A")],
            "sdk": [(2, "A"), (15, "A"), (28, "AB")],
            "api": [(3, "A"), (9, "A"), (10, "AB"), (28, "AB")],
        }
    )
    assert since["page"] == Since(date(2026, 11, 1))
    assert since["sdk"] == Since(date(2026, 11, 28), date(2026, 11, 15))
    assert since["api"] == Since(date(2026, 11, 10), date(2026, 11, 9))
    assert first == "api"


@pytest.mark.parametrize(
    "versions",
    [
        {"page": [(1, "A"), (20, "A")], "sdk": [(28, "AB")]},
        {"page": [(28, "A")], "sdk": [(1, "A"), (28, "AB")]},
        {"page": [(10, "A"), (28, "A")], "sdk": [(1, "A"), (28, "AB")]},
        {
            "page": [(1, "A"), (28, "A")],
            "sdk": [(1, "A"), (20, "AB")],
            "api": [(5, "A"), (18, "AB")],
        },
    ],
    ids=[
        "nothing recorded about one",
        "nothing recorded about the other",
        "recorded too late",
        "both may be the first",
    ],
)
def test_nobody_is_named_if_the_record_does_not_show_it(versions: Any) -> None:
    assert move(versions)[1] == ""


def test_nobody_is_named_if_they_differed_before() -> None:
    def typed(kind: str, name: str) -> SourceView:
        item = {"type": "object", "properties": {"total": {"type": kind}}, "required": ["total"]}
        return view_type(item, name, "/items/*")

    page = [Version(day, typed("string", "page")) for day in days(1, 28)]
    sdk = [
        Version(days(day)[0], typed(kind, "sdk")) for day, kind in [(1, "boolean"), (28, "array")]
    ]
    (found,) = find_moves(disagree([page[-1].view, sdk[-1].view]), {"page": page, "sdk": sdk})
    assert found.since["sdk"].before == days(1)[0]
    assert found.first == ""


SHOWN = finding(observed='"B"')
PAGE = [Version(day, replace(states("page", "A"), name="page")) for day in days(1, 28)]
BODY = '{"items": [{"status": "A"}, {"status": "B"}]}'


@pytest.mark.parametrize(
    ("runs", "since", "first"),
    [
        ([(), (), (SHOWN,), (SHOWN,)], Since(*reversed(days(2, 3))), "api"),
        ([(SHOWN,), (SHOWN,)], Since(*days(1)), ""),
        ([(), (finding(observed='"C"'),)], None, ""),
        ([(), ()], None, ""),
        ([], None, ""),
    ],
    ids=["begins", "as long as recorded", "another value", "never", "no runs"],
)
def test_runs_date_the_responses(runs: Any, since: Since | None, first: str) -> None:
    entries = entries_of(run_of(*each) for each in runs)
    api = replace(view_bodies(BODY, "api"), name="api")
    dated = {"page": PAGE, "api": [Version(days(28)[0], api)]}
    (found,) = find_moves(disagree([PAGE[-1].view, api]), dated, entries)
    assert (found.since.get("api"), found.first) == (since, first)


@pytest.mark.parametrize("observed", ["12", "3; 12", "3; 4; 5 and 2 more"])
def test_a_run_that_shows_another_number_says_nothing(observed: str) -> None:
    page, body = replace(states("page", 1), name="page"), '{"items": [{"status": 2}]}'
    api = replace(view_bodies(body, "api"), name="api")
    versions = {each.name: [Version(days(28)[0], each)] for each in (page, api)}
    entries = entries_of([run_of(), run_of(finding(observed=observed))])
    assert all("api" not in e.since for e in find_moves(disagree([page, api]), versions, entries))


def test_a_run_that_did_not_test_the_promise_says_nothing() -> None:
    untested = run_of(results=(replace(KEPT, outcome=Outcome.NOT_TESTED, observations=0),))
    entries = entries_of([run_of(), untested, run_of(SHOWN)])
    api = replace(view_bodies(BODY, "api"), name="api")
    dated = {"page": PAGE, "api": [Version(days(28)[0], api)]}
    (found,) = find_moves(disagree([PAGE[-1].view, api]), dated, entries)
    assert found.since["api"] == Since(*reversed(days(1, 3)))


CLIENT = "export interface Lamp {{ id: string; status: {}; }}\n"


@pytest.fixture
def dated(docpact: Docpact) -> Docpact:
    """Begin with two releases of a client, a response and a history of three nights."""
    (docpact.folder / "old.d.ts").write_text(CLIENT.format("'A'"))
    (docpact.folder / "new.d.ts").write_text(CLIENT.format("'A' | 'B'"))
    (docpact.folder / "one.json").write_text(BODY.replace('"status"', '"id": "1", "status"'))
    for night, found in enumerate([(), (SHOWN,), (SHOWN,)]):
        run = run_of(*found, started=FIRST + timedelta(night))
        record(docpact.folder / "runs.sqlite", run, version="1")
    return docpact


def test_the_command_shows_days_and_the_first_mover(dated: Docpact) -> None:
    sources = ("old.d.ts:Lamp@/items/*", "new.d.ts:Lamp@/items/*", "answers:one.json")
    done = dated(
        "disagree", *sources, "--history", "runs.sqlite", "--json", "who.json",
        *("--earlier", "A", "2026-10-01", "old.d.ts:Lamp@/items/*"),
        *("--earlier", "B", "2026-11-20", "old.d.ts:Lamp@/items/*"),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    (found,) = json.loads((dated.folder / "who.json").read_text())["disagreements"]
    assert found["first"] == "answers:one.json"
    assert found["since"]["answers:one.json"] == {"on": "2026-11-02", "before": "2026-11-01"}
    assert found["since"]["old.d.ts:Lamp@/items/*"] == {"on": "2026-10-01", "before": None}
    assert "  A since    2026-10-01 or before\n" in done.stdout
    assert "  C since    2026-11-02; on 2026-11-01 it did not\n  first      C\n" in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--earlier", "Z", "2026-10-01", "old.d.ts:Lamp"], "--earlier Z: the sources are A, B"),
        (["--earlier", "A", "today", "old.d.ts:Lamp"], "today is not a day like 2026-03-31"),
        (["--earlier", "B", "2026-10-01", "answers:x"], "responses are dated by --history"),
    ],
)
def test_an_earlier_source_that_cannot_be_used(
    dated: Docpact, options: list[str], says: str
) -> None:
    done = dated("disagree", "old.d.ts:Lamp@/items/*", "answers:one.json", *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert says in done.stderr


def test_a_history_of_several_operations_needs_the_name_of_one(dated: Docpact) -> None:
    record(dated.folder / "runs.sqlite", run_of(operation="toys/list_sofas"), version="1")
    sources = ("old.d.ts:Lamp@/items/*", "answers:one.json")
    done = dated("disagree", *sources, "--history", "runs.sqlite")
    listed = "toys/list_lamps, toys/list_sofas"
    assert done.stderr == (
        f"docpact: runs.sqlite: has several operations; name one as a source: {listed}\n"
    )


@pytest.mark.slow
def test_a_release_that_is_installed_in_a_folder_is_a_source(docpact: Docpact) -> None:
    pytest.importorskip("pydantic", reason="the extra types is not installed")
    for release, values in (("1.0", "'A'"), ("2.0", "'A', 'B'")):
        (docpact.folder / release).mkdir()
        (docpact.folder / release / "lamps.py").write_text(
            "from typing import Literal\nfrom pydantic import BaseModel\n\n"
            f"class Lamp(BaseModel):\n    status: Literal[{values}]\n"
        )
    done = docpact("diff", "1.0:lamps:Lamp@/items/*", "2.0:lamps:Lamp@/items/*")
    assert "diff.response.value_added  /items/*/status" in done.stdout
    done = docpact("diff", "1.0:lamps:Lamp@/items/*", "2.0:none:Lamp@/items/*")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "none:Lamp: cannot be imported" in done.stderr


def fetch(folder: Path, day: str, text: str) -> None:
    """Capture a page on a day into a folder."""
    facts = {"url": "https://docs.example", "time": f"{day}T03:00:00+00:00", "file": "fetched.txt"}
    kept = {"fetched.json": json.dumps(facts), "fetched.txt": text}
    for name, content in keep_last(kept, folder).items():
        (folder / name).write_text(content)


def test_pages_that_were_captured_again_are_dated(docpact: Docpact) -> None:
    shipped = Path(str(files("docpact.schemas"))) / QUICK
    folder = docpact.folder / "toys" / "get_project"
    copytree(shipped, folder)
    page = (shipped / "page.txt").read_text()
    before = page.replace("\norganization_id: string", "\norganization_id: optional string")
    for day, text in zip((1, 2, 3, 5), (before, before, page, page), strict=True):
        fetch(folder, f"2026-03-0{day}", text)
    assert {each.name for each in folder.glob("fetched*")} == {
        *("fetched.json", "fetched.txt", "fetched_2026-03-02.json", "fetched_2026-03-02.txt")
    }
    client = "client.d.ts:Project@"
    (docpact.folder / "client.d.ts").write_text(
        "export interface Project { id: string; name: string; organization_id?: string }\n"
    )
    earlier = ("--earlier", "B", "2026-01-01", client)
    done = docpact("disagree", "toys/get_project", client, *earlier, "--json", "who.json")
    assert (done.returncode, done.stderr) == (1, "")
    listed = json.loads((docpact.folder / "who.json").read_text())["disagreements"]
    [found] = [each for each in listed if each["location"] == "/organization_id"]
    assert found["since"]["toys/get_project"] == {"on": "2026-03-03", "before": "2026-03-02"}
    assert found["first"] == "toys/get_project"
    assert "  A since    2026-03-03; on 2026-03-02 it did not\n" in done.stdout


@pytest.mark.parametrize(
    "damage",
    [
        {"file": "../outside.txt"},
        {"file": "/etc/hostname"},
        {"time": "../../aside"},
        {"time": "2026-03-01/../../aside"},
        {"file": ["fetched.txt"]},
    ],
)
def test_damaged_facts_of_a_page_lead_to_no_other_file(
    tmp_path: Path, damage: dict[str, object]
) -> None:
    folder = tmp_path / "contract"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("private")
    fetch(folder, "2026-03-01", "a page")
    facts = json.loads((folder / "fetched.json").read_text())
    (folder / "fetched.json").write_text(json.dumps({**facts, **damage}))
    fetch(folder, "2026-03-02", "another page")
    assert {each.name for each in tmp_path.rglob("*")} == {
        *("contract", "outside.txt", "fetched.json", "fetched.txt")
    }
    assert (folder / "fetched.txt").read_text() == "another page"
