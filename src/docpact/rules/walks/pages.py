"""Pages: the filters of a request, and the items and the next page that its response shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from docpact.bodies.wording import as_whole
from docpact.model import Case, Exchange, Operation, Query
from docpact.model.pointer import resolve
from docpact.model.roles import EVERY, ignores_case
from docpact.model.schema import forms, list_types, place
from docpact.rules.walks.continuation import NOWHERE, Onward, read_onward
from docpact.text import excerpt, shorten

Filters: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Name and values of each filter that a query states, sorted by name."""

NULL: Final = "null"
"""The value of a filter that a server may read as none."""

_KINDS: Final = ("type", "kind", "object")
"""Fields of items that contain the kind of a thing."""

_OMITTED: Final = re.compile(
    r"(?i)default|\b(without it|if (it is )?(omitted|not given|absent)),"
    r"|\bunless (it is )?(stated|given|specified|set)\b"
)
"""Descriptions of the value of a filter that is not stated."""

_UNORDERED: Final = re.compile(
    r"(?i)\border(ing)?\b[^.]{0,40}(\bnot|n't|\bnever)\b[^.]{0,20}"
    r"\b(stable|guaranteed|fixed|consistent|defined|specified|deterministic)\b"
    r"|\b(random|arbitrary|unspecified|undefined|unstable) order\b"
    r"|\b(no|without an?y?) (particular|guaranteed|stable|fixed|specific) order\b"
    r"|\border (may|might|can) (change|vary|differ)\b"
    r"|\b(may|might|can) (appear|occur|be (shown|returned|listed)) "
    r"(twice|again|more than once|on (two|several|more))\b"
)
"""Descriptions of a list whose items may be at other places on other pages."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item as a page shows it.

    Attributes:
        fields: the decoded JSON object.
        id: its id, a number as its JSON text. For a list without a documented id, the field `id` if
            it is a scalar, and otherwise the whole item as JSON. None if it has none of these, or
            if a page of such a list shows the same twice. An item of another owner than the path
            states has the owner before its id, because each owner may number their own items.
        texts: filter → the value of its field, as a query writes it; None for null and for a value
            of another type than the documented one.
    """

    fields: Mapping[str, Any]
    id: str | None
    texts: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a walk.

    Attributes:
        exchange: the exchange with its response.
        time: its position among all exchanges.
        span: positions of the exchanges that may have overlapped it, with its own.
        items: those that are objects.
        onward: what follows it.
        total: its number of all items, or None.
    """

    exchange: Exchange
    time: int
    span: range
    items: tuple[Item, ...]
    onward: Onward = NOWHERE
    total: int | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its items in order."""
        return tuple(item.id for item in self.items if item.id is not None)


def show_id(identity: str | None) -> str:
    """Write the id of an item; of an item without one, the beginning of its JSON."""
    if identity and identity.startswith("{"):
        return shorten(identity)
    return excerpt(identity, 40)


def read_items(operation: Operation, value: Any) -> tuple[Item, ...]:
    """Return the items of a decoded body; none if it has no list of items."""
    found = operation.find_items(value) or ()
    return tuple(_read_item(operation, each) for each in found if isinstance(each, dict))


def read_page(
    operation: Operation, exchange: Exchange, value: Any, items: tuple[Item, ...] | None = None
) -> Page | None:
    """Return the page in a decoded body, or None if the body has no list of items.

    An empty token counts as none. The page has the position of the first exchange.
    """
    roles, found = operation.roles, operation.find_items(value)
    if found is None:
        return None
    items = read_items(operation, value) if items is None else items
    ids = [as_text(resolve(each, roles.id or "/id")) for each in found]
    onward = read_onward(operation, exchange, value, ids)
    total = operation.find_total(value)
    counted = total if isinstance(total, int) and not isinstance(total, bool) else None
    return Page(exchange, 0, range(1), items, onward, counted)


def separate_kinds(pages: Sequence[tuple[Page, bool]]) -> Sequence[tuple[Page, bool]]:
    """Return pages whose items have their kind before their id if one page shows that it is needed.

    Things of several kinds may have the same id, as in JSON:API 1.1 (Identification).
    """
    repeating = [p for p, _ in pages if len({item.id for item in p.items}) < len(p.items)]
    name = next((each for each in _KINDS if any(_shares_ids(p, each) for p in repeating)), None)
    if name is None:
        return pages
    return [
        (replace(page, items=tuple(_with_kind(item, name) for item in page.items)), good)
        for page, good in pages
    ]


def _shares_ids(page: Page, name: str) -> bool:
    """Return whether a page shows one id for items with different texts in a field."""
    kinds: dict[str | None, list[str | None]] = {}
    for item in page.items:
        kinds.setdefault(item.id, []).append(as_text(item.fields.get(name)))
    return any(len(found) > 1 and len({*found} - {None}) == len(found) for found in kinds.values())


