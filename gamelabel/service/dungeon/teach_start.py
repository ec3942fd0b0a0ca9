"""Assemble the teaching activity, and start the service with it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from gamelabel.games.descent import Descent, Example
from gamelabel.games.dungeon.dungeon_teaching import check_answer, same_end_state
from gamelabel.games.dungeon.simulated_commands import simulated_examples
from gamelabel.service.activity import Activity
from gamelabel.service.database_tables import players
from gamelabel.service.dungeon.classroom import Classroom
from gamelabel.service.dungeon.descent_name import descent_name
from gamelabel.service.dungeon.lessons import Lessons
from gamelabel.service.dungeon.teach_routes import teach_operator_routes, teach_routes
from gamelabel.service.dungeon.teach_settings import (
    TeachSettings,
    load_learner,
    read_teach_settings,
)
from gamelabel.service.dungeon.teach_tables import round_rewards, teachers
from gamelabel.service.launch_tokens import SERVICE
from gamelabel.service.outbox import Outbox
from gamelabel.service.serving import (
    LOCAL,
    open_ports,
    open_service,
    print_line,
    register_listed,
    serve_activities,
)
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store, explain_errors

_DEMO = "demo"
_DEMO_SETTINGS = TeachSettings(
    learner="gamelabel.following.small_dungeon_learner:SmallDungeonLearner",
    rounds=2,
    least=3,
    most=20,
    minutes=20,
    pilot=200,
)
_TRIALS = 3
_PILOT_EACH = 10  # examples of a simulated teacher


def make_descent(folder: Path, teach: TeachSettings, learner_folder: Path | None = None) -> Descent:
    """Open the descent of a folder, with a pilot set by SIMULATED teachers if it is new.

    Parameters
    ----------
    folder : Path
        The folder of the descent.
    teach : TeachSettings
        How it is served.
    learner_folder : Path, optional
        See `load_learner`.
    """
    pilot = _pilot(teach.pilot, teach.seed)
    make_learner = load_learner(teach.learner, learner_folder)
    descent_name(folder)  # before it has tables
    return Descent(
        folder,
        teach.rules(),
        make_learner,
        same_end_state,
        teach.seed,
        initial_train=pilot,
        check_answer=check_answer,
        check_text=getattr(make_learner, "check_text", None),
    )


def _pilot(n: int, seed: int) -> list[Example]:
    if not n:
        return []
    table = simulated_examples(-(-n // _PILOT_EACH), _PILOT_EACH, seed).head(n)
    return [
        Example(row.example_id, f"SIMULATED {row.teacher_id}", row.command, row.actions, row.world)
        for row in table.itertuples(index=False)
    ]


def teach_activity(
    store: Store, settings: Settings, classroom: Classroom, teach: TeachSettings, outbox: Outbox
) -> Activity:
    """Return the teaching activity as the service's applications take it."""
    lessons = Lessons(store, settings, classroom, teach.longest_example, teach.seed)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        lessons.pay.pay_published()  # what a crash has left
        for pseudonym in lessons.withdrawn() & classroom.descent.teachers():
            classroom.forget(pseudonym)
        classroom.start()
        yield
        classroom.stop()

    def live_figures(connection: Connection, game_id: str) -> dict[str, Any]:
        query = select(func.count()).select_from(teachers).join(players)
        n = connection.execute(query.where(players.c.game_id == game_id)).scalar_one()
        return {"teachers": n, **classroom.state()._asdict()}

    return Activity(
        name="dungeon",
        static=Path(__file__).parent / "static",
        player_routes=teach_routes(lessons, teach.title),
        operator_routes=teach_operator_routes(lessons, outbox),
        player_tables=(round_rewards, teachers),
        live_figures=live_figures,
        delete_files=classroom.forget,
        running=running,
    )


def serve_teaching(
    teach: str,
    games: Path | None = None,
    database: str = "",
    keys: Path | None = None,
    host: str = LOCAL,
    port: int = 8000,
    minimal: bool = False,
) -> None:
    """Serve a descent in the dungeon to teachers until stopped.

    Parameters
    ----------
    teach : str
        The path of a file of settings, or "demo".
    games : Path or None
        A YAML file of games; without one, addresses at which to try it are printed.
    database : str
        The address of the database; by default a SQLite file in the folder of the descent.
    keys : Path or None
        The file of the service's keys; by default in the same folder.
    host, port
        Where to serve teachers.
    minimal : bool
        Store no times.

    Raises
    ------
    ValueError, OSError
        If something is missing. The message says what to do.
    """
    if teach == _DEMO:
        teach_settings, name, beside = _DEMO_SETTINGS, "teach-demo", None
    else:
        path = Path(teach)
        teach_settings, name = read_teach_settings(path), f"teach-{path.stem}"
        beside = path.absolute().parent
    folder = Path("data/runs") / name
    with open_ports(host, port) as ports:
        store, settings = open_service(folder, database, keys, minimal)
        with explain_errors(store.engine):
            page = f"http://{host}:{port}/teach"
            register_listed(store, games, teach_settings.title, page, SERVICE, _TRIALS)
        descent = make_descent(folder / "descent", teach_settings, beside)
        classroom = Classroom(descent, settings.clock, jobs=os.cpu_count() or 1)
        outbox = Outbox(store, settings)
        activity = teach_activity(store, settings, classroom, teach_settings, outbox)
        print_line(f"examples and scores are in {descent.folder.absolute()}")
        print_line("open, close and publish rounds on the operator's page; stop with Ctrl-C")
        serve_activities(store, settings, outbox, [activity], ports)
