"""Reading bodies: each different one once, in limits; and those that refuse their request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from sys import getsizeof
from threading import Lock
from time import thread_time
from typing import Any, Final

from docpact.bodies.decode import Decoded, decode
from docpact.bodies.validate import Inspection, make_validator
from docpact.limits import MAX_BESIDE, RUN_BYTES, RUN_CUT, RUN_ITEMS, RUN_READING, RUN_VALUES
from docpact.model import Exchange, Expected, Operation
from docpact.model.paging import plain
from docpact.rules.walks.links import read_links
from docpact.rules.walks.pages import Item, Page, read_items, read_page

SUCCESS: Final = frozenset({"ok", "success", "succeeded", "issuccess"})
"""Names of fields that are false only if a request failed, in lower case without separators."""

MARKS: Final = SUCCESS | {
    *("status", "code", "result", "ret", "error", "iserror"),
    *("statuscode", "errcode", "errorcode", "retcode", "errno"),
}
"""Names of fields that say whether a request succeeded."""

REASONS: Final = frozenset(
    {"error", "message", "msg", "errmsg", "errormessage", "reason", "detail", "code", "errorcode"}
)
"""Names of fields that say why a request failed."""

MESSAGES: Final = REASONS | {
    *("details", "errors", "warning", "warnings", "meta", "metadata", "responsemetadata"),
    *("requestid", "traceid", "timestamp", "time"),
}
"""Names of fields that a refusal may have as well as a success."""


def find_refusals(bodies: Iterable[tuple[Exchange, Any]]) -> frozenset[int]:
    """Return the `id` of each exchange whose body refuses its request, whatever its status.

    Such a body says so in a field that has the same value in every response to a plain request,
    and it has none of the content that those have: `{"ok": false, "error": "…"}` instead
    of `{"ok": true, "channels": […]}`.
    """
    found = [
        (exchange, body)
        for exchange, body in bodies
        if exchange.is_success and isinstance(body, Mapping)
    ]
    usual = [body for exchange, body in found if _is_documented(exchange)]
    marks = {name: value for name, value in _find_common(usual).items() if plain(name) in MARKS}
    content = {
        name
        for name in set[str]().union(*usual)
        if plain(name) not in MARKS | MESSAGES and any(body.get(name) for body in usual)
    }
    return frozenset(
        id(exchange)
        for exchange, body in found
        if states_failure(body)
        or (
            content
            and any(name in body and body[name] != value for name, value in marks.items())
            and not any(body.get(name) for name in content)
        )
    )


def states_failure(body: Any) -> bool:
    """Return whether a body without content says that the request failed, and why.

    A false `status` says so if the body has nothing but such fields: it may be a thing's own.
    """
    if not isinstance(body, Mapping):
        return False
    has_content = any(isinstance(value, list | Mapping) and value for value in body.values())
    is_bare = all(plain(name) in MARKS | MESSAGES for name in body if body[name] is not None)
    marks = SUCCESS | {"status"} if is_bare else SUCCESS
    failed = any(body[name] is False for name in body if plain(name) in marks)
    return failed and not has_content and any(body[n] for n in body if plain(n) in REASONS)


def _is_documented(exchange: Exchange) -> bool:
    question = exchange.case.question
    is_plain = exchange.case.expectation.answer is Expected.ACCEPTED and not question.query
    return is_plain and question.credentials == "valid"


def _find_common(bodies: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the scalars at the top that all bodies have with one value."""
    first, *others = bodies or [{}]
    return {
        name: value
        for name, value in first.items()
        if isinstance(value, str | bool | int)
        if all(name in each and each[name] == value for each in others)
    }


@dataclass(slots=True)
class Amounts:
    """The amounts that the readers of a run hold; they share them, on any threads.

    Attributes:
        bytes: of different bodies; a long one counts as its texts in memory, if they are longer.
        values: in them.
        items: on all pages.
        cut: number of responses longer than a limit.
        seconds: of processor time for reading them.
    """

    bytes: int = 0
    values: int = 0
    items: int = 0
    cut: int = 0
    seconds: float = 0.0
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def excess(self) -> str:
        """The limit that the bodies exceed, in words; empty if there is none."""
        if self.bytes > RUN_BYTES:
            return f"the bodies have more than {RUN_BYTES:,} bytes together"
        if self.values > RUN_VALUES:
            return f"the bodies have more than {RUN_VALUES:,} values together"
        if self.items > RUN_ITEMS:
            return f"the pages have more than {RUN_ITEMS:,} items together"
        if self.cut >= RUN_CUT:
            return f"{RUN_CUT} responses or more were longer than a limit"
        if self.seconds > RUN_READING:
            return f"reading the bodies took more than {RUN_READING:g} seconds"
        return ""

    def add(self, more: Amounts, times: int = 1) -> None:
        """Add other amounts some times, or -1 times."""
        with self._turn:
            self.bytes += times * more.bytes
            self.values += times * more.values
            self.items += times * more.items
            self.cut += times * more.cut
            self.seconds += times * more.seconds


