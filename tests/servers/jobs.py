"""Sample jobs: an account in which every optional field is absent, null and present."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, Final, TypeAlias, TypeVar

Job: TypeAlias = dict[str, Any]
Value = TypeVar("Value")

ORGANIZATION: Final = "org-7c1e"
PROJECTS: Final = ("prj-alpha", "prj-beta", "prj-gamma")
CONFIGURATIONS: Final = ("cfg-invoices", "cfg-letters", "cfg-märz")
STATUSES: Final = ("PENDING", "RUNNING", "COMPLETED", "FAILED")
INPUT_TYPES: Final = ("url", "file_id", "parse_job_id")
DESCRIPTIONS: Final = (
    "an invoice!",
    "0123456789",
    "names a sum, a date and a party that owes it",
    "請求書の番号と合計金額を含む文書",
    "🧾" * 500,
    "signed " * 71 + "ab.",
)
TYPES: Final = ("invoice", "x", "契約書", "letter", "t" * 50, "🧾" * 50)
CONFIDENCES: Final = (0, 1, 0.5, 0.875, 1e-3, 1.0)
FIRST_DAY: Final = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

ABSENT: Final = object()
"""Stands for a field that is not there."""


REQUIRED: Final = (
    "id",
    "configuration",
    "document_input_type",
    "document_input_value",
    "project_id",
    "status",
    "user_id",
)
"""The fields that every job has."""

OPTIONAL: Final = (
    "configuration_id",
    "created_at",
    "error_message",
    "parse_job_id",
    "result",
    "transaction_id",
    "updated_at",
)
"""The fields that may be absent or null."""


@cache
def make_jobs(count: int = 237) -> tuple[Job, ...]:
    """Return that many jobs, newest first, the same ones every time: copy before you change one."""
    return tuple(make_job(number) for number in reversed(range(count)))


def make_job(number: int) -> Job:
    """Return the job with that number: what its status says agrees with its other fields."""
    random = Random(number)
    status = STATUSES[number * 7 % 11 % 4]
    created = FIRST_DAY + timedelta(minutes=37 * number)
    job = {
        "id": f"cls-{number:05d}-{random.randbytes(4).hex()}",
        "configuration": _configuration(random),
        "document_input_type": random.choice(INPUT_TYPES),
        "document_input_value": f"input-{number}",
        "project_id": random.choice(PROJECTS),
        "status": status,
        "user_id": f"usr-{number % 5}",
        "configuration_id": _optional(random, random.choice(CONFIGURATIONS)),
        "created_at": _optional(random, _text(created)),
        "error_message": "the file is empty" if status == "FAILED" else _nothing(random),
        "parse_job_id": _optional(random, f"prs-{number:05d}"),
        "result": _result(random) if status == "COMPLETED" else _nothing(random),
        "transaction_id": _optional(random, f"txn-{number:05d}"),
        "updated_at": _optional(random, _text(created + timedelta(seconds=number))),
    }
    return {name: value for name, value in job.items() if value is not ABSENT}


def _configuration(random: Random) -> dict[str, Any]:
    rules = [
        {"description": random.choice(DESCRIPTIONS), "type": random.choice(TYPES)}
        for _ in range(random.choice((1, 1, 2, 3)))
    ]
    mode = _optional(random, "FAST")
    return {"rules": rules} | ({} if mode is ABSENT else {"mode": mode})


def _result(random: Random) -> dict[str, Any]:
    return {
        "confidence": random.choice(CONFIDENCES),
        "reasoning": random.choice(("", "it names a sum", "理由")),
        "type": random.choice(TYPES),
    }


def _optional(random: Random, value: object) -> object:
    return _one_of(random, (ABSENT, None, value, value, value))


def _nothing(random: Random) -> object:
    return _one_of(random, (ABSENT, None))


def _one_of(random: Random, values: Sequence[Value]) -> Value:
    return values[random.randrange(len(values))]


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
