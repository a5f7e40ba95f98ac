"""Every documented response is part of the contract, and of the document made from it."""

from __future__ import annotations

import json
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from capture.test_openapi_schemas import NUMBER, TEXT, document, fields, ref
from servers.loopback import Answer, Request, Server
from servers.test_documented_responses import PROBLEM, RESPONSES, make_operation
from sizes import sample

from docpact import check
from docpact.capture.openapi import capture_operation, find_operation, write_document
from docpact.capture.openapi.document import list_operations
from docpact.cases.samples import full
from docpact.catalogue import load_files
from docpact.model import Response, Verdict
from docpact.rules.responses.documented import find_body_faults

JSON = {"application/json": {"schema": PROBLEM}}
HEADER = {"X-Left": {"required": True, "schema": {"type": "integer", "minimum": 3}}}

DOCUMENTS: dict[str, Any] = {
    "all kinds": RESPONSES,
    "no body": {"204": {"description": ""}},
    "text": {"200": {"description": "", "content": {"text/plain": {"schema": {"minLength": 9}}}}},
    "a number as text": {
        "200": {"description": "", "content": {"text/plain": {"schema": {"type": "integer"}}}}
    },
    "bytes": {"200": {"description": "", "content": {"image/png": {}}}},
    "XML": {
        "200": {"description": "", "content": {"application/xml": {"schema": {"type": "array"}}}}
    },
    "a range": {"2XX": {"description": "", "content": JSON, "headers": HEADER}},
    "default alone": {"default": {"description": "", "content": JSON}},
    "a redirect": {"302": {"description": ""}, "404": {"description": "", "content": JSON}},
    "errors by name": {
        "200": {"description": "", "content": JSON},
        "401": {"description": "", "content": JSON, "headers": HEADER},
        "400": {"description": "", "content": {"application/problem+json": {"schema": PROBLEM}}},
        "404": {"description": "", "content": {"text/plain": {}}},
        "default": {"description": "", "content": JSON},
    },
    "headers of HTTP itself": {
        "200": {
            "description": "",
            "content": JSON,
            "headers": {"Content-Encoding": HEADER["X-Left"], "Date": {}, "Retry-After": {}},
        }
    },
    "errors of any type": {
        "200": {"description": "", "content": {"*/*": {}, **JSON}},
        "404": {"description": "", "content": {"*/*": {}, **JSON, "image/png": {}}},
    },
    "any type": {"200": {"description": "", "content": {"*/*": {}, "text/csv": {}}}},
    "JSON beside XML": {
        "200": {"description": "", "content": {"application/xml": {"schema": PROBLEM}, **JSON}}
    },
    "an error with several fitting forms": {
        "200": {"description": "", "content": JSON},
        "404": {
            "description": "",
            "content": {"application/json": {"schema": {"oneOf": [PROBLEM, PROBLEM]}}},
        },
    },
    "a header without a schema": {"204": {"description": "", "headers": {"X-A": {}}}},
}


def recaptured(files: dict[str, str]) -> dict[str, str]:
    """Return the files of the document that some files make."""
    decoded = {name: json.loads(text) for name, text in files.items() if name != "page.json"}
    document = write_document([("toys/op", decoded)], version="0")
    return dict(capture_operation(find_operation(document, "op", "the export")))


@pytest.mark.sampled(5)
@pytest.mark.parametrize("responses", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_mock_conforms_and_the_export_comes_back(responses: Any) -> None:
    operation = make_operation(responses)
    found = check(operation)
    assert [(each.rule, each.location, each.observed) for each in found.findings] == []
    assert found.verdict() is Verdict.CONFORMS, found.reason


@pytest.mark.parametrize("responses", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_export_comes_back_unchanged(responses: Any) -> None:
    stated = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/things": {"get": {"operationId": "op", "responses": responses}}},
    }
    files = dict(capture_operation(find_operation(stated, "op", "a document")))
    again = recaptured(files)
    assert {name: json.loads(text) for name, text in again.items()} == {
        name: json.loads(text) for name, text in files.items() if name != "page.json"
    }


def test_the_mock_answers_with_documented_errors() -> None:
    operation = make_operation()
    run = check(operation)
    tested = {r.promise.location: r.observations for r in run.results if r.observations}
    assert tested["404"] > 0
    assert tested["4XX"] > 0
    assert tested["header/x-version"] > 0


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"type": "integer"}, b"5", b"5.5"),
        ({"type": "number", "maximum": 3}, b"2.5\n", b"9"),
        ({"type": "boolean"}, b"True", b"maybe"),
        ({"enum": [1, 2]}, b"1", b"3"),
        ({"minLength": 3}, b"123", b"12"),
    ],
)
def test_a_text_may_be_a_value_of_any_scalar_type(schema: Any, right: bytes, wrong: bytes) -> None:
    stated = {"description": "", "content": {"text/plain": {"schema": schema}}}
    operation = make_operation({"200": stated, "404": {"description": ""}})
    documented, labels = operation.responses[0], (("content-type", "text/plain"),)
    for body, faults in ((right, 0), (wrong, 1)):
        found = find_body_faults(
            operation, documented, Response(200, labels, body), is_lenient=False
        )
        assert found is not None
        assert len(found) == faults


