"""From a file of recorded traffic to what can be judged of it: journal, HAR or cassette."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docpact.errors import UsageError
from docpact.files import read_text, read_yaml
from docpact.model import Operation
from docpact.traffic import cassette, har, journal
from docpact.traffic.exchanges import judged_as
from docpact.traffic.recording import Recording


def read(file: Path, operation: Operation) -> Recording:
    """Read a recording of any kind, told by what the file holds.

    Raises:
        UsageError: the file cannot be read, is of no known kind, or holds nothing of the operation.
        MissingExtra: it is YAML, and the library for it is not installed.
    """
    text = read_text(file)
    if text.startswith('{"docpact journal"'):
        recording = journal.read(text, file, operation)
    else:
        document = _document(text, file)
        if isinstance(document, dict) and "log" in document:
            entries = list(har.entries(document, file))
        elif isinstance(document, dict) and "interactions" in document:
            entries = list(cassette.entries(document, file))
        else:
            raise UsageError(f"{file}: neither a journal of docpact, nor HAR, nor a cassette")
        recording = judged_as(operation, entries)
    if not recording.exchanges:
        raise UsageError(f"{file}: no exchange of {operation.method} {operation.path} is recorded")
    return recording


def _document(text: str, file: Path) -> Any:
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{file}: no JSON: {error}") from None
    return read_yaml(text, file)
