"""The backups of docs/deployment.md, with its own commands: what comes back is served again."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.service.databases import postgres
from tests.service.harness import Service, labels_of

DOCS = (Path(__file__).parents[2] / "docs/deployment.md").read_text()


def documented(*programs: str) -> list[str]:
    """Return the commands of the page that begin with one of the programs, in their order."""
    lines = [line.strip() for line in DOCS.splitlines()]
    return [line for line in lines if line.split(" ")[0] in programs]


def run(command: str, folder: Path, **environment: str) -> None:
    path = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    environment = {**os.environ, **environment}
    environment["PATH"] = ":".join([environment["PATH"], *map(str, path)])
    subprocess.run(command, shell=True, check=True, cwd=folder, env=environment)


def label(service: Service) -> list[str]:
    player = service.player()
    player.send(player.batch())
    return sorted(row.id for row in labels_of(service.store))


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="sqlite3 is not installed")
def test_a_copy_of_sqlite_is_served_again(tmp_path: Path) -> None:
    first = Service(f"sqlite:///{tmp_path / 'game.db'}")
    labels = label(first)
    (command,) = documented("sqlite3")
    run(command, tmp_path)
    first.store.close()
    copy = Service(f"sqlite:///{tmp_path / 'copy.db'}")
    assert sorted(row.id for row in labels_of(copy.store)) == labels
    copy.launch()  # the first one has been used, in the copy as well
    assert len(label(copy)) == len(labels) + 5


def test_a_dump_of_postgresql_is_served_again(tmp_path: Path) -> None:
    socket = postgres()
    with psycopg.connect(f"host={socket} user=postgres dbname=postgres", autocommit=True) as admin:
        for name in ("gamelabel", "restored"):
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute("DROP ROLE IF EXISTS gamelabel")

    def here(text: str) -> str:
        here = rf"postgresql://gamelabel@/\1?host={socket}"
        return re.sub(r"postgresql://gamelabel@db\.internal/(\w+)", here, text)

    def execute(command: str) -> None:
        as_postgres = {"PGHOST": socket, "PGUSER": "postgres"}
        run(here(command), tmp_path, **(as_postgres if command.startswith("create") else {}))

    first, dump, second, restore = documented("createuser", "createdb", "pg_dump", "pg_restore")
    execute(first)
    service = Service(here("postgresql://gamelabel@db.internal/gamelabel"))
    labels = label(service)
    execute(dump)
    service.store.close()
    execute(second)
    execute(restore)
    copy = Service(here("postgresql://gamelabel@db.internal/restored"))
    assert sorted(row.id for row in labels_of(copy.store)) == labels
    copy.launch()  # the first one has been used, in the copy as well
    assert len(label(copy)) == len(labels) + 5
    copy.store.close()
