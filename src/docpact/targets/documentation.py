"""Documentation on the web: fetched within limits of size, time and redirects."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from docpact.errors import UsageError
from docpact.limits import ANSWER_SECONDS
from docpact.model import Failure
from docpact.targets.body import read

ACCEPT: Final = (
    "text/markdown, application/vnd.oai.openapi+json, application/vnd.oai.openapi,"
    " application/json, application/yaml, text/html;q=0.8, text/plain;q=0.8, */*;q=0.5"
)
MAX_REDIRECTS: Final = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched page.

    Attributes:
        url: after redirects.
        text: decoded; empty if it was not modified.
        media_type: without parameters, in lower case.
        etag: empty if the server names none.
        time: of the response, in RFC 3339.
        is_modified: whether it is another one than that of the given ETag.
    """

    url: str
    text: str
    media_type: str
    etag: str
    time: str
    is_modified: bool = True


def is_url(text: str) -> bool:
    """Return whether an argument is the address of a page rather than a file."""
    return text.lower().startswith(("http://", "https://"))


def fetch(url: str, etag: str = "") -> Fetched:
    """Fetch a page.

    Args:
        url: absolute, http or https.
        etag: of the page as it was before; the server may then answer that it is the same.

    Raises:
        UsageError: the page cannot be fetched; the error says why.
    """
    headers = {"Accept": ACCEPT, "User-Agent": "docpact"}
    headers |= {"If-None-Match": etag} if etag else {}
    deadline = time.monotonic() + ANSWER_SECONDS
    with httpx.Client(timeout=httpx.Timeout(30, connect=10)) as client:
        for _ in range(MAX_REDIRECTS + 1):
            address = _check_url(url)
            try:
                with client.stream("GET", address, headers=headers) as response:
                    if response.has_redirect_location:
                        url = _redirect(url, response.headers["location"])
                        continue
                    return _read(response, url, max(deadline - time.monotonic(), 0))
            except httpx.HTTPError as error:
                raise UsageError(f"{url}: cannot be fetched: {_describe(error)}") from None
    raise UsageError(f"{url}: cannot be fetched: more than {MAX_REDIRECTS} redirects")


def _describe(error: httpx.HTTPError) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _check_url(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"{url}: not a URL: {error}") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise UsageError(f"{url}: expected an http or https address")
    return address


def _redirect(url: str, location: str) -> str:
    """Return where a redirect leads: to the same host, or to a public one."""
    target = urljoin(url, location)
    host = urlsplit(target).hostname or ""
    if host != urlsplit(url).hostname and not _is_public(host):
        raise UsageError(f"{url}: cannot be fetched: it redirects to {target}")
    return target


def _read(response: httpx.Response, url: str, seconds: float) -> Fetched:
    etag = response.headers.get("etag", "")
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if response.status_code == 304:
        return Fetched(url, "", media_type, etag, now, is_modified=False)
    if response.status_code != 200:
        raise UsageError(f"{url}: cannot be fetched: the status is {response.status_code}")
    body = read(response, seconds)
    if isinstance(body, Failure):
        raise UsageError(f"{url}: cannot be fetched: {body.message}")
    charset = response.charset_encoding or "utf-8"
    try:
        text = body.body.decode(charset)
    except (UnicodeDecodeError, LookupError) as error:
        raise UsageError(f"{url}: cannot be decoded as {charset}: {error}") from None
    return Fetched(url, text, media_type, etag, now)


def may_follow(page: str, link: str) -> bool:
    """Return whether a link in a page may be followed: within its origin, or to a public host."""
    one, other = urlsplit(page), urlsplit(link)
    if other.scheme not in ("http", "https") or not other.hostname:
        return False
    if (one.scheme, one.netloc) == (other.scheme, other.netloc):
        return True
    return other.scheme == "https" and _is_public(other.hostname)


def _is_public(host: str) -> bool:
    """Return whether a host is a public name; addresses and local names are not."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))
    return False
