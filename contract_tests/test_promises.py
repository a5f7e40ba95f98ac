"""A test of each promise of each operation, one function per family: `-k test_auth` chooses one."""

from __future__ import annotations

from collections.abc import Callable

from docpact.model import Promise

OperationPromise = tuple[str, Promise]
"""The id of an operation, and one of its promises."""

Expect = Callable[[OperationPromise], None]


def test_response(promise: OperationPromise, expect_kept: Expect) -> None:
    """Responses are as documented: status, media type, strict JSON, every keyword of the schema."""
    expect_kept(promise)


def test_query(promise: OperationPromise, expect_kept: Expect) -> None:
    """The server accepts documented values, rejects others, and fails for none."""
    expect_kept(promise)


def test_filter(promise: OperationPromise, expect_kept: Expect) -> None:
    """A filter selects exactly the items that match it."""
    expect_kept(promise)


def test_paging(promise: OperationPromise, expect_kept: Expect) -> None:
    """The pages of a walk contain the whole collection once, in order, and come to an end."""
    expect_kept(promise)


def test_path(promise: OperationPromise, expect_kept: Expect) -> None:
    """The response is about the thing that the path names."""
    expect_kept(promise)


def test_auth(promise: OperationPromise, expect_kept: Expect) -> None:
    """The server refuses requests without a valid credential."""
    expect_kept(promise)


def test_protocol(promise: OperationPromise, expect_kept: Expect) -> None:
    """Responses arrive whole and readable, from the documented address."""
    expect_kept(promise)


def test_write(promise: OperationPromise, expect_kept: Expect) -> None:
    """Created things can be read, changed and deleted, and nothing else changes."""
    expect_kept(promise)


def test_stability(promise: OperationPromise, expect_kept: Expect) -> None:
    """The same request gets the same response, and deleted things stay deleted."""
    expect_kept(promise)
