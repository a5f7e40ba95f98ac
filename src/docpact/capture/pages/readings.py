"""The readings of a page: its sections as trees, its named types, and its examples."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final

from docpact.bodies.validate import Violation, validate
from docpact.capture.layout import lines, markdown
from docpact.capture.layout.constraints import CONSTRAINTS
from docpact.capture.layout.example import Body, Unreadable, read_bodies
from docpact.capture.layout.lines import Page, PageGap
from docpact.capture.layout.nesting import SectionReader, Undecided
from docpact.capture.layout.signature import (
    LISTS,
    Array,
    Map,
    Named,
    Scalar,
    Signature,
    Type,
    Union,
    Unknown,
    signature,
)
from docpact.capture.layout.tree import (
    Node,
    Sections,
    fill_lists,
    is_complete,
    list_every,
    name_types,
    type_name,
)
from docpact.capture.normalize.copies import as_typed
from docpact.capture.pages.parts import find_layout
from docpact.capture.requests.alternatives import find_alternatives, find_documented
from docpact.capture.requests.curl import Curl, read_curl
from docpact.capture.statements import components
from docpact.capture.statements.statement import list_all
from docpact.capture.statements.types import make_nodes, place_fields
from docpact.errors import PageError
from docpact.model.operation import SECURITY

MAX_TRIED: Final = 500
"""Maximum number of readings of one page that are tried."""

MAX_READINGS: Final = 64
"""Maximum number of readings of one page that fit its braces."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way of reading a page.

    Attributes:
        sections: kind → its fields; `returns` may be one node without a name.
        named: name of a type → the node that prints it in full.
        unreadable: the example bodies that are not JSON.
        unused: the parts of the page that cannot be used.
    """

    text: str
    page: Page
    sections: Mapping[str, tuple[Node, ...]]
    named: Mapping[str, Node]
    curl: Curl
    bodies: tuple[Body, ...]
    unreadable: tuple[Unreadable, ...] = ()
    unused: tuple[PageGap, ...] = ()

    def nodes(self, kind: str) -> tuple[Node, ...]:
        """Return the fields of a section; none where the page has no such section."""
        return self.sections.get(kind, ())

    @property
    def has_body(self) -> bool:
        """Whether the page shows a response body."""
        return self.page.section("returns") is not None or bool(self.bodies)

    @property
    def prints_limits(self) -> bool:
        """Whether the page prints a limit, a format or a default."""
        every = list_every(chain.from_iterable(self.sections.values()))
        return any(node.constraints for node in every)

    @property
    def is_listed(self) -> bool:
        """Whether the fields or types below Returns describe the elements of an array.

        Both layouts may look the same in both cases, so the example body decides.
        """
        nodes = self.nodes("returns")
        kind = nodes[0].signature.type if nodes and not nodes[0].name else None
        may_be_listed = bool(nodes) and not isinstance(kind, Array | Unknown | Scalar)
        listed = [body.value if isinstance(body.value, list) else [None] for body in self.bodies]
        is_list = [all(isinstance(each, dict) for each in values) for values in listed]
        is_list = is_list or [body.is_array for body in self.unreadable]
        return may_be_listed and bool(is_list) and all(is_list)


_LIST_TITLE: Final = re.compile(r"(list|search|find|query|get all|all)\b", re.IGNORECASE)


_WRAPPER: Final = re.compile(
    r"data|success|offset|has_?(next|more)\w*|(next|prev\w*)_?(page|cursor|token|link|uri)\w*"
    r"|page_?(size|token|number|info)|total_?(count|items|pages|results|elements)",
    re.IGNORECASE,
)
"""Names of fields of an answer as a whole, which the elements of a list do not have."""

_LIST: Final = re.compile(r"items|results?|records|entries|values|content|rows|list", re.IGNORECASE)
"""Names of the list in an answer."""


def _is_of_answer(node: Node) -> bool:
    """Return whether a field belongs to an answer as a whole, not to each element of a list."""
    is_list = isinstance(node.signature.type, Array) and _LIST.fullmatch(node.name) is not None
    return is_list or _WRAPPER.fullmatch(node.name) is not None


def may_be_array(reading: Reading) -> bool:
    """Return whether the fields, or forms, below Returns may be those of the elements of an array.

    Markdown prints both in the same way, so without an example the body of a list is unknown,
    unless one of its fields is an array. A page whose objects have rows of their own never shows
    an array around them.
    """
    nodes = reading.nodes("returns")
    if reading.page.prints_owners:
        return bool(nodes) and not (
            reading.page.path.endswith("}") or any(map(_is_of_answer, nodes))
        )
    is_whole = bool(nodes) and (bool(nodes[0].name) or isinstance(nodes[0].signature.type, Union))
    has_array = any(isinstance(node.signature.type, Array | Map) for node in nodes)
    is_shown = bool(reading.bodies or reading.unreadable)
    is_open = reading.page.markdown and not is_shown and is_whole and not has_array
    return is_open and _LIST_TITLE.match(reading.page.title.text) is not None


def is_other_type(reading: Reading) -> bool:
    """Return whether Markdown has fields below Returns, but examples that are not objects."""
    nodes = reading.nodes("returns")
    is_object = bool(nodes) and bool(nodes[0].name) and not reading.is_listed
    values = [body.value for body in reading.bodies]
    others = [value for value in values if not isinstance(value, dict)]
    return reading.page.markdown and is_object and bool(values) and others == values


def readings(text: str) -> list[Reading]:
    """Return every reading of a page; the Markdown layout has at most one."""
    text = as_typed(text)
    layout = find_layout(text)
    stated, server = None, ""
    if layout is components:
        page, stated, server = components.read(text)
    else:
        page = layout.read(text)
    _check_prose(page)
    curl = find_alternatives(page, read_curl(page) if stated is None else _read_written(page))
    if server and not curl.server:
        curl = replace(curl, server=server, gaps=_without_server(curl))
    found = read_bodies(page, curl.end)
    bodies = tuple(each for each in found if isinstance(each, Body))
    unreadable = tuple(each for each in found if isinstance(each, Unreadable))
    if stated is not None:
        rows, unused = {**stated.stated}, list(stated.gaps)
        placed = place_fields(rows.get("returns", ()), bodies, unreadable)
        if placed is None and rows.get("returns"):
            line = rows.pop("returns")[0].line
            page = replace(page, sections=tuple(e for e in page.sections if e.kind != "returns"))
            problem = f"none is at the top of the example body on line {found[0].line}"
            unused.append(PageGap("", line, f"where the fields are: {problem}"))
        rows |= {"returns": placed} if placed else {}
        sections: Sections = {kind: make_nodes(each) for kind, each in rows.items()}
        fields = list_all(rows.get("returns", ()))
        if number := sum(each.required is None for each in fields):
            heading = page.heading("returns").number
            unused.append(PageGap("", heading, f"whether {number} fields are always present"))
        curl = find_documented(curl, sections)
        return [Reading(text, page, sections, {}, curl, bodies, unreadable, tuple(unused))]
    shown = {"returns": [body.value for body in bodies]}
    shown |= {"body": [curl.body.value]} if curl.body is not None else {}
    made = []
    for read in map(fill_lists, _sections(page)):
        sections = _show_arrays(read, shown)
        named, curl_here = _name_types(page, sections), find_documented(curl, sections)
        made.append(Reading(text, page, sections, named, curl_here, bodies, unreadable))
    return made


def _read_written(page: Page) -> Curl:
    """Return the facts of the command on a page, none if it is for another request."""
    try:
        return read_curl(page)
    except PageError as error:
        gap = PageGap("/server", error.line, f"the server and the credential: {error.problem}")
        return Curl(page.operation.number, gaps=(gap,))


def _show_arrays(sections: Sections, shown: Mapping[str, Sequence[Any]]) -> Sections:
    """Return sections in which a type is an array if all examples of it are."""
    evidence: dict[str, bool] = {}
    for kind, nodes in sections.items():
        for title, is_array in _list_evidence(nodes, shown.get(kind, ())):
            evidence[title] = is_array and evidence.get(title, True)
    arrays = {title for title, is_array in evidence.items() if is_array}
    return {kind: _write_arrays(nodes, arrays) for kind, nodes in sections.items()}


def _list_evidence(nodes: Sequence[Node], values: Sequence[Any]) -> Iterator[tuple[str, bool]]:
    """Yield the name of each type without braces, and whether its example is an array."""
    objects = [each for each in _flatten(values) if isinstance(each, dict)]
    for node in nodes:
        kind, found = node.signature.type, values
        if node.name:
            found = [value[node.name] for value in objects if value.get(node.name) is not None]
            if isinstance(kind, Named):
                yield from ((kind.title, isinstance(each, list)) for each in found)
        inner = [*_flatten([_contents(kind, each) for each in found])]
        yield from _list_evidence((*node.children, *node.members), inner)


def _write_arrays(nodes: Sequence[Node], arrays: Collection[str]) -> tuple[Node, ...]:
    written = []
    for node in nodes:
        kind = node.signature.type
        is_array = bool(node.name) and isinstance(kind, Named) and kind.title in arrays
        signature = replace(node.signature, type=Array(kind) if is_array else kind)
        children = _write_arrays(node.children, arrays)
        members = _write_arrays(node.members, arrays)
        written.append(replace(node, signature=signature, children=children, members=members))
    return tuple(written)


def _flatten(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _flatten(each)
    else:
        yield value


def _name_types(page: Page, sections: Sections) -> Mapping[str, Node]:
    """Return the named types of an operation, and types of the page that it prints in short."""
    named = name_types(sections)
    if not page.models or all(is_complete(each) for nodes in sections.values() for each in nodes):
        return named
    models = markdown.read_models(page)
    whole = {name: node for node in models if (name := type_name(node))}
    return {**name_types({"models": models}), **whole, **named}


def _without_server(curl: Curl) -> tuple[PageGap, ...]:
    """Return the gaps of a page that names its server elsewhere than in an example."""
    open_credential = PageGap(SECURITY, curl.line, "the credential: the page has no curl example")
    others = tuple(gap for gap in curl.gaps if gap.pointer != "/server")
    return others if curl.end else (open_credential, *others)


def _sections(page: Page) -> Iterator[Mapping[str, tuple[Node, ...]]]:
    if page.markdown:
        yield {section.kind: markdown.fields(section) for section in page.sections}
        return
    found: list[Mapping[str, tuple[Node, ...]]] = []
    problem: PageError | None = None
    waiting: list[dict[int, bool]] = [{}]
    signatures: dict[int, Signature | None] = {}
    members: dict[int, Signature | None] = {}
    is_bare = not any(line.text in LISTS for each in page.sections for line in each.lines)
    for _ in range(MAX_TRIED):
        if not waiting or len(found) == MAX_READINGS:
            break
        choices = waiting.pop()
        reader = SectionReader(is_bare, choices, signatures, members)
        try:
            found.append(
                {
                    section.kind: (
                        reader.read_returned(section)
                        if section.kind == "returns"
                        else reader.fields(section)
                    )
                    for section in page.sections
                }
            )
        except Undecided as undecided:
            waiting += [{**choices, undecided.line: choice} for choice in (True, False)]
        except PageError as error:
            problem = problem or error
    if not found and problem is not None:
        is_cut = not page.is_announced
        raise PageError(page.end, lines.cut_short(page.title)) if is_cut else problem
    yield from found


def _check_prose(page: Page) -> None:
    """Raise PageError for a field before the first heading: its heading is missing."""
    for line in page.prose:
        if signature(line.number, line.text) is not None:
            problem = f"expected a heading such as 'Query Parameters' above {line.text!r}"
            raise PageError(line.number, problem)


class NearError(PageError):
    """An example that shows the same nesting, but breaks a limit or lacks a field."""


def check_example(reading: Reading, schema: Mapping[str, Any], body: Body) -> None:
    """Raise PageError unless an example body fits a reading of its page.

    An example may leave out optional fields. If it also has a field too many, the reading nests the
    fields wrongly.

    Raises:
        NearError: a value breaks a limit or a format, or a field that may be null is missing, and
            everything else fits.
        PageError: only one of the two has a field, or a value does not fit its type.
    """
    nodes = reading.nodes("returns")
    if nodes and nodes[0].name:
        _check_fields(nodes, body.value, "", body, reading.page.sections[-1].end)
    validation = validate(schema, body.value)
    near = [each for each in validation.violations if each.keyword in (*CONSTRAINTS, "required")]
    for violation in validation.violations:
        if violation not in near:
            raise PageError(body.line, _describe_misfit(violation))
    for extra in validation.undocumented:
        problem = f"the example body has {extra.pointer}, which is not documented above"
        raise PageError(body.line, problem)
    for violation in near:
        raise NearError(body.line, _describe_misfit(violation))


def _describe_misfit(violation: Violation) -> str:
    problem = f"{violation.pointer or 'it'}: {violation.documented}"
    return f"the example body does not fit: {problem}; found {violation.observed}"


def _check_fields(nodes: Sequence[Node], value: Any, where: str, body: Body, end: int) -> None:
    if isinstance(value, list):
        for item in value:
            _check_fields(nodes, item, where, body, end)
    elif isinstance(value, dict):
        _check_names(nodes, value, where, body, end)
        for node in nodes:
            if node.children and node.name in value:
                inner = _contents(node.signature.type, value[node.name])
                _check_fields(node.children, inner, f"{where}/{node.name}", body, end)


def _contents(kind: Type, value: Any) -> Any:
    """Return the contents of the arrays and maps of a type, as nested lists."""
    if not isinstance(kind, Array | Map):
        return value
    if isinstance(value, dict):
        value = list(value.values())
    return [_contents(kind.of, each) for each in value] if isinstance(value, list) else value


def _check_names(
    nodes: Sequence[Node], value: Mapping[str, Any], where: str, body: Body, end: int
) -> None:
    known = {node.name for node in nodes}
    unknown = [name for name in value if name not in known]
    for node in nodes:
        is_needed = node.signature.required and not node.signature.nullable
        if node.name not in value and (unknown or is_needed):
            instead = f", which has {unknown[0]!r} there" if unknown else ""
            problem = f"{where}/{node.name} is not in the example body (line {body.line}){instead}"
            raise PageError(node.signature.line, problem)
    if unknown:
        last = nodes[-1].signature.line if nodes else end
        problem = f"expected a field {unknown[0]!r} by now: the example body (line {body.line}) has"
        raise PageError(last, f"{problem} {where}/{unknown[0]}")
