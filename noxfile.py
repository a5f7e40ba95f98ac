"""One session a chore: `nox -l` lists them, `nox` runs those that need no target."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import nox

PROJECT = nox.project.load_toml("pyproject.toml")

COMPARED = "schemathesis==4.32.5"

SUITE = "jsonschema==4.26.0"
"""The release in whose source the official test suite of JSON Schema lies, in the folder `json`."""

RELEASES = ["1.6.0", "2.0.0", "2.1.0", "2.9.1", "2.14.1", "2.19.0"]
"""Releases of llama-cloud at which the API changed."""

GENERATED = ["hypothesis==6.170.9", "hypothesis-jsonschema==0.23.1"]
"""The last release of Hypothesis that hypothesis-jsonschema runs on."""

CLIENT_GENERATORS = [
    "openapi-python-client==0.29.1",
    "datamodel-code-generator==0.89.0",
    "openapi-generator-cli==7.26.0",
    "python-dateutil>=2.9",  # of the Python client of openapi-generator, like urllib3
    "urllib3>=2.7",
]
NODE_GENERATORS = [
    "typescript@5.9.3",
    "esbuild@0.28.2",
    "openapi-typescript@7.13.0",
    "openapi-fetch@0.17.0",
    "@hey-api/openapi-ts@0.95.0",
    "orval@7.13.2",
    "swagger-typescript-api@13.13.0",
    "openapi-typescript-codegen@0.31.0",
    "oazapfts@7.5.0",
    "@oazapfts/runtime@1.2.0",
    "openapi-zod-client@1.18.3",
    "@zodios/core@10.9.6",
    "axios@1.21.1",
    "zod@3.25.76",
]

nox.needs_version = ">=2025.2.9"
nox.options.error_on_missing_interpreters = False


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, name))


def json_schema(session: nox.Session) -> dict[str, str]:
    """Bring the official test suite of JSON Schema; without a registry its tests are skipped."""
    folder = Path(session.cache_dir).resolve() / "json-schema"
    unpacked = folder / SUITE.replace("==", "-") / "json"
    if not unpacked.is_dir():
        options = ["--no-deps", "--no-binary", "jsonschema", "--dest", str(folder), "--quiet"]
        session.run("pip", "download", *options, SUITE, success_codes=[0, 1, 2])
        is_safe = hasattr(tarfile, "data_filter")  # Python 3.11.4
        safe: dict[str, Any] = {"filter": "data"} if is_safe else {}
        for archive in folder.glob("*.tar.gz"):
            shutil.unpack_archive(archive, folder, **safe)
    return {"DOCPACT_JSON_SCHEMA_SUITE": str(unpacked)} if unpacked.is_dir() else {}


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests of the toolkit, and the conformance suite on the built-in mock."""
    session.install("-e", ".[all]", *group("test"))
    workers = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"]  # many tests wait
    session.run("pytest", *workers, *session.posargs, env=json_schema(session))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and the floors that modules may import from."""
    session.install("-e", ".[all]", *group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Type-check the package, its tests and this file."""
    session.install("-e", ".[all]", *group("types"))
    session.run("mypy", "-p", "docpact")
    session.run("mypy", "tests", "benchmarks", "noxfile.py", "conftest.py")
    session.run("mypy", "docs/conf.py", "docs/reference.py")


@nox.session
def mock(session: nox.Session) -> None:
    """Run the suite against the built-in mock, from a plain install."""
    session.install(".")
    session.run("docpact", "check", *session.posargs)


@nox.session(default=False)
def live(session: nox.Session) -> None:
    """Run the suite against a URL: `nox -s live -- https://api.example.com [OPTION ...]`."""
    if not session.posargs:
        session.error("name the target: nox -s live -- URL")
    session.install(".")
    url, *options = session.posargs
    session.run("docpact", "check", "--target", url, "--require-live", *options)


