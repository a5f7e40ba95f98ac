"""Other tools can use the exported OpenAPI document without changes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from command import Docpact

from docpact import load, names
from docpact.bodies.engine import is_valid
from docpact.capture.openapi import write_document
from docpact.catalogue import documents
from docpact.model import Case
from docpact.targets.address import url as address
from docpact.targets.asgi import served
from docpact.targets.given import with_values
from docpact.targets.mock import MOCK_KEY, MockApi

SCHEMATHESIS = os.environ.get("DOCPACT_SCHEMATHESIS", "")
PRISM = os.environ.get("DOCPACT_PRISM", "")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
REFUSALS = (401, 404, 405, 422)
"""Statuses of the mock for requests that the documentation does not cover."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("openapi") / "shipped.json"
    found = write_document([(name, documents(name)) for name in names()], version="1")
    file.write_text(json.dumps(found), encoding="utf-8")
    return file


def test_the_validator_of_the_format_finds_nothing(exported: Path) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(json.loads(exported.read_text(encoding="utf-8")))


def test_the_command_writes_the_same_document(
    docpact: Docpact, exported: Path, tmp_path: Path
) -> None:
    done = docpact("export", "openapi", *names(), "--out", str(tmp_path / "all.json"))
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert written["paths"] == json.loads(exported.read_text(encoding="utf-8"))["paths"]


@pytest.fixture(scope="module")
def refusing(exported: Path) -> Path:
    """Return the document with the refusals that the documentation leaves out."""
    document = json.loads(exported.read_text(encoding="utf-8"))
    refused = {"description": "refused", "content": {"application/json": {}}}
    for methods in document["paths"].values():
        for operation in methods.values():
            added = {str(status): refused for status in REFUSALS}
            operation["responses"] = {**added, **operation["responses"]}
    file = exported.with_name("refusing.json")
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


@pytest.mark.skipif(not SCHEMATHESIS, reason="`nox -s openapi` installs Schemathesis")
@pytest.mark.parametrize("name", names())
def test_schemathesis_runs_it_and_agrees_with_the_mock(name: str, refusing: Path) -> None:
    with served(MockApi(load(name))) as base:
        command = [SCHEMATHESIS, "run", str(refusing), "--url", base, "--checks", CHECKS]
        command += ["--header", f"Authorization: Bearer {MOCK_KEY}", "--max-examples", "10"]
        command += ["--include-operation-id", name.rpartition("/")[2], "--seed", "1"]
        done = subprocess.run(
            command, cwd=refusing.parent, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Tested: 1" in done.stdout


@contextmanager
def prism(exported: Path) -> Iterator[str]:
    """Run Prism's mock server for a `with` block, and yield its base URL."""
    command = [*shlex.split(PRISM), "mock", "--port", "4017", str(exported)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            assert server.stdout is not None
            lines: list[str] = []
            for line in server.stdout:
                lines.append(line)
                if "is listening" in line:
                    break
            else:
                pytest.fail("".join(lines))
            yield "http://127.0.0.1:4017"
        finally:
            server.terminate()


@pytest.mark.skipif(not PRISM, reason="`nox -s openapi` installs Prism")
def test_prism_serves_it_with_valid_responses(exported: Path) -> None:
    headers = {"Authorization": f"Bearer {MOCK_KEY}"}
    with prism(exported) as base, httpx.Client(headers=headers, timeout=30) as client:
        for name in names():
            operation = load(name)
            known = with_values(operation, MockApi(operation).given)
            response = client.get(address(base, known, Case("no parameters")))
            body: Any = response.json()
            assert response.status_code == 200, (name, body)
            assert is_valid(operation.response_schema, body), name
