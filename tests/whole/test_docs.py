"""The documentation builds without a warning, and the commands and examples on its pages work."""

from __future__ import annotations

import json
import pkgutil
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path
from random import randrange
from typing import Final

import pytest
import yaml
from command import Docpact, environment

import docpact
from docpact import plugin, settings
from docpact.options import OPTIONS
from docpact.reports.markdown import EVERY

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = DOCS / "reference"
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.parent != GENERATED)

BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[a-z ]+):(?P<text>[^\n]*)-->\n)?"
    r"^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$",
    flags=re.DOTALL | re.MULTILINE,
)
"""A fenced block, and the mark on the line before it."""

PORT: Final = "8000"
"""The port on the pages, which the tests replace by a free one."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page.

    Attributes:
        language: the word behind the fence.
        code: the text in the block.
        file: the name under which to save it; empty for none.
        excuse: why it is not run; None if it is run.
        line: number of its first line, from 1.
    """

    language: str
    code: str
    file: str
    excuse: str | None
    line: int


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page, including directives such as a toctree."""
    for match in BLOCK.finditer(text):
        marks = {match["mark"]: (match["text"] or "").strip()}
        line = text.count("\n", 0, match.start()) + 1
        file, excuse = marks.get("file", ""), marks.get("not run")
        yield Block(match["language"], match["code"], file, excuse, line)


@dataclass(slots=True)
class Reader:
    """Follows a page in an empty folder, block by block.

    Attributes:
        folder: the current folder.
        page: every block of the page.
        variables: of the environment.
        port: replaces `PORT`.
        tests: files of tests that still have to run.
        started: stops the background processes at the end.
    """

    folder: Path
    page: tuple[Block, ...]
    variables: dict[str, str]
    port: str
    tests: list[str] = field(default_factory=list)
    started: ExitStack = field(default_factory=ExitStack)

    def follow(self, block: Block) -> None:
        """Save a block, run it, or both."""
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
        """Run each command; it must print the text below it, or succeed if there is none."""
        for command, shown in transcript(block.code):
            if stated := re.fullmatch(r"export (\w+)=(\S+)", command):
                self.variables[stated[1]] = stated[2]
                continue
            done = self.background(command) if command.endswith("&") else self.shell(command)
            output = done.stdout.replace(self.port, PORT)
            if shown:
                assert OutputChecker().check_output(shown, output, ELLIPSIS), f"{command}\n{output}"
            else:
                assert done.returncode == 0, f"{command}\n{output}"

    def script(self, block: Block) -> None:
        """Run a shell script; its first failing command ends it."""
        done = self.shell(f"set -e\n{block.code}")
        assert done.returncode == 0, done.stdout

    def python(self, block: Block) -> None:
        """Run a script, or save a file of tests, unless a command of the page runs the file."""
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
        """Load docpact's configuration from a block; a pyproject.toml may have none."""
        name = "pyproject.toml" if "tool" in tomllib.loads(block.code) else "docpact.toml"
        file = self.save(f"line_{block.line}/{name}", block)
        settings.resolve(settings.load(file, self.folder), {})

    def background(self, command: str) -> subprocess.CompletedProcess[str]:
        """Start a command in the background, and return after its first line of output."""
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
        """Run a command to its end, and return its output, with standard error."""
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
    "{eval-rst}": lambda *_: None,
}
"""Language → the method that runs a block."""


def transcript(code: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block, and the output below it."""
    assert code.startswith("$ "), code
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        end = next(number for number, line in enumerate(lines) if not line.endswith("\\\n")) + 1
        yield "".join(lines[:end]).rstrip(), "".join(lines[end:])


@pytest.fixture
def port() -> str:
    """A port that is free, below those that a system gives to whoever names none."""
    while True:
        number = randrange(20_000, 30_000)
        with suppress(OSError), closing(socket.create_server(("127.0.0.1", number))):
            return str(number)


def page_name(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


SLOW: Final = (
    "audit.md",
    "gate.md",
    "howto/capture-a-page.md",
    "howto/check-a-whole-api.md",
    "howto/fixtures-in-your-tests.md",
    "howto/gate-a-client.md",
    "howto/nightly-run.md",
    "impact.md",
    "python.md",
    "tutorial.md",
)
"""Pages whose commands take long; CI runs all of them."""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
        for page in PAGES
        for name in [page_name(page)]
    ],
)
def test_a_page_works_as_written(page: Path, tmp_path: Path, port: str) -> None:
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


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_block_that_is_not_run_has_a_reason(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = list(blocks(text))
    assert [block.line for block in found if block.excuse == ""] == []
    marked = [block for block in found if block.file or block.excuse]
    assert len(marked) == text.count("<!--"), "a mark is not before a block, or is unknown"
    assert {block.language for block in found} <= set(RUN)
    assert 2 * len(found) == len(re.findall(r"^ *```", text, flags=re.MULTILINE))


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_has_the_whole_reference(tmp_path: Path) -> None:
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
    for name, entries in expected.items():
        html = (tmp_path / "reference" / f"{name}.html").read_text(encoding="utf-8")
        assert entries
        assert {entry for entry in entries if f">{entry}" not in html} == set()


def test_the_architecture_names_the_layers_that_are_checked() -> None:
    text = ARCHITECTURE.partition("\n## Layers\n")[2].partition("\n## ")[0]
    whole, inside = text.partition("\nThree packages")[::2]
    rows = [[re.findall(r"`(\w+)`", line)] for line in whole.splitlines() if "| `" in line]
    packages = [row.split("|")[1:3] for row in inside.splitlines() if "| `" in row]
    inner = {
        name.strip(" `"): [re.findall(r"`(\w+)`", layer) for layer in layers.split(">")]
        for name, layers in packages
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    first, *others = project["tool"]["importlinter"]["contracts"]
    assert rows == [[layer.replace("docpact.", "").split(" | ")] for layer in first["layers"]]
    assert inner == {
        each["containers"][0].removeprefix("docpact."): [e.split(" | ") for e in each["layers"]]
        for each in others
    }


def test_every_name_in_the_architecture_exists() -> None:
    packages = {module.name for module in pkgutil.iter_modules(docpact.__path__)}
    names = re.findall(r"`(?:docpact\.)?((?:\w+\.)+\w+)`", ARCHITECTURE)
    names = [name for name in names if name.partition(".")[0] in packages]
    assert len(names) > 50
    for name in names:
        assert pkgutil.resolve_name(f"docpact.{name}")
