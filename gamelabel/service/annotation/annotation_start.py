"""Assemble the annotation activity, and start the service with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from gamelabel.games.annotation.project_file import read_annotation_project
from gamelabel.games.annotation.quality_file import QualityRules
from gamelabel.service.activity import Activity
from gamelabel.service.annotation.annotation_routes import (
    annotation_operator_routes,
    annotation_routes,
)
from gamelabel.service.annotation.annotation_tables import (
    annotation_answers,
    annotation_items,
    annotation_prompts,
)
from gamelabel.service.annotation.annotation_work import AnnotationWork
from gamelabel.service.annotation.inspection_routes import inspection_routes
from gamelabel.service.annotation.inspection_work import InspectionWork
from gamelabel.service.annotation.live_agreement import LiveAgreement
from gamelabel.service.annotation.load_project import count_left_out, load_project
from gamelabel.service.annotation.quality_export import live_quality
from gamelabel.service.annotation.quality_tables import PERSONAL_TABLES
from gamelabel.service.database_tables import players
from gamelabel.service.games import Game, read_games
from gamelabel.service.outbox import Outbox
from gamelabel.service.serving import (
    LOCAL,
    open_ports,
    open_service,
    print_line,
    register_listed,
    serve_activities,
)
from gamelabel.service.store import Store, explain_errors

ANNOTATE = "gamelabel/annotate"  # the audience of launches to annotate
_TRIALS = 3  # addresses that are printed without a file of games


def annotation_activity(annotations: AnnotationWork, outbox: Outbox) -> Activity:
    """Return the annotation activity as the service's applications take it."""
    agreement = LiveAgreement(annotations.project, annotations.name)

    def live_figures(connection: Connection, game_id: str) -> dict[str, Any]:
        is_own = annotation_prompts.c.project == annotations.name
        stop, closed = annotations.project.stop, annotation_prompts.c.closed
        is_enough = annotation_prompts.c.finished >= annotations.project.annotators
        is_enough = closed.is_not(None) if stop else is_enough
        prompts = select(func.count()).select_from(annotation_prompts)
        is_open = annotation_prompts.c.purpose == "open"
        prompts = prompts.where(is_own, is_open, ~annotation_prompts.c.retired)
        answers = select(func.count()).select_from(annotation_answers)
        answers = answers.join(players, players.c.id == annotation_answers.c.player)
        answers = answers.join(annotation_items, annotation_items.c.id == annotation_answers.c.item)
        answers = answers.join(
            annotation_prompts, annotation_prompts.c.id == annotation_items.c.prompt
        )
        of_game = answers.where(is_own, players.c.game_id == game_id)
        reasons = prompts.add_columns(closed).where(is_enough).group_by(closed)
        counted = {reason: n for n, reason in connection.execute(reasons)} if stop else None
        figures = {
            "prompts": connection.execute(prompts).scalar_one(),
            "annotated": connection.execute(prompts.where(is_enough)).scalar_one(),
            "annotators": None if stop else annotations.project.annotators,
            "closed": counted,
            "answers": connection.execute(of_game).scalar_one(),
            "alpha": agreement.rows(connection),
        }
        if annotations.project.quality == QualityRules():
            return figures
        quality = live_quality(connection, annotations.project, annotations.name)
        return {**figures, "quality": quality}

    player_routes = annotation_routes(annotations, outbox)
    if annotations.project.quality.inspection:
        player_routes.include_router(inspection_routes(InspectionWork(annotations)))
    return Activity(
        name="annotation",
        static=Path(__file__).parent / "static",
        player_routes=player_routes,
        operator_routes=annotation_operator_routes(annotations),
        player_tables=PERSONAL_TABLES,
        live_figures=live_figures,
        metrics=_metrics,
        delete_files=annotations.forget,
    )


def _metrics(connection: Connection) -> dict[str, dict[str, int]]:
    """Return how many prompts are being annotated and are finished, by game."""
    finished = func.count(annotation_items.c.reply)
    query = (
        select(players.c.game_id, finished.label("finished"), func.count().label("all"))
        .join(players, players.c.id == annotation_items.c.player)
        .group_by(players.c.game_id)
    )
    rows = [row._mapping for row in connection.execute(query)]
    return {
        "annotations_finished": {row["game_id"]: row["finished"] for row in rows},
        "annotations_open": {row["game_id"]: row["all"] - row["finished"] for row in rows},
    }


def _tell_left_out(store: Store, name: str, project_file: Path) -> None:
    """Say it if the database has prompts that are not in the file: it may be another project."""
    with store.read() as connection:
        n = count_left_out(connection, name)
    if n:
        noun = "prompt" if n == 1 else "prompts"
        print_line(
            f"{project_file} does not list {n} {noun} that the database has of the project {name}: "
            "nobody is asked about them, and their answers are kept. If this is another project, "
            "give the file another name"
        )


def _tell_of_other_games(inspectors: Sequence[tuple[str, str]], games: Path | None) -> None:
    """Say which inspectors cannot come in, since their game is not served."""
    served = {game.game_id for game in read_games(games, Game)} if games else {"trial"}
    for game, player in inspectors:
        if game not in served:
            print_line(f"the inspector {player} is of the game {game}, which is not served here")


def serve_annotation(
    project_file: Path,
    games: Path | None = None,
    database: str = "",
    keys: Path | None = None,
    host: str = LOCAL,
    port: int = 8000,
    minimal: bool = False,
) -> None:
    """Serve an annotation project until stopped.

    Parameters
    ----------
    project_file : Path
        The file of the project; its name without the ending is the project's name in the database.
    games : Path or None
        A YAML file of games; without one, addresses at which to try it are printed.
    database : str
        The address of the database; by default a SQLite file in the folder of the project's run.
    keys : Path or None
        The file of the service's keys; by default in the same folder.
    host, port
        Where to serve annotators.
    minimal : bool
        Store no times.

    Raises
    ------
    ValueError, OSError
        If something is missing. The message says what to do.
    """
    project, name = read_annotation_project(project_file), project_file.stem[:64]
    folder = Path("data/runs") / f"annotate-{name}"
    with open_ports(host, port) as ports:
        store, settings = open_service(folder, database, keys, minimal, ANNOTATE)
        with explain_errors(store.engine):
            new = load_project(store, project, name)
            print_line(f"{new} of {len(project.prompts)} prompts are new in the project {name}")
            _tell_left_out(store, name, project_file)
            page = f"http://{host}:{port}/annotate"
            inspection = project.quality.inspection
            inspectors = inspection.inspectors if inspection else ()
            _tell_of_other_games(inspectors, games)
            named = [
                (player, f"http://{host}:{port}/inspect")
                for game, player in inspectors
                if game == "trial"
            ]
            register_listed(store, games, project.title, page, ANNOTATE, _TRIALS, named)
        outbox = Outbox(store, settings)
        annotations = AnnotationWork(store, settings, project, name)
        activity = annotation_activity(annotations, outbox)
        print_line("export the answers on the operator's page; stop with Ctrl-C")
        serve_activities(store, settings, outbox, [activity], ports)
