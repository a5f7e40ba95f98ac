"""The configuration: `[tool.docpact]` of pyproject.toml, or docpact.toml, and what is in force."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from docpact.catalogue import default
from docpact.catalogue import load as load_contract
from docpact.errors import UsageError
from docpact.files import read_text
from docpact.model import Level, Operation

MOCK: Final = "mock"
"""The name of the built-in target."""

_FILE: Final = "docpact.toml"
_PROJECT: Final = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Option:
    """One key of the configuration.

    Attributes:
        name: of the key, and of the command line's option.
        kinds: what TOML may hold there.
        default: what is in force where nothing is said.
        says: what it is, in a few words.
    """

    name: str
    kinds: tuple[type, ...]
    default: Any
    says: str


OPTIONS: Final = (
    Option("operation", (str,), None, "the contract: provider/operation, or a folder"),
    Option("contracts", (str,), None, "folder of your own contracts, provider/operation each"),
    Option("target", (str,), MOCK, "mock, a URL, or the name of a table under `targets`"),
    Option("key", (str,), None, "environment variable that holds the credential's secret"),
    Option("budget", (int,), None, "at most so many requests"),
    Option("rate", (int, float), None, "at most so many requests a second"),
    Option("connections", (int,), None, "at most so many requests under way at once"),
    Option("search", (int,), 0, "so many generated queries more"),
    Option("seed", (int,), 0, "what random choices are made from"),
    Option("strict", (bool,), False, "additive findings are drift too"),
    Option("require-live", (bool,), False, "judging nothing live is inconclusive"),
    Option("baseline", (str,), None, "file of accepted findings"),
    Option("history", (str,), None, "file that keeps every run"),
    Option("journal", (str,), None, "file that every exchange is written to"),
    Option("examples", (str,), None, "folder of failing generated queries"),
    Option("params", (list,), (), "NAME=VALUE of what every request carries: path, headers, query"),
    Option("secrets", (list,), (), "environment variables whose values are written nowhere"),
)
"""Every key that stands at the top or, but for `target`, in a table under `targets`."""

_PATHS: Final = ("contracts", "baseline", "history", "journal", "examples")
_BY_NAME: Final = {option.name: option for option in OPTIONS}
_TABLES: Final = ("targets", "levels", "silenced")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it came from.

    Attributes:
        value: in force.
        source: `default`, `command line`, or a file with its table.
    """

    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says.

    Attributes:
        file: that was read; None where there is none.
        general: name → what stands at the top.
        targets: name of a target → name → what stands in its table, `url` included.
        levels: rule id → level.
        silenced: rule id → reason.
    """

    file: Path | None = None
    general: Mapping[str, Setting] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    silenced: Mapping[str, str] = field(default_factory=dict)


def load(file: Path | None, folder: Path) -> Config:
    """Read a configuration file, or the nearest one at or above a folder.

    Raises:
        UsageError: it cannot be read, or holds a key or a value that is none of docpact's.
    """
    found = file or _nearest(folder)
    return Config() if found is None else _read(found)


def in_force(config: Config, given: Mapping[str, Any]) -> Mapping[str, Setting]:
    """Return the setting of every option: command line, then target, then file, then default.

    A target that the configuration names is written as its URL.

    Args:
        config: what the file says.
        given: name → value that the command line states; None where it does not.

    Raises:
        UsageError: the target is the name of none.
    """
    stated = {
        name: Setting(value, "command line") for name, value in given.items() if value is not None
    }
    target = stated.get("target") or config.general.get("target") or Setting(MOCK, "default")
    mine = config.targets.get(target.value, {})
    if not mine and target.value != MOCK and "://" not in target.value:
        near = _nearest_name(target.value, [*config.targets, MOCK])
        raise UsageError(
            f"--target {target.value}: give `{MOCK}` or a URL such as https://api.example.com, or "
            f"name a target of the configuration{near}"
        )
    found = {}
    for option in OPTIONS:
        layers = (stated.get(option.name), mine.get(option.name), config.general.get(option.name))
        found[option.name] = next(filter(None, layers), Setting(option.default, "default"))
    if found["operation"].value is None:
        found["operation"] = Setting(default(), "default")
    found["target"] = Setting(mine["url"].value, mine["url"].source) if mine else target
    return found


def contract(name: str | None, config: Config) -> Operation:
    """Load a contract by name: one of the configured folder, or a shipped one.

    Args:
        name: as the command line states it; None for the configured one, or else the default.
        config: what the file says.

    Raises:
        ContractError: there is no such contract, or it cannot be used.
    """
    stated = config.general.get("operation")
    return load_contract(name or (stated.value if stated else None), own_contracts(config))


def own_contracts(config: Config) -> Path | None:
    """Return the configured folder of one's own contracts, or None."""
    stated = config.general.get("contracts")
    return None if stated is None else Path(stated.value)


