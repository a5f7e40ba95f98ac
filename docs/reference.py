"""Writes the pages of reference/ from the code when the site is built, so they are never stale."""

from __future__ import annotations

import argparse
import ast
import inspect
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docpact import fixtures, plugin
from docpact.cli import parser as command_line
from docpact.options import OPTIONS, to_number, to_path, to_percent, to_store, to_whole
from docpact.reports.markdown import (
    EVERY,
    AnyRule,
    describe_silencing,
    find_example,
    find_examples_without_rule,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE: Final = Path(__file__).parent

COMPLETION: Final = """\
To complete commands and options in bash, install the extra `completion` and add
`eval "$(register-python-argcomplete docpact)"` to your `.bashrc`."""

CONFIGURATION: Final = """\
The keys of `[tool.docpact]` in pyproject.toml, or of docpact.toml. Every key except `target` is
also allowed in a table under `targets`, beside its `url`.
[Nightly runs](../nightly.md#configuration) shows a whole file with its tables `targets`, `levels`
and `silenced`, and explains the precedence."""

FIXTURES: Final = """\
docpact installs a pytest plugin with these fixtures. It hardly slows down tests that use none.
[Fixtures in your tests](../howto/fixtures-in-your-tests.md) shows examples."""

RULES: Final = """\
The same rules as [in the table](../rules.md). You can change the level of a rule about an API under
`[levels]`, and accept a single finding with a [baseline](../nightly.md#accepted-findings). That is
better than silencing a rule, which also accepts findings that nobody has seen yet."""

TOML_TYPES: Final = {
    str: "string",
    to_path: "string",
    to_store: "string",
    to_whole: "integer",
    to_number: "float or integer",
    to_percent: "float or integer",
    bool: "boolean",
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before Sphinx looks for them."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}


def write(_: Sphinx) -> None:
    """Write every page whose text has changed."""
    pages = {
        "cli": cli_page(),
        "configuration": configuration_page(),
        "fixtures": fixtures_page(),
        "rules": rules_page(),
    }
    for name, text in pages.items():
        file = HERE / "reference" / f"{name}.md"
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")


def cli_page() -> str:
    """Return the page of all subcommands with their arguments and options."""
    parser = command_line()
    parts = ["# Command line", f"`docpact`: {parser.description}", *_epilog(parser), COMPLETION]
    for command, summary in _commands(parser):
        parts += [f"## {command.prog}", _sentence(summary)]
        parts += _table(("argument", "meaning"), list(_arguments(command)))
        parts += _epilog(command)
    return _page(parts)


def configuration_page() -> str:
    """Return the page of all configuration keys."""
    rows = [
        (
            f"`{option.name}`",
            "array of strings" if option.is_repeatable else TOML_TYPES[option.type],
            f"`{json.dumps(option.default)}`" if option.default not in (None, ()) else "",
            option.help,
        )
        for option in OPTIONS
    ]
    table = _table(("key", "type", "default", "meaning"), rows)
    return _page(["# Configuration", CONFIGURATION, *table])


def fixtures_page() -> str:
    """Return the page of all fixtures of the pytest plugin: scope, type and signature."""
    parts = ["# Fixtures", FIXTURES]
    for definition, scope in _fixtures():
        parts += [f"## {definition.name}", *_fixture(definition, scope)]
    return _page(parts)


def rules_page() -> str:
    """Return the page of all rules: promise, example, why it matters, how to silence it.

    Raises:
        LookupError: a rule has no example, or an example has no rule.
    """
    if odd := find_examples_without_rule():
        raise LookupError(f"examples.toml has no rule for {', '.join(sorted(odd))}")
    parts = ["# Rules, one by one", RULES]
    for family, group in groupby(EVERY, key=lambda rule: rule.id.partition(".")[0]):
        rules = list(group)
        why = _find_shared(rule.why for rule in rules)
        silencing = describe_silencing(rules[0]).replace(rules[0].id, f"{family}.RULE")
        parts += [f"## {family}", f"To silence a rule of this family: {silencing}."]
        parts += [f"Why most of these rules matter: {why}"] if why else []
        for rule in rules:
            parts += [f"### {rule.id}", rule.summary, "\n".join(_facts(rule, why))]
    return _page(parts)


def _find_shared(texts: Iterable[str]) -> str:
    """Return the text that several rules of a family share; empty if none do."""
    (text, count), *_ = Counter(texts).most_common(1)
    return text if count > 1 else ""


def _facts(rule: AnyRule, shared: str) -> Iterator[str]:
    yield f"- level: **{rule.level.value}**"
    yield f"- example: {find_example(rule)}"
    if rule.why != shared:
        yield f"- why it matters: {rule.why}"


def _commands(
    parser: argparse.ArgumentParser, summary: str = ""
) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Yield every command without subcommands, with its line of help."""
    inner = [each for each in _actions(parser) if isinstance(each, argparse._SubParsersAction)]  # noqa: SLF001
    if not inner:
        yield parser, summary
    for action in inner:
        for each in action._choices_actions:  # noqa: SLF001
            yield from _commands(action.choices[each.dest], each.help or "")


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001  (argparse has no public way to list them)


def _arguments(command: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in _actions(command):
        if action.help and "--help" not in action.option_strings:
            names = [" ".join(filter(None, (option, _value(action)))) for option in _names(action)]
            required = "; required" if action.required and action.option_strings else ""
            meaning = action.help % {**vars(action), "prog": command.prog}
            yield ", ".join(f"`{name}`" for name in names), meaning + required


def _names(action: argparse.Action) -> list[str]:
    return list(action.option_strings) or [""]


def _value(action: argparse.Action) -> str:
    """Return the placeholder for the values of an argument as in a usage line; empty for a flag."""
    value = str(action.metavar or action.dest.upper())
    forms = {0: "", "?": f"[{value}]", "*": f"[{value} ...]", "+": f"{value} ..."}
    return forms.get(action.nargs, value) if action.nargs is not None else value


def _epilog(parser: argparse.ArgumentParser) -> list[str]:
    """Return the text below a command's help, verbatim if the command formats it itself."""
    if not parser.epilog:
        return []
    verbatim = parser.formatter_class is argparse.RawDescriptionHelpFormatter
    return [f"```text\n{parser.epilog.strip()}\n```" if verbatim else parser.epilog]


def _fixtures() -> Iterator[tuple[ast.FunctionDef, str]]:
    """Yield the source and the scope of every fixture of the plugin."""
    for node in ast.parse(inspect.getsource(fixtures)).body:
        if isinstance(node, ast.FunctionDef) and node.name in plugin.__all__:
            mark = node.decorator_list[0]
            stated = mark.keywords if isinstance(mark, ast.Call) else []
            yield node, next((_text(each.value) for each in stated), "function")


def _fixture(definition: ast.FunctionDef, scope: str) -> Iterator[str]:
    uses = [f"`{arg.arg}`" for arg in definition.args.args if arg.arg.startswith("docpact_")]
    facts = [f"scope: {scope}", f"type: `{_value_type(definition)}`"]
    facts += [f"called as: `{definition.name}{signature}`" for signature in _signatures(definition)]
    facts += [f"uses: {', '.join(uses)}"] if uses else []
    yield "\n".join(f"- {fact}" for fact in facts)
    yield inspect.cleandoc(ast.get_docstring(definition) or "")


def _value_type(definition: ast.FunctionDef) -> str:
    """Return the type of the value that a test gets; of a generator, the type it yields."""
    returns = definition.returns
    if isinstance(returns, ast.Subscript) and ast.unparse(returns.value) == "Iterator":
        return ast.unparse(returns.slice)
    return ast.unparse(returns) if returns else ""


def _signatures(definition: ast.FunctionDef) -> Iterator[str]:
    """Yield the signature of the function that a fixture returns, if it returns one."""
    inner = {node.name: node for node in definition.body if isinstance(node, ast.FunctionDef)}
    last = definition.body[-1]
    if isinstance(last, ast.Return) and isinstance(last.value, ast.Name) and last.value.id in inner:
        function = inner[last.value.id]
        returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
        yield f"({ast.unparse(function.args)}){returns}"


def _text(node: ast.expr) -> str:
    return str(ast.literal_eval(node))


def _table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    lines = [titles, ("---",) * len(titles), *rows]
    return ["\n".join(f"| {' | '.join(_cell(each) for each in row)} |" for row in lines)]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _page(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"
