"""`docpact check` as a nightly job meets it: real processes, a real socket, real files."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from threading import Event
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from command import CANCELLED, DOCPACT, HEARD, OPERATION, QUICK, VARIABLE, Docpact, environment
from servers.defects import answering, ignoring, setting
from servers.jobs import make_jobs
from servers.loopback import Answer, Handler, Request
from servers.reference import KEY, Api

from docpact import __version__


def suite(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the suite in a folder, in a process of its own."""
    pytest_ = ["-m", "pytest", "-n", "0", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, *pytest_, "--pyargs", "docpact.contract_tests", *args],
        cwd=folder,
        env=environment(KEY),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_main_job_on_the_built_in_mock(docpact: Docpact) -> None:
    done = docpact("check", key=None)
    shown = re.sub(r"in [0-9.]+ s", "in N s", done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown.startswith(
        f"docpact {__version__}  {OPERATION} on mock\n  reach        3 requests"
    )
    assert re.search(r"conforms: \d+ promises kept, 0 broken, \d+ not tested;\s+\d+", shown)


def test_drift_on_a_real_server(docpact: Docpact, served: Any, tmp_path: Path) -> None:
    server = served(CANCELLED)
    done = docpact("check", "--target", server.url, "--json", "run.json", "--junit", "run.xml")
    assert (done.returncode, done.stderr) == (1, "")
    assert "response.enum  /items/*/status" in done.stdout
    assert 'observed   "CANCELLED"' in done.stdout
    assert "seen       1 of 12, always, first at /items/3/status" in done.stdout
    told = json.loads((tmp_path / "run.json").read_text())
    (finding,) = told["findings"]
    assert (told["verdict"], finding["rule"], finding["line"]) == ("drift", "response.enum", 90)
    assert finding["quote"] == 'status: "PENDING" or "RUNNING" or "COMPLETED" or "FAILED"'
    (failed,) = fromstring((tmp_path / "run.xml").read_text()).findall(".//testcase[failure]")
    assert failed.get("name") == "response.enum /items/*/status"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_line_runs_as_printed(docpact: Docpact, served: Any, tmp_path: Path) -> None:
    server = served(CANCELLED)
    docpact("check", "--target", server.url, "--json", "run.json")
    (finding,) = json.loads((tmp_path / "run.json").read_text())["findings"]
    done = subprocess.run(
        ["sh", "-c", finding["reproduce"]],
        env=environment(KEY) | {"no_proxy": "127.0.0.1"},
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["items"][3]["status"] == "CANCELLED"
    assert VARIABLE in shlex.split(finding["reproduce"])[-1]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (None, f"refuses the credential (401): set {VARIABLE} to a key that it accepts"),
        ("wrong", f"refuses the credential (401): set {VARIABLE} to a key that it accepts"),
    ],
    ids=["no key", "a wrong key"],
)
def test_a_refused_key_is_inconclusive(
    docpact: Docpact, served: Any, tmp_path: Path, key: str | None, says: str
) -> None:
    server = served(Api())
    done = docpact("check", "--target", server.url, "--json", "run.json", key=key)
    assert done.returncode == 3
    assert says in " ".join(done.stdout.split())
    told = json.loads((tmp_path / "run.json").read_text())
    assert (told["verdict"], told["requests"]) == ("inconclusive", 2)
    judged = {each["rule"] for each in told["promises"] if each["outcome"] != "not tested"}
    assert not {rule for rule in judged if rule.startswith(("response.", "query.", "filter."))}


def test_nobody_there_is_inconclusive(docpact: Docpact) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        done = docpact("check", "--target", f"http://127.0.0.1:{held.getsockname()[1]}")
    assert done.returncode == 3
    title, *lines = done.stdout.splitlines()
    assert title.startswith("docpact ")
    assert re.fullmatch(
        r"\|inconclusive: cannot reach http://127.0.0.1:\d+: Connection refused", "|".join(lines)
    )
    assert "Traceback" not in done.stdout + done.stderr


