"""Which kinds of players rules remove: honest players and each of the other kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from gamelabel.games.pairs.players import PLAYER_KINDS, Crowd
from gamelabel.games.pairs.playthrough import Streams, answers_in_order, draw_game, play_batches
from gamelabel.games.pairs.rules import Rules
from gamelabel.reliability import wilson

_COMPARISONS, _POINTS = 600, 30_000  # so many that nobody sees all of them


def outcomes_by_kind(
    rules: Mapping[str, Rules], labels: int = 500, players: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Play rules with players of each kind.

    A copier is seen alone here: what a team costs is that its five labels say the same thing.

    Parameters
    ----------
    rules : mapping of str to Rules
        The rules, by name.
    labels : int
        Number of labels that each player wants to give.
    players : int
        Players of each kind, drawn from `Crowd`.
    seed : int
        The same seed gives the same table.

    Returns
    -------
    DataFrame
        One row for each rule and kind: rule, kind, players; removed, the share of players removed,
        with its Wilson interval low and high; comparisons, the median number of comparison points
        spent on a player; kept, the mean number of labels on preference points; right, the
        probability that one of these is correct (NaN if there are none).

    Examples
    --------
    >>> table = outcomes_by_kind({"default": Rules()}, labels=50, players=20).set_index("kind")
    >>> bool(table.removed["bot"] > table.removed["honest"])
    True
    """
    crowds = {"honest": Crowd(guesser_share=0), "guesser": Crowd(guesser_share=1)}
    for kind in PLAYER_KINDS:
        crowds[kind] = replace(crowds["honest"], kind_shares={kind: 1.0})
    rows = []
    for name, one in rules.items():
        for kind, crowd in crowds.items():
            row = {"rule": name, "kind": kind, "players": players}
            rows.append(row | _outcome(crowd, one, labels, players, seed))
    return pd.DataFrame(rows)


def _outcome(crowd: Crowd, rules: Rules, labels: int, players: int, seed: int) -> dict[str, float]:
    streams = Streams.from_seed(seed)
    people = crowd.draw(players, streams.crowd)._replace(stamina=np.full(players, labels))
    draws, _ = draw_game(people, rules, _COMPARISONS, streams)
    played = play_batches(people, rules, draws, _POINTS)
    answers = answers_in_order(people, rules.batch_size, played)
    chance = people.accuracy(answers.player, answers.batch * rules.batch_size)
    chance = chance[~answers.is_comparison]
    removed = int(played.standing.removed.sum())
    low, high = wilson(removed, players)
    return {
        "removed": removed / players,
        "low": float(low),
        "high": float(high),
        "comparisons": float(np.median(played.standing.right + played.standing.wrong)),
        "kept": len(chance) / players,
        "right": float(chance.mean()) if len(chance) else float("nan"),
    }