@nox.session
def build(session: nox.Session) -> None:
    """Build sdist and wheel, and run the installed suite from an empty folder."""
    session.install("build", "twine")
    dist = Path(session.create_tmp()).resolve() / "dist"
    session.run("python", "-m", "build", "--outdir", str(dist))
    session.run("twine", "check", "--strict", *map(str, dist.iterdir()))
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    if {name.partition("/")[0].partition("-")[0] for name in names} != {"docpact"}:
        session.error("the wheel puts more than docpact into site-packages")
    session.install(f"{wheel}[all]")
    with tempfile.TemporaryDirectory() as folder:
        session.chdir(folder)
        session.run("pytest", "--pyargs", "docpact.contract_tests")


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure and print branch coverage, child processes included."""
    session.install("-e", ".[all]", *group("test"), "pytest-cov>=7")
    workers = ["-n", str(os.cpu_count() or 1), "--dist", "worksteal"]
    measure = ("--cov", "--cov-report=term:skip-covered")
    session.run("pytest", *measure, *workers, *session.posargs, env=json_schema(session))


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Change one operator or constant at a time, and see whether the tests notice."""
    session.install("-e", ".[all]", *group("test"))
    session.run("python", "benchmarks/mutants.py", *session.posargs)


@nox.session(default=False)
def zoo(session: nox.Session) -> None:
    """Check every broken, every unusual and ten thousand hostile answers, over real HTTP."""
    session.install("-e", ".[all]", *group("test"))
    session.run(
        "pytest",
        *("-n", "auto", "--whole-zoo"),
        *("tests/servers", "tests/hostile", "tests/clients"),
        *session.posargs,
    )


@nox.session(default=False)
@nox.parametrize("release", RELEASES)
def clients(session: nox.Session, release: str) -> None:
    """Hold each release of the official Python SDK to the contract: its types, and on the wire."""
    others = [name for name in group("test") if not name.startswith("llama-cloud")]
    session.install("-e", ".[all]", *others, f"llama-cloud=={release}")
    tests = ["tests/clients/test_sdk_on_the_wire.py", "tests/diff/test_diff_command.py"]
    session.run("pytest", *tests, "-k", f"{release} or not 1.6.0", *session.posargs)


@nox.session(default=False)
def node(session: nox.Session) -> None:
    """Gate the official TypeScript SDK, as the example does; needs Node.js."""
    session.install("-e", ".[all]")
    session.chdir("examples/node-client")
    session.run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", external=True)
    known = json.loads(Path("known.json").read_text())
    session.run(
        "docpact", "gate", "--exec", "node client.mjs", "--json", "gate.json", success_codes=[1]
    )
    told = json.loads(Path("gate.json").read_text())["promises"]
    broken = sorted(f"{p['rule']} {p['location']}" for p in told if p["outcome"] == "broken")
    if broken != known:
        session.error(
            f"broken, but not known: {set(broken) - set(known)}; the other way round: "
            f"{set(known) - set(broken)}"
        )


@nox.session(default=False)
def generators(session: nox.Session) -> None:
    """Gate generated clients, and write the table of the docs; needs Node.js, Java and Go."""
    session.install("-e", ".[all]", *CLIENT_GENERATORS)
    folder = Path(session.create_tmp()).resolve() / "clients"
    folder.mkdir(exist_ok=True)
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder)]
    session.run(*install, *NODE_GENERATORS, external=True)
    session.run("python", "benchmarks/generators.py", str(folder), *session.posargs)


@nox.session(default=False)
def sarif(session: nox.Session) -> None:
    """Validate a SARIF file by the official validator; needs Node.js."""
    session.install("-e", ".[all]")
    folder = Path(session.create_tmp()).resolve()
    session.run("docpact", "check", "--journal", str(folder / "journal.jsonl"))
    har, found = folder / "journal.har", folder / "docpact.sarif"
    session.run("docpact", "export", "har", str(folder / "journal.jsonl"), "--out", str(har))
    session.run("docpact", "check", "--replay", str(har), "--sarif", str(found))
    validator = ["npx", "--yes", "@microsoft/sarif-multitool", "validate", str(found)]
    session.run(*validator, external=True)


@nox.session(default=False)
def half_year(session: nox.Session) -> None:
    """Simulate half a year of nights with drifts, and draw when each was named, for the docs."""
    session.install("-e", ".[all]", *group("test"), "matplotlib")
    session.run("python", "benchmarks/half_year.py", "docs/memory", *session.posargs)


@nox.session(default=False)
def month(session: nox.Session) -> None:
    """Simulate a month of nights, and photograph the report for the docs; needs Chromium."""
    session.install("-e", ".[all]", *group("test"))
    session.run("python", "benchmarks/month.py", "docs/month", "--pictures", *session.posargs)


