"""Faults: changes of one method of a careful client, and functions that make them.

A fault replaces one method. It is called with the client and the original method, bound to the
client, in front of the arguments.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import httpx
from clients.plain import ApiError, Plain


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        name: describes it in a few words.
        rule: id of the rule that finds it.
        method: that it replaces.
        code: in place of the method.
        patience: seconds that its calls may take.
    """

    name: str
    rule: str
    method: str
    code: Callable[..., Any]
    patience: float = 20.0

    def client(self) -> type[Plain]:
        """Return the client with this fault."""

        def method(client: Plain, *args: Any) -> Any:
            original = partial(getattr(Plain, self.method), client)
            return self.code(client, original, *args)

        return type("Faulty", (Plain,), {self.method: method})


def on_fields(change: Callable[[Any], Any], *names: str) -> Callable[..., Any]:
    """Return a fault that changes the values of some fields of an item."""

    def field(_client: Plain, original: Callable[..., Any], name: str, value: Any) -> Any:
        return change(value) if name in names and value is not None else original(name, value)

    return field


def on_texts(change: Callable[[str], Any]) -> Callable[..., Any]:
    """Return a fault that changes every text of an item."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(part) for name, part in value.items()}
        if isinstance(value, list):
            return [walk(part) for part in value]
        return change(value) if isinstance(value, str) else value

    return lambda _client, original, item: original(walk(item))


def on_result(**changes: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a fault that changes fields of the result of an item."""

    def field(_client: Plain, original: Callable[..., Any], name: str, value: Any) -> Any:
        if name != "result" or value is None:
            return original(name, value)
        return {k: changes[k](v) if k in changes else v for k, v in value.items()}

    return field


def on_rules(change: Callable[[list[Any]], list[Any]]) -> Callable[..., Any]:
    """Return a fault that changes the list of rules of an item."""

    def field(_client: Plain, original: Callable[..., Any], name: str, value: Any) -> Any:
        if name == "configuration":
            return {**value, "rules": change(value["rules"])}
        return original(name, value)

    return field