def test_a_proxy_that_is_not_there_is_named(docpact: Docpact) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{held.getsockname()[1]}"
        done = docpact("check", "--target", "http://127.0.0.1:9", "--proxy", f"http://{place}")
    assert done.returncode == 3
    assert f"cannot reach http://127.0.0.1:9: the proxy {place}: " in " ".join(done.stdout.split())


def test_the_plan_is_printed_and_nothing_is_sent(docpact: Docpact, served: Any) -> None:
    server = served(Api(make_jobs(3)))
    done = docpact("check", "--target", server.url, "--plan")
    planned = re.search(r"at least (\d+) requests", done.stdout)
    assert (done.returncode, server.requests) == (0, [])
    assert planned is not None
    assert "  rejected    page_size=101 (above maximum)  ?page_size=101\n" in done.stdout
    docpact("check", "--target", server.url)
    assert 0 < int(planned[1]) < len(server.requests)


def test_the_plan_of_an_api_needs_no_values_of_paths(docpact: Docpact, tmp_path: Path) -> None:
    shown = {"responses": {"200": {"description": "a thing"}}}
    at = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {"/things": {"get": shown}, "/things/{id}": {"get": {**shown, "parameters": [at]}}}
    info = {"title": "Things", "version": "1"}
    document = tmp_path / "things.json"
    document.write_text(json.dumps({"openapi": "3.1.0", "info": info, "paths": paths}))
    done = docpact("check", str(document), "--target", "http://127.0.0.1:9/", "--plan")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("GET http://127.0.0.1:9/things") == 2


@pytest.mark.slow
def test_additive_findings_fail_under_strict_alone(docpact: Docpact, served: Any) -> None:
    server = served(ignoring("page_size", lambda value: value == "101")(Api(make_jobs(3))))
    lenient = docpact("check", "--target", server.url)
    strict = docpact("check", "--target", server.url, "--strict")
    assert (lenient.returncode, strict.returncode) == (0, 1)
    assert "query.rejects  query/page_size" in lenient.stdout
    assert "page line 23: maximum100" in lenient.stdout