@nox.session(default=False)
def attack(session: nox.Session) -> None:
    """Try thousands of mutated inputs, hostile servers and kills: `nox -s attack -- --size 1`."""
    session.install("-e", ".[all]", *group("test"))
    session.run("python", "benchmarks/attack.py", *session.posargs)


@nox.session(default=False)
def vulnerabilities(session: nox.Session) -> None:
    """Look for known vulnerabilities of everything that docpact installs."""
    session.install(".[all]", "pip-audit")
    session.run("pip-audit", "--skip-editable", *session.posargs)


@nox.session(default=False)
def sbom(session: nox.Session) -> None:
    """Write the bill of materials of a release: `build/docpact.cdx.json`, in CycloneDX."""
    session.install("cyclonedx-bom>=5")
    python = Path(session.create_tmp()).resolve() / "installed"
    session.run("python", "-m", "venv", str(python))
    session.run(str(python / "bin" / "pip"), "install", "--quiet", ".[all]", external=True)
    Path("build").mkdir(exist_ok=True)
    where = ["--output-file", "build/docpact.cdx.json", str(python / "bin" / "python")]
    session.run("cyclonedx-py", "environment", *where)


@nox.session(default=False)
def detection(session: nox.Session) -> None:
    """Compare with Schemathesis on the same servers: `nox -s detection -- --every 9`."""
    session.install("-e", ".[all]", *group("test"))
    tool = Path(session.create_tmp()).resolve() / "schemathesis"
    session.run("python", "-m", "venv", str(tool))
    session.run(str(tool / "bin" / "pip"), "install", "--quiet", COMPARED, external=True)
    command = str(tool / "bin" / "schemathesis")
    session.run("python", "benchmarks/detection.py", "--schemathesis", command, *session.posargs)


