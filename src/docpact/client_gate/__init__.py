"""The client gate: the requests of a client, and its results for right and wrong responses."""

from __future__ import annotations

from docpact.client_gate.call import Caller, Effect
from docpact.client_gate.gate import FAMILIES, RULES, Client, Effects, Gate, gate, promises
from docpact.client_gate.python import PythonCaller, member
from docpact.client_gate.rule import ClientRule

__all__ = [
    "FAMILIES",
    "RULES",
    "Caller",
    "Client",
    "ClientRule",
    "Effect",
    "Effects",
    "Gate",
    "PythonCaller",
    "gate",
    "member",
    "promises",
]
