"""A month of nightly checks of a server that drifts, heals, flaps, is down and is slow.

    python benchmarks/month.py FOLDER

checks a real server on loopback once a night, with a different server behind the same name each
time, and writes to FOLDER the history, the output of `docpact history`, and the report. With
--pictures a headless Chromium takes screenshots of the report.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from servers.broken import BROKEN
from servers.defects import setting
from servers.jobs import make_jobs
from servers.loopback import Answer, Handler, Request, Server
from servers.reference import KEY, Api

import docpact
from docpact.conformance import check
from docpact.history.store import read_history, record
from docpact.model import Run
from docpact.model.history import build_timelines
from docpact.reports import history_report, page

FIRST: Final = datetime(2026, 11, 1, 3, tzinfo=UTC)
NAME: Final = "https://api.example.com"
JOBS: Final = make_jobs(60)
ISOLATION: Final = next(each for each in BROKEN if each.rule == "filter.isolation")


def serving(night: int) -> Handler:
    """Return the server of a night, from 1 to 30."""
    api = Api(JOBS)
    if 5 <= night <= 11 or night >= 28:
        api = setting("/status", "CANCELLED", at=3)(api)
    if night >= 8:
        api = setting("/usage", {"pages": 3})(api)
    if night in (13, 15, 16, 18, 26, 28):
        api = setting("/created_at", "yesterday", at=0)(api)
    handler: Handler = api
    if night == 30:
        handler = ISOLATION.defect(api)
    if night in (20, 21):
        handler = _down
    if night in (23, 24):
        handler = _slow(handler)
    return handler


def _down(_: Request) -> Answer:
    return Answer(503, (("Retry-After", "0"),))


def _slow(handler: Handler) -> Handler:
    def answer(request: Request) -> Answer:
        Event().wait(0.15)
        return handler(request)

    return answer


def check_night(number: int) -> Run:
    """Check the server of one night; return the run with that night's date and a fixed name."""
    with Server(serving(number)) as server:
        run = check(docpact.load("llamacloud/list_classify_jobs"), server.url, key=KEY)
        named = [
            replace(finding, reproduce=finding.reproduce.replace(server.url, NAME))
            for finding in run.findings
        ]
        reason = run.reason.replace(server.url, NAME)
    started = FIRST + timedelta(days=number - 1)
    return replace(run, target=NAME, findings=tuple(named), reason=reason, started=started)


def write_month(folder: Path) -> None:
    """Record thirty nights, and write the history as text and as a page."""
    file = folder / "history.sqlite"
    file.unlink(missing_ok=True)
    for number in range(1, 31):
        run = check_night(number)
        record(file, run, version=docpact.__version__)
        sys.stdout.write(f"{run.started:%Y-%m-%d}  {run.verdict().value}\n")
    (entries,) = read_history(file).series
    timelines = build_timelines(entries)
    text = history_report.render(entries, timelines)
    (folder / "history.txt").write_text(text, encoding="utf-8")
    text = page.render_history(entries, timelines, version=docpact.__version__)
    (folder / "report.html").write_text(text, encoding="utf-8")


@contextmanager
def _browser() -> Iterator[Callable[[Path, Path, int, str], None]]:
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def photograph(file: Path, out: Path, width: int, scheme: str) -> None:
            shown = browser.new_page(
                viewport={"width": width, "height": 860},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            shown.goto(file.resolve().as_uri())
            shown.screenshot(path=out)
            shown.close()

        yield photograph
        browser.close()


def main() -> None:
    """Simulate the month."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", action="store_true")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    write_month(args.folder)
    if args.pictures:
        with _browser() as photograph:
            report = args.folder / "report.html"
            photograph(report, args.folder / "report.png", 1000, "light")
            photograph(report, args.folder / "report-dark.png", 1000, "dark")
            photograph(report, args.folder / "report-phone.png", 360, "light")


if __name__ == "__main__":
    main()
