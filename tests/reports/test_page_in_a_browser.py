"""The HTML page in a real browser: read, clicked, tabbed through, on a phone, in the dark."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from history.entries import KEPT, PROMISE, entries_of, finding, run_of

from docpact.model import ApiRun, Level, Outcome
from docpact.model.history import build_timelines
from docpact.reports.page import render, render_history
from docpact.reports.view import Report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

OFFLINE = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]

CONTRAST = """
() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[0-9.]+/g).map(Number).map((part) => {
      part /= 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (!colour.startsWith("rgba") || !colour.endsWith(", 0)")) return light(colour);
    }
    return 1;
  };
  return [...document.querySelectorAll("main *")]
    .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((each) => !each.closest("svg"))
    .map((each) => {
      const pair = [light(getComputedStyle(each).color), behind(each)].sort((a, b) => b - a);
      return [(pair[0] + 0.05) / (pair[1] + 0.05), each.outerHTML.slice(0, 90)];
    })
    .filter(([ratio]) => ratio < 4.5);
}
"""
"""Texts whose contrast is below 4.5 to 1 (WCAG 2.2, success criterion 1.4.3)."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=OFFLINE)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wide = "/items/*/" + "wide" * 30
    long = "curl -sS -g " + "x" * 400
    other = finding("b" * 12, level=Level.ADDITIVE, location=wide, reproduce=long)
    known = finding("c" * 12, level=Level.NOTE, accepted="known")
    broken = replace(KEPT, outcome=Outcome.BROKEN)
    total = replace(PROMISE, location="/total")
    silent = replace(KEPT, promise=total, outcome=Outcome.NOT_TESTED, observations=0)
    last = run_of(finding(), other, known, results=(broken, silent))
    entries = entries_of([run_of(), run_of(finding()), run_of(reason="down"), last])
    out = tmp_path_factory.mktemp("page") / "report.html"
    out.write_text(render_history(entries, build_timelines(entries), version="1"), encoding="utf-8")
    return out


@pytest.fixture
def page(browser: Any, file: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Open the page, and fail for whatever it asks the network or complains of."""
    context = browser.new_context(**getattr(request, "param", {}))
    shown, wrong = context.new_page(), []
    shown.on("request", lambda asked: wrong.extend(_elsewhere(asked.url)))
    shown.on("console", lambda said: wrong.append(said.text))
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.goto(file.as_uri())
    yield shown
    context.close()
    assert wrong == []


def _elsewhere(url: str) -> list[str]:
    return [] if url.startswith("file:") else [url]


def test_a_finding_opens_by_click(page: Any) -> None:
    folded = page.locator("details.finding.note")
    command = folded.locator("pre")
    assert not command.is_visible()
    folded.locator("summary").click()
    assert command.is_visible()
    assert "curl" in command.inner_text()


def test_copy_takes_the_command_or_selects_it(page: Any) -> None:
    button = page.locator("button.copy").first
    button.click()
    sync_api.expect(button).to_have_text(re.compile("Copied|Selected"))


def test_the_tree_is_filtered_by_keyboard(page: Any) -> None:
    def shown() -> list[str]:
        return [str(each) for each in page.locator(".tree .place:visible").all_inner_texts()]

    page.get_by_text("All 2 promises of the contract").click()
    assert "total" in shown()
    broken = page.get_by_role("button", name="Broken")
    broken.focus()
    page.keyboard.press("Enter")
    assert broken.get_attribute("aria-pressed") == "true"
    assert shown() == ["body", "items", "*", "status"]
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert shown() == ["body", "total"]


def test_the_first_tab_leads_past_the_head(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the findings"
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("#findings"))


def test_headings_landmarks_and_names_for_a_screen_reader(page: Any) -> None:
    levels = [int(h.evaluate("e => e.tagName")[1]) for h in page.locator("h1,h2,h3,h4").all()]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("img", name="When each finding was seen").count() == 1
    assert page.locator("table:not(:has(caption))").count() == 0


@pytest.mark.parametrize(
    "page",
    [{"viewport": {"width": 360, "height": 740}}, {"viewport": {"width": 1280, "height": 800}}],
    indirect=True,
)
def test_nothing_is_wider_than_the_screen(page: Any) -> None:
    for summary in page.locator("details summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_name_of_an_operation_is_wider_than_a_phone(browser: Any, tmp_path: Path) -> None:
    name = "shop/" + "a_long_name" * 8
    runs = run_of(finding()), run_of(operation=name)
    run = ApiRun("shop", "mock", runs, {name: "POST"}, 1.0, is_whole=True)
    file = tmp_path / "report.html"
    file.write_text(render(Report(run, "1", strict=False)), encoding="utf-8")
    context = browser.new_context(viewport={"width": 360, "height": 740})
    shown = context.new_page()
    shown.goto(file.as_uri())
    fits = shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert fits


@pytest.mark.parametrize(
    "page", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True
)
def test_every_text_can_be_read_in_light_and_dark(page: Any) -> None:
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    assert page.evaluate(CONTRAST) == []


def test_dark_is_dark(browser: Any, file: Path) -> None:
    context = browser.new_context(color_scheme="dark")
    shown = context.new_page()
    shown.goto(file.as_uri())
    colour = shown.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    context.close()
    assert colour == "rgb(20, 23, 27)"


def test_print_shows_what_is_folded(page: Any) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details.finding pre").first.is_visible()
    assert not page.locator("button.copy").first.is_visible()
    assert len(page.pdf()) > 10_000


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_the_page_can_be_read_without_scripts(page: Any) -> None:
    folded = page.locator("details.finding.note")
    folded.locator("summary").click()
    assert folded.locator("pre").is_visible()
