"""Write operations in a check: who allows them, and a run for each, also for each search."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from docpact.cases.encoded_bodies import sendable_schema
from docpact.cases.plain import plain
from docpact.cases.request_bodies import with_values
from docpact.cases.sampling import sample_given
from docpact.cases.wire import read_values, write_value
from docpact.conformance.checker import Checker
from docpact.conformance.conclusion import Conduct, conclude
from docpact.conformance.session import INTERRUPTED
from docpact.conformance.whole_api import Whole, list_missing
from docpact.conformance.writes.creations import WRITE
from docpact.conformance.writes.lifecycle import LifeCycle
from docpact.conformance.writes.lookups import Lookup, describe_refusal, with_items
from docpact.conformance.writes.things import list_chosen, list_owners
from docpact.errors import ContractError, UsageError
from docpact.history.policy import apply_policy
from docpact.model import Api, Exchange, Level, Operation, Roles, Schema
from docpact.model.operation import Resource
from docpact.model.schema import fields_of, follow
from docpact.options import MOCK
from docpact.rules import gather, judge
from docpact.rules.evidence import Step
from docpact.settings import Settings
from docpact.targets.address import is_loopback
from docpact.targets.connections import BUDGET, RATE, RequestBudget
from docpact.targets.http import HttpTarget
from docpact.traffic.journal import Journal

CHANGING: Final = ("POST", "PUT", "PATCH", "DELETE")
"""The methods of a life cycle."""

_ELSEWHERE: Final = {404, 405}
"""Statuses of changes at a URL where the API is not."""


def check_allowed(settings: Settings, api: Api) -> None:
    """Check that docpact may write to the target, and can remove the things that it creates.

    Raises:
        UsageError: the target is neither this machine nor configured with `writes = true`, or only
            one operation is named.
    """
    if not api.is_whole:
        raise UsageError(
            f"--allow-writes: {api.name} is one operation: name the whole API, a folder, a "
            "provider or a document"
        )
    if settings.target != MOCK and not settings.writes and not is_loopback(settings.target):
        raise UsageError(
            f"--allow-writes: {settings.target} is another machine: set `writes = true` in its "
            "table under `targets` of the configuration if docpact may create and delete there"
        )


def _list_fields(operation: Operation) -> Set[str]:
    """Return the names of the documented fields of a request body."""
    return fields_of(follow(plain(operation.body_schema or {}))[0]).keys()


def list_creating(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations that create things which docpact can remove again."""
    return tuple(each for each in operations if each.resource and each.resource.delete)