@pytest.mark.parametrize(
    ("schema", "found"), [({}, None), ({"properties": {"a": {"type": "integer"}}}, ["depth"])]
)
def test_a_deep_error_is_a_fault_only_if_its_schema_forbids_it(
    schema: Any, found: list[str] | None
) -> None:
    content = {"application/json": {"schema": {"type": "object", **schema}}}
    operation = make_operation({"404": {"description": "", "content": content}})
    documented = next(each for each in operation.responses if each.status == "404")
    body = b'{"a":' * 80 + b"1" + b"}" * 80
    response = Response(404, (("content-type", "application/json"),), body)
    faults = find_body_faults(operation, documented, response, is_lenient=False)
    kinds = None if faults is None else [each.key.detail for each in faults]
    assert kinds == found


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize("media_type", ["text/event-stream", "application/xml"])
def test_a_text_is_not_compared_with_the_objects_in_it(keyword: str, media_type: str) -> None:
    forms = [PROBLEM, {"type": "object", "properties": {"a": {"type": "string"}}}]
    stated = {"description": "", "content": {media_type: {"schema": {keyword: forms}}}}
    operation = make_operation({"200": stated, "404": {"description": ""}})
    response = Response(200, (("content-type", media_type),), b'data: {"a": "b"}')
    documented = operation.responses[0]
    assert find_body_faults(operation, documented, response, is_lenient=False) == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("responses", "statuses", "wrong"),
    [
        (None, [200, 201, 204], [404]),
        ({"404": {"description": "", "content": JSON}}, [200, 201, 204], [404]),
        ({"2XX": {"description": ""}}, [200, 201, 204], [404]),
        ({"2xx": {"description": "", "content": JSON}}, [200, 201], [404]),
        ({"Default": {"description": "", "content": JSON}}, [200, 201], [404]),
        ({"200": {"description": ""}}, [200], [201]),
    ],
)
def test_ranges_and_missing_responses_allow_several_statuses(
    responses: Any, statuses: list[int], wrong: list[int]
) -> None:
    stated = document({})
    stated["paths"]["/things"]["get"]["responses"] = responses
    operation = load_files(capture_operation(find_operation(stated, "op", "d")), "toys/op")
    body = json.dumps(full(PROBLEM)).encode()
    for status in [*statuses, *wrong]:
        labels = () if status == 204 else (("Content-Type", "application/json"),)
        answer = Answer(status, labels, b"" if status == 204 else body)
        with Server(partial(_repeat, answer)) as server:
            run = check(operation, target=server.url)
        assert (run.verdict() is Verdict.CONFORMS) is (status in statuses), status
    assert check(operation).verdict() is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("responses", "texts"),
    [
        (None, ["no response to an accepted request is documented: any is right"]),
        ({"404": {}}, ["no response to an accepted request is documented: any is right"]),
        ({"200": {}, "ok": {}, "x-a": {}, "20": {}}, ["ok: not a status", "20: not a status"]),
    ],
)
def test_what_is_missing_of_the_responses_is_a_gap(responses: Any, texts: list[str]) -> None:
    assert [each.text for each in make_operation(responses).gaps] == texts


