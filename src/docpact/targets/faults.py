"""Scripted faults of a mock: failures, delays, cut connections, and responses that drift."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final, TypeAlias

import httpx

from docpact.errors import UsageError
from docpact.limits import MAX_REQUESTS
from docpact.model.path import match_path
from docpact.model.pointer import tokens
from docpact.targets.mock_responses import respond_with_json

Matcher: TypeAlias = Callable[[httpx.Request], bool] | Mapping[str, str] | str
"""Chooses requests: a function, the values of some query parameters, or a path template."""

DETAIL: Final = {"detail": "scripted"}
"""The body of a scripted failure."""

REMOVED: Final = ...
"""Placeholder for the value of a field that drift removes."""


@dataclass(slots=True)
class Fault:
    """A scripted fault.

    Attributes:
        times: number of requests that still get it.
        when: chooses the requests; None for all.
        response: in place of the mock's own; None to keep that.
        seconds: before the response.
        cut: whether the connection closes without a response.
        silent: whether there is never a response.
        drift: JSON Pointer of the field that is changed, with `*` for every index; empty for none.
        value: of that field; `...` to remove it.
    """

    times: float = 1
    when: Matcher | None = None
    response: httpx.Response | None = None
    seconds: float = 0.0
    cut: bool = False
    silent: bool = False
    drift: str = ""
    value: Any = REMOVED

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
        requests: every request so far, including those with scripted responses.
    """

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.faults: list[Fault] = []

    def fail_next(
        self,
        status: int = 503,
        *,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        body: Any = DETAIL,
        when: Matcher | None = None,
    ) -> None:
        """Respond to the next requests with an error: a JSON body, or bytes as given."""
        if isinstance(body, bytes):
            response = httpx.Response(status, headers=headers, content=body)
        else:
            content = DETAIL if body is None else body
            response = respond_with_json(status, content, "application/json", headers or {})
        self.faults.append(Fault(times, when, response))

    def cut_next(self, *, times: int = 1, when: Matcher | None = None) -> None:
        """Close the connection of the next requests without a response."""
        self.faults.append(Fault(times, when, cut=True))

    def time_out_next(self, *, times: int = 1, when: Matcher | None = None) -> None:
        """Do not respond to the next requests: in process, their clients time out at once."""
        self.faults.append(Fault(times, when, silent=True))

    def delay_next(self, seconds: float, *, times: int = 1, when: Matcher | None = None) -> None:
        """Respond to the next requests after some seconds."""
        self.faults.append(Fault(times, when, seconds=seconds))

    def drift(
        self,
        pointer: str,
        value: Any = REMOVED,
        *,
        times: float = inf,
        when: Matcher | None = None,
    ) -> None:
        """Change a field of every response from now on: set a value, or remove the field.

        Args:
            pointer: JSON Pointer of the field; `*` matches every index of an array.
            value: that the field has instead; leave it out to remove the field.
            times: number of responses that drift.
            when: chooses the requests.

        Raises:
            ValueError: the pointer is not a JSON Pointer.
        """
        tokens(pointer)
        self.faults.append(Fault(times, when, drift=pointer, value=value))

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request.

        Raises:
            httpx.RemoteProtocolError: `cut_next` was called.
            httpx.ReadTimeout: `time_out_next` was called.
        """
        faults = self.take_faults(request)
        if seconds := sum(fault.seconds for fault in faults):
            time.sleep(seconds)
        return self.answer_with(faults, request)

    def take_faults(self, request: httpx.Request) -> list[Fault]:
        """Record a request, and return the faults that it gets: one, and every drift."""
        self.requests.append(request)
        del self.requests[:-MAX_REQUESTS]
        taken: list[Fault] = []
        for fault in self.faults:
            is_due = bool(fault.drift) or all(each.drift for each in taken)
            if is_due and fault.matches(request):
                taken.append(fault)
                fault.times -= 1
        self.faults = [fault for fault in self.faults if fault.times > 0]
        return taken

    def answer_with(self, faults: list[Fault], request: httpx.Request) -> httpx.Response:
        """Return the response to a request that gets some faults, without their delays."""
        if any(fault.cut for fault in faults):
            msg = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(msg, request=request)
        if any(fault.silent for fault in faults):
            msg = "The read operation timed out"
            raise httpx.ReadTimeout(msg, request=request)
        scripted = next((f.response for f in faults if f.response is not None), None)
        response = self._respond(request) if scripted is None else _copy(scripted)
        for fault in faults:
            if fault.drift:
                response = _drift_response(response, fault)
        return response

    def _respond(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request that is not scripted."""
        raise NotImplementedError

    @property
    def servers(self) -> frozenset[str]:
        """The documented base URLs."""
        raise NotImplementedError


def script(api: Scripted, stated: Any) -> None:
    """Script the fault that a JSON object states.

    Its keys are `status`, `headers` and `body` of a failure; `cut` or `time_out`, true; `delay` in
    seconds; or `drift`, a JSON Pointer, with `value`. Each may have `times`, and `path` or `query`
    to choose requests.

    Raises:
        UsageError: the value states no fault.
    """
    if not isinstance(stated, dict):
        raise UsageError('a fault is a JSON object, such as {"status": 503}')
    known = {"status", "headers", "body", "cut", "time_out", "delay", "drift", "value"}
    if unknown := stated.keys() - known - {"times", "path", "query"}:
        raise UsageError(f"a fault has no key {', '.join(sorted(unknown))}")
    shared = {"when": stated.get("path", stated.get("query"))}
    shared |= {"times": stated["times"]} if "times" in stated else {}
    try:
        _script(api, stated, shared)
    except (TypeError, ValueError) as error:
        raise UsageError(f"this is not a fault: {error}") from None


def _script(api: Scripted, stated: Mapping[str, Any], shared: Mapping[str, Any]) -> None:
    if "status" in stated:
        body = stated.get("body", DETAIL)
        api.fail_next(int(stated["status"]), headers=stated.get("headers"), body=body, **shared)
    elif stated.get("cut"):
        api.cut_next(**shared)
    elif stated.get("time_out"):
        api.time_out_next(**shared)
    elif "delay" in stated:
        api.delay_next(float(stated["delay"]), **shared)
    elif "drift" in stated:
        api.drift(str(stated["drift"]), stated.get("value", REMOVED), **shared)
    else:
        msg = "expected status, cut, time_out, delay or drift"
        raise ValueError(msg)


def _copy(response: httpx.Response) -> httpx.Response:
    headers = [pair for pair in response.headers.multi_items() if pair[0] != "content-length"]
    return httpx.Response(response.status_code, headers=headers, content=response.content)


def _drift_response(response: httpx.Response, fault: Fault) -> httpx.Response:
    """Return a response of JSON with a changed field; any other response is unchanged."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return response
    changed = _change(body, tokens(fault.drift), fault.value)
    headers = [pair for pair in response.headers.multi_items() if pair[0] != "content-length"]
    content = json.dumps(changed, ensure_ascii=False).encode()
    return httpx.Response(response.status_code, headers=headers, content=content)


def _change(value: Any, path: tuple[str, ...], new: Any) -> Any:
    if not path:
        return new
    name, rest = path[0], path[1:]
    if isinstance(value, list):
        chosen = range(len(value)) if name == "*" else [int(name)] if name.isdecimal() else []
        parts = [(_change(v, rest, new) if n in chosen else v) for n, v in enumerate(value)]
        return [part for part in parts if part is not REMOVED]
    if not isinstance(value, dict):
        return value
    fields = {**value, name: _change(value.get(name), rest, new)}
    return {key: part for key, part in fields.items() if part is not REMOVED}
