"""Locks: one process at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docpact.databases import LockedError, lock

COUNT = """
import sys
from pathlib import Path
from docpact.databases import lock
file, count = Path("lock"), Path("count")
for _ in range(50):
    with lock(file, 60):
        count.write_text(str(int(count.read_text()) + 1))
"""


def test_a_lock_excludes_all_other_processes(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    processes = [subprocess.Popen([sys.executable, "-c", COUNT], cwd=tmp_path) for _ in range(3)]
    assert [each.wait() for each in processes] == [0, 0, 0]
    assert (tmp_path / "count").read_text() == "150"


def test_a_lock_without_patience_is_refused_at_once(tmp_path: Path) -> None:
    with lock(tmp_path / "lock"):
        with pytest.raises(LockedError), lock(tmp_path / "lock"):
            pass
        assert (tmp_path / "lock").read_bytes() == b""
    with lock(tmp_path / "lock"):
        pass