def test_what_is_not_checked_of_a_body_is_a_gap() -> None:
    operation = make_operation(DOCUMENTS["JSON beside XML"])
    checked = "only that the body has this media type is checked"
    assert [each.text for each in operation.gaps] == [f"the content of application/xml: {checked}"]
    parts = {"multipart/mixed": {"itemSchema": {"type": "object"}}}
    operation = make_operation({"200": {"description": "", "content": parts}})
    assert [each.text for each in operation.gaps] == [f"the content of multipart/mixed: {checked}"]


def write_sequence(kind: str, values: list[Any]) -> bytes:
    """Return some values in a body, as servers write them."""
    if kind == "text/event-stream":
        events = [f": note\r\nevent: tick\r\ndata: {each['data']}\r\n\r\n" for each in values]
        return "".join([*events, ": end\r\n\r\n"]).encode()
    before = "\x1e" if "seq" in kind else ""
    return "".join(f"{before}{json.dumps(each)}\n" for each in values).encode()


KINDS = ["application/jsonl", "application/x-ndjson", "application/json-seq", "text/event-stream"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", [*KINDS, "application/geo+json-seq; charset=utf-8"])
def test_each_value_of_a_sequence_is_checked(kind: str) -> None:
    data = {"type": "string", "maxLength": 9}
    item = {"required": ["data"], "properties": {"data": data, "event": {"const": "tick"}}}
    content = {kind: {"itemSchema": {"type": "object", **item}}}
    stated = document({})
    stated["paths"]["/things"]["get"]["responses"] = {"200": {"content": content}}
    operation = load_files(capture_operation(find_operation(stated, "op", "d")), "toys/op")
    assert operation.gaps == ()
    source = operation.source("response", "/items/properties/data/maxLength")
    assert source is not None
    assert source.place.endswith("/itemSchema/properties/data/maxLength")
    assert check(operation).verdict() is Verdict.CONFORMS
    for values, found in (
        ([], []),
        ([{"data": "a"}, {"data": "b: c"}], []),
        ([{"data": "a"}, {"data": "longer than 9"}], ["200/*/data"]),
    ):
        answer = Answer(200, (("Content-Type", kind),), write_sequence(kind, values))
        with Server(partial(_repeat, answer)) as server:
            run = check(operation, target=server.url)
        assert [each.location for each in run.findings] == found, values


def test_the_fields_of_events_have_the_documented_types() -> None:
    """Huma documents the data of an event as its value, and ids as integers."""
    form = {"type": "object", "required": ["data", "event"]}
    data = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    events = [
        {**form, "properties": {"data": data, "event": {"const": "n"}, "id": {"type": "integer"}}},
        {**form, "properties": {"data": {"type": "string"}, "event": {"const": "s"}}},
    ]
    stated = document({"type": "array", "items": {"oneOf": events}}, media="text/event-stream")
    operation = load_files(capture_operation(find_operation(stated, "op", "d")), "toys/op")
    assert check(operation).verdict() is Verdict.CONFORMS
    text = 'event: n\nid: 7\ndata: {"n": %s}\n\nevent: s\ndata: 5\n\n'
    for number, found in (("1", []), ('"1"', ["200/*/data/n"])):
        body = (text % number).encode()
        answer = Answer(200, (("Content-Type", "text/event-stream"),), body)
        with Server(partial(_repeat, answer)) as server:
            run = check(operation, target=server.url)
        assert [each.location for each in run.findings] == found


@pytest.mark.parametrize(
    "body",
    [
        b'{"n": 1}, {"n": 2}\n',
        b'[\n{"n": 1},\n{"n": 2}\n]',
        b'{"n": 1\n, "m": 2}\n',
        b"{}\n{} {}\n",
    ],
)
def test_a_line_that_is_not_one_value_is_found(body: bytes) -> None:
    content = {"application/jsonl": {"itemSchema": {"type": "object"}}}
    stated = document({})
    stated["paths"]["/things"]["get"]["responses"] = {"200": {"content": content}}
    operation = load_files(capture_operation(find_operation(stated, "op", "d")), "toys/op")
    answer = Answer(200, (("Content-Type", "application/jsonl"),), body)
    with Server(partial(_repeat, answer)) as server:
        run = check(operation, target=server.url)
    assert [each.rule for each in run.findings] == ["response.body"]


def test_a_text_by_reference_is_checked() -> None:
    schemas = {"Version": {"type": "string", "pattern": "^v[0-9]+$"}}
    stated = document(ref("Version"), media="text/plain", components={"schemas": schemas})
    operation = load_files(capture_operation(find_operation(stated, "op", "d")), "toys/op")
    assert operation.gaps == ()
    for body, verdict in ((b"v1", Verdict.CONFORMS), (b"1.0", Verdict.DRIFT)):
        answer = Answer(200, (("Content-Type", "text/plain"),), body)
        with Server(partial(_repeat, answer)) as server:
            assert check(operation, target=server.url).verdict() is verdict


def _repeat(answer: Answer, _: Request) -> Answer:
    return answer


class _Download(BaseHTTPRequestHandler):
    """A correct server of files: the bytes of a PDF, named as the path says."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"application/{self.path.rpartition('/')[2]}")
        self.end_headers()
        self.wfile.write(b"%PDF-1.7 \xff\xfe")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Stay silent."""


BYTES = {"type": "string", "format": "binary"}
OPENAPI = {"openapi": "3.0.3", "components": {"schemas": {"File": BYTES}}}


@pytest.mark.parametrize("label", sample(["pdf", "json", "octet-stream"], 3))
@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        (OPENAPI, {"content": {"application/json": {"schema": BYTES}}}),
        (OPENAPI, {"content": {"application/json": {"schema": ref("File")}}}),
        (OPENAPI, {"content": {n: {"schema": BYTES} for n in ("text/plain", "text/json")}}),
        ({"swagger": "2.0", "produces": ["application/json"]}, {"schema": {"type": "file"}}),
    ],
    ids=["in place", "by reference", "in several types", "Swagger 2.0"],
)
def test_a_file_that_the_document_names_json_is_any_bytes(
    dialect: Any, answer: Any, label: str
) -> None:
    get = {"operationId": "download", "responses": {"200": {"description": "", **answer}}}
    whole = {**dialect, "info": {"title": "", "version": "1"}, "paths": {f"/{label}": {"get": get}}}
    (operation,) = list_operations(whole, "files.json")
    captured = load_files(capture_operation(operation), "files/download")
    assert [each.text for each in captured.gaps] == [
        "a file (`format: binary`): neither its bytes nor its media type is checked"
    ]
    assert check(captured).verdict() is Verdict.CONFORMS
    with ThreadingHTTPServer(("127.0.0.1", 0), _Download) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        run = check(captured, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert run.verdict() is Verdict.CONFORMS


def test_a_contract_without_responses_documents_its_main_one() -> None:
    files = dict(
        capture_operation(
            find_operation(
                {
                    "openapi": "3.1.0",
                    "info": {"title": "t", "version": "1"},
                    "paths": {
                        "/things": {
                            "get": {
                                "operationId": "op",
                                "responses": {"200": {"description": "", "content": JSON}},
                            }
                        }
                    },
                },
                "op",
                "a document",
            )
        )
    )
    operation = load_files(files, "toys/op")
    assert "responses" not in json.loads(files["operation.json"])
    assert operation.responses == ()
    assert operation.find_response(200) is not None
    assert operation.find_response(404) is None


@pytest.mark.parametrize(
    ("response", "where"),
    [
        ({"$ref": "#/components/responses/Gone"}, "responses/404"),
        (
            {
                "content": {
                    "application/json": {"schema": {"$ref": "https://elsewhere.example/a#/E"}}
                }
            },
            "schema",
        ),
        (
            {"content": {"application/json": {"schema": fields(a=ref("Known"), b=ref("Lost"))}}},
            "404/content/application~1json/schema",
        ),
        ({"headers": {"X-A": {"schema": ref("Lost")}}}, "X-A/schema"),
    ],
)
def test_an_error_that_cannot_be_read_is_a_gap(response: Any, where: str) -> None:
    stated = document(TEXT, components={"schemas": {"Known": fields(a=NUMBER)}})
    responses = stated["paths"]["/things"]["get"]["responses"]
    responses |= {
        "404": response,
        "500": {"content": {"application/json": {"schema": ref("Known")}}},
    }
    files = capture_operation(find_operation(stated, "op", "a document"))
    operation = load_files(files, "toys/op")
    (gap,) = operation.gaps
    assert "leads nowhere" in gap.text
    assert gap.place.endswith(where)
    found = {each.status: each for each in operation.responses}
    assert (found["500"].content[0].schema or {})["properties"] == {"a": NUMBER}
    assert check(operation).verdict() is Verdict.CONFORMS
