"""The database, SQLite or PostgreSQL: opened, migrated, and used one transaction at a time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, MetaData, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as WaitTimeout

WAIT_S = 5.0  # for a connection, and for the one writer of a SQLite file
_BUSY_MS = 5000
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten with zeros
    f"busy_timeout={_BUSY_MS}",
)
_EMPTY_LOG_MS = 200  # for which emptying SQLite's log waits for readers: nobody can write meanwhile
_IDLE_S = 1.0  # after which a connection to PostgreSQL is tried before it is used again
_FILE_ENDINGS = (".db", ".sqlite", ".sqlite3")
_MIGRATION_LOCK = 7081982  # any number, the same in every process


class Store:
    """A migrated database.

    Parameters
    ----------
    url : str or URL
        An address, such as `sqlite:///game.db` or `postgresql://user@host/name`; see
        `database_address`.
    connections : int
        The size of the connection pool.

    Raises
    ------
    ValueError
        If the address is not valid, or a newer program made the database.
    ConnectionError
        If the database does not answer.
    """

    def __init__(self, url: str | URL, connections: int = 10) -> None:
        self.engine, self.connections = open_engine(url, connections), connections
        # SQLite has one writer: in this process writers queue here instead of polling its lock
        self._writers = threading.Lock() if self.engine.dialect.name == "sqlite" else None
        # also at the start: a process that was killed may have left rows in the log
        self._log_has_deleted = self.engine.dialect.name == "sqlite"
        with explain_errors(self.engine):
            migrate(self.engine)

    @cached_property
    def schema(self) -> MetaData:
        """All tables of the database, also those of activities that another process serves.

        They are read once: the engine keeps statements on them, and would keep every copy.
        """
        schema = MetaData()
        with self.read() as connection:
            schema.reflect(connection)
        return schema

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that is committed when the block ends, or rolled back on an error."""
        with (
            self._turn_to_write(),
            self.engine.connect().execution_options(writes=True) as connection,
            _pipeline_until_committed(connection) as stack,
            connection.begin(),
        ):
            connection.info["pipeline"] = stack
            yield connection

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """Wait until no other thread writes to a SQLite file."""
        if self._writers is None:
            yield
        elif self._writers.acquire(timeout=WAIT_S):
            try:
                yield
            finally:
                self._writers.release()
        else:
            raise WaitTimeout(f"other calls have been writing for {WAIT_S:g} s")

    def only_write(self, connection: Connection) -> None:
        """Say that the rest of a transaction does not read.

        PostgreSQL then gets the rest and the commit together, and is waited for once.

        Parameters
        ----------
        connection : Connection
            From `write`.
        """
        if self.engine.dialect.name == "postgresql":
            driver: Any = connection.connection.driver_connection
            connection.info["pipeline"].enter_context(driver.pipeline())

    def insert_new(self, connection: Connection, table: Table, **values: Any) -> bool:
        """Insert a row unless its key exists, and return whether it was inserted.

        Safe while other processes do the same.
        """
        sql = sqlite if self.engine.dialect.name == "sqlite" else postgresql
        insert = sql.insert(table).values(values).on_conflict_do_nothing()
        # asked for the key, since PostgreSQL's driver does not always count rows
        return connection.execute(insert.returning(*table.primary_key)).first() is not None

    def empty_log(self, deleted: bool = True) -> None:
        """Empty SQLite's log (WAL), which still has rows that were deleted from the database.

        While others read what the log has, this is not possible: a later call does it then.

        Parameters
        ----------
        deleted : bool
            Whether rows have been deleted since the last call.
        """
        if self.engine.dialect.name != "sqlite":
            return
        self._log_has_deleted |= deleted
        if self._log_has_deleted:
            with self._turn_to_write():
                self._log_has_deleted = not self._try_to_empty_log()

    def _try_to_empty_log(self) -> bool:
        pooled = self.engine.raw_connection()
        driver: Any = pooled.driver_connection
        try:
            driver.execute(f"PRAGMA busy_timeout={_EMPTY_LOG_MS}")
            is_busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            driver.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        finally:
            pooled.close()
        return not is_busy

    def close(self) -> None:
        """Close all connections; what was deleted is then in no file of SQLite any more."""
        self.empty_log(deleted=False)
        self.engine.dispose()


