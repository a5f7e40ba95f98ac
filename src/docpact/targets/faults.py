"""Scripted faults of a mock: failures, delays, cut connections, and responses that drift."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import accumulate, takewhile
from math import inf
from operator import attrgetter
from typing import Any, ClassVar, Final, TypeAlias

import httpx

from docpact.bodies.validate import violations
from docpact.cases.wire import write_value
from docpact.errors import UsageError
from docpact.limits import MAX_FAULTS, MAX_REMEMBERED, MAX_REQUESTS
from docpact.model import Finding, Operation
from docpact.model.path import match_path
from docpact.targets.connections import measure_request
from docpact.targets.mock_responses import (
    REMOVED,
    check_json,
    check_place,
    drift_field,
    repeat,
    respond_as_failed,
    respond_with_json,
)
from docpact.text import list_some, suggest

PAGE: Final = "page_token"
"""The mock's own parameter for pages whose URLs a response contains."""

Matcher: TypeAlias = Callable[[httpx.Request], bool] | Mapping[str, Any] | str
"""Chooses requests: a function, the values of some query parameters, or a path template."""

_HEADERS: Final = {
    "type": "object",
    "propertyNames": {"pattern": "^[!#-'*+.^_`|~0-9A-Za-z-]+$"},
    "additionalProperties": {"type": "string", "pattern": "^[ -~]*$"},
}
STATED: Final = {
    "properties": {
        "status": {"type": "integer", "minimum": 200, "maximum": 599},
        "headers": _HEADERS,
        "cut": {"type": "boolean"},
        "time_out": {"type": "boolean"},
        "delay": {"type": "number", "minimum": 0, "maximum": 3600},
        "drift": {"type": "string"},
        "times": {"type": "integer", "minimum": 1},
        "path": {"type": "string"},
        "query": {"type": "object", "additionalProperties": {"type": "string"}},
        "body": {},
        "value": {},
    }
}
"""The schema of a fault that is stated in JSON."""

Respond: TypeAlias = Callable[[httpx.Request], httpx.Response]
"""Returns the response of a mock to a request."""

Play: TypeAlias = Callable[[httpx.Request, httpx.Response, Respond], httpx.Response | None]
"""Takes a request, the response to it and the mock; returns another response, or None."""


class NotPlayable(UsageError):
    """The mock cannot behave as a finding says; the message says why."""


@dataclass(slots=True)
class Fault:
    """A scripted fault.

    Attributes:
        times: number of requests that still get it.
        when: chooses the requests; None for all.
        response: makes one in place of the mock's own; None to keep that.
        seconds: before the response.
        cut: whether the connection closes without a response.
        silent: whether there is never a response.
        play: changes responses; None for a fault that does not.
    """

    times: float = 1
    when: Matcher | None = None
    response: Respond | None = None
    seconds: float = 0.0
    cut: bool = False
    silent: bool = False
    play: Play | None = None

    def matches(self, request: httpx.Request) -> bool:
        """Return whether a request gets this fault."""
        if self.when is None:
            return True
        if isinstance(self.when, str):
            return match_path(self.when, request.url.path) is not None
        if isinstance(self.when, Mapping):
            sent = request.url.params.multi_items()
            return all((name, value) in sent for name, value in self.when.items())
        return self.when(request)


