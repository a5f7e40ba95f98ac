"""The exceptions docpact raises on purpose; each names the problem, its place, and a remedy.

DocpactError
├── PageError        a documentation page that does not add up (line number)
├── ContractError    a contract that cannot be used (file, JSON Pointer)
├── UsageError       an option or argument that cannot be used
├── MissingExtra     an optional part that is not installed (names the extra)
└── Inconclusive     a target that gives no ground for a verdict

InternalError        a defect of docpact itself
"""

from __future__ import annotations

from dataclasses import dataclass


class DocpactError(Exception):
    """Any error that docpact raises on purpose; `str()` of it is one clear line."""


@dataclass(unsafe_hash=True)
class PageError(DocpactError):
    """A documentation page that does not add up.

    Attributes:
        line: 1-based number of the line at which it was noticed.
        problem: the problem there, and the expected value.
    """

    line: int
    problem: str

    def __str__(self) -> str:
        """Return the place and the problem."""
        return f"line {self.line}: {self.problem}"


@dataclass(unsafe_hash=True)
class ContractError(DocpactError):
    """A contract that cannot be used.

    Attributes:
        where: the file, with a JSON Pointer after `#` where one is known.
        problem: the problem there, and a remedy.
    """

    where: str
    problem: str

    def __str__(self) -> str:
        """Return the place and the problem."""
        return f"{self.where}: {self.problem}"


class UsageError(DocpactError):
    """An option or argument that cannot be used."""


@dataclass(unsafe_hash=True)
class MissingExtra(DocpactError):
    """An optional part whose library is not installed.

    Attributes:
        feature: the requested name.
        extra: the extra of the docpact distribution that brings it.
        package: another package that the feature needs; empty if there is none.
    """

    feature: str
    extra: str
    package: str = ""

    def __str__(self) -> str:
        """Name the missing package and the command that installs it."""
        needed = f"'docpact[{self.extra}]' {self.package}".strip()
        return f"{self.feature} needs an optional library: pip install {needed}"


class Inconclusive(DocpactError):
    """A target that gives no ground for a verdict: unreachable, or refusing the credential."""


class InternalError(Exception):
    """A defect of docpact itself: never the caller's mistake, and never a verdict."""

    def __str__(self) -> str:
        """Return the problem and a request to report it."""
        return f"internal error: {super().__str__()}. This is a defect of docpact: please report it"
