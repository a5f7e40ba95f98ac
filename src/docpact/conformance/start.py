"""The start of a run: from settings to contracts, open targets and sessions on them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from docpact.cases.names import names_change
from docpact.conformance.checker import Checker
from docpact.conformance.keys import (
    TokenError,
    TokenRequest,
    check_consent,
    check_key,
    choose_alternative,
    fetch_tokens,
    list_requests,
    read_secret,
)
from docpact.conformance.opening import (
    Connection,
    Opener,
    find_need,
    live_client,
    open_target,
    open_targets,
)
from docpact.conformance.session import Progress, Session, ignore_progress
from docpact.conformance.whole_api import PARENTS, Checked, Whole, choose_request
from docpact.conformance.writes.checks import (
    WriteChecks,
    check_allowed,
    list_creating,
    list_written,
)
from docpact.conformance.writes.lookups import list_lookups
from docpact.credentials import list_documented, list_parts
from docpact.errors import UsageError
from docpact.history.policy import apply_policy, read_policy
from docpact.history.store import recall
from docpact.limits import ANSWER_SECONDS, RUN_SECONDS
from docpact.model import Api, ApiRun, Operation, Run, collect_results
from docpact.model.path import SAFE_METHODS
from docpact.options import MOCK
from docpact.rules import gather, judge
from docpact.secrets import Secrets, from_variables
from docpact.settings import Settings
from docpact.targets.connections import (
    BUDGET,
    CONNECTIONS,
    MOCK_BUDGET,
    MOCK_RATE,
    RATE,
    RequestBudget,
)
from docpact.text import pluralize
from docpact.traffic.journal import Journal, refuse

MORE_SECONDS = 60.0
"""Seconds of wall time that each operation after the first one adds."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Callbacks of a run.

    Attributes:
        write: shows a text, such as the request budget of a whole API.
        progress: called for every request of a single operation, and at the end of its phases.
        done: called with the run of each operation of a whole API, and with the number of
            operations that are not done yet.
        fail: called once with the reason if the journal cannot be written.
    """

    write: Callable[[str], object] = str
    progress: Progress = ignore_progress
    done: Callable[[Run, int], None] = lambda *_: None
    fail: Callable[[str], object] = refuse


def run_api(  # noqa: PLR0913 — each is a choice of the caller's
    api: Api,
    settings: Settings,
    environment: Mapping[str, str],
    watch: Watch | None = None,
    families: Collection[str] | None = None,
    *,
    version: str,
    allow_writes: bool = False,
) -> ApiRun:
    """Check a target as the settings say; both `docpact check` and the pytest suite run this.

    Args:
        api: as `prepare_api` returns it.
        settings: of the run.
        environment: variable → value; with the API key and other secrets.
        watch: see `Watch`.
        families: of the rules to test; None for all.
        version: of docpact, for the journal.
        allow_writes: whether to test the life cycle of resources, too.

    Returns:
        the run, with levels, silenced rules and accepted findings applied.

    Raises:
        UsageError: a setting, the environment or a file cannot be used, or nothing can be sent.
    """
    watch, started, clock = watch or Watch(), datetime.now(UTC), time.monotonic()
    policy = read_policy(settings)
    requests = _list_token_requests(api, settings, environment, allow_writes=allow_writes)
    try:
        tokens = fetch_tokens(requests, partial(live_client, connection=_connection(settings)))
    except TokenError as error:
        return list_untested(api, settings, str(error))
    memory = recall(settings, _list_account(api, settings, environment, requests))
    environment = {**environment, **tokens}
    check_key(settings, environment)
    secrets = _learn_secrets(api.operations, settings, environment, requests)
    work = _plan_work(api, settings, environment, allow_writes=allow_writes)
    with _open(settings, work, secrets) as opener:
        file = settings.journal
        journal = Journal(file, version, secrets, watch.fail) if file else None
        checker = Checker(opener, settings, environment, policy, families, journal, memory)
        if not api.is_whole:
            return ApiRun.of(checker.check(work.sendable[0], watch.progress).run)
        whole = _check_all(work, checker, watch)
    run = _sum_up(api, settings, work, whole)
    return replace(run, seconds=time.monotonic() - clock, started=started)


def _sum_up(api: Api, settings: Settings, work: _Work, whole: Whole) -> ApiRun:
    """Return the run of a whole API, in the order of its operations."""
    ids = [each.id for each in api.operations]
    reasons = {**work.not_tested, **whole.not_tested}
    return ApiRun(
        api.name,
        settings.target,
        tuple(sorted(whole.runs.values(), key=lambda run: ids.index(run.operation))),
        {name: why for name, why in reasons.items() if name not in whole.runs},
        reason=whole.reason or ("" if whole.runs else "no operation was tested"),
        is_whole=True,
        left_behind=tuple(whole.left_behind),
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """The operations that a run tests.

    Attributes:
        api: the operations that are sent to the target.
        sendable: those that change nothing.
        operations: all of the API, whose life cycles are tested; empty without `--allow-writes`.
        lookups: the searches among them that send their filters in a body.
        not_tested: id of an operation → why nothing is sent to it.
    """

    api: Api
    sendable: tuple[Operation, ...]
    operations: tuple[Operation, ...]
    lookups: tuple[Operation, ...]
    not_tested: dict[str, str]

    @property
    def tested(self) -> tuple[Operation, ...]:
        """The operations that are tested if each has values for its path."""
        return (*self.sendable, *list_written(list_creating(self.operations)), *self.lookups)


def _plan_work(
    api: Api, settings: Settings, environment: Mapping[str, str], *, allow_writes: bool
) -> _Work:
    """Return the operations to test, with a credential that the environment has.

    Raises:
        UsageError: none may be sent, or docpact may not write to the target.
    """
    chosen = tuple(choose_alternative(each, environment) for each in api.operations)
    api = replace(api, operations=chosen)
    sendable, not_tested = split_operations(api, settings, environment)
    if not allow_writes:
        return _Work(replace(api, operations=sendable), sendable, (), (), not_tested)
    check_allowed(settings, api)
    is_mock, creating = settings.target == MOCK, list_creating(chosen)
    lookups = () if is_mock else tuple(list_lookups(chosen))
    written = list_written(creating) if is_mock else creating
    sent = (*sendable, *written, *lookups)
    return _Work(replace(api, operations=sent), sendable, chosen, lookups, not_tested)


def _check_all(work: _Work, checker: Checker, watch: Watch) -> Whole:
    """Check the operations of an API, and then the life cycles of its resources."""
    opener, settings = checker.opener, checker.settings

    def check_one(operation: Operation) -> Checked:
        key = checker.read_secret(operation)
        parents, values = whole.list_parents(operation), whole.values
        operation, sent = choose_request(parents, lambda each: opener.open(each, key))
        listing, other = values.find_listing(operation), values.find_other(operation)
        checked = checker.check(operation, listing=listing, other=other)
        return checked.after((PARENTS, sent)) if sent else checked

    watch.write(_describe_budget(opener.request_budget, work.tested, work.not_tested))
    whole = Whole(check_one, opener.request_budget.stop, watch.done, opener.find_defaults)
    alone = settings.search or settings.target == MOCK
    whole.run(work.sendable, 1 if alone else settings.connections or CONNECTIONS)
    if work.operations:
        WriteChecks(work.operations, [*work.lookups], whole, checker).run()
    return whole


def _open(settings: Settings, work: _Work, secrets: Secrets) -> AbstractContextManager[Opener]:
    return open_targets(
        settings.target,
        seed=settings.seed,
        request_budget=plan_budget(settings, work.api.operations),
        secrets=secrets,
        api=work.api,
        connection=_connection(settings),
    )


def _connection(settings: Settings) -> Connection:
    return Connection(
        settings.timeout or ANSWER_SECONDS,
        settings.proxy,
        settings.cacert,
        is_verified=not settings.insecure,
        count=settings.connections or CONNECTIONS,
    )


def _list_token_requests(
    api: Api, settings: Settings, environment: Mapping[str, str], *, allow_writes: bool
) -> list[TokenRequest]:
    """Return the tokens to fetch for the operations of a run; the mock needs none."""
    if settings.target == MOCK:
        return []
    sent = [e for e in api.operations if allow_writes or e.method in SAFE_METHODS]
    return list_requests(sent, settings, environment, is_shipped=api.is_shipped)


def _learn_secrets(
    operations: Iterable[Operation],
    settings: Settings,
    environment: Mapping[str, str],
    requests: Iterable[TokenRequest],
) -> Secrets:
    """Return the secrets that nothing may contain, also secrets of others and of earlier runs."""
    secrets = from_variables(settings.secrets, environment)
    for secret, name in chain.from_iterable(each.list_secrets() for each in requests):
        secrets.learn(secret, name)
    for each in operations:
        for credential in list_documented(each):
            variable = credential.variable
            for part in list_parts(credential, environment.get(variable, "").strip()):
                secrets.learn(part, f"${variable}")
    return secrets


def _list_account(
    api: Api, settings: Settings, environment: Mapping[str, str], requests: Iterable[TokenRequest]
) -> Iterator[str]:
    """Yield the texts that identify the account: those of the user, not tokens fetched by them."""
    for each in api.operations:
        for credential in list_documented(each):
            yield environment.get(credential.variable, "")
    yield from (text for each in requests for text in (each.client_id, each.client_secret))
    yield from (*settings.headers, *settings.params)


def split_operations(
    api: Api, settings: Settings, environment: Mapping[str, str]
) -> tuple[tuple[Operation, ...], dict[str, str]]:
    """Return the operations that may be sent, and by id why the others may not.

    Raises:
        UsageError: none may, because of a setting or the environment.
    """
    sendable, not_tested = [], dict(api.refused)
    problems = []
    for each in api.operations:
        if api.is_whole and each.method not in SAFE_METHODS:
            not_tested[each.id] = f"{each.method} may change data: --allow-writes"
            continue
        if api.is_whole and settings.target != MOCK and names_change(each):
            not_tested[each.id] = f"{each.method}, but by its name it changes data: check it alone"
            continue
        try:
            if settings.target != MOCK and read_secret(each, environment) is not None:
                check_consent(each, settings, is_shipped=api.is_shipped)
        except UsageError as error:
            problems.append(error)
            not_tested[each.id] = str(error)
        else:
            sendable.append(each)
    if problems and not sendable:
        raise problems[0]
    return tuple(sendable), not_tested


def list_untested(api: Api, settings: Settings, reason: str) -> ApiRun:
    """Return the inconclusive run that tested nothing, and why."""
    policy = read_policy(settings)
    runs = []
    for each in api.operations:
        results = collect_results(judge(gather(each, ())))
        run = Run(each.id, settings.target, settings.seed, results, (), (), 0.0, reason=reason)
        runs.append(apply_policy(run, policy))
    return ApiRun(api.name, settings.target, tuple(runs), is_whole=api.is_whole)


def check(
    operation: Operation,
    target: str = MOCK,
    *,
    key: str | None = None,
    connections: int = CONNECTIONS,
) -> Run:
    """Check a target against the contract of an operation.

    It sends only safe methods: to an API at most 300 requests, 200 per second, within 600 seconds;
    to the mock at most 600.

    Args:
        operation: the contract.
        target: `mock`, or the base URL of an API.
        key: the credential's secret; not needed for `mock`.
        connections: maximum number of requests in flight; the mock gets one at a time.

    Returns:
        the results of all promises, the findings and the verdict; an unreachable target is
        inconclusive, not an error.

    Raises:
        UsageError: the URL cannot be used, or the operation's method is not safe.
    """
    budget = RequestBudget(MOCK_BUDGET, MOCK_RATE) if target == MOCK else None
    opening = open_target(
        operation, target, key=key, request_budget=budget, connections=connections
    )
    with opening as opened:
        return Session(opened, measures_power=target != MOCK).run()


def plan_budget(settings: Settings, operations: Sequence[Operation]) -> RequestBudget:
    """Return the request budget for some operations."""
    is_mock, count = settings.target == MOCK, max(1, len(operations))
    more, rate = (MOCK_BUDGET - BUDGET, MOCK_RATE) if is_mock else (0, RATE)
    need = sum(map(find_need, operations)) or BUDGET
    budget = settings.budget or need + (more + 2 * settings.search) * count
    seconds = RUN_SECONDS + MORE_SECONDS * (count - 1)
    return RequestBudget(budget, settings.rate or rate, seconds)


def _describe_budget(
    budget: RequestBudget, sendable: Collection[Operation], not_tested: Collection[str]
) -> str:
    """Return the line that a check of a whole API prints first."""
    names = {each.id for each in sendable}
    operations = pluralize(len(names), "operation")
    left = sum(name not in names for name in not_tested)
    others = f", {left:,} not tested" if left else ""
    return f"{operations}{others}: at most {pluralize(budget.budget, 'request')} in all\n"
