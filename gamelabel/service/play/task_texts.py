"""A task and a player's progress in it, as the page shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gamelabel.games.play.incentives import Pay, estimated_pay, progress
from gamelabel.games.play.statistics import COLLECTORS
from gamelabel.games.play.tasks import Task
from gamelabel.service.play.task_controls import controls_of, screen_buttons

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def task_card(task: Task) -> dict[str, Any]:
    """Return a task as the library shows it."""
    return {
        "name": task.name,
        "title": task.title or task.name,
        "description": task.description,
        "people": len(task.human_seats),
        "pay_text": offer_text(task),
    }


def task_body(task: Task) -> dict[str, Any]:
    """Return a task as the page plays it."""
    controls = controls_of(task)
    return {
        **task_card(task),
        "instructions": task.instructions,
        "controls": [{"codes": control.codes, "text": control.text} for control in controls],
        "buttons": [{"text": b.text, "codes": b.codes} for b in screen_buttons(task)],
        "goals": [
            f"{requirement.label or requirement.statistic}: "
            f"{value_text(requirement.at_least, collector_unit(task, requirement.statistic))}"
            for requirement in task.requirements
        ],
    }


def status_body(task: Task, statistics: Mapping[str, float]) -> dict[str, Any]:
    """Return goals, values and pay of a session, as the page shows them beside the game."""
    statistics = with_all(task, statistics)
    goals = [
        {
            "label": row.label or row.statistic,
            "value_text": value_text(row.value, collector_unit(task, row.statistic)),
            "goal_text": value_text(row.at_least, collector_unit(task, row.statistic)),
            "share": round(row.share, 3),
            "is_met": row.is_met,
        }
        for row in progress(task.requirements, statistics)
    ]
    pay = estimated_pay(task.bonus, statistics, task.requirements)
    required = {requirement.statistic for requirement in task.requirements}
    values = [v for v in labeled_values(task, statistics) if v["name"] not in required]
    return {
        "goals": goals,
        "values": values,
        "pay_text": pay_text(task, pay),
    }


def labeled_values(task: Task, statistics: Mapping[str, float]) -> list[dict[str, str]]:
    """Return the statistics that players see, as texts."""
    return [
        {
            "name": statistic.name,
            "label": statistic.label,
            "value_text": value_text(
                statistics[statistic.name], collector_unit(task, statistic.name)
            ),
        }
        for statistic in task.statistics
        if statistic.label
    ]


def with_all(task: Task, statistics: Mapping[str, float | None]) -> dict[str, float]:
    """Return a value for each statistic of a task: NaN for those that are unknown."""
    values = {statistic.name: math.nan for statistic in task.statistics}
    return values | {name: v for name, v in statistics.items() if name in values and v is not None}


def value_text(value: float, unit: str = "") -> str:
    """Return a value for people.

    Examples
    --------
    >>> value_text(0.8, "share"), value_text(300, "seconds"), value_text(15)
    ('80 %', '5:00', '15')
    >>> value_text(float("nan"))
    '–'
    """
    if math.isnan(value):
        return "–"
    if unit == "share":
        return f"{100 * value:.0f} %"
    if unit == "seconds":
        return f"{int(value) // 60}:{int(value) % 60:02d}"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.1f}"


def money_text(amount: float, currency: str) -> str:
    """Return an amount for people.

    >>> money_text(1.5, "USD"), money_text(0.04, "CHF")
    ('$1.50', '0.04 CHF')
    """
    if currency in _SIGNS:
        return f"{_SIGNS[currency]}{amount:.2f}"
    return f"{amount:.2f} {currency}"


def offer_text(task: Task) -> str:
    """Return what a task pays, before it is played; empty if it pays nothing."""
    bonus = task.bonus
    if bonus is None:
        return ""
    if bonus.kind == "raffle":
        return f"Enters you in a raffle: {bonus.prize}" if bonus.prize else "Enters you in a raffle"
    if bonus.kind == "challenge":
        return "A challenge: can you do it?"
    most = money_text(
        bonus.base + (bonus.maximum if bonus.kind == "sliding" else 0), bonus.currency
    )
    if bonus.kind == "sliding":
        return f"Pays {money_text(bonus.base, bonus.currency)} to {most}"
    return f"Pays {most}"


def pay_text(task: Task, pay: Pay) -> str:
    """Return what a session earns so far: the amount that is paid if it ends now."""
    if task.bonus is None:
        return ""
    if task.bonus.kind == "raffle":
        return (
            "You can enter the raffle."
            if pay.raffle_entry
            else "Reach all goals to enter the raffle."
        )
    if task.bonus.kind == "challenge":
        return "Challenge met!" if pay.challenge else "Reach all goals to meet the challenge."
    amount = money_text(pay.estimate, pay.currency)
    if pay.is_complete:
        return f"Estimated pay: {amount}"
    return f"Estimated pay: {amount}, once all goals are reached"


def collector_unit(task: Task, name: str) -> str:
    """Return the unit of a statistic of a task, empty if it has none."""
    collector = next((s.collector for s in task.statistics if s.name == name), "")
    return COLLECTORS[collector].unit if collector in COLLECTORS else ""
