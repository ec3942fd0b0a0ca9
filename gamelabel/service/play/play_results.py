"""How a play session went, for the page after the game."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from gamelabel.games.play.incentives import estimated_pay
from gamelabel.games.play.tasks import Task
from gamelabel.service.play.placement import place_value
from gamelabel.service.play.play_records import PlayRecords
from gamelabel.service.play.task_texts import (
    collector_unit,
    labeled_values,
    money_text,
    value_text,
    with_all,
)


def play_result(records: PlayRecords, row: Row[Any], task: Task) -> dict[str, Any]:
    """Return task, title, text, places among all players, and what can be done next.

    Parameters
    ----------
    records : PlayRecords
        The database.
    row : Row
        The play session, from `PlayRecords.own_session`.
    task : Task
        Its task.
    """
    bonus, is_done = task.bonus, row.state == "done"
    raffles = bonus is not None and bonus.kind == "raffle" and is_done
    challenges = bonus is not None and bonus.kind == "challenge" and is_done
    return {
        "task": row.task,
        "state": row.state,
        "title": "Well played!" if is_done else "Thank you for playing",
        "text": _pay_sentence(row, task),
        "places": _places(records, row, task),
        "reward": records.reward(row),
        "raffle": raffles,
        "challenge": "You met the challenge. Send a friend this link!" if challenges else "",
        "assignment": records.assignment_id(row) if is_done else None,
    }


def _pay_sentence(row: Row[Any], task: Task) -> str:
    if task.bonus is None or task.bonus.kind in ("raffle", "challenge"):
        if row.state == "open":
            return "Play again to go on from here."
        return "" if row.state == "done" else "Not all goals were reached."
    if row.state == "open":
        pay = estimated_pay(task.bonus, with_all(task, row.statistics), task.requirements)
        return f"So far: {money_text(pay.amount, pay.currency)}."
    amount = money_text(row.pay, task.bonus.currency)
    if row.state == "done":
        earned = estimated_pay(task.bonus, with_all(task, row.statistics), task.requirements)
        if earned.amount > row.pay:
            return "This HIT, or this task, has been paid before, so it does not pay again."
        return f"You earned {amount}."
    return f"Not all goals were reached, so this pays {amount}."


def _places(records: PlayRecords, row: Row[Any], task: Task) -> list[dict[str, Any]]:
    """Return the player's place by the best score, and by each statistic that players see."""
    places = []
    own_scores, best_scores = records.scores(row)
    if own_scores:
        places.append(_place("Best score", max(own_scores), best_scores, ""))
    statistics = with_all(task, row.statistics)
    others = [with_all(task, values) for values in records.other_statistics(row)]
    for shown in labeled_values(task, statistics):
        name = shown["name"]
        rest = [values[name] for values in others if not math.isnan(values[name])]
        if not math.isnan(statistics[name]):
            unit = collector_unit(task, name)
            places.append(_place(shown["label"], statistics[name], rest, unit))
    return places


def _place(label: str, own: float, others: list[float], unit: str) -> dict[str, Any]:
    place = asdict(place_value(own, others))
    edges = place.pop("edges")
    low, high = (edges[0], edges[-1]) if edges else (own, own)
    return {
        **place,
        "label": label,
        "value_text": value_text(own, unit),
        "low_text": value_text(low, unit),
        "high_text": value_text(high, unit),
    }
