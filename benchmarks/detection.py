"""docpact and Schemathesis on the same servers, in the same run: caught, false alarms, cost.

    python benchmarks/detection.py --schemathesis .bench/bin/schemathesis --every 5

Both run as whole processes against the servers of `tests/servers` over real HTTP, one after the
other. Schemathesis gets an OpenAPI document that says all that the format can say of the contract.
Its reports of the reference server itself are removed from its other results, as somebody who
silences those checks would do, and count as one false alarm.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from servers.broken import BROKEN  # noqa: E402
from servers.loopback import Handler, Server  # noqa: E402
from servers.reference import KEY  # noqa: E402
from servers.unusual import UNUSUAL  # noqa: E402
from servers.zoo import Broken, Unusual  # noqa: E402

from docpact.capture.openapi import write_document  # noqa: E402
from docpact.catalogue import documents  # noqa: E402
from docpact.model import Level  # noqa: E402

OPERATION = "llamacloud/list_classify_jobs"


@dataclass(frozen=True, slots=True)
class Look:
    """The result of one tool for one server.

    Attributes:
        alarms: its reports without notes: rules of docpact, failure types of Schemathesis.
        requests: that the server received.
        seconds: of the whole process.
    """

    alarms: frozenset[str]
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The results of both tools for one server.

    Attributes:
        name: of the server.
        family: of the rule that it breaks; empty for a correct one.
        rule: that it breaks.
        docpact: what docpact said.
        schemathesis: what Schemathesis said.
    """

    name: str
    family: str
    rule: str
    docpact: Look
    schemathesis: Look


def run_docpact(handler: Handler, folder: Path) -> Look:
    """Run `docpact check` on a server."""
    report = folder / "docpact.json"
    tool = Path(sys.executable).with_name("docpact")
    command = [str(tool), "check", OPERATION, "--json", str(report)]
    requests, seconds = _timed(handler, command, "--target")
    findings = json.loads(report.read_text())["findings"]
    alarms = frozenset(each["rule"] for each in findings if each["level"] != "note")
    return Look(alarms, requests, seconds)


def run_schemathesis(handler: Handler, folder: Path, tool: str, seed: int) -> Look:
    """Run `schemathesis run` with every check, to the end of every phase."""
    description, report = folder / "openapi.json", folder / "schemathesis.json"
    description.write_text(
        json.dumps(write_document([(OPERATION, documents(OPERATION))], version="1"))
    )
    command = [tool, "run", str(description), "--checks", "all", "--continue-on-failure"]
    command += ["-H", f"Authorization: Bearer {KEY}", "--seed", str(seed)]
    command += ["--report-json-path", str(report)]
    requests, seconds = _timed(handler, command, "--url")
    told: dict[str, Any] = json.loads(report.read_text())
    alarms = frozenset(each["type"] for each in told["failures"])
    errors = {"an error of the run"} if told["errors"] else set[str]()
    return Look(alarms | errors, requests, seconds)


def _timed(handler: Handler, command: Sequence[str], option: str) -> tuple[int, float]:
    environment = os.environ | {"LLAMA_CLOUD_API_KEY": KEY}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed tools have their modules compiled
    with Server(handler) as server, tempfile.TemporaryDirectory() as elsewhere:
        started = time.perf_counter()
        subprocess.run(
            [*command, option, server.url],
            env=environment,
            cwd=elsewhere,
            capture_output=True,
            check=False,
            timeout=600,
        )
        return len(server.requests), time.perf_counter() - started


def measure(tool: str, seed: int, every: int) -> Iterator[Pair]:
    """Run both tools on the reference, then on every n-th server of each kind."""
    broken = [each for each in BROKEN if each.level is not Level.NOTE]
    by_family = sorted(broken, key=lambda each: each.rule.partition(".")[0])
    chosen: list[Broken | Unusual] = [Unusual("the reference", lambda api: api)]
    chosen += [*by_family[::every], *UNUSUAL[::every]]
    for each in chosen:
        with tempfile.TemporaryDirectory() as folder:
            ours = run_docpact(each.handler(), Path(folder))
            theirs = run_schemathesis(each.handler(), Path(folder), tool, seed)
        rule = each.rule if isinstance(each, Broken) else ""
        yield Pair(each.name, rule.partition(".")[0], rule, ours, theirs)


def table(pairs: Sequence[Pair]) -> Iterator[str]:
    """Write the results as a Markdown table by family."""
    silenced = pairs[0].schemathesis.alarms
    yield "| family | servers | docpact | by the right rule | Schemathesis |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    broken = [pair for pair in pairs if pair.family]
    for family in [*dict.fromkeys(pair.family for pair in broken), "all"]:
        group = [pair for pair in broken if family in (pair.family, "all")]
        ours = sum(bool(pair.docpact.alarms) for pair in group)
        right = sum(pair.rule in pair.docpact.alarms for pair in group)
        theirs = sum(bool(pair.schemathesis.alarms - silenced) for pair in group)
        yield f"| {family} | {len(group)} | {ours} | {right} | {theirs} |"
    correct = [pair for pair in pairs if not pair.family]
    ours = sum(bool(pair.docpact.alarms) for pair in correct)
    theirs = sum(bool(p.schemathesis.alarms - silenced) for p in correct) + bool(silenced)
    yield f"| false alarms on correct ones | {len(correct)} | {ours} | | {theirs} |"
    yield ""
    yield "| median a run | docpact | Schemathesis | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    for what, digits in (("requests", 0), ("seconds", 2)):
        a = [getattr(pair.docpact, what) for pair in pairs]
        b = [getattr(pair.schemathesis, what) for pair in pairs]
        ratio = median(x / y for x, y in zip(a, b, strict=True))
        yield f"| {what} | {median(a):.{digits}f} | {median(b):.{digits}f} | {ratio:.2f} |"


def main() -> None:
    """Measure, and print the table, the misses and the false alarms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--schemathesis", default="schemathesis", help="the command to compare to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="take every n-th server alone")
    args = parser.parse_args()
    pairs = []
    for pair in measure(args.schemathesis, args.seed, args.every):
        pairs.append(pair)
        print(f"{len(pairs)}: {pair.name}", file=sys.stderr, flush=True)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("\n".join(table(pairs)))
    missed = [p.name for p in pairs if p.family and p.rule not in p.docpact.alarms]
    alarmed = [p.name for p in pairs if not p.family and p.docpact.alarms]
    print(f"\nmissed by docpact: {missed or 'none'}; false alarms of docpact: {alarmed or 'none'}")


if __name__ == "__main__":
    main()
