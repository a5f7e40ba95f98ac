"""What docpact costs those who do not use it: pytest with its plugin, and the start of the command.

Each is run beside an empty one, in pairs one after the other, and told as a ratio:

    python benchmarks/imports.py [ROUNDS]
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final

ROUNDS: Final = 15

EMPTY_COMMAND: Final = """\
import argparse
import sys


def main():
    parser = argparse.ArgumentParser(prog="empty", description="Does nothing.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for number in range({count}):
        commands.add_parser(f"command-{{number}}", help="does nothing")
    parser.parse_args()


sys.exit(main())
"""
"""A command of as many subcommands as docpact has."""

PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
QUIET: Final = ("-p", "no:hypothesispytest", "-p", "no:respx", "-p", "no:anyio", "-p", "no:xdist")


def main() -> None:
    """Print a table of ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "test_empty.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
        (folder / "empty_plugin.py").write_text('"""Does nothing."""\n', encoding="utf-8")
        (folder / "empty.py").write_text(EMPTY_COMMAND.format(count=14), encoding="utf-8")
        run = (*PYTEST, *QUIET)
        pairs: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
            "pytest with the plugin, over one without": (run, (*run, "-p", "no:docpact")),
            "pytest with the plugin, over an empty one": (
                run,
                (*run, "-p", "no:docpact", "-p", "empty_plugin"),
            ),
            "docpact --help, over an empty command's": (
                (sys.executable, "-c", "import docpact.cli; docpact.cli.main()", "--help"),
                (sys.executable, "empty.py", "--help"),
            ),
        }
        print(f"{'':45}ratio  middle half of {rounds} pairs")
        for name, (ours, other) in pairs.items():
            ratios = [_seconds(ours, folder) / _seconds(other, folder) for _ in range(rounds)]
            low, _, high = quantiles(ratios, n=4)
            print(f"{name:45}{median(ratios):5.2f}  {low:.2f} to {high:.2f}")


def _seconds(command: Sequence[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
