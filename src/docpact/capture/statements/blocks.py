"""Blocks of code on a page: commands, requests in HTTP, and example bodies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from docpact.capture.layout.command import close_command, find_status, write_command
from docpact.capture.layout.headings import STATUS, name_place
from docpact.capture.layout.lines import Line
from docpact.capture.statements.operations import find_operation
from docpact.capture.statements.statement import Statements
from docpact.model.path import names

_MESSAGE: Final = re.compile(r"HTTP/[0-9.]+ ([1-5][0-9]{2})\b.*")
"""The first line of a response of HTTP."""


def read_block(lines: Sequence[Line], start: int, info: str, found: Statements) -> int:
    """Keep a fenced block that is a curl command or an example body; return what follows it."""
    end = start
    while end < len(lines) and lines[end].is_code:
        end += 1
    block = close_command(lines[start:end], end < len(lines))
    only_status, message = find_status(block), block and _MESSAGE.fullmatch(block[0].text)
    if message:
        info = f"{info} response {message[1]}"
        block = block[next((at for at, line in enumerate(block) if not line.text), len(block)) :]
    while block and (not block[0].text or block[0].text.startswith("# ")):
        block.pop(0)
    block = _write_request(block, found)
    first = block[0].text if block else ""
    last = "" if found.example_of else found.last_heading
    labels = f"{info} {last}".lower()
    status = next((int(each) for each in STATUS.findall(labels)), found.status)
    is_error = "error" in labels or "default response" in labels
    is_response = found.example_of == "Response" or (
        not (found.example_of or is_error)
        and (found.place == "returns" or "respon" in labels or "returns json" in labels)
    )
    is_part = not name_place(last) and found.find_owners(last, "returns")
    is_alone = found.is_read and not (found.example_of or found.is_about or found.is_aside)
    is_response |= is_alone and labels == f"json  {last}".lower() and not found.is_answered
    is_xml = first.startswith("<") and ("xml" in info.lower() or first.startswith("<?xml"))
    if is_xml or first[:1] in ("{", "["):
        found.shown.setdefault(found.place, set()).add("XML" if is_xml else "JSON")
    is_curl = first.startswith("curl ") and not any(
        line.text.startswith("curl ") for line in found.example
    )
    if is_curl and block[0].number >= found.command:
        found.example[:0] = block
    elif found.place == "returns" and only_status:
        found.enter(f"####### Response {only_status}")
    elif is_response and not is_part and first[:1] in "{[" and first and status // 100 in (0, 2):
        label = f"# Response ({status})" if status else "# Response"
        found.example += [Line(block[0].number, label), *block]
    elif first[:1] in ("{", "[") and not (is_response or is_error) and _may_be_sent(found):
        found.body_example = found.body_example or block[0].number
    return end + 1


def _write_request(block: list[Line], found: Statements) -> list[Line]:
    """Return a request of the operation in HTTP as a command; any other block as it is."""
    stated = find_operation(Line(0, block[0].text)) if block else None
    if stated is None or stated[0] != found.method or not {*names(stated[1])} <= {*found.in_path}:
        return block
    command, is_sent = write_command(block, *stated)
    if is_sent:
        found.body_example = found.body_example or block[0].number
    return command


def _may_be_sent(found: Statements) -> bool:
    """Return whether an example of no known kind may be that of the request body."""
    is_open = not (found.place or found.is_aside or found.is_read or found.is_answered)
    return found.place == "body" or (is_open and not found.example_of)
