"""Limits of everything that processes foreign data; docs/architecture.md has them in a table.

Code that reaches a limit names it: in a finding, a remark, or the one line of a refusal.
"""

from __future__ import annotations

from typing import Final

# One answer.

ANSWER_SECONDS: Final = 60.0
"""Maximum seconds for a complete response."""

STREAM_SECONDS: Final = 2.0
"""Maximum seconds for the body of an event stream, which may never end; it is not judged."""

MAX_HEADERS: Final = 200
"""Maximum number of response headers that are kept."""

MAX_BYTES: Final = 16 * 1024 * 1024
"""Maximum length of a body, in bytes after decompression."""

MAX_CHUNKS: Final = 100_000
"""Maximum number of pieces in which a server may send a body."""

MAX_CODINGS: Final = 4
"""Maximum number of content codings of one body."""

MAX_MEMBERS: Final = 1_000
"""Maximum number of compressed members of one body (RFC 1952, section 2.2)."""

MAX_URL: Final = 65_536
"""Maximum length of the URL of a further page, and of a token for it, in characters."""

MAX_DEPTH: Final = 64
"""Maximum nesting of arrays and objects in a body."""

MAX_VALUES: Final = 500_000
"""Maximum number of values in a body."""

MAX_BESIDE: Final = 2 * 1024 * 1024
"""Length of a body, in bytes, beyond which responses are requested one at a time."""

MAX_FORMAT: Final = 65_536
"""Maximum length of a text whose format is checked, if the check takes much time or memory."""

# One run.

RUN_SECONDS: Final = 600.0
"""Seconds of wall time after which nothing more is sent."""

GATE_SECONDS: Final = 1800.0
"""Seconds of wall time after which the gate of one operation plays nothing more."""

GATE_SCENARIOS: Final = 300
"""Scenarios that the gate plays for one promise."""

RUN_BYTES: Final = 128 * 1024 * 1024
"""Bytes of different bodies after which nothing more is sent; a long one counts as its texts in
memory, if they are longer."""

RUN_READING: Final = 60.0
"""Seconds of processor time for reading different bodies after which nothing more is sent."""

RUN_VALUES: Final = 2_000_000
"""Values in different bodies after which nothing more is sent."""

RUN_ITEMS: Final = 300_000
"""Items on all pages after which nothing more is sent."""

RUN_CUT: Final = 20
"""Responses longer than a limit after which nothing more is sent."""

# Evidence.

POWER_BYTES: Final = 8 * 1024**2
"""Number of bytes of the bodies that are damaged to measure the power of a run."""

POWER_ITEMS: Final = 50_000
"""Number of items, on all pages of a run, up to which drifts of its lists are tried."""

MAX_VIOLATIONS: Final = 1_000
"""Maximum number of violations of one keyword in one body that are described; all are counted."""

MAX_OBSERVED: Final = 100
"""Maximum number of different observations kept for one breach."""

MAX_BREACHES: Final = 1_000
"""Maximum number of breaches kept, smallest keys first: a server may invent names without end."""

# Contracts.

MAX_SCHEMA: Final = 200_000
"""Maximum number of values in a schema, enumerations included."""

MAX_FORMS: Final = 50_000
"""Maximum number of schemas that describe one instance of a definition, through references,
unions, `allOf` and conditions."""

MAX_LISTED: Final = 2_000
"""Maximum number of the enumerated values of a parameter that may be sent, the first ones."""

MAX_PARTS: Final = 50_000
"""Maximum number of parts of the schemas of an OpenAPI document that are merged for one schema."""

MAX_FRAMES: Final = 5_000
"""Maximum number of nested calls of Python while schemas are captured or loaded."""

MAX_SAMPLE: Final = 100_000
"""Maximum length of a text or array that is made: a maximum beyond it is not tested."""

MAX_FULL: Final = 8_000
"""Number of values in one sample after which optional parts are left out."""

MAX_SAMPLES: Final = 60_000
"""Number of values in the items of a mock, after which each has about as many optional parts."""

MAX_TRIED: Final = 200_000
"""Number of values tried for the items of a mock, after which there are no more of the largest."""

MAX_CHANGES: Final = 20_000
"""Number of changes of a request or a response, after which two documents are not compared."""

MAX_LEAST: Final = 20_000
"""Maximum number of values in the smallest instance of a schema."""

# Processes and servers.

MAX_REQUESTS: Final = 10_000
"""Maximum number of requests that a mock remembers, the last ones."""

MAX_REMEMBERED: Final = 64 * 1024 * 1024
"""Maximum number of bytes of the requests that a mock remembers."""

MAX_FAULTS: Final = 1_000
"""Maximum number of faults stated over HTTP that wait for their requests."""

MAX_FAULT: Final = 65_536
"""Maximum number of bytes of a fault that is stated over HTTP."""

MAX_OUTPUT: Final = 16 * 1024 * 1024
"""Maximum number of bytes that a client's command may write, on each of its two streams."""

# Documents and recordings.

MAX_RECORD: Final = 64 * 1024 * 1024
"""Maximum number of bytes of one record of a recording."""

MAX_PAGE: Final = 128 * 1024 * 1024
"""Maximum number of bytes of one page of one column of a Parquet file, after decompression."""

MAX_CONFIGURATION: Final = 1024 * 1024
"""Maximum number of characters of a configuration file."""

MAX_DOCUMENT: Final = 64 * 1024 * 1024
"""Maximum number of bytes of a document that is read as a whole."""

MAX_NODES: Final = 2_000_000
"""Maximum number of lines, commas and brackets of a YAML document."""

EXPANSION: Final = 10
"""Maximum number of values that aliases expand to, per character of a YAML text."""

SEARCH_SECONDS: Final = 2
"""For the search of a text for a pattern that may backtrack; see `docpact.bodies.patterns`."""

MAX_SLOW: Final = 20
"""Number of patterns with such a search after which patterns are no longer searched for."""
