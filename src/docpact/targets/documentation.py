"""Documentation on the web: fetched within limits of size, time and redirects."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from socket import getaddrinfo
from typing import Final
from urllib.parse import urlsplit

import httpx

from docpact.errors import UsageError
from docpact.limits import ANSWER_SECONDS
from docpact.model import Failure
from docpact.model.path import find_host, join_url
from docpact.secrets import redact_urls
from docpact.targets.connections import read
from docpact.text import describe_error

ACCEPT: Final = (
    "text/markdown, application/vnd.oai.openapi+json, application/vnd.oai.openapi,"
    " application/json, application/yaml, text/html;q=0.8, text/plain;q=0.8, */*;q=0.5"
)
MAX_REDIRECTS: Final = 5

_LOCAL: Final = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
"""Ends of names that only a private network resolves."""


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


def fetch(url: str, etag: str = "", page: str = "") -> Fetched:
    """Fetch a page.

    A server may redirect to itself and to public hosts, so that no page on the web leads to a
    server of a private network. Errors show URLs without user names, passwords and queries.

    Args:
        url: absolute, http or https.
        etag: of the page as it was before; the server may then answer that it is the same.
        page: the address of the page that links to it; empty for an address of the user's.

    Raises:
        UsageError: the page cannot be fetched; the error says why.
    """
    headers = {"Accept": ACCEPT, "User-Agent": "docpact"}
    condition = {"If-None-Match": etag} if etag else {}
    deadline = time.monotonic() + ANSWER_SECONDS
    trusted, before = _host(page or url), page
    with httpx.Client(timeout=httpx.Timeout(30, connect=10)) as client:
        for _ in range(MAX_REDIRECTS + 1):
            address = _check_url(url)
            if _host(url) != trusted and not _is_public(_host(url), is_resolved=True):
                raise _refuse(before, f"it redirects to {url}, which is not a public address")
            try:
                with client.stream("GET", address, headers=headers | condition) as response:
                    if response.has_redirect_location:
                        before, url = url, join_url(url, response.headers["location"])
                        condition = {}
                        if not is_url(url):
                            raise _refuse(before, f"it redirects to {url}")
                        continue
                    known = _strip_weak(etag) if condition else ""
                    return _read(response, url, max(deadline - time.monotonic(), 0), known)
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                raise _refuse(url, describe_error(error) or type(error).__name__) from None
    raise _refuse(url, f"more than {MAX_REDIRECTS} redirects")


def _refuse(url: str, problem: str) -> UsageError:
    return UsageError(f"{redact_urls(url)}: cannot be fetched: {redact_urls(problem)}")


def _check_url(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        problem = str(error).partition(":")[0]  # what follows may be a part of a password
        raise UsageError(f"{redact_urls(url)}: not a URL: {problem}") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise UsageError(f"{redact_urls(url)}: expected an http or https address")
    return address


def _host(url: str) -> str:
    return find_host(url).rstrip(".")


def _strip_weak(etag: str) -> str:
    """Return an ETag without the mark of a weak one (RFC 9110, section 8.8.3)."""
    return etag.removeprefix("W/")


def _read(response: httpx.Response, url: str, seconds: float, known: str) -> Fetched:
    """Read a response; 304 only counts for the ETag of the condition that was sent, if any was."""
    etag = response.headers.get("etag", "")
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if response.status_code == 304 and known and _strip_weak(etag or known) == known:
        return Fetched(url, "", media_type, etag, now, is_modified=False)
    if response.status_code != 200:
        raise _refuse(url, f"the status is {response.status_code}")
    body = read(response, seconds)
    if isinstance(body, Failure):
        raise _refuse(url, body.message)
    charset = response.charset_encoding or "utf-8"
    try:
        text = body.body.decode(charset)
    except (UnicodeDecodeError, LookupError) as error:
        problem = f"cannot be decoded as {charset}: {error}"
        raise UsageError(f"{redact_urls(url)}: {problem}") from None
    return Fetched(url, text, media_type, etag, now)


def may_follow(page: str, link: str) -> bool:
    """Return whether a link in a page may be followed: within its origin, or to a public host."""
    host = _host(link)
    if not host or not is_url(link):
        return False
    one, other = urlsplit(page), urlsplit(link)
    if (one.scheme, one.netloc) == (other.scheme, other.netloc):
        return True
    return other.scheme == "https" and _is_public(host)


def _is_public(host: str, *, is_resolved: bool = False) -> bool:
    """Return whether a host, without brackets, is a public name; addresses and local names are not.

    If `is_resolved`, its addresses must be public, too; a name without any passes.
    """
    with suppress(ValueError):
        ip_address(host)
        return False
    if "." not in host or host.endswith(_LOCAL):
        return False
    if not is_resolved:
        return True
    try:
        found = {each[4][0] for each in getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return True
    return all(ip_address(str(each).partition("%")[0]).is_global for each in found)
