"""Half a year of an API that grows, has quiet weekends, a season and odd nights, and drifts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from random import Random
from typing import Any, Final, TypeAlias

from lists import check, contract, whole_number

from docpact.history.policy import Policy, apply_policy
from docpact.history.store import list_nights
from docpact.model import AcceptedFinding, Finding, HistoryEntry, Operation, Past, Run

Order: TypeAlias = dict[str, Any]
Answer: TypeAlias = tuple[int, Any, Mapping[str, str]]

FIRST: Final = datetime(2026, 7, 1, 3, tzinfo=UTC)
NIGHTS: Final = 184
STATUSES: Final = ("OPEN", "PAID", "SHIPPED")

PARAMETERS: Final = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "offset": {"type": "integer", "minimum": 0},
    "status": {"type": "string", "enum": [*STATUSES]},
}
NEXT_VERSION: Final = {**PARAMETERS, "customer": {"type": "string"}}
ITEM: Final = {
    "id": {"type": "string"},
    "status": PARAMETERS["status"],
    "amount": {"type": "number"},
    "created": {"type": "string", "format": "date-time"},
    "invoice": {"type": ["string", "null"]},
}
BODY: Final = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": ITEM, "required": [*ITEM][:4]},
        },
        "total": {"type": "integer"},
    },
    "required": ["items", "total"],
}
ROLES: Final = [
    {
        "document": "operation",
        "pointer": "/roles/lifecycle",
        "value": {"field": "/status", "stages": [["OPEN"], ["PAID"], ["SHIPPED"]]},
        "source": "the guide of the shop",
    }
]


def make_order(number: int, created: date, night: date) -> Order:
    """Return an order as it is on a night; nobody documents its last fields."""
    random = Random(number)
    is_business = number > 400 and number % 9 == 0
    age = (night - created).days
    status = STATUSES[min(2, age // 2)]
    size = random.lognormvariate(3, 0.8) * (8 if is_business else 1)
    order = {
        "id": _uuid(random),
        "status": status,
        "amount": round(size, 2) or 1.0,
        "created": f"{created}T{random.randrange(24):02d}:15:00Z",
        "invoice": f"inv-{number}" if status != "OPEN" else None,
        "weight": random.randrange(80, 9000),
        "warehouse": random.choice(("north", "south", "harbor")),
        "checksum": sha256(f"{number}".encode()).hexdigest()[:40],
        "customer": {"id": f"c_{random.randrange(10, 500)}", "vip": is_business},
        "labels": {f"x{random.randrange(900)}": "1" for _ in range(2)},
        "note": random.choice(("", "ring twice", "leave it at the door")),
    }
    if number % 97 != 0:
        order["phone"] = f"+49{random.randrange(10**6, 10**9)}"
    if status == "SHIPPED":
        order["tracking"] = f"TR{random.randrange(10**11, 10**12)}"
    return order


def _uuid(random: Random) -> str:
    text = random.randbytes(16).hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


@dataclass(frozen=True, slots=True)
class World:
    """The API on one night.

    Attributes:
        night: the day.
        orders: newest first.
        page: the default size of a page.
        refusal: the status of refused requests.
        headers: of accepted responses.
        longest: the number of orders that the list shows at most.
    """

    night: date
    orders: Sequence[Order] = ()
    page: int = 50
    refusal: int = 422
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"X-Request-Id": "r1", "ETag": '"e"'}
    )
    longest: int | None = None

    def answer(self, query: Mapping[str, str]) -> Answer:
        """Answer one request."""
        size = whole_number(query.get("limit", str(self.page)), 1, 100)
        start = whole_number(query.get("offset", "0"), 0, 10**9)
        status = query.get("status")
        if size is None or start is None or status not in (None, *STATUSES):
            return self.refusal, {"detail": "refused"}, {}
        orders = self.orders[: self.longest]
        shown = [order for order in orders if status in (None, order["status"])]
        page = shown[start : start + size]
        return 200, {"items": page, "total": len(shown)}, self.headers


def open_shop(day: int) -> World:
    """Return the shop of a night without any drift: it grows, also in a season, rests, and resets.

    Weekends are quiet, December is busy, business customers with larger orders come in autumn, and
    one night shows an empty account.
    """
    night = (FIRST + timedelta(days=day)).date()
    created: list[date] = [night - timedelta(days=day + 30 - n // 3) for n in range(90)]
    for past in range(day + 1):
        at = (FIRST + timedelta(days=past)).date()
        busy = 4 if at.month == 12 else 2
        created += [at] * (0 if at.weekday() >= 5 else busy + past % 2)
    orders = [make_order(n, at, night) for n, at in enumerate(created)]
    return World(night, [] if day == 60 else orders[::-1])


Drift: TypeAlias = Callable[[World], World]
"""Returns the shop as it is after a change."""


def each(change: Callable[[Order], Order], since: int | None = None) -> Drift:
    """Change every order, or only those that were created since a day."""
    first = (FIRST + timedelta(days=since)).date().isoformat() if since is not None else ""

    def drift(world: World) -> World:
        orders = [change(o) if o["created"][:10] >= first else o for o in world.orders]
        return replace(world, orders=orders)

    return drift


def without(name: str, order: Order) -> Order:
    """Return an order without a field."""
    return {key: value for key, value in order.items() if key != name}


def mapped(name: str, change: Callable[[Any], Any], order: Order) -> Order:
    """Return an order with one value changed."""
    return {**order, name: change(order[name])} if order.get(name) is not None else order


def reopen(order: Order) -> Order:
    """Return an old order as one that is not shipped yet."""
    return {**order, "status": "PAID"} if order["created"] < "2026-06-20" else order


def headed(headers: Mapping[str, str], world: World) -> World:
    """Add headers, and remove those whose value is empty."""
    every = {**world.headers, **headers}
    return replace(world, headers={name: value for name, value in every.items() if value})


def _base32(text: str) -> str:
    return sha256(text.encode()).hexdigest().upper()[:26].translate(str.maketrans("0189", "WXYZ"))


DRIFTS: Final[Mapping[int, tuple[str, str, Drift]]] = {
    20: ("habit.presence", "/items/*/weight", each(partial(without, "weight"))),
    33: ("habit.scale", "/items/*/amount", each(partial(mapped, "amount", lambda v: v * 100))),
    47: ("habit.id", "/items/*/id", each(partial(mapped, "id", _base32), since=47)),
    62: (
        "habit.shape",
        "/items/*/checksum",
        each(partial(mapped, "checksum", lambda v: sha256(v.encode()).hexdigest())),
    ),
    75: (
        "habit.type",
        "/items/*/warehouse",
        each(partial(mapped, "warehouse", lambda v: {"name": v})),
    ),
    88: ("habit.rejection", "status", lambda world: replace(world, refusal=400)),
    100: ("habit.header", "header/etag", partial(headed, {"ETag": ""})),
    112: ("habit.page_size", "/items", lambda world: replace(world, page=20)),
    123: ("habit.presence", "/items/*/invoice", each(partial(without, "invoice"))),
    135: (
        "habit.new_header",
        "header/x-ratelimit-limit",
        partial(headed, {"X-RateLimit-Limit": "60"}),
    ),
    129: (
        "habit.constancy",
        "/items/*/created",
        each(partial(mapped, "created", lambda v: v.replace(":15:00Z", ":45:00Z"))),
    ),
    160: (
        "protocol.deprecation",
        "header/sunset",
        partial(headed, {"Sunset": "Wed, 31 Mar 2027 00:00:00 GMT"}),
    ),
    166: ("habit.final", "/items/*/status", each(reopen)),
    172: ("habit.items", "/items", lambda world: replace(world, longest=100)),
}
"""Day of a drift, from 0 → the rule and location of the finding that names it, and the drift."""

OTHER_ACCOUNT: Final = range(146, 150)
"""Nights on which somebody runs docpact with the key of another account."""

NEW_CONTRACT: Final = 155
"""The day since which the documentation, and so the contract, has a further parameter."""


def serve(day: int) -> World:
    """Return the shop of a night with every drift until then."""
    world = open_shop(day)
    if day in OTHER_ACCOUNT:
        world = replace(
            world, orders=[mapped("amount", lambda v: v * 1000, o) for o in world.orders[:40]]
        )
    for first, (_, _, drift) in DRIFTS.items():
        world = drift(world) if day >= first else world
    return world


def accept(found: Finding, run: Run) -> AcceptedFinding:
    """Return the entry of a baseline for a finding."""
    day = run.started.date()
    return AcceptedFinding(
        run.operation, found.fingerprint, found.rule, found.location, found.observed, "known", day
    )


@dataclass(slots=True)
class Nights:
    """Nightly runs with their history.

    Attributes:
        entries: of the runs.
        accepted: the baseline.
        patience: number of days after which somebody accepts a finding.
        families: of the rules to test; None for all of them.
    """

    entries: list[HistoryEntry] = field(default_factory=list)
    accepted: list[AcceptedFinding] = field(default_factory=list)
    patience: int = 2
    families: Collection[str] | None = None

    def check(self, day: int, world: World, operation: Operation, account: str = "a1b2") -> Run:
        """Check the API of one night, and keep the run."""
        past = Past(account, list_nights(self.entries))
        started = FIRST + timedelta(days=day)
        families = self.families
        run = check(operation, world.answer, families=families, past=past, _started=started)
        run = apply_policy(replace(run, started=started), Policy(known=tuple(self.accepted)))
        self.entries.append(HistoryEntry(len(self.entries) + 1, run.verdict(), run))
        known = {each.fingerprint for each in self.accepted}
        earlier = [e.run for e in self.entries[-1 - self.patience : -self.patience]]
        standing = {found.fingerprint for each in earlier for found in each.findings}
        for found in run.findings:
            if found.fingerprint in standing - known:
                self.accepted.append(accept(found, run))
        return run

    def named(self, rule: str) -> list[date]:
        """Return the days of the runs that report a finding of a rule."""
        return [e.started.date() for e in self.entries if rule in {f.rule for f in e.run.findings}]


def latest(world: World) -> World:
    """Show the orders of the last ten days only."""
    first = (world.night - timedelta(days=10)).isoformat()
    return replace(world, orders=[o for o in world.orders if o["created"] >= first])


def small(world: World) -> World:
    """Show a few orders only."""
    return replace(world, orders=world.orders[::12])


def edited(world: World) -> World:
    """Let people edit shipped orders: labels of a third on one night, notes and refunds of some."""
    day, orders = world.night.toordinal(), list[Order]()
    for number, order in enumerate(world.orders):
        now = {**order, "views": day + number}
        if day % 30 > 14 and number % 3 == 0:
            now["labels"] = {**order["labels"], "archived": "1"}
        if (number + day) % 23 == 0:
            now |= {"note": f"called on {world.night}", "amount": 1.5}
        orders.append(now)
    return replace(world, orders=orders)


def moody(world: World) -> World:
    """Answer as one of two servers, by turns, and always as documented."""
    day = world.night.toordinal()
    random = Random(day)
    orders = [o if random.random() < 0.99 else without("weight", o) for o in world.orders]
    orders = [o if random.random() < 0.5 else {**o, "invoice": None} for o in orders]
    page, refusal = (20, 50)[day % 2], (400, 422)[day % 2]
    headers = {"X-Request-Id": "r"} if day % 2 else {}
    return replace(world, orders=orders, page=page, refusal=refusal, headers=headers)


BENIGN: Final[Mapping[str, Drift]] = {
    "as it is": lambda world: world,
    "a list of the latest orders": latest,
    "a small account": small,
    "people edit orders": edited,
    "no habits": moody,
}
"""Shops that do not drift."""

OPERATION: Final = contract(PARAMETERS, ITEM, refinements=ROLES, body=BODY)
NEXT_OPERATION: Final = contract(NEXT_VERSION, ITEM, refinements=ROLES, body=BODY)
