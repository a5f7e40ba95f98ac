"""Pages and queries of list_classify_jobs as strategies that a person would write for a test.

Plain Hypothesis, as in its documentation: `fixed_dictionaries` for objects, `none() |` for nullable
values, documented bounds. Values at a bound are not drawn more often than others. Arrays have as
many items as docpact draws, because a longer page takes longer to draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Query: TypeAlias = list[tuple[str, str]]

STATUS: Final = st.sampled_from(["PENDING", "RUNNING", "COMPLETED", "FAILED"])
TEXT: Final = st.text()
NULL_OR_TEXT: Final = st.none() | TEXT

MOMENTS: Final = st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))
NULL_OR_MOMENT: Final = st.none() | MOMENTS.map(datetime.isoformat)

RULES: Final = st.fixed_dictionaries(
    {
        "description": st.text(min_size=10, max_size=500),
        "type": st.text(min_size=1, max_size=50),
    }
)

CONFIGURATIONS: Final = st.fixed_dictionaries(
    {"rules": st.lists(RULES, min_size=1, max_size=4)},
    optional={"mode": st.sampled_from(["FAST", None])},
)

RESULTS: Final = st.fixed_dictionaries(
    {"confidence": st.floats(0, 1), "reasoning": TEXT, "type": NULL_OR_TEXT}
)

JOBS: Final = st.fixed_dictionaries(
    {
        "id": TEXT,
        "configuration": CONFIGURATIONS,
        "document_input_type": st.sampled_from(["url", "file_id", "parse_job_id"]),
        "document_input_value": TEXT,
        "project_id": TEXT,
        "status": STATUS,
        "user_id": TEXT,
    },
    optional={
        "configuration_id": NULL_OR_TEXT,
        "created_at": NULL_OR_MOMENT,
        "error_message": NULL_OR_TEXT,
        "parse_job_id": NULL_OR_TEXT,
        "result": st.none() | RESULTS,
        "transaction_id": NULL_OR_TEXT,
        "updated_at": NULL_OR_MOMENT,
    },
)

NUMBERS: Final = st.integers() | st.floats(allow_nan=False, allow_infinity=False)

PAGES: Final[SearchStrategy[dict[str, Any]]] = st.fixed_dictionaries(
    {"items": st.lists(JOBS, max_size=3)},
    optional={"next_page_token": NULL_OR_TEXT, "total_size": st.none() | NUMBERS},
)

PARAMETERS: Final = st.fixed_dictionaries(
    {},
    optional={
        "configuration_id": TEXT,
        "job_ids": st.lists(TEXT, min_size=1, max_size=4),
        "organization_id": TEXT,
        "page_size": st.integers(1, 100),
        "project_id": TEXT,
        "status": STATUS,
    },
)


def pairs(parameters: Mapping[str, Any]) -> Query:
    """Return parameters as names and values; those of an array repeat the name."""
    return [
        (name, str(each))
        for name, value in parameters.items()
        for each in (value if isinstance(value, list) else [value])
    ]


QUERIES: Final[SearchStrategy[Query]] = PARAMETERS.map(pairs)
