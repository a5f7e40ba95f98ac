"""`pytest --pyargs docpact.contract_tests` of a whole API: a test per promise per operation."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest
from apis.shop import DOCUMENT, Shop
from command import environment, served
from servers.loopback import Handler, Server

import docpact as package
from docpact.apis import load_api
from docpact.rules import promises

__all__ = ["served"]


@pytest.mark.slow
def test_each_promise_of_each_operation_is_a_test(
    tmp_path: Path, served: Callable[[Handler], Server]
) -> None:
    (tmp_path / "shop.json").write_text(json.dumps(DOCUMENT))
    server = served(Shop({"/pets/7/toys/3": {"id": 4, "sound": ""}}))
    options = ["--docpact-operation=shop.json", f"--docpact-target={server.url}"]
    python = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*python, "--pyargs", "docpact.contract_tests", "--junit-xml=suite.xml", *options],
        cwd=tmp_path,
        env={**environment(None), "PYTHONPATH": str(Path(package.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    cases = parse(tmp_path / "suite.xml").getroot().findall(".//testcase")
    names = [case.attrib["name"] for case in cases]
    for operation in load_api(str(tmp_path / "shop.json")).operations:
        for promise in promises(operation):
            assert f"test_{promise.family}[{operation.id} {promise}]" in names
    failed = [case.attrib["name"] for case in cases if case.find("failure") is not None]
    assert [name.partition(" ")[0] for name in failed] == [
        "test_path[shop/get_pets_petId_toys_toy_id"
    ]
    skipped = [
        case.find("skipped") for case in cases if "shop/post_pets_petId" in case.attrib["name"]
    ]
    assert skipped
    assert all(s is not None and "POST may change data" in s.attrib["message"] for s in skipped)
