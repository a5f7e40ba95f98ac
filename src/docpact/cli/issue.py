"""`docpact issue`: one GitHub issue that follows the latest run of an API."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from docpact import __version__
from docpact.cli.history import read_runs
from docpact.errors import UsageError
from docpact.exit_codes import ExitCode
from docpact.secrets import Secrets
from docpact.text import describe_error, pluralize, printable

if TYPE_CHECKING:
    import argparse

    import httpx

    from docpact.model import ApiRun

TOKEN: Final = "GITHUB_TOKEN"  # noqa: S105
"""The environment variable with the token."""

API: Final = "GITHUB_API_URL"
"""The environment variable with the address of GitHub's API, which GitHub Actions sets."""

LONGEST: Final = 60_000
"""Maximum number of characters of an issue; GitHub accepts 65,536."""

PAGES: Final = 20
"""Maximum number of pages of 100 issues that are searched, the latest updates first."""

_CUT: Final = "The report is longer than an issue may be."

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9-]+/[\w.-]+", re.ASCII)
_MARKER: Final = re.compile(r"<!-- docpact-issue (\w+) (\w*) -->")


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue of GitHub."""

    number: int
    is_open: bool
    body: str


@dataclass(frozen=True, slots=True)
class Issues:
    """The issues of a repository, `owner/name` (GitHub REST API, version 2022-11-28).

    The client has the address of the API and the token. Secrets are removed from errors.
    """

    client: httpx.Client
    repository: str
    secrets: Secrets

    def find(self, key: str) -> Issue | None:
        """Return the issue with a marker in its body: an open one before a closed one."""
        found = [issue for issue in self._list() if _read_marker(issue.body)[0] == key]
        return min(found, key=lambda issue: (not issue.is_open, issue.number), default=None)

    def _list(self) -> Iterator[Issue]:
        for page in range(1, PAGES + 1):
            query = f"state=all&sort=updated&direction=desc&per_page=100&page={page}"
            listed = self.send("GET", f"?{query}")
            for each in listed:
                if "pull_request" not in each:
                    body = str(each.get("body") or "")
                    yield Issue(int(each["number"]), each.get("state") == "open", body)
            if len(listed) < 100:
                return

    def send(self, method: str, path: str, **content: Any) -> Any:
        """Send a request about the issues, and return the decoded response.

        Raises:
            UsageError: GitHub refuses it, or cannot be reached.
        """
        import httpx

        url = f"/repos/{self.repository}/issues{path}"
        try:
            response = self.client.request(method, url, json=content or None)
            if response.is_success:
                return response.json()
            problem = f"{response.status_code} {_read_message(response)}{_advise(response)}"
        except (httpx.HTTPError, ValueError) as error:
            problem = describe_error(error) or type(error).__name__
        raise UsageError(f"GitHub, {method} {url}: {printable(self.secrets.redact(problem))}")


def run_issue(args: argparse.Namespace) -> int:
    """Open, update or close the issue, as the run says; an inconclusive run changes nothing."""
    from docpact.model import ApiRun

    runs = read_runs(args.run_file)
    if not runs:
        raise UsageError("the file contains no run")
    run = ApiRun.of(*runs)
    if not _REPOSITORY.fullmatch(args.repo):
        raise UsageError(f"--repo {printable(args.repo)}: give OWNER/NAME")
    token = os.environ.get(TOKEN, "")
    if not token:
        raise UsageError(f"set {TOKEN} to a token that may write issues")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"{TOKEN} is not a token: it has blanks or special characters")
    with _connect(token) as client:
        secrets = Secrets({token: f"${TOKEN}"})
        text = _follow(run, Issues(client, args.repo, secrets), secrets, strict=args.strict)
    sys.stdout.write(f"{text}\n")
    return ExitCode.CONFORMS


def _connect(token: str) -> httpx.Client:
    import httpx

    from docpact.targets.address import is_loopback

    base = os.environ.get(API) or "https://api.github.com"
    if not base.startswith("https://") and not is_loopback(base):
        raise UsageError(f"{API}: the token is sent by https only")
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": f"docpact/{__version__}",
    }
    return httpx.Client(base_url=base, headers=headers, timeout=30)


def _follow(run: ApiRun, issues: Issues, secrets: Secrets, *, strict: bool) -> str:
    """Bring the issue in line with the run, and return a line that says how."""
    from docpact.model import Verdict

    key = sha256(f"{run.name}\n{run.target}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    verdict = run.verdict(strict=strict)
    if verdict is Verdict.INCONCLUSIVE:
        return "the run is inconclusive: the issue stays as it is"
    issue = issues.find(key)
    if verdict is Verdict.CONFORMS:
        return _close(run, issue, issues)
    found = {each.fingerprint for one in run.runs for each in one.findings if not each.accepted}
    body = _write_body(run, key, found, secrets, strict=strict)
    if issue is None:
        title = secrets.redact(f"docpact: {printable(run.name)} differs from its documentation")
        number = int(issues.send("POST", "", title=title, body=body)["number"])
        return _keep_first(number, issues.find(key), issues)
    return _update(issue, body, found, issues)


def _keep_first(number: int, first: Issue | None, issues: Issues) -> str:
    """Close an issue again that another run has opened at the same time."""
    if first is None or not first.is_open or first.number >= number:
        return f"opened issue {number} of {issues.repository}"
    issues.send("PATCH", f"/{number}", state="closed", state_reason="not_planned")
    return f"another run opened issue {first.number} of {issues.repository} at the same time"


def _close(run: ApiRun, issue: Issue | None, issues: Issues) -> str:
    if issue is None or not issue.is_open:
        return "the run conforms: there is no open issue"
    text = f"The run of {run.started:%Y-%m-%d %H:%M} UTC conforms to the documentation."
    issues.send("POST", f"/{issue.number}/comments", body=text)
    issues.send("PATCH", f"/{issue.number}", state="closed")
    return f"closed issue {issue.number} of {issues.repository}"


def _update(issue: Issue, body: str, found: set[str], issues: Issues) -> str:
    """Update an issue; a comment, which notifies people, only if other findings are in the run."""
    named = f"issue {issue.number} of {issues.repository}"
    before = _read_marker(issue.body)[1]
    if issue.is_open and before == _read_marker(body)[1]:
        return f"{named} has the same findings"
    changes = {"body": body} | ({} if issue.is_open else {"state": "open"})
    issues.send("PATCH", f"/{issue.number}", **changes)
    what = "The findings have changed" if issue.is_open else "The API differs again"
    text = f"{what}: {pluralize(len(found), 'finding')} in the latest run."
    issues.send("POST", f"/{issue.number}/comments", body=text)
    return f"{'updated' if issue.is_open else 'reopened'} {named}"


def _write_body(run: ApiRun, key: str, found: set[str], secrets: Secrets, *, strict: bool) -> str:
    """Return the text of an issue: the report as Markdown, and the marker."""
    from docpact.reports import markdown
    from docpact.reports.view import Report

    digest = sha256("\n".join(sorted(found)).encode()).hexdigest()[:16]
    text = secrets.redact(markdown.render(Report(run, __version__, strict)))
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition("\n")[0] + f"\n\n{_CUT}\n"
    return f"{text}\n<!-- docpact-issue {key} {digest} -->\n"


def _read_marker(body: str) -> tuple[str, str]:
    """Return the key of an API and target, and the digest of the findings; empty without one."""
    found = _MARKER.search(body)
    return (found[1], found[2]) if found else ("", "")


def _read_message(response: httpx.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def _advise(response: httpx.Response) -> str:
    """Return advice about a refusal: a limit of requests, or a permission that the token lacks."""
    if "retry-after" in response.headers or response.headers.get("x-ratelimit-remaining") == "0":
        seconds = response.headers.get("retry-after")
        return f" (try again in {seconds} s)" if seconds else " (try again in an hour)"
    return " (the token needs the permission issues: write)" if response.status_code == 403 else ""
