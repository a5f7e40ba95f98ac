"""The tokens with which the pages of a mock are requested."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final
from uuid import UUID

from docpact.limits import MAX_REQUESTS
from docpact.model import Operation

_SEAL: Final = 8
"""Length of the seal, which shows that the mock has written a token."""


class PageTokens:
    """Writes and reads the tokens of an operation.

    A token contains its value, so a mock can read it without a memory. A UUID is too short for
    that: its value is remembered.
    """

    def __init__(self, operation: Operation) -> None:
        self._key = operation.id.encode()
        name, known = operation.roles.token_parameter, operation.query_parameters
        self._has_uuids = any(e.name == name and e.schema.get("format") == "uuid" for e in known)
        self._values: dict[str, Any] = {}

    def write(self, value: Any) -> str:
        """Return the token for a JSON value, always the same one."""
        content = json.dumps(value).encode()
        seal = hmac.digest(self._key, content, "sha256")
        if not self._has_uuids:
            return urlsafe_b64encode(seal[:_SEAL] + content).decode().rstrip("=")
        token = str(UUID(bytes=seal[:16], version=4))
        self._values[token] = json.loads(content)
        if len(self._values) > MAX_REQUESTS:
            del self._values[next(iter(self._values))]
        return token

    def read(self, token: str) -> Any:
        """Return the value of a token; None if the mock has not written it."""
        if self._has_uuids:
            return self._values.get(token)
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        seal, content = raw[:_SEAL], raw[_SEAL:]
        is_own = hmac.compare_digest(seal, hmac.digest(self._key, content, "sha256")[:_SEAL])
        return json.loads(content) if is_own else None
