"""Credentials of OpenAPI documents: sent, tested, shown as variables, and never lost in silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import httpx
import pytest
from capture.test_openapi_schemas import FIELDS, document
from sizes import sample

from docpact import check
from docpact.capture.openapi import capture_operation, find_operation, write_document
from docpact.catalogue import load_files
from docpact.conformance.keys import choose_alternative, read_secret
from docpact.conformance.obstacles import unsent_credential
from docpact.credentials import list_parts, request_headers
from docpact.errors import UsageError
from docpact.model import Question
from docpact.model.run import Run, Verdict
from docpact.targets.asgi import served
from docpact.targets.given import read_secret_header, with_key
from docpact.targets.mock import MockApi

SECRETS = {"basic": "someone:pass word"}
SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "oauth": {"type": "oauth2", "flows": {}},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://x.example"},
    "digest": {"type": "http", "scheme": "digest"},
    "token": {"type": "http", "scheme": "GenieKey"},
    "tls": {"type": "mutualTLS"},
}
SENT = ["bearer", "basic", "token", "header", "query", "cookie", "oauth", "oidc"]


def capture(*security: dict[str, list[str]], title: str = "Toy Shop") -> dict[str, str]:
    stated = document(
        FIELDS,
        info={"title": title, "version": "1"},
        components={"securitySchemes": SCHEMES},
        security=list(security),
    )
    return dict(capture_operation(find_operation(stated, "op", "a document")))


def gaps(files: dict[str, str]) -> list[str]:
    return [each["said"] for each in json.loads(files["operation.json"]).get("gaps", [])]


@pytest.mark.parametrize("name", SENT)
def test_the_mock_asks_for_the_credential(name: str) -> None:
    files = capture({name: []})
    assert gaps(files) == []
    run = check(load_files(files, "toys/op"))
    assert run.verdict() is Verdict.CONFORMS
    tested = {each.promise.rule for each in run.results if each.observations}
    assert {"auth.missing", "auth.wrong", "auth.echo"} <= tested


def live(name: str, *, is_open: bool = False, items: Any = None) -> Run:
    """Check a server that asks for a credential, or for none."""
    operation = load_files(capture({name: []}), "toys/op")
    secret = SECRETS.get(name, "s3cret-key")
    with served(MockApi(operation, items, key=None if is_open else secret)) as base:
        return check(operation, base, key=secret)


@pytest.mark.parametrize("name", sample(SENT, 3))
def test_a_server_that_asks_for_the_credential_conforms(name: str) -> None:
    assert live(name).verdict() is Verdict.CONFORMS


@pytest.mark.parametrize("name", sample(SENT, 3))
def test_a_server_that_does_not_ask_for_it_is_found(name: str) -> None:
    findings = live(name, is_open=True).findings
    assert {"auth.missing", "auth.wrong"} <= {each.promise.rule for each in findings}


def test_a_key_in_the_query_is_shown_as_its_variable() -> None:
    run = live("query", items=[{"id": "x"}])
    assert "s3cret-key" not in repr(run)
    (finding,) = run.findings
    assert '-G --data-urlencode api_key="$TOY_SHOP_QUERY"' in finding.reproduce


def test_a_login_is_shown_as_its_variable() -> None:
    run = live("basic", items=[{"id": "x"}])
    assert "pass word" not in repr(run)
    (finding,) = run.findings
    assert '-u "$TOY_SHOP_BASIC"' in finding.reproduce


@pytest.mark.parametrize(
    ("key", "login"), [("some-key", ("some-key", "")), ("me:pw", ("me", "pw"))]
)
def test_the_mock_takes_its_key_as_the_user_of_a_login(key: str, login: tuple[str, str]) -> None:
    operation = load_files(dict(capture({"basic": []})), "toy")
    transport, url = httpx.MockTransport(MockApi(operation, key=key).answer), operation.server
    with httpx.Client(transport=transport, base_url=url) as client:
        assert client.get(operation.path, auth=login).status_code == 200
        assert client.get(operation.path, auth=(login[0], "other")).status_code == 401


def test_variables_are_named_after_the_provider_and_the_scheme() -> None:
    assert json.loads(capture({"header": []}, title="Big Bank")["operation.json"])["security"] == [
        {"type": "apiKey", "in": "header", "name": "X-Key", "variable": "BIG_BANK_HEADER"}
    ]


def test_a_requirement_may_be_the_address_of_a_scheme() -> None:
    named, located = (
        json.loads(capture({name: []})["operation.json"])
        for name in ("header", "#/components/securitySchemes/header")
    )
    assert located["security"] == named["security"]


@pytest.mark.parametrize("required", [True, False])
def test_a_header_parameter_may_be_the_only_statement_of_a_credential(required: bool) -> None:
    header = {"in": "header", "name": "authorization", "schema": {}, "required": required}
    stated = document(FIELDS, info={"title": "Toy Shop"}, components={"securitySchemes": SCHEMES})
    found = find_operation(stated, "op", "a document")
    found.content["parameters"] = [header]  # type: ignore[index]
    operation = load_files(capture_operation(found), "toys/op")
    assert operation.credential is not None
    assert operation.credential.is_optional is not required
    assert (operation.credential.name, operation.credential.variable) == (
        "Authorization",
        "TOY_SHOP_AUTHORIZATION",
    )
    assert check(operation).verdict() is Verdict.CONFORMS
    found.content["security"] = [{"header": []}]  # type: ignore[index]
    assert json.loads(capture_operation(found)["operation.json"])["security"][0]["name"] == "X-Key"


@pytest.mark.parametrize("name", ["header", "unknown"])
@pytest.mark.parametrize("write", [lambda e: e, lambda e: [e], lambda e: {e: []}])
def test_a_requirement_in_a_shorter_form_is_read(write: Callable[[str], Any], name: str) -> None:
    stated = document(FIELDS, components={"securitySchemes": SCHEMES}, security=write(name))
    files = dict(capture_operation(find_operation(stated, "op", "a document")))
    credential = load_files(files, "toys/op").credential
    assert (credential is not None) is (name == "header")
    assert gaps(files) == (
        [] if credential else ["unknown: the document does not define this security scheme"]
    )


def test_optional_credentials_may_be_missing() -> None:
    operation = load_files(capture({"bearer": []}, {}), "toys/op")
    with served(MockApi(operation, key=None)) as base:
        run = check(operation, base, key="s3cret-key")
    assert run.verdict() is Verdict.CONFORMS
    assert "auth.missing" not in {each.promise.rule for each in run.results}


@pytest.mark.parametrize(
    ("text", "is_public"),
    [
        ("This endpoint is not authenticated for clients.", True),
        ("Shows the version. No authentication required.", True),
        ("No authentication is required for administrators.", False),
        ("Fails if the caller is not authenticated.", False),
    ],
)
def test_an_operation_that_needs_no_credentials_in_words(text: str, is_public: bool) -> None:
    stated = document(FIELDS, components={"securitySchemes": SCHEMES}, security=[{"header": []}])
    operation = find_operation(stated, "op", "a document")
    operation.content["description"] = text  # type: ignore[index]
    (entry,) = json.loads(dict(capture_operation(operation))["operation.json"])["security"]
    assert entry.get("optional", False) is is_public


def test_the_first_alternative_that_can_be_sent_is_sent() -> None:
    files = capture({"digest": []}, {"bearer": [], "header": []}, {"cookie": []}, {"header": []})
    assert json.loads(files["operation.json"])["security"][0]["name"] == "session"
    assert gaps(files) == ["digest: docpact cannot send credentials of the type http digest"]


def test_an_alternative_that_cannot_be_sent_is_a_gap_and_explains_no_refusal() -> None:
    files = capture({"digest": []}, {"header": []})
    assert unsent_credential(load_files(files, "toys/op")) is None
    assert gaps(capture({}, {"digest": []})) == gaps(files)


def test_scopes_are_a_gap() -> None:
    assert gaps(capture({"oauth": ["read"]})) == ["oauth: tokens without its scopes are not tested"]


TOGETHER: tuple[dict[str, list[str]], ...] = (
    {"bearer": [], "header": []},
    {"query": [], "cookie": [], "header": []},
)


@pytest.mark.parametrize("names", TOGETHER)
def test_credentials_are_sent_together_and_each_one_is_tested(names: dict[str, list[str]]) -> None:
    files = capture(names)
    assert gaps(files) == []
    operation = load_files(files, "toys/op")
    run = check(operation)
    assert run.verdict() is Verdict.CONFORMS
    for rule in ("auth.missing", "auth.wrong"):
        tested = {each.promise.location for each in run.results if each.promise.rule == rule}
        assert len(tested) == len(names)


def test_a_key_in_a_header_may_begin_with_a_scheme() -> None:
    operation = load_files(capture({"header": []}), "toys/op")
    secret = read_secret(operation, {"TOY_SHOP_HEADER": "Token s3cret-of-someone"})
    with served(MockApi(operation, key=secret)) as base:
        run = check(operation, base, key=secret)
    assert run.verdict() is Verdict.CONFORMS
    assert "s3cret-of-someone" in list_parts(operation.credentials[0], str(secret))


@pytest.mark.parametrize("name", ["header", "query", "bearer"])
def test_a_key_has_any_visible_signs(name: str) -> None:
    operation = load_files(capture({name: []}), "toys/op")
    key = "s3,cr;e't\\+/=\"%20&<>~"
    secret = read_secret(operation, {f"TOY_SHOP_{name.upper()}": key})
    with served(MockApi(operation, key=secret)) as base:
        run = check(operation, base, key=secret)
    assert run.verdict() is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("cookie", "a;b"),
        *product(("header", "query", "cookie", "bearer"), ("a b c", "a\nb", "a\N{BULLET}b")),
        *product(("query", "cookie", "bearer"), ("a b",)),
    ],
)
def test_a_key_that_cannot_be_sent_is_refused(name: str, secret: str) -> None:
    operation = load_files(capture({name: []}), "toys/op")
    with pytest.raises(UsageError, match="cannot carry"):
        read_secret(operation, {f"TOY_SHOP_{name.upper()}": secret})


@pytest.mark.parametrize(("name", "given"), [("bearer", "bearer k"), ("token", "GenieKey k")])
def test_a_key_may_be_given_with_its_scheme(name: str, given: str) -> None:
    operation = load_files(capture({name: []}), "toys/op")
    assert read_secret(operation, {f"TOY_SHOP_{name.upper()}": given}) == "k"


@pytest.mark.parametrize(
    ("scheme", "sent"), [("BEARER", "Bearer"), ("basic", "Basic"), ("GenieKey", "GenieKey")]
)
def test_a_scheme_is_sent_as_servers_that_mind_its_case_expect_it(scheme: str, sent: str) -> None:
    stated = {"type": "http", "scheme": scheme}
    document_ = document(
        FIELDS, components={"securitySchemes": {"key": stated}}, security=[{"key": []}]
    )
    operation = load_files(capture_operation(find_operation(document_, "op", "a")), "toys/op")
    given = read_secret_header(f"Authorization: {scheme} $KEY")
    assert given is not None
    for each in (operation, replace(operation, credential=given)):
        ((_, value),) = request_headers(each, Question(), "s3cret-key")
        assert value.startswith(f"{sent} ")


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("The header value prefixed with SSWS: `Authorization: SSWS {API Token}`", "SSWS K"),
        ('Token-based authentication with required prefix "Token"', "Token K"),
        ('The token (or key) must be passed: -H "Authorization: Token [your-token]"', "Token K"),
        ("Prefix the key with 'Bearer '", "Bearer K"),
        ("The Bearer header. Enter 'Bearer' [space] and then the token.", "Bearer K"),
        ('JWT Authorization header using the Bearer scheme. Example: "bearer {t}"', "Bearer K"),
        ("Set it to `Klaviyo-API-Key your-private-api-key`.", "Klaviyo-API-Key K"),
        ("Enter the token with the `Token` prefix, e.g. `Token nbp_F3`.", "Token K"),
        ("The key of your account: the <key> of the [console](https://a.example)", "K"),
        ("The API key with the format `Token token=<API_KEY>`", "Token token=K"),
        ('Send `Authorization: Token token="your-api-key"`.', "Token token=K"),
        ("`Authorization: Token token=y_NbAkKc66ryYTWUXYEu`", "Token token=K"),
        ('The token, without the "Bearer" prefix', "K"),
        ("`Bearer <token>`, or `Token <key>` of an app", "K"),
        ("The **API key**, such as `API key`, or Bearer token", "K"),
        (None, "K"),
    ],
)
@pytest.mark.parametrize("stated", ["scheme", "parameter"])
def test_the_scheme_that_prose_puts_before_a_key_is_sent(
    said: str | None, sent: str, stated: str
) -> None:
    key = {"in": "header", "name": "Authorization", "description": said}
    scheme = {"key": {**key, "type": "apiKey"}}
    found = find_operation(
        document(FIELDS, components={"securitySchemes": scheme}), "op", "a document"
    )
    more: Any = {"security": [{"key": []}]} if stated == "scheme" else {"parameters": [key]}
    found.content.update(more)  # type: ignore[attr-defined]
    operation = load_files(capture_operation(found), "toys/op")
    ((_, value),) = request_headers(operation, Question(), "K")
    assert value == sent


def test_the_name_of_a_header_may_end_with_the_scheme() -> None:
    scheme = {"key": {"type": "apiKey", "in": "header", "name": "Authorization: Bearer"}}
    said = document(FIELDS, components={"securitySchemes": scheme}, security=[{"key": []}])
    operation = load_files(capture_operation(find_operation(said, "op", "a document")), "toys/op")
    assert request_headers(operation, Question(), "K") == (("Authorization", "Bearer K"),)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("names", TOGETHER)
@pytest.mark.parametrize("left_out", [0, 1])
def test_a_server_that_ignores_one_of_several_credentials_is_found(
    names: dict[str, list[str]], left_out: int
) -> None:
    operation = load_files(capture(names), "toys/op")
    asked = [each for n, each in enumerate(operation.credentials) if n != left_out]
    lax = replace(operation, credential=asked[0], beside=tuple(asked[1:]))
    secrets = [f"s3cret-key-{number}" for number in range(len(names))]
    key = "\n".join(each for n, each in enumerate(secrets) if n != left_out)
    with served(MockApi(lax, key=key)) as base:
        run = check(operation, base, key="\n".join(secrets))
    ignored = operation.credentials[left_out]
    place = f"{ignored.place}/{ignored.name or ignored.header}"
    assert {
        (each.promise.rule, each.promise.location)
        for each in run.findings
        if each.promise.rule in ("auth.missing", "auth.wrong")
    } == {("auth.missing", place), ("auth.wrong", place)}
    assert not any(secret in repr(run) for secret in secrets)


def test_each_secret_is_shown_as_its_own_variable() -> None:
    operation = load_files(capture({"bearer": [], "query": []}), "toys/op")
    with served(MockApi(operation, [{"id": "x"}], key="s3cret-a\ns3cret-b")) as base:
        run = check(operation, base, key="s3cret-a\ns3cret-b")
    (finding,) = run.findings
    assert "$TOY_SHOP_BEARER" in finding.reproduce
    assert "$TOY_SHOP_QUERY" in finding.reproduce
    assert "s3cret" not in repr(run)


def test_the_alternative_whose_secrets_are_set_is_sent() -> None:
    operation = load_files(capture({"bearer": []}, {"header": [], "query": []}), "toys/op")
    assert [each.variable for each in operation.credentials] == ["TOY_SHOP_BEARER"]
    secrets = {"TOY_SHOP_HEADER": "a", "TOY_SHOP_QUERY": "b"}
    other = choose_alternative(operation, secrets)
    assert read_secret(other, secrets) == "a\nb"
    assert choose_alternative(operation, {"TOY_SHOP_QUERY": "b"}) is operation
    assert read_secret(operation, secrets) is None


def test_the_mock_accepts_every_alternative() -> None:
    operation = load_files(capture({"bearer": []}, {"header": [], "query": []}), "toys/op")
    other = choose_alternative(operation, {"TOY_SHOP_HEADER": "a", "TOY_SHOP_QUERY": "b"})
    with served(MockApi(operation, key="s3cret-key")) as base:
        assert check(other, base, key="s3cret-key").verdict() is Verdict.CONFORMS


@pytest.mark.parametrize("left_out", ["TOY_SHOP_BEARER", "TOY_SHOP_HEADER"])
def test_all_variables_are_needed(left_out: str) -> None:
    operation = load_files(capture({"bearer": [], "header": []}), "toys/op")
    environment = {"TOY_SHOP_BEARER": "a", "TOY_SHOP_HEADER": "b"}
    assert read_secret(operation, environment) == "a\nb"
    assert read_secret(operation, {**environment, left_out: ""}) is None


def test_the_variables_of_several_credentials_are_renamed_in_order() -> None:
    operation = load_files(capture({"bearer": [], "header": []}), "toys/op")
    assert [each.variable for each in with_key(operation, "A,B").credentials] == ["A", "B"]
    with pytest.raises(UsageError, match="takes as many names as TOY_SHOP_BEARER,TOY_SHOP_HEADER"):
        with_key(operation, "A")


def test_of_combined_credentials_those_that_cannot_be_sent_are_a_gap() -> None:
    assert gaps(capture({"tls": [], "header": []})) == [
        "tls: docpact cannot send credentials of the type mutualTLS"
    ]
    assert gaps(capture({"bearer": [], "basic": []})) == [
        "TOY_SHOP_BASIC: a request has one authorization header"
    ]


def test_several_credentials_and_alternatives_survive_an_export() -> None:
    stated = capture({"bearer": []}, {"header": [], "query": []}, {})
    files = {k: json.loads(v) for k, v in stated.items()}
    written = json.loads(json.dumps(write_document([("toys/op", files)], version="1")))
    assert written["paths"]["/things"]["get"]["security"] == [
        {"bearer": []},
        {"header-X-Key": [], "query-api_key": []},
        {},
    ]
    back = capture_operation(find_operation(written, "op", "a document"))
    assert json.loads(back["operation.json"]) == files["operation.json"]


@pytest.mark.parametrize("name", ["digest", "tls", "undefined"])
def test_without_a_credential_that_can_be_sent_a_refusal_is_inconclusive(name: str) -> None:
    files = capture({name: []})
    (gap,) = gaps(files)
    operation = load_files(files, "toys/op")
    with served(MockApi(load_files(capture({"header": []}), "toys/op"), key="k")) as base:
        run = check(operation, base)
    assert run.verdict() is Verdict.INCONCLUSIVE
    assert gap in str(run.reason)


@pytest.mark.parametrize("name", SENT)
def test_credentials_survive_an_export(name: str) -> None:
    files = {k: json.loads(v) for k, v in capture({name: []}, {}).items()}
    written = json.loads(json.dumps(write_document([("toys/op", files)], version="1")))
    back = capture_operation(find_operation(written, "op", "a document"))
    assert json.loads(back["operation.json"])["security"] == files["operation.json"]["security"]


@pytest.mark.parametrize(("name", "place"), [("query", "query"), ("header", "header")])
def test_a_credential_that_is_listed_as_a_parameter_too_is_sent_once(name: str, place: str) -> None:
    stated = document(FIELDS, components={"securitySchemes": SCHEMES}, security=[{name: []}])
    parameter = {"name": SCHEMES[name]["name"], "in": place, "schema": {"type": "string"}}
    stated["paths"]["/things"]["get"]["parameters"] = [{**parameter, "required": True}]
    operation = load_files(capture_operation(find_operation(stated, "op", "x")), "toys/op")
    assert operation.parameters == ()
    assert check(operation).verdict() is Verdict.CONFORMS


def test_a_key_that_is_a_parameter_of_a_scheme_is_sent_tested_and_exported() -> None:
    said = "The key, as in `Token token=<API_KEY>`"
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization", "description": said}
    stated = document(FIELDS, components={"securitySchemes": {"key": scheme}})
    found = find_operation(stated | {"security": [{"key": []}]}, "op", "a document")
    files = dict(capture_operation(found))
    operation = load_files(files, "toys/op")
    with served(MockApi(operation, key="s3cret-key")) as base:
        run = check(operation, base, key="s3cret-key")
        assert run.findings == ()
        for given in ("Token token=s3cret-key", 'Token token="s3cret-key"'):
            assert httpx.get(f"{base}/things", headers={"Authorization": given}).status_code == 200
        for given in ("Token s3cret-key", "Token key=s3cret-key", "token=s3cret-key"):
            assert httpx.get(f"{base}/things", headers={"Authorization": given}).status_code == 401
    for secret in ("s3cret-key", "Token token=s3cret-key"):
        assert read_secret(operation, {operation.credentials[0].variable: secret}) == "s3cret-key"
    named = read_secret_header("Authorization: Token token=$KEY")
    assert named is not None
    sent = request_headers(replace(operation, credential=named), Question(), "s3cret-key")
    assert sent == (("Authorization", "Token token=s3cret-key"),)
    decoded = {name: json.loads(text) for name, text in files.items()}
    written = write_document([("toys/op", decoded)], version="1")
    again = load_files(capture_operation(find_operation(written, "op", "a")), "toys/op")
    assert again.credentials[0].parameter == "token"
