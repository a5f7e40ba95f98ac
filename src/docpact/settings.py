"""The settings of a run: command line and configuration file become one typed, checked value.

The configuration file is docpact.toml, or pyproject.toml with a table `[tool.docpact]`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from docpact.catalogue import default
from docpact.errors import UsageError
from docpact.files import read_text
from docpact.limits import MAX_CONFIGURATION
from docpact.model import Level
from docpact.model.path import VARIABLE
from docpact.model.pointer import to_list
from docpact.options import (
    MOCK,
    OPTIONS,
    DatabaseUrl,
    Option,
    to_number,
    to_path,
    to_percent,
    to_store,
    to_whole,
)
from docpact.secrets import redact_urls
from docpact.text import suggest, suggest_url

COMMAND_LINE: Final = "command line"
"""The source of a value that an option states."""

FILE: Final = "docpact.toml"
_PROJECT: Final = "pyproject.toml"
_URL: Final = Option("url", str, "URL", "the base URL of the target")
_WRITES: Final = Option("writes", bool, "", "let `--allow-writes` create and delete there", False)
_TABLES: Final = ("targets", "levels", "silenced")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and its source.

    Attributes:
        value: a valid value of its option.
        source: `default`, `command line`, or a file with its table.
    """

    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Config:
    """The content of a configuration file.

    Attributes:
        file: the file, or None if there is none.
        general: option name → setting at the top of the file.
        targets: target name → option name → setting in the target's table, `url` included.
        levels: rule id → level.
        silenced: rule id → reason.
    """

    file: Path | None = None
    general: Mapping[str, Setting] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    silenced: Mapping[str, str] = field(default_factory=dict)

    def read(self, name: str) -> Any:
        """Return the value of an option at the top of the file, or None."""
        setting = self.general.get(name)
        return None if setting is None else setting.value


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run: one attribute for each option of `OPTIONS`, and the rule tables.

    Paths are absolute. None means that the option is not set.

    Attributes:
        target: `mock` or a URL; the name of a configured target is already replaced by its URL.
        writes: whether the table of the target allows `--allow-writes`.
        levels: rule id → level of its findings, instead of the rule's own level.
        silenced: rule id → reason why its findings do not fail a run.
        sources: option name → source of its value.
    """

    operation: str
    contracts: Path | None
    target: str
    key: str | None
    budget: int | None
    rate: float | None
    connections: int | None
    search: int
    seed: int
    timeout: float | None
    proxy: str | None
    cacert: Path | None
    insecure: bool
    headers: tuple[str, ...]
    strict: bool
    require_live: bool
    min_power: float | None
    baseline: Path | None
    history: Path | DatabaseUrl | None
    journal: Path | None
    examples: Path | None
    params: tuple[str, ...]
    secrets: tuple[str, ...]
    writes: bool
    levels: Mapping[str, Level]
    silenced: Mapping[str, str]
    sources: Mapping[str, str]


def load(file: Path | None, folder: Path) -> Config:
    """Read a configuration file, or the nearest one in a folder or above it.

    Raises:
        UsageError: the file cannot be read, or has an unknown key or a wrong value.
    """
    found = file or _find_nearest(folder)
    return Config() if found is None else _read(found)


def resolve(config: Config, stated: Mapping[str, Any], prefix: str = "--") -> Settings:
    """Return the settings: command line first, then target table, top of the file, and defaults.

    Args:
        config: the configuration file.
        stated: option name → value on the command line, None if it is not given there.
        prefix: of the options' names on the command line, for error messages.

    Raises:
        UsageError: a value is not allowed, or the target has an unknown name.
    """
    given = {
        option.name: Setting(_check_value(option, stated[option.name], prefix), COMMAND_LINE)
        for option in OPTIONS
        if stated.get(option.name) is not None
    }
    target = given.get("target") or config.general.get("target") or Setting(MOCK, "default")
    table = config.targets.get(target.value, {})
    if not table and target.value != MOCK and "://" not in target.value:
        hint = suggest_url(target.value) or _suggest(target.value, [*config.targets, MOCK])
        raise UsageError(
            f"{prefix}target {redact_urls(target.value)}: give `{MOCK}` or a URL such as "
            f"https://api.example.com, or the name of a configured target{hint}"
        )
    settings = {}
    for option in OPTIONS:
        layers = (given.get(option.name), table.get(option.name), config.general.get(option.name))
        settings[option.name] = next(filter(None, layers), Setting(option.default, "default"))
    if settings["operation"].value is None:
        settings["operation"] = Setting(default(), "default")
    settings["target"] = table.get("url", target)
    if settings["examples"].value and not settings["search"].value:
        raise UsageError(
            f"{prefix}examples keeps the failing queries of a search: give {prefix}search N as well"
        )
    return Settings(
        **{option.attribute: settings[option.name].value for option in OPTIONS},
        writes=bool(table["writes"].value) if "writes" in table else False,
        levels=config.levels,
        silenced=config.silenced,
        sources={name: setting.source for name, setting in settings.items()},
    )


def _find_nearest(folder: Path) -> Path | None:
    for each in (folder, *folder.parents):
        own, project = each / FILE, each / _PROJECT
        has_table = project.is_file() and bool(_find_table(project, _parse(project)))
        if own.is_file() and has_table:
            raise UsageError(
                f"{own} and [tool.docpact] in {_PROJECT} next to it: keep one of the two"
            )
        if own.is_file() or has_table:
            return _check_owner(own if own.is_file() else project)
    return None


def _check_owner(file: Path) -> Path:
    """Return a file; raise UsageError if another user owns it, or a link to it."""
    owners = {file.stat().st_uid, file.lstat().st_uid}
    if hasattr(os, "geteuid") and not owners <= {os.geteuid(), 0}:
        raise UsageError(f"{file} belongs to another user: give --config {file} to use it")
    return file


_LONG_KEY: Final = re.compile(
    r"""(?<![\w.-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}"""
)
"""For a dotted key, tomllib keeps all of its beginnings in memory."""


def _parse(file: Path) -> dict[str, Any]:
    text = read_text(file)
    if len(text) > MAX_CONFIGURATION or _LONG_KEY.search(text):
        limits = f"{MAX_CONFIGURATION:,} characters, or a key of more than 100 parts"
        raise UsageError(f"{file}: more than {limits}")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{file}: not valid TOML: nested too deeply") from None
    except ValueError as error:  # also of a number with thousands of digits
        raise UsageError(f"{file}: not valid TOML: {error}") from None


def _find_table(file: Path, document: Any) -> dict[str, Any]:
    """Return the table of docpact in a pyproject.toml; empty if it has none."""
    where = _Table(file, "")
    for name in ("tool", "docpact"):
        document, where = where.check_table(document.get(name, {}), name), where.inner(name)
    return dict(document)


def _read(file: Path) -> Config:
    document, root = _parse(file), ""
    if file.name == _PROJECT:
        document, root = _find_table(file, document), "tool.docpact"
    top = _Table(file, root)
    targets, levels, silenced = (top.check_table(document.pop(n, {}), n) for n in _TABLES)
    _check_rules(top, (*levels, *silenced))
    return Config(
        file,
        dict(top.settings(document, OPTIONS)),
        {
            name: _read_target(top.inner("targets").inner(name), name, targets[name])
            for name in targets
        },
        {rule: top.inner("levels").level(rule, value) for rule, value in levels.items()},
        {rule: top.inner("silenced").reason(rule, value) for rule, value in silenced.items()},
    )


def _read_target(table: _Table, name: str, content: Any) -> Mapping[str, Setting]:
    allowed = [_URL, _WRITES, *(option for option in OPTIONS if option.name != "target")]
    found = dict(table.settings(table.check_table(content, ""), allowed))
    if name == MOCK:
        raise table.error(f"`{MOCK}` is built in; choose another name")
    if "url" not in found:
        raise table.error("a url is missing")
    url = found["url"].value
    if not re.match("https?://[^/?#]", url):
        hint = suggest_url(url)
        raise table.error(f"url {redact_urls(url)}: give one such as https://api.example.com{hint}")
    return found


def _check_rules(table: _Table, names: Iterable[str]) -> None:
    names = list(names)
    if not names:
        return
    from docpact.rules import RULES

    known = [rule.id for rule in RULES]
    for name in names:
        if name not in known:
            raise table.error(f"there is no rule {name}{_suggest(name, known)}")


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a configuration file, by its name; empty for the top."""

    file: Path
    name: str

    def __str__(self) -> str:
        return f"{self.file.name} [{self.name}]" if self.name else self.file.name

    def inner(self, name: str) -> _Table:
        return _Table(self.file, ".".join(filter(None, (self.name, name))))

    def error(self, problem: str) -> UsageError:
        name = f" [{self.name}]" if self.name else ""
        return UsageError(f"{self.file}{name}: {problem}")

    def check_table(self, value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.inner(name).error(f"must be a table, not {value!r}")
        return dict(value)

    def settings(
        self, content: Mapping[str, Any], allowed: Iterable[Option]
    ) -> Iterator[tuple[str, Setting]]:
        options = {option.name: option for option in allowed}
        for name, value in content.items():
            if name not in options:
                raise self.error(f"there is no option {name}{_suggest(name, [*options, *_TABLES])}")
            yield name, Setting(self._value(options[name], value), str(self))

    def _value(self, option: Option, value: Any) -> Any:
        expected = _find_type_problem(option, value) or option.find_problem(value)
        if expected:
            shown = redact_urls(repr(value))
            raise self.error(f"{option.name} must be {expected}, not {shown}")
        if option.name == "key" and not all(map(VARIABLE.fullmatch, value.split(","))):
            raise self.error("key must be the name of an environment variable, never the secret")
        return _convert(option, value, self.file.parent)

    def level(self, rule: str, value: Any) -> Level:
        try:
            return Level(value)
        except ValueError:
            levels = ", ".join(level.value for level in Level)
            raise self.error(f"{rule} must be one of {levels}, not {value!r}") from None

    def reason(self, rule: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"{rule} needs a text that gives the reason for silencing this rule")
        return value


_TYPES: Final[Mapping[Callable[[str], Any], tuple[tuple[type, ...], str]]] = {
    str: ((str,), "a text"),
    to_path: ((str,), "a text"),
    to_store: ((str,), "a text"),
    to_whole: ((int,), "a whole number"),
    to_number: ((int, float), "a number"),
    to_percent: ((int, float), "a number"),
    bool: ((bool,), "true or false"),
}
"""Type of an option → the types of its values in TOML, and their name in messages."""


def _find_type_problem(option: Option, value: Any) -> str:
    types, name = _TYPES[option.type]
    if any(isinstance(each, str) and "\0" in each for each in to_list(value)):
        return "without a null character"
    if option.is_repeatable:
        fits = isinstance(value, list) and all(isinstance(each, types) for each in value)
        return "" if fits else f"a list of {name.removeprefix('a ')}s"
    fits = isinstance(value, types) and (option.type is bool or not isinstance(value, bool))
    return "" if fits else name


def _check_value(option: Option, value: Any, prefix: str) -> Any:
    """Return the value of an option on the command line."""
    if expected := option.find_problem(value):
        raise UsageError(f"{prefix}{option.flag} must be {expected}, not {value}")
    return _convert(option, value, Path())


def _convert(option: Option, value: Any, folder: Path) -> Any:
    if option.is_repeatable:
        return tuple(value)
    if isinstance(value, str):
        value = option.type(value)
    return (folder / value).absolute() if isinstance(value, Path) else value


def _suggest(name: str, known: Iterable[str]) -> str:
    hint = suggest(name, known)
    return f"; {hint}" if hint else ""
