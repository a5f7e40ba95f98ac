"""Servers whose bodies break the response schema: one keyword at one place each."""

from __future__ import annotations

from typing import Final

from servers.defects import in_bodies, setting
from servers.jobs import ABSENT
from servers.zoo import Broken

from docpact.model import Level

RARE: Final = 41
"""The only job with the defect: one in 237, or one in 60 with a result."""

LAST_PAGE: Final = 222
"""A job on the last page, even at the largest documented page size."""

RULE: Final = "/configuration/rules/*"

TYPE: Final = tuple(
    Broken(f"type: {name}", "response.type", location, defect)
    for name, location, defect in (
        ("top-level array", "", in_bodies(lambda body: body["items"])),
        ("top-level string", "", in_bodies(lambda _: "ok")),
        ("items an object", "/items", in_bodies(lambda body: body | {"items": {}})),
        ("items null", "/items", in_bodies(lambda body: body | {"items": None})),
        ("an item a string", "/items/*", in_bodies(lambda b: b | {"items": [*b["items"], "job"]})),
        (
            "next_page_token a number",
            "/next_page_token",
            in_bodies(lambda body: body | {"next_page_token": 2}),
        ),
        ("total_size text", "/total_size", in_bodies(lambda body: body | {"total_size": "237"})),
        ("one id null", "/items/*/id", setting("/id", None, LAST_PAGE)),
        ("one status a number", "/items/*/status", setting("/status", 7, LAST_PAGE)),
        ("configuration text", "/items/*/configuration", setting("/configuration", "cfg")),
        (
            "one configuration null",
            "/items/*/configuration",
            setting("/configuration", None, RARE),
        ),
        (
            "rules an object",
            "/items/*/configuration/rules",
            setting("/configuration/rules", {"invoice": "an invoice"}),
        ),
        (
            "one rule text",
            "/items/*/configuration/rules/*",
            setting("/configuration/rules", ["an invoice"], RARE),
        ),
        (
            "one description null",
            f"/items/*{RULE}/description",
            setting(f"{RULE}/description", None, RARE),
        ),
        ("type of a rule a number", f"/items/*{RULE}/type", setting(f"{RULE}/type", 3)),
        ("one mode false", "/items/*/configuration/mode", setting("/configuration/mode", False, 9)),
        (
            "one document_input_type null",
            "/items/*/document_input_type",
            setting("/document_input_type", None, RARE),
        ),
        ("project_id a number", "/items/*/project_id", setting("/project_id", 17)),
        ("user_id null", "/items/*/user_id", setting("/user_id", None)),
        ("created_at epoch seconds", "/items/*/created_at", setting("/created_at", 1735787045)),
        (
            "one error_message an object",
            "/items/*/error_message",
            setting("/error_message", {"code": 1}, RARE),
        ),
        ("one parse_job_id a list", "/items/*/parse_job_id", setting("/parse_job_id", [], RARE)),
        ("transaction_id a number", "/items/*/transaction_id", setting("/transaction_id", 1)),
        ("one result a list", "/items/*/result", setting("/result", [], RARE)),
        (
            "confidence text",
            "/items/*/result/confidence",
            setting("/result/confidence", "0.5"),
        ),
        (
            "one confidence true",
            "/items/*/result/confidence",
            setting("/result/confidence", True, RARE),
        ),
        (
            "one reasoning null",
            "/items/*/result/reasoning",
            setting("/result/reasoning", None, RARE),
        ),
        ("one type of a result false", "/items/*/result/type", setting("/result/type", False, 3)),
    )
)

REQUIRED: Final = (
    Broken(
        "required: items missing",
        "response.required",
        "/items",
        in_bodies(lambda body: {"jobs": body["items"]}),
        also=frozenset({"response.undocumented_field"}),
    ),
    *(
        Broken(
            f"required: {field} missing{'' if at is None else ' once'}",
            "response.required",
            f"/items/*{field}",
            setting(field, ABSENT, at),
        )
        for field, at in (
            ("/user_id", LAST_PAGE),
            ("/user_id", None),
            ("/id", LAST_PAGE),
            ("/status", RARE),
            ("/configuration", RARE),
            ("/document_input_type", RARE),
            ("/document_input_value", None),
            ("/project_id", RARE),
            ("/configuration/rules", None),
            (f"{RULE}/description", RARE),
            (f"{RULE}/type", RARE),
            ("/result/confidence", RARE),
            ("/result/reasoning", None),
            ("/result/type", RARE),
        )
    ),
)

VALUES: Final = tuple(
    Broken(
        f"{keyword}: {name}",
        f"response.{keyword}",
        f"/items/*{field}",
        setting(field, value, RARE),
    )
    for keyword, name, field, value in (
        ("enum", "CANCELLED once", "/status", "CANCELLED"),
        ("enum", "status in lower case once", "/status", "failed"),
        ("enum", "status empty once", "/status", ""),
        ("enum", "mode SLOW once", "/configuration/mode", "SLOW"),
        ("enum", "document_input_type text once", "/document_input_type", "text"),
        ("minLength", "description of 9 characters", f"{RULE}/description", "nine char"),
        ("minLength", "description of 9 code points", f"{RULE}/description", "🧾" * 9),
        ("minLength", "type of a rule empty", f"{RULE}/type", ""),
        ("maxLength", "description of 501 characters", f"{RULE}/description", "d" * 501),
        ("maxLength", "description of 501 code points", f"{RULE}/description", "書" * 501),
        ("maxLength", "type of 51 characters", f"{RULE}/type", "t" * 51),
        ("maximum", "confidence 1.5", "/result/confidence", 1.5),
        ("maximum", "confidence in percent", "/result/confidence", 88),
        ("maximum", "confidence just above 1", "/result/confidence", 1.0000001),
        ("minimum", "confidence -0.1", "/result/confidence", -0.1),
        ("minimum", "confidence -1 for unknown", "/result/confidence", -1),
        ("format", "a space between date and time", "/created_at", "2025-01-02 03:04:05"),
        ("format", "a word", "/created_at", "yesterday"),
        ("format", "no such day", "/created_at", "2025-02-30T00:00:00Z"),
        ("format", "no offset", "/created_at", "2025-01-02T03:04:05"),
        ("format", "no seconds", "/updated_at", "2025-01-02T03:04Z"),
        ("format", "hour 24", "/updated_at", "2025-01-02T24:00:00Z"),
        ("format", "a day alone", "/updated_at", "2025-01-02"),
        ("format", "an offset without a colon", "/updated_at", "2025-01-02T03:04:05+0100"),
        ("format", "empty text", "/updated_at", ""),
        ("format", "an RFC 5322 date", "/created_at", "Thu, 02 Jan 2025 03:04:05 GMT"),
        ("minItems", "no rules", "/configuration/rules", []),
    )
)

UNDOCUMENTED: Final = (
    Broken(
        "undocumented: at the root",
        "response.undocumented_field",
        "/has_more",
        in_bodies(lambda body: body | {"has_more": False}),
        Level.ADDITIVE,
    ),
    *(
        Broken(
            f"undocumented: {field}",
            "response.undocumented_field",
            f"/items/*{field}",
            setting(field, value, at),
            Level.ADDITIVE,
        )
        for field, value, at in (
            ("/usage", {"credits": 1.5}, None),
            ("/deleted_at", None, LAST_PAGE),
            ("/configuration/parsing_configuration", {"lang": "de"}, RARE),
            (f"{RULE}/weight", 1, RARE),
            ("/result/model", "fast-1", RARE),
        )
    ),
)

FIELDS: Final = (*TYPE, *REQUIRED, *VALUES, *UNDOCUMENTED)
