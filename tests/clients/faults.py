"""Small faults, put one at a time into a careful client, and the rule that finds each."""

from __future__ import annotations

import html
import time
import unicodedata
from base64 import b64encode
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice

import httpx
from clients.fault_kinds import (
    Fault,
    again_from_start,
    broken_after_error,
    broken_after_timeout,
    cached,
    caused,
    circling,
    detail_of,
    detail_of_objects,
    drop_filters,
    empty,
    float32,
    going_on,
    lenient,
    limited,
    not_found_is_end,
    noted,
    on_fields,
    on_moment,
    on_page_two,
    on_pairs,
    on_result,
    on_rules,
    on_status,
    on_texts,
    on_value,
    only_on_page_two,
    raising,
    recalled,
    remembered,
    report_elsewhere,
    retry_differently,
    shuffled,
    swallow,
    wait_long,
    without_key,
)
from clients.plain import ApiError

STATES = ("PENDING", "RUNNING", "COMPLETED", "FAILED")

FAULTS: list[Fault] = [
    Fault("a path in upper case", "client.request", "path", lambda *_: "/api/v2/Classify"),
    Fault("another version", "client.request", "path", lambda *_: "/api/v1/classify"),
    Fault(
        "a double slash",
        "client.request",
        "url",
        lambda c, original, pairs: original(pairs).replace("/api", "//api"),
    ),
    Fault(
        "no path of the base URL",
        "client.base_path",
        "url",
        lambda c, original, pairs: original(pairs).replace("/gateway/v9", ""),
    ),
    Fault(
        "another path on page two",
        "client.request",
        "url",
        lambda c, original, pairs: original(pairs).replace(
            "/classify", "/classify/next" if "page_token" in dict(pairs) else "/classify"
        ),
    ),
    Fault(
        "POST on page two",
        "client.request",
        "ask",
        only_on_page_two(lambda c, o, pairs: c.http.post(c.url(pairs), headers=c.headers())),
    ),
    Fault(
        "a filter is dropped",
        "client.query",
        "url",
        on_pairs(lambda pairs: [p for p in pairs if p[0] != "project_id"]),
    ),
    Fault(
        "the caller's own page is dropped",
        "client.query",
        "pairs",
        lambda c, o, query: o({**query, "page_token": None}),
    ),
    Fault("only the first value", "client.query", "several", on_value("job_ids", lambda v: v[:1])),
    Fault(
        "no values are one empty value", "client.query", "several", lambda *a: a[1](*a[2:]) or [""]
    ),
    Fault("sorted values", "client.query", "several", on_value("job_ids", sorted)),
    Fault(
        "distinct values",
        "client.query",
        "several",
        on_value("job_ids", lambda v: list(dict.fromkeys(v))),
    ),
    Fault("values in reverse", "client.query", "several", on_value("job_ids", lambda v: v[::-1])),
    Fault("fifty values at most", "client.query", "several", on_value("job_ids", lambda v: v[:50])),
    Fault(
        "blank values of an array are lost",
        "client.query",
        "several",
        on_value("job_ids", lambda found: [each for each in found if each.strip()]),
    ),
    Fault("values are stripped", "client.query", "text", lambda c, o, v: o(v).strip()),
    Fault(
        "spaces of values are joined",
        "client.query",
        "text",
        lambda c, o, v: o(v).replace("  ", " "),
    ),
    Fault(
        "empty texts are left out",
        "client.query",
        "url",
        on_pairs(lambda pairs: [pair for pair in pairs if pair[1]]),
    ),
    Fault("values are shortened", "client.query", "text", lambda c, o, v: o(v)[:100]),
    Fault(
        "values are normalized",
        "client.query",
        "text",
        lambda c, o, v: unicodedata.normalize("NFKC", o(v)),
    ),
    Fault("values are escaped twice", "client.query", "escaped", lambda c, o, v: o(o(v))),
    Fault(
        "a space is a plus that is escaped",
        "client.query",
        "text",
        lambda c, o, v: o(v).replace(" ", "+"),
    ),
    Fault(
        "a float as page size",
        "client.query",
        "several",
        on_value("page_size", lambda v: [float(v[0])]),
    ),
    Fault(
        "one more per page", "client.query", "several", on_value("page_size", lambda v: [v[0] + 1])
    ),
    Fault(
        "the page size by another name",
        "client.undocumented",
        "url",
        on_pairs(lambda pairs: [("limit" if n == "page_size" else n, v) for n, v in pairs]),
    ),
    Fault(
        "brackets behind the name of an array",
        "client.undocumented",
        "url",
        on_pairs(lambda pairs: [("job_ids[]" if n == "job_ids" else n, v) for n, v in pairs]),
    ),
    Fault(
        "None as text",
        "client.absent",
        "pairs",
        lambda c, o, query: o({k: "None" if v is None else v for k, v in query.items()}),
    ),
    Fault(
        "null as text",
        "client.absent",
        "pairs",
        lambda c, o, query: o({k: "null" if v is None else v for k, v in query.items()}),
    ),
    Fault(
        "a page size that nobody asked for",
        "client.unasked",
        "url",
        on_pairs(
            lambda pairs: pairs if "page_size" in dict(pairs) else [*pairs, ("page_size", "50")]
        ),
    ),
    Fault(
        "an empty token on the first page",
        "client.unasked",
        "url",
        on_pairs(
            lambda pairs: pairs if "page_token" in dict(pairs) else [*pairs, ("page_token", "")]
        ),
    ),
    Fault(
        "a status that nobody asked for",
        "client.unasked",
        "url",
        on_pairs(
            lambda pairs: pairs if "status" in dict(pairs) else [*pairs, ("status", "COMPLETED")]
        ),
    ),
    Fault(
        "a time stamp against caches",
        "client.undocumented",
        "url",
        on_pairs(lambda pairs: [*pairs, ("_", "1")]),
    ),
    Fault(
        "an undocumented parameter on page two",
        "client.undocumented",
        "following",
        on_page_two(lambda pairs: [*pairs, ("page", "2")]),
    ),
    Fault(
        "the query of the caller is changed",
        "client.arguments",
        "pairs",
        lambda c, o, query: (query.pop("page_size", None), o(query))[1],
    ),
    Fault("no scheme", "client.credential", "headers", lambda c, o: {"Authorization": c.key}),
    Fault(
        "another scheme",
        "client.credential",
        "headers",
        lambda c, o: {"Authorization": f"Token {c.key}"},
    ),
    Fault("no key", "client.credential", "headers", lambda c, o: {}),
    Fault(
        "a key of 40 characters at most",
        "client.credential",
        "headers",
        lambda c, o: {"Authorization": f"Bearer {c.key[:40]}"},
    ),
    Fault(
        "only letters, digits and hyphens of a key",
        "client.credential",
        "headers",
        lambda c, o: {"Authorization": o()["Authorization"].replace("_", "").replace(".", "")},
    ),
    Fault("no key on page two", "client.credential", "ask", only_on_page_two(without_key)),
    Fault(
        "no key on a retry",
        "client.credential",
        "wait",
        retry_differently(lambda c: setattr(c, "key", "none")),
    ),
    Fault(
        "the key in two headers",
        "client.credential",
        "headers",
        lambda c, o: {**o(), "X-Api-Key": c.key},
    ),
    Fault(
        "the key in the name of the client",
        "client.credential",
        "headers",
        lambda c, o: {**o(), "User-Agent": f"jobs ({c.key})"},
    ),
    Fault(
        "the key in Base64 in another header",
        "client.credential",
        "headers",
        lambda c, o: {**o(), "X-Trace": b64encode(f"trace {c.key}".encode()).decode()},
    ),
    Fault(
        "accepts XML alone",
        "client.request",
        "headers",
        lambda c, o: {**o(), "Accept": "application/xml, application/json;q=0"},
    ),
    Fault(
        "the key in a cookie",
        "client.credential",
        "headers",
        lambda c, o: {**o(), "Cookie": f"key={c.key}"},
    ),
    Fault(
        "the key in an error",
        "client.secrecy",
        "refuse",
        lambda c, o, r: raising(ApiError(f"{r.status_code} for {c.headers()}", r.status_code))(),
    ),
    Fault("the key in a note of an error", "client.secrecy", "refuse", noted),
    Fault("the key in the cause of an error", "client.secrecy", "refuse", caused),
    Fault(
        "follows redirects with the key",
        "client.redirect",
        "refuse",
        lambda c, o, r: (
            c.http.get(r.headers["Location"], headers=c.headers())
            if "Location" in r.headers
            else o(r)
        ),
    ),
    Fault("another host", "client.elsewhere", "path", report_elsewhere),
    Fault(
        "times in seconds",
        "client.fidelity",
        "moment",
        on_moment(lambda t: t.replace(microsecond=0)),
    ),
    Fault(
        "times in milliseconds",
        "client.fidelity",
        "moment",
        on_moment(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)),
    ),
    Fault(
        "UTC whatever the offset",
        "client.fidelity",
        "moment",
        on_moment(lambda t: t.replace(tzinfo=UTC)),
    ),
    Fault(
        "times an hour late",
        "client.fidelity",
        "moment",
        on_moment(lambda t: t + timedelta(hours=1)),
    ),
    Fault(
        "times without an offset",
        "client.fidelity",
        "moment",
        on_moment(lambda t: t.astimezone(UTC).replace(tzinfo=None)),
    ),
    Fault(
        "local times as UTC",
        "client.fidelity",
        "moment",
        on_moment(lambda t: t.astimezone().replace(tzinfo=UTC)),
    ),
    Fault("days alone", "client.fidelity", "moment", on_moment(lambda t: t.date())),
    Fault("times as numbers", "client.fidelity", "moment", on_moment(lambda t: t.timestamp())),
    Fault("no result", "client.fidelity", "field", on_fields(lambda _: None, "result")),
    Fault(
        "no configuration", "client.fidelity", "field", on_fields(lambda _: None, "configuration")
    ),
    Fault("an empty result", "client.fidelity", "field", on_fields(lambda _: {}, "result")),
    Fault("single precision", "client.fidelity", "field", on_result(confidence=float32)),
    Fault("six digits", "client.fidelity", "field", on_result(confidence=lambda v: round(v, 6))),
    Fault("a number as text", "client.fidelity", "field", on_result(confidence=str)),
    Fault("zero is nothing", "client.fidelity", "field", on_result(confidence=lambda v: v or None)),
    Fault("no type of a result", "client.fidelity", "field", on_result(type=lambda _: None)),
    Fault(
        "texts of the result are swapped",
        "client.fidelity",
        "item",
        lambda c, o, item: o(
            {**item, "user_id": item["project_id"], "project_id": item["user_id"]}
        ),
    ),
    Fault(
        "a field is lost",
        "client.fidelity",
        "item",
        lambda c, o, item: o({k: v for k, v in item.items() if k != "transaction_id"}),
    ),
    Fault("texts are stripped", "client.fidelity", "item", on_texts(str.strip)),
    Fault("texts in lower case", "client.fidelity", "item", on_texts(str.lower)),
    Fault("enum values in lower case", "client.fidelity", "field", on_fields(str.lower, "status")),
    Fault("texts of 255 characters", "client.fidelity", "item", on_texts(lambda t: t[:255])),
    Fault("texts of 4000 characters", "client.fidelity", "item", on_texts(lambda t: t[:4000])),
    Fault(
        "texts are normalized",
        "client.fidelity",
        "item",
        on_texts(lambda t: unicodedata.normalize("NFC", t)),
    ),
    Fault(
        "compatible characters",
        "client.fidelity",
        "item",
        on_texts(lambda t: unicodedata.normalize("NFKC", t)),
    ),
    Fault("spaces are joined", "client.fidelity", "item", on_texts(lambda t: t.replace("  ", " "))),
    Fault(
        "straight quotes",
        "client.fidelity",
        "item",
        on_texts(lambda t: t.replace("\u2019", "'")),
    ),
    Fault("odd spaces", "client.fidelity", "item", on_texts(lambda t: t.replace("\xa0", " "))),
    Fault("entities of HTML are decoded", "client.fidelity", "item", on_texts(html.unescape)),
    Fault(
        "line ends are changed",
        "client.fidelity",
        "item",
        on_texts(lambda t: t.replace("\r\n", "\n")),
    ),
    Fault(
        "no characters beyond the basic plane",
        "client.fidelity",
        "item",
        on_texts(lambda t: "".join(c for c in t if ord(c) < 0x10000)),
    ),
    Fault(
        "ASCII only",
        "client.fidelity",
        "item",
        on_texts(lambda t: t.encode("ascii", "replace").decode()),
    ),
    Fault(
        "empty texts are null",
        "client.fidelity",
        "field",
        on_fields(lambda t: t or None, "error_message", "transaction_id"),
    ),
    Fault(
        "the text null is null",
        "client.fidelity",
        "item",
        on_texts(lambda t: None if t == "null" else t),
    ),
    Fault(
        "digits are numbers",
        "client.fidelity",
        "item",
        on_texts(lambda t: int(t) if t.isdigit() else t),
    ),
    Fault(
        "a null text is empty",
        "client.fidelity",
        "item",
        lambda c, o, item: o({**item, "error_message": item.get("error_message") or ""}),
    ),
    Fault("ten rules at most", "client.fidelity", "field", on_rules(lambda r: r[:10])),
    Fault("rules in reverse", "client.fidelity", "field", on_rules(lambda r: r[::-1])),
    Fault(
        "sorted rules",
        "client.fidelity",
        "field",
        on_rules(lambda r: sorted(r, key=lambda each: each["type"])),
    ),
    Fault(
        "distinct rules",
        "client.fidelity",
        "field",
        on_rules(lambda r: [each for n, each in enumerate(r) if each not in r[:n]]),
    ),
    Fault(
        "composed accents in descriptions",
        "client.fidelity",
        "field",
        on_rules(
            lambda r: [
                {**each, "description": unicodedata.normalize("NFC", each["description"])}
                for each in r
            ]
        ),
    ),
    Fault("no rules", "client.fidelity", "field", on_rules(lambda _: [])),
    Fault(
        "a made-up state",
        "client.fidelity",
        "item",
        lambda c, o, item: o(
            {
                **item,
                "result": item.get("result")
                or {"confidence": 0.0, "reasoning": "", "type": "other"},
            }
        ),
    ),
    Fault(
        "items by their id in lower case",
        "client.fidelity",
        "listed",
        lambda c, o, page: [*{item["id"].lower(): item for item in o(page)}.values()],
    ),
    Fault("two pages at most", "client.walk", "onward", limited(2)),
    Fault("three pages at most", "client.walk", "onward", limited(3)),
    Fault("eight pages at most", "client.walk", "onward", limited(8)),
    Fault("a hundred pages at most", "client.walk", "onward", limited(100)),
    Fault(
        "a thousand items at most",
        "client.walk",
        "walk",
        lambda c, o, query: islice(o(query), 1000),
    ),
    Fault(
        "a total ends a walk",
        "client.walk",
        "onward",
        lambda c, o, page: None if page.get("total_size") == len(page["items"]) else o(page),
    ),
    Fault(
        "a total of 0 ends a walk",
        "client.walk",
        "onward",
        lambda c, o, page: None if page.get("total_size") == 0 else o(page),
    ),
    Fault(
        "a hundred items per page at most", "client.walk", "listed", lambda c, o, page: o(page)[:99]
    ),
    Fault(
        "stops at a short page",
        "client.walk",
        "onward",
        lambda c, o, page: o(page) if len(page["items"]) >= 3 else None,
    ),
    Fault(
        "drops the first item of later pages",
        "client.walk",
        "listed",
        lambda c, o, page: o(page) if page.get("next_page_token") else o(page)[1:],
    ),
    Fault(
        "sorted items",
        "client.walk",
        "listed",
        lambda c, o, page: sorted(o(page), key=lambda item: item["id"], reverse=True),
    ),
    Fault("items in another order", "client.walk", "listed", lambda c, o, page: shuffled(o(page))),
    Fault(
        "one item of each user",
        "client.walk",
        "listed",
        lambda c, o, page: list({item["user_id"][:1]: item for item in o(page)}.values()),
    ),
    Fault(
        "only completed items",
        "client.walk",
        "listed",
        lambda c, o, page: [item for item in o(page) if item["status"] == "COMPLETED"],
    ),
    Fault(
        "fails at an empty list",
        "client.walk",
        "listed",
        lambda c, o, page: [o(page)[0], *o(page)[1:]],
    ),
    Fault(
        "needs a token in every page",
        "client.walk",
        "onward",
        lambda c, o, page: page["next_page_token"] or None,
    ),
    Fault(
        "needs a total in every page",
        "client.walk",
        "onward",
        lambda c, o, page: (page["total_size"], o(page))[1],
    ),
    Fault(
        "a token in lower case",
        "client.onward",
        "onward",
        lambda c, o, page: (o(page) or "").lower() or None,
    ),
    Fault(
        "a token as number",
        "client.onward",
        "onward",
        lambda c, o, page: str(int(o(page))) if (o(page) or "").isdigit() else o(page),
    ),
    Fault(
        "a token is stripped of =",
        "client.onward",
        "onward",
        lambda c, o, page: (o(page) or "").replace("=", "") or None,
    ),
    Fault(
        "a token is stripped of = at both ends",
        "client.onward",
        "onward",
        lambda c, o, page: (o(page) or "").strip("=") or None,
    ),
    Fault(
        "spaces around a token are lost",
        "client.onward",
        "onward",
        lambda c, o, page: (o(page) or "").strip() or None,
    ),
    Fault(
        "the token 0 is the end",
        "client.walk",
        "onward",
        lambda c, o, page: None if o(page) == "0" else o(page),
    ),
    Fault(
        "a token of 1000 characters",
        "client.onward",
        "onward",
        lambda c, o, page: (o(page) or "")[:1000] or None,
    ),
    Fault(
        "a token by another name",
        "client.onward",
        "following",
        on_page_two(lambda pairs: [("cursor" if n == "page_token" else n, v) for n, v in pairs]),
    ),
    Fault(
        "the token null is the end",
        "client.walk",
        "onward",
        lambda c, o, page: None if o(page) == "null" else o(page),
    ),
    Fault(
        "no page size on page two",
        "client.onward",
        "following",
        on_page_two(lambda pairs: [p for p in pairs if p[0] != "page_size"]),
    ),
    Fault(
        "no filter on page two",
        "client.onward",
        "following",
        on_page_two(lambda pairs: [p for p in pairs if p[0] != "project_id"]),
    ),
    Fault(
        "another page size on page two",
        "client.query",
        "following",
        on_page_two(lambda pairs: [(n, "100" if n == "page_size" else v) for n, v in pairs]),
    ),
    Fault("every page twice", "client.onward", "ask", lambda c, o, pairs: (o(pairs), o(pairs))[1]),
    Fault(
        "ignores the token of the caller",
        "client.onward",
        "pairs",
        lambda c, o, query: o({k: v for k, v in query.items() if k != "page_token"}),
    ),
    Fault(
        "circles through two tokens",
        "client.repeated_token",
        "walk",
        lambda c, o, query: circling(c, query),
        20.0,
    ),
    Fault("500 is an empty list", "client.status", "refuse", on_status(500, then=empty)),
    Fault("404 is an empty list", "client.status", "refuse", on_status(404, then=empty)),
    Fault("429 is an empty list", "client.status", "refuse", on_status(429, then=empty)),
    Fault("599 is an empty list", "client.status", "refuse", on_status(599, then=empty)),
    Fault(
        "403 is a foreign error",
        "client.status",
        "refuse",
        on_status(403, then=raising(ValueError("403"))),
    ),
    Fault(
        "the wrong status",
        "client.status",
        "refuse",
        lambda c, o, r: raising(ApiError("the API refuses", 400))(),
    ),
    Fault("any error on page two ends the list", "client.status", "ask", only_on_page_two(swallow)),
    Fault(
        "404 on page two ends the list",
        "client.status",
        "ask",
        only_on_page_two(lambda c, o, pairs: not_found_is_end(o, pairs)),
    ),
    Fault("401 is retried", "client.refused_once", "is_worth_retrying", lambda c, o, r: True),
    Fault("no wait", "client.retry_after", "wait", lambda c, o, r: None),
    Fault("half a wait", "client.retry_after", "seconds", lambda c, o, text: o(text) / 2),
    Fault("seconds only", "client.recovers", "seconds", lambda c, o, text: float(text)),
    Fault(
        "a wait that is over is negative",
        "client.recovers",
        "seconds",
        lambda c, o, text: (
            o(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
        ),
    ),
    Fault(
        "every 429 has a wait",
        "client.error_body",
        "wait",
        lambda c, o, r: o(r) if r.status_code != 429 or r.headers["Retry-After"] else None,
    ),
    Fault(
        "dates are not waited for",
        "client.retry_after",
        "seconds",
        lambda c, o, text: float(text) if text.isdigit() else 0.0,
    ),
    Fault(
        "the first page again after a retry",
        "client.recovers",
        "ask",
        only_on_page_two(again_from_start),
    ),
    Fault("no filters on a retry", "client.query", "wait", retry_differently(drop_filters)),
    Fault(
        "an empty page after a retry",
        "client.recovers",
        "wait",
        retry_differently(lambda c: setattr(c, "listed", lambda page: [])),
    ),
    Fault("reads the detail of every error", "client.error_body", "refuse", detail_of),
    Fault("reads the detail of every object", "client.error_body", "refuse", detail_of_objects),
    Fault(
        "waits without end",
        "client.timeout",
        "failed",
        wait_long,
        2.0,
    ),
    Fault("no response is an empty list", "client.timeout", "failed", lambda c, o, e: empty()),
    Fault(
        "a timeout of the HTTP library", "client.timeout", "failed", lambda c, o, e: raising(e)()
    ),
    Fault(
        "a cut is an empty list",
        "client.cut",
        "failed",
        lambda c, o, e: o(e) if isinstance(e, httpx.TimeoutException) else empty(),
    ),
    Fault("a cut on page two is the end", "client.cut", "ask", only_on_page_two(swallow)),
    Fault(
        "a refused connection is a foreign error",
        "client.cut",
        "failed",
        lambda c, o, e: raising(e)() if isinstance(e, httpx.ConnectError) else o(e),
    ),
    Fault(
        "a body that is no gzip is a foreign error",
        "client.body",
        "failed",
        lambda c, o, e: raising(e)() if isinstance(e, httpx.DecodingError) else o(e),
    ),
    Fault("bad JSON is an empty list", "client.body", "garbled", lambda c, o, e: {"items": []}),
    Fault("bad JSON is a foreign error", "client.body", "garbled", lambda c, o, e: raising(e)()),
    Fault(
        "bad bytes are replaced",
        "client.body",
        "decoded",
        lambda c, o, r: r.content.decode("utf-8", "replace"),
    ),
    Fault("202 is a page", "client.body", "refuse", on_status(202, then=empty)),
    Fault("304 is an empty list", "client.body", "refuse", on_status(304, then=empty)),
    Fault("no check of the items", "client.mistyped", "mistyped", lenient("items")),
    Fault("no check of the state", "client.mistyped", "mistyped", lenient("status")),
    Fault("no check of a nested field", "client.mistyped", "mistyped", lenient("confidence")),
    Fault("no check of the token", "client.mistyped", "mistyped", lenient("7 is not of type")),
    Fault("no check of null", "client.mistyped", "mistyped", lenient("None is not of type")),
    Fault(
        "an unknown state hides its item",
        "client.unknown_value",
        "listed",
        lambda c, o, page: [item for item in o(page) if item["status"] in STATES],
    ),
    Fault(
        "an unknown state is another one",
        "client.unknown_value",
        "field",
        on_fields(lambda v: v if v in STATES else "FAILED", "status"),
    ),
    Fault(
        "an unknown mode is an error",
        "client.unknown_value",
        "field",
        lambda c, o, name, v: (
            o(name, v)
            if name != "configuration" or v.get("mode") in (None, "FAST")
            else raising(KeyError(v["mode"]))()
        ),
    ),
    Fault(
        "numbers are clamped",
        "client.out_of_bounds",
        "field",
        on_result(confidence=lambda v: min(max(v, 0), 1)),
    ),
    Fault(
        "a number beyond its bounds is a foreign error",
        "client.out_of_bounds",
        "field",
        on_result(confidence=lambda v: v if 0 <= v <= 1 else raising(ValueError(v))()),
    ),
    Fault(
        "the first of no rules is a foreign error",
        "client.out_of_bounds",
        "field",
        on_rules(lambda r: r or [r[0]]),
    ),
    Fault(
        "a text that is not a date is nothing",
        "client.out_of_bounds",
        "moment",
        lambda c, o, text: None if o(text) == text else o(text),
    ),
    Fault(
        "no gzip",
        "client.form",
        "decoded",
        lambda c, o, r: raising(ValueError())() if "content-encoding" in r.headers else o(r),
    ),
    Fault(
        "one media type",
        "client.form",
        "page",
        lambda c, o, r: (
            o(r)
            if r.headers["content-type"] == "application/json"
            else raising(ApiError("no JSON"))()
        ),
    ),
    Fault(
        "one spelling of Content-Type",
        "client.form",
        "page",
        lambda c, o, r: (
            o(r) if b"Content-Type" in dict(r.headers.raw) else raising(ApiError("no type"))()
        ),
    ),
    Fault(
        "escapes are kept",
        "client.fidelity",
        "decoded",
        lambda c, o, r: o(r).replace("\\u", "\\\\u"),
    ),
    Fault("a cache", "client.again", "ask", cached),
    Fault("tokens of an earlier call are repeated ones", "client.again", "onward", recalled),
    Fault("a call goes on where an earlier one failed", "client.again", "onward", going_on),
    Fault("filters of an earlier call", "client.unasked", "url", remembered),
    Fault("a client that ends with an error", "client.again", "refuse", broken_after_error),
    Fault("a client that ends with a timeout", "client.again", "failed", broken_after_timeout),
    Fault("a client that ends with a cut", "client.again", "failed", broken_after_error),
    Fault("a client that ends with bad JSON", "client.again", "garbled", broken_after_error),
    Fault(
        "an unknown field is an error",
        "client.undocumented_field",
        "item",
        lambda c, o, item: raising(TypeError())() if "docpact_undocumented" in item else o(item),
    ),
    Fault(
        "a header is an error",
        "client.undocumented_header",
        "page",
        lambda c, o, r: raising(TypeError())() if "x-docpact" in r.headers else o(r),
    ),
]