class Scripted:
    """Answers requests, some of them with scripted faults.

    A fault is for the next requests that its `when` chooses: a function of the request, a mapping
    of query parameters, or a path template. Faults are used in the order in which they were
    scripted, except for drift, which changes every response while it lasts.

    Attributes:
        operations: that it answers.
        requests: every request so far, including those with scripted responses.
        drifted: number of responses that drift has changed.
        find_past: returns the findings of an operation on a day in the history, or None.
        hints: name of an attribute that cannot be set → what to do instead.
    """

    __slots__ = ("_remembered", "drifted", "faults", "find_past", "operations", "requests")
    hints: ClassVar[Mapping[str, str]] = {}

    def __init__(self, operations: Sequence[Operation] = ()) -> None:
        self.operations = operations
        self.requests: list[httpx.Request] = []
        self.faults: list[Fault] = []
        self.drifted = 0
        self._remembered = 0
        self.find_past: Callable[[str, date], Iterable[Finding]] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute of a mock.

        Raises:
            UsageError: it has none of this name, or its value cannot be replaced.
        """
        if name == "key" and not isinstance(value, str | None):
            raise UsageError(f"the key of a mock is a text, or None to require none, not {value!r}")
        try:
            super().__setattr__(name, value)
        except AttributeError:
            known = [each for each in ("items", "key", "requests") if hasattr(self, each)]
            hint = self.hints.get(name) or suggest(name, known, f"you can set: {', '.join(known)}")
            raise UsageError(f"a mock has no attribute {name!r} to set; {hint}") from None

    def __getattr__(self, name: str) -> Any:
        hint = f"; {self.hints[name]}" if name in self.hints else ""
        raise AttributeError(f"a mock has no attribute {name!r}{hint}")

    def fail_next(
        self,
        status: int = 503,
        *,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        when: Matcher | None = None,
    ) -> None:
        """Respond to the next requests with an error: the documented body, JSON or bytes.

        Raises:
            UsageError: the body cannot be JSON, or no request can get the response.
        """
        stated = {**(headers or {})}
        check_stated({"status": status, "headers": stated})
        respond: Respond = partial(respond_as_failed, self.operations, status, stated)
        if isinstance(body, bytes):
            respond = repeat(httpx.Response(status, headers=stated, content=body))
        elif body is not None:
            check_json("fail_next: the body", body)
            respond = repeat(respond_with_json(status, body, stated))
        self._script(Fault(times, when, respond))

    def cut_next(self, *, times: int = 1, when: Matcher | None = None) -> None:
        """Close the connection of the next requests without a response."""
        self._script(Fault(times, when, cut=True))

    def time_out_next(self, *, times: int = 1, when: Matcher | None = None) -> None:
        """Do not respond to the next requests: in process, their clients time out at once."""
        self._script(Fault(times, when, silent=True))

    def delay_next(self, seconds: float, *, times: int = 1, when: Matcher | None = None) -> None:
        """Respond to the next requests after some seconds."""
        check_json("delay_next: the seconds", seconds)
        check_stated({"delay": seconds})
        self._script(Fault(times, when, seconds=seconds))

    def _script(self, fault: Fault) -> None:
        """Add a fault, unless no request can get it."""
        when, paths = fault.when, [each.path for each in self.operations]
        check_stated({} if fault.times == inf else {"times": fault.times})
        if isinstance(when, str):
            is_known = any(match_path(when, each) or match_path(each, when) for each in paths)
            if not (is_known and when.startswith("/")):
                hint = suggest(when, paths, f"its paths: {list_some(paths)}")
                raise UsageError(f"no operation has the path {when}; {hint}")
        elif isinstance(when, Mapping):
            fault.when = self._read_values(when)
        elif not (when is None or callable(when)):
            raise UsageError(f"when={when!r}: give a function, query parameters, or a path")
        self.faults.append(fault)

    def _read_values(self, when: Mapping[str, Any]) -> dict[str, str]:
        """Return query parameters as texts, unless no operation has one of the names."""
        known = {each.name for o in self.operations for each in o.query_parameters} | {PAGE}
        for name in when:
            if name.partition("[")[0] not in known:
                hint = suggest(name, known, "give a function for undocumented ones")
                raise UsageError(f"when: no operation has the query parameter {name!r}; {hint}")
        try:
            return {name: write_value(value) for name, value in when.items()}
        except TypeError:
            raise UsageError(f"when={when!r}: give one value for each parameter") from None

    def drift(
        self,
        change: str | Finding,
        value: Any = REMOVED,
        *,
        times: float = inf,
        when: Matcher | None = None,
    ) -> None:
        """Change every response from now on: set or remove a field, or show a finding of a run.

        Args:
            change: JSON Pointer of the field, in which `*` matches every index of an array; or a
                finding.
            value: that the field has instead; leave it out to remove the field.
            times: number of responses that drift.
            when: chooses the requests.

        Raises:
            ValueError: the pointer is not a JSON Pointer.
            UsageError: no documented body has this place, the value cannot be JSON, or the mock
                cannot behave as the finding says.
        """
        if isinstance(change, str):
            check_place(self.operations, change, is_removed=value is REMOVED)
            if value is not REMOVED:
                check_json("drift: the value", value, allow_nan=True)
            play: Play = partial(drift_field, change, value)
        elif hasattr(change, "fingerprint"):
            play = self.play_finding(change)
        else:
            raise UsageError(f"drift takes a JSON Pointer or a finding, not {change!r}")
        self._script(Fault(times, when, play=play))

    def as_of(self, day: str | date) -> tuple[Finding, ...]:
        """Drift as the API did on a day, according to the history of the configuration.

        Args:
            day: `YYYY-MM-DD`, or a date. The last run of that day or before it counts.

        Returns:
            the findings that cannot be played.

        Raises:
            UsageError: this is not a day, there is no history, or it has no run until that day.
        """
        if len(self.operations) != 1:
            raise UsageError("as_of: name the mock of one operation, as in api.apis[ID]")
        if self.find_past is None:
            raise UsageError("as_of needs a history: name it in the configuration file")
        try:
            stated = date.fromisoformat(day) if isinstance(day, str) else day
        except ValueError:
            raise UsageError(f"as_of: {day!r} is not a day such as 2026-11-27") from None
        left = []
        for finding in self.find_past(self.operations[0].id, stated):
            try:
                self.drift(finding)
            except UsageError:
                left.append(finding)
        return tuple(left)

    def play_finding(self, finding: Finding) -> Play:
        """Return the change of responses that shows a finding.

        Raises:
            UsageError: the mock cannot behave like that.
        """
        raise UsageError(f"{finding.rule}: name the mock of one operation, as in api.apis[ID]")

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request.

        Raises:
            httpx.RemoteProtocolError: `cut_next` was called.
            httpx.ReadTimeout: `time_out_next` was called, or the client waits for less time than
                `delay_next` says.
        """
        seconds, faults = self.take_faults(request)
        if seconds:
            time.sleep(seconds)
        return self.answer_with(faults, request)

    def take_faults(
        self, request: httpx.Request, own: Sequence[Fault] = ()
    ) -> tuple[float, list[Fault]]:
        """Record a request, and return its delay in seconds, and its faults: its own come first.

        They are one fault, and every drift; or silence after the timeout of the client, if the
        delay is longer.
        """
        self._remember(request)
        taken: list[Fault] = []
        for fault in (*own, *self.faults):
            is_due = fault.play is not None or all(each.play for each in taken)
            if is_due and fault.matches(request):
                taken.append(fault)
                fault.times -= 1
        self.faults = [fault for fault in self.faults if fault.times > 0]
        seconds = sum(fault.seconds for fault in taken)
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and patience < seconds:
            return patience, [Fault(silent=True)]
        return seconds, taken

    def _remember(self, request: httpx.Request) -> None:
        """Record a request; of too many, or too long ones, the oldest are forgotten."""
        self.requests.append(request)
        del self.requests[:-MAX_REQUESTS]
        self._remembered += measure_request(request)
        if self._remembered > MAX_REMEMBERED:
            sizes = accumulate(map(measure_request, reversed(self.requests)))
            kept = list(takewhile(lambda size: size <= MAX_REMEMBERED, sizes)) or [0]
            del self.requests[: -len(kept)]
            self._remembered = kept[-1]

    def answer_with(self, faults: list[Fault], request: httpx.Request) -> httpx.Response:
        """Return the response to a request that gets some faults, without their delays."""
        if any(fault.cut for fault in faults):
            raise httpx.RemoteProtocolError("the mock closed the connection", request=request)
        if any(fault.silent for fault in faults):
            raise httpx.ReadTimeout("the mock does not respond", request=request)
        respond = next((f.response for f in faults if f.response is not None), self._respond)
        response = respond(request)
        for fault in faults:
            if fault.play and (changed := fault.play(request, response, self._respond)) is not None:
                parts = attrgetter("status_code", "headers", "content")
                self.drifted += parts(changed) != parts(response)
                response = changed
        status, headers = response.status_code, response.headers
        return httpx.Response(status, headers=headers) if request.method == "HEAD" else response

    def _respond(self, request: httpx.Request) -> httpx.Response:
        raise NotImplementedError

    @property
    def servers(self) -> frozenset[str]:
        """The documented base URLs."""
        raise NotImplementedError


