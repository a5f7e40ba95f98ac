"""Draws by hypothesis-jsonschema, in an interpreter that has it; reads and writes JSON lines."""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module
from typing import Any

from drawing import draws, smallest
from failures import FAILURES


def answer(asked: Any) -> Any:
    """Return the draws from a schema, or the size of the smallest page that fails."""
    try:
        return _answer(asked)
    except Exception:  # noqa: BLE001 - whatever the tool raises, it cannot draw
        return None


def _answer(asked: Any) -> Any:
    strategy = import_module("hypothesis_jsonschema").from_schema(asked["schema"])
    if "failure" in asked:
        return smallest(strategy, FAILURES[asked["failure"]], asked["seed"])
    drawn = draws(strategy, asked["count"], asked["seed"])
    return [drawn.values, drawn.rejected, drawn.seconds]


def main() -> None:
    """Answer each line of standard input with a line of standard output."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
