"""Python clients of every kind under a caller: built and closed in a loop, and read by any name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count as numbers
from time import sleep
from typing import Any

import pydantic
import pytest
from clients.plain import OPERATION, ApiError, Plain

from docpact.client_gate import FAMILIES, Client, PythonCaller, gate, member
from docpact.client_gate.call import Hung, Outcome, Raised, Read, Task
from docpact.client_gate.loopback import Blocked
from docpact.client_gate.stage import Stage
from docpact.errors import UsageError
from docpact.model import Outcome as Kept

UNSET = object()


class Opened:
    """Counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def play(client: Callable[..., Any], ask: Callable[..., Any], count: int = 1) -> Outcome:
    caller = PythonCaller("", OPERATION, client, ask, member, member, (ValueError,), UNSET)
    turns: list[int] = []
    outcome = caller.call(Task("http://127.0.0.1", "key", ({},) * count, lambda: turns.append(1)))
    assert len(turns) == count - 1
    return outcome


@pytest.mark.parametrize("error", [ValueError, KeyError, SystemExit, asyncio.CancelledError])
def test_a_client_is_closed_whatever_a_call_raises(error: type[BaseException]) -> None:
    opened = Opened()

    def ask(_client: Any, _query: Any) -> Any:
        raise error("no")

    outcome = play(lambda *_: opened, ask)
    assert isinstance(outcome, Raised)
    assert (outcome.name, outcome.own, opened.closed) == (error.__name__, error is ValueError, 1)


@pytest.mark.parametrize("count", [1, 3])
def test_a_client_can_be_built_inside_the_loop(count: int) -> None:
    loops: list[Any] = []

    class Session(Opened):
        async def aclose(self) -> None:
            loops.append(asyncio.get_running_loop())
            self.close()

    opened = Session()

    async def client(*_: Any) -> Session:
        loops.append(asyncio.get_running_loop())
        return opened

    async def ask(_client: Any, _query: Any) -> Any:
        loops.append(asyncio.get_running_loop())
        return [{"id": "a"}]

    assert play(client, ask, count) == Read(({"id": "a"},))
    assert (len(set(loops)), opened.closed) == (1, 1)


def test_a_sync_function_may_return_an_async_iterable() -> None:
    async def walk() -> AsyncIterator[Any]:
        yield {"id": "a"}

    opened = Opened()
    assert play(lambda *_: opened, lambda *_: walk(), 2) == Read(({"id": "a"},))
    assert opened.closed == 1


def test_items_that_can_be_read_both_ways_are_read_as_the_caller_asked() -> None:
    class Pages:
        """Items for clients with and without an event loop, of which only the second works."""

        def __iter__(self) -> Iterator[Any]:
            yield {"id": "a"}

        def __aiter__(self) -> AsyncIterator[Any]:
            raise NotImplementedError

    assert play(lambda *_: None, lambda *_: Pages()) == Read(({"id": "a"},))


class Item(pydantic.BaseModel):
    """An item with names of Python."""

    identity: str = pydantic.Field(alias="id")
    project_id: Any = None


def test_aliases_are_followed_and_the_absent_value_is_absent() -> None:
    item = Item(id="a", project_id=UNSET)
    assert play(lambda *_: None, lambda *_: [item]) == Read(({"id": "a"},))


class Shape:
    """An object with names of Python."""

    type_ = "circle"
    created_at = "now"
    none = None


@pytest.mark.parametrize(
    ("name", "value"), [("type", "circle"), ("createdAt", "now"), ("none", None)]
)
def test_a_field_is_found_in_the_spelling_of_python(name: str, value: Any) -> None:
    assert member(Shape(), name) == value


def test_no_such_attribute_is_not_null() -> None:
    with pytest.raises(AttributeError):
        member(Shape(), "color")


class Page(pydantic.BaseModel):
    """A page as a model, which yields its fields."""

    items: list[str] = []


