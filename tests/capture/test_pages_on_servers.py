"""Contracts of pages on real servers: facts that the page leaves open cause no false alarm."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest
from capture.test_page_examples import markdown
from command import served
from servers.loopback import Answer, Handler, Request, Server

from docpact import check
from docpact.capture import capture
from docpact.cases.sampling import sample_given
from docpact.catalogue import load_files
from docpact.conformance.keys import read_secret
from docpact.model.run import Verdict

__all__ = ["served"]

JSON = (("Content-Type", "application/json"),)
URL = "curl https://boats.example/v1/boats"


def boats(_: Request) -> Answer:
    return Answer(200, JSON, b'{"boats": [{"id": "a"}]}')


def test_constant_headers_are_sent_in_every_request(
    served: Callable[[Handler], Server],
) -> None:
    server = served(boats)
    page = markdown(f"{URL} -H 'boats-version: 2023-06-01'")
    run = check(load_files(capture(page), "boats/list"), server.url)
    assert run.verdict() is Verdict.CONFORMS
    assert {each.headers.get("boats-version") for each in server.requests} == {"2023-06-01"}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(204), id="204"),
        pytest.param(Answer(200, (("Content-Type", "image/png"),), b"\x89PNG"), id="bytes"),
        pytest.param(Answer(200, JSON, b'{"id": "a"}'), id="JSON"),
    ],
)
def test_a_page_without_returns_promises_no_body(
    answer: Answer, served: Callable[[Handler], Server]
) -> None:
    page = markdown(URL).partition("### Returns")[0]
    page += f"### Example\n\n```http\n{URL}\n```\n"
    run = check(load_files(capture(page), "boats/list"), served(lambda _: answer).url)
    assert [each.observed for each in run.findings] == []
    assert run.verdict() is not Verdict.DRIFT


@pytest.mark.slow
def test_a_page_without_returns_still_promises_success(
    served: Callable[[Handler], Server],
) -> None:
    page = markdown(URL).partition("### Returns")[0]
    page += f"### Example\n\n```http\n{URL}\n```\n"
    failing = served(lambda _: Answer(500, JSON, b"{}"))
    run = check(load_files(capture(page), "boats/list"), failing.url)
    assert run.verdict() is not Verdict.CONFORMS


LISTED = """\
## List Boats

**get** `/v1/boats`

### Returns

- `id: string`

- `sails: optional number`
{example}"""


FORMS = """\
- `Yacht object { id, sails }`

  - `id: string`

  - `sails: optional number`

- `Raft object { id, logs }`

  - `id: string`

  - `logs: number`
"""


@pytest.mark.parametrize("body", [{"id": "a"}, [{"id": "a"}, {"id": "b", "sails": None}]])
@pytest.mark.parametrize("is_union", [False, True])
def test_without_an_example_a_list_may_be_an_array(
    body: object, served: Callable[[Handler], Server], *, is_union: bool
) -> None:
    page = LISTED.format(example="")
    page = f"{page.partition('- `id')[0]}{FORMS}" if is_union else page
    operation = load_files(capture(page), "boats/list")
    answer = Answer(200, JSON, json.dumps(body).encode())
    assert check(operation, served(lambda _: answer).url).verdict() is Verdict.CONFORMS
    broken = Answer(200, JSON, json.dumps(body).replace('"a"', "1").encode())
    assert check(operation, served(lambda _: broken).url).verdict() is Verdict.DRIFT


KEYS = {"x-auth-email": "$MAIL", "x-auth-key": "$KEY"}
EITHER = set(KEYS)


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        pytest.param({"x-auth-email"}, set(), id="the first is enough"),
        pytest.param({"x-auth-key"}, set(), id="the second is enough"),
        pytest.param(EITHER, set(), id="either is enough"),
        pytest.param(set(), {"auth.missing", "auth.wrong"}, id="none is needed"),
    ],
)
def test_nothing_says_that_each_credential_of_an_example_is_needed(
    asked: set[str],
    rules: set[str],
    served: Callable[[Handler], Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(request: Request) -> Answer:
        valid = {name for name in asked if request.headers.get(name) == f"secret-{name}"}
        return boats(request) if valid or not asked else Answer(401)

    for name, variable in KEYS.items():
        monkeypatch.setenv(variable[1:], f"secret-{name}")
    headers = " ".join(f"-H '{name}: {value}'" for name, value in KEYS.items())
    loaded = load_files(capture(markdown(f"{URL} {headers}")), "boats/list")
    secret = read_secret(loaded, os.environ)
    run = check(loaded, served(answer).url, key=secret)
    assert {each.rule for each in run.findings if each.rule.startswith("auth")} == rules
    assert run.verdict() is (Verdict.DRIFT if rules else Verdict.CONFORMS)


def test_a_required_page_and_its_required_size_show_items_on_the_mock() -> None:
    page = (
        "## List Boats\n\n**get** `/v1/boats`\n\n### Query Parameters\n\n- `page: number`\n\n"
        "- `per_page: number`\n\n### Returns\n\n- `boats: array of object { id }`\n\n"
        "  - `id: string`\n\n- `total_pages: number`\n\n"
        f"### Example\n\n```http\n{URL}\n```\n\n"
        '```json\n{"boats": [{"id": "a"}], "total_pages": 1}\n```\n'
    )
    operation = load_files(capture(page), "boats/list")
    assert sample_given(operation) == {"page": "1", "per_page": "10"}
    run = check(operation)
    assert run.verdict() is Verdict.CONFORMS, run.findings
    assert [each for each in run.results if each.promise.rule == "paging.complete"]
