"""The tables that the steps of the study exchange: their columns and the rules for their rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import pandas as pd

ColumnKind = Literal["text", "integer", "real", "boolean", "time"]


class Column(NamedTuple):
    """A column of a table: what it contains and which values are valid.

    Attributes
    ----------
    kind : {"text", "integer", "real", "boolean", "time"}
        Type of the values.
    description : str
        What the column contains.
    nullable, unique : bool
        Whether values may be null; whether each value occurs once.
    allowed : tuple of str
        The valid texts; empty if any text that is not empty is valid.
    minimum, maximum : float or None
        Smallest and largest valid number.
    is_path : bool
        Whether the text is the path of a file in the run's folder.
    """

    kind: ColumnKind
    description: str
    nullable: bool = False
    unique: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    is_path: bool = False


class RowRule(NamedTuple):
    """A condition on several columns of a row; a violation is reported for `column`."""

    column: str
    description: str
    holds: Callable[[pd.DataFrame], pd.Series[bool]]


_SIDES = ("a", "b")

TABLES: dict[str, dict[str, Column]] = {
    "prompts": {
        "prompt_id": Column("text", "stable name of a candidate prompt", unique=True),
        "text": Column("text", "the prompt, unchanged from its corpus"),
        "corpus": Column("text", "where it comes from"),
        "kept": Column("boolean", "whether the content filter kept it"),
        "rule": Column("text", "the rule that rejected it; null if kept", nullable=True),
        "matched": Column("text", "the term that the rule matched; null if kept", nullable=True),
    },
    "pairs": {
        "pair_id": Column("text", "stable name of a data point", unique=True),
        "prompt_id": Column("text", "the prompt that both images are judged by"),
        "prompt": Column("text", "its text"),
        "kind": Column(
            "text",
            "a preference, or a comparison point with a known answer",
            allowed=("preference", "comparison"),
        ),
        "image_a": Column(
            "text",
            "path of the first image in the run's folder; null without pictures",
            nullable=True,
            is_path=True,
        ),
        "image_b": Column("text", "path of the second image", nullable=True, is_path=True),
        "seed_a": Column(
            "integer", "seed of the first image; null if unknown", nullable=True, minimum=0
        ),
        "seed_b": Column(
            "integer", "seed of the second image; null if unknown", nullable=True, minimum=0
        ),
        "model": Column("text", "the model that made both images; null if none", nullable=True),
        "gold": Column(
            "text",
            "the image that fits the prompt; null for a preference",
            nullable=True,
            allowed=_SIDES,
        ),
    },
    "labels": {
        "label_id": Column("text", "stable name of one choice", unique=True),
        "player_id": Column("text", "who chose; null if the source does not say", nullable=True),
        "pair_id": Column("text", "the data point"),
        "batch_id": Column(
            "text",
            "the batch in which it was served; null if the source does not say",
            nullable=True,
        ),
        "choice": Column(
            "text",
            "the image chosen, or a tie if the source allows ties",
            allowed=(*_SIDES, "tie"),
        ),
        "shown_left": Column(
            "text", "the image shown on the left; null if unknown", nullable=True, allowed=_SIDES
        ),
        "response_ms": Column(
            "integer", "milliseconds to the choice; null without consent", nullable=True, minimum=0
        ),
        "created_at": Column("time", "when, UTC; null if unknown", nullable=True),
        "source": Column(
            "text",
            "where the choice comes from",
            allowed=("simulated", "game", "released", "own", "crowd"),
        ),
    },
    "players": {
        "player_id": Column("text", "stable name of a player", unique=True),
        "game_id": Column("text", "the game that they play"),
        "state": Column("text", "active, or removed from labelling", allowed=("active", "removed")),
        "comparisons_right": Column("integer", "correct answers to comparison points", minimum=0),
        "comparisons_wrong": Column("integer", "wrong answers to comparison points", minimum=0),
        "labels": Column("integer", "all choices, comparison points included", minimum=0),
    },
    "preferences": {
        "pair_id": Column("text", "the data point that was labelled", unique=True),
        "chosen": Column("text", "the image that the labels prefer", allowed=_SIDES),
        "probability": Column(
            "real", "probability that this image is the better one", minimum=0.5, maximum=1
        ),
        "method": Column("text", "how the labels were aggregated, such as majority"),
        "votes": Column("integer", "labels that were aggregated, ties included", minimum=1),
    },
    "adherence": {
        "pair_id": Column("text", "the data point", unique=True),
        "score_a": Column("real", "how well the first image fits the prompt", minimum=0, maximum=1),
        "score_b": Column(
            "real", "how well the second image fits the prompt", minimum=0, maximum=1
        ),
        "fits_a": Column("boolean", "whether the first image fits exactly"),
        "fits_b": Column("boolean", "whether the second image fits exactly"),
    },
}


def _has_reason(prompts: pd.DataFrame) -> pd.Series[bool]:
    return prompts["kept"] == prompts["rule"].isna()


def _has_gold(pairs: pd.DataFrame) -> pd.Series[bool]:
    return (pairs["kind"] == "comparison") == pairs["gold"].notna()


def _has_two_images(pairs: pd.DataFrame) -> pd.Series[bool]:
    first, second = pairs["image_a"], pairs["image_b"]
    without = first.isna() & second.isna()
    return without | (first.notna() & second.notna() & (first != second))


def _comparisons_are_labels(players: pd.DataFrame) -> pd.Series[bool]:
    return players["comparisons_right"] + players["comparisons_wrong"] <= players["labels"]


ROW_RULES: dict[str, tuple[RowRule, ...]] = {
    "prompts": (
        RowRule("rule", "a rejected prompt has a rule, a kept prompt has none", _has_reason),
    ),
    "pairs": (
        RowRule("gold", "a comparison point has a gold answer, a preference has none", _has_gold),
        RowRule("image_b", "a pair has two different image files or none", _has_two_images),
    ),
    "players": (
        RowRule(
            "labels",
            "comparisons_right and comparisons_wrong are together at most labels",
            _comparisons_are_labels,
        ),
    ),
}
