"""Assemble the play activity, and start the service with it: for a task file, or for the demo."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from gamelabel.games.play.task_file import read_project
from gamelabel.games.play.tasks import Project
from gamelabel.service.activity import Activity
from gamelabel.service.games import close_other_games, read_games, register_game
from gamelabel.service.keys import Keys, public_text
from gamelabel.service.outbox import Outbox
from gamelabel.service.play.game_records import GameRecords
from gamelabel.service.play.link_launches import link_key
from gamelabel.service.play.live_games import LiveGames
from gamelabel.service.play.play_figures import play_figures, play_metrics, play_operator_routes
from gamelabel.service.play.play_games import PLAY, TURK, PlayGame
from gamelabel.service.play.play_payments import Payments
from gamelabel.service.play.play_records import PlayRecords
from gamelabel.service.play.play_routes import PlayCalls, play_routes
from gamelabel.service.play.play_socket_route import SocketRoute
from gamelabel.service.play.play_tables import PLAYER_TABLES
from gamelabel.service.play.recordings_routes import recordings_routes
from gamelabel.service.serving import LOCAL, open_ports, open_service, print_line, serve_activities
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store, explain_errors

DEMO = "demo"
OWN_GAME = "play"  # the game of links, if no file of games is given
_DEMO_TASKS = Path(__file__).with_name("demo_tasks.yaml")
_DEMO_ATARI_TASKS = Path(__file__).with_name("demo_atari_tasks.yaml")
_GAMES_A_CORE = 15  # at 60 frames a second, measured by benchmarks/bench_play_server.py


@dataclass(frozen=True)
class PlaySettings:
    """The settings of the play activity.

    Parameters
    ----------
    project : Project
        The tasks.
    games : sequence of PlayGame
        The games whose players play them.
    recordings : Path
        The folder of the recordings, shared by all processes.
    most_games : int
        How many games may run in this process at a time.
    """

    project: Project
    games: Sequence[PlayGame]
    recordings: Path
    most_games: int = _GAMES_A_CORE * (os.cpu_count() or 1)


def play_activity(
    store: Store, settings: Settings, play_settings: PlaySettings, outbox: Outbox
) -> Activity:
    """Return the play activity as the service's applications take it."""
    records = PlayRecords(store, settings)
    project = play_settings.project
    games = {game.game_id: game for game in play_settings.games}
    live = LiveGames(
        GameRecords(store, settings), play_settings.recordings, play_settings.most_games
    )
    calls = PlayCalls(project, games, records, live.lobby.tasks)
    routes = play_routes(calls, outbox)
    coins = {game.game_id: game.coins_per_unit for game in play_settings.games}
    # not a route of FastAPI, whose dependencies could answer it with an error of HTTP only
    route = SocketRoute(live, records, project.tasks, coins)
    routes.add_websocket_route("/v1/play/socket", route.serve, name="play_socket")
    operator_routes = play_operator_routes(store, settings)
    operator_routes.include_router(recordings_routes(store, settings, play_settings.recordings))
    return Activity(
        name="play",
        static=Path(__file__).parent / "static",
        player_routes=routes,
        operator_routes=operator_routes,
        player_tables=PLAYER_TABLES,
        live_figures=lambda connection, game: play_figures(connection, game, games, live.figures),
        metrics=play_metrics,
        delete_files=live.forget,
        running=live.running,
    )


def register_play_game(store: Store, keys: Keys, game: PlayGame) -> None:
    """Add a game, or change it. Its links, if it has channels, are signed by the service."""
    if game.channels:
        own = public_text(link_key(keys, game.game_id))
        game = game.model_copy(update={"launch_keys": [*game.launch_keys, own]})
    with store.write() as connection:
        register_game(store, connection, game, PLAY)


def serve_play(
    tasks: str,
    games: Path | None = None,
    database: str = "",
    keys: Path | None = None,
    host: str = LOCAL,
    port: int = 8000,
    minimal: bool = False,
) -> None:
    """Serve the tasks of a file until stopped.

    Parameters
    ----------
    tasks : str
        The path of a task file, or "demo".
    games : Path or None
        A YAML file of games; without one, everybody with the address that is printed can play.
    database : str
        The address of the database; by default a SQLite file in the folder of the recordings.
    keys : Path or None
        The file of the service's keys; by default in the same folder.
    host, port
        Where to serve players.
    minimal : bool
        Store no times.

    Raises
    ------
    ValueError, OSError
        If something is missing. The message says what to do.
    """
    project = _demo_project() if tasks == DEMO else read_project(tasks)
    folder = Path("data/runs") / ("play-demo" if tasks == DEMO else f"play-{Path(tasks).stem}")
    with open_ports(host, port) as ports:
        store, settings = open_service(folder, database, keys, minimal, PLAY)
        origin = f"http://{host}:{port}"
        with explain_errors(store.engine):
            listed = _register(store, settings, project, games, origin)
            Payments(store, settings).add_marks()
        recordings = folder / "recordings"
        outbox = Outbox(store, settings)
        activity = play_activity(store, settings, PlaySettings(project, listed, recordings), outbox)
        print_line(f"recordings are in {recordings.absolute()}")
        if games is None:
            print_line(f"play here: {origin}/library/{OWN_GAME}?channel=link; stop with Ctrl-C")
        serve_activities(store, settings, outbox, [activity], ports)


def _demo_project() -> Project:
    """Return the demo's tasks, with those of Atari where the extra `atari` is installed."""
    project = read_project(_DEMO_TASKS)
    if find_spec("ale_py") is None:
        print_line("without Atari games: pip install 'gamelabel[atari]' adds them")
        return project
    atari = read_project(_DEMO_ATARI_TASKS)
    return replace(project, tasks={**project.tasks, **atari.tasks})


def _register(
    store: Store, settings: Settings, project: Project, games: Path | None, origin: str
) -> list[PlayGame]:
    """Register the games of a file, or one for links, and return them."""
    if games is None:
        channels = {name: "" for name in ("link", "email", "social", TURK)}
        own = PlayGame(
            game_id=OWN_GAME,
            title=project.title or "Play",
            origin=origin,
            coin="cents",
            channels=channels | _project_channels(project),
        )
        listed = [own]
    else:
        listed = read_games(games, PlayGame)
        for game in listed:
            _check_groups(game, project, games)
        for game_id in close_other_games(store, [game.game_id for game in listed], PLAY):
            print_line(f"the game {game_id} is closed: it is not in {games}")
    for game in listed:
        register_play_game(store, settings.keys, game)
    return listed


def _project_channels(project: Project) -> dict[str, str]:
    """Return the group of each channel of a task file. Raises ValueError if one does not exist."""
    channels = {}
    for name, fields in project.channels.items():
        group = fields.get("group", "")
        if fields.keys() - {"group"} or not isinstance(group, str):
            raise ValueError(f"{project.path}: the channel {name} may have the field group only")
        if group and group not in project.groups:
            raise ValueError(f"{project.path}: channel {name}: there is no group {group!r}")
        channels[name] = group
    return channels


def _check_groups(game: PlayGame, project: Project, path: Path) -> None:
    for group in (game.group, *game.channels.values()):
        if group and group not in project.groups:
            known = ", ".join(project.groups) or "none"
            raise ValueError(
                f"{path}: game {game.game_id}: {project.path} has no group {group!r}; it has "
                f"{known}"
            )
