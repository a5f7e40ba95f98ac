"""The run as JUnit XML: one test case for each promise, kept ones included."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from docpact.model import Judgement, Outcome, Run, is_failure, outcome
from docpact.reports.terminal import describe
from docpact.text import counted

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold (section 2.2)."""


def render(run: Run, *, strict: bool = False) -> str:
    """Write a run as JUnit XML.

    A promise that was not tested is skipped with its reason; one whose findings do not fail
    the run passes, with its findings as output. A run without ground for a verdict is an
    error of the first case, `verdict`, so that nothing shows it as a pass.

    Args:
        run: what a check brought.
        strict: whether an additive finding counts as a failure.
    """
    root = Element("testsuites", name="docpact")
    _verdict(root, run)
    for family, group in groupby(run.judgements, key=lambda each: each.promise.family):
        _suite(root, run, family, list(group), strict=strict)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _verdict(root: Element, run: Run) -> None:
    suite = SubElement(root, "testsuite", name=f"{run.operation} verdict")
    case = SubElement(suite, "testcase", classname="docpact", name="verdict")
    if run.reason:
        SubElement(case, "error", message=_legal(f"inconclusive: {run.reason}"))
    _count(suite)


def _suite(
    root: Element, run: Run, family: str, judgements: list[Judgement], *, strict: bool
) -> None:
    suite = SubElement(root, "testsuite", name=f"{run.operation} {family}")
    for judgement in judgements:
        name = _legal(str(judgement.promise))
        case = SubElement(suite, "testcase", classname=f"docpact.{family}", name=name)
        found = run.findings_of(judgement.promise)
        failing = [finding for finding in found if is_failure(finding, strict=strict)]
        text = _legal("\n".join(line for finding in found for line in describe(finding)))
        match outcome(judgement):
            case Outcome.NOT_TESTED:
                SubElement(case, "skipped", message=_legal(run.not_tested))
            case Outcome.KEPT:
                SubElement(
                    case, "system-out"
                ).text = f"tested by {counted(judgement.judged, 'observation')}"
            case Outcome.BROKEN if failing:
                SubElement(case, "failure", message=_legal(failing[0].observed)).text = text
            case Outcome.BROKEN:
                SubElement(case, "system-out").text = text
    _count(suite)


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite)))
    for attribute, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
