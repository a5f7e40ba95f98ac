"""The request budget: never more requests than allowed, never faster, never later."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lists import contract

from docpact.conformance.opening import open_targets
from docpact.conformance.start import plan_budget
from docpact.model import Api
from docpact.settings import Config, resolve
from docpact.targets.connections import MOCK_RATE, RATE, BudgetSpent, RequestBudget


class Clock:
    """A clock that moves when somebody sleeps, or by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def request_budget(
    clock: Clock, budget: int = 10_000, rate: float = 5.0, seconds: float = 1e9
) -> RequestBudget:
    return RequestBudget(budget, rate, seconds, clock.sleep, clock.read)


def test_no_request_is_sent_beyond_the_budget() -> None:
    allowed = request_budget(Clock(), budget=3)
    for left in (2, 1, 0):
        allowed.take()
        assert allowed.left == left
    with pytest.raises(BudgetSpent, match="the budget of 3 requests is spent"):
        allowed.take()
    assert allowed.spent == 3


def test_no_request_is_sent_after_the_time_limit() -> None:
    clock = Clock()
    allowed = request_budget(clock, seconds=60)
    allowed.take()
    clock.now = 61
    with pytest.raises(BudgetSpent, match="out of time: 60 seconds have passed"):
        allowed.take()


@given(
    rate=st.sampled_from([0.25, 0.5, 1.0, 2.0, 5.0, 7.5]),
    pauses=st.lists(st.floats(0, 2), min_size=1, max_size=40),
)
def test_no_second_has_more_requests_than_the_rate(rate: float, pauses: list[float]) -> None:
    clock, times = Clock(), []
    allowed = request_budget(clock, rate=rate)
    for pause in pauses:
        clock.now += pause
        allowed.take()
        times.append(clock.now)
    together = max(1, int(rate))
    for first, later in zip(times, times[together:], strict=False):
        assert later - first >= together / rate - 1e-9


def test_a_slow_sender_never_waits() -> None:
    clock = Clock()
    allowed = request_budget(clock, rate=2)
    for second in range(10):
        clock.now = float(second)
        allowed.take()
        assert clock.now == second


def test_several_threads_share_budget_and_rate() -> None:
    clock, times, refused = Clock(), list[float](), list[BudgetSpent]()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        times.append(clock.now)

    allowed = RequestBudget(30, 5.0, 1e9, sleep, clock.read)

    def take() -> None:
        for _ in range(10):
            try:
                allowed.take()
            except BudgetSpent as spent:
                refused.append(spent)

    threads = [Thread(target=take, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (allowed.spent, len(refused)) == (30, 10)
    assert times == [float(second) for second in range(1, 6)]


def test_no_request_is_sent_after_a_stop() -> None:
    allowed = request_budget(Clock())
    allowed.take()
    allowed.stop()
    with pytest.raises(BudgetSpent, match="the run is over"):
        allowed.take()
    assert allowed.spent == 1


@pytest.mark.parametrize(
    ("settings", "rate"),
    [
        ({}, MOCK_RATE),
        ({"rate": 5.0}, 5.0),
        ({"target": "https://api.example"}, RATE),
        ({"target": "https://api.example", "rate": 5.0}, 5.0),
    ],
)
def test_only_the_mock_is_asked_without_pauses(settings: dict[str, Any], rate: float) -> None:
    assert plan_budget(resolve(Config(), settings), ()).rate == rate


def test_an_operation_with_many_parameters_has_a_larger_part() -> None:
    text = {"type": "string"}
    small, large = (
        contract({f"p{n}": text for n in range(count)}, {"id": text}) for count in (20, 45)
    )
    settings = resolve(Config(), {"target": "https://api.example"})
    budget = plan_budget(settings, (small, large))
    assert budget.budget == 300 + 300 + 25 * 10
    api = Api("lists", (small, large))
    with open_targets("https://api.example", request_budget=budget, api=api) as opener:
        assert [opener.share(each).budget for each in api.operations] == [300, 550]