def _with_kind(item: Item, name: str) -> Item:
    kind = as_text(item.fields.get(name))
    return item if item.id is None or kind is None else replace(item, id=f"{kind} {item.id}")


def read_token(operation: Operation, page: Page) -> str | None:
    """Return the token of the next page, or None if pages are not requested by tokens."""
    return dict(page.onward.query or ()).get(find_token_parameter(operation) or "")


def find_token_parameter(operation: Operation) -> str | None:
    """Return the query parameter that takes opaque tokens; None if they are numbers or unused."""
    name = operation.roles.token_parameter
    if name is None or "string" not in list_types(operation.parameter(name).schema, "string"):
        return None
    return name


def _read_item(operation: Operation, fields: Mapping[str, Any]) -> Item:
    """Return an item; an id may be a number in the query and a text in the body, or the reverse."""
    texts = {}
    for name, at, is_text in _list_filtered_fields(operation):
        value = resolve(fields, at)
        text = as_text(value) if isinstance(value, str) in is_text else None
        texts[name] = text and fold_value(operation, name, text)
    return Item(fields, _identify(operation, fields), texts)


def fold_value(operation: Operation, name: str, text: str) -> str:
    """Return a value of a filter as it is compared: in lower case if the filter ignores case."""
    return text.lower() if is_caseless(operation, name) else text


@lru_cache(maxsize=64)
def is_caseless(operation: Operation, name: str) -> bool:
    """Return whether the description of a filter for any text says that it ignores case."""
    parameter = operation.parameter(name)
    is_free = parameter.item_schema.keys().isdisjoint(("enum", "const", "pattern"))
    return is_free and ignores_case(parameter.description)


def _identify(operation: Operation, fields: Mapping[str, Any]) -> str | None:
    text = as_text(resolve(fields, operation.roles.id or "/id", default=None))
    if text is None:
        return json.dumps(fields, sort_keys=True)
    shown = ((name, as_text(resolve(fields, at))) for name, at in _list_owner_fields(operation))
    owners = (f"{name} {owner}, " for name, owner in shown if owner != operation.given.get(name))
    return f"{''.join(owners)}{text}"


@lru_cache(maxsize=64)
def _list_owner_fields(operation: Operation) -> tuple[tuple[str, str], ...]:
    """Return each path parameter that items repeat, with the JSON Pointer of its field."""
    found = ((name, where.partition("/*/")) for name, where in operation.roles.path.items())
    return tuple((name, f"/{field}") for name, (_, each, field) in found if each)


def as_text(value: Any) -> str | None:
    """Return a string, number or boolean as a query writes it; None for any other value.

    JSON has one kind of number: 1.0 is written as 1.
    """
    if isinstance(value, str):
        return value
    value = as_whole(value)
    return json.dumps(value) if isinstance(value, int | float) else None


@lru_cache(maxsize=64)
def _list_filtered_fields(operation: Operation) -> tuple[tuple[str, str, Set[bool]], ...]:
    """Return each filter, the JSON Pointer of its field, and whether its values may be strings.

    The parameter decides where the documentation gives the field no type.
    """
    found = []
    for name, where in operation.roles.filters.items():
        field = forms(place(operation.item_schema, where))
        types = {each for form, _ in field for each in list_types(form)} - {"null"}
        types = types or {*list_types(operation.parameter(name).item_schema, "string")}
        found.append((name, where, frozenset(each == "string" for each in types)))
    return tuple(found)


LONGEST_VALUE: Final = 256
"""Servers may cut or refuse longer texts before they compare them."""


MISLEADING: Final = "&=+#"
"""Characters that servers may read in another way in a query, as they may an escape."""


_EXPLAINS: Final = (
    "(?: ?[(:=]| (?:is|selects?|includes?|returns?|shows?|means?|covers?|matches) )"
    " ?(?:both |all |any |either |of )*"
)
"""The words between a value and those of which it consists, as a pattern."""


def read_filters(operation: Operation, case: Case, items: Iterable[Item]) -> Filters | None:
    """Return the filters of a request; None if it has parameters besides them and the page size.

    Parameters that every request has are filters too. A value that servers may misread must be that
    of one of the given items.
    """
    is_usual = not (case.question.path or case.question.without)
    filters = _read_pairs(operation, case.query) if is_usual else None
    pairs = ((name, text) for name, texts in filters or () for text in texts)
    misleading = [(name, text) for name, text in pairs if misleads(text)]
    is_known = all(any(each.texts.get(n) == text for each in items) for n, text in misleading)
    return filters if is_known else None


@lru_cache(maxsize=1024)
def _read_pairs(operation: Operation, query: Query) -> Filters | None:
    roles = operation.roles
    values: dict[str, list[str]] = {}
    for name, text in (*_list_given(operation, query), *query):
        values.setdefault(name, []).append(text)
    if values.pop(str(roles.size_parameter), []) and read_size(operation, query) is None:
        return None
    if not set(values) <= set(roles.filters):
        return None
    for name, texts in values.items():
        is_array = operation.parameter(name).is_array
        if (len(texts) > 1 and not is_array) or any(
            _is_odd(text, is_array=is_array) for text in split_values(operation, name, texts)
        ):
            return None
    return tuple((n, select_every(operation, n, texts)) for n, texts in sorted(values.items()))


