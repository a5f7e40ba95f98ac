"""The documentation builds without a warning, and what its pages tell a reader to do works."""

from __future__ import annotations

import json
import pkgutil
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path
from typing import Final

import pytest
import yaml
from command import Docpact, environment

import docpact
from docpact import plugin, settings
from docpact.options import OPTIONS
from docpact.reports.rule_table import EVERY

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = DOCS / "reference"
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.parent != GENERATED)

BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[a-z ]+):(?P<said>[^\n]*)-->\n)?"
    r"^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$",
    flags=re.DOTALL | re.MULTILINE,
)
"""A fenced block, and the mark on the line before it."""

PORT: Final = "8000"
"""The port that pages serve at, for which a free one is taken."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page.

    Attributes:
        language: as named behind the fence.
        code: what is in it.
        file: name under which the page has it saved; empty for none.
        excuse: why it is not run; None where it is.
        line: 1-based, where it begins.
    """

    language: str
    code: str
    file: str
    excuse: str | None
    line: int


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page, directives such as a toctree among them."""
    for found in BLOCK.finditer(text):
        marks = {found["mark"]: (found["said"] or "").strip()}
        line = text.count("\n", 0, found.start()) + 1
        file, excuse = marks.get("file", ""), marks.get("not run")
        yield Block(found["language"], found["code"], file, excuse, line)


@dataclass(slots=True)
class Reader:
    """Does in an empty folder what a page says, block by block.

    Attributes:
        folder: where it works.
        page: every block of the page.
        variables: of its environment.
        port: for which the page says 8000.
        tests: files of tests that are still to run.
        started: stops at the end what was started in the background.
    """

    folder: Path
    page: tuple[Block, ...]
    variables: dict[str, str]
    port: str
    tests: list[str] = field(default_factory=list)
    started: ExitStack = field(default_factory=ExitStack)

    def follow(self, block: Block) -> None:
        """Do what one block says."""
        if block.file:
            self.save(block.file, block)
        if block.excuse is None:
            RUN[block.language](self, block)

    def save(self, name: str, block: Block) -> Path:
        """Write a block to a file."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.code.replace(PORT, self.port), encoding="utf-8")
        return file

    def console(self, block: Block) -> None:
        """Give each command; it prints what is shown, or succeeds where nothing is."""
        for command, shown in transcript(block.code):
            if stated := re.fullmatch(r"export (\w+)=(\S+)", command):
                self.variables[stated[1]] = stated[2]
                continue
            done = self.background(command) if command.endswith("&") else self.shell(command)
            said = done.stdout.replace(self.port, PORT)
            if shown:
                assert OutputChecker().check_output(shown, said, ELLIPSIS), f"{command}\n{said}"
            else:
                assert done.returncode == 0, f"{command}\n{said}"

    def script(self, block: Block) -> None:
        """Run a shell script; its first failing command ends it."""
        done = self.shell(f"set -e\n{block.code}")
        assert done.returncode == 0, done.stdout

    def python(self, block: Block) -> None:
        """Run a script, or keep a file of tests, unless the page gives it to a command."""
        commands = (each.code for each in self.page if each.language == "console")
        if block.file and any(block.file in code for code in commands):
            return
        name = self.save(block.file or f"test_line_{block.line}.py", block).name
        is_test = re.search(r"^(def test_|class Test)", block.code, flags=re.MULTILINE)
        if is_test:
            self.tests.append(name)
        else:
            self.script(replace(block, code=f"python {name}"))

    def toml(self, block: Block) -> None:
        """Load docpact's configuration of it; a pyproject.toml may have none."""
        name = "pyproject.toml" if "tool" in tomllib.loads(block.code) else "docpact.toml"
        file = self.save(f"line_{block.line}/{name}", block)
        settings.resolve(settings.load(file, self.folder), {})

    def background(self, command: str) -> subprocess.CompletedProcess[str]:
        """Start a command that goes on, and return once it has said its first line."""
        process = self.started.enter_context(
            subprocess.Popen(
                ["bash", "-c", f"exec {command.removesuffix('&').replace(PORT, self.port)}"],
                cwd=self.folder,
                env=self.variables,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        self.started.callback(process.terminate)
        assert process.stdout is not None
        return subprocess.CompletedProcess(command, 0, process.stdout.readline())

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, and return what it printed, errors included."""
        return subprocess.run(
            ["bash", "-c", command.replace(PORT, self.port)],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


RUN: Mapping[str, Callable[[Reader, Block], object]] = {
    "console": Reader.console,
    "sh": Reader.script,
    "bash": Reader.script,
    "python": Reader.python,
    "toml": Reader.toml,
    "json": lambda _, block: json.loads(block.code),
    "yaml": lambda _, block: yaml.safe_load(block.code),
    "text": lambda *_: None,
    "{toctree}": lambda *_: None,
}
"""Language → what a reader does with a block of it."""


def transcript(code: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block, and what is shown below it."""
    assert code.startswith("$ "), code
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        end = next(number for number, line in enumerate(lines) if not line.endswith("\\\n")) + 1
        yield "".join(lines[:end]).rstrip(), "".join(lines[end:])


@pytest.fixture
def port() -> str:
    """A port that is free."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return str(found.getsockname()[1])


def named(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_says_works(page: Path, tmp_path: Path, port: str) -> None:
    found = tuple(blocks(page.read_text(encoding="utf-8")))
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    variables = environment(None) | {"PATH": path, "PYTHONUNBUFFERED": "1"}
    reader = Reader(tmp_path, found, variables, port)
    with reader.started:
        for block in found:
            reader.follow(block)
        if reader.tests:
            done = reader.shell(f"pytest -q {' '.join(reader.tests)}")
            assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_is_not_run_has_a_reason(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = list(blocks(text))
    assert [block.line for block in found if block.excuse == ""] == []
    marked = [block for block in found if block.file or block.excuse]
    assert len(marked) == text.count("<!--"), "a mark is before no block, or is none of ours"
    assert {block.language for block in found} <= set(RUN)
    assert 2 * len(found) == len(re.findall(r"^ *```", text, flags=re.MULTILINE))


def test_the_site_builds_without_a_warning_and_holds_the_whole_reference(tmp_path: Path) -> None:
    for module in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(module)
    options = ["-W", "--keep-going", "-n", "-q", "-b", "html"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(DOCS), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    commands = Docpact(tmp_path)("--help").stdout.partition("commands:")[2]
    expected = {
        "rules": {rule.id for rule in EVERY},
        "configuration": {option.name for option in OPTIONS},
        "fixtures": {name for name in plugin.__all__ if name.startswith("docpact_")},
        "cli": {
            f"docpact {name}" for name in re.findall(r"^    (\w+)", commands, flags=re.MULTILINE)
        },
    }
    for name, things in expected.items():
        html = (tmp_path / "reference" / f"{name}.html").read_text(encoding="utf-8")
        assert things
        assert {thing for thing in things if f">{thing}" not in html} == set()


def test_the_architecture_names_the_layers_that_are_checked() -> None:
    text = ARCHITECTURE.partition("\n## Layers\n")[2].partition("\n## ")[0]
    rows = [" | ".join(re.findall(r"`(\w+)`", line)) for line in text.splitlines() if "| `" in line]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = project["tool"]["importlinter"]["contracts"]
    assert rows == [layer.replace("docpact.", "") for layer in contract["layers"]]


def test_every_name_in_the_architecture_exists() -> None:
    packages = {module.name for module in pkgutil.iter_modules(docpact.__path__)}
    names = re.findall(r"`(?:docpact\.)?((?:\w+\.)+\w+)`", ARCHITECTURE)
    names = [name for name in names if name.partition(".")[0] in packages]
    assert len(names) > 50
    for name in names:
        assert pkgutil.resolve_name(f"docpact.{name}")
