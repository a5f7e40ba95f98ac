"""Facts that a page does not state, and examples that contradict the page."""

from __future__ import annotations

from collections.abc import Iterator

from docpact.capture.contract import DRAFT, Document, schema_document
from docpact.capture.layout.example import Body
from docpact.capture.layout.lines import PageGap
from docpact.capture.pages.readings import Reading, check_example, is_other_type, may_be_array
from docpact.errors import PageError


def make_response(reading: Reading) -> Document:
    """Return the schema of the response; empty if the page does not state it."""
    if reading.page.section("returns") is None or is_other_type(reading):
        return Document({"$schema": DRAFT})
    return schema_document(
        reading.nodes("returns"),
        reading.page.heading("returns"),
        nullable=True,
        named=reading.named,
        listed=None if may_be_array(reading) else reading.is_listed,
    )


def list_misfits(reading: Reading) -> Iterator[tuple[Body, PageError]]:
    """Yield each example body that does not fit a reading, with the first problem."""
    response = make_response(reading)
    for body in reading.bodies:
        try:
            check_example(reading, response.content, body)
        except PageError as error:
            yield body, error


def list_page_gaps(reading: Reading) -> Iterator[PageGap]:
    """Yield the facts that the whole page does not state, and the examples that contradict it."""
    page = reading.page
    line = page.heading("returns").number
    if page.markdown and page.sections and not reading.prints_limits:
        yield PageGap("", line, "limits and formats, of which docpact reads none here")
    if page.section("returns") is None:
        yield PageGap("", line, "the result: the page documents no fields of the response")
    elif is_other_type(reading):
        yield PageGap("", line, "the result: the example body is of another type than the fields")
    elif not page.markdown and not page.is_announced:
        yield PageGap("", page.end, "whether more fields follow: the page ends without an example")
    elif not reading.bodies:
        several = "whether the body is such an object or an array of them: no example"
        one = "an example body, which would confirm the fields"
        yield PageGap("", line, several if may_be_array(reading) else one)
    for each in reading.unreadable:
        yield PageGap("", each.line, each.problem)
    yield from reading.unused
    for body, error in list_misfits(reading):
        yield PageGap("", body.line, f"an example does not fit: line {error.line}: {error.problem}")
    form, has_section = reading.curl.form, page.section("body") is not None
    is_unread = form is not None and not form.fields
    if is_unread or ((form or reading.curl.body is not None) and not has_section):
        other = "a form or a file, which docpact does not read from this page"
        text = other if is_unread else "the page has no section Body Parameters"
        yield PageGap("", reading.curl.line, f"the request body: {text}")
