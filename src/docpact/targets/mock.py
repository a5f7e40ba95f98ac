"""The mock API: a small model of an operation that follows its contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import maxsize
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import httpx

from docpact.cases.page_facts import (
    PageFacts,
    body_parameter,
    describe_headers,
    describe_page,
    find_first_page,
    find_following,
    find_in_body,
    find_style,
    has_link,
    read_body_pairs,
)
from docpact.cases.requests import is_free, read_default
from docpact.cases.sampling import sample_items, sample_page
from docpact.cases.styles import match_operation, read_query
from docpact.cases.wire import write_text
from docpact.credentials import accepts, kind_of
from docpact.errors import UsageError
from docpact.limits import MAX_BYTES
from docpact.model import Finding, Operation, Query
from docpact.model.paging import SIZE_PARAMETERS, Position, Style
from docpact.model.pointer import resolve, tokens
from docpact.model.schema import place
from docpact.rules.paging.ends import read_top
from docpact.rules.paging.links import cut_backward
from docpact.targets.faults import PAGE, Play, Scripted
from docpact.targets.mock_requests import (
    Given,
    Refused,
    check_values,
    merge_fields,
    read_length,
    read_new,
    read_request,
    refuse_parameter,
)
from docpact.targets.mock_responses import (
    PageTokens,
    check_json,
    choose_fields,
    cut_lists,
    include_things,
    put_below,
    read_as,
    respond,
    respond_with_error,
)
from docpact.targets.mock_selection import list_names, select_items
from docpact.targets.playing import play_finding

MOCK_KEY: Final = "docpact-mock-key"
"""The default key that a mock accepts."""

DEFAULT_ITEMS: Final = 237
"""Default number of sample items."""

SINGLE_THINGS: Final = 20
"""Number of sample bodies of an operation that returns one thing, by its path."""

DEFAULT_PAGE: Final = 50
"""Default page length, which is usually not documented."""


@dataclass(frozen=True, slots=True)
class _Query:
    """A decoded request.

    Attributes:
        filters: name and values of each.
        size: length of the page.
        start: index of its first item, if a token states it.
        text: value of the parameter from which the index is computed, or None.
    """

    filters: tuple[tuple[str, tuple[str, ...]], ...]
    size: int
    start: int = 0
    text: str | None = None


class MockApi(Scripted):
    """An operation on a collection in memory, which responds as its contract says.

    A list returns the collection page by page; any other operation returns the item that its path
    names. The mock checks the credential and the documented values of every parameter, and supports
    filters, page sizes and every style of paging. Otherwise it behaves as frameworks do: 401
    without a valid credential, 404 for another path, 405 for another method, 422 for an
    undocumented value; unknown parameters are ignored. An error has the documented body and
    headers.

    Attributes:
        operation: the contract.
        key: the credential's secret; None to require no credential.
        shares_items: whether the mocks of other operations show the same items.
    """

    __slots__ = ("_given", "_items", "_tokens", "key", "operation")
    hints: ClassVar = {"given": "set one value, as in given[NAME] = VALUE"}
    shares_items = False

    def __init__(
        self,
        operation: Operation,
        items: Sequence[Mapping[str, Any]] | None = None,
        *,
        key: str | None = MOCK_KEY,
        seed: int = 0,
    ) -> None:
        super().__init__((operation,))
        self.operation = operation
        if items is None:
            items = sample_items(operation, _count_items(operation), seed=seed)
        self._items = items
        self.key = key
        self._given = Given(operation)
        self._tokens = PageTokens(operation)

    @property
    def items(self) -> Sequence[Mapping[str, Any]]:
        """The collection, in the order of the pages; may be replaced at any time."""
        return self._items

    @items.setter
    def items(self, items: Any) -> None:
        if self.shares_items and not self.operation.roles.is_list:
            hint = "set the items of the list that it belongs to, or use drift()"
            raise UsageError(f"{self.operation.id} is not a list: {hint}")
        if isinstance(items, str | bytes) or not isinstance(items, Sequence):
            raise UsageError(f"items of a mock: expected a list of items, not {items!r:.80}")
        check_json("items of a mock: the items", [*items])
        self._items = items

    @property
    def given(self) -> Given:
        """The texts of required parameters; see `Given`."""
        return self._given

    @property
    def servers(self) -> frozenset[str]:
        """The documented base URLs."""
        return frozenset([self.operation.server])

    def play_finding(self, finding: Finding) -> Play:
        """Return the change of responses that shows a finding of the operation.

        Raises:
            NotPlayable: the mock cannot behave like that.
        """
        return play_finding(self, finding)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._answer(request)
        except Refused as refused:
            return respond_with_error(
                self.operation, refused.status, refused.detail, refused.headers
            )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        allowed = ", ".join(dict.fromkeys((self.operation.method, "HEAD", "OPTIONS")))
        whole = match_operation(self.operation, urlsplit(str(request.url)).path, self.given)
        if whole is None:
            raise Refused(404, "Not Found")
        if request.method == "OPTIONS" != self.operation.method:
            return httpx.Response(204, headers={"Allow": allowed})
        if request.method not in (self.operation.method, "HEAD"):
            raise Refused(405, "Method Not Allowed", {"Allow": allowed})
        self._check_credential(request)
        query, path = self._query(request), whole[1]
        if request.method != "HEAD":
            read_request(self.operation, request)
        if not self.operation.roles.is_list:
            return self._carry_out(request, path)
        named = {name: text for name, text in path.items() if name in self.operation.roles.path}
        body, facts = self._page(query, self.list_items(path), named, request.url)
        body = cut_lists(self.operation, body, request.content)
        body = include_things(self.operation, body, self._read_query(request.url))
        response = respond(self.operation, body)
        for name, text in describe_headers(self.operation, facts):
            response.headers.pop(name, None)
            response.headers.update({name: text} if text else {})
        return response

    def _carry_out(self, request: httpx.Request, path: Mapping[str, str]) -> httpx.Response:
        """Return the response of an operation that is not a list; 201 shows the given values."""
        item, query = self.find_item(path), self._read_query(request.url)
        if self.operation.method == "POST" and self.operation.status == 201:
            fields = read_new(self.operation, request)
            item = merge_fields(self.operation.response_schema, item, fields)
        if isinstance(item, dict):
            (item,) = choose_fields(self.operation, [item], query)
            item = cut_lists(self.operation, item, request.content)
        return respond(self.operation, include_things(self.operation, item, query))

    def _read_query(self, url: httpx.URL) -> Query:
        return read_query(self.operation, url.query.decode("ascii"))

    def find_item(self, path: Mapping[str, str]) -> Any:
        """Return the item that the parameters of a path name, or refuse the request."""
        fields = self.operation.roles.path
        if any(text != self.given.get(name) for name, text in path.items() if name not in fields):
            raise Refused(404, "Not Found")
        named = {name: text for name, text in path.items() if name in fields}
        for item in self.items:
            shown = {name: resolve(item, fields[name]) for name in named}
            given = {
                n: self.given.get(n) if each is None else str(each) for n, each in shown.items()
            }
            if given == named:
                return item
        raise Refused(404, "Not Found")

    def list_items(self, path: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        """Return the items of a list below a path, or refuse the request."""
        if any(text != self.given.get(name) for name, text in path.items()):
            raise Refused(404, "Not Found")
        return self.items

    def _page(
        self,
        query: _Query,
        items: Sequence[Mapping[str, Any]],
        named: Mapping[str, str],
        url: httpx.URL,
    ) -> tuple[Any, PageFacts]:
        """Return the page for a query, with every documented field that describes it."""
        found = select_items(self.operation, items, query.filters)
        size = max(0, min(query.size, _longest_page(self.operation)))
        start = self._start(query, found, size)
        found = cut_backward(self.operation, found, self._read_query(url), size)
        found = found[: read_top(self.operation, self._read_query(url))]
        facts = PageFacts(
            size=query.size,
            length=size,
            start=start,
            total=len(found),
            onward=self._write_onward(query, found, start, size),
            parameter=_page_parameter(self.operation),
            url=url,
        )
        fields = {self.operation.roles.path[name]: text for name, text in named.items()}
        above = {where: text for where, text in fields.items() if "/*/" not in where}
        below = {w.partition("/*")[2]: text for w, text in fields.items() if w not in above}
        shown = choose_fields(self.operation, found[start : start + size], self._read_query(url))
        items = [put_below(self.operation.item_schema, item, below) for item in shown]
        schema = self.operation.response_schema
        said: dict[str, Any] = {
            tokens(where)[0]: value
            for where, text in above.items()
            if where.count("/") == 1 and (value := read_as(schema, where, text)) is not None
        }
        body = put_below(schema, sample_page(self.operation, items, **said), above)
        return describe_page(self.operation, body, facts), facts

    @property
    def _style(self) -> Style | None:
        return find_style(self.operation, self.operation.roles.paging_parameter)

    def _start(self, query: _Query, found: Sequence[Mapping[str, Any]], size: int) -> int:
        """Return the index of a page's first item."""
        style = self._style
        if query.text is None or style is None:
            return query.start
        where = self.operation.roles.id or "/id"
        ids = [write_text(resolve(item, where)) for item in found]
        index = style.index(Position(query.text, size, ids, find_first_page(self.operation)))
        if index is None and not self._is_given(query.text):
            raise refuse_parameter(_page_parameter(self.operation), "no page has this value")
        return index or 0

    def _write_onward(
        self, query: _Query, found: Sequence[Mapping[str, Any]], start: int, size: int
    ) -> str | None:
        """Return the value that requests the next page, or None."""
        end = start + size
        if end >= len(found):
            return None
        style = self._style
        if style is None:
            return self._tokens.write([query.filters, query.size, end])
        return find_following(self.operation, style, query.text, found[start:end])

    def _check_credential(self, request: httpx.Request) -> None:
        credential = self.operation.credential
        if credential is None or credential.is_optional or self.key is None:
            return
        query = tuple(request.url.params.multi_items())
        if not accepts(self.operation, request.headers, query, self.key):
            challenge = dict(kind_of(credential).challenge(credential))
            raise Refused(401, "Invalid or missing credentials", challenge)

    def _query(self, request: httpx.Request) -> _Query:
        """Decode a request; a token contains the filters and the page length of its walk."""
        values: dict[str, list[str]] = {}
        for name, value in self._read_query(request.url):
            values.setdefault(name, []).append(value)
        for parameter in self.operation.query_parameters:
            check_values(parameter, values.get(parameter.name, []))
            if parameter.required and not values.get(parameter.name):
                raise refuse_parameter(parameter.name, "field required")
        for parameter in self.operation.parameters:
            is_needed = parameter.location == "header" and parameter.required
            if is_needed and parameter.name not in request.headers:
                raise refuse_parameter(parameter.name, "field required", "header")
        roles, size = self.operation.roles, None
        if (token := body_parameter(self.operation)) is not None:
            sent = dict(read_body_pairs(request.content))
            size = find_in_body(self.operation, SIZE_PARAMETERS)
            values |= {name: [sent[name]] for name in (token, size) if name in sent}
        asked_length = read_length(_last(values, roles.size_parameter or size))
        named = [self.operation.parameter(n) for n in list_names(self.operation)]
        is_stated = any(values.get(each.name) for each in named)
        pairs = (pair for each in named if not is_free(each) for pair in read_default(each))
        values = {**{name: [text] for name, text in pairs}, **values}
        filters = tuple(
            (each.name, tuple(values[each.name][0 if each.is_array else -1 :]))
            for each in named
            if values.get(each.name)
        )
        length = self._default_size() if asked_length is None else asked_length
        asked = _last(values, _page_parameter(self.operation))
        if not asked or self._style is not None:
            return _Query(filters, length, text=asked or None)
        if self._is_given(asked):
            return _Query(filters, length)
        carried = self._read_token(asked)
        if is_stated and filters != carried.filters:
            raise refuse_parameter(
                _page_parameter(self.operation), "the token belongs to another query"
            )
        length = carried.size if asked_length is None else asked_length
        return _Query(carried.filters, length, carried.start)

    def _is_given(self, text: str) -> bool:
        """Return whether a text is the one with which every walk of a list begins."""
        return text == self.given.get(_page_parameter(self.operation))

    def _default_size(self) -> int:
        name = self.operation.roles.size_parameter
        pair = read_default(self.operation.parameter(name)) if name is not None else ()
        if pair and (length := read_length(pair[0][1])):
            return length
        if self.operation.roles.paging is None and not has_link(self.operation):
            return len(self.items)
        largest = self.operation.parameter(name).schema.get("maximum") if name else None
        return DEFAULT_PAGE if largest is None else min(DEFAULT_PAGE, int(largest))

    def _read_token(self, token: str) -> _Query:
        carried = self._tokens.read(token)
        if carried is None:
            raise refuse_parameter(_page_parameter(self.operation), "unknown token")
        filters, size, start = carried
        return _Query(tuple((name, tuple(values)) for name, values in filters), size, start)