@contextmanager
def _pipeline_until_committed(connection: Connection) -> Iterator[ExitStack]:
    """Yield a stack for a pipeline of the driver, which ends after the transaction."""
    with ExitStack() as stack:
        try:
            yield stack
            stack.close()
        except psycopg.Error as error:  # of what the pipeline sent: SQLAlchemy does not see it
            connection.invalidate(error)
            raise DBAPIError.instance(
                "COMMIT", {}, error, psycopg.Error, hide_parameters=True
            ) from error


def database_address(url: str | URL) -> URL:
    """Return an address with the driver that the service uses, whichever it names.

    Parameters
    ----------
    url : str or URL
        An SQLAlchemy address of SQLite or PostgreSQL, also one that begins with `postgres://`, or
        the path of a SQLite file, which ends in .db or .sqlite. A path may contain any character;
        an address has `%25` and `%3F` for `%` and `?`.

    Raises
    ------
    ValueError
        If it is none of these. The message does not contain a password.

    Examples
    --------
    >>> database_address("postgres://me@host/game").drivername
    'postgresql+psycopg'
    >>> database_address("what?/game.db").database
    'what?/game.db'
    """
    hidden = re.sub(r"//.*@", "//***@", str(url))
    if "://" not in str(url) and str(url).endswith(_FILE_ENDINGS):
        return URL.create("sqlite", database=str(url))
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"{hidden!r} is not a database address: try sqlite:///game.db") from error
    kind = address.drivername.partition("+")[0]
    if kind in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if kind != "sqlite" or address.database in (None, "", ":memory:"):
        raise ValueError(f"{hidden!r} is neither a SQLite file nor PostgreSQL")
    return address.set(drivername="sqlite")


def open_engine(url: str | URL, connections: int = 10) -> Engine:
    """Create an engine with the durability that the service needs, and a SQLite file's folder.

    Raises
    ------
    ValueError
        If the address is not valid. The message does not contain a password.
    ConnectionError
        If the database does not answer.
    """
    address = database_address(url)
    # errors are logged without a statement's values: a log keeps what a withdrawal deletes
    options: dict[str, Any] = {"hide_parameters": True}
    options |= {"pool_size": connections, "max_overflow": 0, "pool_timeout": WAIT_S}
    if address.get_backend_name() == "postgresql":
        # the connection that was used last first, which has what it needs in memory
        engine = create_engine(address, **options, pool_use_lifo=True)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _check_idle)
    else:
        Path(str(address.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, **options)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    _check_answer(engine)
    return engine


def _check_answer(engine: Engine) -> None:
    with explain_errors(engine):
        engine.connect().close()


@contextmanager
def explain_errors(engine: Engine) -> Iterator[None]:
    """Turn an error of the database, while the service starts, into a ConnectionError.

    The message is a sentence that names the database, without its password, and the reason.
    """
    try:
        yield
    except DatabaseError as error:
        engine.dispose()
        reason = " ".join(str(error.orig).split())
        raise ConnectionError(f"the database {engine.url} cannot be used: {reason}") from None


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins transactions, not the driver
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _check_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """Try a connection that was idle: the server may have been restarted.

    One that was in use a moment ago is not tried, which would cost a round trip in every call.
    """
    if time.monotonic() - record.info.get("used_at", 0.0) > _IDLE_S:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads and sees the database as it is at one moment."""
    is_postgresql = engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ"} if is_postgresql else {}
    with engine.connect().execution_options(**options) as connection:
        yield connection


def migrate(engine: Engine) -> None:
    """Upgrade the tables to this program's version, all of them or none.

    Raises
    ------
    ValueError
        If a newer program made the database.
    """
    with engine.connect().execution_options(writes=True) as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        if is_sqlite:  # a table that others refer to cannot be made anew while this is on
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not is_sqlite:  # several processes may start at once
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
                if not is_current(connection):
                    command.upgrade(migration_config(connection), "head")
        finally:
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def is_current(connection: Connection) -> bool:
    """Whether the tables have this program's version.

    Raises
    ------
    ValueError
        If a newer program made the database.
    """
    scripts = ScriptDirectory.from_config(migration_config(connection))
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in {s.revision for s in scripts.walk_revisions()}:
        address = connection.engine.url.render_as_string()
        raise ValueError(
            f"the database {address} is newer than this program (revision {revision}): "
            "install a newer version of gamelabel"
        )
    return revision == scripts.get_current_head()


def migration_config(connection: Connection) -> Config:
    """Return the Alembic configuration for the service's migrations on a connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
