"""The tree of a page in the text layout: nesting is recovered by counting fields."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from docpact.capture.layout.constraints import Constraint, add_constraint, check_default
from docpact.capture.layout.lines import Line, Section, find_example_end
from docpact.capture.layout.signature import (
    LISTS,
    Array,
    Both,
    Enum,
    Map,
    Named,
    Object,
    Signature,
    Type,
    Union,
    innermost,
    member,
)
from docpact.capture.layout.signature import signature as read_signature
from docpact.capture.layout.tree import (
    MAX_DEPTH,
    Node,
    add,
    check_unlisted,
    count_covered,
    is_printed,
    list_alternatives,
    refine_type,
    regroup,
)
from docpact.errors import PageError

_RESULT: Final = re.compile(r"[A-Z]\w* (?:= \S.*|object \{.*\})")
"""The first line of a returned type."""


@dataclass(unsafe_hash=True)
class Undecided(Exception):
    """A type that may be printed in full or in short, or belong to either of two lists."""

    line: int


@dataclass(slots=True)
class SectionReader:
    """Reads sections in order, and remembers the named types that were printed in full.

    Attributes:
        is_bare: whether the page has no line above any list of values or members.
        choices: line of a type → whether it is printed in short, without its fields; or of a member
            → whether the list that is open inside another one ends before it; or, as a negative
            number, of a field → whether it is one that a type adds to those of another page, and
            of a member → whether it begins the list of the field above it.
        signatures: line → the field that it is read as; readings of the same page share them.
        members: line → the member of a union that it is read as; shared, too.
        known: name of a type → its braces, and the lines of its fields where all are printed.
    """

    is_bare: bool = False
    choices: Mapping[int, bool] = field(default_factory=dict)
    signatures: dict[int, Signature | None] = field(default_factory=dict)
    members: dict[int, Signature | None] = field(default_factory=dict)
    known: dict[str, tuple[Object, tuple[Line, ...]]] = field(default_factory=dict)

    def fields(self, section: Section) -> tuple[Node, ...]:
        """Return the fields of a section.

        Raises:
            PageError: a line is unexpected; the error names it.
            Undecided: the fields can be nested in two ways.
        """
        cursor = _Cursor(section.lines, section.end, self)
        nodes: dict[str, Node] = {}
        while not cursor.done:
            add(nodes, cursor.node(f"a field of {section.heading.text!r}"))
        if not nodes:
            raise PageError(section.end, f"expected a field below {section.heading.text!r}")
        return tuple(nodes.values())

    def read_returned(self, section: Section) -> tuple[Node, ...]:
        """Return the fields of a section, or the returned type as one node without a name.

        Several types are a union.
        """
        first = section.lines[0] if section.lines else None
        head = member(first.number, first.text) if first else None
        if head is None or isinstance(head.type, Named) or not section.lines:
            return self.fields(section)
        cursor = _Cursor(section.lines, section.end, self, is_result=True)
        nodes: dict[Type, Node] = {}
        while not cursor.done:
            line = cursor.lines[cursor.at]
            head = member(line.number, line.text)
            if head is None:
                problem = f"expected the end of the section, found {line.text!r}"
                raise PageError(line.number, problem)
            cursor.at += 1
            nodes.setdefault(head.type, cursor.read_below(head, 0))
        if len(nodes) == 1:
            return tuple(nodes.values())
        union = Signature(section.heading.number, "", required=True, type=Union(()))
        return (Node(union, members=tuple(nodes.values())),)


@dataclass(slots=True)
class _Cursor:
    """A position in the lines of one section."""

    lines: Sequence[Line]
    end: int
    reader: SectionReader
    at: int = 0
    is_result: bool = False
    expanding: list[str] = field(default_factory=list)
    expected: list[int] = field(default_factory=list)
    doubtful: list[Node] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return self.at == len(self.lines)

    def node(self, expected: str, depth: int = 0) -> Node:
        """Read a signature, the lines below it, and the fields that its braces list."""
        if self.done:
            raise PageError(self.end, f"the section ends here; expected {expected}")
        line = self.lines[self.at]
        signature = self._signature()
        if signature is None:
            raise PageError(line.number, f"expected {expected}, found {line.text!r}")
        self.at += 1
        return self.read_below(signature, depth)

    def read_below(self, signature: Signature, depth: int) -> Node:
        """Read the lines below a signature."""
        if depth > MAX_DEPTH:
            raise PageError(signature.line, f"objects nest deeper than {MAX_DEPTH}")
        if isinstance(innermost(signature.type), Both):
            problem = f"the fields of {signature.name or signature.title!r}, which has several"
            where = "text does not show how they are nested; capture the Markdown of the page"
            raise PageError(signature.line, f"{problem} types at once: {where}")
        written = self.lines[self.at - 1].text
        node = self._below(Node(signature), depth)
        kind = innermost(node.signature.type)
        if not isinstance(kind, Object):
            return node
        if written.startswith(f"{kind.title} = {kind.title} ") and self._adds_fields(kind):
            added = tuple(self._skip_own_fields(kind.title, depth))
            return replace(node, short=True, constraints=(*node.constraints, *added))
        if self._is_short(signature, kind):
            return replace(node, short=True)
        self.expanding.append(kind.title or signature.title)
        start = self.at
        children = self._children(signature, kind, depth + 1)
        self.expanding.pop()
        if kind.title:
            self.reader.known.setdefault(kind.title, (kind, tuple(self.lines[start : self.at])))
        return replace(node, children=children)

    def _adds_fields(self, kind: Object) -> bool:
        """Return whether the next field is not the first one that the braces of a type list."""
        head = None if self.done else self._signature()
        return head is not None and head.name not in kind.names[:1]

    def _skip_own_fields(self, title: str, depth: int) -> Iterator[Constraint]:
        """Skip the fields that a type adds to one of another page; yield each as a gap.

        There is at least one. Each further field may also belong behind the type, as a required
        field behind an optional one does.

        Raises:
            Undecided: a field may be one of them.
        """
        is_first, own = True, True
        while not self.done and (head := self._signature()) is not None and own >= head.required:
            if not is_first and -head.line not in self.reader.choices:
                raise Undecided(-head.line)
            if not (is_first or self.reader.choices[-head.line]):
                return
            is_first, own = False, head.required
            yield Constraint(head.line, "", f"the field {head.name}, which {title} adds")
            self.node("a field", depth + 1)

    def _is_short(self, signature: Signature, kind: Object) -> bool:
        """Return whether a named type is printed without its fields, which came before."""
        if not kind.title or not kind.count:
            return False
        if kind.title in self.expanding:
            return True
        known, fields = self.reader.known.get(kind.title, (None, ()))
        if known != kind:
            return False
        if (
            self.done
            or self.lines[self.at].text.partition(":")[0] != fields[0].text.partition(":")[0]
        ):
            return True
        texts = [line.text for line in fields]
        is_again = [line.text for line in self.lines[self.at : self.at + len(fields)]] == texts
        if is_again and (len(fields) > 1 or '"' in texts[0]):
            return False
        if signature.line not in self.reader.choices:
            raise Undecided(signature.line)
        return self.reader.choices[signature.line]

    def _children(self, owner: Signature, kind: Object, depth: int) -> tuple[Node, ...]:
        children: dict[str, Node] = {}
        named = owner.name or owner.title or "object"
        for number in range(kind.count):
            name = kind.names[number] if number < len(kind.names) else None
            of = f"of {named!r} (line {owner.line})"
            which = f"field {name!r} {of}" if name else f"field {number + 1} of {kind.count} {of}"
            child = self.node(which, depth)
            if name is not None and child.name != name:
                problem = f"expected {which}, found {child.name!r}"
                raise PageError(child.signature.line, problem)
            add(children, child)
        return tuple(children.values())

    def _below(self, node: Node, depth: int) -> Node:
        """Read prose, constraints and the list of a union up to the next signature or member."""
        constraints: list[Constraint] = []
        prose: list[Line] = []
        listed: tuple[Node, ...] | None = None
        while not self.done:
            line = self.lines[self.at]
            is_value = listed is None and self._begins_list(node.signature)
            if self._begins_part() and not is_value:
                break
            self.at += 0 if is_value else 1
            if is_value or line.text in LISTS:
                if listed is not None:
                    named = node.name or node.signature.title
                    raise PageError(line.number, f"a second list of values for {named!r}")
                listed = self._list(node.signature, depth)
            elif not add_constraint(node.signature, line, constraints):
                end = find_example_end(self.lines, self.at - 1)
                prose += self.lines[self.at - 1 : end]
                self.at = end
        own = node.signature
        own = replace(own, type=_of_members(own.type)) if listed else own
        node = replace(
            node,
            signature=regroup(own, listed),
            members=listed or (),
            constraints=tuple(constraints),
            prose=tuple(prose),
        )
        if listed is None:
            check_unlisted(node, None if self.done else self._signature())
        check_default(node.signature, node.literals, constraints)
        return node

    def _begins_list(self, owner: Signature) -> bool:
        """Return whether the current line is the first value or member of a type.

        Some copies have the list, but not the line above it.
        """
        kind, line = innermost(owner.type), self.lines[self.at]
        head = member(line.number, line.text) if isinstance(kind, Enum | Union | Named) else None
        if head is None:
            return False
        if isinstance(kind, Named):
            return self._begins_named(head)
        wanted = [*list_alternatives(refine_type(owner.type, head))]
        is_own = bool(owner.name or owner.title) or len(wanted) > 1
        first = next(iter(wanted), None)
        is_own &= is_printed(head.type, Enum((first,)) if isinstance(first, str) else first)
        return is_own and (len(wanted) > 1 or self._repeats_value(head))

    def _begins_named(self, head: Signature) -> bool:
        """Return whether a member begins the list of a type that is printed by its name alone."""
        parts = head.type.members if isinstance(head.type, Union) else (head.type,)
        is_enum = any(isinstance(each, Enum) for each in parts)
        if not any(self.expected) and (is_enum or not self.reader.is_bare):
            return is_enum
        may_begin = self.reader.is_bare and (is_enum or isinstance(head.type, Array | Object))
        return may_begin and self._is_own(head)

    def _repeats_value(self, head: Signature) -> bool:
        """Return whether a value is the only one of the field above it, printed again.

        It may also be a member of an outer list that is open. If nobody knows how many members that
        list has, it is both.
        """
        if self.expected and self.expected[-1] < 0:
            value = head.type.literals[0] if isinstance(head.type, Enum) else ""
            problem = f"whether {value!r} alone is a member, too"
            self.doubtful.append(Node(head, (Constraint(head.line, "", problem),)))
            return True
        return not any(self.expected) or self._is_own(head)

    def _is_own(self, head: Signature) -> bool:
        """Return whether a member begins the list of the field above it, not an outer list's."""
        if -head.line not in self.reader.choices:
            raise Undecided(-head.line)
        return self.reader.choices[-head.line]

    def _read_expected_member(self) -> Signature | None:
        """Return the current line as a member of a union if an open list expects one."""
        line, known = self.lines[self.at], self.reader.members
        if not any(self.expected):
            return None
        if line.number not in known:
            known[line.number] = member(line.number, line.text)
        return known[line.number]

    def _begins_part(self) -> bool:
        """Return whether the current line begins a field, a member, or another returned type."""
        is_result = self.is_result and _RESULT.fullmatch(self.lines[self.at].text) is not None
        return (
            is_result or self._signature() is not None or self._read_expected_member() is not None
        )

    def _list(self, owner: Signature, depth: int) -> tuple[Node, ...]:
        """Read as many members below `Accepts one of the following:` as the signature lists."""
        kind = innermost(owner.type)
        intro = self.lines[self.at - 1]
        if isinstance(kind, Named):
            return self._alternatives(owner, depth)
        if isinstance(kind, Object) and kind.title and kind.count:
            return self._alternatives(owner, depth, kind.count)
        if not isinstance(kind, Enum | Union):
            problem = f"a list of values for {owner.name!r}, which is neither an enum nor a union"
            raise PageError(intro.number, problem)
        self.expected.append(1)
        first = None if self.done else self._read_expected_member()
        self.expected.pop()
        wanted = deque(list_alternatives(refine_type(owner.type, first)))
        count = len(wanted) + (kind.more if isinstance(kind, Union) else 0)
        self.expected.append(count)
        found: list[Node] = []
        seen: set[Type] = set()
        while self.expected[-1] > 0:
            which = f"value {count - self.expected[-1] + 1} of {count} of {owner.name!r}"
            line = self.lines[self.at] if not self.done else Line(self.end, "")
            head = self._read_expected_member() if not self.done else None
            if head is None:
                raise PageError(line.number, f"expected {which}, found {line.text!r}")
            self.at += 1
            taken = count_covered(head, wanted, owner, line)
            self.expected[-1] = max(0, self.expected[-1] - taken)
            for _ in range(min(taken, len(wanted))):
                wanted.popleft()
            found.append(self.read_below(head, depth + 1))
            literal = found[-1].signature.type
            if literal in seen:
                raise PageError(line.number, f"expected {which}, found {line.text!r} again")
            seen |= {literal} if isinstance(literal, Enum) and len(literal.literals) == 1 else set()
        self.expected.pop()
        return tuple(found)

    def _alternatives(
        self, owner: Signature, depth: int, count: int | None = None
    ) -> tuple[Node, ...]:
        """Read the members of a type without a definition: so many, or all that follow."""
        self.expected.append(-1 if count is None else count)
        outer, self.doubtful = self.doubtful, []
        found: list[Node] = []
        while not self.done and len(found) != count:
            head = self._read_expected_member()
            is_last = count is None and bool(found) and any(self.expected[:-1])
            if head is None or (is_last and self._is_outside(head)):
                break
            self.at += 1
            self.expected[-1] -= 0 if count is None else 1
            found.append(self.read_below(head, depth + 1))
        self.expected.pop()
        doubtful, self.doubtful = self.doubtful, outer
        if not found or (count is not None and len(found) < count):
            problem = f"expected a member of {owner.name or owner.title!r} below this line"
            raise PageError(self.lines[self.at - 1].number, problem)
        listed = {each.signature.type for each in found}
        return (*found, *(each for each in doubtful if each.signature.type not in listed))

    def _is_outside(self, head: Signature) -> bool:
        """Return whether a member belongs to an outer list, although an inner one may continue."""
        if head.line not in self.reader.choices:
            raise Undecided(head.line)
        return self.reader.choices[head.line]

    def _signature(self) -> Signature | None:
        line, known = self.lines[self.at], self.reader.signatures
        if line.number not in known:
            known[line.number] = read_signature(line.number, line.text)
        return known[line.number]


def _of_members(kind: Type) -> Type:
    """Return a type in which one whose braces list members is an array of them."""
    if isinstance(kind, Array | Map):
        return replace(kind, of=_of_members(kind.of))
    return Array(Named(kind.title)) if isinstance(kind, Object) else kind
