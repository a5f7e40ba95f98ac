"""The speed of strategies, their spread and their shrinking: docpact, by hand, another tool.

    python benchmarks/generation.py --other path/to/python --rounds 7

draws pages and queries of list_classify_jobs in rounds. In each round every source has a turn, in
alternating order, so that a slow moment of the machine affects all of them. Ratios are taken within
a round, relative to the strategies written by hand (by_hand.py). `--other` names an interpreter
with hypothesis-jsonschema; it gets the same schemas, without undocumented fields and with at most
as many items as the others draw. Times are processor times. A rejected draw is one that a filter or
Hypothesis gave up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any, Final, Protocol

import by_hand
from drawing import Draws, draws, smallest
from failures import FAILURES
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from spread import shares

from docpact import load
from docpact.model import Operation, Schema
from docpact.strategies import payloads, queries
from docpact.strategies.values import MORE_ITEMS

FEWER: Final = 5
"""The other tool draws this many times fewer values, because it is slower by more than that."""

SIZES: Final = (1, 10, 100, 1000)
"""Numbers of fields for which the cost of a draw is measured."""


class Source(Protocol):
    """Draws values of one schema."""

    def draws(self, count: int, number: int) -> Draws:
        """Draw some values under a seed."""

    def smallest(self, failure: str, number: int) -> Any:
        """Return the smallest page found for a planted failure, or None."""


@dataclass(frozen=True, slots=True)
class Here:
    """A strategy of this process."""

    strategy: SearchStrategy[Any]

    def draws(self, count: int, number: int) -> Draws:
        """Draw some values under a seed."""
        return draws(self.strategy, count, number)

    def smallest(self, failure: str, number: int) -> Any:
        """Return the smallest page found for a planted failure, or None."""
        return smallest(self.strategy, FAILURES[failure], number)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A schema that another process draws from."""

    process: subprocess.Popen[str]
    schema: Schema

    def draws(self, count: int, number: int) -> Draws:
        """Draw fewer values under a seed."""
        return Draws(*self._answer(count=count // FEWER, seed=number))

    def smallest(self, failure: str, number: int) -> Any:
        """Return the smallest page found for a planted failure, or None."""
        return self._answer(failure=failure, seed=number)

    def _answer(self, **asked: Any) -> Any:
        if self.process.stdin is None or self.process.stdout is None:
            raise ValueError(self.process)
        self.process.stdin.write(json.dumps({"schema": self.schema, **asked}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def closed(schema: Schema) -> Schema:
    """Return a schema without undocumented fields, with at most as many items as others draw."""
    found = dict(schema)
    if "properties" in found:
        parts = {name: closed(part) for name, part in found["properties"].items()}
        found |= {"properties": parts, "additionalProperties": False}
    if "items" in found:
        most = found.get("minItems", 0) + MORE_ITEMS
        found |= {"items": closed(found["items"]), "maxItems": most}
    return found


def sent(operation: Operation) -> Schema:
    """Return the schema of the queries: no page token, and at least one value in each array."""
    properties = {
        name: {**part, "minItems": 1} if "items" in part else part
        for name, part in operation.query_schema["properties"].items()
        if name != operation.roles.token_parameter
    }
    return {"type": "object", "properties": properties}


def decoded(query: Any, schema: Schema) -> dict[str, Any]:
    """Return a query as an object; it may be a case, pairs or an object."""
    if isinstance(query, dict):
        return query
    found: dict[str, Any] = {}
    for name, text in getattr(query, "query", query):
        part = schema["properties"][name]
        if "items" in part:
            found.setdefault(name, []).append(text)
        else:
            found[name] = int(text) if part["type"] == "integer" else text
    return found


def measured(
    sources: Mapping[str, Source], rounds: int, count: int
) -> tuple[dict[str, list[Draws]], dict[str, list[float]]]:
    """Return the draws of each source, and their rates relative to the strategies by hand."""
    found: dict[str, list[Draws]] = {name: [] for name in sources}
    for number in range(-1, rounds):
        for name in sorted(sources, reverse=number % 2 == 0):
            drawn = sources[name].draws(count, number + 1)
            if number >= 0:  # the round before the first one fills the caches
                found[name].append(drawn)
    base = [drawn.rate for drawn in found["by hand"]]
    return found, {
        name: [drawn.rate / one for drawn, one in zip(several, base, strict=True)]
        for name, several in found.items()
    }


def speed(
    title: str, found: Mapping[str, Sequence[Draws]], ratios: Mapping[str, Sequence[float]]
) -> Iterator[str]:
    """Yield a table of rates."""
    yield f"\n{title:<24}{'ratio':>7}  {'middle half':<14}{'draws/s':>9}{'items/s':>9}"
    yield f"{'items':>7}{'bytes':>7}{'rejected':>10}\n"
    for name, several in found.items():
        low, _, high = quantiles(ratios[name], n=4)
        values = [value for drawn in several for value in drawn.values]
        items = fmean(_items(value) for value in values)
        rate = median(drawn.rate for drawn in several)
        size = fmean(_size(value) for value in values)
        rejected = sum(drawn.rejected for drawn in several)
        yield f"{name:<24}{median(ratios[name]):>7.2f}  {f'{low:.2f} to {high:.2f}':<14}"
        yield f"{rate:>9.1f}{rate * items:>9.1f}{items:>7.2f}{size:>7.0f}"
        yield f"{rejected / (rejected + len(values)):>10.1%}\n"


def spreads(title: str, schema: Schema, values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Yield a table of how often each edge is drawn, and how often the rarest is."""
    found = {name: shares(schema, several) for name, several in values.items()}
    yield f"\n{title:<68}" + "".join(f"{name:>12}" for name in found) + "\n"
    for where, what in next(iter(found.values())):
        cells = "".join(f"{each[where, what]:>12.1%}" for each in found.values())
        yield f"{where or '/'} {what}".ljust(68) + cells + "\n"
    rarest = "".join(f"{min(each.values()):>12.1%}" for each in found.values())
    yield f"{'the rarest':<68}{rarest}\n"
    never = "".join(f"{sum(not share for share in each.values()):>12}" for each in found.values())
    yield f"{'edges never met':<68}{never}\n"


def shrinking(sources: Mapping[str, Source], seeds: int) -> Iterator[str]:
    """Yield a table of the bytes of the smallest page found for each planted failure.

    The other tool takes minutes to search, and does so once.
    """
    yield f"\n{'smallest page, in bytes':<34}" + "".join(f"{name:>22}" for name in sources) + "\n"
    for failure in FAILURES:
        yield f"{failure:<34}"
        for source in sources.values():
            several = 1 if isinstance(source, Elsewhere) else seeds
            found = [source.smallest(failure, number) for number in range(several)]
            sizes = sorted(_size(page) for page in found if page is not None)
            span = " to ".join(map(str, dict.fromkeys([sizes[0], sizes[-1]]))) if sizes else "none"
            lost = f", {len(found) - len(sizes)} not met" if len(sizes) < len(found) else ""
            yield f"{span + lost:>22}"
        yield "\n"


def growth(operation: Operation, rounds: int) -> dict[str, dict[int, float]]:
    """Return processor seconds of one draw by number of fields, for docpact and by hand."""
    found: dict[str, dict[int, float]] = {"docpact": {}, "by hand": {}}
    for size in SIZES:
        operation = replace(operation, response_schema=wide(size))
        hand = st.fixed_dictionaries({}, optional=_wide_by_hand(size))
        for name, strategy in (("docpact", payloads(operation)), ("by hand", hand)):
            source, count = Here(strategy), max(20, 400 // size)
            source.draws(count, 0)
            rates = [source.draws(count, number).rate for number in range(1, rounds + 1)]
            found[name][size] = 1 / median(rates)
    return found


def wide(size: int) -> Schema:
    """Return the schema of an object with a number of fields, of four kinds in turn."""
    kinds: Sequence[Schema] = (
        {"type": ["string", "null"]},
        {"type": "string", "enum": ["PENDING", "RUNNING", "COMPLETED", "FAILED"]},
        {"type": "integer", "minimum": 1, "maximum": 100},
        {"type": "boolean"},
    )
    named = {f"field_{number}": kinds[number % len(kinds)] for number in range(size)}
    return {"type": "object", "properties": named}


def _wide_by_hand(size: int) -> dict[str, SearchStrategy[Any]]:
    kinds = (by_hand.NULL_OR_TEXT, by_hand.STATUS, st.integers(1, 100), st.booleans())
    return {f"field_{number}": kinds[number % len(kinds)] for number in range(size)}


def _items(value: Any) -> int:
    return len(value["items"]) if isinstance(value, dict) and "items" in value else 1


def _size(value: Any) -> int:
    plain = getattr(value, "query", value)
    return len(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode())


def _started(python: str) -> subprocess.Popen[str]:
    script = str(Path(__file__).with_name("from_schema.py"))
    command = [python, script]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", metavar="PYTHON", help="has hypothesis-jsonschema installed")
    parser.add_argument("--rounds", type=int, default=7, help="at least 2")
    parser.add_argument("--count", type=int, default=300, help="values drawn in each round")
    parser.add_argument("--seeds", type=int, default=3, help="searches for each planted failure")
    args = parser.parse_args()
    operation = load("llamacloud/list_classify_jobs")
    page, query = closed(operation.response_schema), closed(sent(operation))
    pages: dict[str, Source] = {
        "docpact": Here(payloads(operation)),
        "by hand": Here(by_hand.PAGES),
    }
    asked: dict[str, Source] = {
        "docpact": Here(queries(operation)),
        "by hand": Here(by_hand.QUERIES),
    }
    if args.other:
        process = _started(args.other)
        pages["from schema"] = Elsewhere(process, page)
        asked["from schema"] = Elsewhere(process, query)
    rounds = max(2, args.rounds)
    for title, schema, sources in (("pages", page, pages), ("queries", query, asked)):
        found, ratios = measured(sources, rounds, args.count)
        sys.stdout.writelines(speed(title, found, ratios))
        values = {
            name: [value if title == "pages" else decoded(value, schema) for value in drawn]
            for name, several in found.items()
            for drawn in [[value for each in several for value in each.values]]
        }
        sys.stdout.writelines(spreads(f"{title}: share that is", schema, values))
        sys.stdout.flush()
    sys.stdout.writelines(shrinking(pages, args.seeds))
    sys.stdout.write("\nseconds a draw, by the number of fields\n")
    for name, costs in growth(operation, rounds).items():
        row = "".join(f"{size:>8}: {seconds:.6f}" for size, seconds in costs.items())
        sys.stdout.write(f"{name:<12}{row}\n")


if __name__ == "__main__":
    main()
