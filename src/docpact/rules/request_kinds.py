"""Kinds of requests on which the values of items may depend: their page, size or parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.rules.pages import Filters, Item, Page
from docpact.rules.walks import Ending, Walk

Value: TypeAlias = str | float | None


class Look(NamedTuple):
    """An item as one page of a walk shows it.

    Attributes:
        item: the item.
        page: the page.
        walk: the walk.
        filters: of its query, which may also have orders and bounds.
        parameters: names of these filters, orders and bounds.
        number: of the page, from 0.
        place: of the item on the page, from 0.
    """

    item: Item
    page: Page
    walk: Walk
    filters: Filters
    parameters: tuple[str, ...]
    number: int
    place: int


class Kind(NamedTuple):
    """A property of requests on which a value may depend.

    Attributes:
        label: returns it.
        describe: writes a label, as in `on the first page`.
        homes: the labels that requests with the usual values may have; None for any.
        keeps_filters: whether only requests with the same filters are compared.
        is_serious: whether no correct server is known whose values depend on it.
    """

    label: Callable[[Look], Hashable]
    describe: Callable[[Any], str]
    homes: tuple[Hashable, ...] | None = (False, True)
    keeps_filters: bool = True
    is_serious: bool = True


KINDS: Final = (
    Kind(lambda look: look.number > 0, lambda late: f"on {'later' if late else 'first'} pages"),
    Kind(
        lambda look: look.walk.ending is Ending.END and look.page is look.walk.pages[-1],
        lambda last: f"on {'last' if last else 'other'} pages",
    ),
    Kind(
        lambda look: look.walk.size,
        lambda size: "at the default page size" if size is None else f"at page size {size}",
        homes=None,
        is_serious=False,
    ),
)
"""Properties on which a value may depend; the first one that explains all is reported."""


def list_parameters(
    differing: Mapping[str, Sequence[Look]], values: Mapping[str, Sequence[Value]]
) -> Iterator[Kind]:
    """Yield the property of having some filters, orders or bounds, those of unusual looks."""
    odd = {look.parameters for look in _list_unusual(differing, values)}
    for names in sorted(filter(None, odd), key=len):
        yield _have_parameters(names)


def _have_parameters(names: tuple[str, ...]) -> Kind:
    all_of = " and ".join(names)
    return Kind(
        lambda look: {*names} <= {*look.parameters},
        lambda has: f"{'with' if has else 'without'} {all_of}",
        homes=(False,),
        keeps_filters=False,
        is_serious=False,
    )


def _list_unusual(
    differing: Mapping[str, Sequence[Look]], values: Mapping[str, Sequence[Value]]
) -> Iterator[Look]:
    """Yield the looks at items that show another value than most."""
    for one, seen in differing.items():
        usual = Counter(values[one]).most_common(1)[0][0]
        pairs = zip(seen, values[one], strict=True)
        yield from (look for look, value in pairs if value != usual)


def list_odd_pages(
    differing: Mapping[str, Sequence[Look]], values: Mapping[str, Sequence[Value]]
) -> Iterator[Kind]:
    """Yield the property of being the only page, at one size, with other values than usual."""
    odd = {(look.walk.size, look.number) for look in _list_unusual(differing, values)}
    if len(odd) == 1:
        yield _be_page(*odd)


def _be_page(page: tuple[int | None, int]) -> Kind:
    """Return the kind of one page: its number from 0, and the page size."""
    size, number = page
    where = f"on page {number + 1} " + (f"of size {size}" if size else "of the default size")
    return Kind(
        lambda look: (look.walk.size, look.number) == page,
        lambda is_odd: where if is_odd else "on others",
        homes=(False,),
        keeps_filters=False,
    )
