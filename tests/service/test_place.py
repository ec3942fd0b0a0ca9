"""`gamelabel serve` where it cannot run: one sentence that says what is wrong, and where."""

import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from gamelabel.service.pairs.start import serve_study
from gamelabel.service.store import Store
from tests.service.databases import new_url
from tests.service.harness import make_run
from tests.service.test_serve import free_ports

RUN = make_run(4, 4)
FIRST_START = """
import sys
from pathlib import Path
import gamelabel.service.pairs.start as start
from gamelabel.service import serving
serving.run_servers = lambda apps: None
run, database, keys, port = sys.argv[1:]
start.serve_study(Path(run), database=database, keys=Path(keys), port=int(port))
"""


def serve(folder: Path, database: str, **options: object) -> None:
    arguments = {"keys": folder / "keys.json", "port": free_ports(2), **options}
    serve_study(RUN, database=database, **arguments)  # type: ignore[arg-type]


def test_a_file_that_is_not_a_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "junk.db"
    file.write_bytes(b"junk" * 1000)
    with pytest.raises(ConnectionError, match=r"junk\.db cannot be used: file is not a database$"):
        serve(tmp_path, str(file))


def test_a_database_of_another_program_is_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE players (x)")
    connection.close()
    with pytest.raises(ConnectionError, match=r"table players already exists$"):
        serve(tmp_path, str(file))
    tables = sqlite3.connect(file).execute("SELECT name FROM sqlite_schema").fetchall()
    assert tables == [("players",)]


def test_a_database_that_another_program_locks_is_named(tmp_path: Path) -> None:
    file = tmp_path / "busy.db"
    Store(str(file)).close()
    connection = sqlite3.connect(file)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(ConnectionError, match=r"busy\.db cannot be used: database is locked$"):
        serve(tmp_path, str(file))


def test_a_database_without_rights_or_read_only_is_named(tmp_path: Path) -> None:
    url = new_url("postgresql", tmp_path)
    Store(url).close()
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"CREATE ROLE poor_{name} LOGIN")
    poor = url.replace("//postgres@", f"//poor_{name}@")
    with pytest.raises(ConnectionError, match="cannot be used: permission denied for table"):
        serve(tmp_path, poor)
    empty = new_url("postgresql", tmp_path)
    with psycopg.connect(empty, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(ConnectionError, match=r"cannot be used: .* read-only transaction$"):
        serve(tmp_path, empty)


@pytest.mark.parametrize("offset", [0, 1])
def test_a_port_in_use_is_named_before_anything_is_made(tmp_path: Path, offset: int) -> None:
    port = free_ports(2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + offset))
        taken.listen()
        with pytest.raises(OSError, match=rf"port {port + offset} of 127\.0\.0\.1 .*--port"):
            serve(tmp_path, str(tmp_path / "game.db"), port=port)
    assert not any(tmp_path.iterdir())


def test_a_port_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"port 65536 .* \(ports are from 1 to 65535\)"):
        serve(tmp_path, str(tmp_path / "game.db"), port=65535)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a:\n  title: &x [*x", "line 2: expected ',' or ']', but got '<stream end>'"),
        (b"\xff\xfea: b", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_broken_yaml_is_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "games.yaml"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="is not valid YAML") as error:
        serve(tmp_path, str(tmp_path / "game.db"), games=file)
    assert str(error.value) == f"{file} is not valid YAML: {reason}"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_first_starts_at_once_make_one_database(kind: str, tmp_path: Path) -> None:
    url, first = new_url(kind, tmp_path), free_ports(4)
    arguments = [str(RUN), url, str(tmp_path / "keys.json")]
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", FIRST_START, *arguments, str(port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for port in (first, first + 2)
    ]
    lines = "".join(start.communicate(timeout=120)[0] for start in starts)
    added = re.findall(r"(\d+) pairs are new", lines)
    assert [start.returncode for start in starts] == [0, 0]
    assert sorted(added) == ["0", "8"]
