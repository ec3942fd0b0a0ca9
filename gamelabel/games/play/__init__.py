"""Demonstrations of Gymnasium and PettingZoo environments: tasks, play, recording and replay."""

from gamelabel.games.play.tasks import Project, Task, TaskGroup
from gamelabel.games.play.transition import Transition

__all__ = ["Project", "Task", "TaskGroup", "Transition"]
