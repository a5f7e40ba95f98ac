"""The curl command of a page: its server, its credential and its constant headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from docpact.capture.layout.command import DATA, Command, is_command, read_command
from docpact.capture.layout.example import Body, decode_value
from docpact.capture.layout.lines import Line, Page, PageGap
from docpact.capture.requests.forms import Form, read_form
from docpact.errors import PageError
from docpact.model.operation import OPEN_REQUEST, SECURITY
from docpact.model.path import PARAMETER, TOKEN, VARIABLE, match_path

PLAIN_HEADERS: Final = ("accept", "content-type", "content-length", "user-agent", "host")
"""Headers that say nothing about the operation itself."""

_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_]\w*)\}?|\$\(.{0,1000}\)|`.*`", re.ASCII)
_PLACEHOLDER: Final = re.compile(
    r"<[^<>]+>|\{+[^{}]+\}+|\[[^\[\]]+\]|%\w+%|\.{3}|…|x{3,}|X{3,}|\*{3,}"
    r"|(?:[A-Z0-9]+_)*(?:YOUR|KEY|TOKEN|SECRET|PASSWORD|ID|API)(?:_[A-Z0-9]+)*"
    r"|(?i:(?:your|my|insert|replace)[-_ ]?[\w -]*)"
)
_INSIDE: Final = re.compile(r"\{\{[^{}]+\}\}")
SECRET_NAME: Final = re.compile(
    r"authorization|(api|access|auth|secret|subscription|service|admin)[-_]?(key|token|id|secret)"
    r"|auth[-_]?(email|user)"
    r"|token|secret|apikey|password|^x-(?!idempotency|partition|cache|sort|routing).*-key$",
    re.IGNORECASE,
)

_ONE_REQUEST: Final = re.compile(
    r"(?:content-)?range|if-.+|.*(?:request-?id|correlation|trace).*", re.IGNORECASE
)
"""A header whose value in an example is about that request, and that others need not have."""

_ONCE: Final = re.compile(r"idempoten|timestamp|nonce|signature", re.IGNORECASE)
"""The name of a header whose value is another one in every request."""

_ANY: Final = 2
"""The rank of a header that may be a credential, as its value is a placeholder."""

_HOST: Final = re.compile(r"[\w.-]+(?::[0-9]+)?")

_ONE_WRONG: Final = 3
"""A path of more segments belongs to the operation even if an example has one of them wrong."""

PATH: Final = "/path"
"""The pointer of a gap that says that an example requests another path."""

_AUTHORIZATION: Final = ("authorization", "proxy-authorization")

_LOGIN_NAME: Final = re.compile(
    r"(client|app|application|account|user)[-_]?(id|email|name)", re.IGNORECASE
)
"""A name of a placeholder that is sent with a secret."""


@dataclass(frozen=True, slots=True)
class Security:
    """The credential in the curl example.

    Attributes:
        line: of the option that carries it.
        is_named: whether the example names the environment variable.
    """

    line: int
    entry: dict[str, Any]
    is_named: bool = True

    def mark_required(self) -> Security:
        """Return the credential as one that every request needs."""
        return replace(self, entry={k: v for k, v in self.entry.items() if k != "optional"})

    def mark_optional(self) -> Security:
        """Return the credential as one that nothing says every request needs."""
        return replace(self, entry={**self.entry, "optional": True})

    @property
    def place(self) -> tuple[str, str]:
        """The kind and the name, in lower case, of the parameter that carries it."""
        name = self.entry.get("header") or self.entry["name"]
        return str(self.entry.get("in", "header")), str(name).lower()


@dataclass(frozen=True, slots=True)
class Constant:
    """A header that the example sends with a fixed value."""

    line: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Curl:
    """The facts of a curl command.

    Attributes:
        line: of the URL; of the operation where the page has no example.
        server: scheme, host and base path; empty where the page names none.
        security: the credentials, all of which the example sends; the first is the main one.
        alternatives: groups of credentials that a request may carry instead.
        end: index of the line behind the command, counted from the first line of the example.
        body: the JSON that it sends, or None.
        form: the body that it sends if that is not JSON, or None.
        gaps: the facts that it leaves open.
    """

    line: int
    server: str = ""
    security: tuple[Security, ...] = ()
    end: int = 0
    constants: tuple[Constant, ...] = ()
    body: Body | None = None
    form: Form | None = None
    gaps: tuple[PageGap, ...] = ()
    alternatives: tuple[tuple[Security, ...], ...] = ()

    def with_security(self, security: Sequence[Security]) -> Curl:
        """Return the facts with other credentials, without the gaps about those before."""
        known = [
            replace(each, text=each.text.replace(" and the credential", ""))
            for each in self.gaps
            if each.pointer != SECURITY
        ]
        return replace(self, security=tuple(security), gaps=(*known, *_list_doubts(security)))


def read_curl(page: Page) -> Curl:
    """Read the first curl command of a page.

    Raises:
        PageError: it is missing below the title that announces it, cannot be read, or contradicts
            method and path.
    """
    lines = page.example
    start = next((at for at, line in enumerate(lines) if is_command(line)), None)
    if start is None and not page.is_announced:
        line = page.operation.number
        text = "the server and the credential: the page has no curl example"
        return Curl(line, gaps=(PageGap("/server", line, text),))
    if start is None:
        written = [line for line in lines if line.text]
        last = Line(written[-1].number if written else page.end, "the end of the page")
        found = next((line for line in written if " " in line.text or line.text[0] in "{["), last)
        raise PageError(found.number, f"expected the curl example, found {found.text!r}")
    words, stop = read_command(lines, start)
    return interpret(page, Command.read(words), stop)


def interpret(page: Page, facts: Command, end: int) -> Curl:
    """Return the facts of a command; `end` is the index of the line behind it."""
    line, url = facts.url(page)
    for at, method in facts.values("-X", "--request"):
        if method.upper() != page.method:
            problem = f"the curl example sends {method}, but the page documents {page.method}"
            raise PageError(at, problem)
    server, is_same = _server(page, line, url)
    gaps = [] if server else [PageGap("/server", line, f"the server: the example has {url!r}")]
    gaps += (
        [] if is_same else [PageGap(PATH, line, f"the curl example requests another path: {url}")]
    )
    documented = _list_documented(page, "header")
    headers = list(_headers(facts))
    found = sorted(_credentials(page, facts, headers, url, server), key=lambda each: each[0])
    security = beside([each for rank, each in found if rank < _ANY] or [x for _, x in found[:1]])
    gaps += _list_doubts(security)
    taken = {name for place, name in (each.place for each in security) if place == "header"}
    constants = []
    for at, name, value in headers:
        if name.lower() in (*PLAIN_HEADERS, *taken):
            continue
        is_one = _ONE_REQUEST.fullmatch(name) is not None
        if is_one or is_placeholder(value) or _ONCE.search(name):
            if name.lower() not in documented:
                text = f"the header {name}: the example has {value!r}"
                gaps.append(PageGap("" if is_one else OPEN_REQUEST, at, text))
        elif value.isprintable():
            constants.append(Constant(at, name, value))
    kinds = (value for _, name, value in headers if name.lower() == "content-type")
    form = read_form(facts, next(kinds, ""))
    sent = None if form else _sent(facts)
    return Curl(line, server, security, end, tuple(constants), sent, form, tuple(gaps))


def beside(found: Sequence[Security]) -> tuple[Security, ...]:
    """Return the credentials that one request carries; the example does not say if it needs all."""
    by_place = {_place(each): each for each in reversed(found)}
    kept = [by_place[place] for place in dict.fromkeys(map(_place, found))]
    return (*kept[:1], *(each.mark_optional() for each in kept[1:]))


def _list_doubts(security: Sequence[Security]) -> list[PageGap]:
    """Return the gaps of credentials beside the main one that nothing says every request needs."""
    doubt = "whether requests without it are refused"
    open_ones = [each for each in security[1:] if each.entry.get("optional")]
    return [PageGap(SECURITY, each.line, f"{_place(each)}: {doubt}") for each in open_ones]


def _list_documented(page: Page, kind: str) -> set[str]:
    """Return the names in a section, in lower case."""
    section = page.section(kind)
    named = section.lines if section else ()
    return {each.text.partition(":")[0].strip('"').lower() for each in named if ":" in each.text}


def _headers(facts: Command) -> Iterator[tuple[int, str, str]]:
    for line, text in facts.values("-H", "--header"):
        name, colon, value = text.partition(":")
        if colon and name.strip() and (value.strip() or SECRET_NAME.search(name)):
            check_token(line, "header", name.strip())
            yield line, name.strip(), value.strip()


def check_token(line: int, kind: str, name: str) -> None:
    """Raise PageError unless a header or a cookie can have a name (RFC 9110, section 5.6.2)."""
    if not TOKEN.fullmatch(name):
        raise PageError(line, f"no {kind} can have the name {name!r}")


def is_placeholder(text: str) -> bool:
    """Return whether a text is empty, or has a placeholder for the reader's own value."""
    is_part = _VARIABLE.search(text) or _INSIDE.search(text)
    return bool(not text or is_part or _PLACEHOLDER.fullmatch(text))


