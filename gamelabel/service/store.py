"""The database: SQLite beside the program, or PostgreSQL by its address; migrated, and one transaction a call."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

_SQLITE = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")


class Store:
    """A migrated database. `read` and `write` are the only ways in; a `write` is on disk when its block is left."""

    def __init__(self, url: str, connections: int = 10) -> None:
        """url: of SQLAlchemy, such as sqlite:///game.db or postgresql+psycopg://user@host/name.

        Raises ValueError where the address is none, or the database was made by a newer program.
        """
        self.engine = open_engine(url, connections)
        # SQLite has one writer: in this process they queue up here instead of polling the file's lock
        self._queue = threading.Lock() if self.engine.dialect.name == "sqlite" else nullcontext()
        migrate(self.engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that writes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, all of it or nothing; one at a time on SQLite."""
        with (
            self._queue,
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    def add_new(self, connection: Connection, table: Table, **values: Any) -> bool:
        """Insert a row unless one with its key is there; whether it was new. Safe beside other processes."""
        make = sqlite.insert if self.engine.dialect.name == "sqlite" else postgresql.insert
        fresh = make(table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
        return (
            connection.execute(fresh).first() is not None
        )  # PostgreSQL's driver does not always count rows

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def open_engine(url: str, connections: int = 10) -> Engine:
    """An engine with the durability that the service promises; makes a SQLite file's folder."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"{url!r} is no database address: try sqlite:///game.db") from error
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "postgresql":
        return create_engine(
            address, pool_size=connections, max_overflow=0, pool_timeout=5, pool_pre_ping=True
        )
    if (
        address.get_backend_name() != "sqlite"
        or not address.database
        or address.database == ":memory:"
    ):
        raise ValueError(f"{address.render_as_string()} is neither a SQLite file nor PostgreSQL")
    Path(address.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, pool_size=connections, max_overflow=0, pool_timeout=5)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver guesses
        for pragma in _SQLITE:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN"
        )

    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables up to date. Raises ValueError where they are newer than this program."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":  # several processes may start at once
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7081982)")
        at = MigrationContext.configure(connection).get_current_revision()
        if at is not None and at not in known:
            where = engine.url.render_as_string()
            raise ValueError(
                f"the database {where} is newer than this program (revision {at}): install a newer one"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
