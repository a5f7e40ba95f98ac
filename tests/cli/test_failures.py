"""Failures of a command: one escaped line and an exit code of its own, whatever went wrong."""

from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import DOCPACT, QUICK, Docpact, environment
from servers.jobs import make_jobs
from servers.reference import KEY, Api
from sizes import sample

import docpact as docpact_package
from docpact.cli import main
from docpact.conformance import Session
from docpact.errors import InternalError

SOURCES = Path(docpact_package.__file__).parents[1]


def raise_recursion_error() -> None:
    raise_recursion_error()


def raise_memory_error() -> None:
    raise MemoryError


def raise_internal_error() -> None:
    raise InternalError("a violation without a promise")


def raise_type_error() -> None:
    raise TypeError(f"{KEY}\n::error::\x1b[31m")


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("fail", "text"),
    [
        (raise_recursion_error, "internal error: RecursionError: maximum recursion depth"),
        (raise_memory_error, "internal error: MemoryError"),
        (raise_internal_error, "internal error: a violation without a promise;"),
        (raise_type_error, r"internal error: TypeError: $LLAMA_CLOUD_API_KEY\x0a"),
    ],
)
def test_an_internal_error_is_one_line_with_a_private_file(
    docpact: Docpact,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fail: Callable[[], None],
    text: str,
) -> None:
    monkeypatch.setattr(Session, "run", lambda *_: fail())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = docpact("check", "--json", "run.json")
    assert (done.returncode, done.stderr.count("\n"), "\x1b" in done.stderr) == (4, 1, False)
    assert done.stderr.startswith(f"docpact: {text}")
    (file,) = tmp_path.glob("docpact-error-*.txt")
    assert str(file) in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    details = file.read_text(encoding="utf-8")
    assert "command: docpact check --json run.json" in details
    assert f"in {fail.__name__}" in details
    assert KEY not in details


