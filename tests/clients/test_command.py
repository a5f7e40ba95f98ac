"""`docpact gate --exec`: a client in any language, as a command started for each query."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest
from command import in_process

CLIENT = """
import json, os, sys, urllib.error, urllib.parse, urllib.request

query, items, token = json.load(sys.stdin), [], None
while True:
    asked = {name: value for name, value in query.items() if value is not None}
    asked |= {"page_token": token} if token else {}
    url = os.environ["DOCPACT_BASE_URL"] + "/api/v2/classify?" + urllib.parse.urlencode(asked, True)
    headers = {"Authorization": "Bearer " + os.environ["DOCPACT_KEY"]}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            page = json.load(answer)
    except urllib.error.HTTPError as error:
        told = {"name": "Refused", "message": "refused", "status": error.code}
        print(json.dumps({"error": told}))
        break
    items += page["items"]
    token = page.get("next_page_token")
    if not token:
        print(json.dumps({"items": items, "total_size": page.get("total_size")}))
        break
"""


class Gate(Protocol):
    """Gates a command in an empty folder."""

    def __call__(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Return what became of it."""
        ...


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    (tmp_path / "client.py").write_text(CLIENT)

    def run(command: str, *options: str) -> subprocess.CompletedProcess[str]:
        return in_process(("gate", "--exec", command, *options), tmp_path, os.environ)

    return run


def asking(code: str) -> str:
    """Return a command that makes the documented request and then runs some code."""
    request = (
        "import os, urllib.request as u; u.urlopen(u.Request("
        "os.environ['DOCPACT_BASE_URL'] + '/api/v2/classify', "
        "headers={'Authorization': 'Bearer ' + os.environ['DOCPACT_KEY']})).read()"
    )
    return shlex.join([sys.executable, "-c", f"{request}\n{code}"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "only",
    [
        "client.status status/404",
        *(
            pytest.param(promise, marks=pytest.mark.slow)
            for promise in ("client.walk", "client.onward", "client.absent", "client.fidelity")
        ),
    ],
)
def test_a_correct_command_keeps_its_promises(gate: Gate, only: str) -> None:
    done = gate(f"{sys.executable} client.py", "--only", only)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 broken" in done.stdout
    assert "not tested" not in done.stdout.replace("0 not tested", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("raise ValueError(7)", "foreign error, exit code 1: ValueError: 7"),
        ("print(1)", "foreign error, exit code 0: expected one JSON object on stdout"),
        ("print({})", "foreign error, no page: expected an object with items at /items"),
        ("while True: pass", "hang, no end within 1 second"),
    ],
    ids=["a crash", "no object", "no items", "no end"],
)
def test_what_is_no_page_is_told(gate: Gate, command: str, says: str) -> None:
    done = gate(asking(command), "--only", "client.walk", "--patience", "1")
    assert done.returncode == 1
    assert says in " ".join(done.stdout.split())


@pytest.mark.slow
def test_a_command_without_end_is_ended(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(
        "import os, pathlib, signal\n"
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "signal.pause()\n"
    )
    gate(f"{sys.executable} endless.py", "--only", "client.walk", "--patience", "5")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise ValueError(7)", "it fails with exit code 1: ValueError: 7"),
        ("import json; print(json.dumps({'items': []}))", "it returns without an error"),
        (
            "import urllib.request as u; u.urlopen('http://api.example.com/api/v2/classify')",
            "but one to api.example.com: does it use the base URL it is given?",
        ),
    ],
    ids=["a crash", "no request", "another host"],
)
def test_a_client_that_does_not_reach_the_gate_is_refused(gate: Gate, code: str, says: str) -> None:
    done = gate(shlex.join([sys.executable, "-c", code]))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "a plain call of the client sends no request to the gate's server" in done.stderr
    assert says in done.stderr


