"""The table of options: command line, pytest, configuration file and `Settings` follow it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from docpact.cli import parser
from docpact.errors import UsageError
from docpact.options import (
    OPTIONS,
    DatabaseUrl,
    Option,
    add_options,
    options_of,
    to_number,
    to_path,
    to_percent,
    to_store,
    to_whole,
)
from docpact.settings import Config, Settings, load, resolve
from docpact.targets.connections import BUDGET, CONNECTIONS, MORE_REQUESTS, RATE, USUAL_PARAMETERS

SAMPLES: dict[Callable[[str], Any], Any] = {
    str: "a",
    to_path: Path("a"),
    to_store: Path("a"),
    to_whole: 3,
    to_number: 2.5,
    to_percent: 2.5,
    bool: True,
}
TYPES: dict[Any, Any] = {
    to_path: Path,
    to_store: Path | DatabaseUrl,
    to_whole: int,
    to_number: float,
    to_percent: float,
}


def test_settings_have_an_attribute_for_each_option() -> None:
    hints = get_type_hints(Settings)
    for option in OPTIONS:
        one: Any = TYPES.get(option.type, option.type)
        expected: Any = tuple[str, ...] if option.is_repeatable else one
        assert hints[option.attribute] in (expected, expected | None)
    others = {"levels", "silenced", "sources", "writes"}
    assert {field.name for field in fields(Settings)} == {o.attribute for o in OPTIONS} | others


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_is_a_key_of_the_file(option: Option, tmp_path: Path) -> None:
    value = SAMPLES[option.type]
    text = {True: "true", Path("a"): "'a'", "a": "'a'"}.get(value, str(value))
    more = "search = 1\n" if option.name == "examples" else ""
    more += "[targets.a]\nurl = 'https://x'\n" if option.name == "target" else ""
    (tmp_path / "docpact.toml").write_text(
        f"{option.name} = {f'[{text}]' if option.is_repeatable else text}\n{more}"
    )
    settings = resolve(load(None, tmp_path), {})
    expected = ("a",) if option.is_repeatable else tmp_path / value if value == Path("a") else value
    expected = "https://x" if option.name == "target" else expected
    assert getattr(settings, option.attribute) == expected
    source = "docpact.toml [targets.a]" if option.name == "target" else "docpact.toml"
    assert settings.sources[option.name] == source


def test_the_command_line_has_the_options_of_its_place() -> None:
    (commands,) = (
        action
        for action in parser()._actions  # noqa: SLF001 — argparse lists them nowhere else
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
    )
    for name in ("check", "audit", "config"):
        words = commands.choices[name]._option_string_actions  # noqa: SLF001
        assert {f"--{option.flag}" for option in options_of(name)} <= set(words)


def test_no_option_has_a_default_on_the_command_line() -> None:
    every = argparse.ArgumentParser()
    add_options(every.add_argument, "pytest", "--docpact-")
    assert set(vars(every.parse_args([])).values()) == {None}


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        ({"budget": 0}, "--budget must be at least 1, not 0"),
        ({"connections": -1}, "--connections must be at least 1, not -1"),
        ({"search": -1}, "--search must be at least 0, not -1"),
        ({"rate": float("nan")}, "--rate must be a number above 0, not nan"),
        ({"rate": float("inf")}, "--rate must be a number above 0, not inf"),
        (
            {"examples": Path("x")},
            "--examples keeps the failing queries of a search: give",
        ),
        ({"target": "x"}, "--target x: give `mock` or a URL"),
    ],
)
def test_a_wrong_value_is_refused_in_one_place(stated: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match="^" + text.replace("`", ".")):
        resolve(Config(), stated)
    with pytest.raises(UsageError, match=r"^--docpact-"):
        resolve(Config(), stated, "--docpact-")


def test_the_defaults_in_the_help_are_those_in_force() -> None:
    helps = {option.name: option.help for option in OPTIONS}
    stated = f"{MORE_REQUESTS} more for each query parameter beyond {USUAL_PARAMETERS}"
    assert f"default: {BUDGET} for each operation, {stated}" in helps["budget"]
    assert helps["rate"].endswith(f"default: {RATE:g}")
    assert helps["connections"].endswith(f"default: {CONNECTIONS}")


def test_a_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "docpact.toml").write_text("history = 'h.sqlite'\n")
    settings = resolve(load(Path("a/docpact.toml"), tmp_path), {"journal": Path("j.jsonl")})
    assert (settings.history, settings.journal) == (tmp_path / "a/h.sqlite", tmp_path / "j.jsonl")
