"""Each of these clients breaks a promise, and the gate names that one and no other of its rule."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest
from clients.broken import BROKEN, Broken
from clients.plain import OPERATION, ApiError, Plain

from docpact.clients import RULES, Client, PythonCaller, gate, member, promises


def caller(client: type[Plain]) -> PythonCaller:
    def ask(opened: Any, query: Any) -> Any:
        return opened.walk(query)

    return PythonCaller("", OPERATION, client, ask, member, (ApiError,))


@pytest.mark.parametrize("broken", BROKEN, ids=attrgetter("name"))
def test_the_promise_is_named(broken: Broken) -> None:
    client = Client("", (caller(broken.client),))
    only = [str(promise) for promise in promises(OPERATION) if promise.rule == broken.rule]
    done = gate(OPERATION, client, only=only, patience=broken.patience)
    found = {str(judgement.promise) for judgement in done.run.judgements if judgement.breaches}
    assert found == {name for name in broken.promises if name.startswith(broken.rule)}


def test_every_rule_has_a_client_that_breaks_it() -> None:
    assert {broken.rule for broken in BROKEN} == {rule.id for rule in RULES}
