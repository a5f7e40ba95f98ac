"""The options of a run: one table for the command line, for pytest and for the configuration file.

Every pytest run of an environment with docpact in it imports this module, and so does the help of
every command, so it imports almost nothing.
"""

from __future__ import annotations

import argparse
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any, Final

MOCK: Final = "mock"
"""The name of the built-in target."""


def to_path(text: str) -> Path:
    """Return the path of a file or folder.

    Raises:
        UsageError: the text is empty.
    """
    from pathlib import Path

    if not text:
        from docpact.errors import UsageError

        raise UsageError("the name of a file or folder is empty")
    return Path(text)


def to_whole(text: str) -> int:
    """Return a whole number, written in ASCII digits."""
    return int(_read(text, int, "a whole number"))


def to_number(text: str) -> float:
    """Return a number, written in ASCII digits."""
    return float(_read(text, float, "a number"))


def to_percent(text: str) -> float:
    """Return a number of percent, with or without the percent sign."""
    return to_number(text.removesuffix("%"))


def _read(text: str, kind: Callable[[str], float], name: str) -> float:
    try:
        if text.isascii() and "_" not in text:
            return kind(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not {name}")


class DatabaseUrl:
    """The URL of a PostgreSQL database. It may have a password, so `str()` gives a part of it.

    Attributes:
        url: as it was given.
        shown: host and name of the database; empty if it is not such a URL.
    """

    def __init__(self, url: str) -> None:
        import re

        host = r"(?:[\w.%~-]*|\[[\da-fA-F:.]+\])(?::\d*)?"
        address = rf"({host}(?:,{host})*(?:/[^@/?#\s]*)?)"
        found = re.fullmatch(rf"postgres(?:ql)?://(?:[^@/?#\s]*@)?{address}(?:\?[^@#\s]*)?", url)
        self.url = url
        self.shown = f"postgresql://{found[1]}" if found else ""

    def __str__(self) -> str:
        return self.shown or "the URL of the history"

    def __repr__(self) -> str:
        return f"DatabaseUrl({self.shown!r})"


def to_store(text: str) -> Path | DatabaseUrl:
    """Return the path of a file, or the URL of a database."""
    return DatabaseUrl(text) if "://" in text else to_path(text)


_Option = namedtuple(  # typing.NamedTuple takes long to import
    "_Option",
    "name type metavar help default places minimum maximum is_positive is_repeatable aliases",
    defaults=(None, (), None, None, False, False, ()),
)


class Option(_Option):
    """One option. Every option is a key of the configuration file.

    Attributes:
        name: the key in the file, e.g. `require-live`; dashes become underscores in `Settings`.
        type: of the value, or of each value if the option is repeatable: `str`, `bool`,
            `to_whole`, `to_number`, `to_percent`, `to_path` or `to_store`. A path is relative to
            the folder of the file, or to the current folder on the command line.
        metavar: a placeholder for the value in help texts.
        help: the effect of the option, in a few words.
        default: the value if nobody sets the option.
        places: the commands that take it as `--name`; `pytest` takes it as `--docpact-name`.
        minimum: the smallest number allowed.
        maximum: the largest number allowed.
        is_positive: whether the number must be finite and above 0.
        is_repeatable: whether the option takes several values.
        aliases: other names on the command line, with their dashes.
    """

    @property
    def attribute(self) -> str:
        """The name of the attribute of `Settings`."""
        return str(self.name).replace("-", "_")

    @property
    def flag(self) -> str:
        """The name on the command line, without dashes in front: `param` for `params`."""
        name = str(self.name)
        return name.removesuffix("s") if self.is_repeatable else name

    def find_problem(self, value: Any) -> str:
        """Return the kind of value that is expected instead; empty if this one is fine."""
        if self.is_positive and not 0 < value < float("inf"):
            return "a number above 0"
        if self.maximum is not None and not value <= self.maximum:
            return f"at most {self.maximum}"
        if self.minimum is not None and value < self.minimum:
            return f"at least {self.minimum}"
        return ""


_RUN: Final = ("check", "pytest")
_SEND: Final = ("check", "replay", "pytest")
_VERDICT: Final = ("check", "audit", "pytest")

OPTIONS: Final = (
    Option(
        "operation",
        str,
        "OPERATION",
        "the contract: provider/operation, or a folder",
        places=("audit", "pytest"),
    ),
    Option(
        "contracts",
        to_path,
        "DIR",
        "folder of your own contracts, one folder per provider/operation",
        places=("pytest",),
    ),
    Option(
        "target",
        str,
        "mock|URL|NAME",
        "the API to check: mock, a URL, or the name of a table under `targets`",
        MOCK,
        ("check", "config", "replay", "pytest"),
        aliases=("--url",),
    ),
    Option(
        "key",
        str,
        "VARIABLE",
        "environment variable that holds the API key",
        places=_SEND,
        aliases=("--auth",),
    ),
    Option(
        "budget",
        to_whole,
        "N",
        "send at most N requests; default: 300 for each operation, 10 more for each query "
        "parameter beyond 20, 2 for each query of the search; mock: 600",
        places=_SEND,
        minimum=1,
    ),
    Option(
        "rate",
        to_number,
        "N",
        "send at most N requests per second; default: 200",
        places=_SEND,
        is_positive=True,
    ),
    Option(
        "connections",
        to_whole,
        "N",
        "have at most N requests in flight at once; default: 4",
        places=_SEND,
        minimum=1,
    ),
    Option(
        "search",
        to_whole,
        "N",
        "send N generated queries as well",
        0,
        _RUN,
        minimum=0,
        aliases=("-n", "--max-examples"),
    ),
    Option("seed", to_whole, "N", "seed of all random choices", 0, _RUN),
    Option(
        "timeout",
        to_number,
        "SECONDS",
        "wait at most this long for a complete response; default: 60",
        places=_SEND,
        is_positive=True,
    ),
    Option("proxy", str, "URL", "send every request through this proxy", places=_SEND),
    Option("cacert", to_path, "FILE", "trust the certificates in this PEM file", places=_SEND),
    Option("insecure", bool, "", "do not verify certificates", False, _SEND),
    Option(
        "headers",
        str,
        "NAME: VALUE",
        "a header that every request carries; a secret as an environment variable: "
        "'Authorization: Bearer $TOKEN'",
        (),
        _SEND,
        is_repeatable=True,
        aliases=("-H",),
    ),
    Option("strict", bool, "", "count additive findings as drift too", False, _VERDICT),
    Option(
        "require-live",
        bool,
        "",
        "call a run inconclusive if it tested nothing on a live target",
        False,
        _RUN,
    ),
    Option(
        "min-power",
        to_percent,
        "PERCENT",
        "call a run inconclusive if it would have noticed less than PERCENT of the drifts tried",
        places=_RUN,
        minimum=0,
        maximum=100,
    ),
    Option(
        "baseline", to_path, "FILE", "accepted findings, which do not fail a run", places=_VERDICT
    ),
    Option(
        "history",
        to_store,
        "FILE|URL",
        "keep the run in a SQLite file or a PostgreSQL database, and show the news",
        places=("check",),
    ),
    Option("journal", to_path, "FILE", "write every exchange to FILE as it happens", places=_RUN),
    Option(
        "examples",
        to_path,
        "DIR",
        "keep failing generated queries in DIR; the next search tries them first",
        places=_RUN,
    ),
    Option(
        "params",
        str,
        "NAME=VALUE",
        "a value that every request carries: path, header or query parameter",
        (),
        _SEND,
        is_repeatable=True,
        aliases=("--path", "--query"),
    ),
    Option(
        "secrets",
        str,
        "VARIABLE",
        "environment variable whose value must never be written",
        (),
        ("pytest",),
        is_repeatable=True,
    ),
)
"""Every option. All except `target` are also allowed in a table under `targets`."""


class OneValue(argparse.Action):
    """Stores a value, the last one as usual, but refuses another one under another name."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option: str | None = None,
    ) -> None:
        """Store the value."""
        before, name = getattr(namespace, self.dest, None), f"name of {self.dest}"
        if before not in (None, values) and getattr(namespace, name, option) != option:
            raise argparse.ArgumentError(self, "given twice, with different values")
        setattr(namespace, self.dest, values)
        setattr(namespace, name, option)


def options_of(place: str) -> Iterator[Option]:
    """Yield the options that a command takes, or `pytest`."""
    return (option for option in OPTIONS if place in option.places)


def add_options(add_argument: Callable[..., Any], place: str, prefix: str = "--") -> None:
    """Add the options of a command, or of `pytest`, to its parser; none has a default there.

    Args:
        add_argument: adds one option, as `argparse.ArgumentParser.add_argument` does.
        place: the command, or `pytest`.
        prefix: of the options' names.
    """
    for option in options_of(place):
        aliases = option.aliases if prefix == "--" else ()
        stated = _arguments(option, place)
        if aliases and not option.is_repeatable:
            stated["action"] = OneValue
        add_argument(f"{prefix}{option.flag}", *aliases, **stated)


def _arguments(option: Option, place: str) -> dict[str, Any]:
    is_set = option.default is not None and option.default is not False and option.default != ()
    of_run = "that of the run, if it is configured, on this machine or the mock"
    default = of_run if (place, option.name) == ("replay", "target") else option.default
    text = f"{option.help}; default: {default}" if is_set else option.help
    if option.type is bool:
        return {"action": "store_true", "default": None, "help": text}
    if option.is_repeatable:
        text = f"{text}; may be repeated"
        return {"action": "append", "default": None, "help": text, "metavar": option.metavar}
    return {"type": option.type, "help": text, "metavar": option.metavar}
