"""The things that docpact creates on a server: it keeps track of them, and removes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any, Final, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from docpact.bodies.formats import conforms
from docpact.cases.names import find_name, find_text
from docpact.cases.sampling import sample_given
from docpact.cases.wire import can_be_documented, query_label
from docpact.conformance.pagination import Walker
from docpact.conformance.plan.observations import Observations
from docpact.conformance.writes.things import list_owners, read_body
from docpact.errors import ContractError
from docpact.model import Case, Exchange, Expectation, Expected, Operation, Parameter, Question
from docpact.model.operation import IDEMPOTENCY_KEY, PRECONDITION, Resource
from docpact.model.path import match_path, split_url
from docpact.model.path import names as path_names
from docpact.model.pointer import mapping_of, pointer
from docpact.rules.evidence import ACCEPTED, SEE_OTHER, UNMET, join
from docpact.rules.path.listing import GONE
from docpact.rules.walks.bodies import BodyReader
from docpact.rules.walks.walk import Walk
from docpact.rules.writes.deletions import is_marked_gone
from docpact.targets.connections import BudgetSpent
from docpact.targets.http import HttpTarget

WRITE: Final = "write"
"""Name of the phase."""

LIST_PAGES: Final = 25
"""Maximum number of pages in which a thing is looked for."""


Open: TypeAlias = Callable[[Operation, bool], HttpTarget]
"""Opens the target of one operation; the flag says that docpact cleans up."""


@dataclass(slots=True)
class Creations:
    """Sends the requests of a life cycle, and removes the things that they create.

    Attributes:
        create: the operation, with the values of its path.
        resource: the operations on these things; one of them deletes.
        open: opens the target of one of them.
        exchanges: id of an operation → its exchanges.
        left_behind: things that could not be removed, one line each.
        unnamed: creations without the id of a thing, unless the list shows it and it is removed.
        stored: ids of the things that exist although the server refused their bodies.
        listed: the exchange with the list that shows them.
    """

    create: Operation
    resource: Resource
    open: Open
    exchanges: dict[str, list[Exchange]] = field(default_factory=dict)
    left_behind: list[str] = field(default_factory=list)
    unnamed: list[Exchange] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    listed: Exchange | None = None
    _mark: str = field(default_factory=lambda: f"docpact-{token_hex(4)}")
    _targets: dict[str, HttpTarget] = field(default_factory=dict)
    _existing: dict[str, None] = field(default_factory=dict)
    _removed: set[str] = field(default_factory=set)
    _accepted: set[str] = field(default_factory=set)
    _sent_bodies: int = 0
    _is_cleanup: bool = False
    _sent: int = 0
    _listed: Exchange | None = None

    @property
    def _parameter(self) -> Parameter | None:
        """The parameter that names one of the things in the paths of their operations."""
        return next(self.resource.item_operations()).last_parameter

    @property
    def _owners(self) -> set[str]:
        """The query parameters that every request about one of the things needs."""
        return set[str]().union(*map(list_owners, self.resource.item_operations()))

    def _clean_up(self) -> None:
        """Delete all things that exist, also those that the server created without saying so."""
        self._remove_all()
        if self._sent_bodies:
            self._sweep()
        line = f"{self.create.request} created something that shows no id"
        self.left_behind += [line for _ in self.unnamed]

    def _remove_all(self) -> None:
        """Delete all things that exist, the newest first."""
        while self._existing:
            name = next(reversed(self._existing))
            try:
                problem = self._remove(name)
            except (BudgetSpent, KeyboardInterrupt):
                problem = "not removed"
            del self._existing[name]
            self._leave(name, problem)
            self._removed |= set() if problem else {name}

    def _sweep(self) -> None:
        """Remove the things in the list that have docpact's mark; report those that remain."""
        own = self._list_own()
        self._existing |= dict.fromkeys(name for name in own if name not in self._removed)
        sent = self.exchanges.get(self.create.id, ())
        marks: dict[bool, set[str]] = {True: set(), False: set()}
        for each in sent:
            name = self._find_name(each, read_body(each)) if each.is_success else None
            if name not in self._removed:
                marks[400 <= each.status < 500] |= self._find_marks(each.case.question.body or "")
        refused = marks[True] - marks[False]
        self.stored = [n for n in self._existing if refused & self._find_marks(json.dumps(own[n]))]
        self.listed = self._listed
        self._remove_all()
        removed = self._find_marks(json.dumps([own[n] for n in own if n in self._removed]))
        self.unnamed = [
            each
            for each in self.unnamed
            if not removed & self._find_marks(each.case.question.body or "")
        ]
        for name, item in self._list_own().items():
            if name in self._removed and not is_marked_gone(item, self.resource.delete):
                self._leave(name, "still in the list after DELETE")

    def _find_marks(self, text: str) -> set[str]:
        """Return the texts that docpact writes into one body, or into it and its required part."""
        return {*re.findall(rf"{self._mark}-\w+", text)}

    def _list_own(self) -> dict[str, Any]:
        """Return id → item of the things in the list that have docpact's mark."""
        try:
            walk = self._walk(self.resource.listing) if self.resource.listing else None
        except (BudgetSpent, ContractError, KeyboardInterrupt):
            return {}
        items = [item.fields for item in walk.items] if walk is not None else []
        own = [each for each in items if self._mark in json.dumps(each, default=str)]
        return {name: each for each in own if (name := self._name_item(each)) is not None}

    def _leave(self, name: str, problem: str) -> None:
        """Report once why a thing is left; without a problem, that it was removed after all."""
        start = f"{self.create.collection} {name}: "
        others = [line for line in self.left_behind if not line.startswith(start)]
        self.left_behind = [*others, *([f"{start}{problem}"] if problem else [])]

    def _remove(self, name: str) -> str:
        """Delete a thing; return why it is left, or an empty text."""
        if self.resource.delete is None:
            return "no DELETE is documented"
        exchange = self._send(self.resource.delete, f"remove {name}", name)
        if exchange.status in GONE and name in self._accepted:
            return f"POST got {ACCEPTED}, and it does not exist yet"
        if exchange.is_success or exchange.status in GONE:
            return ""
        failure = exchange.failure
        return f"DELETE got {failure.message if failure else f'status {exchange.status}'}"

    def _forget(self, name: str) -> None:
        self._existing.pop(name, None)
        self._removed.add(name)

    def _choose_name(self) -> str | None:
        """Return a name that no thing has, if the path of the request names the new thing.

        Raises:
            ContractError: no such name can be made.
        """
        parameter = self.create.last_parameter
        if self.create.method == "POST" or parameter is None:
            return None
        mark = f"{self._mark}-n{self._sent}"
        spelt = (mark.replace("-", sign) for sign in ("-", "_", ""))
        for text in (*spelt, str(uuid5(NAMESPACE_URL, mark))):
            if can_be_documented(parameter, text):
                return text
        raise ContractError(parameter.name, "docpact cannot make a new one")

    def _find_name(self, exchange: Exchange, shown: Any) -> str | None:
        """Return the id of a created thing, from the body or from the Location header."""
        parameter = self._parameter
        if parameter is None:
            return None
        sent = json.loads(exchange.case.question.body or "null")
        text = find_name(
            _without_lists(shown, sent), parameter, self.resource.listing or self.create
        )
        return self._read_location(exchange) if text is None else text

    def _read_location(self, exchange: Exchange) -> str | None:
        """Return the id of a created thing from the Location header."""
        location = exchange.response.header("location") if exchange.response else None
        path = next(self.resource.item_operations()).path
        found = match_path(path, split_url(location).path) if location else None
        parameter = self._parameter
        return None if found is None or parameter is None else found[1].get(parameter.name)

    def _is_own(self, name: str | None) -> bool:
        """Return whether a thing has docpact's mark, so that it did not exist before."""
        if name is None or self.resource.read is None:
            return False
        return self._has_mark(self._send(self.resource.read, f"read {name}", name))

    def _write_key(self) -> tuple[tuple[str, str], ...]:
        """Return a new idempotency key, if every request must have one."""
        header = self.create.find_header(IDEMPOTENCY_KEY)
        is_given = header is not None and header in self.create.given
        return ((str(header), token_hex(16)),) if is_given else ()

    def _has_mark(self, exchange: Exchange) -> bool:
        body = exchange.response.body if exchange.response else b""
        return self._mark.removeprefix("docpact-").encode() in body.lower()

    def _may_be_another(self, exchange: Exchange, sent: Any, shown: Any) -> bool:
        """Return whether a response to a creation has other texts than were sent with the mark.

        Where things cannot be read, such a response says too little.
        """
        texts = {name: value for name, value in mapping_of(sent).items() if isinstance(value, str)}
        marked = [name for name, value in texts.items() if self._mark in value]
        is_different = any(mapping_of(shown).get(name) for name in marked)
        is_unlike = is_different and not self._has_mark(exchange)
        return exchange.status == SEE_OTHER or (is_unlike and self.resource.read is not None)

    def _name_item(self, item: Any) -> str | None:
        parameter, listing = self._parameter, self.resource.listing
        if parameter is None or listing is None:
            return None
        return find_text(item, parameter, listing)

    def _walk(self, listing: Operation, *filters: tuple[str, str]) -> Walk | None:
        """Walk every page of the list, or of that with filters; return None if it is not a list."""
        target, reader = self._target(listing), BodyReader(listing)
        size, largest = listing.roles.size_parameter, Observations(listing).largest
        query = (*filters, *([(size, str(largest))] if size and largest else ()))
        self._sent += 1
        label = query_label(filters) if filters else "every page"
        case = Case(label, Question(query), pages=LIST_PAGES)
        walker, goes_on = Walker(replace(case, visit=replace(case.visit, repeat=self._sent))), True
        while goes_on:
            walker.exchanges += target.send(walker.case, WRITE)
            page = reader.read_page(walker.exchanges[-1])
            goes_on = walker.advance(target.operation, page)
        final = [each for each in walker.exchanges if not each.retried]
        self._listed = final[-1]
        walks = join(target.operation, final, reader)
        return walks[0] if walks and final[0].status < 300 else None

    def _target(self, operation: Operation) -> HttpTarget:
        if operation.id not in self._targets:
            target = self.open(self._fill(operation), self._is_cleanup)
            self._targets[operation.id] = target
        return self._targets[operation.id]

    def _fill(self, operation: Operation) -> Operation:
        """Return an operation with the values of the path below which things are created.

        Its other required parameters have the value of the creation's, or a documented one.
        """
        above = [self.create.given[name] for name in path_names(self.create.collection)]
        samples = sample_given(operation)
        shared = {name: self.create.given.get(name, text) for name, text in samples.items()}
        names = path_names(operation.path)
        path = dict(zip(names, [*above, "0"], strict=False))
        is_new = operation.id == self.create.id
        header = None if is_new else operation.find_header(PRECONDITION)
        asked = {header: "*"} if header is not None else {}
        return replace(operation, given={**shared, **asked, **operation.given, **path})

    def _send(
        self,
        operation: Operation,
        label: str,
        name: str | None = None,
        body: Any = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Exchange:
        """Send one request, with the ETag of its thing if the server asks for one."""
        exchange = self._send_once(operation, label, name, body, headers)
        read = self.resource.read
        if exchange.status not in UNMET or name is None or read is None:
            return exchange
        shown = self._send_once(read, f"read {name}", name).response
        tag = (shown.header("etag") if shown else None) or "*"
        return self._send_once(operation, label, name, body, (*headers, ("If-Match", tag)))

    def _send_once(
        self,
        operation: Operation,
        label: str,
        name: str | None,
        body: Any = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Exchange:
        """Send one request, and keep its exchange."""
        target, self._sent = self._target(operation), self._sent + 1
        self._sent_bodies += body is not None
        last = operation.last_parameter
        path = ((last.name, name),) if name is not None and last is not None else ()
        text = "" if body is None else json.dumps(write_patch(operation, body), ensure_ascii=False)
        case = Case(
            label,
            Question(path=path, headers=headers, body=text),
            Expectation(Expected.UNSPECIFIED),
        )
        case = replace(case, visit=replace(case.visit, repeat=self._sent))
        attempts = target.send(case, WRITE)
        self.exchanges.setdefault(operation.id, []).extend(attempts)
        return attempts[-1]


def write_patch(operation: Operation, body: Any) -> Any:
    """Return a body, the fields in it as a JSON Patch if the request takes one."""
    if not isinstance(body, dict) or not operation.request_body.is_json_patch:
        return body
    changes = {pointer((name,)): value for name, value in body.items()}
    return [
        {"op": "remove", "path": at} if new is None else {"op": "add", "path": at, "value": new}
        for at, new in changes.items()
    ]


def _without_lists(shown: Any, sent: Any) -> Any:
    """Return a body without the objects in it that have a list and nothing that was sent.

    An array of one object counts as the object. A text alone may be a message, unless it is a UUID.
    """
    if isinstance(shown, list) and len(shown) == 1:
        (shown,) = shown
    if not isinstance(shown, Mapping):
        return shown if isinstance(shown, str) and conforms(shown, "uuid") else None
    return {name: value for name, value in shown.items() if not _is_around_list(value, sent)}


def _is_around_list(shown: Any, sent: Any) -> bool:
    arrays = (
        [each for each in shown.values() if isinstance(each, list)]
        if isinstance(shown, dict)
        else []
    )
    has_things = any(isinstance(item, Mapping) for each in arrays for item in each)
    return has_things and not (isinstance(sent, Mapping) and shown.keys() & sent.keys() - {"id"})