@pytest.mark.slow
def test_a_finding_is_seen_again_by_its_command(gate: Gate, tmp_path: Path) -> None:
    command = asking("print(1)")
    gate(command, "--only", "client.walk", "--json", "gate.json")
    (finding,) = json.loads((tmp_path / "gate.json").read_text())["findings"]
    words = shlex.split(finding["reproduce"])
    assert words == ["docpact", "gate", "--exec", command, "--only", "client.walk /items"]
    assert finding["level"] == "breaking"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give either the name of a client or --exec COMMAND"),
        (["llama-cloud", "--exec", "true"], "give either the name of a client or --exec COMMAND"),
        (["llamacloud/list_batches"], "llamacloud/list_batches is an API; --exec COMMAND names"),
        (["lamps.yaml", "--exec", "true"], "lamps.yaml: no such file"),
        (["--exec", "no-such-command"], "command not found: 'no-such-command'"),
        (["--exec", "'"], "No closing quotation"),
        (["no-such-sdk"], "does not name a client 'no-such-sdk'; it names: llama-cloud"),
        (["llama-cloud", "--only", "nothing"], "no promise of the gate has this in its name"),
        (["llama-cloud", "--only", "a-b", "--only", "c-d"], "--only 'a-b' --only 'c-d': no"),
        (["llama-cloud", "--patience", "0"], "--patience must be a number above 0, not 0"),
        (
            ["llama-cloud", "--against", "none.json"],
            "--against none.json: No such file or directory",
        ),
        (["llama-cloud", "--json", "none/gate.json"], "there is no folder none"),
    ],
)
def test_wrong_use_is_one_clear_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = in_process(("gate", *arguments), tmp_path, os.environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert done.stderr.startswith("docpact: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_against_something_else_is_wrong_use(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"promises": [1], "answers": []}')
    done = gate(f"{sys.executable} client.py", "--against", "other.json", "--only", "client.walk")
    assert done.returncode == 2
    assert "not written by `docpact gate --json`" in done.stderr


LEAKING = """
import os, sys, urllib.request
urllib.request.urlopen(os.environ["DOCPACT_BASE_URL"] + "/api/v2/classify").read()
held = {name: os.environ.get(name) for name in ("MY_API_KEY", "MY_SETTING")}
sys.exit(f"LeakError: {held}")
"""


@pytest.mark.slow
def test_the_client_gets_no_secret_and_its_errors_show_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_KEY", "real-secret-1234")
    monkeypatch.setenv("MY_SETTING", "plain")
    (tmp_path / "client.py").write_text(LEAKING)
    client = shlex.join([sys.executable, "client.py"])
    done = in_process(("gate", "--exec", client, "--only", "client.body"), tmp_path, os.environ)
    assert "'MY_API_KEY': None, 'MY_SETTING': 'plain'" in done.stdout
    leaking = LEAKING.replace("{held}", "real-secret-1234")
    (tmp_path / "client.py").write_text(leaking)
    done = in_process(("gate", "--exec", client, "--only", "client.body"), tmp_path, os.environ)
    assert "LeakError: $MY_API_KEY" in done.stdout


LINES = """
import json, os, sys, urllib.error, urllib.parse, urllib.request

open("started", "a").write(os.environ["DOCPACT_LINES"])
for line in sys.stdin:
    asked = json.loads(line)
    values = {name: value for name, value in asked["query"].items() if value is not None}
    path = {"listLamps": "/lamps", "getLamp": "/lamps/" + str(values.pop("id", 0))}
    url = asked["base_url"] + path[asked["operation"]] + "?" + urllib.parse.urlencode(values, True)
    headers = {"X-Key": asked["key"]}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            print(json.dumps(json.load(answer)), flush=True)
    except urllib.error.HTTPError as error:
        told = {"name": "Refused", "message": "refused", "status": error.code}
        print(json.dumps({"error": told}), flush=True)
"""

LAMPS = """
openapi: 3.1.0
info: {title: Lamps, version: "1"}
servers: [{url: "https://lamps.example"}]
security: [{key: []}]
paths:
  /lamps:
    get:
      operationId: listLamps
      parameters: [{name: room, in: query, schema: {type: string}}]
      responses: {"200": {description: ok, content: {application/json: {schema: {
        type: array, items: {$ref: "#/components/schemas/Lamp"}}}}}}
  /lamps/{id}:
    get:
      operationId: getLamp
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: ok, content: {application/json: {schema: {
        $ref: "#/components/schemas/Lamp"}}}}}
  /lamps.csv:
    get:
      operationId: lampTable
      responses: {"200": {description: ok, content: {text/csv: {schema: {type: string}}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas: {Lamp: {type: object, required: [id], properties: {
    id: {type: integer}, room: {type: string}}}}
"""


@pytest.mark.slow
def test_one_process_answers_for_all_operations_of_a_document(tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(LINES)
    (tmp_path / "lamps.yaml").write_text(LAMPS)
    command = shlex.join([sys.executable, "client.py"])
    options = ("gate", "lamps.yaml", "--exec", command, "--lines", "--only", "client.query")
    done = in_process((*options, "--json", "gate.json"), tmp_path, os.environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert "not gated: lamps/lampTable: cannot be gated: its responses are text/csv" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("conforms: 2 operations conform, 1 not tested;")
    assert len((tmp_path / "started").read_text()) <= 20 * (os.cpu_count() or 1)
    chosen = ("--operation", "lampTable")
    done = in_process((*options, *chosen), tmp_path, os.environ)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "lamps/lampTable cannot be gated: its responses are text/csv, not JSON" in done.stderr


@pytest.mark.slow
def test_several_operations_are_compared_with_an_earlier_gate(tmp_path: Path) -> None:
    def run(client: str, *options: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "client.py").write_text(client)
        command = shlex.join([sys.executable, "client.py"])
        line = ("gate", "lamps.yaml", "--exec", command, "--lines", "--only", "client.base_path")
        return in_process((*line, *options), tmp_path, os.environ)

    (tmp_path / "lamps.yaml").write_text(LAMPS)
    run(LINES, "--operation", "listLamps", "--json", "one.json")
    one = run(LINES, "--against", "one.json", "--json", "before.json")
    assert one.returncode == 0
    assert "not compared: lamps/getLamp was not gated before" in one.stdout
    for client, says in (
        (LINES, "no promise got worse than with"),
        (
            LINES.replace('asked["base_url"]', 'asked["base_url"].replace("/gateway/v9", "")'),
            "lamps/getLamp client.base_path request before kept",
        ),
        (
            LINES.replace('"getLamp"', '"other"'),
            "lamps/getLamp before gated now a plain call of the client sends no request",
        ),
    ):
        done = run(client, "--against", "before.json")
        assert done.returncode == (1 if "before" in says else 0), done.stdout + done.stderr
        assert says in " ".join(done.stdout.split())


@pytest.mark.slow
def test_a_process_that_ends_or_hangs_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "lamps.yaml").write_text(LAMPS)
    for patience, code, says in (
        (
            "9",
            'if "%2F" in url: sys.exit("OddError: a slash")',
            "no request, exit code 1: OddError: a slash",
        ),
        ("1", 'while "%2F" in url: pass', "no request, no end within 1 second"),
        (
            "60",
            'while "%2F" in url: sys.stdout.write("x" * 2**20)',
            "no request, too much output: more than 16,777,216 bytes",
        ),
    ):
        broken = LINES.replace("    headers =", f"    {code}\n    headers =", 1)
        (tmp_path / "client.py").write_text(broken)
        command = shlex.join([sys.executable, "client.py"])
        options = ("--lines", "--operation", "listLamps", "--only", "client.request request")
        line = ("gate", "lamps.yaml", "--exec", command, *options, "--patience", patience)
        done = in_process(line, tmp_path, os.environ)
        assert done.returncode == 1
        assert says in " ".join(done.stdout.split())


def test_a_process_that_ends_with_an_error_is_replaced_for_the_second_call(tmp_path: Path) -> None:
    (tmp_path / "lamps.yaml").write_text(LAMPS)
    (tmp_path / "client.py").write_text(LINES)
    command = shlex.join([sys.executable, "client.py"])
    options = ("--lines", "--operation", "listLamps", "--only", "client.again", "--patience", "3")
    done = in_process(("gate", "lamps.yaml", "--exec", command, *options), tmp_path, os.environ)
    assert (done.returncode, done.stderr) == (0, "")
