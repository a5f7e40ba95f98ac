"""Secrets: what is known of them, and how every text is kept free of them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from docpact.errors import UsageError

SHORTEST: Final = 4
"""A shorter value is part of too many words to be told from them."""

SHORTEST_COOKIE: Final = 12
"""A shorter value of a cookie, such as `true` or `deleted`, opens no session."""

COOKIE: Final = "[cookie]"
"""What stands in the place of a cookie's value."""


@dataclass(slots=True)
class Secrets:
    """Values that must be written nowhere; it learns of those that a server hands out.

    Attributes:
        shown: secret → what stands in its place.
    """

    shown: dict[str, str] = field(default_factory=dict, repr=False)

    def learn(self, secret: str | None, name: str) -> None:
        """Keep a secret out of every text from now on.

        Args:
            secret: None and what is shorter than `SHORTEST` is none.
            name: what stands in its place.
        """
        if secret is None or len(secret) < SHORTEST:
            return
        for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
            self.shown.setdefault(form, name)
        self.shown.setdefault(b64encode(secret.encode()).decode().rstrip("="), name)

    def redact(self, text: str) -> str:
        """Return a text without any secret, the longest taken out first."""
        for secret in sorted(self.shown, key=len, reverse=True):
            if secret in text:
                text = text.replace(secret, self.shown[secret])
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """Return bytes without any secret."""
        for secret in sorted(self.shown, key=len, reverse=True):
            body = body.replace(secret.encode(), self.shown[secret].encode())
        return body


def cookie_value(header: str) -> str:
    """Return the value that a Set-Cookie header sets (RFC 6265, section 4.1.1)."""
    return header.partition(";")[0].partition("=")[2].strip().strip('"')


def from_variables(names: tuple[str, ...], environment: Mapping[str, str]) -> Secrets:
    """Return the secrets that environment variables hold.

    Raises:
        UsageError: a variable that is configured as a secret is too short to be one.
    """
    secrets = Secrets()
    for name in names:
        value = environment.get(name, "").strip()
        if 0 < len(value) < SHORTEST:
            raise UsageError(
                f"{name} is configured as a secret, and has under {SHORTEST} characters"
            )
        secrets.learn(value or None, f"${name}")
    return secrets
