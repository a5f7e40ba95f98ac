"""A request that needs one of several optional parameters, as descriptions say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from command import docpact, served
from servers.loopback import Answer, Handler, Request, Server

from docpact.apis import load_api
from docpact.capture.openapi.descriptions import list_needs
from docpact.conformance import run_api
from docpact.model import Level, Verdict
from docpact.settings import Config, resolve

__all__ = ["docpact", "served"]

PLAIN = {"email": "", "phone": "", "page": ""}


@pytest.mark.parametrize(
    ("description", "parameters", "needs"),
    [
        ("At least one of `email` and `phone` must be supplied.", PLAIN, ["email", "phone"]),
        ("Either email or phone is required. Others are not.", PLAIN, ["email", "phone"]),
        ("At least one _email_ or one _phone_ must be passed", PLAIN, ["email", "phone"]),
        (
            "You have to send one of the following parameters:\n\n- `phone`\n- `email`",
            PLAIN,
            ["email", "phone"],
        ),
        ("One of these must be given:\n  email: of her\n  phone: hers", PLAIN, ["email", "phone"]),
        ("Args:\n  email: to find (required, at least one)\n  phone: to call", PLAIN, []),
        ("", {**PLAIN, "email": "Required if `phone` is omitted."}, ["email", "phone"]),
        ("", {**PLAIN, "phone": "If omitted, `email` must be given."}, ["email", "phone"]),
        ("", {**PLAIN, "phone": "Either this or `email` is required."}, ["email", "phone"]),
        ("If page is set, one of email or phone is required.", PLAIN, []),
        ("At least one of email and phone must be sent when paging.", PLAIN, []),
        ("One of the caller's emails must be verified.", PLAIN, []),
        ("Returns people by email or phone. One of them may be empty.", PLAIN, []),
        ("", {**PLAIN, "email": "Must be one of the known ones."}, []),
        ("At least one of `work_email` and `email2` must be set.", PLAIN, []),
    ],
)
def test_what_descriptions_say(
    description: str, parameters: Mapping[str, str], needs: list[str]
) -> None:
    assert list_needs(description, parameters) == needs


def document(description: str) -> dict[str, Any]:
    parameters = [{"name": n, "in": "query", "schema": {"type": "string"}} for n in PLAIN]
    content = {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}
    get = {
        "operationId": "find",
        "description": description,
        "parameters": parameters,
        "responses": {"200": {"description": "People.", "content": content}},
    }
    info = {"title": "People", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": {"/people": {"get": get}}}


def strict(request: Request) -> Answer:
    is_asked = any(request.last(name) for name in ("email", "phone"))
    return Answer(200 if is_asked else 422, (("Content-Type", "application/json"),), b"[]")


def closed(_: Request) -> Answer:
    return Answer(422, (("Content-Type", "application/json"),), b"{}")


@pytest.mark.parametrize(
    ("description", "handler", "verdict"),
    [
        ("One of email and phone is required.", strict, Verdict.CONFORMS),
        ("One of email and phone is required.", closed, Verdict.INCONCLUSIVE),
        ("Finds people.", strict, Verdict.DRIFT),
    ],
)
def test_a_request_without_them_may_be_refused(
    description: str,
    handler: Handler,
    verdict: Verdict,
    served: Callable[[Handler], Server],
    tmp_path: Path,
) -> None:
    file = tmp_path / "people.json"
    file.write_text(json.dumps(document(description)))
    settings = resolve(Config(), {"target": served(handler).url})
    (run,) = run_api(load_api(f"{file}#find"), settings, {}, version="0").runs
    breaking = [each for each in run.findings if each.level is Level.BREAKING]
    assert (run.verdict(), bool(breaking)) == (verdict, verdict is Verdict.DRIFT)
    if verdict is Verdict.INCONCLUSIVE:
        assert "which of email and phone a request needs: --param NAME=VALUE" in run.reason