def _credentials(
    page: Page, facts: Command, headers: Sequence[tuple[int, str, str]], url: str, server: str
) -> Iterator[tuple[int, Security]]:
    """Yield the credentials of a command, each with its rank: the main one has the lowest."""
    for line, login in facts.values("-u", "--user"):
        user, _, password = login.partition(":")
        yield 0, http_credential(line, "basic", "" if user and password else user, server)
    for line, token in facts.values("--oauth2-bearer"):
        yield 0, http_credential(line, "bearer", token, server)
    documented = _list_documented(page, "header")
    for line, name, value in headers:
        lower, is_key = name.lower(), bool(SECRET_NAME.search(name))
        if lower in _AUTHORIZATION:
            yield 0, read_header(line, name, value, server)
        elif is_placeholder(value) and lower not in PLAIN_HEADERS and lower != "cookie":
            is_key = is_key or bool(_LOGIN_NAME.search(name))
            if is_key or lower not in documented:
                yield 1 if is_key else _ANY, key_credential(line, "header", name, value, server)
        elif lower in documented or "idempotency" in lower or lower == "cookie":
            continue
        elif is_key or _LOGIN_NAME.search(name):
            yield 1, key_credential(line, "header", name, value, server)
    yield from _other_keys(page, facts, headers, url, server)


