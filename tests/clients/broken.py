"""Clients that break one promise each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote

import httpx
from clients.plain import Plain
from servers.jobs import OPTIONAL, REQUIRED

ITEM = {*REQUIRED, *OPTIONAL}


@dataclass(frozen=True, slots=True)
class Broken:
    """A client and the promise that it breaks.

    Attributes:
        client: that breaks it.
        promises: all that it breaks.
        patience: seconds that its calls may take.
    """

    client: type[Plain]
    promises: tuple[str, ...]
    patience: float = 20.0

    @property
    def name(self) -> str:
        """Its behavior."""
        return (self.client.__doc__ or "").rstrip(".")

    @property
    def rule(self) -> str:
        """The rule that it breaks first."""
        return self.promises[0].partition(" ")[0]


BROKEN: list[Broken] = []


def breaks(*promises: str, patience: float = 20.0) -> Any:
    """Register a client by the promise that it breaks."""

    def register(client: type[Plain]) -> type[Plain]:
        BROKEN.append(Broken(client, promises, patience))
        return client

    return register


@breaks("client.request request")
class TrailingSlash(Plain):
    """Asks at another path."""

    def path(self) -> str:
        return "/api/v2/classify/"


@breaks("client.query query/job_ids")
class Joined(Plain):
    """Joins job_ids by commas."""

    def several(self, name: str, value: Any) -> list[Any]:
        return [",".join(value)] if isinstance(value, list) else [value]


@breaks(
    "client.query query/configuration_id",
    "client.query query/organization_id",
    "client.query query/project_id",
    "client.query query/job_ids",
    "client.query query/page_token",
)
class Unescaped(Plain):
    """Leaves reserved characters as they are."""

    def escaped(self, text: str) -> str:
        return quote(text, safe="+")


@breaks("client.query query/status")
class Lowered(Plain):
    """Sends enum values in lower case."""

    def text(self, value: Any) -> str:
        text = str(value)
        return text.lower() if text in ("PENDING", "RUNNING", "COMPLETED", "FAILED") else text


@breaks("client.query query/page_size")
class Clamped(Plain):
    """Never asks for more than 50 at once."""

    def text(self, value: Any) -> str:
        return str(min(value, 50)) if isinstance(value, int) else str(value)


@breaks(
    *(
        f"client.absent query/{name}"
        for name in (
            "configuration_id",
            "job_ids",
            "organization_id",
            "page_size",
            "page_token",
            "project_id",
            "status",
        )
    )
)
class Nulls(Plain):
    """Sends None as an empty value."""

    def pairs(self, query: Mapping[str, Any]) -> list[tuple[str, str]]:
        return super().pairs({name: "" if v is None else v for name, v in query.items()})


@breaks("client.undocumented request")
class Limited(Plain):
    """Sends a parameter that nobody documents."""

    def url(self, pairs: list[tuple[str, str]]) -> str:
        return super().url([*pairs, ("limit", "50")])


@breaks("client.undocumented request")
class Cookies(Plain):
    """Sends a cookie of its own."""

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Cookie": "tracking=1"}


@breaks("client.credential header/Authorization", "client.undocumented request")
class KeyInQuery(Plain):
    """Sends the key in the query too."""

    def url(self, pairs: list[tuple[str, str]]) -> str:
        return super().url([*pairs, ("api_key", self.key)])


@breaks("client.credential header/Authorization")
class OtherHeader(Plain):
    """Sends the key in another header."""

    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.key}


@breaks("client.fidelity /items")
class FirstBytes(Plain):
    """Reads the first 100 kB of a response."""

    def decoded(self, response: httpx.Response) -> str:
        return super().decoded(response)[:100_000]


@breaks("client.fidelity /items/*/created_at", "client.fidelity /items/*/updated_at")
class Seconds(Plain):
    """Cuts fractions of a second."""

    def moment(self, text: str) -> Any:
        moment = super().moment(text)
        return moment if isinstance(moment, str) else moment.replace(microsecond=0)


@breaks("client.fidelity /items/*/created_at", "client.fidelity /items/*/updated_at")
class Naive(Plain):
    """Drops the offset of date-times."""

    def moment(self, text: str) -> Any:
        moment = super().moment(text)
        return moment if isinstance(moment, str) else moment.replace(tzinfo=None)


@breaks("client.fidelity /items/*/configuration/mode")
class Defaults(Plain):
    """Makes up a mode where there is none."""

    def field(self, name: str, value: Any) -> Any:
        if name == "configuration":
            return {**value, "mode": value.get("mode") or "FAST"}
        return super().field(name, value)


@breaks("client.fidelity /items/*/error_message")
class Shortened(Plain):
    """Cuts a long text."""

    def field(self, name: str, value: Any) -> Any:
        return value[:3] if name == "error_message" and value else super().field(name, value)


@breaks("client.fidelity /items/*/result/confidence")
class Rounded(Plain):
    """Rounds a number."""

    def field(self, name: str, value: Any) -> Any:
        if name == "result" and value:
            return {**value, "confidence": round(value["confidence"])}
        return super().field(name, value)


@breaks("client.walk /items", "client.onward query/page_token")
class FirstPage(Plain):
    """Reads the first page alone."""

    def onward(self, page: Mapping[str, Any]) -> str | None:
        return None


@breaks("client.walk /items")
class Boundary(Plain):
    """Drops the last item of every full page."""

    def listed(self, page: Mapping[str, Any]) -> list[Any]:
        found = super().listed(page)
        return found[:-1] if page.get("next_page_token") else found


@breaks("client.walk /items")
class Sorted(Plain):
    """Turns the items of a page round."""

    def listed(self, page: Mapping[str, Any]) -> list[Any]:
        return super().listed(page)[::-1]


@breaks("client.onward query/page_token")
class TokenAlone(Plain):
    """Forgets the filters on the second page."""

    def following(self, pairs: list[tuple[str, str]], token: str) -> list[tuple[str, str]]:
        return [("page_token", token)]


@breaks("client.onward query/page_token", "client.walk /items")
class Stripped(Plain):
    """Tidies a token up before it goes back."""

    def onward(self, page: Mapping[str, Any]) -> str | None:
        token = super().onward(page)
        return token.replace("+", " ") if token else None


@breaks("client.trailing_page /items")
class NoEmptyPage(Plain):
    """Fails on an empty last page."""

    def page(self, response: httpx.Response) -> dict[str, Any]:
        page = super().page(response)
        if not page["items"] and b"next_page_token" not in response.content:
            self.mistyped("no items")
        return page


@breaks("client.empty_page /items")
class EndsWhenEmpty(Plain):
    """Takes an empty page for the last one."""

    def onward(self, page: Mapping[str, Any]) -> str | None:
        return super().onward(page) if page["items"] else None


@breaks("client.repeated_token query/page_token")
class Circles(Plain):
    """Asks for the same page for ever."""

    def repeated(self, token: str) -> None:
        return


@breaks("client.status status/500")
class Swallows(Plain):
    """Takes a 500 for an empty list."""

    def refuse(self, response: httpx.Response) -> httpx.Response:
        if response.status_code == 500:
            return httpx.Response(200, json={"items": []})
        return super().refuse(response)


@breaks("client.status status/404")
class Foreign(Plain):
    """Lets a 404 escape as an error of its HTTP library."""

    def refuse(self, response: httpx.Response) -> httpx.Response:
        if response.status_code == 404:
            response.raise_for_status()
        return super().refuse(response)


@breaks("client.status status/403")
class Speechless(Plain):
    """Does not say that the status was 403."""

    def refuse(self, response: httpx.Response) -> httpx.Response:
        if response.status_code == 403:
            self.mistyped("something went wrong")
        return super().refuse(response)


@breaks("client.refused_once status/422")
class Stubborn(Plain):
    """Sends a request again that was refused with 422."""

    refused = (400, 401, 403, 404, 405, 410, 413, 415)


@breaks("client.retries status/503")
class Tireless(Plain):
    """Never gives up on a 503."""

    def ask(self, pairs: list[tuple[str, str]]) -> httpx.Response:
        while True:
            response = self.http.get(self.url(pairs), headers=self.headers())
            if response.status_code != 503:
                return response if response.status_code == 200 else self.refuse(response)


@breaks("client.retry_after status/429", "client.retry_after status/503")
class Impatient(Plain):
    """Does not wait as long as it is told."""

    def wait(self, response: httpx.Response) -> None:
        return


@breaks("client.recovers status/429", "client.recovers status/500", "client.recovers status/503")
class Twice(Plain):
    """Gives every item twice after a retry."""

    def __init__(self, base_url: str, key: str) -> None:
        super().__init__(base_url, key)
        self.waited = False

    def wait(self, response: httpx.Response) -> None:
        super().wait(response)
        self.waited = True

    def listed(self, page: Mapping[str, Any]) -> list[Any]:
        return super().listed(page) * (2 if self.waited else 1)


@breaks("client.timeout response", "client.timeout body", patience=1.0)
class Patient(Plain):
    """Waits for ever."""

    timeout = None


@breaks("client.cut response", "client.cut body", "client.cut connection")
class Calm(Plain):
    """Takes a broken connection for an empty list."""

    def failed(self, error: httpx.HTTPError) -> httpx.Response:
        if isinstance(error, httpx.TimeoutException):
            return super().failed(error)
        return httpx.Response(200, json={"items": []})


@breaks(
    "client.body body/html",
    "client.body body/truncated",
    "client.body body/empty",
    "client.body body/encoding",
    "client.body body/none",
)
class Lenient(Plain):
    """Reads invalid JSON as an empty list."""

    def garbled(self, error: ValueError) -> dict[str, Any]:
        return {"items": []}

    def refuse(self, response: httpx.Response) -> httpx.Response:
        if response.status_code == 204:
            raise ValueError
        return super().refuse(response)


@breaks(
    *(
        f"client.fidelity /items/*/{name}"
        for name in (
            "id",
            "configuration/rules/*/description",
            "configuration/rules/*/type",
            "document_input_value",
            "project_id",
            "user_id",
            "configuration_id",
            "error_message",
            "parse_job_id",
            "result/reasoning",
            "result/type",
            "transaction_id",
        )
    )
)
class Latin(Plain):
    """Reads UTF-8 as Latin-1."""

    def decoded(self, response: httpx.Response) -> str:
        return response.content.decode("latin-1").replace("ÿ", "y")


@breaks("client.mistyped /items/*/user_id")
class Trusting(Plain):
    """Does not look at the user of a job."""

    def mistyped(self, message: str) -> None:
        if "user_id" not in message:
            super().mistyped(message)


@breaks("client.undocumented_field /items/*")
class Exact(Plain):
    """Knows the fields of a job, and no other."""

    def item(self, item: dict[str, Any]) -> Any:
        if set(item) - ITEM:
            raise TypeError(sorted(set(item) - ITEM))
        return super().item(item)


@breaks("client.undocumented_header header")
class Strict(Plain):
    """Fails on a Link header."""

    def page(self, response: httpx.Response) -> dict[str, Any]:
        if "Link" in response.headers:
            self.mistyped("a Link header")
        return super().page(response)


class Status(Enum):
    """The documented states."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@breaks("client.unknown_value /items/*/status")
class Closed(Plain):
    """Knows the documented states, and no other."""

    def field(self, name: str, value: Any) -> Any:
        return Status(value) if name == "status" else super().field(name, value)


@breaks("client.unknown_value /items/*/status")
class CaseBlind(Plain):
    """Compares states without regard to case."""

    def field(self, name: str, value: Any) -> Any:
        return value.upper() if name == "status" else super().field(name, value)
