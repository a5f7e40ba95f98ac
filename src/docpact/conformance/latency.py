"""Latency: how long the answers of each phase took."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median, quantiles

from docpact.model import Exchange, Latency


def latency(exchanges: Iterable[Exchange]) -> tuple[Latency, ...]:
    """Return the times of the whole answers of each phase, in the order of the phases."""
    times: dict[str, list[float]] = {}
    for exchange in exchanges:
        if exchange.response is not None:
            times.setdefault(exchange.phase, []).append(exchange.seconds)
    return tuple(
        Latency(phase, len(each), median(each), _p95(each)) for phase, each in times.items()
    )


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
