"""The words of recorders that name the parts of an exchange otherwise than VCR or HAR do."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from docpact.media_types import is_json
from docpact.model.pointer import mapping_of
from docpact.traffic.records import encode_body, read_headers

_LENGTH: Final = "content-length"  # of the bytes, not of the JSON that was read from them


def rename(document: Any) -> Any:
    """Return an interaction with the names of VCR, or with those of HAR if Charles recorded it."""
    if not isinstance(document, dict):
        return document
    if document.keys() == {"response"}:
        return _rename_responses(document)
    for names, translate in _TRANSLATIONS:
        if names <= document.keys():
            return translate(document)
    return document


def _rename_charles(stated: dict[str, Any]) -> Any:
    """Return an exchange of a session of Charles (.chlsj) as an entry of HAR."""
    request, response = mapping_of(stated.get("request")), stated.get("response")
    port = f":{stated['port']}" if stated.get("port") else ""
    query = f"?{stated['query']}" if stated.get("query") else ""
    scheme, host, path = (stated.get(name) or "" for name in ("scheme", "host", "path"))
    answer = mapping_of(response)
    return {
        "request": {
            "method": stated.get("method"),
            "url": f"{scheme}://{host}{port}{path}{query}" if scheme and host else None,
            "headers": _list_headers(request),
            "postData": _read_content(request),
        },
        "response": response
        and {
            "status": answer.get("status"),
            "headers": _list_headers(answer),
            "content": _read_content(answer),
            "_charlesStatus": stated.get("status"),
        },
        "startedDateTime": mapping_of(stated.get("times")).get("start"),
        "time": mapping_of(stated.get("durations")).get("total"),
    }


def _list_headers(message: Mapping[str, Any]) -> Any:
    return mapping_of(message.get("header")).get("headers")


def _read_content(message: Mapping[str, Any]) -> Any:
    body = mapping_of(message.get("body"))
    return {
        "mimeType": message.get("mimeType"),
        "size": mapping_of(message.get("sizes")).get("body"),
        "text": body.get("encoded", body.get("text")),
        "encoding": body.get("encoding"),
    }


def _rename_azure(stated: dict[str, Any]) -> Any:
    """Return an entry of the test proxy of the Azure SDKs."""
    sent, received = stated.get("RequestHeaders") or {}, stated.get("ResponseHeaders") or {}
    return {
        "request": {
            "method": stated["RequestMethod"],
            "uri": stated["RequestUri"],
            "headers": _leave_out_length(sent),
            "body": _read_embedded(sent, stated.get("RequestBody")),
        },
        "response": {
            "status": stated.get("StatusCode"),
            "headers": _leave_out_length(received),
            "body": _read_embedded(received, stated.get("ResponseBody")),
        },
    }


def _read_embedded(headers: Any, body: Any) -> bytes | None:
    """Return a body that is embedded as JSON, as a text or its lines, or in base64."""
    label = dict(read_headers(headers)).get("content-type", "")
    if is_json(label) and body is not None:
        return json.dumps(body).encode()
    if isinstance(body, list):
        body = "".join(body)
    if isinstance(body, str) and not label.lower().startswith("text/"):
        try:
            return b64decode(body, validate=True)
        except ValueError:  # a text all the same, such as XML or a form
            return encode_body(body)
    return encode_body(body)


def _rename_responses(stated: dict[str, Any]) -> Any:
    """Return what the recorder of `responses` for Python wrote."""
    found = mapping_of(stated["response"])
    headers = {**mapping_of(found.get("headers")), "Content-Type": found.get("content_type")}
    return {"request": found, "response": {**found, "headers": headers}}


def _rename_easy(document: dict[str, Any]) -> Any:
    """Return an interaction of EasyVCR for .NET."""
    found = _lower(document)
    for kind in ("request", "response"):
        stated = found.get(kind, {})
        stated["headers"] = {**stated.get("contentheaders", {}), **stated.get(f"{kind}headers", {})}
    return found


def _rename_nock(stated: dict[str, Any]) -> Any:
    """Return what the recorder of nock wrote; it writes coded and binary bodies in hexadecimal."""
    headers, body = stated.get("rawHeaders", stated.get("headers") or ()), stated.get("response")
    if isinstance(headers, list):
        headers = [*zip(headers[::2], headers[1::2], strict=True)]
    is_coded = any(name == "content-encoding" for name, _ in read_headers(headers))
    if stated.get("responseIsBinary") or (is_coded and isinstance(body, list)):
        body = b"".join(map(bytes.fromhex, body if isinstance(body, list) else [body]))
    elif not isinstance(body, str):
        body = json.dumps(body) if "response" in stated else ""
    origin, path, sent = stated["scope"], stated["path"], stated.get("body")
    request = {
        "method": stated["method"],
        "url": origin + path if isinstance(origin, str) and isinstance(path, str) else path,
        "body": sent if isinstance(sent, str | None) else json.dumps(sent),
        "headers": _leave_out_length(stated.get("reqheaders") or ()),
    }
    return {"request": request, "response": {**stated, "headers": headers, "body": body}}


def _rename_parsed(stated: dict[str, Any]) -> Any:
    """Return an interaction of a recorder that reads JSON bodies, such as that of Pydantic AI."""
    embedded = {
        name: {
            **each,
            "headers": _leave_out_length(each.get("headers") or (), "content-encoding"),
            "body": json.dumps(each["parsed_body"]).encode(),
        }
        for name in ("request", "response")
        if "parsed_body" in (each := mapping_of(stated[name]))
    }
    return {**stated, **embedded}


def _leave_out_length(headers: Any, *others: str) -> list[tuple[str, str]]:
    return [each for each in read_headers(headers) if each[0] not in (_LENGTH, *others)]


def _lower(value: Any) -> Any:
    return {n.lower(): _lower(v) for n, v in value.items()} if isinstance(value, dict) else value


_TRANSLATIONS: Final = (
    ({"scope", "path", "status"}, _rename_nock),
    ({"scheme", "host", "request"}, _rename_charles),
    ({"RequestMethod", "RequestUri"}, _rename_azure),
    ({"Request", "Response"}, _rename_easy),
    ({"request", "response"}, _rename_parsed),
)
"""Names that an interaction has → the function that translates it."""