@nox.session(default=False)
def power(session: nox.Session) -> None:
    """Compare what a run could notice with the broken servers: `nox -s power -- --every 9`."""
    session.install("-e", ".[all]", *group("test"))
    session.run("python", "benchmarks/power.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, warnings as errors: `build/docs/index.html`."""
    session.install("-e", ".[all]", *group("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-n", "-b", "html", "docs", "build/docs")


@nox.session
def example(session: nox.Session) -> None:
    """Run the tests of the sample project, against the built wheel."""
    session.install("build")
    dist = Path(session.create_tmp()).resolve() / "dist"
    session.run("python", "-m", "build", "--wheel", "--outdir", str(dist))
    (wheel,) = dist.glob("*.whl")
    session.install(f"{wheel}[serve]", "pytest-xdist", "./examples/sorting-office")
    session.chdir("examples/sorting-office")
    session.run("pytest", "-p", "no:cacheprovider", *session.posargs)


@nox.session(default=False)
def paging(session: nox.Session) -> None:
    """Look for false alarms on lists in every style: `nox -s paging -- FOLDER`."""
    session.install("-e", ".[all]", *group("test"))
    session.run("python", "benchmarks/paging.py", *session.posargs)


@nox.session(default=False)
def json_schema_suite(session: nox.Session) -> None:
    """Write docs/json-schema.md from the official test suite, and hold docpact to it."""
    session.install("-e", ".[all]", *group("test"))
    suite = json_schema(session)
    session.run("python", "-m", "json_schema.page", env={**suite, "PYTHONPATH": "tests"})
    session.run("pytest", "tests/json_schema", "--whole-zoo", *session.posargs, env=suite)


@nox.session(default=False)
def openapi(session: nox.Session) -> None:
    """Run the exported document in Schemathesis and in Prism; needs Node.js."""
    session.install("-e", ".[all]", *group("test"))
    tool = Path(session.create_tmp()).resolve() / "schemathesis"
    session.run("python", "-m", "venv", str(tool))
    session.run(str(tool / "bin" / "pip"), "install", "--quiet", COMPARED, external=True)
    tools = {
        "DOCPACT_SCHEMATHESIS": str(tool / "bin" / "schemathesis"),
        "DOCPACT_PRISM": "npx --yes @stoplight/prism-cli@5",
    }
    session.run("pytest", "tests/whole/test_other_tools.py", *session.posargs, env=tools)


@nox.session(default=False)
def corpus(session: nox.Session) -> None:
    """Capture every operation of the documents and pages in a folder: `nox -s corpus -- DIR`."""
    session.install("-e", ".[all]", *group("test"))
    tool = Path(session.create_tmp()).resolve() / "schemathesis"
    session.run("python", "-m", "venv", str(tool))
    session.run(str(tool / "bin" / "pip"), "install", "--quiet", COMPARED, external=True)
    options = ["--schemathesis", str(tool / "bin" / "python"), *session.posargs]
    session.run("python", "benchmarks/corpus.py", *options)


@nox.session(default=False)
@nox.parametrize("end", ["oldest", "newest"])
def dependencies(session: nox.Session, end: str) -> None:
    """Run the tests with the oldest and the newest packages that the metadata allows."""
    stated = PROJECT["project"]
    extras = stated["optional-dependencies"]
    audit = [name for name in extras if name.startswith("audit")]
    chosen = [extras[name] for name in ("serve", *audit)]
    extra = [each for extra in chosen for each in extra if not each.startswith("docpact[")]
    bounded = [*stated["dependencies"], *extra]
    session.install("-e", ".[all]", *group("test"))
    if end == "oldest":
        session.install(*(each.replace(">=", "==") for each in bounded))
    else:
        session.install("--upgrade", *(each.partition(">=")[0] for each in bounded))
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session(default=False)
def generation(session: nox.Session) -> None:
    """Compare strategies with those written by hand, and with hypothesis-jsonschema's."""
    session.install("-e", ".[all]")
    tool = Path(session.create_tmp()).resolve() / "from-schema"
    session.run("python", "-m", "venv", str(tool))
    session.run(str(tool / "bin" / "pip"), "install", "--quiet", *GENERATED, external=True)
    other = str(tool / "bin" / "python")
    session.run("python", "benchmarks/generation.py", "--other", other, *session.posargs)
    suite = Path(json_schema(session)["DOCPACT_JSON_SCHEMA_SUITE"], "tests", "draft7")
    session.run("python", "benchmarks/any_schema.py", str(suite), "--draft", "7", "--other", other)


@nox.session(default=False)
def auditing(session: nox.Session) -> None:
    """Measure an audit by a loop that decodes and validates alone, and how traffic is read."""
    session.install("-e", ".[all]", "fastjsonschema", "zstandard")
    session.run("python", "benchmarks/auditing.py", *session.posargs)
    session.run("python", "benchmarks/sources.py", *session.posargs)


@nox.session(default=False)
def connections(session: nox.Session) -> None:
    """Measure a check over a server that takes 50 ms an answer, by the number of connections."""
    session.install("-e", ".[all]")
    session.run("python", "benchmarks/live.py", *session.posargs)


@nox.session(default=False)
def growth(session: nox.Session) -> None:
    """Plot how costs grow with answers, jobs and fields, for the docs."""
    session.install("-e", ".[all]", "fastjsonschema", "matplotlib")
    session.run("python", "benchmarks/growth.py", "docs/performance", *session.posargs)


@nox.session(default=False)
def s3(session: nox.Session) -> None:
    """Read recorded traffic from a server that speaks S3."""
    session.install("-e", ".[all]", *group("test"), "s3fs", "moto[server,s3]")
    session.run("pytest", "tests/audit/test_stores.py", *session.posargs)


@nox.session(default=False)
def imports(session: nox.Session) -> None:
    """Measure the cost of starting the CLI, and of the plugin in a test run without its use."""
    session.install("-e", ".[all]")
    session.run("python", "benchmarks/imports.py", *session.posargs)


@nox.session(default=False, python=["3.11", "3.12", "3.13", "3.14"])
def pythons(session: nox.Session) -> None:
    """Run the tests on every supported Python that is at hand, and beside pytest-asyncio."""
    session.install("-e", ".[all]", *group("test"), "pytest-asyncio>=1.0")
    unset = "ignore:The configuration option"  # of pytest-asyncio, by which it names no default
    session.run("pytest", "-n", "auto", *session.posargs, env={"PYTHONWARNINGS": unset})


if os.environ.get("CI"):
    nox.options.error_on_external_run = True
