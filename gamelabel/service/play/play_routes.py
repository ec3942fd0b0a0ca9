"""The calls and the page of the play activity for players."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from gamelabel.games.play.tasks import Project, Task
from gamelabel.service.access import SessionToken
from gamelabel.service.api import RequestBody
from gamelabel.service.outbox import Outbox
from gamelabel.service.page import frame_page
from gamelabel.service.play.link_launches import Arrival, sign_arrival
from gamelabel.service.play.play_games import TURK, TURK_FORMS, TURK_FRAMES, PlayGame
from gamelabel.service.play.play_records import PlayAccount, PlayRecords
from gamelabel.service.play.play_results import play_result
from gamelabel.service.play.task_choice import choose_task
from gamelabel.service.play.task_texts import task_body, task_card
from gamelabel.service.problems import Problem, documented

_TEMPLATE = Path(__file__).parent / "templates" / "play_page.html.j2"
GameName = Annotated[str, PathParameter(max_length=64)]
PlaySessionId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{22}$")]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")]


class LinkBody(RequestBody):
    """What a link and a browser say: a random visitor, and the ids of Mechanical Turk."""

    visitor: str = Field(default="", pattern=r"^([0-9a-f]{32})?$")
    worker_id: _Id = ""
    assignment_id: _Id = ""
    hit_id: _Id = ""

    def arrival(self, channel: str = "") -> Arrival:
        """Return the ids as those of an arrival by a channel."""
        return Arrival(channel, self.visitor, self.worker_id, self.assignment_id, self.hit_id)


class ArrivalBody(LinkBody):
    """Somebody who comes to a game by a link of a channel."""

    channel: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    game: str = Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")


class LaunchTokenBody(BaseModel):
    """A launch token, as a game's backend would sign it."""

    launch: str


class PlayAccountBody(BaseModel):
    """Whether the player has agreed to being recorded."""

    consented: bool


class LibraryBody(BaseModel):
    """The tasks that the player can play now, and whether the player chooses one.

    `done` is the play session of a task that was done for the assignment of Mechanical Turk by
    which the player comes: only submitting it is left.
    """

    tasks: list[dict[str, Any]]
    choose: bool
    done: str | None = None


class ChoiceBody(RequestBody):
    """The task that the player chose; none to be assigned to one."""

    task: str | None = Field(default=None, max_length=64)


class PlaySessionBody(BaseModel):
    """An open play session: its id, the room of its WebSocket, and the task.

    The WebSocket is `/v1/play/socket?room=ROOM`. Players who may meet have the same room, so a
    proxy in front of several processes sends a room to one of them.
    """

    play: str
    room: str
    task: dict[str, Any]


class RaffleBody(RequestBody):
    """Where to write to if the player wins."""

    email: str = Field(max_length=254, pattern=r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}$")


class CommentBody(RequestBody):
    """What a player says about a task; `device` only with a problem."""

    task: str = Field(max_length=64, pattern=r"^[^\x00]+$")
    kind: Literal["feedback", "problem"]
    text: str = Field(min_length=1, max_length=2000, pattern=r"^[^\x00]+$")
    device: str = Field(default="", max_length=300, pattern=r"^[^\x00]*$")


