"""The database, its settings, the pool of pairs, and the file of keys."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, select, text

# imported for their tables, which are then in the metadata
from gamelabel.service.annotation import annotation_tables, quality_tables  # noqa: F401
from gamelabel.service.database_tables import metadata
from gamelabel.service.dungeon import teach_tables  # noqa: F401
from gamelabel.service.keys import load_keys, public_text
from gamelabel.service.pairs import arena_tables  # noqa: F401
from gamelabel.service.pairs.export import read_database
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from gamelabel.service.pairs.pair_tables import pairs, pictures, pools
from gamelabel.service.pairs.pool import load_run
from gamelabel.service.play import play_tables  # noqa: F401
from gamelabel.service.store import Store, database_address
from tests.service.databases import new_url
from tests.service.harness import GAME_KEY, make_run


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    return new_url(request.param, tmp_path)


def test_migrations_create_the_tables_of_the_schema(url: str) -> None:
    for _ in range(2):
        store = Store(url)
        with store.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        store.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_sqlite_keeps_what_was_written_and_overwrites_what_was_deleted(url: str) -> None:
    with Store(url).read() as connection:
        settings = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
        for pragma, value in settings.items():
            assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_a_write_is_all_or_nothing(url: str) -> None:
    store = Store(url)
    with pytest.raises(RuntimeError), store.write() as connection:
        connection.execute(insert(pools).values(pool="x", length=0))
        raise RuntimeError
    with store.read() as connection:
        assert connection.execute(select(pools)).all() == []
    with store.write() as connection:
        assert store.insert_new(connection, pools, pool="x", length=0)
        assert not store.insert_new(connection, pools, pool="x", length=1)


@pytest.mark.parametrize(
    "invalid",
    ["", "nonsense", "sqlite://", "mysql://u:geheim@host/name", "postgres//u:geheim@host"],
)
def test_an_invalid_address_is_an_error_without_its_password(invalid: str) -> None:
    message = r"database address|neither a SQLite file nor PostgreSQL"
    with pytest.raises(ValueError, match=message) as error:
        Store(invalid)
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        ("postgres://u:p@host/game", "postgresql+psycopg"),
        ("postgresql://u:p@host/game", "postgresql+psycopg"),
        ("postgresql+psycopg2://u:p@host/game", "postgresql+psycopg"),
        ("sqlite:///game.db", "sqlite"),
        ("sqlite+pysqlite:///game.db", "sqlite"),
        ("game.db", "sqlite"),
    ],
)
def test_an_address_gets_the_driver_of_the_service(address: str, driver: str) -> None:
    assert database_address(address).drivername == driver
    assert database_address(address).database in ("game", "game.db")


def test_an_address_with_another_driver_works_as_without(tmp_path: Path) -> None:
    store = Store(f"sqlite+pysqlite:///{tmp_path}/game.db")
    with store.write() as connection:
        assert store.insert_new(connection, pools, pool="x", length=1)
        assert not store.insert_new(connection, pools, pool="x", length=1)
    store.close()
    with pytest.raises(ValueError, match="has no pool 'study'"):
        read_database(f"sqlite+pysqlite:///{tmp_path}/game.db", tmp_path)


@pytest.mark.parametrize("name", ["a%20b", "what?1", "a b", "{study}", "50%"])
def test_a_database_is_where_its_path_says(name: str, tmp_path: Path) -> None:
    path = tmp_path / name / "game" / "game.db"
    Store(str(path)).close()
    assert list(tmp_path.rglob("*.db")) == [path]
    with pytest.raises(ValueError, match="has no pool 'study'"):
        read_database(str(path), tmp_path)


def test_a_server_that_refuses_is_one_sentence_without_a_password() -> None:
    message = r"^the database postgresql\+psycopg://u:\*\*\*@127\.0\.0\.1:1/game cannot be used: .*"
    with pytest.raises(ConnectionError, match=message) as error:
        Store("postgres://u:geheim@127.0.0.1:1/game")
    assert "geheim" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_run_is_loaded_once_and_all_pictures_have_one_format(url: str) -> None:
    store, run = Store(url), make_run(6, 6)
    assert load_run(store, run, "study", size=16) == 12
    assert load_run(store, run, "study", size=16) == 0
    with store.read() as connection:
        rows = connection.execute(select(pairs)).all()
        data = connection.execute(select(pictures.c.data)).scalars().all()
        length = connection.execute(select(pools.c.length)).scalar()
    assert len(rows) == 12
    assert length == max(map(len, data))
    for picture in data:
        assert picture[:4] == b"\xff\xd8\xff\xe0"  # a JPEG that starts with its plain header
        assert b"Exif" not in picture


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_run_with_a_broken_picture_is_not_loaded_at_all(url: str, tmp_path: Path) -> None:
    run = shutil.copytree(make_run(6, 6), tmp_path / "run")
    next((run / "images").iterdir()).write_bytes(b"no picture")
    store = Store(url)
    with pytest.raises(ValueError, match="is not a picture"):
        load_run(store, run, "study")
    with store.read() as connection:
        assert connection.execute(select(pools)).all() == []


def test_processes_may_start_at_the_same_time(url: str, tmp_path: Path) -> None:
    run, public = make_run(6, 6), public_text(GAME_KEY)

    def start(_: int) -> tuple[int, str]:
        store = Store(url)
        new = load_run(store, run, "study", size=16)
        game = PairGame(
            game_id="chess", title="Chess", origin="https://game.example", launch_keys=[public]
        )
        register_pair_game(store, game)
        store.close()
        return new, load_keys(tmp_path / "keys.json").public

    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(start, range(4)))
    assert sorted(new for new, _ in started) == [0, 0, 0, 12]
    assert len({public for _, public in started}) == 1


def test_keys_are_created_once_and_readable_only_by_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    first = load_keys(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_keys(path).public == first.public
    assert first.secret.hex() not in repr(first)
    for mode in (0o640, 0o620, 0o610, 0o604, 0o602):
        path.chmod(mode)
        with pytest.raises(ValueError, match="chmod 600"):
            load_keys(path)
    path.write_text("{}")
    path.chmod(0o600)
    with pytest.raises(ValueError, match="does not hold keys"):
        load_keys(path)
