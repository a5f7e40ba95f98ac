"""Attacks docpact with mutated inputs, hostile servers, kills and full disks, and prints a table.

    python benchmarks/attack.py --seed 1 --size 0.1

Each kind runs in a process of its own, in which the commands run one after another. An input
survives if the command ends with a verdict or one clear line, in time, and writes nothing but its
own files and no secret. `--size 1` tries 75,400 inputs.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import quote

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from hostile.document import DOCUMENT  # noqa: E402
from hostile.raw import TEXTS, answer, hostile, serving, written  # noqa: E402
from servers.jobs import make_jobs  # noqa: E402
from servers.loopback import Server  # noqa: E402
from servers.reference import KEY, Api  # noqa: E402

from docpact.catalogue import documents  # noqa: E402
from docpact.cli import main as run_docpact  # noqa: E402
from docpact.targets import http  # noqa: E402

OPERATION: Final = "llamacloud/list_classify_jobs"
VARIABLE: Final = "LLAMA_CLOUD_API_KEY"
SECONDS: Final = 30
"""Seconds after which an input counts as hung; the deadline of a check is 600 s."""

ODD: Final[tuple[Any, ...]] = (
    *TEXTS, None, True, False, 0, -1, 2**31 - 1, 10**400, 1e308, -0.0, [], {}, [[]], [{}], {"": {}},
    {"$ref": "#"}, {"$ref": "#/components/schemas/Thing"}, {"$ref": 1}, {"allOf": []},
    {"anyOf": [{"type": "null"}]}, {"items": {"$ref": "#/components/schemas/Thing"}},
)  # fmt: skip

CONFIGURATION: Final = """
operation = "llamacloud/list_classify_jobs"
target = "mock"
budget = 20
strict = true
secrets = ["OTHER_KEY"]

[levels]
"response.enum" = "note"

[targets.local]
url = "http://127.0.0.1:1"
key = "LLAMA_CLOUD_API_KEY"
"""


def mutate(value: Any, rng: random.Random) -> Any:
    """Return a decoded document with one to three odd changes."""
    value = copy.deepcopy(value)
    for _ in range(rng.randrange(1, 4)):
        places = [*_list_places(value)]
        if not places:
            return rng.choice(ODD)
        holder, step = rng.choice(places)
        other, at = rng.choice(places)
        kind = rng.randrange(5)
        if kind == 0:
            del holder[step]
        elif kind == 1:
            holder[step] = copy.deepcopy(other[at])
        elif kind == 2 and isinstance(holder, dict):
            holder[rng.choice(TEXTS)[:60]] = holder.pop(step)
        else:
            holder[step] = copy.deepcopy(rng.choice(ODD))
    return value


def _list_places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container in a document with each of its steps."""
    steps: Any = [*value] if isinstance(value, dict) else range(len(value))
    for step in steps if isinstance(value, dict | list) else ():
        yield value, step
        if isinstance(value[step], dict | list):
            yield from _list_places(value[step])


def mutate_text(text: str, rng: random.Random) -> str:
    """Return a text with some lines lost, repeated, moved, joined, or replaced by odd ones."""
    lines = text.splitlines()
    for _ in range(rng.randrange(1, 6)):
        at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(6)
        if kind == 0 and len(lines) > 1:
            del lines[at]
        elif kind == 1:
            lines.insert(to, lines[at])
        elif kind == 2:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
        elif kind == 3:
            lines[at] += lines[to]
        else:
            lines.insert(at, rng.choice(TEXTS)[:2000].encode("utf-8", "replace").decode())
    return "\n".join(lines)


def _dump(value: Any) -> str:
    return json.dumps(value, indent=1)


