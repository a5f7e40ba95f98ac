"""GET requests that change something by their names are not part of a run of a whole API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from command import Docpact, docpact, served
from servers.loopback import Answer, Request, Server

__all__ = ["docpact", "served"]

CHANGING = {
    "/user/logout": ("", ""),
    "/auth/sign-out": ("", ""),
    "/tokens/{id}/revoke": ("revokeToken", ""),
    "/cache/clear": ("", "Clears the cache"),
    "/jobs/{id}": ("cancelJob", "Cancel a job"),
}
READING = {
    "/user/logouts": ("", "Lists logouts"),
    "/backups/restore": ("getRestores", "List the restored backups"),
    "/sets": ("sets_list", "Sets"),
    "/updates": ("list_updates", "Updates of the system"),
    "/sync/status": ("sync_status", "Status"),
    "/settings": ("settings", "Address of the user"),
}


def document(names: dict[str, tuple[str, str]]) -> str:
    def operation(path: str, name: str, title: str) -> dict[str, Any]:
        stated = {"operationId": name, "summary": title}
        parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        return {
            **{key: text for key, text in stated.items() if text},
            "parameters": [{**parameter, "example": "7"}] if "{id}" in path else [],
            "responses": {"200": {"description": "Done."}},
        }

    paths = {path: {"get": operation(path, *texts)} for path, texts in names.items()}
    info = {"title": "Names", "version": "1"}
    return json.dumps({"openapi": "3.1.0", "info": info, "paths": paths})


def respond(_: Request) -> Answer:
    return Answer(200, (("Content-Type", "application/json"),), b"{}")


def request_paths(docpact: Docpact, served: Any, names: dict[str, tuple[str, str]]) -> set[str]:
    (docpact.folder / "names.json").write_text(document(names))
    server: Server = served(respond)
    docpact("check", "names.json", "--target", server.url)
    return {request.path for request in server.requests}


@pytest.mark.parametrize("path", CHANGING)
def test_a_request_that_changes_something_is_not_sent(
    docpact: Docpact, served: Any, path: str
) -> None:
    names = {path: CHANGING[path], "/status": ("", "Status")}
    assert request_paths(docpact, served, names) == {"/status"}


def test_it_is_sent_alone_and_to_the_mock(docpact: Docpact, served: Any) -> None:
    (docpact.folder / "names.json").write_text(document({"/user/logout": ("logout", "")}))
    server: Server = served(respond)
    assert docpact("check", "names.json#logout", "--target", server.url).returncode == 0
    assert {request.path for request in server.requests} == {"/user/logout"}
    assert "1 not tested" not in docpact("check", "names.json").stdout


def test_nouns_are_no_changes(docpact: Docpact, served: Any) -> None:
    assert request_paths(docpact, served, READING) == {*READING}
