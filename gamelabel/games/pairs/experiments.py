"""The paper's future work as experiments on simulated players: what each change would be worth, if players were so.

Each experiment plays one small game with a change and without, on the same chance, and returns its effects by name.
What it takes for granted about players stands in its arguments: nobody has measured it, so the effects say how much
would be gained under these assumptions, not that it would be.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from gamelabel.games.pairs.players import Crowd, Players
from gamelabel.games.pairs.playthrough import Streams, deal, play
from gamelabel.games.pairs.rules import Rules
from gamelabel.games.pairs.simulate import SPREAD_MS, UNREAD_MS
from gamelabel.reliability.auc import auc

HURRIED = Crowd(
    kinds={"hurried": 0.3}
)  # three players in ten answer half of the points without looking


def minimum_time(seed: int, heeds: float = 0.5, players: int = 100) -> dict[str, float]:
    """A time before which nobody can answer, so that a share `heeds` of unread answers is read after all.

    "Adding a timer that prevents users from submitting annotations stands out as a straightforward method of improving
    data quality" (GameLabel-10K, section 5).
    """
    people = HURRIED.draw(players, Streams.of(seed).crowd)
    without, few = _kept(people, seed)
    timed, many = _kept(people._replace(hurry=people.hurry * (1 - heeds)), seed)
    return {"accuracy of kept labels": timed - without, "kept labels, ratio": many / few}


def response_times(
    seed: int, fast_ms: float = 1200, pace_ms: float = 4000, spread: float = 0.4, players: int = 100
) -> dict[str, float]:
    """Answers below `fast_ms` dropped, where players read in about `pace_ms`, each at a pace of their own.

    "Capturing more detailed user statistics, such as recording the amount of time users spend annotating each data
    point, would likely be helpful" (section 5).
    """
    rng = np.random.default_rng(seed)
    people = HURRIED.draw(players, rng)
    who = np.repeat(np.arange(players), np.minimum(people.stamina, 200))
    unread = rng.random(len(who)) < people.hurry[who]
    pace = pace_ms * rng.lognormal(0, spread, players)
    ms = np.where(unread, UNREAD_MS, pace[who]) * rng.lognormal(0, SPREAD_MS, len(who))
    right = rng.random(len(who)) < np.where(unread, 0.5, people.skill[who])
    slow = ms >= fast_ms
    return {
        "accuracy of answers not too fast": right[slow].mean() - right.mean(),
        "share of answers dropped": 1 - slow.mean(),
        "chance that an unread answer is the faster (AUC)": auc(-ms, unread),
    }


def ties(
    seed: int,
    equal: float = 0.3,
    fair: float = 0.7,
    default: float = 0.3,
    lazy: float = 0.6,
    votes: int = 3,
) -> dict[str, float]:
    """Ties allowed: all players see a tie in a share `fair` of equal pairs, some call one in any pair.

    equal: share of pairs whose images fit equally; default: share of players who fall back on ties, in a share `lazy`
    of all pairs. "Some annotators would default to selecting ties, even in cases when one image was clearly superior"
    (section 3.4). A point has so many votes; without a majority among the votes left, either image is as likely.
    """
    rng = np.random.default_rng(seed)
    points, people = 2000, Crowd().draw(300, rng)
    who = rng.integers(300, size=(points, votes))
    is_equal = rng.random(points) < equal
    right = rng.random(who.shape) < people.skill[who]
    falls_back = (rng.random(300) < default)[who] & (rng.random(who.shape) < lazy)
    tied = falls_back | (is_equal[:, None] & (rng.random(who.shape) < fair))
    lead, led = (
        np.where(is_in, np.where(right, 1, -1), 0).sum(1)[~is_equal]
        for is_in in (~tied, np.ones_like(tied))
    )
    chosen, before = ((each > 0).mean() + (each == 0).mean() / 2 for each in (lead, led))
    blank = (~tied).sum(1) == 0
    return {
        "unequal pairs where the votes choose the better": chosen - before,
        "unequal pairs left without a vote": blank[~is_equal].mean(),
        "equal pairs known for such": blank[is_equal].mean(),
    }


def four_images(seed: int, blur: float = 2.0, answers: int = 2000) -> dict[str, float]:
    """The best of four images instead of the better of two, on a screen that is too small for four.

    A player sees an image's quality, normal, through noise that makes two images' order right with their skill; four
    at once have `blur` times as much. The best of four is above three others. "Users had trouble discerning details
    [...] when four images were simultaneously displayed on a small screen" (section 3.4).
    """
    rng = np.random.default_rng(seed)
    skill = np.clip(Crowd(guessers=0).draw(answers, rng).skill, 0.51, 0.99)
    noise = 1 / np.tan(np.pi * (skill - 0.5))  # P(right) = 1/2 + arctan(1 / noise) / pi
    quality = rng.normal(size=(answers, 4))
    seen = rng.normal(size=(answers, 4))
    two = (quality + noise[:, None] * seen)[:, :2].argmax(1)
    four = (quality + blur * noise[:, None] * seen).argmax(1)
    row = np.arange(answers)
    of_two = (quality[row, two] >= quality[:, :2].max(1)).sum()
    of_four = (quality[row, four][:, None] > quality).sum()
    return {
        "accuracy of a pair": of_four / (3 * answers) - of_two / answers,
        "right pairs an answer": (of_four - of_two) / answers,
    }


def several_games(
    seed: int, skills: tuple[float, ...] = (0.76, 0.81, 0.86), tested: int = 20, players: int = 60
) -> dict[str, float]:
    """All data to the game whose players did best on comparison points, against as much to each game.

    tested: players of each game whose first batch decides. "Players of historical games likely possess superior
    historical knowledge" (section 5).
    """
    rng = np.random.default_rng(seed)
    games = [Crowd(skill_mean=skill).draw(players, rng) for skill in skills]
    first = [rng.binomial(5, people.skill[:tested]).sum() for people in games]
    quality = [_kept(people, seed)[0] for people in games]
    return {
        "accuracy of kept labels": quality[int(np.argmax(first))] - float(np.mean(quality)),
        "the best game found": float(np.argmax(first) == np.argmax(skills)),
    }


EXPERIMENTS: dict[str, Callable[[int], dict[str, float]]] = {
    "a minimum time per item": minimum_time,
    "response times as a sign of carelessness": response_times,
    "ties allowed": ties,
    "four images at once": four_images,
    "several games with different skills": several_games,
}


def experiments(games: int = 100, seed: int = 0) -> pd.DataFrame:
    """Every experiment in so many games: `experiment, measure, effect, low, high, n, source`.

    effect: the mean over n games, each with players of its own; low, high: its 95 % interval; source is SIMULATED.
    """
    tables = []
    for name, experiment in EXPERIMENTS.items():
        found = pd.DataFrame([experiment(seed + game) for game in range(games)])
        half = 1.96 * found.std() / np.sqrt(games)
        row = {"effect": found.mean(), "low": found.mean() - half, "high": found.mean() + half}
        tables.append(
            pd.DataFrame(row).rename_axis("measure").reset_index().assign(experiment=name)
        )
    table = pd.concat(tables, ignore_index=True).assign(n=games, source="SIMULATED")
    return table[["experiment", "measure", "effect", "low", "high", "n", "source"]]


def _kept(people: Players, seed: int) -> tuple[float, int]:
    """The chance that a label left after the game's own rules is right, and how many there are."""
    rules = Rules()
    luck, _ = deal(people, rules, 600, Streams.of(seed))
    played = play(people, rules, luck, 30_000)
    kept = played.batches * rules.batch - played.standing.right - played.standing.wrong
    chance = people.right(np.arange(len(kept)), 0)
    return float(np.average(chance, weights=kept)), int(kept.sum())