def split_values(operation: Operation, name: str, texts: Sequence[str]) -> Sequence[str]:
    """Return the values of a filter; one text may have several, between commas."""
    is_joined = name in operation.roles.joined
    return [value for text in texts for value in text.split(",")] if is_joined else texts


def takes_several(operation: Operation, name: str) -> bool:
    """Return whether a filter may have several values."""
    return operation.parameter(name).is_array or name in operation.roles.joined


def join_values(operation: Operation, query: Query) -> Query:
    """Return a query in which the values of each filter of one text have commas between them."""
    joined: dict[str, str] = {}
    for name, text in query:
        if name in operation.roles.joined:
            joined[name] = f"{joined[name]},{text}" if name in joined else text
    pairs = ((name, joined.get(name, text)) for name, text in query)
    return tuple(dict.fromkeys(pairs)) if joined else query


def select_every(operation: Operation, name: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a filter; instead of one such as `all`, the others and no value.

    Instead of one that the description explains by others, as in `open` (new or pending), it is
    these.
    """
    texts = [fold_value(operation, name, text) for text in split_values(operation, name, texts)]
    parameter = operation.parameter(name)
    listed = [as_text(each) or "" for each in parameter.item_schema.get("enum", ())]
    about = re.sub("[`'\"*]", "", parameter.description)
    texts = [one for text in texts for one in _read_group(about, text, tuple(listed))]
    is_every = {*texts} <= EVERY.intersection(listed) and name not in operation.roles.inferred
    return (*(each for each in listed if each not in EVERY), NULL) if is_every else tuple(texts)


@lru_cache(maxsize=256)
def _read_group(about: str, text: str, listed: tuple[str, ...]) -> Sequence[str]:
    """Return the listed values of a filter by which its description explains another, or that."""
    others = "|".join(re.escape(each) for each in listed if each not in (text, ""))
    if text not in listed or not others:
        return (text,)
    named = rf"((?:{others})(?:(?: ?[,+/]| and| or)+ ?(?:{others}))+)\b"
    found = re.search(rf"(?<![\w-]){re.escape(text)}{_EXPLAINS}{named}", about)
    return re.findall(rf"\b(?:{others})\b", found[1]) if found else (text,)


def read_filters_beside(operation: Operation, case: Case, items: Iterable[Item]) -> Filters | None:
    """Return the filters of a request with orders or bounds; None without these."""
    roles = operation.roles
    listed = {each for orders in roles.orders.values() for order in orders for each in order.query}
    rest = tuple(p for p in case.query if p not in listed and p[0] not in roles.bounds)
    if rest == case.query:
        return None
    question = replace(case.question, query=rest)
    return read_filters(operation, replace(case, question=question), items)


@lru_cache(maxsize=64)
def is_unordered(operation: Operation) -> bool:
    """Return whether a parameter's description says that items may change their places."""
    return any(_UNORDERED.search(each.description) for each in operation.query_parameters)


def has_default(operation: Operation, name: str) -> bool:
    """Return whether the documentation mentions the value of a filter that is not stated."""
    parameter = operation.parameter(name)
    return "default" in parameter.schema or _OMITTED.search(parameter.description) is not None


def list_default(operation: Operation, name: str) -> tuple[str, ...]:
    """Return the documented default of a filter, for lists that show no item without it."""
    text = as_text(operation.parameter(name).schema.get("default"))
    return () if text is None else (fold_value(operation, name, text),)


def find_base(operation: Operation) -> Filters:
    """Return the filters of a request without a query: those that every request has."""
    return _read_pairs(operation, ()) or ()


def _list_given(operation: Operation, query: Query) -> Iterator[tuple[str, str]]:
    """Yield the filters that a request has because every request has them."""
    sent = {name for name, _ in query}
    for name in operation.roles.filters:
        if name not in sent:
            for text in operation.list_given(operation.parameter(name)):
                yield name, text


def _is_odd(text: str, *, is_array: bool) -> bool:
    """Return whether a server may read a text as something other than this one value."""
    plain = text.isprintable() and text.strip() == text and len(text) <= LONGEST_VALUE
    return not text or not plain or (is_array and "," in text)


def misleads(text: str) -> bool:
    """Return whether a server that decodes a text twice, or not at all, reads another one."""
    return bool(set(text) & set(MISLEADING)) or unquote(text) != text


def read_size(operation: Operation, query: Query) -> int | None:
    """Return the requested length of pages, or None."""
    stated = [text for name, text in query if name == operation.roles.size_parameter]
    return int(stated[0]) if len(stated) == 1 and stated[0].isdecimal() and int(stated[0]) else None
