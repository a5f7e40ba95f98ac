"""Pages of the Markdown layout: split into sections, whose bullets form a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from docpact.capture.embedded import Fences
from docpact.capture.layout.command import is_command
from docpact.capture.layout.constraints import Constraint, check_default, read_listed
from docpact.capture.layout.lines import (
    CLIENT_LIBRARY,
    MODELS,
    SECTIONS,
    Line,
    Page,
    Section,
    check_method,
    check_path,
    section_kind,
    split,
)
from docpact.capture.layout.signature import (
    Both,
    Constant,
    Enum,
    Named,
    Object,
    Signature,
    Union,
    innermost,
    with_fields,
)
from docpact.capture.layout.signature import member as read_member
from docpact.capture.layout.signature import signature as read_signature
from docpact.capture.layout.tree import MAX_DEPTH, Node, add, regroup
from docpact.errors import PageError

_OPERATION: Final = re.compile(r"\*\*([A-Za-z]+)\*\* `(/[^`]*)`")
_HEADING: Final = re.compile(r"(#{1,5}) (.+)")
_NO_TITLES: Final = re.compile(r"example|response(?: \(?[1-5][0-9]{2}\)?)?")
"""Headings inside an example, in lower case."""

_TITLES: Final = 3
"""The deepest level of a heading that is a title."""

_BULLET: Final = re.compile(r"( *)- `(.+)`")
_JOINED: Final = re.compile(
    r"- `(?:\w+|\"[^\"`]+\"): (?:optional )?"
    r"(?:string|number|boolean|array of |object|map\[)[^`]*` ."
)
"""A bullet of a field with the text below it on the same line."""

_ESCAPE: Final = re.compile(r"\\([{}\[\]_<>])")
_BARE_OBJECT: Final = re.compile(r"\b([A-Z]\w*) object(?=$| or null$)")
"""A named type in the newest form, which prints no braces."""

_STEP: Final = 2
"""Number of spaces per level of indentation."""


def is_markdown(text: str) -> bool:
    """Return whether a page has the Markdown layout: its operation is in stars and backticks."""
    return any(_OPERATION.fullmatch(line.strip()) for line in text.split("\n"))


def has_signatures(text: str) -> bool:
    """Return whether a page has bullets such as "- `id: string`"."""
    return re.search(r"(?m)^ *- `[^`\n]+: [^`\n]+`\s*$", text) is not None


def list_operations(text: str) -> Iterator[tuple[int, int, Line, str]]:
    """Yield the number of the line with the title, 0, and line and name of each operation.

    Without a title of its own, an operation begins with its line.
    """
    start, above = 0, Line(0, "")
    for line in read_lines(text):
        if match := _OPERATION.fullmatch(line.text):
            titled = above.number if 0 < _heading(above)[0] <= _TITLES else start
            yield titled or line.number, 0, line, f"{match[1].upper()} {match[2]}"
            start = 0
        elif _read_title(line):
            start = line.number
        above = line if line.text else above


def list_shared(lines: Iterable[Line]) -> Iterator[int]:
    """Yield the numbers of the lines about types, which belong to every operation of a page.

    A heading such as "Models" with an operation below it names a resource.
    """
    level, held = 0, list[int]()
    for line in lines:
        own, name = _heading(line)
        if name in MODELS or 0 < own <= level:
            yield from held
            level, held = own if name in MODELS else 0, []
        elif _OPERATION.fullmatch(line.text):
            level, held = 0, []
        if level:
            held.append(line.number)
    yield from held


def read(text: str) -> Page:
    """Split a page into its parts."""
    every = tuple(read_lines(text))
    shared = {*list_shared(every)}
    lines = [line for line in every if line.text]
    index = next(at for at, line in enumerate(lines) if _OPERATION.fullmatch(line.text))
    match = _OPERATION.fullmatch(lines[index].text)
    method, path = (match[1].upper(), match[2]) if match else ("", "")
    check_method(lines[index], method)
    check_path(lines[index], path)
    title, level = _find_title(lines[:index], lines[index])
    body = lines[index + 1 :]
    begin = _find_sections(body)
    ends = (at for at in range(begin, len(body)) if _ends(body[at], level if at > begin else 0))
    body = body[: next(ends, len(body))]
    end = next((at for at, line in enumerate(body) if _heading(line)[1] == "example"), len(body))
    after = body[end].number if end < len(body) else lines[-1].number
    last = body[-1].number if body else after
    sections = tuple(split(body[begin:end], after, partial(_kind, level)))
    first = sections[0].heading.number if sections else after
    example = tuple(line for line in every if after < line.number <= last)
    return Page(
        title=title,
        operation=lines[index],
        method=method,
        path=path,
        prose=tuple(line for line in body[:end] if line.number < first),
        sections=sections,
        end=after,
        is_announced=any(is_command(line) for line in example),
        example=example,
        markdown=True,
        models=tuple(line for line in every if line.number in shared),
    )


def read_models(page: Page) -> tuple[Node, ...]:
    """Return the types of a page that belong to no operation; without those that cannot be read."""
    found = []
    for root in _trees(Section("", page.operation, page.models, page.end)):
        with suppress(PageError):
            found.append(_member(root, ""))
    return tuple(found)


def fields(section: Section) -> tuple[Node, ...]:
    """Return the fields of a section, or the one type that is returned."""
    roots = list(_trees(section))
    if not roots:
        raise PageError(section.end, f"expected a field below {section.heading.text!r}")
    _check_indentation(roots)
    if section.kind != "returns" or _field(roots[0].line) is not None:
        return _fields(roots, f"a field of {section.heading.text!r}")
    members = tuple(_member(root, "") for root in roots)
    if len(members) == 1:
        return members
    union = Signature(section.heading.number, "", required=True, type=Union(()))
    return (Node(union, members=members),)


def _check_indentation(roots: Sequence[_Tree]) -> None:
    """Raise PageError if the fields of an object are beside it: a copy lost its indentation."""
    signatures = [] if any(root.below for root in roots) else [_field(root.line) for root in roots]
    for at, each in enumerate(signatures):
        kind = innermost(each.type) if each is not None else None
        if each is None or not isinstance(kind, Object) or not kind.names:
            continue
        beside = [other.name for other in signatures[at + 1 :] if other is not None]
        if tuple(beside[: len(kind.names)]) == kind.names:
            problem = f"expected the fields of {each.name!r} indented below it"
            raise PageError(each.line, f"{problem}; the page has lost its indentation")


@dataclass(frozen=True, slots=True)
class _Tree:
    """A bullet with the prose and the bullets below it."""

    line: Line
    prose: tuple[Line, ...]
    below: tuple[_Tree, ...]


def read_lines(text: str) -> Iterator[Line]:
    """Yield the lines of a page, without its fences; bullets with their depth.

    An indented heading belongs to the description of a field.
    """
    fences = Fences()
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if fences.read(raw):
            yield Line(number, "")
            continue
        line = raw if fences.opening else _ESCAPE.sub(r"\1", raw)
        bullet = None if fences.opening else _BULLET.fullmatch(line.rstrip())
        if bullet is None:
            is_code = fences.opening is not None or line.startswith("  #")
            yield Line(number, line.strip(), is_code=is_code)
        else:
            yield Line(number, bullet[2], len(bullet[1]) // _STEP)


def _heading(line: Line) -> tuple[int, str]:
    """Return the level of a heading and its text in lower case; 0 for any other line."""
    match = None if line.is_code or line.depth is not None else _HEADING.fullmatch(line.text)
    return (len(match[1]), match[2].lower()) if match else (0, "")


def _read_title(line: Line) -> int:
    """Return the level of a heading that may be the title of an operation; 0 for another line."""
    level, name = _heading(line)
    other = name in SECTIONS or name in MODELS or _NO_TITLES.fullmatch(name)
    return 0 if level > _TITLES or other else level


def _find_title(lines: Sequence[Line], operation: Line) -> tuple[Line, int]:
    """Return the heading above the method, and its level, or raise PageError."""
    for line in reversed(lines):
        level = _heading(line)[0] if line is lines[-1] else _read_title(line)
        if 0 < level <= _TITLES:
            return replace(line, text=line.text[level + 1 :]), level
        if line.text.startswith("`"):
            raise PageError(line.number, CLIENT_LIBRARY)
    raise PageError(operation.number, "expected a title such as '## List Things' above this line")


def _find_sections(lines: Sequence[Line]) -> int:
    """Return the index of the first heading that is not one of the description.

    That is the heading of a section, or one with fields below it.
    """
    last = 0
    for at, line in enumerate(lines):
        name = _heading(line)[1]
        if name in (*SECTIONS, *MODELS, "example", "parameters"):
            return at
        if line.depth is not None and _field(line) is not None:
            return last
        last = at if name else last
    return len(lines)


def _ends(line: Line, level: int) -> bool:
    """Return whether a line is a heading behind an operation: of types, or of something else."""
    own, name = _heading(line)
    is_part = own == level and (name in SECTIONS or name == "example")
    return name in MODELS or (0 < own <= level and not is_part)


def _kind(title: int, line: Line) -> str | None:
    """Return the kind of section that a heading begins; headings far below the title are prose."""
    level, name = _heading(line)
    if not level or (level > title + 2 and name not in SECTIONS):
        return None
    return section_kind(line, line.text[level + 1 :])


def _trees(section: Section) -> Iterator[_Tree]:
    """Yield the bullets at the left edge, with everything below them."""
    stray = next((line for line in section.lines[:1] if line.depth is None), None)
    if stray is not None and read_signature(stray.number, stray.text) is not None:
        raise PageError(stray.number, f"expected a bullet such as '- `{stray.text}`'")
    for line in section.lines if section.kind else ():
        if line.depth is None and _JOINED.match(line.text):
            raise PageError(line.number, f"expected nothing behind the field in {line.text!r}")
    starts_at = [at for at, line in enumerate(section.lines) if line.depth is not None]
    yield from _below(section.lines[starts_at[0] :] if starts_at else (), 0)


def _below(lines: Sequence[Line], depth: int) -> Iterator[_Tree]:
    if depth > MAX_DEPTH:
        raise PageError(lines[0].number, f"bullets nest deeper than {MAX_DEPTH}")
    if not lines:
        return
    starts = [at for at, line in enumerate(lines) if line.depth == depth]
    if not starts or starts[0] != 0:
        raise PageError(lines[0].number, f"expected a bullet indented by {depth * _STEP} spaces")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        inner = lines[start + 1 : end]
        first = next((at for at, line in enumerate(inner) if line.depth is not None), len(inner))
        yield _Tree(lines[start], tuple(inner[:first]), tuple(_below(inner[first:], depth + 1)))


def _field(line: Line) -> Signature | None:
    return read_signature(line.number, line.text)


def _fields(trees: Sequence[_Tree], expected: str) -> tuple[Node, ...]:
    nodes: dict[str, Node] = {}
    for tree in trees:
        signature = _field(tree.line)
        if signature is None:
            raise PageError(tree.line.number, f"expected {expected}, found {tree.line.text!r}")
        add(nodes, _node(tree, signature))
    return tuple(nodes.values())


def _member(tree: _Tree, owner: str) -> Node:
    text = _BARE_OBJECT.sub(r"\1", tree.line.text)
    signature = read_member(tree.line.number, text)
    if signature is None:
        problem = f"expected a member of {owner!r}" if owner else "expected a field or a type"
        raise PageError(tree.line.number, f"{problem}, found {tree.line.text!r}")
    return _node(tree, signature)


def _node(tree: _Tree, signature: Signature) -> Node:
    """Read a bullet and the lines below it: fields of an object, or members of a union.

    An object with fields that has nothing below it is printed in short.
    """
    constraints: list[Constraint] = []
    prose = [line for line in tree.prose if not read_listed(signature, line, constraints)]
    kind = innermost(signature.type)
    is_short = not tree.below and isinstance(kind, Object) and kind.count > 0
    node = Node(signature, tuple(constraints), tuple(prose), short=is_short)
    node = _read_below(tree.below, node) if tree.below else node
    check_default(node.signature, node.literals, node.constraints)
    return node


def _read_below(trees: Sequence[_Tree], node: Node) -> Node:
    signature = node.signature
    named = signature.name or signature.title
    if _field(trees[0].line) is not None:
        children = _fields(trees, f"a field of {named!r}")
        kind = with_fields(signature.type, tuple(child.name for child in children))
        node = replace(node, signature=replace(signature, type=kind), children=children)
        _check_names(node.signature, children)
        return node
    members = tuple(_member(each, named) for each in trees)
    if isinstance(signature.type, Constant):
        other = next((each for each in members if each.signature.type != signature.type), None)
        if other is not None:
            problem = f"expected only the value that line {signature.line} has"
            raise PageError(other.signature.line, problem)
        return node
    shown = regroup(signature, members)
    node = replace(node, signature=shown, members=members, printed=signature.type)
    _check_members(node)
    return node


def _check_names(signature: Signature, children: Sequence[Node]) -> None:
    kind = innermost(signature.type)
    if isinstance(kind, Named):
        return
    named = signature.name or signature.title
    if not isinstance(kind, Object):
        raise PageError(signature.line, f"fields below {named!r}, which is not an object")
    names = tuple(child.name for child in children)
    if names[: len(kind.names)] != kind.names or len(names) != kind.count:
        problem = f"the braces list {kind.count} fields, first {', '.join(kind.names)}"
        found = f"{len(names)}, first {', '.join(names[:3])}"
        raise PageError(signature.line, f"{problem}; below {named!r} are {found}")


def _check_members(node: Node) -> None:
    """Raise PageError if the list differs from the signature."""
    signature, kind = node.signature, innermost(node.signature.type)
    if isinstance(kind, Named):
        return
    if isinstance(kind, Enum):
        literals = node.literals
        expected = len(kind.literals) + kind.more
        fitting = literals[: len(kind.literals)] == kind.literals and len(literals) == expected
        if fitting and len(set(literals)) == expected:
            return
        problem = f"expected {expected} values, first {', '.join(kind.literals)}"
        raise PageError(signature.line, f"{problem}; found {', '.join(literals)}")
    if not isinstance(kind, Union | Both):
        named = signature.name or signature.title
        problem = f"a list below {named!r}, which is neither an enum nor a union"
        raise PageError(node.members[0].signature.line, problem)