class PlayCalls:
    """What the calls need: the tasks, the games of the service, and the database.

    `waiting` returns the tasks at which players wait for others; `draw` random numbers.
    """

    def __init__(
        self,
        project: Project,
        games: Mapping[str, PlayGame],
        records: PlayRecords,
        waiting: Callable[[], Collection[str]] = tuple,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.project, self.games, self.records = project, games, records
        self.waiting, self.draw = waiting, draw

    def group(self, account: PlayAccount) -> str:
        """Return the group of tasks of a player. Raises Problem if their game has none."""
        game = self.games.get(account.player.game_id)
        if game is None:
            raise Problem(404, "missing", "Players of this game play no environments")
        return game.channels.get(account.channel, game.group)

    def tasks(self, account: PlayAccount) -> list[Task]:
        """Return the tasks that a player may play now."""
        group = self.group(account)
        names = self.project.groups[group].tasks if group else tuple(self.project.tasks)
        now = datetime.fromtimestamp(self.records.settings.clock(), UTC)
        return [self.project.tasks[n] for n in names if self.project.tasks[n].is_open(now)]

    def chooses(self, account: PlayAccount) -> bool:
        """Whether a player chooses among the tasks."""
        group = self.group(account)
        return not group or self.project.groups[group].assignment == "choose"


def play_routes(calls: PlayCalls, outbox: Outbox) -> APIRouter:
    """Return the routes for players but the WebSocket's."""
    router = APIRouter()
    records = calls.records
    store, settings = records.store, records.settings

    @router.get("/library/{game_id}", include_in_schema=False)
    def page(game_id: GameName, channel: str = "") -> HTMLResponse:
        if game_id not in calls.games:
            raise Problem(404, "missing", "There is no such game")
        ancestors, forms = (TURK_FRAMES, TURK_FORMS) if channel == TURK else ("", "'none'")
        minimal, audience = settings.minimal, settings.audience
        return frame_page(store, game_id, _TEMPLATE, ancestors, forms, audience, minimal=minimal)

    @router.post("/v1/play/arrivals", status_code=201, responses=documented(400, 404, 415, 422))
    def arrive(body: ArrivalBody) -> LaunchTokenBody:
        """Return a launch token for somebody who came by a link. Nothing is stored."""
        game = calls.games.get(body.game)
        if game is None or body.channel not in game.channels:
            raise Problem(404, "missing", "There is no such link", "Ask for a new one.")
        return LaunchTokenBody(launch=sign_arrival(settings, body.game, body.arrival(body.channel)))

    @router.get("/v1/play/account", responses=documented(401))
    def show_account(session: SessionToken) -> PlayAccountBody:
        """Return whether the player has agreed to being recorded."""
        return PlayAccountBody(consented=records.account(session).consented)

    @router.put("/v1/play/consent", status_code=204, responses=documented(400, 401, 403, 415, 422))
    def agree(body: LinkBody, session: SessionToken) -> None:
        """Store that the player agrees to being recorded, and the ids of the link."""
        records.give_consent(session, body.arrival())

    @router.get("/v1/play/library", responses=documented(401, 404))
    def library(session: SessionToken) -> LibraryBody:
        """Return the tasks that the player can play."""
        account = records.account(session)
        states = records.sessions_by_task(session)
        tasks = [
            {**task_card(task), "state": states.get(task.name, "")} for task in calls.tasks(account)
        ]
        done = records.done_work(account)
        return LibraryBody(tasks=tasks, choose=calls.chooses(account), done=done)

    @router.post(
        "/v1/play/sessions",
        status_code=201,
        responses=documented(400, 401, 403, 404, 409, 415, 422),
    )
    def open_session(body: ChoiceBody, session: SessionToken) -> PlaySessionBody:
        """Return the player's open play session of a task, or a new one."""
        account = records.account(session)
        tasks = {task.name: task for task in calls.tasks(account)}
        if body.task is not None and body.task in tasks:
            task = tasks[body.task]
        elif body.task is None and tasks:
            states = records.sessions_by_task(session)
            task = choose_task(
                list(tasks.values()), states, records.done_counts(), calls.draw, calls.waiting()
            )
        else:
            raise Problem(404, "missing", "There is no such task", "Choose another one.")
        row = records.open_session(session, task)
        room = task.name if len(task.human_seats) > 1 else row["id"]
        return PlaySessionBody(play=row["id"], room=room, task=task_body(task))

    @router.get("/v1/play/sessions/{play}", responses=documented(401, 404, 422))
    def show_session(play: PlaySessionId, session: SessionToken) -> dict[str, Any]:
        """Return how a play session went: pay, and the player's place among all."""
        row = records.own_session(session, play)
        if row.task not in calls.project.tasks:
            raise Problem(404, "missing", "The task is not offered any more")
        outbox.notify()
        return play_result(records, row, calls.project.tasks[row.task])

    @router.put(
        "/v1/play/sessions/{play}/raffle",
        status_code=204,
        responses=documented(400, 401, 404, 409, 415, 422),
    )
    def enter_raffle(play: PlaySessionId, body: RaffleBody, session: SessionToken) -> None:
        """Store an e-mail address for the raffle of a task that is done."""
        row = records.own_session(session, play)
        task = calls.project.tasks.get(row.task)
        if task is None or task.bonus is None or task.bonus.kind != "raffle":
            raise Problem(409, "state", "This task has no raffle")
        records.enter_raffle(session, play, body.email)

    @router.post(
        "/v1/play/comments", status_code=204, responses=documented(400, 401, 403, 409, 415, 422)
    )
    def comment(body: CommentBody, session: SessionToken) -> None:
        """Store feedback, or a report of a problem."""
        records.add_comment(session, body.model_dump())

    return router
