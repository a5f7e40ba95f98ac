"""The curl line of a finding, run in real shells: exactly the arguments meant, nothing else."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import LAMPS

from docpact.conformance.findings import curl, make_findings, redact_request
from docpact.model import Breach, Judgement, Level, Promise, Request, SecretHeader, SecretQuery
from docpact.model.path import TOKEN
from docpact.secrets import Secrets
from docpact.text import printable

SECRET = "s3cret $HOME `id` \"'"
STUB = "curl() { printf '%s\\0' \"$@\"; printf '\\1'; }\n"

texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
hostile = st.sampled_from(
    [
        "$(id)",
        "`id`",
        "$KEY",
        "'; id; '",
        '"; id; "',
        "a::b:::c",
        "\u2019; id; \u2018",
        "##[group]",
        "\\",
        "!!",
        "#",
        "~",
    ]
)
values = texts | hostile
tokens = st.from_regex(TOKEN, fullmatch=True)
variables = st.from_regex("KEY_[A-Za-z0-9_]{0,8}", fullmatch=True)
secrets = st.builds(SecretHeader, tokens, (tokens | hostile).map("{} ".format), variables, values)
requests = st.builds(
    Request,
    tokens,
    values.map("https://api.example/{}".format),
    st.lists(st.tuples(tokens, values), max_size=2).map(tuple),
    st.lists(secrets, max_size=1).map(tuple),
)
AUTHORIZATION = SecretHeader("Authorization", "Bearer ", "KEY")


def arguments(request: Request) -> list[str]:
    """Return the arguments that curl must get."""
    method = {"GET": [], "HEAD": ["-I"]}.get(request.method, ["-X", request.method])
    headers = [f"{name}: {value}" for name, value in request.headers]
    headers += [f"{name}: {start}{SECRET}{end}" for name, start, _, end in request.secrets]
    return ["-sS", "-g", *method, request.url, *(word for h in headers for word in ("-H", h))]


@pytest.mark.parametrize("shell", ["bash", "dash"])
@settings(max_examples=10)
@given(sent=st.lists(requests, min_size=1, max_size=40))
def test_a_shell_runs_exactly_the_command_meant(shell: str, sent: list[Request]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    lines = [STUB]
    for request in sent:
        setting = "".join(f"{v}={shlex.quote(SECRET)}; " for *_, v, _ in request.secrets)
        lines.append(f"({setting}{printable(curl(request))})\n")
    script = "".join(lines).encode()
    done = subprocess.run([shell], input=script, capture_output=True, check=True)
    got = [part.split(b"\0")[:-1] for part in done.stdout.split(b"\1")[:-1]]
    assert got == [[word.encode() for word in arguments(request)] for request in sent]
    assert done.stderr == b""


def test_an_ordinary_request_is_plain_to_read() -> None:
    request = Request("GET", "https://a.example/x?a=1", secrets=(AUTHORIZATION,))
    written = "curl -sS -g 'https://a.example/x?a=1' -H \"Authorization: Bearer $KEY\""
    assert curl(request) == written


def test_nothing_of_a_prefix_is_expanded(tmp_path: Path) -> None:
    file = tmp_path / "created"
    header = SecretHeader("Authorization", f"Bearer $(touch {file}) ", "KEY")
    command = curl(Request("GET", "https://a.example/", (), (header,)))
    subprocess.run(["bash", "-c", STUB + command], check=True, capture_output=True)
    assert not file.exists()


INJECTION = 'KEY$(touch created)"; touch created; "'


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "https://a.example/", (), (SecretHeader("A", "Bearer ", INJECTION),)),
        Request("GET", "https://a.example/", (), (SecretHeader("A", "Basic ", INJECTION),)),
        Request("GET", "https://a.example/", (), (), (SecretQuery("key", INJECTION),)),
        Request("GET", "-ocreated"),
        Request("GET", "https://a.example/", (("@created", ""), ("\n-ocreated", ""))),
    ],
)
def test_a_foreign_journal_chooses_neither_code_nor_options(
    request_: Request, tmp_path: Path
) -> None:
    stub = 'curl() { for each in "$@"; do test "$each" != -ocreated || test $before = --url'
    stub += ' || touch created; case "$each" in @*) touch created;; esac; before=$each; done; }\n'
    subprocess.run(["bash", "-c", stub + curl(request_)], cwd=tmp_path, check=False)
    assert not (tmp_path / "created").exists()


def test_quotes_of_powershell_are_inside_others() -> None:
    command = curl(Request("POST", "https://a.example/", body='{"a": "\u2019; calc; \u2018"}'))
    assert not {"\u2018", "\u2019"} & {*re.sub('"[\u2018-\u201b]*"', "", command)}


def test_a_body_stays_a_body_beside_a_secret_in_the_query() -> None:
    query = (SecretQuery("key", "KEY"),)
    command = curl(Request("POST", "https://a.example/", secret_query=query, body="{}"))
    assert "--data-raw '{}'" in command
    assert command.endswith(('--url-query key="$KEY"', "--url-query 'key='\"$KEY\""))
    assert " -G " not in command


def test_a_secret_with_a_quote_is_redacted_before_the_shell_quotes_it() -> None:
    secrets = Secrets({"it's-a-secret-7": "$KEY"})
    request = Request(
        "POST", "https://a.example/", (("X", "it's-a-secret-7"),), body="it's-a-secret-7"
    )
    assert "secret-7" not in curl(redact_request(request, secrets.redact))


def test_a_cookie_that_repeats_the_line_takes_no_quotes_away(tmp_path: Path) -> None:
    body, url = '{"1": " $(touch created) "}', "https://a.example/v1/things?a=1"
    request = Request("POST", url, (("X-1", '"$(touch created)"'), ("Accept", "a/b")), body=body)
    breach = Breach("/a", "seen", request)
    promise = Promise("response.type", "/a", "documented")
    judgement = Judgement(promise, Level.BREAKING, 1, (breach,))
    line, lines = curl(request), [STUB]
    for start in range(0, len(line), 3):
        redact = Secrets({line[start : start + 40]: "[cookie]"}).redact
        [found] = make_findings(LAMPS, [judgement], {}, redact)
        lines.append(found.reproduce)
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, check=True
    )
    assert {part.count(b"\0") for part in done.stdout.split(b"\1")[:-1]} == {13}
    assert not [*tmp_path.iterdir()]
