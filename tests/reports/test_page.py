"""The HTML page: whatever a server sent is text there, and nothing else."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from history.entries import KEPT, PROMISE, entries_of, finding, run_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact.errors import MissingExtra
from docpact.model import ApiRun, Latency, Level, Run, Source
from docpact.model.history import build_timelines
from docpact.reports.page import render, render_history
from docpact.reports.view import Report

HOSTILE = [
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "'><img src=x onerror=alert(1)>",
    "</script></style><svg onload=alert(1)>",
    "<script>SCRIPT</script><style>STYLE</style>",
    "]]><!--",
    "&lt;b&gt;&#60;",
    "\x1b[31m\x9b2J",
    "\u202eeman\u2066",
    "\x00\ud800",
]


class Seen(HTMLParser):
    """The result of parsing a page: tags, attributes that run or load something, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.risky: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.risky += [
            pair
            for pair in attrs
            if pair[0].startswith("on") or pair[0] in ("src", "style", "href")
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(*runs: Run) -> str:
    entries = entries_of(runs)
    return render_history(entries, build_timelines(entries), version="1.2.3")


def hostile(text: str) -> Run:
    """Return a run that holds a text wherever a server has a hand in it."""
    promise = replace(PROMISE, location=f"/{text}", documented=text, source=Source(text, 90))
    found = finding(
        promise=promise,
        location=f"/items/*/{text}",
        observed=text,
        first=text,
        reproduce=text,
    )
    return run_of(
        found,
        replace(found, fingerprint="c" * 12, accepted=text),
        target=text,
        reason=text,
        unseen=(text,),
        remarks=(text,),
        left_out=(text,),
        latency=(Latency(text, 1, 0.1, 0.1),),
        results=(replace(KEPT, promise=promise),),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_server_sent_is_interpreted(text: str) -> None:
    page, plain = page_of(hostile(text)), page_of(hostile(re.sub(r"[^/]", "x", text)))
    seen, harmless = Seen(page), Seen(plain)
    assert seen.tags == harmless.tags
    assert seen.risky == harmless.risky == [("href", "#findings")]
    assert all(char.isprintable() or char == "\n" for char in page)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=examples(50))
@given(st.text(st.characters(codec=None), max_size=30))
def test_no_text_at_all_is_interpreted(text: str) -> None:
    seen = Seen(page_of(hostile(text)))
    assert seen.risky == [("href", "#findings")]
    assert (seen.tags.count("script"), seen.tags.count("style")) == (1, 1)


def test_the_headline_names_what_is_new_since_the_run_before() -> None:
    leak = finding("b" * 12, observed="65 items of another project", location="query/project_id")
    leak = replace(leak, promise=replace(PROMISE, rule="filter.isolation", security=True))
    more = finding("c" * 12, level=Level.ADDITIVE)
    of_others = "65 items of another project at query/project_id (filter.isolation, security)"
    pages = {
        "No findings.": [run_of()],
        '1 finding: "B" at /items/*/status (response.enum).': [run_of(finding())],
        '2 findings: "B" at /items/*/status (response.enum), and 1 more.': [
            run_of(more, finding())
        ],
        f"2 findings: {of_others}, and 1 more.": [run_of(finding(), leak)],
        "Nothing new since 2026-11-01; no findings.": [run_of(), run_of()],
        "Nothing new since 2026-11-01; no findings, 1 healed.": [run_of(finding()), run_of()],
        "Nothing new since 2026-11-01; 1 finding known before.": [run_of(finding())] * 2,
        f"1 new since 2026-11-01: {of_others}.": [
            run_of(finding()),
            run_of(finding(), leak),
        ],
    }
    for headline, runs in pages.items():
        assert headline in Seen(page_of(*runs)).text


def test_new_and_breaking_findings_are_unfolded() -> None:
    note = finding("b" * 12, level=Level.NOTE)
    fresh = finding("c" * 12, level=Level.NOTE)
    page = page_of(run_of(finding(), note), run_of(finding(), note, fresh))
    folded = re.findall(r'<details class="finding (\w+)"( open)?>', page)
    assert folded == [("breaking", " open"), ("note", " open"), ("note", "")]


def test_the_card_of_an_api_leads_to_the_new_findings_first() -> None:
    old, fresh = finding(), finding("b" * 12, observed="200 to x=1", level=Level.NOTE)
    runs = (run_of(operation="shop/quiet"), run_of(old, fresh, operation="shop/list_orders"))
    whole = ApiRun("shop", "mock", runs, {"shop/find": "no id"}, is_whole=True)
    marks = {old: "standing since 2026-01-01", fresh: "new since 2026-03-01"}
    states = {("shop/list_orders", each.fingerprint): text for each, text in marks.items()}
    page = render(Report(whole, "1", states=states))
    card, rest = page.split("</header>")
    order = [card.index(each) for each in (marks[fresh], "200 to x=1", marks[old])]
    assert order == sorted(order)
    assert re.findall(r"<b>(\d+)</b> (\w+ing|not tested)<", card) == [
        ("1", "conforming"),
        ("1", "drifting"),
        ("1", "not tested"),
    ]
    (place,) = {each for each in re.findall(r'href="#([^"]+)"', card) if "/" in each}
    assert f'id="{place}"' in rest
    assert rest.index("shop/list_orders") < rest.index("Without findings (1)")


def test_the_page_needs_nothing_but_itself() -> None:
    page = page_of(run_of(finding()))
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "").replace("https://toys.example", "")


def test_the_documented_line_is_beside_the_observation() -> None:
    text = Seen(page_of(run_of(finding()), run_of(finding()))).text
    assert 'line 90: status: "A"' in text
    assert "standing since 2026-11-01" in text
    assert "curl -sS -g https://toys.example/v1/lamps" in text


def test_accepted_findings_have_a_section_with_their_reasons() -> None:
    text = Seen(page_of(run_of(finding(accepted="the vendor knows")))).text
    assert "Accepted (1): known findings that do not fail the run" in text
    assert "the vendor knows" in text
    assert "Breaking:" not in text


def test_an_inconclusive_run_is_never_shown_as_a_pass() -> None:
    down = run_of(reason="cannot reach it", results=())
    seen = Seen(page_of(run_of(), down))
    assert "? inconclusive" in seen.text
    assert "Reason: cannot reach it" in seen.text
    page = page_of(run_of(), down)
    assert re.findall(r'"verdict (\w+)"', page) == ["inconclusive"]
    assert "This run shows nothing: cannot reach it." in seen.text
    assert "fill hatched" in page


@pytest.mark.parametrize("count", [1, 2, 365])
def test_a_page_of_any_number_of_runs(count: int) -> None:
    page = page_of(*(run_of(*([finding()] if day % 3 else [])) for day in range(count)))
    assert Seen(page).tags.count("figure") == (0 if count == 1 else 3)
    assert Seen(page).tags.count("ol") == (0 if count == 1 else 1)
    assert len(page) < 1_000_000


def test_without_the_template_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=r"pip install 'docpact\[report\]'"):
        page_of(run_of())
