"""The parts of a list operation, by role: fields, filters, ranges, orders and selections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from docpact.model.exchange import Query
from docpact.model.paging import STYLES, Paging
from docpact.model.path import snake_case
from docpact.model.pointer import Tokens

_CASELESS: Final = re.compile(
    r"(?i)(?<!not )\bcase[- ]?insensitiv|\bnot case[- ]?sensitiv|\bin any case\b"
    r"|\b(ignor(es?|ing) (the )?|regardless of |irrespective of )(letter )?case\b"
)
_CONDITION: Final = re.compile(r"(?i)^with\b|\b(if|when|unless|where|may|depend\w*)\b")


def ignores_case(description: str) -> bool:
    """Return whether a description says that texts are compared in any case of letters, always."""
    sentences = re.split(r"(?<=[.;])\s", description)
    return any(_CASELESS.search(each) and not _CONDITION.search(each) for each in sentences)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The field with the state of an item, and the order of the states.

    Attributes:
        field: item pointer.
        stages: groups of values in order. An item has at most one value of a stage, and the values
            of the last stage are final.
    """

    field: str
    stages: tuple[tuple[str, ...], ...]

    def rank(self, value: object) -> int | None:
        """Return the number of a value's stage, or None for an unknown value."""
        return next((n for n, stage in enumerate(self.stages) if value in stage), None)

    def is_final(self, value: object) -> bool:
        """Return whether a value belongs to the last stage."""
        return value in self.stages[-1]


@dataclass(frozen=True, slots=True)
class Roles:
    """The parts of a list operation, by role; None or empty if a role has no part.

    Pointers marked *response* point into the response body, *item* into one item of the list.

    Attributes:
        items: response; the array of items.
        id: item; the field that identifies it.
        next_token: response; the token of the next page, or its URL.
        token_parameter: the query parameter that takes that token.
        page_parameter: the query parameter that takes the number of a page.
        first_page: the number of the first page, or that of the first item for an offset; None if
            it is not documented.
        offset_parameter: the query parameter that takes the number of items to skip.
        last_id_parameter: the query parameter that takes the id of the last item before a page.
        size_parameter: the query parameter that limits the length of a page.
        has_more: response; whether there is a next page.
        total_pages: response; the number of all pages.
        total: response; the number of all items.
        count: response; the number of the items of the list at the path without its last part.
        counts: the items whose exact number is `total` or `count`, one of `COUNTED`; None if it may
            be an estimate.
        filters: query parameter → item pointer of the field that it selects by.
        joined: the filters that are one text with several values between commas.
        inferred: the query parameters whose role only their names suggest; nothing documents it.
        bounds: query parameter → the bound of a field that it takes.
        orders: query parameter → the orders that its documented values put the items in.
        order: of the items if no parameter sorts them; None if that is not documented.
        selections: query parameter → how it chooses fields, one of `SELECTIONS`; None if it does
            not. Names and descriptions decide about other parameters.
        scopes: the filters that separate the items of different owners.
        lifecycle: of an item.
        constant: item pointers of fields that never change.
        path: path parameter → response pointer of the field with the same value.
        only_when: item pointer of a field → pointer of another field, and the values of that field
            with which alone the first one has a value.
    """

    items: str | None = None
    id: str | None = None
    next_token: str | None = None
    token_parameter: str | None = None
    page_parameter: str | None = None
    first_page: int | None = None
    offset_parameter: str | None = None
    last_id_parameter: str | None = None
    size_parameter: str | None = None
    has_more: str | None = None
    total_pages: str | None = None
    total: str | None = None
    count: str | None = None
    counts: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    joined: frozenset[str] = frozenset()
    inferred: frozenset[str] = frozenset()
    bounds: Mapping[str, Bound] = field(default_factory=dict)
    orders: Mapping[str, tuple[Order, ...]] = field(default_factory=dict)
    order: Order | None = None
    selections: Mapping[str, str | None] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    lifecycle: Lifecycle | None = None
    constant: tuple[str, ...] = ()
    path: Mapping[str, str] = field(default_factory=dict)
    only_when: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def is_list(self) -> bool:
        """Whether the operation lists items."""
        return self.items is not None

    @property
    def paging(self) -> Paging | None:
        """The way to request further pages; None if the contract does not say."""
        if self.next_token is not None and self.token_parameter is not None:
            return Paging(None, self.token_parameter)
        styles = ((style, getattr(self, style.role)) for style in STYLES)
        found = next((Paging(style, name) for style, name in styles if name is not None), None)
        return found or (Paging(None, None) if self.next_token is not None else None)

    @property
    def paging_parameter(self) -> str | None:
        """The query parameter that requests a further page, or None."""
        return self.paging.parameter if self.paging is not None else None


CONTENT: Final = frozenset({"data", "result", "item"})
"""Names of the object in a body that is the returned thing."""

SELECTIONS: Final = ("only", "some", "more")
"""The ways to choose fields by a parameter: it shows only those named, those named and perhaps
others, or those named besides the usual ones."""


EVERY: Final = frozenset({"all", "any", "both", "every", "*"})
"""Listed values of filters that select every item."""

GROUP: Final = re.compile(
    r"(?i)\*|(all|any|both|every)([_ -]\w.*)?|(not?|non|without|except)[_ -]\w.*"
)
"""Listed values of filters that may select items with several values: `all_not_deleted`."""

COUNTED: Final = ("all", "matching")
"""The items that a total counts exactly: all of the list, or those that match the filters."""


