"""The example section of a page: the server, the credential and the constant headers in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture import capture
from docpact.catalogue import load_files
from docpact.errors import PageError

MARKDOWN = """\
## List Boats

**get** `{path}`

Every boat.

{parameters}

### Returns

- `boats: array of object {{ id }}`

  - `id: string`

### Example

```http
{curl}
```

#### Response

```json
{{"boats": [{{"id": "a"}}]}}
```
"""

TEXT = """\
List Boats

GET/v1/boats

ReturnsExpand Collapse
boats: array of object {{ id }}

id: string
List Boats
{above}curl https://boats.example/v1/boats
{above_body}{body}
Returns Examples
{body}
{below}"""

BODY = '{"boats": [{"id": "a"}]}'


def markdown(curl: str, path: str = "/v1/boats", parameters: str = "") -> str:
    return MARKDOWN.format(curl=curl, path=path, parameters=parameters)


def operation(page: str) -> dict[str, Any]:
    """Capture a page; return operation.json of a contract that loads."""
    files = capture(page)
    load_files(files, "page")
    found: dict[str, Any] = json.loads(files["operation.json"])
    return found


def gaps(page: str) -> list[str]:
    return [gap["said"] for gap in operation(page).get("gaps", [])]


def http(scheme: str, variable: str) -> dict[str, str]:
    return {"type": "http", "scheme": scheme, "header": "Authorization", "variable": variable}


def key(name: str, variable: str, place: str = "header") -> dict[str, str]:
    return {"type": "apiKey", "in": place, "name": name, "variable": variable}


URL = "curl https://boats.example/v1/boats"


@pytest.mark.parametrize(
    ("curl", "security"),
    [
        pytest.param(URL, [], id="none"),
        pytest.param(f'{URL} -H "Authorization: Bearer $KEY"', [http("bearer", "KEY")], id="$KEY"),
        pytest.param(f'{URL} -H "authorization: token ${{K}}"', None, id="lower case"),
        pytest.param(f'{URL} -H "X-Api-Key: $V"', [key("X-Api-Key", "V")], id="X-Api-Key"),
        pytest.param(f"{URL} -H 'X-Boat: $V'", [key("X-Boat", "V")], id="any name"),
        pytest.param(f"{URL} -H 'Authorization: $V'", [key("Authorization", "V")], id="no scheme"),
        pytest.param(f"{URL} -u $LOGIN:", [http("basic", "LOGIN")], id="-u"),
        pytest.param(f"{URL} -b sid_token=$V", [key("sid_token", "V", "cookie")], id="cookie"),
        pytest.param(f"curl '{URL[5:]}?api_key=$V'", [key("api_key", "V", "query")], id="query"),
        pytest.param(
            f"{URL} -H 'Authorization: Bearer <token>'", [http("bearer", "BOATS_BEARER")], id="<>"
        ),
        pytest.param(
            f"{URL} -H 'Authorization: Bearer YOUR_API_KEY'",
            [http("bearer", "YOUR_API_KEY")],
            id="YOUR_API_KEY",
        ),
        pytest.param(
            f"{URL} -H 'x-org: $ORG' -H 'Authorization: Bearer $KEY'",
            [http("bearer", "KEY")],
            id="Authorization before others",
        ),
    ],
)
def test_a_header_with_a_placeholder_is_the_credential(
    curl: str, security: list[dict[str, str]] | None
) -> None:
    found = operation(markdown(curl))["security"]
    assert found == security if security is not None else found[0]["scheme"] == "token"


def test_a_quote_that_is_never_closed_ends_with_its_line() -> None:
    lines = (
        f"{URL} \\",
        '  -H "Content-Type: application/json \\',
        "  -H 'X-Api-Key: $V' \\",
        "  -d '[1]'",
    )
    assert operation(markdown("\n".join(lines)))["security"] == [key("X-Api-Key", "V")]


def test_labels_of_tabs_above_the_example_are_no_constraint() -> None:
    page = TEXT.format(above="", above_body="", below="", body=BODY)
    labels = page.replace("id: string\n", "id: string\nDefaultStreaming\n")
    assert capture(labels)["response.schema.json"] == capture(page)["response.schema.json"]


def test_all_credentials_of_the_example_are_sent() -> None:
    page = markdown(f"{URL} -H 'X-Auth-Email: $MAIL' -H 'X-Auth-Key: $KEY' -H 'x-org: $ORG'")
    mail, secret = key("X-Auth-Email", "MAIL"), key("X-Auth-Key", "KEY")
    assert operation(page)["security"] == [mail, {**secret, "optional": True}]
    assert "the header X-Auth-Key: whether requests without it are refused" in gaps(page)
    assert "the header x-org: the example has '$ORG'" in gaps(page)


SECURITY = """\
Security

