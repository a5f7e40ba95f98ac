"""The roles in operation.json, checked: a misspelt one, or one that names nothing, is an error."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NotRequired, TypedDict

from docpact.catalogue.contract import Contract, JsonPointer
from docpact.model import Lifecycle, Roles
from docpact.model.paging import POSITIONS, START_INDEX, TELLING_IDS, TELLING_SIZES, plain
from docpact.model.pointer import pointer
from docpact.model.roles import COUNTED, MATCHES, RELATIONS, SELECTIONS, UNITS, Bound, Order
from docpact.model.schema import follow, place
from docpact.text import suggest

PARAMETERS: Final = (
    *("token_parameter", "page_parameter", "offset_parameter", "last_id_parameter"),
    "size_parameter",
)
"""Roles whose value is the name of a query parameter."""

FIELDS: Final = ("items", "next_token", "has_more", "total_pages", "total", "count")
"""Roles whose value is the JSON Pointer of a field of the body."""

NAMES: Final = (
    *(*PARAMETERS, *FIELDS, "id", "first_page"),
    *("filters", "bounds", "orders", "order", "selections", "scopes", "lifecycle", "constant"),
    *("path", "only_when"),
)
"""Every role."""


class StatedOrder(TypedDict):
    """An order in operation.json; see `Order`."""

    query: list[tuple[str, str]]
    field: JsonPointer
    descending: NotRequired[bool | None]
    within: NotRequired[list[JsonPointer]]
    grouped: NotRequired[bool]


def read_roles(contract: Contract) -> Roles:
    """Return the roles of an operation; raise ContractError for one that names nothing."""
    _check_names(contract)
    scopes = contract.get("/roles/scopes", tuple[str, ...], ())
    filters, bounds, orders = (
        _find_parts(contract, role) for role in ("filters", "bounds", "orders")
    )
    parts = (filters | bounds | orders).items()
    roles = Roles(
        **{name: _read(contract, name) for name in PARAMETERS},
        **{name: _read(contract, name, JsonPointer) for name in (*FIELDS, "id")},
        counts=_read_word(contract, "/roles/total/counts", COUNTED)
        or _read_word(contract, "/roles/count/counts", COUNTED),
        filters=_read_pointers(contract, "filters"),
        joined=frozenset(
            name
            for name in filters
            if contract.get(pointer(["roles", "filters", name, "joined"]), bool, False)
        ),
        inferred=frozenset(n for n, each in parts if "inferred" in each) - {*scopes},
        bounds={name: _read_bound(contract, name) for name in bounds},
        orders={name: _read_orders(contract, name) for name in orders},
        order=_read_order(contract),
        selections={
            name: _read_word(contract, pointer(["roles", "selections", name, "value"]), SELECTIONS)
            for name in contract.get("/roles/selections", dict, {})
        },
        path=_read_pointers(contract, "path"),
        scopes=scopes,
        lifecycle=_lifecycle(contract),
        constant=contract.get("/roles/constant", tuple[JsonPointer, ...], ()),
        only_when=_only_when(contract),
    )
    _check_places(contract, roles)
    path = _find_parts(contract, "path")
    guessed = {f"path/{name}" for name, each in path.items() if "inferred" in each}
    first = _read(contract, "first_page", int)
    return replace(
        roles,
        first_page=_read_first_page(contract, roles) if first is None else first,
        inferred=roles.inferred | {*_guesses(contract, roles)} | guessed,
    )


def _find_parts(contract: Contract, role: str) -> dict[str, Any]:
    """Return the parameters of a role; null says that one does not have it."""
    stated = contract.get(f"/roles/{role}", dict, {})
    return {name: each for name, each in stated.items() if each is not None}


def _read_pointers(contract: Contract, role: str) -> dict[str, str]:
    return {
        name: contract.get(pointer(["roles", role, name, "value"]), JsonPointer)
        for name in _find_parts(contract, role)
    }


def _read_bound(contract: Contract, name: str) -> Bound:
    where = pointer(["roles", "bounds", name, "value"])
    return Bound(
        contract.get(f"{where}/field", JsonPointer),
        contract.get(f"{where}/lower", bool),
        contract.get(f"{where}/contains", bool, False),
        contract.get(f"{where}/inclusive", bool | None, None),
        _read_word(contract, f"{where}/match", MATCHES),
        _read_word(contract, f"{where}/relation", RELATIONS),
        _read_word(contract, f"{where}/unit", UNITS),
        contract.get(f"{where}/among", tuple[JsonPointer, ...], ()),
        contract.get(f"{where}/caseless", bool, False),
    )


def _read_orders(contract: Contract, name: str) -> tuple[Order, ...]:
    where = pointer(["roles", "orders", name, "value"])
    orders = contract.get(where, list[StatedOrder])
    return tuple(
        Order(
            tuple(each["query"]),
            each["field"],
            each.get("descending"),
            tuple(each.get("within", ())),
            each.get("grouped", False),
        )
        for each in orders
    )


def _read_order(contract: Contract) -> Order | None:
    """Return the order of the items if no parameter sorts them; null says that there is none."""
    if contract.get("/roles/order", dict[str, Any] | None, None) is None:
        return None
    field = contract.get("/roles/order/value/field", JsonPointer)
    return Order((), field, contract.get("/roles/order/value/descending", bool | None, None))


def _read_word(contract: Contract, where: str, words: Collection[str]) -> str | None:
    value: str | None = contract.get(where, str, None)
    if value is not None and value not in words:
        raise contract.error("operation", where, f"{value!r} is not one of {', '.join(words)}")
    return value


def _read(contract: Contract, name: str, kind: Any = str) -> Any:
    """Return the value of a role, or None; null says that nothing has the role."""
    return contract.get(f"/roles/{name}/value", kind, None)


def _check_names(contract: Contract) -> None:
    for name in contract.get("/roles", dict, {}):
        if name not in NAMES:
            hint = suggest(name, NAMES, f"known: {', '.join(NAMES)}")
            raise contract.error("operation", pointer(["roles", name]), f"unknown role; {hint}")


def _check_places(contract: Contract, roles: Roles) -> None:
    """Raise for a role that names an undocumented parameter or field."""
    listed = contract.get("/parameters", list[dict[str, Any]])
    known = [each["name"] for each in listed if each["in"] == "query"]
    named = [(role, getattr(roles, role)) for role in PARAMETERS]
    for role in ("filters", "bounds", "orders", "selections"):
        named += [(f"{role}/{name}", name) for name in getattr(roles, role)]
    for role, name in named:
        if name is not None and name not in known:
            problem = f"no query parameter {name!r} is documented"
            raise contract.error("operation", f"/roles/{role}", problem)
    if unknown := [name for name in roles.scopes if name not in roles.filters]:
        raise contract.error("operation", "/roles/scopes", f"{unknown[0]!r} is not a filter")
    if roles.total is not None and roles.items is None:
        raise contract.error("operation", "/roles/total", "there is no role items")
    body = follow(contract.documents["response"])[0]
    for role in FIELDS:
        where = getattr(roles, role)
        if where and not (where.startswith("/") and place(body, where)):
            problem = f"the documented body has nothing at {where!r}"
            raise contract.error("operation", f"/roles/{role}", problem)


def _read_first_page(contract: Contract, roles: Roles) -> int | None:
    """Return 1 if the schema of the page number says so; offsets begin at 0 by most names."""
    name = roles.page_parameter or roles.offset_parameter
    schema = contract.documents["query"].get("properties", {}).get(name, {})
    is_one = 1 in (schema.get("default"), schema.get("minimum"))
    if name is not None and name == roles.offset_parameter and plain(name) != START_INDEX:
        return int(is_one and plain(name) in POSITIONS)
    return 1 if is_one else None


def _guesses(contract: Contract, roles: Roles) -> Iterator[str]:
    """Yield the parameters and fields about pages whose role only their own name suggests.

    If another one of the same style is documented as well, they are certain, except the field of
    the next page, which a server may never fill in.
    """

    def is_inferred(role: str) -> bool:
        stated = contract.get("/roles", dict, {}).get(role) or {}
        return "inferred" in stated and "documented" not in stated

    paging, size, total = roles.paging, roles.size_parameter, roles.total
    fields = (roles.has_more, roles.total_pages, roles.next_token)
    if paging is not None and paging.style is not None and is_inferred(paging.style.role):
        parameter = str(paging.parameter)
        telling = plain(parameter) in TELLING_IDS and roles.has_more
        by_id = roles.last_id_parameter == parameter
        if not (telling if by_id else size or total or any(fields)):
            yield parameter
    alone = paging is None and not any(fields)
    is_telling = size is not None and plain(size) in TELLING_SIZES
    if size is not None and is_inferred("size_parameter") and alone and not (total or is_telling):
        yield size
    documented = contract.get("/roles/token_parameter/line", int, None) is not None
    if roles.next_token is not None and is_inferred("next_token") and not documented:
        yield roles.next_token
    if total is not None and is_inferred("total") and alone and not size:
        yield total


def _lifecycle(contract: Contract) -> Lifecycle | None:
    if contract.get("/roles/lifecycle", dict, None) is None:
        return None
    stages = contract.get("/roles/lifecycle/stages", tuple[tuple[str, ...], ...])
    if not stages or not all(stages):
        problem = f"expected a list of stages, each a list of values; found {stages!r}"
        raise contract.error("operation", "/roles/lifecycle/stages", problem)
    return Lifecycle(field=contract.get("/roles/lifecycle/field", JsonPointer), stages=stages)


def _only_when(contract: Contract) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    found = {}
    for name in contract.get("/roles/only_when", dict, {}):
        where = pointer(["roles", "only_when", name])
        beside = contract.get(f"{where}/field", JsonPointer)
        found[name] = (beside, contract.get(f"{where}/values", tuple[str, ...]))
    return found
