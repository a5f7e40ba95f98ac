"""Secrets are never written, whether a run conforms, drifts, crashes or is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from command import DOCPACT, HEARD, VARIABLE
from servers.jobs import make_jobs
from servers.loopback import Answer, Handler, Request, Server
from servers.reference import JSON, Api

KEY = "canary-key/+=7c41aa90e2d94b35"
COOKIE = "canary-cookie-5d2f8a1c77e04b19"
OTHER = "canary-other-93b7e6d012f84c5a"
CANARIES = (KEY, COOKIE, OTHER)


def escaped(secret: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in secret)


def percent(secret: str) -> str:
    return "".join(f"%{byte:02x}" for byte in secret.encode())


def forms(secret: str) -> list[bytes]:
    """Return every form in which a secret may be written, and its first half."""
    texts = [secret, secret[:12], secret.encode().hex(), quote(secret, safe="")]
    texts += [json.dumps(secret)[1:-1], secret.replace("/", "\\/"), escaped(secret)]
    texts += [percent(secret), quote(percent(secret), safe="")]
    texts += [b64encode(b"." * n + secret.encode()).decode().rstrip("=")[4:-1] for n in range(3)]
    return [text.encode() for text in texts]


def with_secrets(handler: Handler, *, drift: bool) -> Handler:
    """Put every secret into the headers, errors and bodies of all responses."""

    def leak(request: Request) -> Answer:
        answer = handler(request)
        body = json.loads(answer.body) if answer.body else None
        headers = (("Set-Cookie", f"session={COOKIE}; Path=/; HttpOnly"), ("X-Debug", OTHER))
        if drift and isinstance(body, dict):
            body |= {f"debug {KEY}": OTHER, "cookie": COOKIE}
            for item in body.get("items", ())[:1]:
                item |= {"status": KEY, "configuration_id": OTHER, "error_message": COOKIE}
                item |= {"percent": percent(KEY), "hex": KEY.encode().hex(), "x" * 50 + KEY: 1}
                item |= {"base64": b64encode(b"." + KEY.encode()).decode(), "file_id": {KEY: KEY}}
            for item in body.get("items", ())[1:2]:
                item |= {"status": "x" * 50 + KEY, "configuration_id": quote(percent(OTHER))}
            if "next_page_token" in body:
                body["next_page_token"] = f"{KEY}{COOKIE}"
        text = json.dumps(body).encode() if body is not None else answer.body
        if request.number % 2:
            text = text.replace(KEY.encode(), escaped(KEY).encode())
        return replace(answer, headers=(*answer.headers, *headers), body=text)

    return leak


def api(jobs: int = 12) -> Api:
    def refuse(request: Request) -> Answer | None:
        if request.headers.get("authorization") == f"Bearer {KEY}":
            return None
        return Answer(401, JSON, b'{"detail":"no"}')

    return replace(Api(make_jobs(jobs)), refuse=refuse)


def environment() -> dict[str, str]:
    return {**os.environ, VARIABLE: KEY, "OTHER_SECRET": OTHER}


ARTEFACTS = [
    *("--journal", "j.jsonl", "--json", "run.json", "--junit", "run.xml"),
    *("--history", "h.sqlite", "--sarif", "run.sarif", "--markdown", "run.md", "--github"),
]


def check(folder: Path, url: str, *more: str) -> subprocess.Popen[bytes]:
    (folder / "docpact.toml").write_text("secrets = ['OTHER_SECRET']\n")
    return subprocess.Popen(
        [*DOCPACT[:2], HEARD + DOCPACT[2], "check", "--target", url, *ARTEFACTS, *more],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def leaks(folder: Path, *outputs: bytes) -> list[tuple[str, bytes]]:
    """Return each secret in a file of the folder or in an output, with its place."""
    if (folder / "h.sqlite").exists():
        run(folder, "report", "--history", "h.sqlite", "--out", "report.html")
    texts = {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }
    texts |= {f"output {number}": text for number, text in enumerate(outputs)}
    if (folder / "h.sqlite").exists():
        assert "report.html" in texts
        done = run(folder, "history", "h.sqlite", "--json", "history.json")
        texts["history"] = done.stdout + (folder / "history.json").read_bytes()
    return [
        (name, form)
        for name, text in texts.items()
        for secret in CANARIES
        for form in forms(secret)
        if form in text
    ]


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*DOCPACT, *args], cwd=folder, env=environment(), capture_output=True, check=False
    )


Served = Callable[[Handler], Server]


@pytest.mark.slow
@pytest.mark.parametrize(("drift", "code"), [(False, 0), (True, 1)])
def test_on_success_and_on_drift(tmp_path: Path, served: Served, drift: bool, code: int) -> None:
    process = check(tmp_path, served(with_secrets(api(), drift=drift)).url)
    printed = process.communicate()
    assert process.returncode == code
    har = run(tmp_path, "export", "har", "j.jsonl", "--out", "j.har")
    again = run(tmp_path, "check", "--replay", "j.jsonl")
    assert (har.returncode, again.returncode) == (0, code)
    assert "[cookie]" in (tmp_path / "j.jsonl").read_text()
    assert leaks(tmp_path, *printed, har.stdout, again.stdout, again.stderr) == []


@pytest.mark.slow
def test_on_ctrl_c(tmp_path: Path, served: Served) -> None:
    process: list[subprocess.Popen[bytes]] = []
    handler = with_secrets(api(), drift=True)

    def interrupting(request: Request) -> Answer:
        if request.number == 30:
            process[0].send_signal(signal.SIGINT)
        return handler(request)

    url = served(interrupting).url
    process.append(check(tmp_path, url))
    printed = process[0].communicate()
    assert process[0].returncode in (1, 3)
    assert b"interrupted" in b"".join(printed)
    assert leaks(tmp_path, *printed) == []


def test_on_an_internal_error(tmp_path: Path, served: Served) -> None:
    """An error is raised whose message and local variables contain the secret."""
    fault = tmp_path / "fault.py"
    fault.write_text(
        "from docpact.targets import http\n"
        "def send(self, case, phase='', *, together=False):\n"
        "    secret = self.secret\n"
        "    raise RuntimeError(f'cannot send {secret}')\n"
        "http.HttpTarget.send = send\n"
    )
    url = served(with_secrets(api(), drift=False)).url
    python, flag, code = DOCPACT
    done = subprocess.run(
        [python, flag, f"import fault; {code}", "check", "--target", url, *ARTEFACTS],
        cwd=tmp_path,
        env={**environment(), "TMPDIR": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 4
    assert (done.stderr.count(b"\n"), b"RuntimeError: cannot send $" in done.stderr) == (1, True)
    (details,) = tmp_path.glob("docpact-error-*.txt")
    assert (details.stat().st_mode & 0o777, "fault.py" in details.read_text()) == (0o600, True)
    assert leaks(tmp_path, done.stdout, done.stderr) == []


@pytest.mark.slow
def test_in_the_logs_of_the_http_library_and_in_the_output_of_pytest(
    tmp_path: Path, served: Served
) -> None:
    url = served(with_secrets(api(), drift=True)).url
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-vv", "--showlocals"),
            *("--log-level=DEBUG", "--log-file=log.txt", "-rA"),
            *("--pyargs", "docpact.contract_tests", "-k", "enum or format"),
            *(f"--docpact-target={url}", "--docpact-secret=OTHER_SECRET"),
        ],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert leaks(tmp_path, done.stdout, done.stderr) == []


@pytest.mark.slow
def test_in_the_arguments_of_the_process(tmp_path: Path, served: Served) -> None:
    seen: list[bytes] = []
    process: list[subprocess.Popen[bytes]] = []
    handler = api()

    def looking(request: Request) -> Answer:
        if request.number == 5:
            seen.append(Path(f"/proc/{process[0].pid}/cmdline").read_bytes())
        return handler(request)

    url = served(looking).url
    process.append(check(tmp_path, url))
    process[0].communicate()
    assert len(seen) == 1
    assert [form for secret in CANARIES for form in forms(secret) if form in seen[0]] == []