Token

How most clients sign in.

**Example:**`Authorization: Bearer 4f1c9a`

Mail + Key

**Example:** `X-Auth-Email: mate@boats.example`

The older way. Do not use it in new code.

**Example:** `X-Auth-Key: 144c9d`

Accepted Permissions (at least one required)

`Boats Read`

ReturnsExpand"""
MAIL_AND_KEY = [key("X-Auth-Email", "BOATS_X_AUTH_EMAIL"), key("X-Auth-Key", "BOATS_X_AUTH_KEY")]


@pytest.mark.parametrize(
    ("options", "security", "alternatives"),
    [
        pytest.param(
            '-H "Authorization: Bearer $T"', [http("bearer", "T")], [MAIL_AND_KEY], id="token"
        ),
        pytest.param(
            '-H "X-Auth-Email: $M" -H "X-Auth-Key: $K"',
            [key("X-Auth-Email", "M"), key("X-Auth-Key", "K")],
            [[http("bearer", "BOATS_BEARER")]],
            id="both headers, which are needed together",
        ),
        pytest.param("", [http("bearer", "BOATS_BEARER")], [MAIL_AND_KEY], id="no credential"),
        pytest.param(
            '-H "Authorization: Bearer $T" -H "X-Auth-Email: $M"',
            [http("bearer", "T"), {**key("X-Auth-Email", "M"), "optional": True}],
            [MAIL_AND_KEY],
            id="parts of two groups",
        ),
    ],
)
def test_the_section_security_states_credentials_and_their_alternatives(
    options: str, security: list[dict[str, Any]], alternatives: list[list[dict[str, Any]]]
) -> None:
    page = TEXT.format(above="", above_body="", below="", body=BODY)
    page = page.replace("ReturnsExpand", SECURITY).replace("v1/boats\n{", f"v1/boats {options}\n{{")
    found = operation(page)
    assert (found["security"], found["security_alternatives"]) == (security, alternatives)


def test_a_second_command_for_the_same_operation_has_an_alternative() -> None:
    first, second = f'{URL} -H "Authorization: Bearer $T"', f'{URL} -H "X-Api-Key: $K"'
    elsewhere = 'curl https://boats.example/v1/ships -H "X-Ship-Key: $S"'
    found = operation(markdown(f"{first}\n{second}\n{elsewhere}\n{first}"))
    assert found["security"] == [http("bearer", "T")]
    assert found["security_alternatives"] == [[key("X-Api-Key", "K")]]


def test_a_second_command_with_further_credentials_is_no_alternative() -> None:
    page = markdown(f"{URL} -H 'X-Api-Key: $K'\n{URL} -H 'X-Api-Key: $K' -H 'X-Api-Secret: $S'")
    assert "security_alternatives" not in operation(page)


def test_a_header_with_a_fixed_value_is_kept_and_sent() -> None:
    page = markdown(f"{URL} -H 'boats-version: 2023-06-01' -H 'X-Api-Key: $V'")
    loaded = load_files(capture(page), "page")
    assert loaded.given == {"boats-version": "2023-06-01"}
    (parameter,) = loaded.parameters
    assert (parameter.name, parameter.location, parameter.required) == (
        "boats-version",
        "header",
        False,
    )
    source = loaded.source("operation", "/parameters/0/value")
    assert source is not None
    assert "2023-06-01" in source.text


def test_a_documented_header_keeps_its_type_and_gets_the_value() -> None:
    documented = '### Header Parameters\n\n- `"Boats-Beta": optional array of string`\n'
    (parameter,) = operation(markdown(f"{URL} -H 'boats-beta: sails-1'", parameters=documented))[
        "parameters"
    ]
    assert parameter["schema"] == {"type": "array", "items": {"type": "string"}}
    assert (parameter["name"], parameter["value"]) == ("Boats-Beta", "sails-1")


def test_a_header_that_carries_the_credential_is_no_parameter() -> None:
    documented = '### Header Parameters\n\n- `"x-api-key": string`\n'
    found = operation(markdown(f"{URL} -H 'X-Api-Key: $V'", parameters=documented))
    assert found["parameters"] == []
    assert found["security"] == [key("X-Api-Key", "V")]


@pytest.mark.parametrize(
    ("url", "path", "server"),
    [
        pytest.param("https://b.example/v1/boats", "/boats", "https://b.example/v1", id="base"),
        pytest.param("https://b.example/boats/$ID", "/boats/{boatId}", "https://b.example", id="$"),
        pytest.param("https://b.example/c/boats/b1", "/boats/{id}", "https://b.example/c", id="b1"),
        pytest.param("https://b.example/boats?limit=2", "/boats", "https://b.example", id="query"),
        pytest.param("https://b.example/boats", "/boats/", "https://b.example", id="slash"),
        pytest.param("https://$REGION.b.example/boats", "/boats", "", id="open host"),
        pytest.param("$BASE_URL/boats", "/boats", "", id="variable"),
    ],
)
def test_the_url_gives_the_server_whatever_its_parameters_are(
    url: str, path: str, server: str
) -> None:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    bullets = "".join(f"### Path Parameters\n\n- `{name}: string`\n" for name in names)
    page = markdown(f"curl '{url}'", path, bullets)
    assert operation(page)["server"] == server
    assert any(each.startswith("the server") for each in gaps(page)) is (server == "")


def test_a_url_of_another_path_is_refused() -> None:
    with pytest.raises(PageError, match="the path is '/v1/boats'"):
        capture(markdown("curl https://boats.example/v1/ships"))


@pytest.mark.parametrize(
    "options",
    [
        "-sS --compressed",
        "--max-time 30",
        "-X GET --location",
        "-o out.json --retry=3",
        "-H 'Accept: text/plain' -H 'Content-Type: application/json'",
    ],
)
def test_other_options_change_nothing(options: str) -> None:
    assert capture(markdown(f"{URL} {options}")) == {
        **capture(markdown(URL)),
        "operation.json": capture(markdown(f"{URL} {options}"))["operation.json"],
    }
    plain, other = operation(markdown(URL)), operation(markdown(f"{URL} {options}"))
    assert {**other, "lines": None} == {**plain, "lines": None}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        pytest.param("/fleets/{fleet}/boats/{boat}", "/fleets/a/boats/b/sails", id="one more"),
        pytest.param("/fleets/{fleet}/boats/all", "/fleets/a/boat/all", id="misspelled"),
    ],
)
def test_a_url_with_one_wrong_segment_gives_the_server_and_a_gap(path: str, asked: str) -> None:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    bullets = "\n".join(f"- `{name}: string`" for name in names)
    curl = f"curl https://boats.example/v1{asked} -u $LOGIN:"
    page = markdown(curl, path, f"### Path Parameters\n\n{bullets}\n")
    found = operation(page)
    assert (found["server"], found["path"]) == ("https://boats.example/v1", path)
    assert found["security"] == [http("basic", "LOGIN")]
    assert any("the curl example requests another path" in each for each in gaps(page))


def test_an_upload_has_no_json_body() -> None:
    documented = "### Body Parameters\n\n- `file: unknown`\n"
    page = markdown(f"{URL} -X GET -T /path", parameters=documented)
    assert "body.schema.json" not in capture(page)
    assert any(each.startswith("the request body: a form or a file") for each in gaps(page))


@pytest.mark.parametrize("body", ['["string"]', '[\n{\n"foo": "bar"\n}\n]'])
def test_text_with_an_example_body_and_no_fields_leaves_the_body_open(body: str) -> None:
    page = (
        "Trace\nGET/v1/trace\nQuery ParametersExpand Collapse\nlimit: optional number\n"
        f"Trace\ncurl https://a.example/v1/trace\n{body}\nReturns Examples\n{body}\n"
    )
    files = capture(page)
    assert "properties" not in json.loads(files["response.schema.json"])
    operation = json.loads(files["operation.json"])
    assert "no fields of the response" in str(operation["gaps"])
    assert [each["name"] for each in operation["parameters"]] == ["limit"]


def test_text_whose_heading_of_the_fields_is_lost_is_refused() -> None:
    page = (
        "Trace\nGET/v1/trace\nQuery ParametersExpand Collapse\nlimit: optional number\n"
        "spans: array of string\nTrace\ncurl https://a.example/v1/trace\n"
        '{\n"spans": [\n"a"\n]\n}\n'
    )
    with pytest.raises(PageError, match="expected a section Returns"):
        capture(page)


def test_a_page_without_an_example_has_gaps() -> None:
    for page in (
        markdown(URL).partition("### Example")[0],
        TEXT.partition("List Boats\n{above}")[0].format(),
    ):
        found = operation(page)
        assert (found["server"], found["security"]) == ("", [])
        assert any("the page has no curl example" in each for each in gaps(page))


@pytest.mark.parametrize(
    "around",
    [
        {"above": "HTTP\nTypeScript\nPython\n\n"},
        {"above": "HTTPTypeScriptPythonCLI Tool\n", "above_body": "200 example\n"},
        {"below": "Was this page helpful?\nYes\nNo\n"},
    ],
)
def test_labels_and_footers_around_the_text_are_skipped(around: dict[str, str]) -> None:
    plain = {"above": "", "above_body": "", "below": "", "body": BODY}
    found, bare = operation(TEXT.format(**plain | around)), operation(TEXT.format(**plain))
    assert found["response"] == bare["response"]
    assert found["server"] == "https://boats.example"


def test_an_example_that_does_not_fit_is_a_gap_in_markdown() -> None:
    page = markdown(URL).replace('[{"id": "a"}]', '[{"name": "a"}]')
    assert operation(page)["response"]["examples"] == []
    assert any(each.startswith("an example does not fit") for each in gaps(page))


def test_an_example_that_is_not_json_is_a_gap_in_markdown() -> None:
    page = markdown(URL).replace('[{"id": "a"}]', "[...]")
    assert operation(page)["response"]["examples"] == []
    assert any(each.startswith("the example body is not JSON") for each in gaps(page))


@pytest.mark.parametrize("url", ["boats.example/v1/boats", "localhost:8080/v1/boats"])
def test_a_url_without_http_leaves_the_server_open(url: str) -> None:
    page = MARKDOWN.format(path="/v1/boats", parameters="", curl=f"curl {url}")
    files = capture(page)
    load_files(files, "page")
    assert f"the server: the example has {url!r}" in gaps(page)
    assert json.loads(files["operation.json"])["server"] == ""


@pytest.mark.parametrize("url", ["htps://boats.example/v1/boats", "https:/boats.example/v1/boats"])
def test_a_damaged_url_is_refused(url: str) -> None:
    page = MARKDOWN.format(path="/v1/boats", parameters="", curl=f"curl {url}")
    with pytest.raises(PageError, match="expected an absolute"):
        capture(page)


@pytest.mark.parametrize(
    ("body", "kind"), [('[{"id": "a"},\n', "array"), ('{"id": "a",\n', "object")]
)
def test_an_example_that_is_cut_off_still_shows_whether_it_is_an_array(
    body: str, kind: str
) -> None:
    page = MARKDOWN.format(path="/v1/boats", parameters="", curl="curl https://a.example/v1/boats")
    head = page.replace("- `boats: array of object { id }`\n\n  - `id", "- `id").partition(
        "```json"
    )[0]
    files = capture(f"{head}```json\n{body}```\n")
    assert json.loads(files["response.schema.json"])["type"] == kind
