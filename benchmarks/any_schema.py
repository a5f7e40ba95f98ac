"""The speed of `from_schema` with arbitrary schemas, compared with hypothesis-jsonschema.

    python benchmarks/any_schema.py FOLDER --other path/to/python

FOLDER holds JSON Schemas as `.json` files, for example the `tests/draft7` of the official test
suite, whose groups of cases are read too. Prints the share of schemas that each tool draws from
without an error, and the median ratio of draws per processor second where both can. `--other` names
an interpreter with hypothesis-jsonschema.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from drawing import Draws, draws
from hypothesis.errors import HypothesisException

from docpact.strategies import from_schema


def find_schemas(folder: Path) -> Iterator[Any]:
    """Yield each schema that has a value; of groups of cases, those with a valid case."""
    for file in sorted(folder.rglob("*.json")):
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, list):
            yield found
            continue
        for group in found:
            if any(case["valid"] for case in group["tests"]):
                yield group["schema"]


def draw_here(schema: Any, count: int, draft: Any) -> Draws | None:
    """Return draws by docpact, or None if it raises."""
    try:
        return draws(from_schema(schema, draft=draft), count, 0)
    except (HypothesisException, RecursionError):
        return None


def draw_there(process: subprocess.Popen[str], schema: Any, count: int) -> Draws | None:
    """Return draws by the other tool, or None if it raises."""
    if process.stdin is None or process.stdout is None:
        raise ValueError(process)
    process.stdin.write(json.dumps({"schema": schema, "count": count, "seed": 0}) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline() or "null")
    return Draws(*answer) if answer is not None else None


def main() -> None:
    """Measure, and print the shares and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--other", metavar="PYTHON", help="has hypothesis-jsonschema installed")
    parser.add_argument("--count", type=int, default=50, help="values drawn from each schema")
    parser.add_argument("--draft", help="of schemas without `$schema`")
    args = parser.parse_args()
    schemas = [*find_schemas(args.folder)]
    here = [draw_here(schema, args.count, args.draft) for schema in schemas]
    drawn = [each for each in here if each is not None and each.values]
    rejected = sum(each.rejected for each in drawn)
    total = rejected + sum(len(each.values) for each in drawn)
    sys.stdout.write(f"docpact: {len(drawn)} of {len(schemas)} schemas drawn from, ")
    sys.stdout.write(f"{rejected / max(1, total):.1%} of draws rejected\n")
    if not args.other:
        return
    script = str(Path(__file__).with_name("from_schema.py"))
    with subprocess.Popen(
        [args.other, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        there = [draw_there(process, schema, args.count) for schema in schemas]
        if process.stdin is not None:
            process.stdin.close()
    both = [(a, b) for a, b in zip(here, there, strict=True) if a and b and a.values and b.values]
    other = sum(1 for each in there if each is not None and each.values)
    ratio = median(a.rate / b.rate for a, b in both)
    sys.stdout.write(f"hypothesis-jsonschema: {other} of {len(schemas)} schemas drawn from\n")
    sys.stdout.write(f"draws per second where both can: {ratio:.1f} times as many by docpact\n")


if __name__ == "__main__":
    main()
