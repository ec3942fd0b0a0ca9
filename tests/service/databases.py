"""The databases of the service: SQLite files, and a PostgreSQL server started by the tests."""

import atexit
import os
import shutil
import subprocess
import tempfile
import uuid
from functools import cache
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import URL, make_url

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def new_url(kind: str, folder: Path) -> str:
    """Return the address of an empty database; skip the test if PostgreSQL is not installed."""
    url = unused_url(kind, folder)
    make_database(url)
    return url


def unused_url(kind: str, folder: Path) -> str:
    """Return the address of a database that does not exist yet."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'game.db'}"
    return f"postgresql://postgres@/t{uuid.uuid4().hex}?host={postgres()}"


def make_database(url: str, template: str = "") -> None:
    """Make a database: empty, or a copy of another one to which nobody is connected."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if template:
            shutil.copy(str(make_url(template).database), str(address.database))
        return
    copied = f" TEMPLATE {make_url(template).database}" if template else ""
    with _administer(address) as connection:
        connection.execute(f"CREATE DATABASE {address.database}{copied}".encode())


def exists(url: str) -> bool:
    """Whether there is a database at an address."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return Path(str(address.database)).exists()
    with _administer(address) as connection:
        query = "SELECT FROM pg_database WHERE datname = %s"
        return connection.execute(query, [address.database]).fetchone() is not None


def _administer(address: URL) -> psycopg.Connection:
    options = f"host={address.query['host']} user=postgres dbname=postgres"
    return psycopg.connect(options, autocommit=True)


@cache
def postgres() -> str:
    """Start a PostgreSQL server on a Unix socket of this process; return the socket's folder."""
    folder = Server.make()
    server = Server(folder)
    server.start()
    atexit.register(server.remove)
    return str(folder)


class Server:
    """A PostgreSQL server in a folder.

    PostgreSQL refuses to run as root, so root runs it as the user `postgres` of Debian's package.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def make() -> Path:
        """Create a folder with an empty cluster."""
        folder = Path(tempfile.mkdtemp(prefix="gamelabel-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        Server._run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-locale",
            "-E",
            "UTF8",
        )
        return folder

    def start(self) -> None:
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={self.folder} "
            "-c max_connections=200"
        )
        log = str(self.folder / "log")
        self._run(
            "pg_ctl",
            "-D",
            str(self.folder / "data"),
            "-l",
            log,
            "-o",
            options,
            "-w",
            "-t",
            "300",
            "start",
        )

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """Kill the server as a crash would, without a shutdown.

        Its processes end when they see it. Until then the memory that they share is in use, and the
        server cannot start.
        """
        pid = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        server = psutil.Process(pid)
        processes = [server, *server.children()]
        server.kill()
        psutil.wait_procs(processes, timeout=60)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _run(program: str, *arguments: str) -> None:
        installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        path = shutil.which(program) or (str(installed[-1]) if installed else None)
        if path is None:
            pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        command = [path, *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
