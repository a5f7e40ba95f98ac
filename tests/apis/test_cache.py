"""The capture of a document is kept for the next process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from apis.test_named_items import TEXT, write_document

from docpact.apis import load_api
from docpact.capture import batch


def test_a_document_is_captured_again_only_if_a_file_of_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    load_all = batch.load_all

    def count(*arguments: Any) -> Any:
        counted.append(arguments)
        return load_all(*arguments)

    monkeypatch.setattr(batch, "load_all", count)
    text = json.dumps(write_document(TEXT, {"$ref": "text.json"}, required=True, sent=True))
    file, part = tmp_path / "sites.json", tmp_path / "text.json"
    file.write_text(text)
    part.write_text(json.dumps(TEXT))
    cache = tmp_path / "cache"
    cache.mkdir()
    first, again = (load_api(str(file), cache=cache) for _ in range(2))
    assert [each.id for each in again.operations] == [each.id for each in first.operations]
    assert again.operations[0].response_schema == first.operations[0].response_schema
    assert len(counted) == 1
    part.write_text(json.dumps({**TEXT, "maxLength": 5}))
    changed = load_api(str(file), cache=cache)
    assert "maxLength" in json.dumps(changed.operations[0].response_schema)
    assert len(counted) == 2
    assert len([*cache.iterdir()]) == 1
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:-9])
    mended = load_api(str(file), cache=cache)
    assert mended.operations[0].response_schema == changed.operations[0].response_schema
    assert len(counted) == 3