def test_an_error_that_cannot_even_be_described_is_an_internal_error(
    docpact: Docpact, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Memory may be too full to import a module."""
    monkeypatch.setattr("docpact.exit_codes.describe_failure", lambda *_: raise_memory_error())
    assert docpact("list", "--config", "nowhere.toml").returncode == 4
    assert capfd.readouterr().err == "docpact: internal error\n"


def test_the_details_keep_passwords_and_parameters_to_themselves(
    docpact: Docpact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docpact.conformance.prepare_api", lambda _: raise_memory_error())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    param, target = "--param=id=confidential", "https://me:hunter2@example.com"
    others = ("--param", "x=private", "--query", "y=private", "--path=z=private")
    assert docpact("check", param, *others, "--target", target).returncode == 4
    (file,) = tmp_path.glob("docpact-error-*.txt")
    details = file.read_text(encoding="utf-8")
    assert (
        "check --param=id=... --param x=... --query y=... --path=z=... --target https://..."
        in details
    )
    assert not re.search("confidential|private|hunter2", details)


def test_an_internal_error_needs_no_file(docpact: Docpact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docpact.conformance.prepare_api", lambda _: raise_memory_error())
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    done = docpact("check")
    shown = "docpact: internal error: MemoryError; its details cannot be written: FileNotFoundError"
    assert (done.returncode, done.stderr) == (4, f"{shown}\n")


def test_a_report_that_fails_inside_is_an_internal_error_after_all_others(
    docpact: Docpact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docpact.reports.junit.render", lambda _: raise_memory_error())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = docpact(
        "check", QUICK, "--junit", "run.xml", "--sarif", "run.sarif", "--history", "h.sqlite"
    )
    assert (done.returncode, "\nconforms: " in done.stdout) == (4, True)
    assert (tmp_path / "run.sarif").exists()
    assert (tmp_path / "h.sqlite").exists()


EVIL = "a\n::error::forged\x1b[31m"


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", EVIL],
        ["check", "--target", EVIL],
        ["check", "--json", f"{EVIL}/run.json"],
        ["check", "--config", EVIL],
        ["check", "--replay", EVIL],
        ["audit", EVIL],
        ["audit", "--field", EVIL, "x"],
        ["capture", EVIL, "--out", "x"],
        ["diff", EVIL, EVIL],
        ["history", EVIL],
        ["gate", EVIL],
        ["baseline", "prune", EVIL, EVIL],
        ["rules", EVIL],
        [EVIL],
    ],
    ids=lambda arguments: arguments[0] if arguments != [EVIL] else "no command",
)
def test_errors_are_escaped(docpact: Docpact, arguments: list[str]) -> None:
    done = docpact(*arguments)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr + done.stdout
    assert not re.search(r"^\s*::", done.stderr + done.stdout, flags=re.MULTILINE)


@pytest.mark.slow
def test_errors_of_the_suite_are_escaped(tmp_path: Path) -> None:
    done = suite(tmp_path, f"--docpact-target={EVIL}")
    assert (done.returncode, "give `mock` or a URL" in done.stdout) == (2, True)
    assert "\n::error::" not in done.stdout + done.stderr
    assert "\x1b[31m" not in done.stdout + done.stderr


@pytest.mark.slow
def test_an_internal_error_of_the_suite_is_no_drift(tmp_path: Path) -> None:
    (tmp_path / "fault.py").write_text(
        "from docpact.conformance import Session\n"
        "def run(*_):\n"
        "    raise MemoryError\n"
        "Session.run = run\n"
    )
    done = suite(tmp_path, "-p", "fault")
    assert done.returncode == 4, done.stdout
    assert "internal error: MemoryError; please report it" in done.stdout
    assert list(tmp_path.glob("docpact-error-*.txt"))


def suite(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the suite in a folder, in a process of its own."""
    python = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*python, "--pyargs", "docpact.contract_tests", *args],
        cwd=folder,
        env={**environment(KEY), "TMPDIR": str(folder), "PYTHONPATH": f"{folder}:{SOURCES}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("encoding", sample(["ascii", "utf-8", "cp1252", "latin-1"], 4))
def test_no_encoding_of_the_terminal_breaks_a_report(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "answers.jsonl").write_text(
        '{"status": 200, "body": {"items": [], "\u540d\u524d": 1}}\n', encoding="utf-8"
    )
    command = [*DOCPACT, "audit", "--workers", "1", "answers.jsonl", "--junit", "out.xml"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**environment(None), "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (
        "\u540d\u524d".encode("utf-8" if encoding == "utf-8" else "unicode_escape") in done.stdout
    )
    assert "\u540d\u524d" in (tmp_path / "out.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"NO_PROXY": "localhost,127.0.0.1,[::1]"}, ""),
        ({"NO_PROXY": "127.0.0.1,fd07:b51a:cc66:f0::/64"}, ""),
        ({"ALL_PROXY": "socks5://127.0.0.1:9"}, "ALL_PROXY: a SOCKS proxy needs"),
        ({"ALL_PROXY": "nonsense://127.0.0.1:9"}, "ALL_PROXY: "),
        ({"HTTP_PROXY": "http://me:hunter2@127.0.0.1:port"}, "HTTP_PROXY: "),
    ],
)
def test_proxies_that_cannot_be_used_are_one_clear_line(
    docpact: Docpact,
    served: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    text: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = docpact("check", "--target", served(Api(make_jobs(3))).url)  # type: ignore[attr-defined]
    if done.returncode != 0:
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith(f"docpact: {text or 'NO_PROXY: '}")
        assert "hunter2" not in done.stderr


def test_certificates_that_cannot_be_loaded_are_one_clear_line(
    docpact: Docpact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent.pem")
    done = docpact("check", "--target", "https://127.0.0.1:9")
    assert done.returncode == 2
    assert done.stderr == (
        "docpact: SSL_CERT_FILE: cannot load certificates: No such file or directory\n"
    )


@pytest.mark.slow
def test_a_check_imports_no_library_that_it_does_not_need(tmp_path: Path) -> None:
    code = (
        "import sys, docpact.cli\n"
        "code = docpact.cli.main(['check', '--json', 'run.json', '--junit', 'run.xml'])\n"
        "costly = {'pytest', '_pytest', 'hypothesis', 'jsonschema', 'docpact.capture'}\n"
        "print(code, *costly & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr == "0\n"


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("streams", "arguments", "code"),
    [
        ("2>&-", "check nosuch", 2),
        pytest.param("2>/dev/full", "check nosuch", 2, marks=pytest.mark.slow),
        pytest.param("1>&- 2>&-", "check nosuch", 2, marks=pytest.mark.slow),
        pytest.param(
            *("1>/dev/full 2>/dev/full", "check --budget 9 --json /dev/full", 2),
            marks=pytest.mark.slow,
        ),
        ("0>&- 1>&- 2>&-", "check --history runs.sqlite --json run.json", 0),
    ],
)
def test_a_closed_or_full_stream_never_means_drift(
    tmp_path: Path, streams: str, arguments: str, code: int
) -> None:
    command = f'"$@" {arguments} {streams}'
    done = subprocess.run(
        ["sh", "-c", command, "sh", *DOCPACT], cwd=tmp_path, env=environment(None), check=False
    )
    assert done.returncode == code
    if code == 0:
        assert docpact_package.__version__ in (tmp_path / "run.json").read_text(encoding="utf-8")
        with sqlite3.connect(tmp_path / "runs.sqlite") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()


def test_a_current_folder_that_is_gone_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["check"]) == 2
    assert capsys.readouterr().err == "docpact: the current folder no longer exists\n"
