"""`ClientContract`: a test class to subclass, that puts somebody's own client under the gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import pytest

from docpact.errors import UsageError

if TYPE_CHECKING:
    from docpact.client_gate import Gate
    from docpact.model import Operation, Promise

TESTS: Final = "test_client_keeps"
"""The test that every promise of the gate is a case of."""


class ClientContract:
    """The gate as a pytest class: subclass it, say how your client is built, called and read.

    Every promise of the gate becomes a test, `test_client_keeps[client.empty_page /items]`. The
    client talks to a server on loopback; it may be sync or async.

    Attributes:
        operation: the contract: `provider/operation`, or a folder; None for the default one.
        errors: the client's own kinds of error.
        expected_failures: promise → why the client cannot keep it. Such a test is an expected
            failure, and fails once the promise is kept. A rule's id stands for all its promises,
            and fails once it is broken nowhere.
        patience: seconds that one call may take.
    """

    operation: ClassVar[str | None] = None
    errors: ClassVar[tuple[type[BaseException], ...]] = ()
    expected_failures: ClassVar[Mapping[str, str]] = {}
    patience: ClassVar[float] = 60.0
    _gate: ClassVar[Gate]

    def client(self, base_url: str, key: str) -> Any:
        """Build a client; with a timeout of a second or so, for one scenario never answers."""
        raise NotImplementedError

    def call(self, client: Any, query: Mapping[str, Any]) -> Any:
        """Ask for everything that a query selects.

        Args:
            client: that `client` built; it is closed afterwards where it can be.
            query: decoded values by parameter name; None for one left out in so many words.

        Returns:
            an iterable of items, an async iterable, or an awaitable of either.
        """
        raise NotImplementedError

    def read(self, value: Any, name: str) -> Any:
        """Read one documented field of an item, or of an object within it.

        Raises:
            AttributeError, KeyError: there is no such field.
        """
        from docpact.client_gate import member

        return member(value, name)

    def read_page(self, found: Any, name: str) -> Any:
        """Read one documented field beside the items from what `call` gave, where it has any.

        Raises:
            AttributeError, KeyError: there is none; what the page says of it is not judged then.
        """
        from docpact.client_gate import member

        return member(found, name)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in vars(cls):
            if name in (TESTS, "pytest_generate_tests"):
                problem = f"{cls.__name__} overrides {name}, and so drops promises in silence"
                raise UsageError(f"{problem}: declare them in expected_failures, with a reason")
        for promise, reason in cls.expected_failures.items():
            if not reason.strip():
                raise UsageError(f"{cls.__name__}.expected_failures[{promise!r}]: say why")

    @classmethod
    def _promises(cls) -> tuple[Promise, ...]:
        """Return the promises of the gate, once it is known that what is expected is about them.

        Raises:
            UsageError: an expected failure is of no promise.
        """
        from docpact.client_gate import promises

        found = promises(_operation(cls.operation))
        names = {name for promise in found for name in (str(promise), promise.rule)}
        for promise in cls.expected_failures:
            if promise not in names:
                problem = f"{cls.__name__}.expected_failures[{promise!r}]: no promise of the gate"
                raise UsageError(f"{problem}; `docpact rules` lists their rules")
        return found

    @classmethod
    def _gated(cls, tests: Iterable[pytest.Item]) -> Gate:
        """Gate the class's client, once for all its tests that are chosen."""
        from docpact.client_gate import Client, PythonCaller, gate

        if "_gate" not in vars(cls):
            operation, own = _operation(cls.operation), cls()
            functions = (own.client, own.call, own.read, own.read_page)
            caller = PythonCaller("", operation, *functions, errors=own.errors)
            client = Client(cls.__name__, (caller,))
            chosen = {str(promise) for test in tests if (promise := _promise(test, cls))}
            cls._gate = gate(operation, client, only=chosen, patience=cls.patience)
        return cls._gate

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of each promise of the gate."""
        if metafunc.function.__name__ == TESTS:
            found = {str(promise): promise for promise in self._promises()}
            metafunc.parametrize("promise", found.values(), ids=list(found))

    def test_client_keeps(self, promise: Promise, request: pytest.FixtureRequest) -> None:
        """Fail with what the client did, unless it keeps the promise."""
        from docpact.model import Outcome

        reason = _reason(type(self).expected_failures, promise)
        gated = self._gated(request.session.items)
        result = next(each for each in gated.run.results if each.promise == promise)
        if result.outcome is Outcome.NOT_TESTED:
            pytest.skip("the client shows nothing that speaks of it")
        if result.outcome is Outcome.KEPT:
            if reason and not _is_broken(gated, type(self).expected_failures, promise):
                pytest.fail(f"kept now: take it out of expected_failures ({reason})", pytrace=False)
            return
        observed = gated.run.findings_of(promise)[0].observed
        if reason:
            pytest.xfail(f"{reason}: {observed}")
        pytest.fail(f"promise: {promise.documented}\nobserved: {observed}", pytrace=False)


def _promise(test: pytest.Item, contract: type) -> Promise | None:
    """Return the promise that a test of a contract is about, or None for any other test."""
    if not isinstance(test, pytest.Function) or test.cls is not contract:
        return None
    return cast("Promise | None", test.callspec.params.get("promise"))


def _reason(expected: Mapping[str, str], promise: Promise) -> str:
    return expected.get(str(promise)) or expected.get(promise.rule, "")


def _is_broken(gated: Gate, expected: Mapping[str, str], promise: Promise) -> bool:
    """Say whether a promise is expected to fail by its rule alone, some other of which does."""
    return str(promise) not in expected and any(
        finding.rule == promise.rule for finding in gated.run.findings
    )


@cache
def _operation(name: str | None) -> Operation:
    from docpact.settings import contract, load

    return contract(name, load(None, Path.cwd()))
