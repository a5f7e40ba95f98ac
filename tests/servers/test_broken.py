"""Each of these servers breaks one promise, and docpact finds this breach and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import attrgetter

import pytest
from servers.broken import BROKEN
from servers.broken_stability import HAPHAZARD
from servers.defects import answering
from servers.jobs import make_jobs
from servers.reference import Api
from servers.zoo import Broken
from sizes import sample

from docpact.model import Finding, Level, Operation, Run, Verdict
from docpact.rules import RULES, promises
from docpact.targets.connections import Concurrency

TIMED = {"protocol.slow"}
"""Rules that only a slow server breaks; hand-made exchanges test them."""

OF_OTHER_LISTS = {"paging.fields"}
"""Rules about fields that these servers do not show; `test_page_fields.py` has broken lists."""


def is_the_one(finding: Finding, broken: Broken) -> bool:
    return (finding.rule, finding.location) == (broken.rule, broken.location)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the whole zoo, or one server for each rule and every thirtieth of the others.

    Of these, 23 in 24 are slow, so that a local run takes only the others.
    """
    if "defective" in metafunc.fixturenames:
        whole = metafunc.config.getoption("--whole-zoo")
        firsts = {broken.rule: broken for broken in reversed(BROKEN)}
        few = [b for n, b in enumerate(BROKEN) if n % 30 == 0 or firsts[b.rule] is b]
        chosen = sample(BROKEN if whole else few, 48, attrgetter("name"))
        metafunc.parametrize("defective", chosen)


def test_the_defect_is_found_and_nothing_else(
    defective: Broken, check_server: Callable[..., Run]
) -> None:
    run = check_server(defective.handler())
    found = {
        (finding.rule, finding.level, finding.location)
        for finding in run.findings
        if (finding.level is not Level.NOTE or defective.level is Level.NOTE)
        and (finding.rule not in defective.also or is_the_one(finding, defective))
    }
    texts = [finding.observed for finding in run.findings if finding.rule == defective.rule]
    assert found == {(defective.rule, defective.level, defective.location)}
    assert [text for text in texts if defective.observed in text] == texts
    assert run.verdict() is (
        Verdict.DRIFT if defective.level is Level.BREAKING else Verdict.CONFORMS
    )


@pytest.mark.parametrize("broken", sample(BROKEN[::6], 40, attrgetter("name")))
def test_the_family_of_a_rule_finds_its_defect_alone(
    broken: Broken, check_server: Callable[..., Run]
) -> None:
    family = broken.rule.partition(".")[0]
    run = check_server(broken.handler(), families={family})
    assert any(is_the_one(finding, broken) for finding in run.findings)


def test_refused_long_lists_of_ids_are_a_remark(check_server: Callable[..., Run]) -> None:
    refuse = answering(414, lambda request: len(request.values("job_ids")) > 8)
    run = check_server(refuse(Api(make_jobs(30))))
    assert run.verdict() is Verdict.CONFORMS
    assert "414 to 30 values of job_ids, which the documentation does not exclude" in run.remarks


@pytest.mark.slow
@pytest.mark.parametrize("broken", HAPHAZARD, ids=attrgetter("name"))
def test_intermittent_defects_are_found(broken: Broken, check_server: Callable[..., Run]) -> None:
    run = check_server(broken.handler(), concurrency=Concurrency(1))
    found = {finding.rule for finding in run.findings if finding.level is not Level.NOTE}
    assert found
    assert found <= broken.also
    assert run.verdict() is Verdict.DRIFT


def test_every_rule_of_the_contract_has_a_broken_server(operation: Operation) -> None:
    used = {promise.rule for promise in promises(operation)}
    assert used - TIMED - OF_OTHER_LISTS == {broken.rule for broken in BROKEN}


def test_records_have_the_levels_of_the_rules() -> None:
    levels = {rule.id: rule.level for rule in RULES}
    assert [broken for broken in BROKEN if levels[broken.rule] is not broken.level] == []


def test_names_are_unique() -> None:
    assert Counter(broken.name for broken in BROKEN).most_common(1)[0][1] == 1
