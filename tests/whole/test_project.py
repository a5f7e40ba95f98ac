"""The project as a whole: its public names, its table of rules, its documents."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import import_module, metadata
from pathlib import Path

import pytest

import docpact
from docpact import strategies
from docpact.model.schema import ASSERTIONS
from docpact.reports import markdown
from docpact.rules import RULES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_public_names() -> None:
    assert sorted(docpact.__all__) == dir(docpact)
    names = ["ClientContract", "__version__", "check", "listen", "load", "names", "validate"]
    assert dir(docpact) == names
    assert all(getattr(docpact, name) for name in docpact.__all__)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'docpact' has no attribute 'loda'"):
        docpact.loda  # noqa: B018


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("docpact.sampling", "docpact.cases.sampling"),
        ("docpact.validation", "docpact.bodies.validate"),
        ("docpact.decoding", "docpact.bodies.decode"),
        ("docpact.recordings.recording", "docpact.traffic.recording"),
        ("docpact.openapi", "docpact.capture.openapi"),
    ],
)
def test_a_module_that_moved_is_imported_by_its_old_name(old: str, new: str) -> None:
    for name in [name for name in sys.modules if old.startswith(name) and name != "docpact"]:
        del sys.modules[name]
    with pytest.warns(DeprecationWarning, match="is now") as caught:
        module = import_module(old)
    assert str(caught[-1].message) == f"{old} is now {new}"
    assert module is import_module(new)


def test_public_strategies() -> None:
    promised = {
        "queries",
        "boundary_queries",
        "invalid_queries",
        "payloads",
        "boundary_payloads",
        "invalid_payloads",
        "collections",
    }
    assert promised <= set(strategies.__all__)


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert docpact.__version__ in (metadata.version("docpact"), "0+unknown")
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_extra_all_has_every_other_extra() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    named = re.search(r"docpact\[(.*)\]", extras["all"][0])
    assert named is not None
    assert sorted(named[1].split(",")) == sorted(set(extras) - {"all"})


def test_the_rules_in_the_docs_are_those_of_the_table() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == markdown.render_rules()


def test_every_rule_is_named_once_and_explained() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.summary.endswith(".") and rule.why.endswith(".") for rule in RULES)


def test_every_keyword_that_a_body_can_break_has_a_rule() -> None:
    assert {f"response.{keyword}" for keyword in ASSERTIONS} <= {rule.id for rule in RULES}


def test_every_module_has_a_docstring() -> None:
    folders = ("src/docpact", "strategies", "contract_tests", "tests", "schemas")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    own = [file for file in files if file.name != "_version.py"]
    silent = [str(f) for f in own if not f.read_text("utf-8").startswith(('"""', 'r"""'))]
    assert (silent, len(files) > 40) == ([], True)


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    section = README.partition("## Two commands")[2].partition("\n## ")[0]
    main_job, tests = re.findall(r"(?m)^    (.*)$", section)
    assert main_job.endswith("/docpact check")
    assert tests.endswith("/nox -s tests")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r'(?m)^bash -euc "\$\{commands\[(\d)\]\}"$', script) == ["0", "1"]


def test_the_plugin_imports_no_heavy_library() -> None:
    heavy = ("hypothesis", "httpx", "respx", "jsonschema", "uvicorn")
    code = f"import sys, docpact.plugin; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