class BodyReader:
    """Decodes and validates bodies, each different one once.

    Attributes:
        used: JSON Pointers of the fields that lead to a next page in any of them.
    """

    def __init__(self, operation: Operation, amounts: Amounts | None = None) -> None:
        self._operation = operation
        self._amounts, self._own = Amounts() if amounts is None else amounts, Amounts()
        self._bodies: dict[bytes, bytes] = {}
        self._decoded: dict[bytes, Decoded] = {}
        self._inspected: dict[bytes, Inspection | None] = {}
        self._items: dict[bytes, tuple[Item, ...]] = {}
        self._pages: dict[tuple[object, ...], Page | None] = {}
        self.used = frozenset[str]()

    def receive(self, exchange: Exchange) -> Exchange:
        """Count a new exchange; return it so that equal bodies take memory once."""
        response = exchange.response
        if response is None:
            self._add(cut=int(exchange.failure is not None and exchange.failure.kind == "size"))
            return exchange
        begun = thread_time()
        body = self._bodies.setdefault(response.body, response.body)
        if body is response.body:
            self._add(bytes=len(body))
        exchange = replace(exchange, outcome=replace(response, body=body))
        page = self.read_page(exchange)
        if page is not None:
            self.inspect(body)
        self._add(items=len(page.items) if page else 0, seconds=thread_time() - begun)
        return exchange

    def release(self, kept: Iterable[Any]) -> None:
        """Let the bodies no longer count, except some decoded values that somebody keeps."""
        self._amounts.add(self._own, -1)
        self._own = Amounts()
        self._add(bytes=sum(map(_measure, kept)))

    def _add(self, **more: Any) -> None:
        amounts = Amounts(**more)
        self._own.add(amounts)
        self._amounts.add(amounts)

    def decode(self, body: bytes) -> Decoded:
        """Return a body decoded."""
        if body not in self._decoded:
            self._decoded[body] = decoded = decode(body)
            wide = _measure(decoded.value) - len(body) if len(body) > MAX_BESIDE else 0
            self._add(values=decoded.count, bytes=max(0, wide))
        return self._decoded[body]

    def inspect(self, body: bytes) -> Inspection | None:
        """Validate a body by the response schema; return None if it cannot be read."""
        if body not in self._inspected:
            decoded, validator = self.decode(body), make_validator(self._operation.response_schema)
            self._inspected[body] = validator.inspect(decoded.value) if decoded.readable else None
        return self._inspected[body]

    def read_page(self, exchange: Exchange, time: int = 0, span: range = range(1)) -> Page | None:
        """Return the page in a response with the documented status, or None if there is none.

        See `Page` for time and span.
        """
        response = exchange.response
        if response is None or not self._operation.is_main(response.status):
            return None
        case = exchange.case
        key = response.body, case.query, case.visit.path, tuple(read_links(response))
        if key not in self._pages:
            value = self.decode(response.body).value
            items = self.read_items(response.body)
            self._pages[key] = page = read_page(self._operation, exchange, value, items)
            self.used |= page.onward.filled if page else frozenset()
        page = self._pages[key]
        return page and Page(exchange, time, span, page.items, page.onward, page.total)

    def read_items(self, body: bytes) -> tuple[Item, ...]:
        """Return the items of a body."""
        if body not in self._items:
            self._items[body] = read_items(self._operation, self.decode(body).value)
        return self._items[body]


def _measure(value: Any) -> int:
    """Return the bytes of memory that the texts and names of a decoded value take."""
    left, size = [value], 0
    while left:
        match left.pop():
            case str() as text:
                size += getsizeof(text)
            case list() as values:
                left += values
            case dict() as members:
                left += members
                left += members.values()
    return size