def _page_parameter(operation: Operation) -> str:
    """Return the parameter that requests a page; one of the mock's own if URLs contain it."""
    return operation.roles.paging_parameter or body_parameter(operation) or PAGE


def _longest_page(operation: Operation) -> int:
    """Return the documented maximum number of items in one response, or a huge number."""
    listed = place(operation.response_schema, operation.roles.items or "")
    return int(listed.get("maxItems", maxsize))


def _count_items(operation: Operation) -> int:
    """Return how many items a mock has: no more than one response if there is only one page."""
    roles = operation.roles
    if not roles.is_list:
        return SINGLE_THINGS if roles.path else 1
    if roles.paging is not None or has_link(operation):
        return DEFAULT_ITEMS
    size = operation.parameter(roles.size_parameter).schema if roles.size_parameter else {}
    longest = max(len(json.dumps(item)) for item in sample_items(operation, 3))
    readable = max(1, MAX_BYTES // (4 * longest))
    documented = int(size.get("maximum", DEFAULT_ITEMS))
    return min(DEFAULT_ITEMS, _longest_page(operation), documented, readable)


def mock_client(api: Scripted) -> httpx.Client:
    """Return an httpx client of a mock; other clients are not affected."""
    return httpx.Client(transport=httpx.MockTransport(api.answer))


def _last(values: Mapping[str, Sequence[str]], name: str | None) -> str | None:
    return values[name][-1] if name is not None and values.get(name) else None