@dataclass(slots=True)
class Attack:
    """One kind of attack, and what became of its inputs.

    Attributes:
        folder: the only one that commands may write to.
        rng: makes the inputs.
        failures: a line for each input that did not survive.
    """

    folder: Path
    rng: random.Random
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    seconds: int = SECONDS

    def write(self, name: str, text: str) -> str:
        """Write a file of the input, and return its name."""
        (self.folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        return name

    def run(self, *args: str, codes: tuple[int, ...] = (0, 1, 2, 3)) -> None:
        """Run a command, and note whether it survived."""
        out, err = StringIO(), StringIO()
        before, code = time.monotonic(), 0
        try:
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
            with chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
                code = run_docpact(args)
        except SystemExit as left:
            code = int(left.code or 0)
        except BaseException as error:  # noqa: BLE001 — any other end is what is looked for
            self.failures.append(f"{args[0]}: {type(error).__name__}: {str(error)[:200]}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.slowest = max(self.slowest, time.monotonic() - before)
        told = err.getvalue()
        if code not in codes or "Traceback" in told:
            self.failures.append(f"{args[0]}: exit code {code}: {told[-300:].strip()}")
        self.check_secrets(out.getvalue() + told)

    def check_secrets(self, text: str) -> None:
        """Note a secret in a text, in any of its encodings."""
        found = [name for name, form in FORMS.items() if _core(name, form) in text]
        self.failures += [f"a secret is written: {name}" for name in found]

    def check_files(self) -> None:
        """Note a secret in any file of the folder."""
        for file in self.folder.rglob("*"):
            if file.is_file() and file.stat().st_size < 50_000_000:
                self.check_secrets(file.read_bytes().decode("utf-8", "replace"))


def _core(name: str, form: str) -> str:
    """Return the characters that the secret alone determines, whatever is beside it."""
    return form[4:-4] if name.startswith("Base64") else form


FORMS: Final = {
    "plain": KEY,
    "percent": "".join(f"%{byte:02X}" for byte in KEY.encode()),
    "escaped": "".join(f"\\u{ord(char):04x}" for char in KEY),
    "quoted": quote(KEY, safe=""),
    "hexadecimal": KEY.encode().hex(),
    **{f"Base64 at {at}": b64encode(b"x" * at + KEY.encode()).decode() for at in range(3)},
}
"""The secret as a server may repeat it."""

Kind: TypeAlias = Callable[[Attack, int], None]


def attack_documents(attack: Attack, number: int) -> None:
    """Capture a mutated OpenAPI document."""
    content = mutate(DOCUMENT, attack.rng)
    name = attack.write("a.json", _dump(content))
    attack.run("capture", name, "--operation", "op", "--out", f"contract{number % 2}")


def attack_pages(attack: Attack, number: int) -> None:
    """Capture a mutated documentation page."""
    pages = sorted((ROOT / "schemas").glob("*/*/page.txt"))
    text = mutate_text(attack.rng.choice(pages).read_text(encoding="utf-8"), attack.rng)
    attack.run("capture", attack.write("a.txt", text), "--out", f"contract{number % 2}")


def attack_contracts(attack: Attack, number: int) -> None:
    """Show a mutated contract; check the mock of some."""
    folder = attack.folder / "contract"
    folder.mkdir(exist_ok=True)
    files = documents(OPERATION)
    chosen = attack.rng.choice([*files])
    for name, content in files.items():
        kept = mutate(content, attack.rng) if name == chosen else content
        attack.write(f"contract/{name}", _dump(kept))
    attack.run(*(("check",) if number % 20 == 0 else ("show",)), "contract")


def attack_configurations(attack: Attack, _: int) -> None:
    """Read a mutated configuration."""
    text = mutate_text(CONFIGURATION, attack.rng)
    attack.run("config", "--config", attack.write("a.toml", text))


def attack_histories(attack: Attack, number: int) -> None:
    """Read a history with a mutated row, or with damaged bytes."""
    original, damaged = attack.folder / "original.sqlite", attack.folder / "a.sqlite"
    if not original.exists():
        attack.run("check", "--history", original.name)
        attack.run("check", "--history", original.name)
    shutil.copy(original, damaged)
    if number % 4 == 0:
        content = bytearray(damaged.read_bytes())
        for _ in range(attack.rng.randrange(1, 40)):
            content[attack.rng.randrange(len(content))] = attack.rng.randrange(256)
        damaged.write_bytes(content)
    else:
        with sqlite3.connect(damaged) as database:
            (packed,) = database.execute("SELECT document FROM runs LIMIT 1").fetchone()
            run = mutate(json.loads(zlib.decompress(packed)), attack.rng)
            text = zlib.compress(_dump(run).encode("utf-8", "surrogatepass"))
            database.execute("UPDATE runs SET document = ? WHERE id = 1", (text,))
        database.close()
    attack.run("history", damaged.name)


def attack_recordings(attack: Attack, number: int) -> None:
    """Audit a mutated recording of one of several formats."""
    url = "https://api.cloud.llamaindex.ai/api/v2/classify"
    headers = [{"name": "Content-Type", "value": "application/json"}]
    reply = {"status": 200, "headers": headers, "content": {"text": '{"items": []}'}}
    entry = {
        "startedDateTime": "2026-01-01T00:00:00Z",
        "request": {"method": "GET", "url": url},
        "response": reply,
    }
    flat = {"url": url, "status": 200, "body": '{"items": []}', "headers": {"a": "b"}}
    stored = {"headers": {"a": ["b"]}, "body": {"string": "{}"}, "status": {"code": 200}}
    played = {"request": {"method": "GET", "uri": url}, "response": stored}
    forms = (
        lambda: _dump({"log": {"version": "1.2", "entries": mutate([entry] * 2, attack.rng)}}),
        lambda: "\n".join(json.dumps(mutate(flat, attack.rng)) for _ in range(3)),
        lambda: _dump({"interactions": mutate([played] * 2, attack.rng), "version": 1}),
        lambda: mutate_text(_dump({"log": {"version": "1.2", "entries": [entry]}}), attack.rng),
    )
    attack.run("audit", attack.write("a", forms[number % 4]()))


def attack_by_servers(attack: Attack, _: int) -> None:
    """Check a hostile server, which also repeats the secret in odd encodings."""
    attack.seconds, http.MAX_WAIT = 660, 0.1  # type: ignore[misc]
    begun, rng = iter(range(3)), attack.rng
    echo = written({"items": [], "next_page_token": rng.choice([*FORMS.values()])})

    def script(send: Callable[[bytes], None], _: Any) -> None:
        if next(begun, None) is not None:
            send(answer(written({"items": make_jobs(2)})))
        else:
            send(answer(echo) if rng.random() < 0.2 else hostile(rng))

    files = ("--json", "a.json", "--junit", "a.xml", "--sarif", "a.sarif", "--journal", "a.jsonl")
    with serving(script) as url:
        attack.run("check", "--target", url, "--budget", "40", "--history", "a.sqlite", *files)
    attack.check_files()


def attack_by_kills(attack: Attack, number: int) -> None:
    """Kill a check at any time; every twentieth one, see that the next run is undisturbed."""
    code = "import sys, docpact.cli; sys.exit(docpact.cli.main())"
    files = ("--history", "h.sqlite", "--journal", "j.jsonl", "--json", "r.json")
    with Server(Api(make_jobs(12))) as server:
        words = [sys.executable, "-c", code, "check", "--target", server.url, *files]
        process = subprocess.Popen(
            words,
            cwd=attack.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(attack.rng.uniform(0.2, 2.5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if number % 20 == 0:
            before = len(attack.failures)
            attack.run("check", "--target", server.url, *files, codes=(0, 1))
            attack.run("history", "h.sqlite", codes=(0, 1))
            attack.run("check", "--replay", "j.jsonl", codes=(0, 1))
            if len(attack.failures) == before:
                run = json.loads((attack.folder / "r.json").read_text())
                if run["verdict"] != "conforms":
                    attack.failures.append(f"after a kill: {run['verdict']}")


def attack_by_disks(attack: Attack, number: int) -> None:
    """Write reports to a full disk, a missing folder, a folder, and below a file."""
    attack.write("file", "")
    (attack.folder / "folder").mkdir(exist_ok=True)
    where = ("/dev/full", "missing/a", "folder", "file/a")[number % 4]
    option = attack.rng.choice(["--json", "--junit", "--sarif", "--markdown", "--journal"])
    attack.run("check", option, where, codes=(2,))


KINDS: Final[Mapping[str, tuple[Kind, int]]] = {
    "OpenAPI documents": (attack_documents, 25_000),
    "documentation pages": (attack_pages, 25_000),
    "contracts": (attack_contracts, 10_000),
    "configurations": (attack_configurations, 5_000),
    "histories": (attack_histories, 5_000),
    "recordings": (attack_recordings, 5_000),
    "hostile servers": (attack_by_servers, 100),
    "kills": (attack_by_kills, 200),
    "full disks and files that cannot be written": (attack_by_disks, 100),
}
"""Kind of attack → what one input does, and the number of inputs at size 1."""


def run_kind(name: str, count: int, seed: int) -> dict[str, Any]:
    """Try the inputs of one kind in this process, and return a row of the table."""
    attack_once, _ = KINDS[name]
    os.environ[VARIABLE] = KEY
    signal.signal(signal.SIGALRM, _end)
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "work"
        folder.mkdir()
        rng = random.Random(seed)  # noqa: S311 (no cryptography)
        attack, lost = Attack(folder, rng), 0
        for number in range(count):
            failures = len(attack.failures)
            attack_once(attack, number)
            lost += len(attack.failures) > failures
        attack.failures += [f"written outside: {f}" for f in Path(parent).iterdir() if f != folder]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "tried": count,
        "survived": count - lost,
        "slowest": round(attack.slowest, 1),
        "largest": peak,
        "failures": attack.failures[:20],
    }


def _end(*_: object) -> None:
    raise TimeoutError("hung")


def main() -> int:
    """Run every kind in its own process, print the table, and return 1 if an input was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=0.1, help="1 for all inputs")
    parser.add_argument("--kind", choices=KINDS, help="only this kind")
    parser.add_argument("--count", type=int, help="in this process, as JSON")
    options = parser.parse_args()
    if options.count is not None:
        print(json.dumps(run_kind(options.kind, options.count, options.seed)))
        return 0
    is_lost = False
    print(
        "| inputs | tried | survived | slowest | peak memory |\n| --- | ---: | ---: | ---: | ---: |"
    )
    for name in [options.kind] if options.kind else KINDS:
        count = max(1, round(KINDS[name][1] * options.size))
        words = [sys.executable, __file__, "--kind", name, "--count", str(count)]
        done = subprocess.run(
            [*words, "--seed", str(options.seed)], stdout=subprocess.PIPE, text=True, check=True
        )
        row = json.loads(done.stdout.splitlines()[-1])
        numbers = (
            f"{row['tried']:,} | {row['survived']:,} | {row['slowest']} s | {row['largest']} MB"
        )
        print(f"| {name} | {numbers} |", flush=True)
        for failure in row["failures"]:
            print(f"  {failure}", file=sys.stderr)
        is_lost |= row["survived"] < row["tried"] or bool(row["failures"])
    return int(is_lost)


if __name__ == "__main__":
    sys.exit(main())
