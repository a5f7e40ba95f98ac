"""A PostgreSQL server of the tests, on loopback, which ends with them."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from docpact.options import DatabaseUrl

with suppress(ImportError):  # pytester forgets modules that are first imported by its own runs
    import psycopg

USER: Final = "docpact"
PASSWORD: Final = "hunter2hunter2"
PROGRAMS: Final = ("initdb", "pg_ctl", "postgres")
FASTER: Final = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database of the server.

    Attributes:
        address: host, port and name.
    """

    address: str

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{PASSWORD}@{self.address}"

    def ask(self, statement: str) -> list[Any]:
        """Execute a statement in the schema of a history, and return its rows."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SET search_path TO docpact_history")
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def find_programs() -> Mapping[str, str]:
    """Return the paths of the server's programs, which Debian does not put on the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, folders)])
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    return {name: file for name, file in found.items() if file}


def find_account() -> dict[str, Any]:
    """Return the account of the server, which refuses to run as root."""
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root, and there is no other account")


@contextmanager
def run_server() -> Iterator[int]:
    """Run a server and give its port."""
    programs = find_programs()
    if len(programs) < len(PROGRAMS):
        missing = ", ".join(name for name in PROGRAMS if name not in programs)
        pytest.skip(f"no PostgreSQL server on this machine: {missing} not found")
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    account = find_account()

    def run(name: str, *args: str) -> None:
        command = [programs[name], *args]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, **account)

    with TemporaryDirectory(prefix="docpact-pg-") as folder:
        password, data = Path(folder, "password"), str(Path(folder, "data"))
        password.write_text(PASSWORD)
        if account:
            for each in (folder, password):
                os.chown(each, account["user"], account["group"])
        run("initdb", "-D", data, "-U", USER, "-N", "-E", "UTF8", "-A", "scram-sha-256",
            f"--pwfile={password}")  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-p {port} -k '' -c listen_addresses=127.0.0.1 {FASTER}"
        run("pg_ctl", "-D", data, "-w", "-l", str(Path(folder, "log")), "-o", options, "start")
        try:
            yield port
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def postgresql_port() -> Iterator[int]:
    with run_server() as port:
        yield port


@pytest.fixture
def database(postgresql_port: int) -> Database:
    """Create an empty database."""
    name = f"runs_{secrets.token_hex(4)}"
    server = Database(f"127.0.0.1:{postgresql_port}/postgres")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return Database(f"127.0.0.1:{postgresql_port}/{name}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | DatabaseUrl:
    """Return the place of a new history."""
    if request.param == "sqlite":
        return tmp_path / "history.sqlite"
    database: Database = request.getfixturevalue("database")
    return DatabaseUrl(database.url)
