"""`docpact diff` and `docpact disagree` as a user meets them, on the real SDK's releases too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from clients.sdk import environment, install
from command import DOCPACT, in_process

import docpact
from docpact.cli.arguments import SOURCES
from docpact.diff.sources import KINDS

SHIPPED = "llamacloud/list_classify_jobs"
PAGE = Path(docpact.__file__).parent / "schemas" / SHIPPED / "page.txt"
EXAMPLES = Path(__file__).parents[2] / "examples" / "disagree"
TYPES = (
    "llama_cloud.types.classify_list_params:ClassifyListParams"
    "+llama_cloud.types.classify_list_response:ClassifyListResponse@/items/*"
)
INSTALLED = version("llama-cloud")

HISTORY = {
    (1, 6, 0): {
        ("diff.query.type_narrowed", "query/page_size"),
        ("diff.response.optional", "/items/*/result/type"),
    },
    (2, 0, 0): {
        ("diff.query.added", "query/created_at_on_or_after"),
        ("diff.query.added", "query/created_at_on_or_before"),
        ("diff.response.added", "/items/*/configuration/parsing_configuration"),
    },
    (2, 1, 0): {
        ("diff.response.removed", "/items/*/document_input_value"),
        ("diff.response.added", "/items/*/file_input"),
    },
    (2, 14, 1): {
        ("diff.response.value_added", "/items/*/status"),
        ("diff.query.value_added", "query/status"),
    },
    (2, 19, 0): {("diff.response.added", "/items/*/usage")},
}
"""Release → statements of the SDK's types since then that the page does not make."""


def run(folder: Path, *arguments: str, packages: Path | None = None) -> tuple[int, str, str]:
    """Run the command, in a process of its own if that needs other packages."""
    if packages is None:
        done = in_process(arguments, folder, os.environ)
        return done.returncode, done.stdout, done.stderr
    done = subprocess.run(
        [*DOCPACT, *arguments],
        cwd=folder,
        env=environment(folder, packages),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("release", dict.fromkeys([INSTALLED, "1.6.0"]))
def test_the_types_of_a_release_differ_as_is_known(tmp_path: Path, release: str) -> None:
    packages = None if release == INSTALLED else install(release, tmp_path)
    code, _, stderr = run(
        tmp_path, "diff", str(PAGE), TYPES, "--json", "diff.json", packages=packages
    )
    written = json.loads((tmp_path / "diff.json").read_text())
    since = tuple(int(number) for number in release.split("."))
    known = {each for first, found in HISTORY.items() if first <= since for each in found}
    assert (code, stderr, written["compared"]) == (1, "", ["query", "response /items/*"])
    assert {(each["rule"], each["location"]) for each in written["changes"]} == known


def test_the_table_says_what_changes_for_whom_by_which_line(tmp_path: Path) -> None:
    page = PAGE.read_text()
    later = page.replace('or "FAILED"', 'or "FAILED" or "CANCELLED"')
    later = later.replace('\n"FAILED"\n', '\n"FAILED"\n"CANCELLED"\n')
    (tmp_path / "later.txt").write_text(later)
    code, stdout, _ = run(tmp_path, "diff", str(PAGE), "later.txt", "--markdown", "diff.md")
    assert code == 1
    assert (
        '  diff.response.value_added  /items/*/status\n    not listed -> "CANCELLED"\n'
        "    for readers of the response\n"
        '    from: page line 90: status: "PENDING" or "RUNNING" or "COMPLETED" or "FAILED"\n'
        '    to: page line 91: status: "PENDING" or "RUNNING" or "COMPLETED" or "FAILED" or '
    ) in stdout
    rows = (tmp_path / "diff.md").read_text().splitlines()
    assert (
        "| additive | `diff.query.value_added` | `query/status` | `not listed` | "
        '`"CANCELLED"` | senders of the query |'
    ) in rows


def test_no_change_is_exit_code_0(tmp_path: Path) -> None:
    code, stdout, stderr = run(tmp_path, "diff", SHIPPED, SHIPPED)
    assert (code, stderr) == (0, "")
    assert stdout.replace("\n  ", " ").splitlines() == [
        f"from  {SHIPPED}",
        f"to    {SHIPPED}",
        (
            "compared: operation, query, response, path parameters, request headers, cookies, "
            "request body, credentials, servers"
        ),
        (
            "not compared: other request bodies, other responses, deprecation, "
            "how arrays and objects are written in response headers, variables of servers, "
            "callbacks, links"
        ),
        "",
        "no changes",
    ]


def test_additive_changes_fail_under_strict_alone(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"items": []}')
    (tmp_path / "two.json").write_text('{"items": [], "more": 1}')
    pair = ["answers:one.json", "answers:two.json"]
    assert run(tmp_path, "diff", *pair)[0] == 0
    assert run(tmp_path, "diff", *pair, "--strict")[0] == 1


@pytest.mark.parametrize(
    ("old", "new", "version"),
    [
        ({"items": []}, {"items": [], "more": 1}, "minor"),
        ({"items": []}, {"items": {}}, "major"),
        ({"items": []}, {"items": []}, None),
    ],
)
def test_the_version_to_raise_follows_the_changes(
    tmp_path: Path, old: Any, new: Any, version: str | None
) -> None:
    (tmp_path / "old.json").write_text(json.dumps(old))
    (tmp_path / "new.json").write_text(json.dumps(new))
    _, stdout, _ = run(tmp_path, "diff", "answers:old.json", "answers:new.json", "--json", "d.json")
    assert json.loads((tmp_path / "d.json").read_text())["version"] == version
    assert stdout.endswith(f"; next version: {version}\n" if version else "\nno changes\n")


def test_who_disagrees_with_whom(tmp_path: Path) -> None:
    answer, client = EXAMPLES / "answer.json", EXAMPLES / "client.d.ts"
    code, stdout, stderr = run(
        tmp_path,
        "disagree",
        SHIPPED,
        f"answers:{answer}",
        f"{client}:Job@/items/*",
        *("--json", "who.json", "--markdown", "who.md"),
    )
    written = json.loads((tmp_path / "who.json").read_text())["disagreements"]
    assert (code, stderr) == (1, "")
    assert [(each["location"], each["promise"]) for each in written] == [
        ("/items/*/document_input_value", "presence"),
        ("/items/*/status", 'value "CANCELLED"'),
        ("/items/*/file_input", "presence"),
    ]
    assert "/items/*/file_input: presence\n  B, C       there\n  A          absent\n" in stdout
    assert (
        "| `/items/*/file_input` | presence | `absent` | `there` | `there` |"
        in (tmp_path / "who.md").read_text()
    )


def test_who_agrees(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"items": []}')
    code, stdout, _ = run(tmp_path, "disagree", SHIPPED, "answers:one.json")
    assert code == 0
    assert stdout.endswith("no disagreements\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["diff", SHIPPED, "none/at_all"], "no file, folder or shipped contract of that name"),
        (["diff", "answers:none.json", SHIPPED], "none.json: No such file or directory"),
        (
            ["diff", f"{TYPES.partition('+')[0]}", f"{TYPES.partition('+')[2]}"],
            "describe no common part of an operation",
        ),
        (["disagree", SHIPPED, SHIPPED], "name two or more different sources"),
        (["diff", SHIPPED, SHIPPED, "--json", "none/x"], "there is no folder none"),
    ],
)
def test_usage_errors_are_one_clear_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    code, stdout, stderr = run(tmp_path, *arguments)
    assert (code, stdout) == (2, "")
    assert says in stderr
    assert stderr.startswith("docpact: ")
    assert stderr.count("\n") == 1


