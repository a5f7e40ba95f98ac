"""The frozen values that flow through docpact: operation, case, exchange, finding, run."""

from __future__ import annotations

from docpact.model.api import Api, ApiRun
from docpact.model.case import (
    Case,
    Credentials,
    Expectation,
    Expected,
    PageVisit,
    PayloadCase,
    Query,
    Question,
    Visit,
)
from docpact.model.documented import DocumentedResponse, ResponseContent, ResponseHeader
from docpact.model.exchange import (
    Exchange,
    Failure,
    FailureKind,
    Request,
    Response,
    SecretHeader,
    SecretQuery,
    SentBody,
)
from docpact.model.finding import AcceptedFinding, Breach, Finding, Judgement, Level, Promise
from docpact.model.history import HistoryEntry, Interval, State, Timeline
from docpact.model.operation import (
    Credential,
    Document,
    Gap,
    Link,
    Operation,
    Parameter,
    ParameterLocation,
    Source,
)
from docpact.model.power import Missed, Power
from docpact.model.request_body import FieldEncoding, RequestBody
from docpact.model.roles import Lifecycle, Roles
from docpact.model.run import (
    Latency,
    Outcome,
    PromiseResult,
    Run,
    Verdict,
    collect_results,
    fails,
    is_failure,
)
from docpact.model.schema import Schema

__all__ = [
    "AcceptedFinding",
    "Api",
    "ApiRun",
    "Breach",
    "Case",
    "Credential",
    "Credentials",
    "Document",
    "DocumentedResponse",
    "Exchange",
    "Expectation",
    "Expected",
    "Failure",
    "FailureKind",
    "FieldEncoding",
    "Finding",
    "Gap",
    "HistoryEntry",
    "Interval",
    "Judgement",
    "Latency",
    "Level",
    "Lifecycle",
    "Link",
    "Missed",
    "Operation",
    "Outcome",
    "PageVisit",
    "Parameter",
    "ParameterLocation",
    "PayloadCase",
    "Power",
    "Promise",
    "PromiseResult",
    "Query",
    "Question",
    "Request",
    "RequestBody",
    "Response",
    "ResponseContent",
    "ResponseHeader",
    "Roles",
    "Run",
    "Schema",
    "SecretHeader",
    "SecretQuery",
    "SentBody",
    "Source",
    "State",
    "Timeline",
    "Verdict",
    "Visit",
    "collect_results",
    "fails",
    "is_failure",
]