def list_written(creating: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return operations that create things, with those that change or delete them."""
    resources = [each.resource for each in creating if each.resource]
    changing = (each for one in resources for each in (one.put, one.patch, one.delete) if each)
    return (*creating, *changing)


@dataclass(frozen=True, slots=True)
class _Sent:
    """The requests of one operation, and why the server has no life cycle to test, if so.

    `valid` are those that a server should accept.
    """

    exchanges: Sequence[Exchange]
    valid: Sequence[Exchange]
    steps: Sequence[Step] = ()
    refusal: str = ""


@dataclass(slots=True)
class WriteChecks:
    """Carries out the life cycle of every resource, and every search, one after another.

    `lookups` are not tested yet. The check of the other operations gets the further runs.
    """

    operations: Sequence[Operation]
    lookups: list[Operation]
    whole: Whole
    checker: Checker
    _journals: list[Journal] = field(default_factory=list)
    _is_lost: bool = False

    def run(self) -> None:
        """Carry out every life cycle; resources without one are not tested, with the reason.

        If no operation that reads has a verdict, the URL may be wrong.
        """
        runs = self.whole.runs.values()
        self._is_lost = bool(runs) and all(run.reason for run in runs)
        changing = [each for each in self.operations if each.method in CHANGING]
        self.whole.not_tested |= {each.id: _explain(each) for each in changing}
        self._create_all()
        for each in [*self.lookups]:
            search, items = self._look_up(each, {})
            if items:
                self.whole.run_shown(search, items)

    def _create_all(self) -> None:
        """Carry out every life cycle."""
        for each in list_creating(self.operations):
            if self.whole.reason:
                written = list_written([each])
                self.whole.not_tested |= {one.id: self.whole.reason for one in written}
                continue
            try:
                create = self._with_known_values(replace(each, given=self._fill_new(each)))
            except ContractError as error:
                self.whole.not_tested[each.id] = str(error)
                continue
            if missing := list_missing(create):
                self.whole.not_tested[each.id] = self.whole.advise(create, missing[0])
            else:
                self._carry_out(create, each.body_schema or {})

    def _fill_new(self, create: Operation) -> Mapping[str, str]:
        """Return the known values of a path; docpact chooses the name of a new thing later."""
        last = create.last_parameter if create.method == "PUT" else None
        return {**self.whole.guess(create), **({} if last is None else {last.name: "0"})}

    def _inspect(self, create: Operation, thing: Mapping[str, Any]) -> None:
        """Test the operations below a thing that exists, and the searches beside it."""
        self.whole.run_below(create, thing)
        above = f"{create.collection.rstrip('/')}/"
        for each in [one for one in self.lookups if one.path.startswith(above)]:
            self._look_up(each, self.whole.fill_below(each, create, thing))
        if self.whole.is_interrupted:
            raise KeyboardInterrupt

    def _look_up(
        self, documented: Operation, known: Mapping[str, str]
    ) -> tuple[Operation, Sequence[Any]]:
        """Test a search, if values for its path are known; return it, and the items it shows."""
        filled = replace(documented, given={**self.whole.guess(documented), **known})
        try:
            operation = self._with_known_values(filled)
        except ContractError as error:
            self.whole.not_tested[filled.id] = str(error)
            return filled, ()
        if self.whole.reason:
            self.whole.not_tested[operation.id] = self.whole.reason
        elif missing := list_missing(operation):
            self.whole.not_tested[operation.id] = self.whole.advise(operation, missing[0])
        else:
            self.lookups.remove(documented)
            return operation, self._ask(operation, documented)
        return operation, ()

    def _ask(self, operation: Operation, documented: Operation) -> Sequence[Any]:
        started, clock = datetime.now(UTC), time.monotonic()
        outer, self._journals = self._journals, []
        limits = self.checker.opener.share(operation)
        target, stated = self._open(operation, limits), documented.body_schema or {}
        lookup = Lookup(with_items(operation), target, stated)
        try:
            lookup.run()
        except KeyboardInterrupt:
            lookup.reason = INTERRUPTED
            self.whole.end_interrupted()
        except ContractError as error:
            self.whole.not_tested[operation.id] = str(error)
            return ()
        finally:
            self._end_journals(lookup.reason)
            self._journals = outer
        conduct = self._describe(started, clock, lookup.reason)
        valid = [step.exchange for step in lookup.steps if step.action != "invalid"]
        sent = _Sent(lookup.exchanges, valid, lookup.steps)
        roles = Roles(id=lookup.operation.roles.id)
        self._judge(replace(operation, roles=roles), sent, conduct)
        return next((step.body for step in lookup.steps if step.is_successful), ())

    def _with_known_values(self, create: Operation) -> Operation:
        """Return an operation whose bodies, and those of the updates, have values that are known.

        The list must show a created thing, its operations must find it, and other things that a
        body names must exist. An update whose body docpact cannot send is left out.

        Raises:
            ContractError: docpact cannot send the body of the operation.
        """
        resource = create.resource or Resource()
        owners = self._choose_owners(create, resource)
        chosen = {**owners, **(list_chosen(resource.listing) if resource.listing else {})}

        def find(field: str) -> Iterator[Any]:
            yield from read_values(chosen[field]) if field in chosen else ()
            thing = self.whole.values.find_thing(create, field)
            yield from () if thing is None else (thing,)

        def choose(operation: Operation) -> Operation:
            known = {name: owners[name] for name in list_owners(operation) & owners.keys()}
            schema = operation.body_schema
            if schema is not None:
                schema = {**with_values(sendable_schema(operation), find)}
                is_whole = operation.method != "PATCH" and owners.keys() <= _list_fields(operation)
                needed = [*schema.get("required", ()), *(owners if is_whole else ())]
                schema |= {"required": needed} if needed else {}
            return replace(operation, body_schema=schema, given={**known, **operation.given})

        found = dict[str, Operation]()
        for part in [each.name for each in fields(Resource)]:
            operation = getattr(resource, part)
            with suppress(ContractError):
                found |= {} if operation is None else {part: choose(operation)}
        return replace(choose(create), resource=create.resource and Resource(**found))

    def _choose_owners(self, create: Operation, resource: Resource) -> dict[str, str]:
        """Return the values of required query parameters that a field of a thing repeats.

        They say whose things are meant, such as `user_id`; things of another one are not found.
        """
        owners: dict[str, str] = {}
        names = _list_fields(create)
        for each in filter(None, (resource.listing, *resource.item_operations())):
            samples = sample_given(each)
            for name in sorted(list_owners(each) & names):
                thing = self.whole.values.find_thing(create, name)
                text = (
                    create.given.get(name, samples[name]) if thing is None else write_value(thing)
                )
                owners.setdefault(name, each.given.get(name, text))
        return owners

    def _carry_out(self, create: Operation, documented: Schema) -> None:
        started, clock = datetime.now(UTC), time.monotonic()
        rate, resource = self.checker.settings.rate or RATE, create.resource
        if resource is None:
            return
        limits = {False: self.checker.opener.share(create)}
        limits[True] = RequestBudget(BUDGET, rate)

        def open_one(operation: Operation, is_cleanup: bool) -> HttpTarget:
            return self._open(operation, limits[is_cleanup])

        inspect = partial(self._inspect, create)
        cycle = LifeCycle(create, resource, open_one, documented=documented, inspect=inspect)
        cycle.run()
        self._end_journals(cycle.reason)
        self.whole.left_behind += map(self.checker.opener.secrets.redact, cycle.left_behind)
        if cycle.is_interrupted:
            self.whole.end_interrupted()
        conduct = self._describe(started, clock, cycle.reason)
        written = {e.id: e for e in (resource.put, resource.patch, resource.delete, create) if e}
        for operation in written.values():
            exchanges = cycle.exchanges.get(operation.id, [])
            if operation is create and exchanges:
                sent = _Sent(exchanges, exchanges, cycle.steps, cycle.refusal)
                self._judge(create, sent, replace(conduct, remarks=cycle.left_behind))
            elif exchanges:
                self._judge(operation, _Sent(exchanges, exchanges), conduct)

    def _end_journals(self, reason: str) -> None:
        for journal in self._journals:
            journal.end(reason)
        self._journals.clear()

    def _open(self, operation: Operation, limits: RequestBudget) -> HttpTarget:
        key, journal = self.checker.read_secret(operation), self.checker.copy_journal()
        self._journals += [journal] if journal else []
        return self.checker.opener.open(operation, key, journal, limits=limits)

    def _describe(self, started: datetime, clock: float, reason: str) -> Conduct:
        """Return how requests were sent since a time, at which a clock showed some seconds."""
        return Conduct(
            target=self.checker.opener.target,
            seed=self.checker.settings.seed,
            requests=(),
            seconds=time.monotonic() - clock,
            started=started,
            reason=reason,
            redact=self.checker.opener.secrets.redact,
        )

    def _judge(self, operation: Operation, sent: _Sent, conduct: Conduct) -> None:
        """Keep the run of an operation; or why it is not tested, if nothing is broken."""
        valid = [each for each in sent.valid if each.response is None or each.is_success]
        is_answered = any(each.response for each in valid)
        refusal = sent.refusal or ("" if is_answered else describe_refusal(sent.valid))
        evidence = replace(gather(operation, valid), steps=tuple(sent.steps))
        judgements = judge(evidence)
        is_broken = any(each.breaches and each.level is not Level.NOTE for each in judgements)
        is_elsewhere = self._is_lost and {each.status for each in sent.exchanges} <= _ELSEWHERE
        if refusal and (is_elsewhere or not is_broken):
            self.whole.not_tested[operation.id] = refusal
            return
        conduct = replace(conduct, requests=[(WRITE, len(sent.exchanges))])
        run = conclude(evidence, judgements, sent.exchanges, conduct)
        run = apply_policy(run, self.checker.policy)
        self.whole.runs[run.operation] = run
        self.whole.not_tested.pop(run.operation, None)
        self.whole.done(run, 0)


def _explain(operation: Operation) -> str:
    """Return why an operation that changes something is not tested."""
    if operation.method != "POST":
        return f"{operation.method}: nothing that docpact creates has this path"
    if not operation.takes_values:
        return "POST: neither JSON nor a form is documented, so docpact does not know its effect"
    if operation.roles.is_list:
        return "POST: it returns a list, so docpact does not know what it creates"
    return (
        "POST: docpact could not remove the things that it creates: no DELETE is documented for it"
    )
