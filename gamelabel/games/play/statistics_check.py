"""Statistics of a recorded episode, computed again while it is replayed and compared."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from gamelabel.games.play.recorded_settings import task_of
from gamelabel.games.play.recorded_tables import RecordedEpisode
from gamelabel.games.play.statistics import Collector, start_collectors
from gamelabel.games.play.transition import Transition


class StatisticsCheck:
    """Compares the columns of statistics with what the transitions of a replay give.

    A recording from before the statistics were kept with their arguments has nothing to compare
    but its rewards.

    Parameters
    ----------
    recorded : RecordedEpisode
        The episode.

    Raises
    ------
    ValueError
        If a statistic of the recording is not known here.
    """

    def __init__(self, recorded: RecordedEpisode) -> None:
        task = task_of(recorded.episode)
        self._seats = {row["seat"]: row for row in recorded.seats.to_dict("records")}
        self._collectors: dict[str, dict[str, Collector]] = {}
        self._recorded: dict[str, dict[str, list[float]]] = {}
        self._rewards = dict.fromkeys(self._seats, 0.0)
        self._controllers: dict[str, Counter[str]] = {seat: Counter() for seat in self._seats}
        for seat in self._seats:
            steps = recorded.steps[recorded.steps["seat"] == seat]
            self._collectors[seat] = start_collectors(task, seat)
            self._recorded[seat] = {
                name: steps[name].to_numpy(float).tolist() for name in self._collectors[seat]
            }

    def difference(self, transition: Transition) -> str:
        """Read the next transition, and return how its statistics differ; "" if they do not."""
        for seat, collectors in self._collectors.items():
            recorded = self._recorded[seat]
            for name, collector in collectors.items():
                collector.add(transition)
                if transition.frame == 0:
                    continue
                value, played = float(collector.value()), recorded[name][transition.frame - 1]
                if not _is_same(value, played):
                    what = f"{name} of {seat} at frame {transition.frame}"
                    return f"the statistic {what} is {value:g}, not {played:g}"
            if transition.frame:
                self._rewards[seat] += transition.rewards[seat]
                self._controllers[seat][transition.controllers[seat]] += 1
        return ""

    def last_difference(self) -> str:
        """Return how the table of seats differs from the end of the replay; "" if it does not."""
        for seat, row in self._seats.items():
            values: dict[str, Any] = {"score": self._rewards[seat]}
            values |= {name: float(c.value()) for name, c in self._collectors[seat].items()}
            for name, value in values.items():
                if not _is_same(value, float(row[name])):
                    what = f"{name} of {seat} in the table of seats"
                    return f"the {what} is {value:g}, not {row[name]:g}"
            controller = self._controllers[seat].most_common(1)[0][0]
            if controller != row["controller"]:
                what = f"controller of {seat} in the table of seats"
                return f"the {what} is {controller}, not {row['controller']}"
        return ""


def _is_same(value: float, other: float) -> bool:
    return value == other or (math.isnan(value) and math.isnan(other))