@pytest.mark.parametrize("found", [{"items": []}, Page(), None, "items"])
def test_a_result_without_items_is_named(found: Any) -> None:
    outcome = play(lambda *_: Opened(), lambda *_: found)
    assert isinstance(outcome, Raised)
    assert type(found).__name__ in outcome.message


def test_a_client_without_items_is_refused_in_one_line() -> None:
    def ask(client: Plain, query: Any) -> Any:
        return {"items": list(client.walk(query))}

    caller = PythonCaller("", OPERATION, Plain, ask, member, member, (ValueError,))
    with pytest.raises(UsageError, match="a plain call of the client gives no items: call ret"):
        gate(OPERATION, Client("", (caller,)), only=["client.walk /items"])


class Busy(PythonCaller):
    """A client that hangs while others run, whose calls end if they are made alone."""

    def call(self, task: Task) -> Outcome:
        """Hang in the first calls after the plain one."""
        count = next(self.absent)
        return Hung("the machine is busy") if 0 < count <= 3 else PythonCaller.call(self, task)


class Slow(Plain):
    """Needs 0.2 s for each page, and asks five times more for a page that is refused."""

    retries = 5

    def ask(self, pairs: list[tuple[str, str]]) -> Any:
        sleep(0.2)
        return super().ask(pairs)

    def is_worth_retrying(self, response: Any) -> bool:
        return True

    def wait(self, response: Any) -> None:
        sleep(0.2)


@pytest.mark.parametrize(("rule", "is_hung"), [("client.walk", False), ("client.status", True)])
def test_a_call_that_requests_further_pages_does_not_hang(
    rule: str, is_hung: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docpact.client_gate.stage.GRACE", 0)
    family = next(each for each in FAMILIES if rule in {one.id for one in each.rules})
    labels = ("nine pages", "status 404")
    scenario = next(each for each in family.scenarios(OPERATION) if each.label in labels)

    def ask(client: Plain, query: Any) -> Any:
        return client.walk(query)

    caller = PythonCaller("", OPERATION, Slow, ask, member, member, (ApiError,))
    stage = Stage(OPERATION, 0.7, Blocked([], {}))
    assert isinstance(stage.call(caller, scenario).outcome, Hung) is is_hung


def test_a_hang_is_confirmed_in_less_time() -> None:
    given: list[float] = []

    class Deaf(PythonCaller):
        def call(self, task: Task) -> Outcome:
            """Hang in all calls but the two plain ones, and keep the seconds that each has."""
            given.append(round(task.left(), -1))
            return Hung("deaf") if len(given) > 2 else PythonCaller.call(self, task)

    def ask(client: Plain, query: Any) -> Any:
        return client.walk(query)

    caller = Deaf("", OPERATION, Plain, ask, member, member, (ApiError,))
    run = gate(OPERATION, Client("", (caller,)), only=["client.timeout body"]).run
    assert "no end within 60 seconds" in run.findings[0].observed
    assert [min(given[:-1]), given[-1]] == [60, 10]


@pytest.mark.parametrize("changes", [False, True])
def test_a_client_that_changes_the_query_is_found(*, changes: bool) -> None:
    def ask(client: Plain, query: Any) -> Any:
        found = client.walk(dict(query))
        query |= {"page_size": 7} if changes else {}
        return found

    caller = PythonCaller("", OPERATION, Plain, ask, member, member, (ApiError,))
    scenario = next(iter(FAMILIES[0].scenarios(OPERATION)))
    assert Stage(OPERATION, 5, Blocked([], {})).call(caller, scenario).changed is changes


@pytest.mark.slow
def test_a_call_that_hangs_only_beside_others_is_no_finding() -> None:
    def ask(client: Plain, query: Any) -> Any:
        return client.walk(query)

    caller = Busy("", OPERATION, Plain, ask, member, member, (ApiError,), absent=numbers())
    done = gate(OPERATION, Client("", (caller,)), only=["client.walk /items"])
    assert done.run.findings == ()
    assert done.run.results[0].outcome is Kept.KEPT
