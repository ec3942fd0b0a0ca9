"""What a teacher does in a round: acts in a world, resets, and teaches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, insert, select, update

from gamelabel.games.descent import DescentError
from gamelabel.games.dungeon import DUNGEON, World, end_state, generate_world, valid_actions
from gamelabel.games.dungeon.command_parser import actions_text, parse_actions
from gamelabel.games.dungeon.dungeon_session import DungeonSession
from gamelabel.games.dungeon.world_text import describe_inventory, describe_place
from gamelabel.service.database_tables import players
from gamelabel.service.dungeon.classroom import Classroom, RoundClosed
from gamelabel.service.dungeon.round_pay import RoundPay
from gamelabel.service.dungeon.teach_tables import teachers
from gamelabel.service.people import (
    current_player,
    require_active,
    require_consent,
    require_running,
)
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store


class LessonScene(NamedTuple):
    """What a teacher sees of the world.

    Attributes
    ----------
    place, inventory : str
        In words.
    actions : list of str
        The actions that are possible now; none if the example has as many as it may.
    done : list of str
        The actions since the example's start.
    """

    place: str
    inventory: str
    actions: list[str]
    done: list[str]


class Lessons:
    """The lessons of all teachers.

    Parameters
    ----------
    store, settings
        Of the service.
    classroom : Classroom
        The descent that they teach in.
    longest_example : int
        Most actions of an example.
    seed : int
        Seed of the worlds.

    Attributes
    ----------
    pay : RoundPay
        Results and rewards of published rounds.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        classroom: Classroom,
        longest_example: int,
        seed: int,
    ) -> None:
        self.store, self.settings, self.classroom = store, settings, classroom
        self.longest_example, self.seed = longest_example, seed
        self.pay = RoundPay(store, settings, classroom)

    def lesson(self, session: str) -> dict[str, Any]:
        """Return the round, the scene, and the results of the last published round."""
        with self.store.write() as connection:
            player, teacher = self._teacher(connection, session)
            rewards = self.pay.rewards_of(connection, player)
        scene = self._scene(_session(teacher))
        round_state = self.round_state(player.pseudonym)
        return {
            "round": round_state,
            "scene": scene._asdict(),
            "results": self.pay.results_of(player.pseudonym, rewards),
        }

    def round_of(self, session: str) -> dict[str, Any]:
        """Return what goes on in the round."""
        with self.store.read() as connection:
            player = current_player(connection, self.settings, session)
        return self.round_state(player.pseudonym)

    def round_state(self, pseudonym: str) -> dict[str, Any]:
        """Return the round as a teacher sees it."""
        state, rules = self.classroom.state(), self.classroom.descent.rules
        return {
            "stage": state.stage,
            "number": state.number,
            "rounds": rules.rounds,
            "seconds_left": max(0.0, state.seconds_left),
            "subject": rules.subject(state.number) if state.stage == "open" else "",
            "least": rules.least,
            "most": rules.most,
            "examples": self.classroom.examples_of(pseudonym) if state.stage == "open" else 0,
            "done": state.done,
            "total": state.total,
        }

    def say(self, session: str, text: str, step: int) -> dict[str, Any]:
        """Do or answer what a teacher typed or chose.

        Parameters
        ----------
        session : str
            The teacher's session.
        text : str
            Such as "get axe" or "look".
        step : int
            How many actions the page believes to have been done.
        """
        with self.store.write() as connection:
            player, teacher = self._teacher(connection, session)
            _require_step(teacher, step)
            game = _session(teacher)
            reply = game.reply(text)
            if len(game.done) > self.longest_example:
                most = self.longest_example
                reply = f"An example has at most {most} actions. Teach these, or reset."
                game = _session(teacher)
            elif len(game.done) > step:
                values = {"actions": actions_text(game.done)}
                connection.execute(_change(player).values(values))
        return {"reply": reply, "scene": self._scene(game)._asdict()}

    def reset(self, session: str, new_world: bool) -> dict[str, Any]:
        """Go back to the start of the example, or to another world."""
        with self.store.write() as connection:
            player, teacher = self._teacher(connection, session)
            values: dict[str, Any] = {"actions": "", "world": teacher.world}
            if new_world:
                values["worlds"] = teacher.worlds + 1
                values["world"] = self._world(player.pseudonym, teacher.worlds).to_json()
            connection.execute(_change(player).values(values))
        world = World.from_json(values["world"], DUNGEON)
        return self._scene(DungeonSession(world))._asdict()

    def teach(self, session: str, command: str, number: int, step: int) -> dict[str, Any]:
        """Give the actions so far and a command as an example, and go on in the world after them.

        Raises
        ------
        Problem
            409 if the round is closed or the page is behind, 422 if the example is not acceptable.
        """
        with self.store.write() as connection:
            player, before = self._example(connection, session, step)
        example = command, before.actions, before.world, number
        with _refusals():  # outside of a transaction, which would keep others from writing
            attempt = self.classroom.attempt(player.pseudonym, *example)
        with self.store.write() as connection:
            player, teacher = self._example(connection, session, step)
            name = player.pseudonym
            if (teacher.actions, teacher.world) != example[1:3]:
                raise _behind()
            with _refusals():
                feedback = self.classroom.teach(name, *example, attempt)
            after = end_state(World.from_json(teacher.world, DUNGEON), parse_actions(example[1]))
            values: dict[str, Any] = {"actions": "", "world": after.to_json()}
            if not valid_actions(after):  # the dragon is dead
                after = self._world(name, teacher.worlds)
                values = {"actions": "", "world": after.to_json(), "worlds": teacher.worlds + 1}
            connection.execute(_change(player).values(values))
        return {
            "attempt": feedback.model_answer,
            "is_right": feedback.model_right,
            "meant": teacher.actions,
            "scene": self._scene(DungeonSession(after))._asdict(),
            "round": self.round_state(name),
        }

    def withdrawn(self) -> set[str]:
        """Return the pseudonyms of all who withdrew, to delete what is left of them."""
        query = select(players.c.pseudonym).where(players.c.state == "withdrawn")
        with self.store.read() as connection:
            return set(connection.execute(query).scalars())

    def _teacher(self, connection: Connection, session: str) -> tuple[Row[Any], Row[Any]]:
        """Return the player and where the teacher is, with a first world if needed."""
        player = current_player(connection, self.settings, session, lock=True)
        require_active(player)
        require_consent(player)
        query = select(teachers).where(teachers.c.player == player.id)
        teacher = connection.execute(query).first()
        if teacher is None:
            world = self._world(player.pseudonym, 0).to_json()
            values = {"player": player.id, "launch": player.launch, "worlds": 1, "world": world}
            connection.execute(insert(teachers).values(**values, actions=""))
            teacher = connection.execute(query).one()
        elif teacher.launch != player.launch:
            connection.execute(_change(player).values(launch=player.launch))
        return player, teacher

    def _example(
        self, connection: Connection, session: str, step: int
    ) -> tuple[Row[Any], Row[Any]]:
        """Return a player who may teach, and where the teacher is, after at least one action."""
        player, teacher = self._teacher(connection, session)
        require_running(player)
        _require_step(teacher, step)
        if not teacher.actions:
            detail = "First do what the dragon should do. Then say how you would ask for it."
            raise Problem(422, "example", "There are no actions yet", detail)
        return player, teacher

    def _world(self, pseudonym: str, number: int) -> World:
        words = [self.seed, number, *pseudonym.encode()]
        return generate_world(int(np.random.SeedSequence(words).generate_state(1)[0]))

    def _scene(self, game: DungeonSession) -> LessonScene:
        is_full = len(game.done) >= self.longest_example
        actions = [] if is_full else [action.text for action in valid_actions(game.world)]
        done = [action.text for action in game.done]
        return LessonScene(
            describe_place(game.world), describe_inventory(game.world), actions, done
        )


def _session(teacher: Row[Any]) -> DungeonSession:
    """Return a teacher's game where it is now."""
    actions = parse_actions(teacher.actions)
    game = DungeonSession(end_state(World.from_json(teacher.world, DUNGEON), actions))
    game.done = list(actions)
    return game


def _require_step(teacher: Row[Any], step: int) -> None:
    """Raise Problem 409 if the page does not show where the teacher is, such as a second tab."""
    if len(parse_actions(teacher.actions)) != step:
        raise _behind()


def _behind() -> Problem:
    detail = "Something was done in another window. The page shows it now."
    return Problem(409, "step", "The page was not up to date", detail)


@contextmanager
def _refusals() -> Iterator[None]:
    """Answer an example that comes too late with 409, one that is not acceptable with 422."""
    try:
        yield
    except RoundClosed as error:
        raise Problem(409, "closed", "Nothing can be taught now", str(error)) from error
    except DescentError as error:
        text = f"{str(error)[:1].upper()}{str(error)[1:]}."
        raise Problem(422, "example", "This cannot be taught", text) from error


def _change(player: Row[Any]) -> Any:
    return update(teachers).where(teachers.c.player == player.id)
