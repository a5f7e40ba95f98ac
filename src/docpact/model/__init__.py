"""The frozen values that flow through docpact: operation, case, exchange, finding, run."""

from __future__ import annotations

from docpact.model.case import Case, Credentials, Expectation, PayloadCase
from docpact.model.exchange import Exchange, Failure, FailureKind, Request, Response
from docpact.model.finding import Breach, Finding, Judgement, Known, Level, Look, Promise
from docpact.model.night import Night, Spell, State, Story
from docpact.model.operation import (
    Credential,
    Document,
    Gap,
    Lifecycle,
    Operation,
    Parameter,
    ParameterLocation,
    Roles,
    Source,
)
from docpact.model.run import Latency, Outcome, Run, Verdict, fails, is_failure, outcome
from docpact.model.schema import Schema

__all__ = [
    "Breach",
    "Case",
    "Credential",
    "Credentials",
    "Document",
    "Exchange",
    "Expectation",
    "Failure",
    "FailureKind",
    "Finding",
    "Gap",
    "Judgement",
    "Known",
    "Latency",
    "Level",
    "Lifecycle",
    "Look",
    "Night",
    "Operation",
    "Outcome",
    "Parameter",
    "ParameterLocation",
    "PayloadCase",
    "Promise",
    "Request",
    "Response",
    "Roles",
    "Run",
    "Schema",
    "Source",
    "Spell",
    "State",
    "Story",
    "Verdict",
    "fails",
    "is_failure",
    "outcome",
]
