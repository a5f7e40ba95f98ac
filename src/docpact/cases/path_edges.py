"""The paths that name nothing, and those whose values are odd."""

from __future__ import annotations

from typing import Final

from docpact.cases.labels import distinct
from docpact.cases.query_edges import UNKNOWN
from docpact.model import Case, Expectation, Expected, Operation, Question

STRANGE_UUID: Final = "d0c9ac70-0000-4000-8000-000000000000"
"""A UUID that nobody has given out."""

LONGEST_NAME: Final = 255
"""The longest text that common file systems and databases take for a name."""

ODD_NAMES: Final = (
    ("non-ASCII", "caf\u00e9 \u65e5\u672c \U0001f9fe"),
    ("reserved characters", "a&b=c#d%e+f?g;h:i"),
    (f"{LONGEST_NAME} characters", "a" * LONGEST_NAME),
)


def path_cases(operation: Operation) -> tuple[Case, ...]:
    """Return, for each path parameter, a value that names nothing, a UUID, and odd texts.

    A value that names nothing is expected to be refused; of the odd ones nothing is expected but
    that the server does not fail.

    Returns:
        cases with unique labels in printable ASCII, `parameter` set; none without such parameters.
    """
    return distinct(case for p in operation.path_parameters for case in _cases(p.name))


def _cases(name: str) -> tuple[Case, ...]:
    unknown = [
        Case(
            f"{name}={text} (unknown)",
            Question(path=((name, text),)),
            Expectation(Expected.REJECTED, name, "unknown"),
        )
        for text in (UNKNOWN[0], STRANGE_UUID)
    ]
    odd = [
        Case(
            f"{name}=<{note}>",
            Question(path=((name, text),)),
            Expectation(Expected.UNSPECIFIED, name),
        )
        for note, text in ODD_NAMES
    ]
    return (*unknown, *odd)
