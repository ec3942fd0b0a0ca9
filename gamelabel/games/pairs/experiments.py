"""The paper's future work as experiments on simulated players.

Each experiment plays one small game with a change of the rules and one without, with the same
randomness, and returns its effects by name. The arguments of an experiment are its assumptions
about players. Nobody has measured them, so the effects say how much would be gained under these
assumptions, not that it would be.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.pairs.players import Crowd, Players
from gamelabel.games.pairs.playthrough import Streams, draw_game, play_batches
from gamelabel.games.pairs.rules import Rules
from gamelabel.games.pairs.simulate import GUESS_MS, LOG_MS_SD
from gamelabel.reliability.auc import auc

# three players in ten answer half of the points without looking
_HURRIED = Crowd(kind_shares={"hurried": 0.3})


def minimum_time(seed: int, prevented: float = 0.5, players: int = 100) -> dict[str, float]:
    """Try a minimum time before an answer, which prevents some answers without looking.

    "Adding a timer that prevents users from submitting annotations stands out as a straightforward
    method of improving data quality" (GameLabel-10K, section 5).

    Parameters
    ----------
    seed : int
        Seed of the game.
    prevented : float
        Share of answers without looking that become attentive.
    players : int
        Players of the game.

    Returns
    -------
    dict of str to float
        Effects by name.

    Examples
    --------
    >>> minimum_time(seed=0)["kept labels, ratio"] > 1
    True
    """
    people = _HURRIED.draw(players, Streams.from_seed(seed).crowd)
    timed_people = people._replace(guess_rate=people.guess_rate * (1 - prevented))
    accuracy, n_labels = _kept_labels(people, seed)
    timed_accuracy, n_timed_labels = _kept_labels(timed_people, seed)
    return {
        "accuracy of kept labels": timed_accuracy - accuracy,
        "kept labels, ratio": n_timed_labels / n_labels,
    }


def response_times(
    seed: int,
    fast_ms: float = 1200,
    median_ms: float = 4000,
    log_sd: float = 0.4,
    players: int = 100,
) -> dict[str, float]:
    """Drop answers that are too fast.

    "Capturing more detailed user statistics, such as recording the amount of time users spend
    annotating each data point, would likely be helpful" (GameLabel-10K, section 5).

    Parameters
    ----------
    seed : int
        Seed of the game.
    fast_ms : float
        Milliseconds below which an answer is dropped.
    median_ms, log_sd : float
        LogNormal distribution of the players' median times of an answer after looking.
    players : int
        Players of the game.

    Returns
    -------
    dict of str to float
        Effects by name.

    Examples
    --------
    >>> response_times(seed=0)["accuracy of answers not too fast"] > 0
    True
    """
    rng = np.random.default_rng(seed)
    people = _HURRIED.draw(players, rng)
    player = np.repeat(np.arange(players), np.minimum(people.stamina, 200))
    guessed = rng.random(len(player)) < people.guess_rate[player]
    medians = median_ms * rng.lognormal(0, log_sd, players)
    ms = np.where(guessed, GUESS_MS, medians[player]) * rng.lognormal(0, LOG_MS_SD, len(player))
    right = rng.random(len(player)) < np.where(guessed, 0.5, people.skill[player])
    slow = ms >= fast_ms
    return {
        "accuracy of answers not too fast": float(right[slow].mean() - right.mean()),
        "share of answers dropped": float(1 - slow.mean()),
        "chance that an unread answer is the faster (AUC)": auc(-ms, guessed),
    }


def ties(
    seed: int,
    equal: float = 0.3,
    tie_rate: float = 0.7,
    lazy_players: float = 0.3,
    lazy_tie_rate: float = 0.6,
    votes: int = 3,
) -> dict[str, float]:
    """Allow ties, which players use for equal pairs and lazy players also for others.

    Without a majority among the votes that are not ties, either image is as likely. "Some
    annotators would default to selecting ties, even in cases when one image was clearly superior"
    (GameLabel-10K, section 3.4).

    Parameters
    ----------
    seed : int
        Seed of the game.
    equal : float
        Share of pairs whose images fit equally well.
    tie_rate : float
        Share of equal pairs in which a player sees a tie.
    lazy_players : float
        Share of players who fall back on ties.
    lazy_tie_rate : float
        Share of all pairs in which they do.
    votes : int
        Votes on each pair.

    Returns
    -------
    dict of str to float
        Effects by name.

    Examples
    --------
    >>> ties(seed=0)["unequal pairs where the votes choose the better"] < 0
    True
    """
    rng = np.random.default_rng(seed)
    points, players = 2000, 300
    people = Crowd().draw(players, rng)
    player = rng.integers(players, size=(points, votes))
    is_equal = rng.random(points) < equal
    right = rng.random(player.shape) < people.skill[player]
    is_lazy = (rng.random(players) < lazy_players)[player] & (
        rng.random(player.shape) < lazy_tie_rate
    )
    tied = is_lazy | (is_equal[:, None] & (rng.random(player.shape) < tie_rate))
    vote = np.where(right, 1, -1)[~is_equal]
    with_ties = np.where(tied[~is_equal], 0, vote).sum(1)
    without_ties = vote.sum(1)
    blank = np.asarray(tied.all(1))

    def better_chosen(lead: NDArray[np.int64]) -> float:
        return float((lead > 0).mean() + (lead == 0).mean() / 2)

    return {
        "unequal pairs where the votes choose the better": (
            better_chosen(with_ties) - better_chosen(without_ties)
        ),
        "unequal pairs left without a vote": float(blank[~is_equal].mean()),
        "equal pairs known for such": float(blank[is_equal].mean()),
    }


def four_images(seed: int, noise_factor: float = 2.0, answers: int = 2000) -> dict[str, float]:
    """Ask for the best of four images instead of the better of two, on a small screen.

    A player sees an image's quality, which is normal, with noise that puts two images in the right
    order with the probability of their skill. The best of four is preferred to three others. "Users
    had trouble discerning details [...] when four images were simultaneously displayed on a small
    screen" (GameLabel-10K, section 3.4).

    Parameters
    ----------
    seed : int
        Seed of the game.
    noise_factor : float
        Factor on the noise when four images are shown.
    answers : int
        Number of answers.

    Returns
    -------
    dict of str to float
        Effects by name.

    Examples
    --------
    >>> four_images(seed=0)["right pairs an answer"] > 0
    True
    """
    rng = np.random.default_rng(seed)
    skill = np.clip(Crowd(guesser_share=0).draw(answers, rng).skill, 0.51, 0.99)
    noise = 1 / np.tan(np.pi * (skill - 0.5))  # P(right) = 1/2 + arctan(1 / noise) / pi
    quality = rng.normal(size=(answers, 4))
    error = noise[:, None] * rng.normal(size=(answers, 4))
    best_of_two = (quality + error)[:, :2].argmax(1)
    best_of_four = (quality + noise_factor * error).argmax(1)
    row = np.arange(answers)
    right_of_two = int((quality[row, best_of_two] >= quality[:, :2].max(1)).sum())
    right_of_four = int((quality[row, best_of_four][:, None] > quality).sum())
    return {
        "accuracy of a pair": right_of_four / (3 * answers) - right_of_two / answers,
        "right pairs an answer": (right_of_four - right_of_two) / answers,
    }


def several_games(
    seed: int, skills: tuple[float, ...] = (0.76, 0.81, 0.86), tested: int = 20, players: int = 60
) -> dict[str, float]:
    """Give all data to the game whose players did best, instead of the same amount to each game.

    "Players of historical games likely possess superior historical knowledge" (GameLabel-10K,
    section 5).

    Parameters
    ----------
    seed : int
        Seed of the games.
    skills : tuple of float
        Mean skill of the players of each game.
    tested : int
        Players of each game whose first batch of comparison points decides.
    players : int
        Players of each game.

    Returns
    -------
    dict of str to float
        Effects by name.

    Examples
    --------
    >>> several_games(seed=0)["the best game found"] in (0, 1)
    True
    """
    rng = np.random.default_rng(seed)
    games = [Crowd(skill_mean=skill).draw(players, rng) for skill in skills]
    right = [rng.binomial(5, people.skill[:tested]).sum() for people in games]
    accuracy = [_kept_labels(people, seed)[0] for people in games]
    return {
        "accuracy of kept labels": accuracy[int(np.argmax(right))] - float(np.mean(accuracy)),
        "the best game found": float(np.argmax(right) == np.argmax(skills)),
    }


EXPERIMENTS: dict[str, Callable[[int], dict[str, float]]] = {
    "a minimum time per item": minimum_time,
    "response times as a sign of carelessness": response_times,
    "ties allowed": ties,
    "four images at once": four_images,
    "several games with different skills": several_games,
}


def run_experiments(games: int = 100, seed: int = 0) -> pd.DataFrame:
    """Run every experiment in several games, each with players of its own.

    Parameters
    ----------
    games : int
        Number of games.
    seed : int
        Seed of the first game.

    Returns
    -------
    DataFrame
        One row for each measure: experiment, measure, effect (the mean over games), low and high
        (its 95 % interval), n (the number of games), source ("SIMULATED").

    Examples
    --------
    >>> run_experiments(games=2).experiment.nunique()
    5
    """
    tables = []
    for name, experiment in EXPERIMENTS.items():
        effects = pd.DataFrame([experiment(seed + game) for game in range(games)])
        mean, half = effects.mean(), 1.96 * effects.std() / np.sqrt(games)
        table = pd.DataFrame({"effect": mean, "low": mean - half, "high": mean + half})
        tables.append(table.rename_axis("measure").reset_index().assign(experiment=name))
    table = pd.concat(tables, ignore_index=True).assign(n=games, source="SIMULATED")
    return table[["experiment", "measure", "effect", "low", "high", "n", "source"]]


def _kept_labels(people: Players, seed: int) -> tuple[float, int]:
    """Return the accuracy and the number of labels that the game's own rules keep."""
    rules = Rules()
    draws, _ = draw_game(people, rules, 600, Streams.from_seed(seed))
    played = play_batches(people, rules, draws, 30_000)
    answered = played.standing.right + played.standing.wrong
    kept = played.batches * rules.batch_size - answered
    accuracy = people.accuracy(np.arange(len(kept)), 0)
    return float(np.average(accuracy, weights=kept)), int(kept.sum())
