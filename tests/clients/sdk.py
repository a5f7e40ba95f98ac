"""Releases of the official Python SDK, and the findings of the gate for each."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

RENAMED = (2, 1, 0)
"""The release whose types have `file_input` in the place of `document_input_value`."""

HANDED_ON = {
    "/items",
    "/items/*",
    "/items/*/configuration",
    "/items/*/configuration/mode",
    "/items/*/configuration/rules",
    "/items/*/configuration/rules/*",
    "/items/*/configuration/rules/*/description",
    "/items/*/configuration/rules/*/type",
    "/items/*/configuration_id",
    "/items/*/created_at",
    "/items/*/document_input_type",
    "/items/*/document_input_value",
    "/items/*/error_message",
    "/items/*/id",
    "/items/*/parse_job_id",
    "/items/*/project_id",
    "/items/*/result",
    "/items/*/result/confidence",
    "/items/*/result/reasoning",
    "/items/*/result/type",
    "/items/*/status",
    "/items/*/transaction_id",
    "/items/*/updated_at",
    "/items/*/user_id",
    "/next_page_token",
}
"""Places where every release accepts a wrong type without an error."""

ALWAYS = {
    "client.empty_page /items",
    "client.repeated_token query/page_token",
    *(f"client.query query/{name}_id" for name in ("configuration", "organization", "project")),
    *(
        f"client.body body/{name}"
        for name in ("html", "truncated", "empty", "encoding", "type", "none", "other_status")
    ),
    *(f"client.mistyped {where}" for where in HANDED_ON),
}


def broken_by(release: str) -> set[str]:
    """Return the promises that a release breaks."""
    numbers = tuple(int(number) for number in release.split("."))
    lost = {"client.fidelity /items/*/document_input_value"}
    return ALWAYS | (lost if numbers >= RENAMED else set())


def environment(folder: Path, packages: Path | None) -> dict[str, str]:
    """Return the environment of a process that sees a release before all others.

    A client builds a TLS context for each of some hundred calls, though none leaves loopback: one
    certificate to read is enough for it.
    """
    one = folder / "one.pem"
    if not one.exists():
        context = ssl.create_default_context()
        one.write_text(ssl.DER_cert_to_PEM_cert(context.get_ca_certs(binary_form=True)[0]))
    path = {} if packages is None else {"PYTHONPATH": str(packages)}
    return {**os.environ, **path, "SSL_CERT_FILE": str(one)}


def install(release: str, folder: Path) -> Path:
    """Install a release alone into a folder, and return it."""
    target = folder / f"llama-cloud-{release}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*command, "--target", str(target), f"llama-cloud=={release}"], check=True)
    return target
