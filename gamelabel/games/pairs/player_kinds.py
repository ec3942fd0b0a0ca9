"""Whom rules let through: honest players and each kind of the others, under each gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from gamelabel.games.pairs.players import KINDS, Crowd
from gamelabel.games.pairs.playthrough import Streams, deal, in_order, play
from gamelabel.games.pairs.rules import Rules
from gamelabel.reliability import wilson

COMPARISONS, POINTS = 600, 30_000  # so many that nobody sees all of them


def by_kind(
    rules: Mapping[str, Rules], labels: int = 500, players: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Play each of the named rules with players of each kind, drawn as `Crowd` has them, who all want to give `labels`.

    Returns a row for each rule and kind: `rule, kind, players`, the share `removed` with Wilson's interval `low, high`,
    `comparisons`, the median of comparison points spent on a player, `kept`, the mean of the labels on preferences that
    a player gives, and `right`, the chance that one of these is right (NaN where there are none). SIMULATED, and the
    same seed gives the same table. A copier is seen alone here: what a team costs is that five labels say one thing.
    """
    crowds = {"honest": Crowd(guessers=0), "guesser": Crowd(guessers=1)}
    crowds |= {kind: replace(crowds["honest"], kinds={kind: 1.0}) for kind in KINDS}
    rows = [
        {
            "rule": rule,
            "kind": kind,
            "players": players,
            **_played(crowd, each, labels, players, seed),
        }
        for rule, each in rules.items()
        for kind, crowd in crowds.items()
    ]
    return pd.DataFrame(rows)


def _played(crowd: Crowd, rules: Rules, labels: int, players: int, seed: int) -> dict[str, float]:
    streams = Streams.of(seed)
    people = crowd.draw(players, streams.crowd)._replace(stamina=np.full(players, labels))
    luck, _ = deal(people, rules, COMPARISONS, streams)
    played = play(people, rules, luck, POINTS)
    given = in_order(people, rules.batch, played)
    chance = people.right(given.player, given.batch * rules.batch)[~given.on_gold]
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
