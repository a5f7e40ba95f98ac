"""Checks, audits and the mock use deterministic cases, and never import Hypothesis."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = """
import sys
from docpact.cli import main

codes = []
for arguments in (["check", "--journal", "journal"], ["audit", "journal"]):
    try:
        codes.append(main(arguments))
    except SystemExit as ended:
        codes.append(ended.code)
print(codes, "hypothesis" in sys.modules)
"""
CASES = """
import pkgutil, sys
from importlib import import_module
import docpact.cases

for module in pkgutil.iter_modules(docpact.cases.__path__):
    import_module(f"docpact.cases.{module.name}")
print("hypothesis" in sys.modules)
"""


@pytest.mark.parametrize(
    ("script", "output"), [(COMMANDS, "[0, 0] False"), (CASES, "False")], ids=["commands", "cases"]
)
@pytest.mark.slow
def test_hypothesis_is_not_imported(script: str, output: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stdout.splitlines()[-1:] == [output], done.stdout + done.stderr
