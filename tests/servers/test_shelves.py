"""Lists below parents, with several values of a filter and a total inside an object."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from servers.loopback import Request
from servers.styles import FEW, THING, THINGS, WHOLE, Style, asked, get, of_path, read_number
from servers.tasks import TEXT, an_object
from servers.test_styles import list_breaking, run

GENRES: Final = ("folk", "jazz", "metal", "rock")
TOTAL: Final = an_object(value=WHOLE, relation=TEXT)


class Shelves(Style):
    """Two shelves with books, searched as in Elasticsearch."""

    def describe(self) -> dict[str, Any]:
        genre = {"type": "string", "enum": [*GENRES]}
        book = an_object(id=TEXT, shelf_id=TEXT, genre=genre)
        hits = an_object(total=TOTAL, hits={"type": "array", "items": THING})
        shelves = {"type": "array", "items": an_object(id=TEXT)}
        several = asked("genre", {"type": "array", "items": genre}, "Only books of these genres.")
        pages = (asked("from", {"type": "integer", "minimum": 0}), asked("size", FEW))
        books = get("books", an_object(hits=hits), self.error, of_path("shelf_id"), *pages, several)
        words = an_object(shelf_id=TEXT, text=TEXT)
        label = get("label", words, self.error, of_path("shelf_id"))
        paths = {
            "/shelves": get("shelves", shelves, self.error),
            "/shelves/{shelf_id}/books": books,
            "/shelves/{shelf_id}/label": label,
        }
        return self.document(paths, book)

    def route(self, request: Request) -> Any:
        if request.path == "/shelves":
            return [{"id": "s1"}, {"id": "s2"}]
        shelf, _, part = request.path.removeprefix("/shelves/").partition("/")
        shelf = self.refuse_name() if shelf not in ("s1", "s2") else shelf
        shown = "s1" if self.fault == "always the first shelf" else shelf
        if part == "label":
            shown = "s1" if self.fault == "always the first label" else shelf
            return {"shelf_id": shown, "text": f"Shelf {shown}"}
        genres = {*request.values("genre")}
        start = read_number(request, "from", 0, 0, 10**9)
        size = read_number(request, "size", 10, 1, 20)
        self.refuse_name() if genres - {*GENRES} else None
        if self.fault == "two genres are none" and len(genres) > 1:
            genres.clear()
        books = [
            {"id": f"{shown}-{n}", "shelf_id": shown, "genre": GENRES[n * n % 7 % 4]}
            for n in range(len(THINGS) + (shown == "s2"))
        ]
        found = [each for each in books if not genres or each["genre"] in genres]
        total = len(found) + (self.fault == "one more in the total")
        hits = {"total": {"value": total, "relation": "eq"}, "hits": found[start : start + size]}
        return {"hits": hits}


def test_a_correct_server_conforms(tmp_path: Path) -> None:
    assert list_breaking(run(Shelves(), tmp_path)) == set()


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("always the first shelf", "path.identity"),
        ("always the first label", "path.identity"),
        ("two genres are none", "filter.several"),
        ("one more in the total", "paging.total"),
    ],
)
def test_a_fault_is_found(fault: str, rule: str, tmp_path: Path) -> None:
    assert list_breaking(run(Shelves(fault), tmp_path)) == {rule}
