"""The checker of responses finds the operation of a response in a whole API, for every library."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import aiohttp
import django
import flask
import httpx
import pytest
import requests
import urllib3
from django.conf import settings
from django.http import HttpResponse
from django.test import AsyncClient, Client
from django.urls import re_path

from docpact.apis import load_api
from docpact.fixtures import ResponseChecker
from docpact.model import Api


def answer(schema: Any) -> Any:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def holding(name: str, type_: str) -> Any:
    return {"type": "object", "required": [name], "properties": {name: {"type": type_}}}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Shelf", "version": "1"},
    "servers": [{"url": "https://shelf.example/v1"}],
    "paths": {
        "/books/{id}": {
            "parameters": [ID],
            "get": {
                "operationId": "get_book",
                "responses": {
                    "200": answer(holding("id", "string")),
                    "404": answer(holding("error", "string")),
                },
            },
            "delete": {"operationId": "delete_book", "responses": {"204": {"description": ""}}},
        },
        "/books/newest": {
            "get": {
                "operationId": "newest_book",
                "responses": {"200": answer(holding("newest", "integer"))},
            }
        },
        "/boxes": {
            "parameters": [{"name": "fields", "in": "query", "schema": {"type": "string"}}],
            "get": {
                "operationId": "read_box",
                "responses": {
                    "200": {
                        **answer({"$ref": "#/components/schemas/Box"}),
                        "headers": {"X-Total": {"required": True, "schema": {"type": "integer"}}},
                    }
                },
            },
        },
    },
    "components": {
        "schemas": {
            "Box": {
                "type": "object",
                "required": ["size"],
                "properties": {"size": {}, "box": {"$ref": "#/components/schemas/Box"}},
            }
        }
    },
}
JSON, HTML = "application/json", "text/html"
ANSWERS = {
    "GET /v1/books/a%20b": (200, JSON, {"id": "a b"}),
    "GET /v1/books/newest": (200, JSON, {"newest": 3}),
    "GET /v1/books/none": (404, JSON, {"error": "no such book"}),
    "DELETE /v1/books/x": (204, JSON, None),
    "GET /v1/books/number": (200, JSON, {"id": 3}),
    "GET /v1/books/odd": (404, JSON, {"message": "no such book"}),
    "GET /v1/books/page": (200, HTML, {"id": "page"}),
    "GET /v1/books/down": (500, JSON, {}),
    "GET /v1/shelves": (200, JSON, {}),
}
PROBLEMS = {
    "GET /v1/books/number": r"get_book:\n  /id: string; observed number 3",
    "GET /v1/books/odd": "get_book:\n  /error: absent, documented as always present",
    "GET /v1/books/page": "get_book:\n  Content-Type: text/html.* is not documented",
    "GET /v1/books/down": "get_book:\n  status 500 is not documented",
    "GET /v1/shelves": "GET .*/v1/shelves is not one of the operations of shelf",
}


def respond(method: str, path: str) -> tuple[int, dict[str, str], bytes]:
    status, media_type, body = ANSWERS[f"{method} {path.replace(' ', '%20')}"]
    if body is None:
        return status, {}, b""
    return status, {"Content-Type": media_type}, json.dumps(body).encode()


class Shelf(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, headers, body = respond(self.command, self.path)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def docpact_api(tmp_path_factory: pytest.TempPathFactory) -> Api:
    file = tmp_path_factory.mktemp("api") / "shelf.json"
    file.write_text(json.dumps(DOCUMENT))
    return load_api(str(file))


def send_by_aiohttp(method: str, url: str) -> Any:
    async def send() -> Any:
        async with aiohttp.ClientSession() as session, session.request(method, url) as response:
            await response.read()
            return response

    return asyncio.run(send())


def send_by_flask(method: str, url: str) -> Any:
    app = flask.Flask("shelf")

    @app.route("/<path:path>", methods=["GET", "DELETE"])
    def view(path: str) -> Any:
        status, headers, body = respond(flask.request.method, f"/{path}")
        return body, status, headers

    return app.test_client().open(httpx.URL(url).raw_path.decode(), method=method)


def set_up_django() -> None:
    def view(request: Any) -> Any:
        status, headers, body = respond(request.method, request.path)
        return HttpResponse(body, status=status, headers=headers)

    if not settings.configured:
        settings.configure(ROOT_URLCONF="shelf_urls", SECRET_KEY="any", ALLOWED_HOSTS=["*"])
        django.setup()
    urls = ModuleType("shelf_urls")
    urls.urlpatterns = [re_path("", view)]  # type: ignore[attr-defined]
    sys.modules["shelf_urls"] = urls


def send_by_django(method: str, url: str) -> Any:
    set_up_django()
    return Client().generic(method, httpx.URL(url).raw_path.decode())


def send_by_django_async(method: str, url: str) -> Any:
    set_up_django()
    return asyncio.run(AsyncClient().generic(method, httpx.URL(url).raw_path.decode()))


LIBRARIES: dict[str, Callable[[str, str], Any]] = {
    "httpx": httpx.request,
    "requests": requests.request,
    "urllib3": urllib3.request,
    "aiohttp": send_by_aiohttp,
    "Flask": send_by_flask,
    "Django": send_by_django,
    "Django, async": send_by_django_async,
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("request_", ANSWERS)
def test_a_response_is_judged_by_its_operation_and_status(
    library: str, request_: str, base_url: str, docpact_check_response: ResponseChecker
) -> None:
    method, path = request_.split(" ")
    response = LIBRARIES[library](method, base_url + path)
    if request_ in PROBLEMS:
        with pytest.raises(pytest.fail.Exception, match=PROBLEMS[request_]):
            docpact_check_response(response)
    else:
        docpact_check_response(response)


@pytest.mark.parametrize("body", [{"id": "x"}, b"{}", httpx.Response(200, json={"id": "x"})])
def test_a_response_without_a_request_belongs_to_no_operation(
    body: Any, docpact_check_response: ResponseChecker
) -> None:
    with pytest.raises(pytest.fail.Exception, match="shelf is a whole API: no request says which"):
        docpact_check_response(body)


def test_the_operation_of_a_body_can_be_named(
    docpact_api: Api, docpact_check_response: ResponseChecker
) -> None:
    name = docpact_api.operations[0].id
    with pytest.raises(pytest.fail.Exception, match=f"differs from the documentation of {name}"):
        docpact_check_response({}, operation=name)
    with pytest.raises(pytest.fail.Exception, match="shelf has no operation 'books'"):
        docpact_check_response({}, operation="books")


def test_a_value_that_cannot_be_json_is_no_body(
    docpact_api: Api, docpact_check_response: ResponseChecker
) -> None:
    problem = "the body cannot be JSON: Object of type object"
    with pytest.raises(pytest.fail.Exception, match=problem):
        docpact_check_response({"id": object()}, operation=docpact_api.operations[0].id)


RIGHT = {"Content-Type": JSON, "X-Total": "1"}


def nest(depth: int) -> Any:
    body: Any = {"size": 1}
    for _ in range(depth):
        body = {"size": 1, "box": body}
    return body


@pytest.mark.parametrize(
    ("body", "headers", "query", "problem"),
    [
        (nest(1), {"X-Total": "1"}, "", ""),
        (nest(80), {"X-Total": "1"}, "", r"\(the whole body\): nested deeper than 64"),
        ({"box": nest(1)}, {"X-Total": "1"}, "?fields=box", ""),
        ({"box": nest(1)}, {"X-Total": "1"}, "", "/size: "),
        (nest(1), {}, "", "header/x-total: absent"),
        (nest(1), {"X-Total": "many"}, "", 'header/x-total: "many"'),
    ],
)
def test_a_response_is_judged_as_in_a_check(
    body: Any,
    headers: dict[str, str],
    query: str,
    problem: str,
    docpact_check_response: ResponseChecker,
) -> None:
    url = f"https://shelf.example/v1/boxes{query}"
    docpact_check_response(httpx.Response(200, headers=RIGHT, request=httpx.Request("HEAD", url)))
    request = httpx.Request("GET", url)
    response = httpx.Response(200, json=body, headers=headers, request=request)
    if problem:
        with pytest.raises(pytest.fail.Exception, match=f"read_box:\n  {problem}"):
            docpact_check_response(response)
    else:
        docpact_check_response(response)
