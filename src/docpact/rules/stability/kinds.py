"""Kinds of requests on which a value of an item may depend, unless the server makes a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.rules.walks.pages import Filters, Item, Page
from docpact.rules.walks.walk import Walk

Value: TypeAlias = str | float | None


class Sighting(NamedTuple):
    """An item as one page of a walk shows it.

    Attributes:
        item: the item.
        page: the page.
        walk: the walk.
        filters: of its query, which may also have orders and bounds.
        parameters: names of these filters, orders and bounds.
        number: of the page, from 0.
        place: of the item on the page, from 0.
        is_paged: whether a parameter chooses the page or its size.
    """

    item: Item
    page: Page
    walk: Walk
    filters: Filters
    parameters: tuple[str, ...]
    number: int
    place: int
    is_paged: bool


class Trait(NamedTuple):
    """A property of requests on which a value may depend.

    Attributes:
        label: returns it.
        describe: writes a label, as in `on the first page`.
        homes: the labels that requests with the usual values may have; None for any.
        keeps_filters: whether only requests with the same filters are compared.
        is_serious: whether no correct server is known whose values depend on it.
    """

    label: Callable[[Sighting], Hashable]
    describe: Callable[[Any], str]
    homes: tuple[Hashable, ...] | None = (False, True)
    keeps_filters: bool = True
    is_serious: bool = True


KINDS: Final = (
    Trait(
        lambda look: look.is_paged,
        lambda paged: f"{'with' if paged else 'without'} parameters that choose a page",
        homes=(True,),
        is_serious=False,
    ),
    Trait(lambda look: look.number > 0, lambda late: f"on {'later' if late else 'first'} pages"),
    Trait(
        lambda look: look.walk.reached_end and look.page is look.walk.pages[-1],
        lambda last: f"on {'last' if last else 'other'} pages",
    ),
)
"""Properties on which a value may depend; the first one that explains all is reported."""

BY_SIZE: Final = Trait(
    lambda look: look.walk.size,
    lambda size: "at the default page size" if size is None else f"at page size {size}",
    homes=None,
    is_serious=False,
)

FIRSTS: Final = (
    Trait(
        lambda look: look.number > 0 and look.place == 0,
        lambda is_first: "as the first item of a later page" if is_first else "elsewhere",
        homes=(False,),
        keeps_filters=False,
    ),
    Trait(
        lambda look: look.number == 1 and look.place == 0,
        lambda is_first: "as the first item of page 2" if is_first else "elsewhere",
        homes=(False,),
        keeps_filters=False,
    ),
)
"""Those of the first item of a page."""


def list_unusual(
    differing: Mapping[str, Sequence[Sighting]],
    values: Mapping[str, Sequence[Value]],
    orders: Set[str],
) -> Iterator[Trait]:
    """Yield the properties of the looks at items that show another value than most.

    They have no filter, or some filters, orders or bounds, or are the only page, at one size, that
    does so.
    """
    usual = {one: Counter(each).most_common(1)[0][0] for one, each in values.items()}
    pairs = (
        (one, pair)
        for one, seen in differing.items()
        for pair in zip(seen, values[one], strict=True)
    )
    odd = [look for one, (look, value) in pairs if value != usual[one]]
    if any(orders >= {*look.parameters} for look in odd):
        yield Trait(
            lambda look: bool({*look.parameters} - orders),
            lambda has: f"{'with any' if has else 'without'} filter",
            homes=(False,),
            keeps_filters=False,
            is_serious=False,
        )
    for names in sorted(filter(None, {look.parameters for look in odd}), key=len):
        yield _have_parameters(names)
    pages = {(look.walk.size, look.number) for look in odd}
    if len(pages) == 1:
        ((size, number),) = pages
        where = f"on page {number + 1} " + (f"of size {size}" if size else "of the default size")
        yield Trait(
            lambda look: (look.walk.size, look.number) in pages,
            lambda is_odd: where if is_odd else "on others",
            homes=(False,),
            keeps_filters=False,
        )


def _have_parameters(names: tuple[str, ...]) -> Trait:
    all_of = " and ".join(names)
    return Trait(
        lambda look: {*names} <= {*look.parameters},
        lambda has: f"{'with' if has else 'without'} {all_of}",
        homes=(False,),
        keeps_filters=False,
        is_serious=False,
    )