def test_a_document_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"openapi": "3.1.0", "paths": {"/a": {"get": {}}}}')
    code, _, stderr = run(tmp_path, "diff", "old.json", "new.json")
    assert (code, stderr) == (2, "docpact: new.json: No such file or directory\n")


def test_the_help_lists_every_kind_of_source(tmp_path: Path) -> None:
    code, stdout, _ = run(tmp_path, "diff", "--help")
    assert (code, len(SOURCES)) == (0, len(KINDS))
    assert [form for form, text in SOURCES if f"  {form:<25} {text}\n" not in stdout] == []


def test_help_imports_no_source(tmp_path: Path) -> None:
    code = (
        "import sys, docpact.cli\n"
        "try: docpact.cli.main(['diff', '--help'])\n"
        "finally: print('docpact.diff' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr == "False\n"


def test_nothing_in_a_source_is_interpreted(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(json.dumps({"items": [], "\x1b[31m|`x`\n::error::": 1}))
    _, stdout, _ = run(tmp_path, "diff", SHIPPED, "answers:odd.json", "--markdown", "odd.md")
    written = (tmp_path / "odd.md").read_text()
    assert "\x1b" not in stdout + written
    assert not [
        line for line in stdout.splitlines() + written.splitlines() if "::error" in line[:9]
    ]
    assert "`` /\\x1b[31m\\|`x`\\x0a\\x3a:error:: ``" in written


def test_your_own_contract_is_a_source_by_its_name(tmp_path: Path) -> None:
    shutil.copytree(PAGE.parent, tmp_path / "contracts" / "acme" / "list_jobs")
    (tmp_path / "docpact.toml").write_text('contracts = "contracts"\n')
    assert run(tmp_path, "diff", SHIPPED, "acme/list_jobs")[0] == 0
    code, out, _ = run(tmp_path, "disagree", SHIPPED, "acme/list_jobs")
    assert (code, "\nB  acme/list_jobs\n" in out) == (0, True)