def _other_keys(
    page: Page, facts: Command, headers: Sequence[tuple[int, str, str]], url: str, server: str
) -> Iterator[tuple[int, Security]]:
    """Yield the credentials in cookies and in the query."""
    cookies = [*facts.values("-b", "--cookie")]
    cookies += [(line, value) for line, name, value in headers if name.lower() == "cookie"]
    known = _list_documented(page, "cookie") | _list_documented(page, "query")
    line = facts.url(page)[0]
    pairs = [(at, "cookie", *each.strip().partition("=")[::2]) for at, text in cookies
             for each in text.split(";")]  # fmt: skip
    pairs += [(line, "query", name, value) for name, value in parse_qsl(urlsplit(url).query)]
    for at, place, name, value in pairs:
        if is_placeholder(value) and SECRET_NAME.search(name) and name.lower() not in known:
            yield 1, key_credential(at, place, name, value, server)


def read_header(line: int, name: str, value: str, server: str) -> Security:
    """Return the credential that a header carries, by its value in an example."""
    scheme, _, secret = value.partition(" ")
    if name.lower() in _AUTHORIZATION and secret and TOKEN.fullmatch(scheme):
        key = secret.removeprefix("token=")
        found = http_credential(line, scheme.lower(), key.strip('"'), server, name)
        return (
            found if key == secret else replace(found, entry=found.entry | {"parameter": "token"})
        )
    return key_credential(line, "header", name, value, server)