def test_require_live_is_not_content_with_the_mock(docpact: Docpact, served: Any) -> None:
    server = served(Api(make_jobs(3)))
    assert docpact("check", QUICK, "--require-live").returncode == 3
    assert docpact("check", "--require-live", "--target", server.url).returncode == 0


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["check", "llamacloud/list_classify_job"], "did you mean llamacloud/list_classify_jobs?"),
        (["check", "--target", "localhost:8000"], "give `mock` or a URL"),
        (["check", "--target", "https://me:pw@api.example"], "no user name or password"),
        (["check", "--json", "no/such/run.json"], "--json no/such/run.json: there is no folder"),
        (["check", "--junit", "."], "--junit .: is a folder"),
        (
            ["check", "--target", "https://me:pw/7@api.example"],
            "--target https://api.example: Port",
        ),
        (
            ["check", "--json", "https://me:pw/7@api.example/x"],
            "--json https:/api.example/x: there",
        ),
        (
            ["init", "https://me:pw/7@api.example"],
            "https://api.example: not a URL: Invalid port",
        ),
        (["check", "https://me:pw/7@api.example"], "https://api.example: give a file"),
        (["check", "a/b", "https://me:pw@api.example"], "unexpected argument https://api.example"),
        (["check", "--", "-k", "auth"], "run `pytest --pyargs docpact.contract_tests "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_usage_error_is_one_line_and_exit_code_2(
    docpact: Docpact, args: list[str], says: str
) -> None:
    done = docpact(*args)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "pw" not in done.stderr


def test_a_key_that_fits_in_no_header_is_a_usage_error(docpact: Docpact) -> None:
    done = docpact("check", "--target", "http://127.0.0.1:9", key="schlüssel mit\nzeile")
    assert done.returncode == 2
    assert f"{VARIABLE} contains a character that an HTTP header cannot carry" in done.stderr
    assert "schlüssel" not in done.stdout + done.stderr


@pytest.mark.slow
def test_the_suite_tests_only_the_chosen_families(served: Any, tmp_path: Path) -> None:
    server = served(Api(make_jobs(3)))
    counts = []
    for chosen in ("test_auth", "test_"):
        server.requests.clear()
        done = suite(tmp_path, f"--docpact-target={server.url}", "-k", chosen)
        assert done.returncode == 0, done.stdout
        counts.append(len(server.requests))
    assert counts[0] < counts[1] / 2


def test_the_callers_configuration_of_pytest_does_not_matter(
    docpact: Docpact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise SystemExit('loaded')\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    assert docpact("check", QUICK).returncode == 0


@pytest.mark.slow
def test_the_same_seed_gives_the_same_run(docpact: Docpact, served: Any, tmp_path: Path) -> None:
    server = served(CANCELLED)
    told = []
    for _ in range(2):
        docpact("check", "--target", server.url, "--seed", "7", "--json", "run.json")
        run = json.loads((tmp_path / "run.json").read_text())
        for varying in ("seconds", "started", "latency"):
            del run[varying]
        told.append((run, sorted(request.target for request in server.requests)))
        server.requests.clear()
    assert told[0] == told[1]


@pytest.mark.slow
def test_the_key_is_in_nothing_that_is_written(
    docpact: Docpact, served: Any, tmp_path: Path
) -> None:
    echoing = answering(500, lambda request: bool(request.values("status")))(Api(make_jobs(3)))
    server = served(setting("/user_id", [KEY])(Api(make_jobs(3))))
    other = served(echoing)
    texts = []
    for url in (server.url, other.url):
        done = docpact("check", "--target", url, "--json", "run.json", "--junit", "run.xml")
        assert done.returncode == 1
        texts += [done.stdout, done.stderr]
        texts += [(tmp_path / name).read_text() for name in ("run.json", "run.xml")]
    assert [text for text in texts if KEY in text] == []
    assert f"${VARIABLE}" in texts[0]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_inconclusive(signum: signal.Signals, served: Any) -> None:
    asked, leave = Event(), Event()

    def silent(_: Request) -> Answer:
        asked.set()
        leave.wait(30)
        return Answer(0)

    python, flag, code = DOCPACT  # a shell starts what runs in the background deaf to Ctrl-C
    command = [python, flag, HEARD + code, "check", "--target", served(silent).url]
    with subprocess.Popen(
        command, env=environment(KEY), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as check:
        assert asked.wait(120)
        check.send_signal(signum)
        shown, told = check.communicate(timeout=120)
        leave.set()
    assert (check.returncode, told) == (3, "")
    assert "inconclusive: interrupted" in shown


INTERRUPTED = f"""
{HEARD}
import docpact.cli.output, docpact.exit_codes
import docpact.cli.show as commands

commands.run_rules = lambda _: exec("signal.raise_signal(signal.SIGINT)")
import docpact.__main__
"""


def test_an_interrupt_of_an_import_is_inconclusive(tmp_path: Path) -> None:
    """`python -m` ends by the signal if that interrupted `exec`, as imports of data classes do."""
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    command = [DOCPACT[0], "-m", "interrupted", "rules"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    message = "docpact: inconclusive: interrupted before there was a verdict\n"
    assert (done.returncode, done.stdout, done.stderr) == (3, "", message)


def test_a_contract_that_may_change_something_is_refused(docpact: Docpact, tmp_path: Path) -> None:
    shipped = files("docpact.schemas").joinpath(*OPERATION.split("/"))
    for name in ("operation.json", "query.schema.json", "response.schema.json"):
        text = shipped.joinpath(name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace('"method": "GET"', '"method": "DELETE"'))
    done = docpact("check", ".", "--target", "http://127.0.0.1:9")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "is a DELETE: docpact sends no method that changes data" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handler", "code"),
    [(Api(make_jobs(3)), 0), (CANCELLED, 1), (None, 3)],
    ids=["conforms", "drift", "nobody there"],
)
def test_the_suite_runs_from_any_folder(
    served: Any, tmp_path: Path, handler: Handler | None, code: int
) -> None:
    url = "http://127.0.0.1:9" if handler is None else served(handler).url
    done = suite(tmp_path, f"--docpact-target={url}")
    assert done.returncode == code, done.stdout
    assert f"docpact {OPERATION} on http://127.0.0.1:" in done.stdout
