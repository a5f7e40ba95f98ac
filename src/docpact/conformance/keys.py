"""The secrets of a target: read from the environment, or fetched, and sent only if allowed.

A token of the client-credentials flow of OAuth 2 (RFC 6749, section 4.4) is fetched if the variable
of a credential is not set, and two others with its name and `_CLIENT_ID` and `_CLIENT_SECRET` are.
The secrets go only to the documented token URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx

from docpact.bodies.decode import decode
from docpact.credentials import LINE, LOGIN, encode_login, kind_of
from docpact.errors import UsageError
from docpact.limits import ANSWER_SECONDS
from docpact.model import Credential, Failure, Operation
from docpact.model.pointer import mapping_of
from docpact.options import MOCK
from docpact.secrets import SHORTEST, Secrets, redact_urls
from docpact.settings import Settings
from docpact.targets.address import base_url, is_loopback
from docpact.targets.connections import read
from docpact.targets.given import read_secret_header

CLIENT_ID: Final = "_CLIENT_ID"
"""The end of the variable with the id of the user's client at a token URL."""


CLIENT_SECRET: Final = "_CLIENT_SECRET"  # noqa: S105 — the end of a variable's name
"""The end of the variable with the secret of that client."""


def name_variables(operation: Operation) -> str:
    """Return the environment variables of all secrets, as in a sentence."""
    return " and ".join(each.variable for each in operation.credentials)


def choose_alternative(operation: Operation, environment: Mapping[str, str]) -> Operation:
    """Return an operation with the first documented alternative whose secrets are all set."""
    for credentials in (operation.credentials, *operation.alternatives):
        if all(environment.get(each.variable, "").strip() for each in credentials):
            first = credentials[0] if credentials else None
            return replace(operation, credential=first, beside=credentials[1:], alternatives=())
    return operation


def read_secret(operation: Operation, environment: Mapping[str, str]) -> str | None:
    """Return the stripped secrets of all credentials, each on a line; None if one is missing.

    Raises:
        UsageError: a header cannot carry a secret (RFC 9110, section 5.5).
    """
    secrets = [_read_one(each, environment) for each in operation.credentials]
    found = [each for each in secrets if each]
    return LINE.join(found) if found and len(found) == len(secrets) else None


def _read_one(credential: Credential, environment: Mapping[str, str]) -> str:
    variable, kind = credential.variable, kind_of(credential)
    secret = environment.get(variable, "").strip()
    scheme, _, rest = secret.partition(" ")
    if credential.kind == "http" and scheme.lower() == credential.scheme.lower():
        secret = rest.strip()
        if name := credential.parameter:
            secret = secret.removeprefix(f"{name}=").strip('"')
    if kind.is_sendable(credential, secret):
        return secret
    if credential.kind == "basic":
        raise UsageError(f"{variable}: expected USER:PASSWORD, of printable characters")
    place = "a query" if credential.place == "query" else "an HTTP header"
    raise UsageError(f"{variable} contains a character that {place} cannot carry")


def check_key(settings: Settings, environment: Mapping[str, str]) -> None:
    """Refuse to send requests without a secret that the user names, as a key or in a header.

    The name of a key is printed only if it looks like one: it may be the secret itself. The mock
    needs no key.

    Raises:
        UsageError: its variable is not set.
    """
    for name, variable in _list_in_headers(settings).items():
        if not environment.get(variable, "").strip():
            raise UsageError(f"--header {name}: the environment variable {variable} is not set")
    if settings.target == MOCK:
        return
    unset = [name for name in _split_key(settings) if not environment.get(name, "").strip()]
    if unset:
        shown = f" {unset[0]}" if unset[0].isupper() else ""
        raise UsageError(
            f"--key{shown}: the environment variable is not set; give its name, never the secret"
        )


def _split_key(settings: Settings) -> list[str]:
    return settings.key.split(",") if settings.key else []


def _list_in_headers(settings: Settings) -> dict[str, str]:
    """Return the name of each header with a secret, and the variable that holds it."""
    found = [each for each in map(read_secret_header, settings.headers) if each]
    return {each.header: each.variable for each in found}


def check_consent(operation: Operation, settings: Settings, *, is_shipped: bool) -> None:
    """Refuse to send a secret that only the contract names: its documentation may be hostile.

    Raises:
        UsageError: docpact does not ship the contract, the target is on another machine, and
            neither the command line nor the configuration names the variable.
    """
    named = {*_split_key(settings), *_list_in_headers(settings).values()}
    variables = [e.variable for e in operation.credentials if e.variable not in named]
    if variables and not is_shipped and not is_loopback(settings.target):
        raise UsageError(
            f"{operation.id} needs the secret in ${' and $'.join(variables)}: to send it to "
            f"{base_url(settings.target, operation)}, give --key {','.join(variables)} or set it "
            "as `key` in the configuration"
        )


_ENDS: Final = (CLIENT_ID, CLIENT_SECRET)

_ERROR: Final = re.compile(r"[a-z_]{1,40}")
"""The code of an error (RFC 6749, section 5.2)."""


