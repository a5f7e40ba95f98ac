"""Mutants of the code, and whether the tests notice them: one operator or constant changed in each.

    python benchmarks/mutants.py --count 40 --seed 1 -- -n 3

Each mutant is a copy of `src`, `strategies` and `contract_tests` with one change, chosen by the
seed. The tests of the mutated package run first, then all others, up to the first failure. The code
is tested unchanged before, because a test that fails anyway kills nothing. The arguments after `--`
are passed to pytest, so that two settings of the suite can be compared on the same mutants.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
CODE: Final = ("src", "strategies", "contract_tests", "schemas")

OPERATORS: Final = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "in": "not in",
    "not in": "in", "is": "is not", "is not": "is", "and": "or", "or": "and", "+": "-", "-": "+",
    "*": "//", "//": "*",
}  # fmt: skip
_WRITTEN: Final[dict[type[ast.AST], str]] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.And: "and",
    ast.Or: "or", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Attributes:
        file: relative to the root.
        line: 1-based.
        begin: offset of the replaced text in the file, in bytes.
        end: offset behind it.
        text: replacement.
        change: in words.
    """

    file: Path
    line: int
    begin: int
    end: int
    text: str
    change: str


UNCHANGED: Final = Mutant(Path("src/docpact/__init__.py"), 1, 0, 0, "", "")
"""Leaves the code as it is."""


def mutants(file: Path) -> Iterator[Mutant]:
    """Yield every mutant of a file: operators between two operands, numbers and booleans."""
    source = (ROOT / file).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def span(node: ast.expr) -> tuple[int, int]:
        end = starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
        return starts[node.lineno - 1] + node.col_offset, end

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, bool | int):
            value = node.value
            new = str(not value) if isinstance(value, bool) else str(value + 1)
            yield Mutant(file, node.lineno, *span(node), new, f"{value} -> {new}")
            continue
        for left, operator, right in _operations(node):
            begin, end = span(left)[1], span(right)[0]
            old = _WRITTEN.get(type(operator), "")
            if old and source.count(old.encode(), begin, end) == 1:
                at = source.index(old.encode(), begin, end)
                new = OPERATORS[old]
                yield Mutant(file, left.lineno, at, at + len(old), new, f"{old} -> {new}")


def _operations(node: ast.AST) -> Iterator[tuple[ast.expr, ast.AST, ast.expr]]:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            yield left, operator, right
        case ast.BinOp(left=left, op=operator, right=right):
            yield left, operator, right
        case ast.BoolOp(op=operator, values=[left, right]):
            yield left, operator, right
        case _:
            pass


def chosen(count: int, seed: int) -> list[Mutant]:
    """Return mutants of the package, each file as likely as it has places to change."""
    files = sorted(ROOT.glob("src/docpact/**/*.py")) + sorted(ROOT.glob("strategies/*.py"))
    own = [file for file in files if not any(parent.is_symlink() for parent in file.parents)]
    every = [mutant for file in own for mutant in mutants(file.relative_to(ROOT))]
    return random.Random(seed).sample(every, count)  # noqa: S311


def killed_by(mutant: Mutant, options: Sequence[str], timeout: float) -> str:
    """Return the first failing test with a mutant, or an empty text if it survives."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in (*CODE, "tests", "docs", "examples", "benchmarks", ".github", ".ci"):
            shutil.copytree(ROOT / name, copy / name, symlinks=True)
        for file in ROOT.glob("*"):
            if file.is_file():
                shutil.copy(file, copy / file.name)
        target = copy / mutant.file
        content = target.read_bytes()
        target.write_bytes(content[: mutant.begin] + mutant.text.encode() + content[mutant.end :])
        return _first_failure(copy, mutant, options, timeout)


def _first_failure(copy: Path, mutant: Mutant, options: Sequence[str], timeout: float) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    package = mutant.file.parts[2] if mutant.file.parts[0] == "src" else "strategies"
    own = copy / "tests" / package.removesuffix(".py")
    run = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-pno:cacheprovider"]
    for places in ([str(own)] if own.is_dir() else []), []:
        try:
            done = subprocess.run(
                [*run, *options, *places],
                cwd=copy,
                env=environment,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "timeout"
        if done.returncode not in (0, 5):
            lines = done.stdout.splitlines()
            failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
            return failed[0] if failed else f"exit code {done.returncode}"
    return ""


def main() -> None:
    """Print a line for each mutant, and how many were killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds for one test run")
    parser.add_argument("options", nargs="*", help="for pytest")
    args = parser.parse_args()
    if failed := killed_by(UNCHANGED, args.options, args.timeout):
        parser.error(f"the tests fail without a mutant: {failed}")
    killed = 0
    for mutant in chosen(args.count, args.seed):
        by = killed_by(mutant, args.options, args.timeout)
        killed += bool(by)
        place = f"{mutant.file}:{mutant.line}"
        sys.stdout.write(
            f"{'killed  ' if by else 'SURVIVED'} {place:<48} {mutant.change:<14} {by[:90]}\n"
        )
        sys.stdout.flush()
    sys.stdout.write(f"{killed} of {args.count} killed\n")


if __name__ == "__main__":
    main()
