"""Limits of foreign data: each is named when it is reached, and costs grow as inputs do."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest
from counting import count_steps
from toy import LAMPS, exchange

from docpact import limits
from docpact.bodies.codings import CodingError, undo_codings
from docpact.bodies.decode import decode
from docpact.limits import MAX_BREACHES, MAX_CHUNKS, MAX_MEMBERS, MAX_VALUES
from docpact.model import Failure
from docpact.rules.accumulator import Accumulator
from docpact.rules.summary import BreachKey
from docpact.targets.body import read

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 2_000, 4_000)
GROWTH: dict[str, Callable[[int], object]] = {
    "different names and one twice": lambda n: decode(
        b"{" + b",".join(b'"k%d":1' % each for each in [*range(n), n - 1]) + b"}"
    ),
    "not a number": lambda n: decode(b"[" + b",".join([b"NaN"] * n) + b"]"),
    "empty objects": lambda n: decode(json.dumps([{}] * n).encode()),
}


def test_every_limit_is_documented() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert [name for name in vars(limits) if name.isupper() and f"`{name}`" not in page] == []


@pytest.mark.parametrize("kind", GROWTH)
def test_steps_grow_as_inputs_do(kind: str) -> None:
    small, middle, large = (count_steps(partial(GROWTH[kind], size)) for size in SIZES)
    assert large - middle <= 2.2 * (middle - small) + 100


@pytest.mark.parametrize("piece", [b"{}", b"[]", b"0", b'{"a":1}', b'",[{"'])
def test_a_body_holds_a_limited_number_of_values(piece: bytes) -> None:
    per_piece = 2 if b":" in piece else 1
    most = (MAX_VALUES - 1) // per_piece
    assert decode(b"[" + b",".join([piece] * most) + b"]").problems == ()
    (problem,) = decode(b"[" + b" , ".join([piece] * (most + per_piece)) + b"]").problems
    assert problem.kind == "size"
    assert problem.message == f"{1 + per_piece * (most + per_piece):,} values, more than 500,000"


def test_a_body_has_a_limited_number_of_members() -> None:
    member = gzip.compress(b" ")
    assert b"".join(undo_codings([member * MAX_MEMBERS], ["gzip"])) == b" " * MAX_MEMBERS
    with pytest.raises(CodingError, match=r"coded with gzip in more than 1,000 members"):
        b"".join(undo_codings([member * (MAX_MEMBERS + 1)], ["gzip"]))


def test_a_body_comes_in_a_limited_number_of_chunks() -> None:
    def stream(count: int) -> httpx.Response:
        return httpx.Response(200, content=iter([b" "] * count))

    outcome = read(stream(MAX_CHUNKS + 1), 60)
    assert outcome == Failure("size", "the body has more than 100,000 chunks")
    assert not isinstance(read(stream(MAX_CHUNKS), 60), Failure)


def test_of_endless_breaches_the_smallest_are_kept_with_their_counts() -> None:
    accumulator = Accumulator(LAMPS, keeps_visits=True)
    names = [f"/{number:05}" for number in range(3 * MAX_BREACHES)]
    for number, name in enumerate([*reversed(names), *names]):
        accumulator.begin((0, number), exchange({}))
        accumulator.add_breach(
            BreachKey("response.undocumented_field", True, "/properties", name), ""
        )
    summary = accumulator.summary()
    assert summary.is_cut
    assert [key.location for key in summary.breaches] == names[:MAX_BREACHES]
    assert {each.count for each in summary.breaches.values()} == {2}