def check_stated(stated: Mapping[str, Any]) -> None:
    """Raise UsageError if a part of a fault is not one of `STATED`."""
    for each in violations(STATED, stated):
        problem = f"{each.documented}; observed {each.observed}"
        raise UsageError(f"this is not a fault: {each.pointer}: {problem}")


def script(api: Scripted, stated: Any) -> None:
    """Script the fault that a JSON object states.

    Its keys are `status`, `headers` and `body` of a failure; `cut` or `time_out`, true; `delay` in
    seconds; or `drift`, a JSON Pointer, with `value`. Each may have `times`, and `path` or `query`
    to choose requests.

    Raises:
        UsageError: the value states no fault.
    """
    if len(api.faults) >= MAX_FAULTS:
        raise UsageError(f"{MAX_FAULTS:,} faults wait for their requests already")
    if not isinstance(stated, dict):
        raise UsageError('a fault is a JSON object, such as {"status": 503}')
    if unknown := stated.keys() - STATED["properties"].keys():
        hint = f"its keys are {', '.join(sorted(STATED['properties']))}"
        raise UsageError(f"a fault has no key {', '.join(sorted(unknown))}; {hint}")
    check_stated(stated)
    shared: dict[str, Any] = {"when": stated.get("path", stated.get("query"))}
    shared |= {"times": stated["times"]} if "times" in stated else {}
    try:
        if "status" in stated:
            body = stated.get("body")
            api.fail_next(stated["status"], headers=stated.get("headers"), body=body, **shared)
        elif stated.get("cut"):
            api.cut_next(**shared)
        elif stated.get("time_out"):
            api.time_out_next(**shared)
        elif "delay" in stated:
            api.delay_next(stated["delay"], **shared)
        elif "drift" in stated:
            api.drift(stated["drift"], stated.get("value", REMOVED), **shared)
        else:
            raise UsageError("this is not a fault: expected status, cut, time_out, delay or drift")
    except ValueError as error:
        raise UsageError(f"this is not a fault: {error}") from None
