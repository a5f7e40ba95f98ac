"""Each of these clients breaks a promise, and the gate names that one and no other of its rule."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest
from clients.broken import BROKEN, Broken
from clients.correct import Urllib3Client
from clients.fault_kinds import Fault, on_status, raising
from clients.faults import FAULTS
from clients.plain import OPERATION, ApiError, Plain
from sizes import sample

from docpact.client_gate import RULES, Client, PythonCaller, gate, member, promises
from docpact.model import Outcome


def caller(client: type[Plain]) -> PythonCaller:
    def ask(opened: Any, query: Any) -> Any:
        return opened.walk(query)

    return PythonCaller("", OPERATION, client, ask, member, member, (ApiError,))


@pytest.mark.slow
@pytest.mark.sampled(6)
@pytest.mark.parametrize("broken", sample(BROKEN, 12, attrgetter("name")))
def test_the_promise_is_named(broken: Broken) -> None:
    client = Client("", (caller(broken.client),))
    only = [str(promise) for promise in promises(OPERATION) if promise.rule == broken.rule]
    done = gate(OPERATION, client, only=only, patience=broken.patience)
    found = {str(each.promise) for each in done.run.results if each.outcome is Outcome.BROKEN}
    assert found == {name for name in broken.promises if name.startswith(broken.rule)}


class Totals(Urllib3Client):
    """Holds whole numbers as doubles."""

    def page(self, query: str) -> dict[str, Any]:
        page = super().page(query)
        return {**page, "total_size": float(page.get("total_size") or 0)}


class SomeTotals(Urllib3Client):
    """Reads a total of 0 as none."""

    def page(self, query: str) -> dict[str, Any]:
        page = super().page(query)
        return {**page, "total_size": page.get("total_size") or None}


@pytest.mark.parametrize(
    ("client", "broken"), [(Urllib3Client, False), (Totals, True), (SomeTotals, True)]
)
def test_a_total_beyond_what_a_double_holds_or_of_0(
    client: type[Urllib3Client], broken: bool
) -> None:
    def ask(opened: Urllib3Client, query: Any) -> Any:
        return opened.walk(**query)

    build = PythonCaller("", OPERATION, client, ask, member, member, (ApiError,))
    done = gate(OPERATION, Client("", (build,)), only=["client.fidelity /total_size"])
    (result,) = done.run.results
    assert (result.observations, result.outcome is Outcome.BROKEN) == (5, broken)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=attrgetter("name"))
def test_a_small_fault_is_found_by_its_rule(fault: Fault) -> None:
    client = Client("", (caller(fault.client()),))
    only = [str(promise) for promise in promises(OPERATION) if promise.rule == fault.rule]
    done = gate(OPERATION, client, only=only, patience=fault.patience)
    assert {finding.rule for finding in done.run.findings} == {fault.rule}


@pytest.mark.slow
def test_a_foreign_error_at_a_redirect_sends_no_key() -> None:
    fails = on_status(302, 307, then=raising(RuntimeError("moved")))
    client = Client("", (caller(Fault("", "", "refuse", fails).client()),))
    run = gate(OPERATION, client, only=["client.redirect redirect", "client.body body/moved"]).run
    assert [str(each.promise) for each in run.findings] == ["client.body body/moved"]


def refuse_page(_client: Plain, original: Any, page: Any) -> Any:
    """Fail at every page, with the number of its items in the message."""
    count = len(original(page))
    problems = "problem" if count == 1 else "problems"
    raise RuntimeError(f"{count} {problems} of a page\n0.id\n" + "and so on" * count)


@pytest.mark.slow
def test_an_error_that_counts_the_items_is_the_same_on_every_page() -> None:
    client = Client("", (caller(Fault("", "", "listed", refuse_page).client()),))
    only = ["client.fidelity /items", "client.base_path request"]
    assert len(gate(OPERATION, client, only=only).run.findings) == 1


def test_every_rule_has_a_client_that_breaks_it() -> None:
    broken = {each.rule for each in BROKEN} | {each.rule for each in FAULTS}
    of_writes = {"client.request_body", "client.repeated_write"}  # `test_any_operation` breaks them
    assert broken | of_writes == {rule.id for rule in RULES}
