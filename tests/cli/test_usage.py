"""Wrong uses of the command line: each gets one line that says what to do, and exit code 2."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from command import Docpact

from docpact.reports.markdown import EVERY

WRONG_USES = [
    ("", "docpact: a command is missing; `docpact --help` lists the commands"),
    ("chek", "docpact: unknown command chek; did you mean check?"),
    ("frobnicate", "docpact: unknown command frobnicate; `docpact --help` lists the commands"),
    ("check --taret mock", "docpact check: there is no option --taret; did you mean --target?"),
    ("check --taret=mock", "docpact check: there is no option --taret; did you mean --target?"),
    ("check http://127.0.0.1:9/openapi.json", "give a file; `docpact capture URL --out DIR`"),
    ("check nowhere.json", "docpact: nowhere.json: no such file"),
    ("check --target http://127.0.0.1:9 --proxy 127.0.0.1:8", "did you mean http://127.0.0.1:8?"),
    ("check nowhere.jsn", "docpact: nowhere.jsn: no such file"),
    ("check --target 'http://exa mple'", "http://exa mple: a URL has no blanks; write %20"),
    ("impact", "the following arguments are required: RUN"),
    ("impact run.json", "the following arguments are required: COMMAND"),
    ("impact run.json --timeout -3 -- pytest", "--timeout must be a number above 0, not -3"),
    ("check --operation shop", "there is no option --operation; give OPERATION without it"),
    ("check ''", "docpact: the name of an operation is empty"),
    ("capture x --check nowhere", "docpact: --check nowhere: there is no such folder"),
    ("capture x --out ''", "docpact: the name of a file or folder is empty"),
    ("check --zzz", "docpact check: there is no option --zzz; `docpact check --help` lists"),
    ("check --workers 4", "there is no option --workers; `docpact audit` has it"),
    ("check --output run.json", "there is no option --output; `docpact check --help` lists"),
    ("check --failed", "docpact check: there is no option --failed; `docpact replay` has it"),
    ("check a b", "docpact check: unexpected argument b; repeat an option"),
    ("rules extra", "docpact rules: unexpected argument extra\n"),
    ("check --budget many", "argument --budget: 'many' is not a whole number"),
    ("check --budget 0", "--budget must be at least 1, not 0"),
    ("check --rate 0", "--rate must be a number above 0, not 0.0"),
    ("check --rate nan", "--rate must be a number above 0, not nan"),
    ("check --connections -1", "--connections must be at least 1, not -1"),
    ("check --search -1", "--search must be at least 0, not -1"),
    ("check --target 127.0.0.1:9000", "did you mean http://127.0.0.1:9000?"),
    ("check --target localhost", "did you mean http://localhost?"),
    ("check --target localhost:8000/api", "did you mean http://localhost:8000/api?"),
    ("check --target api.example.com", "did you mean https://api.example.com?"),
    ("check --target mok", "did you mean mock?"),
    ("check --target mock --url http://127.0.0.1:9", "--target/--url: given twice, with different"),
    ("init shop.json --target http://a.example --url http://b.example", "given twice, with"),
    ("check --target ftp://api.example.com", "give a URL"),
    ("check --target https://", "give a URL"),
    ("check --target http://a:b@api.example.com", "no user name or password in the URL"),
    ("check --target http://127.0.0.1:99999999", "--target http://127.0.0.1:99999999: Port"),
    ("check --target http://127.0.0.1:9?x=1", "no query or fragment"),
    ("check llamacloud/list_classify", "did you mean llamacloud/list_classify_jobs?"),
    ("check no/such", "no file, folder or shipped contract of that name"),
    ("check --param statusPENDING", "NAME=VALUE"),
    ("check --param x-tenant=1", "has no such parameter; documented: "),
    ("check --query x", "docpact: parameter x: expected NAME=VALUE"),
    ("check --path x=1", "docpact: parameter x: llamacloud/list_classify_jobs has no such"),
    ("check --param 'page_token=$NEXT'", "page_token: the shell did not replace $NEXT: set NEXT"),
    ("check -H 'X-Run: no %RUN%'", "--header X-Run: the shell did not replace %RUN%"),
    ("check --param Status=PENDING", "did you mean status?"),
    ("check --param page_size=ten", "parameter page_size: the documentation excludes this value"),
    ("check --key sk-live-0123 --target http://127.0.0.1:9", "takes the name of an environment"),
    (
        "check --auth ACME_KEY --target http://127.0.0.1:9",
        "--key ACME_KEY: the environment variable",
    ),
    ("check --report html=", "argument --report: html=: name a file after ="),
    ("check --report json=a --report json=b", "argument --report: json: name one file for each"),
    ("check --json a --report json", "argument --report: json: name one file for each format"),
    ("check --report htm", "argument --report: there is no format htm; did you mean html?"),
    ("check --report har --journal j.jsonl", "--report har and --journal: give one"),
    ("check --report har --replay run.har", "--replay sends nothing: leave out --report har"),
    ("audit --report har x", "argument --report: there is no format har"),
    ("check --report html=no/such/run.html", "--html no/such/run.html: there is no folder no/such"),
    ("check --config nowhere.toml", "nowhere.toml"),
    ("check --replay nowhere.har", "nowhere.har"),
    ("check --baseline nowhere.json", "nowhere.json"),
    ("check --json no/such/run.json", "--json no/such/run.json: there is no folder no/such"),
    ("check --plan --json run.json", "--plan sends nothing: leave out --json"),
    ("check --json -", "--json -: name a file"),
    ("letter run.json 0f --out -", "--out -: name a file"),
    ("init shop.json --url ftp://x", "--url ftp://x: give a URL"),
    ("check --journal .", ": is a folder; name a file"),
    ("check --json run --junit run", "--junit run: --json has this name already"),
    ("check --journal ./run --html run", "run: --html has this name already"),
    ("check --examples kept", "--examples keeps the failing queries of a search"),
    ("audit", "FILE"),
    ("audit nowhere.har", "nowhere.har: no such file"),
    ("audit .", "docpact: .: a folder; name files in it"),
    ("version", "docpact: unknown command version; did you mean --version?"),
    ("capture nowhere.txt --out contract", "nowhere.txt"),
    (
        "diff https://a.example/o.yaml llamacloud/list_files",
        "https://a.example/o.yaml: give a file",
    ),
    ("diff https://a.example/o.yaml https://a.example/p.yaml", "/o.yaml: give a file"),
    ("diff llamacloud/list_files", "the following arguments are required: B"),
    ("explain response.enumm", "there is no rule response.enumm; did you mean response.enum?"),
    ("explain", "RULE"),
    ("history nowhere.sqlite", "nowhere.sqlite"),
    ("report --history nowhere.sqlite --out r.html", "nowhere.sqlite"),
    ("baseline prun a b", "invalid choice: 'prun'"),
    ("gate no-such-client", "no-such-client"),
    ("serve --items -1", "--items must be at least 0, not -1"),
    ("serve --key=", "--key must not be empty"),
    ("check --budget ٣", "argument --budget: '٣' is not a whole number"),
    ("check --rate 1_0", "argument --rate: '1_0' is not a number"),
    ("check --min-power %", "argument --min-power: '' is not a number"),
    ("serve --port http", "argument --port: 'http' is not a whole number"),
]


@pytest.mark.sampled(5)
@pytest.mark.parametrize(("words", "advice"), WRONG_USES, ids=[words for words, _ in WRONG_USES])
def test_a_wrong_use_gets_one_line(
    docpact: Docpact, tmp_path: Path, words: str, advice: str
) -> None:
    done = docpact(*shlex.split(words))
    assert (done.returncode, "conforms" in done.stdout) == (2, False)
    assert done.stderr.count("\n") == 1
    assert advice in done.stderr
    assert done.stderr.startswith("docpact")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    ["check loop.json", "check llamacloud --html loop.json", "audit loop.json", "check a.json"],
)
def test_a_link_to_itself_is_a_wrong_use(docpact: Docpact, tmp_path: Path, words: str) -> None:
    (tmp_path / "loop.json").symlink_to("loop.json")
    reference = {"/a": {"$ref": "loop.json#/a"}}
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": reference}
    (tmp_path / "a.json").write_text(json.dumps(document))
    done = docpact(*shlex.split(words))
    assert (done.returncode, done.stderr.count("\n"), "conforms" in done.stdout) == (2, 1, False)
    assert "loop.json" in done.stderr


@pytest.mark.parametrize("secret", ["sk-live-0123456789abcdef", "sk_live_0123456789abcdef"])
def test_a_secret_that_is_given_as_a_value_is_not_printed(docpact: Docpact, secret: str) -> None:
    done = docpact("check", "--target", "http://127.0.0.1:9", "--key", secret)
    assert (done.returncode, "environment variable" in done.stderr) == (2, True)
    assert secret not in done.stdout + done.stderr


@pytest.mark.sampled(20)
@pytest.mark.parametrize("rule", [rule.id for rule in EVERY])
def test_every_rule_can_be_explained(docpact: Docpact, rule: str) -> None:
    done = docpact("explain", rule)
    assert done.returncode == 0
    names = re.findall(r"^([a-z ]+): ", done.stdout, re.MULTILINE)
    assert names == ["promise", "example", "why it matters", "to silence it"]
    assert max(map(len, done.stdout.splitlines())) <= 80
