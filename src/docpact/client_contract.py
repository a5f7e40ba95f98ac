"""`ClientContract`: a test class that you subclass to check your own client with the gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import pytest

from docpact.errors import Inconclusive, UsageError
from docpact.text import pluralize

if TYPE_CHECKING:
    from docpact.client_gate import Gate
    from docpact.model import Operation, Promise

_NOTHING: Final = object()

LONGEST: Final = 3600.0
"""Seconds for which a worker of pytest-xdist waits for the gate that another one runs."""

TESTS: Final = "test_client_keeps"
"""The test that runs once for each promise of the gate."""


class ClientContract:
    """The gate as a pytest class; a subclass defines how to build, call and read your client.

    Every promise of the gate becomes a test such as `test_client_keeps[client.empty_page /items]`.
    The client talks to a server on loopback; it may be synchronous or asynchronous.

    Attributes:
        operation: the contract: `provider/operation`, a folder, or `DOCUMENT#OPERATION_ID`; None
            for the default one.
        errors: exception classes that the client raises on purpose.
        expected_failures: promise → reason why the client cannot keep it. Its test is an expected
            failure, and fails once the client keeps the promise. A rule id covers all promises of
            the rule, and fails once the client keeps all of them.
        absent: the value of a field that a response does not have, such as `UNSET`.
        patience: seconds in which a call ends or requests a further page.
    """

    operation: ClassVar[str | None] = None
    errors: ClassVar[tuple[type[BaseException], ...]] = ()
    expected_failures: ClassVar[Mapping[str, str]] = {}
    absent: ClassVar[Any] = _NOTHING
    patience: ClassVar[float] = 60.0
    _gate: ClassVar[Gate]

    def client(self, base_url: str, key: str) -> Any:
        """Build a client, with a timeout of about a second: in one scenario the server hangs.

        Args:
            base_url: of the server on loopback.
            key: the API key that the server accepts.
        """
        raise NotImplementedError

    def call(self, client: Any, query: Mapping[str, Any]) -> Any:
        """Request every item that a query selects, through all pages.

        Args:
            client: built by `client`; it is closed afterwards if it has a method for that.
            query: parameter name → decoded value; None for a parameter explicitly left out.

        Returns:
            an iterable of items, an async iterable, or an awaitable of either.
        """
        raise NotImplementedError

    def read(self, value: Any, name: str) -> Any:
        """Return one documented field of an item, or of an object inside it.

        Raises:
            AttributeError, KeyError: there is no such field.
        """
        from docpact.client_gate import member

        return member(value, name)

    def read_page(self, found: Any, name: str) -> Any:
        """Return one documented field other than the items from the result of `call`.

        Raises:
            AttributeError, KeyError: there is no such field; its promises are not tested then.
        """
        from docpact.client_gate import member

        return member(found, name)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in vars(cls):
            if name in (TESTS, "pytest_generate_tests"):
                problem = f"{cls.__name__} overrides {name}, which silently drops promises"
                raise UsageError(f"{problem}: list them in expected_failures with a reason")
        for promise, reason in cls.expected_failures.items():
            if not reason.strip():
                raise UsageError(f"{cls.__name__}.expected_failures[{promise!r}]: give a reason")

    @classmethod
    def _promises(cls) -> tuple[Promise, ...]:
        """Return the promises of the gate; raise UsageError if an expected failure names none."""
        from docpact.client_gate import promises

        found = promises(_operation(cls.operation))
        names = {name for promise in found for name in (str(promise), promise.rule)}
        for promise in cls.expected_failures:
            if promise not in names:
                problem = f"{cls.__name__}.expected_failures[{promise!r}]: no promise of the gate"
                raise UsageError(f"{problem}; `docpact rules` lists their rules")
        return found

    @classmethod
    def _find_gate(cls, request: pytest.FixtureRequest) -> Gate:
        """Return the gate of the class's client, which runs once for all chosen tests."""
        if "_gate" not in vars(cls):
            tests = request.session.items
            chosen = {str(promise) for test in tests if (promise := _promise(test, cls))}
            run = partial(cls._run_gate, chosen)
            if hasattr(request.config, "workerinput"):
                from docpact.databases import share

                name = sha256(f"{cls.__module__}.{cls.__qualname__}".encode()).hexdigest()[:16]
                temporary = request.getfixturevalue("tmp_path_factory").getbasetemp().parent
                cls._gate = share(temporary / f"docpact-gate-{name}", run, LONGEST)
            else:
                cls._gate = run()
        return cls._gate

    @classmethod
    def _run_gate(cls, chosen: Collection[str]) -> Gate:
        from docpact.client_gate import Client, PythonCaller, gate
        from docpact.client_gate.python import NOTHING

        operation, own = _operation(cls.operation), cls()
        functions = (own.client, own.call, own.read, own.read_page)
        absent = NOTHING if own.absent is _NOTHING else own.absent
        caller = PythonCaller("", operation, *functions, errors=own.errors, absent=absent)
        client = Client(cls.__name__, (caller,))
        return gate(operation, client, only=chosen, patience=cls.patience)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test per promise of the gate."""
        if metafunc.function.__name__ == TESTS:
            found = {str(promise): promise for promise in self._promises()}
            metafunc.parametrize("promise", found.values(), ids=list(found))

    def test_client_keeps(self, promise: Promise, request: pytest.FixtureRequest) -> None:
        """Fail with the client's behavior unless it keeps the promise."""
        from docpact.model import Outcome

        expected = type(self).expected_failures
        reason = expected.get(str(promise)) or expected.get(promise.rule, "")
        try:
            gate = self._find_gate(request)
        except (Inconclusive, UsageError) as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        result = next(each for each in gate.run.results if str(each.promise) == str(promise))
        if result.outcome is Outcome.NOT_TESTED:
            pytest.skip("not tested: the client's calls do not exercise this promise")
        if result.outcome is Outcome.KEPT:
            if reason and not _is_broken(gate, type(self).expected_failures, promise):
                pytest.fail(f"kept now: remove it from expected_failures ({reason})", pytrace=False)
            return
        observed = gate.run.findings_of(result.promise)[0].observed
        if reason:
            pytest.xfail(f"{reason}: {observed}")
        pytest.fail(f"promise: {promise.documented}\nobserved: {observed}", pytrace=False)


def _promise(test: pytest.Item, contract: type) -> Promise | None:
    """Return the promise that a test of a contract class is for, or None for any other test."""
    if not isinstance(test, pytest.Function) or test.cls is not contract:
        return None
    return cast("Promise | None", test.callspec.params.get("promise"))


def _is_broken(gate: Gate, expected: Mapping[str, str], promise: Promise) -> bool:
    """Return whether a promise is covered by its rule id, and another one of the rule is broken."""
    return str(promise) not in expected and any(
        finding.rule == promise.rule for finding in gate.run.findings
    )


@cache
def _operation(name: str | None) -> Operation:
    from docpact.apis import load_api
    from docpact.settings import load

    config = load(None, Path.cwd())
    chosen = name or config.read("operation")
    api = load_api(chosen, config.read("contracts"))
    if len(api.operations) > 1:
        several = pluralize(len(api.operations), "operation")
        raise UsageError(f"{chosen} has {several}: name one of them")
    return api.operations[0]
