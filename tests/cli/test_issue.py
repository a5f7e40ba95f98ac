"""`docpact issue` on a stand-in of GitHub's API, and `--webhook` on a server, both on loopback."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from command import OPERATION, Docpact, in_process
from history.entries import finding, run_of
from servers.loopback import Answer, Handler, Request, Server

from docpact.history.codec import encode
from docpact.model import Level

TOKEN = "ghp_0123456789abcdef"
LISTED = "/repos/acme/shop/issues?state=all&sort=updated&direction=desc&per_page=100&page=1"


@dataclass
class GitHub:
    """The issues API of one repository, as far as docpact uses it."""

    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.requests.append(f"{request.method} {request.path}")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            said = request.headers.get("authorization", "")
            return answer(401, {"message": f"Bad credentials: {said}"})
        tail = request.path.removeprefix("/repos/acme/shop/issues")
        content = json.loads(request.body or b"null")
        if request.method == "GET":
            page = int(request.last("page") or 1)
            return answer(200, self.issues[100 * (page - 1) : 100 * page])
        if request.method == "POST" and not tail:
            made = {"number": len(self.issues) + 1, "state": "open", **content}
            self.issues.append(made)
            return answer(201, made)
        issue = self.issues[int(tail.split("/")[1]) - 1]
        if tail.endswith("/comments"):
            self.comments.append(content["body"])
            return answer(201, {})
        issue |= content
        return answer(200, issue)


def answer(status: int, body: Any) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(body).encode())


ENUM = finding("a" * 12, observed='"GONE" @everyone ghp_0123456789abcdef')
OTHER = finding("b" * 12, location="/items/*/user_id")
MORE = finding("c" * 12, level=Level.ADDITIVE)


def follow(folder: Path, github: Handler, *findings: Any, token: str = TOKEN, **fields: Any) -> Any:
    """Let the issue follow a run with some findings; return what became of the command."""
    stated = run_of(*findings, operation=OPERATION, **fields)
    (folder / "run.json").write_text(encode(stated, version="1"))
    with Server(github) as server:
        variables = {"GITHUB_TOKEN": token, "GITHUB_API_URL": server.url}
        return in_process(("issue", "run.json", "--repo", "acme/shop"), folder, variables)


def test_one_issue_follows_the_runs(tmp_path: Path) -> None:
    github = GitHub()
    github.issues = [{"number": 1, "state": "open", "body": "by a person"}]
    steps = [
        ((), "the run conforms: there is no open issue"),
        ((ENUM,), "opened issue 2 of acme/shop"),
        ((ENUM,), "issue 2 of acme/shop has the same findings"),
        ((ENUM, MORE, OTHER), "updated issue 2 of acme/shop"),
        ((MORE,), "closed issue 2 of acme/shop"),
        ((), "the run conforms: there is no open issue"),
        ((ENUM,), "reopened issue 2 of acme/shop"),
    ]
    for findings, says in steps:
        done = follow(tmp_path, github, *findings)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{says}\n", "")
    first, issue = github.issues
    assert first["body"] == "by a person"
    assert (len(github.issues), issue["state"]) == (2, "open")
    assert issue["title"] == f"docpact: {OPERATION} differs from its documentation"
    assert TOKEN not in json.dumps(github.issues)
    assert "@everyone" in issue["body"]
    assert github.comments == [
        "The findings have changed: 3 findings in the latest run.",
        "The run of 2026-11-01 03:00 UTC conforms to the documentation.",
        "The API differs again: 1 finding in the latest run.",
    ]


def test_two_runs_at_once_leave_one_issue(tmp_path: Path) -> None:
    class Twice(GitHub):
        """Another run opens its issue just before this one does."""

        def __call__(self, request: Request) -> Answer:
            if request.method == "POST" and not self.issues:
                super().__call__(request)
            return super().__call__(request)

    github = Twice()
    done = follow(tmp_path, github, ENUM)
    assert done.stdout == "another run opened issue 1 of acme/shop at the same time\n"
    assert [each["state"] for each in github.issues] == ["open", "closed"]
    assert "closed issue 1" in follow(tmp_path, github).stdout


def test_an_inconclusive_run_changes_nothing(tmp_path: Path) -> None:
    github = GitHub()
    done = follow(tmp_path, github, reason="no response")
    assert done.stdout == "the run is inconclusive: the issue stays as it is\n"
    assert github.requests == []


def test_the_issue_is_found_behind_many_others(tmp_path: Path) -> None:
    github = GitHub()
    follow(tmp_path, github, ENUM)
    others = [{"number": n + 2, "state": "open", "body": None} for n in range(250)]
    github.issues = [*others[:150], *github.issues, *others[150:]]
    assert "has the same findings" in follow(tmp_path, github, ENUM).stdout
    assert github.requests[-2:] == ["GET /repos/acme/shop/issues"] * 2


def test_another_target_has_another_issue(tmp_path: Path) -> None:
    github = GitHub()
    follow(tmp_path, github, ENUM)
    done = follow(tmp_path, github, ENUM, target="https://staging.example")
    assert done.stdout == "opened issue 2 of acme/shop\n"


def test_a_long_report_is_cut(tmp_path: Path) -> None:
    github = GitHub()
    many = [finding(f"{n:012x}", location=f"/{'x' * 300}/{n}") for n in range(200)]
    follow(tmp_path, github, *many)
    (issue,) = github.issues
    assert len(issue["body"]) < 65_536
    assert "The report is longer than an issue may be." in issue["body"]
    assert "has the same findings" in follow(tmp_path, github, *many).stdout


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (403, (), "403 Not allowed (the token needs the permission issues: write)"),
        (429, (("Retry-After", "60"),), "429 Not allowed (try again in 60 s)"),
        (403, (("X-RateLimit-Remaining", "0"),), "403 Not allowed (try again in an hour)"),
    ],
)
def test_refusals_of_github(tmp_path: Path, status: int, headers: Any, says: str) -> None:
    def refuse(_: Request) -> Answer:
        return Answer(status, headers, b'{"message": "Not allowed"}')

    done = follow(tmp_path, refuse, ENUM)
    assert (done.returncode, done.stderr) == (2, f"docpact: GitHub, GET {LISTED}: {says}\n")


@pytest.mark.parametrize(
    ("token", "code", "says"),
    [
        ("", 2, "docpact: set GITHUB_TOKEN to a token that may write issues\n"),
        ("a b", 2, "docpact: GITHUB_TOKEN is not a token: it has blanks or special characters\n"),
        (
            "ghp_wrong_token",
            2,
            f"docpact: GitHub, GET {LISTED}: 401 Bad credentials: Bearer $GITHUB_TOKEN\n",
        ),
    ],
)
def test_a_token_that_does_not_work(tmp_path: Path, token: str, code: int, says: str) -> None:
    done = follow(tmp_path, GitHub(), ENUM, token=token)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", says)


@pytest.mark.parametrize(
    ("repo", "url", "says"),
    [
        ("shop", "http://127.0.0.1:1", "--repo shop: give OWNER/NAME"),
        ("a/b", "http://github.example", "GITHUB_API_URL: the token is sent by https only"),
        ("a/b", "http://127.0.0.1:1", "GitHub, GET /repos/a/b/issues"),
    ],
)
def test_usage_errors(tmp_path: Path, repo: str, url: str, says: str) -> None:
    (tmp_path / "run.json").write_text(encode(run_of(ENUM, operation=OPERATION), version="1"))
    variables = {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": url}
    done = in_process(("issue", "run.json", "--repo", repo), tmp_path, variables)
    assert done.returncode == 2
    assert done.stderr.startswith(f"docpact: {says}")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(("status", "warns"), [(200, False), (204, False), (500, True)])
def test_a_webhook_gets_the_run(tmp_path: Path, status: int, warns: bool) -> None:
    got: list[Request] = []

    def take(request: Request) -> Answer:
        got.append(request)
        return Answer(status)

    with Server(take) as server:
        url = f"{server.url}/hooks/secret-path"
        done = Docpact(tmp_path)("check", OPERATION, "--webhook", url, "--json", "run.json", "-q")
    assert done.returncode == 0
    (request,) = got
    assert (request.method, request.path) == ("POST", "/hooks/secret-path")
    assert json.loads(request.body) == json.loads((tmp_path / "run.json").read_text())
    warning = f"docpact: the webhook at 127.0.0.1 did not take the run: {status}\n"
    assert done.stderr == (warning if warns else "")


@pytest.mark.parametrize(
    "url", ["http://hooks.example/a", "ftp://127.0.0.1/", "https", "http://[x"]
)
def test_a_webhook_without_https_is_refused(tmp_path: Path, url: str) -> None:
    done = Docpact(tmp_path)("check", OPERATION, "--webhook", url)
    says = "docpact: --webhook: give a URL of https, or of http on this machine\n"
    assert (done.returncode, done.stderr) == (2, says)
