"""SIMULATED people who are given the rule by which they are paid, and choose their effort by it.

Nobody's quality is set by treatment. Each person knows their skill, what a minute of play and a
minute of following the instructions cost them, and what else they care about. They see what each
choice of effort and minutes would be paid, by the same function that pays (`estimated_pay`), and
take the best choice, up to a mistake. How good each effort is, and what people care about besides
money, is assumed; `Assumptions` has these numbers in one table, and notebook `12_incentives` sweeps
them. The form of the choice is assumed too: the minutes that can be chosen, the cost of idling, and
the length of an episode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
import pandas as pd

from gamelabel.games.play.incentive_treatments import TREATMENT_CHANNELS, Treatment, treatment_task
from gamelabel.games.play.incentives import estimated_pay
from gamelabel.games.play.tasks import Task

Effort = Literal["leave", "idle", "play", "follow"]
CHOICES_OF_MINUTES = (5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0)
_EPISODE_SECONDS = 45.0
GOOD_SHARE = 0.8


def _assumed(default: float, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Assumptions:
    """What is assumed about people; none of it was measured on people.

    The fields are described by `assumption_table`.
    """

    aliens_playing: float = _assumed(16.0, "aliens a minute of a person of skill 1 who just plays")
    aliens_following: float = _assumed(16.0, "aliens a minute while following the order")
    share_playing: float = _assumed(0.45, "share of aliens in order of a person who just plays")
    share_following: float = _assumed(0.93, "share of aliens in order while following the order")
    skill_spread: float = _assumed(0.3, "standard deviation of the logarithm of skill")
    cost_play: float = _assumed(0.03, "median cost of a minute at the keys, dollars")
    cost_follow: float = _assumed(0.04, "median further cost of a minute of following, dollars")
    cost_spread: float = _assumed(0.6, "standard deviation of the logarithm of both costs")
    fun: float = _assumed(0.05, "value of the first minute of play, dollars")
    stamina: float = _assumed(10.0, "minutes after which play is not fun any more")
    duty_mturk: float = _assumed(0.01, "value of a minute of following because it was asked, MTurk")
    duty_email: float = _assumed(0.05, "the same for students reached by e-mail, dollars")
    duty_social: float = _assumed(0.08, "the same for players from social media, dollars")
    raffle_value: float = _assumed(1.5, "what an entry in the raffle is worth to a person, dollars")
    challenge_value: float = _assumed(0.5, "what it is worth to meet the challenge, dollars")
    mistake: float = _assumed(0.1, "scale of the error with which choices are valued, dollars")
    latency_frames: float = _assumed(7.0, "median frames from the screen to the key")
    aim_error: float = _assumed(3.0, "standard deviation of the aim, pixels")


def assumption_table(assumptions: Assumptions | None = None) -> pd.DataFrame:
    """Return all assumptions about simulated people: name, value, meaning.

    >>> assumption_table().meaning["latency_frames"]
    'median frames from the screen to the key'
    """
    chosen = assumptions or Assumptions()
    rows = {f.name: (getattr(chosen, f.name), f.metadata["meaning"]) for f in fields(chosen)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "meaning"])


@dataclass(frozen=True)
class Person:
    """A simulated person; see `Assumptions` for what the numbers mean."""

    player_id: str
    channel: str
    skill: float
    cost_play: float
    cost_follow: float
    duty: float
    seed: int


def draw_people(count: int, channel: str, assumptions: Assumptions, seed: int) -> list[Person]:
    """Draw people of a channel of recruitment.

    Parameters
    ----------
    count : int
        How many.
    channel : {"mturk", "email", "social"}
        How they were recruited, which decides what following is worth to them.
    assumptions : Assumptions
        The distributions that they are drawn from.
    seed : int
        Seed. The same number in two treatments gives the same people.

    Examples
    --------
    >>> one, two = draw_people(2, "mturk", Assumptions(), seed=0)
    >>> one.player_id, one.skill == two.skill
    ('mturk-0-0', False)
    """
    rng = np.random.default_rng([seed, *channel.encode()])
    spread, median = assumptions.cost_spread, getattr(assumptions, f"duty_{channel}")
    return [
        Person(
            f"{channel}-{seed}-{number}",
            channel,
            skill=float(np.exp(rng.normal(0, assumptions.skill_spread))),
            cost_play=float(assumptions.cost_play * np.exp(rng.normal(0, spread))),
            cost_follow=float(assumptions.cost_follow * np.exp(rng.normal(0, spread))),
            duty=float(median * rng.exponential()),
            seed=int(rng.integers(2**31)),
        )
        for number in range(count)
    ]


@dataclass(frozen=True)
class Plan:
    """What a person decides to do: an effort, for some minutes; 0 for leaving at once."""

    effort: Effort
    minutes: float


def choose_plan(person: Person, task: Task, assumptions: Assumptions, seed: int = 0) -> Plan:
    """Return what a person does under the pay of a task.

    Parameters
    ----------
    person : Person
        The person.
    task : Task
        Its requirements and bonus are the rule of payment.
    assumptions : Assumptions
        What play is like.
    seed : int
        Seed of the error with which choices are valued.

    Returns
    -------
    Plan
        The choice of the greatest value: pay, minus costs, plus fun and what following is worth.

    Examples
    --------
    >>> exact = Assumptions(mistake=0.0, duty_mturk=0.0)
    >>> person = draw_people(1, "mturk", exact, seed=0)[0]
    >>> choose_plan(person, treatment_task("none"), exact).effort
    'play'
    >>> choose_plan(person, treatment_task("all"), exact).effort
    'follow'
    """
    rng = np.random.default_rng([person.seed, seed])
    plans = [Plan("leave", 0.0)]
    plans += [
        Plan(effort, minutes)
        for effort in ("idle", "play", "follow")
        for minutes in CHOICES_OF_MINUTES
    ]
    values = [value_of(plan, person, task, assumptions) for plan in plans]
    errors = assumptions.mistake * rng.gumbel(size=len(plans))
    return plans[int(np.argmax(np.array(values) + errors))]


def value_of(plan: Plan, person: Person, task: Task, assumptions: Assumptions) -> float:
    """Return what a plan is worth to a person, in dollars."""
    minutes = plan.minutes
    if not minutes:
        return 0.0
    pay = estimated_pay(
        task.bonus, expected_statistics(plan, person, assumptions), task.requirements
    )
    value = pay.amount + assumptions.raffle_value * pay.raffle_entry
    value += assumptions.challenge_value * pay.challenge
    if plan.effort == "idle":
        return value - 0.25 * person.cost_play * minutes  # the time, without the work
    value += assumptions.fun * (minutes - minutes**2 / (2 * assumptions.stamina))
    value -= person.cost_play * minutes
    if plan.effort == "follow":
        value += (person.duty - person.cost_follow) * minutes
    return value


def expected_statistics(plan: Plan, person: Person, assumptions: Assumptions) -> dict[str, float]:
    """Return what a person expects of the statistics of a session."""
    aliens, share = 0.0, float("nan")
    if plan.effort in ("play", "follow"):
        is_following = plan.effort == "follow"
        rate = assumptions.aliens_following if is_following else assumptions.aliens_playing
        share = assumptions.share_following if is_following else assumptions.share_playing
        aliens = rate * person.skill * plan.minutes
    seconds = 60 * plan.minutes
    in_order = 0.0 if np.isnan(share) else aliens * share
    return {
        "play_time": seconds,
        "active_time": 0.0 if plan.effort == "idle" else seconds,
        "aliens_in_order": in_order,
        "share_in_order": share,
        "published_aliens_in_order": in_order,
        "published_share_in_order": share,
    }


def tabled_sessions(
    treatments: Sequence[Treatment],
    people: int,
    assumptions: Assumptions,
    seed: int = 0,
) -> pd.DataFrame:
    """Simulate sessions of people in each treatment without playing them.

    An episode of 45 s has a Poisson number of aliens, of which a binomial number are in order.

    Parameters
    ----------
    treatments : sequence of str
        See `incentive_treatments`.
    people : int
        People in each treatment.
    assumptions : Assumptions
        What is assumed.
    seed : int
        Seed of people, choices and play. Treatments of one channel have the same people.

    Returns
    -------
    DataFrame
        A row a session: treatment, player_id, effort, minutes, seconds, good_seconds (in episodes
        with at least 80 % in order), aliens, in_order, complete, paid. People who leave at once
        have 0 seconds.
    """
    rows = []
    for treatment in treatments:
        task = treatment_task(treatment)
        for person in draw_people(people, TREATMENT_CHANNELS[treatment], assumptions, seed):
            plan = choose_plan(person, task, assumptions, seed)
            rows.append(_tabled_session(treatment, task, person, plan, assumptions))
    return pd.DataFrame(rows)


def _tabled_session(
    treatment: str, task: Task, person: Person, plan: Plan, assumptions: Assumptions
) -> dict[str, Any]:
    rng = np.random.default_rng([person.seed, 1])
    expected = expected_statistics(plan, person, assumptions)
    seconds = 60 * plan.minutes
    episodes = int(np.ceil(seconds / _EPISODE_SECONDS))
    share = expected["share_in_order"]
    share = 0.0 if np.isnan(share) else share
    rate = expected["aliens_in_order"] / max(share, 1e-9) / max(1, episodes)
    aliens = rng.poisson(rate, episodes)
    in_order = rng.binomial(aliens, share)
    is_good = (in_order >= GOOD_SHARE * aliens) & (aliens > 0)
    length = seconds / max(1, episodes)
    statistics = {
        "play_time": seconds,
        "active_time": expected["active_time"],
        "aliens_in_order": float(in_order.sum()),
        "share_in_order": float(in_order.sum() / aliens.sum()) if aliens.sum() else float("nan"),
    }
    pay = estimated_pay(task.bonus, statistics, task.requirements)
    return {
        "treatment": treatment,
        "player_id": person.player_id,
        "effort": plan.effort,
        "minutes": plan.minutes,
        "seconds": seconds,
        "good_seconds": float(is_good.sum() * length),
        "aliens": int(aliens.sum()),
        "in_order": int(in_order.sum()),
        "complete": pay.is_complete,
        "paid": pay.amount,
    }


def effort_shares(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each effort in each treatment, in the order of the treatments."""
    table = pd.crosstab(sessions.treatment, sessions.effort, normalize="index")
    order: Mapping[str, int] = {name: i for i, name in enumerate(sessions.treatment.unique())}
    return table.loc[sorted(table.index, key=lambda name: order[name])]