def _nearest(folder: Path) -> Path | None:
    for each in (folder, *folder.parents):
        own, project = each / _FILE, each / _PROJECT
        has_table = project.is_file() and "docpact" in _parsed(project).get("tool", {})
        if own.is_file() and has_table:
            raise UsageError(
                f"{own} and [tool.docpact] of {_PROJECT} beside it: keep one of the two"
            )
        if own.is_file() or has_table:
            return own if own.is_file() else project
    return None


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: no TOML: {error}") from None


def _read(file: Path) -> Config:
    document, root = _parsed(file), ""
    if file.name == _PROJECT:
        document, root = document.get("tool", {}).get("docpact", {}), "tool.docpact"
    where = _Place(file, root)
    tables = {name: where.table(document.pop(name, {}), name) for name in _TABLES}
    levels = {
        rule: where.within("levels").level(rule, value) for rule, value in tables["levels"].items()
    }
    silenced = {
        rule: where.within("silenced").reason(rule, value)
        for rule, value in tables["silenced"].items()
    }
    _check_rules(where, (*levels, *silenced))
    return Config(
        file,
        dict(where.settings(document, _BY_NAME.values())),
        {
            name: _target(where.within("targets").within(name), name, table)
            for name, table in tables["targets"].items()
        },
        levels,
        silenced,
    )


def _target(where: _Place, name: str, table: Any) -> Mapping[str, Setting]:
    options = [Option("url", (str,), None, "the base URL"), *_BY_NAME.values()]
    allowed = [option for option in options if option.name != "target"]
    found = dict(where.settings(where.table(table, ""), allowed))
    if name == MOCK or "url" not in found:
        problem = f"`{MOCK}` is built in" if name == MOCK else "a url is missing"
        raise where.error(problem)
    return found


def _check_rules(where: _Place, named: Iterable[str]) -> None:
    named = list(named)
    if not named:
        return
    from docpact.rules import RULES

    known = [rule.id for rule in RULES]
    for rule in named:
        if rule not in known:
            raise where.error(f"no rule is called {rule}{_nearest_name(rule, known)}")


@dataclass(frozen=True, slots=True)
class _Place:
    """A table of a configuration file."""

    file: Path
    table_name: str

    def __str__(self) -> str:
        return f"{self.file.name} [{self.table_name}]" if self.table_name else self.file.name

    def within(self, name: str) -> _Place:
        return _Place(self.file, ".".join(filter(None, (self.table_name, name))))

    def error(self, problem: str) -> UsageError:
        table = f" [{self.table_name}]" if self.table_name else ""
        return UsageError(f"{self.file}{table}: {problem}")

    def table(self, value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.within(name).error("a table is expected")
        return dict(value)

    def settings(
        self, table: Mapping[str, Any], options: Iterable[Option]
    ) -> Iterator[tuple[str, Setting]]:
        known = {option.name: option for option in options}
        for name, value in table.items():
            if name not in known:
                raise self.error(
                    f"no key is called {name}{_nearest_name(name, [*known, *_TABLES])}"
                )
            yield name, Setting(self._value(known[name], value), str(self))

    def _value(self, option: Option, value: Any) -> Any:
        fits = isinstance(value, option.kinds) and (
            not isinstance(value, bool) or bool in option.kinds
        )
        if fits and isinstance(value, list):
            fits = all(isinstance(each, str) for each in value)
        if not fits:
            kinds = " or ".join(_KINDS[kind] for kind in option.kinds)
            raise self.error(f"{option.name} is {value!r}; {kinds} is expected")
        if option.name in _PATHS:
            return str(self.file.parent / value)
        return tuple(value) if isinstance(value, list) else value

    def level(self, rule: str, value: Any) -> Level:
        try:
            return Level(value)
        except ValueError:
            levels = ", ".join(level.value for level in Level)
            raise self.error(f"{rule} is {value!r}; one of {levels} is expected") from None

    def reason(self, rule: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"{rule}: say in a text why this rule is silenced")
        return value


_KINDS: Final = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list of texts",
}


def _nearest_name(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""