SELECTION: Final = re.compile(
    r"((response|return|only|include|exclude|select|sparse|extra|opt)_)?fields(_.*|\[.*\])?"
    r"|select|attributes|columns|only|exclude|omit|projection|(field_?)?mask"
)
"""Names, in snake case, of parameters that choose the fields of a response, so that others, also
required ones, may be absent."""


EXPANSION: Final = re.compile(r"(include|expand|embed|expansion)s?")
"""Names of parameters that add fields, or show a thing in place of its id."""


_DESCRIBED: Final = ("include", "includes", "properties")
_ABOUT_FIELDS: Final = re.compile(r"\b(fields?|attributes|properties|columns)\b", re.IGNORECASE)
_SAYS_FIELDS: Final = re.compile(
    r"(?<!extra )(?<!additional )\b(fields|attributes|properties|columns)( that are)?"
    r" to (be )?(return|includ|show|retriev|fetch|select)",
    re.IGNORECASE,
)
"""Descriptions of parameters of any name that choose the fields of a response."""

_SAYS_WHOLE: Final = re.compile(
    r"\b(full|whole|entire|complete|related|nested|linked) (\w+ )?"
    r"(object|resource|record|document|entit)",
    re.IGNORECASE,
)
"""Descriptions of parameters that show a thing in place of its id, in the fields they name."""


def selects_fields(name: str, description: str = "") -> bool:
    """Return whether a parameter chooses the fields of the response.

    One named `include`, or after nothing that is usual, may also ask for more things, so that its
    description decides. `pet.fields` chooses those of pets.
    """
    plain = snake_case(re.sub(r"^\w+\.", "", name)).strip("_")
    is_named = plain in _DESCRIBED and _ABOUT_FIELDS.search(description)
    is_described = is_named or _SAYS_FIELDS.search(description)
    expands = plain in _DESCRIBED and _SAYS_WHOLE.search(description)
    return bool(SELECTION.fullmatch(plain) or (is_described and not expands))


def list_expanded(query: Iterable[tuple[str, str]]) -> Sequence[Tokens]:
    """Return the paths of the fields that a query expands, as in `expand=owner.team,items`."""
    named = (text for name, text in query if EXPANSION.fullmatch(snake_case(name).strip("_[]")))
    return [tuple(re.split(r"[./]", path)) for text in named for path in text.split(",")]


WORD: Final = "word"
PART: Final = "part"
START: Final = "start"
MATCHES: Final = (WORD, PART, START)
"""The texts that a search finds: those with the word and perhaps others, those with the part, and
those that begin with it."""


NOT: Final = "not"
ABSENT: Final = "null"
BETWEEN: Final = "between"
PREFIXED: Final = "prefixed"
RELATIONS: Final = (NOT, ABSENT, BETWEEN, PREFIXED)
"""The items that another relation selects: those with another value; those without a value, or by
`false` with one, and the other way round if the bound is an upper one; those between two values
with a comma; those on the side that two letters before the value name, as in `ge2024-01-01` (FHIR
R5, section 3.2.1.5.6)."""

UNITS: Final = {"seconds": 1.0, "milliseconds": 1000.0}
"""Units of numbers of times since 1970 → how many are a second."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A parameter that bounds a field of the items.

    Attributes:
        field: item pointer; `*` stands for the elements of an array of objects.
        is_lower: whether items have at least the value, and not at most; or no value by `true`.
        contains: whether the field is an array that has the value instead, or a text or object,
            perhaps the whole item, that has its words.
        inclusive: whether items with the value itself are shown; None if that is not documented.
        match: which texts a search finds, one of `MATCHES`; None if that is not documented.
        relation: another one between field and value, one of `RELATIONS`; None for a side.
        unit: of the one of both that is a number, if the other one is a time; one of `UNITS`.
        among: item pointers of the texts that are searched for the words.
        caseless: whether the documentation says that a search finds words in any case.
    """

    field: str
    is_lower: bool
    contains: bool = False
    inclusive: bool | None = None
    match: str | None = None
    relation: str | None = None
    unit: str | None = None
    among: tuple[str, ...] = ()
    caseless: bool = False

    def __str__(self) -> str:
        """Return the relation in words."""
        if self.contains:
            where = "at the beginning of" if self.match == START else "in"
            case = ", in any case" if self.caseless else ""
            return f"the value {where} {' or '.join(self.among) or self.field or 'the item'}{case}"
        if self.relation == ABSENT and not self.is_lower:
            return f"{self.field} with a value, or without one"
        if self.relation is not None:
            return f"{self.field} {_RELATIONS[self.relation]}"
        at = "" if self.inclusive is False else "at or "
        return f"{self.field} {at}{'above' if self.is_lower else 'below'} the value"


_RELATIONS: Final = {
    NOT: "other than the value",
    ABSENT: "without a value, or with one",
    BETWEEN: "between the two values",
    PREFIXED: "on the side of the value that its prefix names",
}


@dataclass(frozen=True, slots=True)
class Order:
    """Parameters that sort the items by a field.

    Attributes:
        query: the parameters with their values.
        field: item pointer.
        descending: whether the largest value comes first; None if that is not documented.
        within: item pointers of fields; only items that are equal by these are sorted.
        grouped: whether the order of the values is unknown, so that equal ones come together.
    """

    query: Query
    field: str
    descending: bool | None
    within: tuple[str, ...] = ()
    grouped: bool = False
