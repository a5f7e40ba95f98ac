"""A forum: hidden states, links between pages, and counts and lists of nested things."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from servers.loopback import Request
from servers.styles import (
    FEW,
    THING,
    THINGS,
    WHOLE,
    Refused,
    Style,
    asked,
    get,
    of_path,
    read_number,
)
from servers.tasks import TEXT, an_object
from servers.test_styles import list_breaking, run

STATES: Final = ("open", "closed")
LINKS: Final = ("self", "first", "prev", "next", "last")
EARLIER: Final = ("earlier than the first here", "earlier, but those at the end")
PAGES: Final = (asked("page", {"type": "integer", "minimum": 1, "default": 1}), asked("limit", FEW))

POST: Final = of_path("post_id", WHOLE)


class Forum(Style):
    """Posts of which a list shows the open ones, unless it is asked for others or all."""

    def describe(self) -> dict[str, Any]:
        state = {"type": "string", "enum": [*STATES, "all"], "default": "open"}
        post = an_object(id=WHOLE, title=TEXT, state={"type": "string", "enum": [*STATES]})
        link = {"type": "string", "nullable": True}
        links = an_object(*LINKS, **dict.fromkeys(LINKS, link))
        posts = an_object(data={"type": "array", "items": THING}, links=links)
        score = {"type": "integer", "minimum": 1, "maximum": 9}
        stated = asked("state", state, "Only posts in this state.")
        earlier = (asked("before_id", WHOLE),) if self.fault in EARLIER else ()
        asks = (*PAGES, stated, asked("weight", score), *earlier)
        comment = an_object(id=WHOLE, post_id=WHOLE)
        comments = get("listComments", {"type": "array", "items": comment}, self.error, POST)
        paths = {
            "/posts": get("listPosts", posts, self.error, *asks),
            "/posts/{post_id}/comments": comments,
        }
        return self.document(paths, post)

    def route(self, request: Request) -> Any:
        if request.path != "/posts":
            return self.list_comments(request.path.split("/")[2])
        if self.fault == "refuses any weight" and request.last("weight"):
            raise Refused(400)
        read_number(request, "weight", 1, 1, 9)
        state = request.last("state") or "open"
        if state not in (*STATES, "all"):
            raise Refused(400)
        posts = [
            {"id": each["number"], "title": each["title"], "state": STATES[n % 3 == 1]}
            for n, each in enumerate(THINGS)
        ]
        found = [each for each in posts if state in ("all", each["state"])]
        if state == "all" and self.fault == "all but one":
            del found[4]
        is_later = request.last("page") not in (None, "1")
        is_forgotten = self.fault == "all is forgotten on page 2" and is_later
        if state == "all" and (self.fault == "all are open" or is_forgotten):
            found = [each for each in found if each["state"] == "open"]
        before = read_number(request, "before_id", 10**9, 0, 10**9)
        if self.fault == EARLIER[1] and before < 10**9:
            found = found[-1:]
        elif self.fault in EARLIER:
            found = [each for each in found if int(each["id"]) < before]
        return self.show_page(request, found)

    def list_comments(self, number: str) -> Any:
        post = int(self.find(number)["number"])
        shown = {"those of the next": post % len(THINGS) + 1}.get(self.fault, post)
        others = [{"id": 500, "post_id": post + 1}] if self.fault == "also one of a reply" else []
        return [*({"id": 10 * shown + n, "post_id": shown} for n in range(3)), *others]

    def show_page(self, request: Request, found: list[Any]) -> Any:
        page = read_number(request, "page", 1, 1, 10**9)
        size = read_number(request, "limit", 10, 1, 20)
        end = max(1, -(-len(found) // size))
        numbers = {"self": page, "first": 1, "prev": page - 1, "next": page + 1, "last": end}
        numbers |= {
            "last too early": {"last": end - 1},
            "last too late": {"last": end + 1},
            "first is second": {"first": 2},
            "back to itself": {"prev": page},
            "itself is the next": {"self": page + 1},
        }.get(self.fault, {})
        kept = [pair for pair in request.query if pair[0] not in ("page", "limit")]
        links: dict[str, str | None] = {
            name: f"{self.base}/posts?{urlencode([*kept, ('page', number), ('limit', size)])}"
            for name, number in numbers.items()
        }
        if self.fault == "links without the state":
            first = f"{self.base}/posts?{urlencode({'page': 1, 'limit': size, 'state': 'closed'})}"
            links["first"] = first
        here = found[(page - 1) * size : page * size]
        if self.fault in EARLIER and here:
            earlier = urlencode([*kept, ("before_id", here[0]["id"]), ("limit", size)])
            links["prev"] = f"{self.base}/posts?{earlier}"
        if self.fault == "itself is the list":
            links["self"] = f"{self.base}/posts"
        links |= {"prev": None} if page == 1 else {}
        links |= {"next": None} if page >= end else {}
        if self.fault == "no link to the last":
            links["last"] = None
        if self.fault == "links that leave the size out" and size == 10:
            links["first"] = "/posts?" + urlencode([*kept, ("page", 1)])
        return {"data": here, "links": links}


FAULTS: Final = {
    "all but one": "filter.several",
    "all are open": "filter.several",
    "all is forgotten on page 2": "filter.several",
    "last too early": "paging.fields",
    "last too late": "paging.fields",
    "first is second": "paging.fields",
    "back to itself": "paging.fields",
    "itself is the next": "paging.fields",
    "links without the state": "paging.fields",
    EARLIER[1]: "paging.fields",
    "those of the next": "path.identity",
    "refuses any weight": "query.accepts",
}


@pytest.mark.sampled(7)
@pytest.mark.parametrize(
    "habit",
    [
        *(
            "",
            "no link to the last",
            "itself is the list",
            "links that leave the size out",
            "also one of a reply",
        ),
        EARLIER[0],
    ],
)
def test_a_correct_server_conforms(habit: str, tmp_path: Path) -> None:
    assert list_breaking(run(Forum(habit), tmp_path)) == set()


@pytest.mark.sampled(7)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    assert list_breaking(run(Forum(fault), tmp_path)) == {FAULTS[fault]}


def test_one_finding_says_that_every_value_is_refused(tmp_path: Path) -> None:
    found = [
        each for one in run(Forum("refuses any weight"), tmp_path).runs for each in one.findings
    ]
    (about,) = (each for each in found if each.rule == "query.accepts")
    assert "every value is refused" in about.observed
