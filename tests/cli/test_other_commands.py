"""`docpact capture`, `serve`, `rules` and the words that the command line says of itself."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from command import DOCPACT

from docpact.cli import _COMMANDS, main, parser

PAGE = files("docpact.schemas").joinpath("llamacloud", "list_classify_jobs", "page.txt")
ARGUMENTS = {
    "docpact.cli.arguments",
    "docpact.options",
    "docpact.reports",
    "docpact.reports.formats",
}
SLOW = {"dataclasses", "json", "pathlib", "typing"}
"""Modules that take longer to import than the help of a command needs for everything else."""
CONTRACT = ("operation.json", "query.schema.json", "response.schema.json")


def test_capture_writes_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "contract"
    assert main(["capture", str(PAGE), "--out", str(out)]) == 0
    shipped = Path(str(PAGE)).parent
    assert {file.name for file in out.iterdir()} == set(CONTRACT)
    assert all((out / name).read_bytes() == (shipped / name).read_bytes() for name in CONTRACT)
    secret = "  secret: checks send $LLAMA_CLOUD_API_KEY in the header Authorization\n"
    assert capsys.readouterr().out == f"{out}: {', '.join(CONTRACT)}\n{secret}"


def test_a_captured_contract_can_be_checked(tmp_path: Path) -> None:
    assert main(["capture", str(PAGE), "--out", str(tmp_path)]) == 0
    assert main(["check", str(tmp_path), "--plan"]) == 0


def test_a_damaged_page_names_its_line_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, out = tmp_path / "page.txt", tmp_path / "contract"
    page.write_text(PAGE.read_text(encoding="utf-8").replace("maximum100", "maximum1O0"))
    assert main(["capture", str(page), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"docpact: {page}:23: ")
    assert told.endswith("nothing was written\n")
    assert not out.exists()


def test_a_failed_capture_leaves_an_earlier_contract_alone(tmp_path: Path) -> None:
    main(["capture", str(PAGE), "--out", str(tmp_path)])
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    (tmp_path / "page.txt").write_text("half a page")
    assert main(["capture", str(tmp_path / "page.txt"), "--out", str(tmp_path)]) == 2
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"\xff\xff", "not UTF-8 text (byte 0)"),
        (b"\xff\xfea", "not UTF-16 text (byte 2)"),
    ],
    ids=["missing", "not UTF-8", "not UTF-16"],
)
def test_pages_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, says: str
) -> None:
    page = tmp_path / "page.txt"
    if content is not None:
        page.write_bytes(content)
    assert main(["capture", str(page), "--out", str(tmp_path)]) == 2
    assert says in capsys.readouterr().err


def test_a_page_in_the_encoding_of_powershell_is_read(tmp_path: Path) -> None:
    page, shipped = tmp_path / "page.txt", Path(str(PAGE)).parent
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-16")
    assert main(["capture", str(page), "--check", str(shipped)]) == 0


def test_an_output_that_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["capture", str(PAGE), "--out", str(tmp_path / "file")]) == 2
    assert "--out" in capsys.readouterr().err


def test_serve_answers_over_http_until_it_is_interrupted() -> None:
    code = "import sys, docpact.cli; sys.exit(docpact.cli.main(sys.argv[1:]))"
    args = [sys.executable, "-c", code, "serve", "--port", "0", "--items", "3", "--key", "k"]
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        assert server.stdout is not None
        method, address = server.stdout.readline().split()[:2]
        answer = httpx.request(method, address, headers={"Authorization": "Bearer k"})
        refused = httpx.request(method, address)
        server.send_signal(signal.SIGINT)
        server.wait(timeout=120)
    assert (len(answer.json()["items"]), refused.status_code, server.returncode) == (3, 401, 0)


def test_serve_on_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "99999"]) == 2
    assert "cannot listen on 127.0.0.1:99999" in capsys.readouterr().err


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert "| `response.enum` | breaking |" in capsys.readouterr().out


def test_help_names_commands_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    told = capsys.readouterr().out
    assert left.value.code == 0
    assert all(f"\n    {name} " in told for name in ("check", "capture", "serve", "rules"))
    assert "0 conforms, 1 drift, 2 usage error or unusable contract or\ndocument, 3 inc" in told
    assert "4 internal error" in told


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("words", "imported"),
    [
        ("--help", set()),
        ("--version", set()),
        (
            "nonsense",
            {f"docpact.{name}" for name in ("text", "secrets", "errors", "layers")},
        ),
        *((f"{name} --help", ARGUMENTS) for name in _COMMANDS),
    ],
)
def test_help_imports_almost_nothing(words: str, imported: set[str]) -> None:
    code = "import sys, docpact.cli\ntry: docpact.cli.main()\nfinally: print(*sys.modules)"
    command = [sys.executable, "-c", code, *words.split()]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=plain).stdout
    names = set(told.splitlines()[-1].split())
    assert not names & SLOW or words == "nonsense"
    mine = {name for name in names if name.startswith("docpact")}
    assert mine - {"docpact._version"} == {"docpact", "docpact.cli", *imported}


NESTED = ("baseline update", "baseline prune", "export har", "export openapi")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", [*_COMMANDS, *NESTED])
def test_every_command_has_a_description_and_two_examples(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*name.split(), "--help"])
    shown = capsys.readouterr().out
    (examples,) = re.findall(r"^examples:\n((?:  docpact .*\n)+)", shown, re.MULTILINE)
    lines = [shlex.split(each.partition(" > ")[0]) for each in examples.splitlines()]
    assert len(lines) >= 2
    for _, *words in lines:
        assert " ".join(words).startswith(name)
        if "--help" not in words:
            parser().parse_args(words)
    description = shown.split("\n\n")[1]
    assert description.endswith(".")
    if name in _COMMANDS:
        assert _COMMANDS[name][1][1:] in " ".join(description.split())
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("docpact aud", {"audit "}),
        ("docpact check --requ", {"--require-live "}),
        ("docpact expl", {"explain "}),
    ],
)
def test_a_shell_completes_commands_and_options(
    tmp_path: Path, line: str, expected: set[str]
) -> None:
    out = tmp_path / "words"
    variables = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(out),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    subprocess.run(DOCPACT, env={**os.environ, **variables}, check=True)
    assert set(out.read_text().split("\x0b")) == expected


def test_completion_without_its_library_runs_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    monkeypatch.setitem(sys.modules, "argcomplete", None)
    assert main(["rules"]) == 2
    shown = capsys.readouterr()
    assert (shown.out, "pip install 'docpact[completion]'" in shown.err) == ("", True)


def test_no_command_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 2


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["docpact", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("docpact", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("docpact ")
