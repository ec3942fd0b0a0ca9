"""The words that a parameter of the notebooks may have, for a check before anything runs.

The notebooks themselves do not import this: the package checks the words that they pass to it.
"""

from __future__ import annotations

from typing import get_args

_LISTS = ("methods", "crowds")  # several words, separated by commas


def allowed_words(parameter: str) -> list[str]:
    """Return the words that a parameter may have; none if it may be any text.

    >>> allowed_words("gate")
    ['threshold', 'sprt', 'posterior']
    """
    if parameter == "rule":
        from gamelabel.prompts import MATCH_RULES

        return list(MATCH_RULES)
    if parameter == "label_source":
        from gamelabel.study.label_sources import LABEL_SOURCES

        return list(LABEL_SOURCES)
    if parameter == "gate":
        from gamelabel.games.pairs import GATES

        return list(GATES)
    if parameter in ("method", "methods"):
        from gamelabel.aggregation import METHODS

        return list(METHODS)
    if parameter == "base_weights":
        from gamelabel.images.quantized import BASE_WEIGHTS

        return list(BASE_WEIGHTS)
    if parameter == "crowds":
        from gamelabel.readers.real_crowds import REAL_CROWDS

        return list(REAL_CROWDS)
    if parameter in ("split", "pilot_use"):
        from gamelabel.following.collected_examples import PilotUse, SplitBy

        return list(get_args(SplitBy if parameter == "split" else PilotUse))
    return []


def split_words(parameter: str, text: str) -> list[str]:
    """Return the words of a parameter's text.

    >>> split_words("methods", "majority, glad"), split_words("gate", "sprt")
    (['majority', 'glad'], ['sprt'])
    """
    if parameter not in _LISTS:
        return [text]
    return [word.strip() for word in text.split(",") if word.strip()]