class TokenError(Exception):
    """No token was issued; the message says why, without any secret."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The data for a request of a token, which is the secret of a credential.

    The operations of the run ask for the scopes.
    """

    variable: str
    url: str
    scopes: tuple[str, ...]
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)

    def list_secrets(self) -> Iterator[tuple[str, str]]:
        """Yield each secret and the text that is written in its place."""
        yield self.client_secret, f"${self.variable}{CLIENT_SECRET}"
        yield quote_plus(self.client_secret), f"${self.variable}{CLIENT_SECRET}"


def list_requests(
    operations: Iterable[Operation],
    settings: Settings,
    environment: Mapping[str, str],
    *,
    is_shipped: bool,
) -> list[TokenRequest]:
    """Return a request for each token that is missing and that the environment allows to fetch.

    Raises:
        UsageError: a secret would go to another machine that only the document names, or would be
            sent without encryption, or the environment has only one of the two variables.
    """
    found: dict[str, TokenRequest] = {}
    for each in chain.from_iterable(_list_unset(one, environment) for one in operations):
        client = [environment.get(each.variable + end, "").strip() for end in _ENDS]
        if each.token_url and any(client):
            is_named = is_shipped or each.variable in _split_key(settings)
            _check(each.variable, each.token_url, client, is_named=is_named)
            known = found[each.variable].scopes if each.variable in found else ()
            scopes = tuple(dict.fromkeys((*known, *each.scopes)))
            found[each.variable] = TokenRequest(each.variable, each.token_url, scopes, *client)
    return list(found.values())


def _list_unset(operation: Operation, environment: Mapping[str, str]) -> Iterator[Credential]:
    """Yield the credentials without a secret, up to an alternative whose secrets are all set."""
    for credentials in (operation.credentials, *operation.alternatives):
        unset = [each for each in credentials if not environment.get(each.variable, "").strip()]
        if not unset:
            return
        yield from unset


def _check(variable: str, url: str, client: list[str], *, is_named: bool) -> None:
    names = f"${variable}{CLIENT_ID} and ${variable}{CLIENT_SECRET}"
    if not all(client) or len(client[1]) < SHORTEST:
        raise UsageError(f"{names}: both must be set, the secret to {SHORTEST} characters or more")
    try:
        parts = urlsplit(url)
        is_usable = bool(parts.hostname) and parts.username is None
        is_local = is_loopback(url)
    except ValueError:
        is_usable = False
    shown = redact_urls(url)
    if not is_usable or not (parts.scheme == "https" or (is_local and parts.scheme == "http")):
        raise UsageError(f"{names} are sent only to an https URL, not to {shown}: set ${variable}")
    if not is_named and not is_local:
        raise UsageError(
            f"the token URL is {shown}: to send {names} there, give --key {variable} or set it as "
            "`key` in the configuration"
        )


def fetch_tokens(
    requests: Iterable[TokenRequest], open_client: Callable[[str], httpx.Client]
) -> dict[str, str]:
    """Return variable → token.

    Raises:
        TokenError: no token was issued.
    """
    tokens = {}
    for request in requests:
        secrets = Secrets(dict(request.list_secrets()))
        with open_client(request.url) as client:
            try:
                tokens[request.variable] = _fetch(request, client)
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                problem = secrets.redact(str(error)) or type(error).__name__
                raise _error(request, f"unreachable: {problem}") from None
    return tokens


def _fetch(request: TokenRequest, client: httpx.Client) -> str:
    """Return a token; a server that takes no Basic authentication gets the secret in the body."""
    login = f"{quote_plus(request.client_id)}:{quote_plus(request.client_secret)}"
    form = {"grant_type": "client_credentials"}
    if request.scopes:
        form["scope"] = " ".join(request.scopes)
    own = {"client_id": request.client_id, "client_secret": request.client_secret}
    status, body = _post(request, client, form, {"Authorization": LOGIN + encode_login(login)})
    if status in (400, 401):
        status, body = _post(request, client, {**form, **own}, {})
    token = body.get("access_token")
    if status == 200 and isinstance(token, str) and token:
        kind = body.get("token_type", "bearer")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise _error(request, "a token of another type than bearer")
        return token
    code = body.get("error")
    shown = f", {code}" if isinstance(code, str) and _ERROR.fullmatch(code) else ""
    pair = f"{request.variable}_CLIENT_ID and {request.variable}_CLIENT_SECRET"
    advice = f"; check {pair}" if status in (400, 401) else ""
    raise _error(request, f"{status}{shown}{advice}")


def _post(
    request: TokenRequest, client: httpx.Client, form: dict[str, str], headers: dict[str, str]
) -> tuple[int, Mapping[str, Any]]:
    """Return the status and the decoded object of a response; redirects are not followed."""
    sent = {"Accept": "application/json", **headers}
    with client.stream("POST", request.url, data=form, headers=sent) as response:
        outcome = read(response, ANSWER_SECONDS)
    if isinstance(outcome, Failure):
        raise _error(request, outcome.message)
    return outcome.status, mapping_of(decode(outcome.body).value)


def _error(request: TokenRequest, problem: str) -> TokenError:
    return TokenError(
        f"no token for ${request.variable} from {redact_urls(request.url)}: {problem}"
    )
