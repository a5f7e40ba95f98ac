"""Values in examples that are the reader's own, or of one request: they are no constants."""

from __future__ import annotations

from typing import Any

import pytest
from capture.test_written_pages import captured, gaps

PAGE = """\
# List boats

GET https://boats.example/v1/boats

| Query parameter | Type | Required |
| --- | --- | --- |
| limit | integer | no |

```bash
curl https://boats.example/v1/boats \\
  -H 'OTHER' \\
  -H 'X-Auth-Token: Y97tM4GkYjgaH_fIO5dwBitQQvm3yp'
```

```json
{"boats": []}
```
"""


def headers(files: dict[str, Any]) -> dict[str, Any]:
    listed = files["operation.json"]["parameters"]
    return {each["name"]: each.get("value") for each in listed if each["in"] == "header"}


@pytest.mark.parametrize("header", ["X-User-Id: aobEdbYhXfu5", "client-id: 1001", "access-token: "])
def test_a_login_in_a_header_is_a_credential(header: str) -> None:
    files = captured(PAGE.replace("OTHER", header))["GET /v1/boats"]
    names = {each["name"] for each in files["operation.json"]["security"]}
    assert names == {"X-Auth-Token", header.partition(":")[0]}
    assert headers(files) == {}


@pytest.mark.parametrize(
    "header",
    [
        "Range: bytes=0-1023",
        'If-None-Match: "5"',
        "Idempotency-Key: 4e1e",
        "X-Timestamp: 1700000000",
        "X-Device: model={{model}}",
    ],
)
def test_a_value_for_one_request_is_a_gap(header: str) -> None:
    files = captured(PAGE.replace("OTHER", header))["GET /v1/boats"]
    assert headers(files) == {}
    assert f"the header {header.partition(':')[0]}" in gaps(files)


def test_any_other_value_is_sent_with_every_request() -> None:
    files = captured(PAGE.replace("OTHER", "Boats-Version: 2023-06-01"))["GET /v1/boats"]
    assert headers(files) == {"Boats-Version": "2023-06-01"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/map/Kn63nCh9bkaRHcZZsrtf_KcLMH2/club", "/map/{map_id}/club"),
        ("/answers/by/3.json", "/answers/by/{by_id}.json"),
        ("/crew/17", "/crew/{crew_id}"),
        ("/rest/api/3", "/rest/api/3"),
        ("/getHistoricalDataV2ForBoats", "/getHistoricalDataV2ForBoats"),
    ],
)
def test_an_id_in_a_path_is_an_example(path: str, expected: str) -> None:
    found = captured(PAGE.replace("/v1/boats", path).replace("OTHER", "Accept: a/b"))
    assert [*found] == [f"GET {expected}"]
    assert ("which values" in gaps(*found.values())) == (path != expected)


def test_front_matter_may_name_method_path_and_server() -> None:
    front = "url: https://boats.example\nmethod: GET\nroute: /crew/{crewId}/boats\n"
    page = PAGE.replace("# List", f"---\nname: x\n{front}---\n\n# List")
    sent = "GET https://boats.example/v1/boats"
    page = page.replace(sent, f"**Example request**:\n\n```plain\n{sent}\n```")
    found = captured(page.replace("v1/boats", "crew/7/boats"))
    assert [*found] == ["GET /crew/{crewId}/boats"]
    assert found["GET /crew/{crewId}/boats"]["operation.json"]["server"] == "https://boats.example"