def http_credential(
    line: int, scheme: str, secret: str, server: str, header: str = "Authorization"
) -> Security:
    """Return the credential of an HTTP scheme."""
    variable, is_named = _variable(secret, scheme, server)
    entry = {"type": "http", "scheme": scheme, "header": header, "variable": variable}
    return Security(line, entry, is_named)


def key_credential(line: int, place: str, name: str, secret: str, server: str) -> Security:
    """Return the credential that is the value of a parameter."""
    variable, is_named = _variable(secret, name, server)
    entry = {"type": "apiKey", "in": place, "name": name, "variable": variable}
    return Security(line, entry, is_named)


def _variable(secret: str, name: str, server: str) -> tuple[str, bool]:
    """Return the environment variable of a secret, and whether the example names it."""
    stated = _VARIABLE.search(secret)
    if stated and stated[1]:
        return stated[1], True
    if secret.isupper() and is_placeholder(secret) and VARIABLE.fullmatch(secret):
        return secret, True
    host = (urlsplit(server).hostname or "api").removeprefix("www.").removeprefix("api.")
    made = re.sub(r"[^A-Z0-9]+", "_", f"{host.partition('.')[0]}_{name}".upper()).strip("_")
    return (made if not made[:1].isdigit() else f"API_{made}"), False


def _place(security: Security) -> str:
    entry = security.entry
    return f"the {entry.get('in', 'header')} {entry.get('name') or entry.get('header')}"


def _server(page: Page, line: int, url: str) -> tuple[str, bool]:
    """Return scheme, host and base path of a URL, and whether it has the path of the page.

    The text is empty if the scheme or the host is missing, or the host is a placeholder.

    Raises:
        PageError: the URL is not absolute, or differs from the page's path in several segments.
    """
    try:
        urlsplit(url)
    except ValueError as error:
        raise PageError(line, f"{url!r} is not a URL: {error}") from None
    scheme, colon, before = url.partition("://") if "://" in url else ("", "", url)
    host, _, path = before.partition("/")
    path = f"/{re.split(r'[?#]', path)[0]}"
    is_bare = not colon and _HOST.fullmatch(host) is not None
    is_open = not host or is_bare or bool(re.search(r"[$<{\[%]", host))
    if scheme.lower() not in ("http", "https") and not (is_open and not colon):
        raise PageError(line, f"expected an absolute http(s) URL, found {url!r}")
    if "@" in host:
        raise PageError(line, "a user or password in the URL is not supported")
    match = match_path(page.path, path)
    base = match[0] if match else _find_base(page.path, path)
    if base is None:
        problem = f"the curl example requests {url!r}, but the path is {page.path!r}"
        raise PageError(line, f"{problem} (line {page.operation.number})")
    is_open = is_open or bool(re.search(r"[$<{\[]", base))
    return "" if is_open else f"{scheme.lower()}://{host}{base}", match is not None


def _find_base(template: str, path: str) -> str | None:
    """Return the base path of a path that differs from a template in one segment, or None."""
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    for start in range(len(given)):
        pairs = list(zip_longest(wanted, given[start:], fillvalue=""))
        fitting = [ours == its or bool(its and PARAMETER.search(ours)) for ours, its in pairs]
        equal = sum(ours == its for ours, its in pairs)
        if fitting.count(False) == 1 and equal > 1 and len(fitting) > _ONE_WRONG:
            return "".join(f"/{each}" for each in given[:start])
    return None


def _sent(facts: Command) -> Body | None:
    """Return the JSON of the first option that sends a body; None if it is not JSON."""
    for line, text in facts.values(*DATA):
        try:
            return Body(line, decode_value(text))
        except ValueError:
            return None
    return None
