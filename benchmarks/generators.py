"""Generates clients from an exported contract, gates each one, and writes the table of the docs.

Needs Node.js, Java and Go; `nox -s generators` installs the generators. A tool that is missing is
named, and its row stays as it is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
EXAMPLES: Final = ROOT / "examples" / "generated-clients"
PAGE: Final = ROOT / "docs" / "generated-clients.md"
OPERATION: Final = "llamacloud/list_classify_jobs"


@dataclass(frozen=True, slots=True)
class Generator:
    """A generator of clients.

    Attributes:
        name: of the generator and its client.
        needs: programs.
        steps: commands that generate and compile, in a folder with `api.json` and the examples.
        client: the command to gate.
    """

    name: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    client: str


def bundle(name: str) -> str:
    """Return the command that compiles an adapter in TypeScript."""
    options = "--bundle --platform=node --format=esm --packages=external --log-level=warning"
    return f"npx --no-install esbuild {name}.ts {options} --outfile={name}.mjs"


GENERATORS: Final = (
    Generator(
        "openapi-python-client",
        ("openapi-python-client",),
        (
            (
                "openapi-python-client generate --path api.json --meta none --output-path jobs"
                " --overwrite"
            ),
        ),
        "{python} openapi_python_client.py",
    ),
    Generator(
        "datamodel-code-generator, httpx",
        ("datamodel-codegen",),
        (
            (
                "datamodel-codegen --input api.json --input-file-type openapi --output models.py"
                " --output-model-type pydantic_v2.BaseModel --formatters builtin"
            ),
        ),
        "{python} datamodel_code_generator.py",
    ),
    Generator(
        "openapi-typescript, openapi-fetch",
        ("npx",),
        ("npx --no-install openapi-typescript api.json -o schema.d.ts", bundle("openapi_fetch")),
        "node openapi_fetch.mjs",
    ),
    Generator(
        "@hey-api/openapi-ts",
        ("npx",),
        ("npx --no-install openapi-ts -i api.json -o hey", bundle("hey_api")),
        "node hey_api.mjs",
    ),
    Generator(
        "orval",
        ("npx",),
        (
            "npx --no-install orval --input api.json --output jobs.ts --client fetch",
            bundle("orval"),
        ),
        "node orval.mjs",
    ),
    Generator(
        "swagger-typescript-api",
        ("npx",),
        (
            "npx --no-install swagger-typescript-api generate -p api.json -o . -n swagger_jobs.ts",
            bundle("swagger_typescript_api"),
        ),
        "node swagger_typescript_api.mjs",
    ),
    Generator(
        "openapi-typescript-codegen",
        ("npx",),
        (
            "npx --no-install openapi --input api.json --output codegen",
            bundle("openapi_typescript_codegen"),
        ),
        "node openapi_typescript_codegen.mjs",
    ),
    Generator(
        "oazapfts",
        ("npx",),
        ("npx --no-install oazapfts api.json oazapfts_jobs.ts", bundle("oazapfts")),
        "node oazapfts.mjs",
    ),
    Generator(
        "openapi-zod-client, Zodios",
        ("npx",),
        ("npx --no-install openapi-zod-client api.json -o zodios_jobs.ts", bundle("zodios")),
        "node zodios.mjs",
    ),
    Generator(
        "openapi-generator (TypeScript)",
        ("openapi-generator-cli", "npx"),
        (
            "openapi-generator-cli generate -i api.json -g typescript-fetch -o tsfetch",
            bundle("typescript_fetch"),
        ),
        "node typescript_fetch.mjs",
    ),
    Generator(
        "openapi-generator (Python)",
        ("openapi-generator-cli",),
        (
            (
                "openapi-generator-cli generate -i api.json -g python -o og"
                " --additional-properties=packageName=og_jobs"
            ),
            "rm -rf og_jobs && cp -r og/og_jobs .",
        ),
        "{python} openapi_generator_python.py",
    ),
    Generator(
        "openapi-generator (Go)",
        ("openapi-generator-cli", "go"),
        (
            (
                "openapi-generator-cli generate -i api.json -g go -o go/jobs"
                " --additional-properties=withGoMod=false,packageName=jobs"
            ),
            "cp client.go go/client.go",
            "rm -rf go/jobs/test",
            "cd go && (test -f go.mod || go mod init example) && go build -o ../client .",
        ),
        "./client",
    ),
)


def gate(generator: Generator, folder: Path) -> dict[str, list[str]]:
    """Generate a client and gate it; return the broken promises by rule."""
    for step in generator.steps:
        subprocess.run(step, shell=True, cwd=folder, check=True)  # noqa: S602
    report = folder / "gate.json"
    command = generator.client.format(python=sys.executable)
    line = [sys.executable, "-c", "import sys, docpact.cli; sys.exit(docpact.cli.main())", "gate"]
    options = ["--exec", command, "--lines", "--patience", "20", "--json", str(report)]
    done = subprocess.run(
        [*line, *options], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{generator.name}: {done.stderr or done.stdout[-2000:]}")
    broken: dict[str, list[str]] = {}
    for promise in json.loads(report.read_text())["promises"]:
        if promise["outcome"] == "broken":
            broken.setdefault(promise["rule"], []).append(promise["location"])
    return broken


def row(generator: Generator, broken: dict[str, list[str]]) -> str:
    """Return a row of the table."""
    shown = [
        f"`{rule}` ({len(places)})" if len(places) > 1 else f"`{rule}`"
        for rule, places in broken.items()
    ]
    return f"| {generator.name} | {', '.join(shown) or 'nothing'} |"


def replace_row(text: str, name: str, found: str) -> str:
    """Return the page with a new row in its first table."""
    table, heading, rest = text.partition("\n## ")
    lines = [found if line.startswith(f"| {name} |") else line for line in table.split("\n")]
    return "\n".join(lines) + heading + rest


def main() -> None:
    """Gate the clients, and replace their rows on the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to generate; Node's packages are in it")
    parser.add_argument("--only", default="", help="only generators whose name has this text")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(EXAMPLES, args.folder, dirs_exist_ok=True)
    exporting = "import sys, docpact.cli; sys.exit(docpact.cli.main())"
    export = [sys.executable, "-c", exporting, "export", "openapi", OPERATION, "--out", "api.json"]
    subprocess.run(export, cwd=args.folder, check=True)
    text = PAGE.read_text(encoding="utf-8")
    for generator in GENERATORS:
        if args.only not in generator.name:
            continue
        missing = [name for name in generator.needs if shutil.which(name) is None]
        if missing:
            print(f"{generator.name}: not run, because there is no {', '.join(missing)}")
            continue
        found = row(generator, gate(generator, args.folder))
        print(found, flush=True)
        text = replace_row(text, generator.name, found)
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
