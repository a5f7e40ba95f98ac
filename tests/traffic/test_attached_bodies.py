"""Bodies that a HAR document keeps in other files, as Playwright writes them."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from toy import LAMPS
from traffic.records import BODY, about_traffic, audited, breaches, har_entry, replayed, write_har

from docpact.errors import UsageError
from docpact.limits import MAX_BYTES
from docpact.traffic.recording import read_recording

ATTACHED = har_entry(content={"size": len(BODY), "_file": "body.json"})


def write_zip(file: Path, **members: str) -> Path:
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return file


def test_bodies_in_files_beside_a_har_document_are_judged(tmp_path: Path) -> None:
    """Playwright writes them with `content: "attach"`."""
    file = write_har(tmp_path / "calls.har", ATTACHED, har_entry())
    (tmp_path / "body.json").write_text("[]")
    for run in (replayed(file), audited(file)):
        assert breaches(run) == [("response.type", "", 1)]
        assert about_traffic(run)[0] == "2 exchanges of GET /v1/lamps"


@pytest.mark.parametrize("body", ["[]", BODY])
def test_a_har_document_in_a_zip_file_is_judged(tmp_path: Path, body: str) -> None:
    document = write_har(tmp_path / "calls.har", ATTACHED).read_text()
    file = write_zip(tmp_path / "calls.zip", har_har=document, body_json=body)
    for run in (replayed(file), audited(file)):
        assert breaches(run) == ([("response.type", "", 1)] if body == "[]" else [])
        assert about_traffic(run)[0] == "1 exchange of GET /v1/lamps"


@pytest.mark.parametrize("name", ["../body.json", "/body.json", "missing.json", "link.json", ""])
def test_no_file_elsewhere_is_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    (tmp_path / "body.json").write_text(BODY)
    (folder / "link.json").symlink_to(tmp_path / "body.json")
    outside = name.replace("/body", f"{tmp_path}/body") if name.startswith("/") else name
    entry = har_entry(content={"size": 9, "_file": outside})
    document = write_har(folder / "calls.har", entry)
    file = write_zip(tmp_path / "calls.zip", har_har=document.read_text(), body_json=BODY)
    for source in (document, file):
        for run in (replayed(source), audited(source)):
            assert (run.findings, run.reason) == (
                (),
                "no successful response to GET /v1/lamps can be judged",
            )
            assert "1 exchange left out: the body was not recorded" in run.remarks


def test_a_long_body_in_a_zip_file_is_not_read_whole(tmp_path: Path) -> None:
    document = write_har(tmp_path / "calls.har", ATTACHED, har_entry()).read_text()
    long = json.dumps("0" * (MAX_BYTES + 1))
    file = write_zip(tmp_path / "calls.zip", har_har=document, body_json=long)
    for run in (replayed(file), audited(file)):
        assert run.findings == ()
        assert "1 exchange left out: the body was not recorded" in run.remarks


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"body_json": BODY}, "expected one HAR document in the .zip file, not 0 HAR documents"),
        ({"a_har": "{}", "b_har": "{}"}, "not 2 HAR documents"),
        ({"a_har": "{}"}, "a list of entries is missing"),
    ],
)
def test_other_zip_files_are_refused(tmp_path: Path, members: dict[str, str], problem: str) -> None:
    file = write_zip(tmp_path / "calls.zip", **members)
    with pytest.raises(UsageError, match=problem):
        read_recording([str(file)], LAMPS)


def test_a_damaged_zip_file_is_refused(tmp_path: Path) -> None:
    file = write_zip(tmp_path / "calls.zip", a_har="{}")
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(UsageError, match=r"the \.zip file cannot be read"):
        read_recording([str(file)], LAMPS)
