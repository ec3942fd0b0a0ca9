"""Which task a player gets who does not choose one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from gamelabel.games.play.tasks import Task


def choose_task(
    tasks: Sequence[Task],
    states: Mapping[str, str],
    done: Mapping[str, int],
    draw: Callable[[], float],
    waiting: Collection[str] = (),
) -> Task:
    """Choose a task for a player.

    First one that the player has begun, then one where somebody waits for a partner, then those
    that the player has not done: below their minimum, below their target, any. Among several the
    one that is filled least, and at random among equals.

    Parameters
    ----------
    tasks : sequence of Task
        The tasks that are open to the player, at least one.
    states : mapping of str to str
        The state of the player's sessions, by task.
    done : mapping of str to int
        How many sessions of each task are done.
    draw : callable
        Returns a random number from 0 to 1.
    waiting : collection of str
        The tasks at which a player waits for others.
    """

    def order(task: Task) -> tuple[object, ...]:
        n = done.get(task.name, 0)
        target = task.target or task.minimum or 1
        return (
            states.get(task.name) != "open",
            task.name not in waiting,
            states.get(task.name) == "done",
            n >= task.minimum,
            bool(task.target) and n >= task.target,
            n / target,
            draw(),
        )

    return min(tasks, key=order)
