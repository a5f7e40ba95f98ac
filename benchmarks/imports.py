"""The cost of docpact's pytest plugin for a test run that does not use it, and of its help.

    python benchmarks/imports.py --rounds 21

times, in pairs of fresh processes whose order alternates, a pytest run of one empty test with the
plugin and without, and `docpact --help` and the help of a command that does nothing. A ratio is
taken within each pair, so that a machine that is slow for a while is slow for both. Runs that are
alike show how far ratios stray by themselves. Packages that docpact requires have plugins of their
own, which load in every test run as well: the row of its requirements counts those too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from ratios import HEADER, row

PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
WITHOUT: Final = (*PYTEST, "-p", "no:docpact")
EMPTY: Final = (*WITHOUT, "-p", "an_empty_plugin")
BARE: Final = (*WITHOUT, "-p", "no:respx", "-p", "no:hypothesispytest", "-p", "no:anyio")
"""Neither docpact's plugin nor those of the packages that are installed with it."""

FILES: Final[Mapping[str, str]] = {
    "pytest.ini": "[pytest]\n",
    "test_one.py": "def test_one():\n    pass\n",
    "an_empty_plugin.py": "",
    "an_empty_command.py": (
        "import argparse\n\n\n"
        "def main():\n"
        "    argparse.ArgumentParser(prog='an_empty_command').parse_args()\n"
    ),
}

SCRIPT: Final = """\
import sys

from {module} import main

if __name__ == "__main__":
    sys.argv[0] = sys.argv[0].removesuffix(".exe")
    sys.exit(main())
"""
"""A console script, as installers write it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two commands, one of which is measured by the other.

    Attributes:
        name: of the comparison.
        measured: the command whose time is asked for.
        base: the command that counts as 1.
    """

    name: str
    measured: tuple[str, ...]
    base: tuple[str, ...]

    def ratio(self, folder: Path, *, base_first: bool) -> float:
        """Run both commands in a folder, and return the measured one's time by the other's."""
        if base_first:
            base = seconds(self.base, folder)
            return seconds(self.measured, folder) / base
        return seconds(self.measured, folder) / seconds(self.base, folder)


PAIRS: Final = (
    Pair("pytest: docpact / no docpact", PYTEST, WITHOUT),
    Pair("pytest: docpact / an empty plugin", PYTEST, EMPTY),
    Pair("pytest: an empty plugin / no docpact", EMPTY, WITHOUT),
    Pair("pytest: no docpact / no docpact", WITHOUT, WITHOUT),
    Pair("pytest: docpact / none of its requirements", PYTEST, BARE),
    *(
        Pair(
            f"docpact {words} / an empty command --help",
            (sys.executable, "docpact_script.py", *words.split()),
            (sys.executable, "empty_script.py", "--help"),
        )
        for words in ("--help", "check --help", "gate --help", "list --help")
    ),
)


def seconds(command: tuple[str, ...], folder: Path) -> float:
    """Return how long a command took, and raise if it failed."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    start = perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return perf_counter() - start


def measure(folder: Path, rounds: int) -> Iterator[tuple[Pair, list[float]]]:
    """Yield the ratios of each pair; all pairs have a turn in every round."""
    ratios: dict[Pair, list[float]] = {pair: [] for pair in PAIRS}
    for number in range(-1, rounds):
        for pair in PAIRS:
            ratio = pair.ratio(folder, base_first=number % 2 == 0)
            if number >= 0:  # the round before the first one fills the caches
                ratios[pair].append(ratio)
    yield from ratios.items()


def write(folder: Path) -> None:
    """Write the files that the commands need to a folder."""
    scripts = {
        "docpact_script.py": SCRIPT.format(module="docpact.cli"),
        "empty_script.py": SCRIPT.format(module="an_empty_command"),
    }
    for name, text in {**FILES, **scripts}.items():
        (folder / name).write_text(text, encoding="utf-8")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="pairs of each kind; at least 2")
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        found = list(measure(folder, max(2, args.rounds)))
    sys.stdout.write(HEADER)
    for pair, ratios in found:
        sys.stdout.write(row(pair.name, ratios))


if __name__ == "__main__":
    main()