def on_pairs(change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> Any:
    """Return a fault that changes the query of every request."""
    return lambda _client, original, pairs: original(change(pairs))


def on_value(name: str, change: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a fault that changes the values of one parameter."""

    def several(_client: Plain, original: Callable[..., Any], each: str, value: Any) -> Any:
        found = original(each, value)
        return change(found) if each == name else found

    return several


def on_page_two(change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> Any:
    """Return a fault that changes the query of the second and later pages."""
    return lambda _client, original, pairs, token: change(original(pairs, token))


def on_moment(change: Callable[[datetime], Any]) -> Callable[..., Any]:
    """Return a fault that changes every date-time."""

    def moment(_client: Plain, original: Callable[..., Any], text: str) -> Any:
        found = original(text)
        return change(found) if isinstance(found, datetime) else found

    return moment


def on_status(*statuses: int, then: Callable[[], httpx.Response]) -> Callable[..., Any]:
    """Return a fault that treats some statuses in another way."""

    def refuse(_client: Plain, original: Callable[..., Any], response: httpx.Response) -> Any:
        return then() if response.status_code in statuses else original(response)

    return refuse


def empty() -> httpx.Response:
    """Return an empty page."""
    return httpx.Response(200, json={"items": []})


def raising(error: Exception) -> Callable[..., Any]:
    """Return a function that raises an error, whatever its arguments."""

    def fail(*_: Any) -> Any:
        raise error

    return fail


def float32(number: float) -> float:
    """Cut a number to single precision."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


def only_on_page_two(code: Callable[..., Any]) -> Callable[..., Any]:
    """Return an `ask` that works on the first page and does something else on later ones."""

    def ask(client: Plain, original: Callable[..., Any], pairs: list[tuple[str, str]]) -> Any:
        if not any(name == "page_token" for name, _ in pairs):
            return original(pairs)
        return code(client, original, pairs)

    return ask


def swallow(_client: Plain, original: Callable[..., Any], pairs: Any) -> Any:
    """Take any error for the end of the list."""
    try:
        return original(pairs)
    except ApiError:
        return empty()


def without_key(client: Plain, original: Callable[..., Any], pairs: Any) -> Any:
    """Send the request without the key."""
    key, client.key = client.key, "none"
    try:
        return original(pairs)
    finally:
        client.key = key


def limited(pages: int) -> Callable[..., Any]:
    """Return an `onward` that stops after some pages."""

    def onward(client: Any, original: Callable[..., Any], page: Any) -> Any:
        client.pages = getattr(client, "pages", 0) + 1
        return original(page) if client.pages < pages else None

    return onward


def remembered(client: Any, original: Callable[..., Any], pairs: Any) -> Any:
    """Keep the parameters of earlier calls."""
    client.defaults = {**getattr(client, "defaults", {}), **dict(pairs)}
    return original(list(client.defaults.items()))


def cached(client: Any, original: Callable[..., Any], pairs: Any) -> Any:
    """Answer the same request from a cache."""
    held = client.__dict__.setdefault("held", {})
    key = tuple(pairs)
    if key not in held:
        held[key] = original(pairs)
    return held[key]


def recalled(client: Any, original: Callable[..., Any], page: Any) -> Any:
    """Take a token for repeated that an earlier call got."""
    held, token = client.__dict__.setdefault("tokens", set()), original(page)
    if token in held:
        raise ApiError("the same token again")
    held.add(token)
    return token


def going_on(client: Any, original: Callable[..., Any], page: Any) -> Any:
    """Begin the next call where a walk ended early."""
    token = original(page)
    more = [("page_token", token)] if token else []
    client.pairs = lambda query: Plain.pairs(client, query) + more
    return token


def drop_filters(client: Any) -> None:
    """Send nothing but the token from now on."""
    client.url = lambda pairs: Plain.url(client, [p for p in pairs if p[0] == "page_token"])


def broken_after_error(client: Any, original: Callable[..., Any], cause: Any) -> Any:
    """Close the client on the first error."""
    client.http.close()
    return original(cause)


def broken_after_timeout(client: Any, original: Callable[..., Any], error: Exception) -> Any:
    """Close the client on the first timeout."""
    if isinstance(error, httpx.TimeoutException):
        client.http.close()
    return original(error)


def noted(client: Plain, _original: Callable[..., Any], response: httpx.Response) -> Any:
    """Add the headers of a refused request to the error."""
    error = ApiError("the API refuses", response.status_code)
    error.add_note(f"sent with {client.headers()}")
    raise error


def caused(client: Plain, _original: Callable[..., Any], response: httpx.Response) -> Any:
    """Name an error with the headers of a refused request as the cause."""
    error = ApiError("the API refuses", response.status_code)
    raise error from ValueError(str(client.headers()))


def again_from_start(client: Plain, original: Callable[..., Any], pairs: Any) -> Any:
    """Read the first page again when a later page fails once."""
    response = client.http.get(client.url(pairs), headers=client.headers())
    if response.status_code != 503:
        return original(pairs) if response.status_code != 200 else response
    time.sleep(1)
    return original([pair for pair in pairs if pair[0] != "page_token"])


def retry_differently(change: Callable[[Plain], None]) -> Callable[..., Any]:
    """Return a `wait` after which the client is different."""

    def wait(client: Plain, original: Callable[..., Any], response: httpx.Response) -> None:
        original(response)
        change(client)

    return wait


def lenient(name: str) -> Callable[..., Any]:
    """Return a `mistyped` that ignores one field."""

    def mistyped(_client: Plain, original: Callable[..., Any], message: str) -> None:
        if name not in message:
            original(message)

    return mistyped


def shuffled(found: list[Any]) -> list[Any]:
    """Move the first item to the end."""
    return found[1:] + found[:1]


def detail_of(_client: Plain, original: Callable[..., Any], response: httpx.Response) -> Any:
    """Read the detail of every error body."""
    if response.status_code in (429, 503):
        return original(response)
    raise ApiError(response.json()["detail"], response.status_code)


def detail_of_objects(_client: Plain, original: Callable[..., Any], got: httpx.Response) -> Any:
    """Read the detail of every error body that is an object."""
    try:
        body = got.json()
    except ValueError:
        return original(got)
    return detail_of(_client, original, got) if isinstance(body, dict) else original(got)


def circling(client: Plain, query: Any) -> Any:
    """Recognize a token only if it comes twice in a row."""
    pairs, last = client.pairs(query), None
    while True:
        page = client.page(client.ask(pairs))
        yield from map(client.item, client.listed(page))
        token = client.onward(page)
        if token is None or token == last:
            return
        pairs, last = client.following(pairs, token), token


def not_found_is_end(original: Callable[..., Any], pairs: Any) -> Any:
    """Take a 404 for the end of the list."""
    try:
        return original(pairs)
    except ApiError as error:
        if error.status_code == 404:
            return empty()
        raise


def report_elsewhere(_client: Plain, original: Callable[..., Any]) -> Any:
    """Report every call to another host."""
    with suppress(httpx.HTTPError):
        httpx.get("http://telemetry.example.com/", timeout=1)
    return original()


def wait_long(_client: Plain, original: Callable[..., Any], error: httpx.HTTPError) -> Any:
    """Wait for half a minute before failing."""
    time.sleep(30)
    return original(error)
