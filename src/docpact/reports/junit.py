"""The run as JUnit XML: one test case for each promise, including those that were kept."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from docpact.model import ApiRun, Outcome, PromiseResult
from docpact.reports.terminal import describe
from docpact.reports.view import Report, View
from docpact.text import pluralize

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold (section 2.2)."""


def render(report: Report) -> str:
    """Return a run as JUnit XML.

    A promise that was not tested is skipped with the reason. A promise whose findings do not fail
    the run passes, with its findings as output. An inconclusive run is an error of the first case,
    `verdict`, so that no tool shows it as a pass. Operations without a test are skipped.
    """
    root = Element("testsuites", name="docpact")
    if report.run.is_whole:
        _add_whole(root, report.run)
    for view in report.views:
        _add_verdict(root, f"{view.run.operation} verdict", view.run.reason)
        _add_promises(root, view)
    for suite in root:
        _count(suite)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add_whole(root: Element, run: ApiRun) -> None:
    suite = _add_verdict(root, f"{run.name} operations", run.reason)
    for name, reason in run.not_tested.items():
        case = SubElement(suite, "testcase", classname="docpact", name=_legal(name))
        SubElement(case, "skipped", message=_legal(reason))
    if run.left_behind:
        text = "\n".join(f"left behind: {each}" for each in run.left_behind)
        SubElement(suite, "system-err").text = _legal(text)


def _add_promises(root: Element, view: View) -> None:
    for family, results in groupby(view.run.results, key=lambda each: each.promise.family):
        suite = SubElement(root, "testsuite", name=f"{view.run.operation} {family}")
        for result in results:
            name = _legal(str(result.promise))
            case = SubElement(suite, "testcase", classname=f"docpact.{family}", name=name)
            _fill(case, view, result)


def _add_verdict(root: Element, name: str, reason: str) -> Element:
    """Return a new suite, whose first case is an error if there is a reason."""
    suite = SubElement(root, "testsuite", name=name)
    case = SubElement(suite, "testcase", classname="docpact", name="verdict")
    if reason:
        SubElement(case, "error", message=_legal(f"inconclusive: {reason}"))
    return suite


def _fill(case: Element, view: View, result: PromiseResult) -> None:
    findings = view.run.findings_of(result.promise)
    failures = [finding for finding in findings if view.is_failure(finding)]
    text = _legal("\n".join(line for finding in findings for line in describe(finding)))
    match result.outcome:
        case Outcome.NOT_TESTED:
            SubElement(case, "skipped", message=_legal(view.run.not_tested))
        case Outcome.KEPT:
            tested = f"tested by {pluralize(result.observations, 'observation')}"
            SubElement(case, "system-out").text = tested
        case Outcome.BROKEN if failures:
            SubElement(case, "failure", message=_legal(failures[0].observed)).text = text
        case Outcome.BROKEN:
            SubElement(case, "system-out").text = text


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for attribute, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
