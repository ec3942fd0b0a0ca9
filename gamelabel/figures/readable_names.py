"""Names that a person reads, in place of the identifiers of tables: methods, crowds, models."""

from __future__ import annotations

import re

_METHODS = {
    "auto": "automatic choice",
    "majority": "majority vote",
    "weighted": "weighted vote",
    "one-coin": "one-coin model",
    "dawid-skene": "Dawid-Skene",
    "glad": "GLAD",
    "kos": "KOS",
    "mace": "MACE",
    "mmsr": "MMSR",
    "wawa": "Wawa",
}
_GATES = {"sprt": "SPRT"}
_KINDS_OF_PLAYERS = {
    "guesser": "guesses often",
    "tired": "gets tired",
    "one-sided": "prefers one side",
    "hurried": "guesses half the time",
    "flipper": "inverts answers",
    "sleeper": "guesses after 50 labels",
    "bot": "always guesses",
    "copier": "copies teammates",
}
_FAMILIES_OF_PROMPTS = {
    "all": "all prompts",
    "single": "one object",
    "two": "two objects",
    "count": "number of objects",
    "position": "position",
    "binding": "colors of two objects",
}
_CROWDS = {
    "rte": "textual entailment",
    "dog": "dog breeds",
    "sentiment_1k": "sentiment, 1,000 texts",
    "product": "product matching",
    "face": "facial expressions",
    "weather_cf": "weather, CrowdFlower",
    "weather_amt": "weather, MTurk",
    "sp_amt": "film reviews, MTurk",
    "llmfao": "LLMFAO",
    "geneval_clip": "GenEval, CLIP",
    "geneval_if_xl": "GenEval, IF-XL",
    "geneval_sdv2": "GenEval, SD v2",
    "imagereward": "ImageReward",
}
_CORPORA = {
    "world": "the drawn world",
    "parti": "PartiPrompts",
    "drawbench": "DrawBench",
    "dalle3-eval": "DALL-E 3 evaluation",
    "gecko": "Gecko",
    "geneval": "GenEval",
    "t2i-compbench": "T2I-CompBench",
    "pick-a-pic": "Pick-a-Pic",
    "imagereward-test": "ImageReward, test set",
}
_STATISTICS = {
    "annotations": "labels in all",
    "comparisons": "labels of comparison points",
    "kept": "labels kept as data",
    "points": "data points",
    "multi_labelled": "data points with several labels",
    "per_player_mean": "labels of a player, mean",
    "per_player_sd": "labels of a player, SD",
    "top16_share": "share of the busiest 16",
    "busiest": "labels of the busiest player",
    "accuracy_mean": "accuracy, mean of players",
    "accuracy_weighted": "accuracy, mean by label",
}
_MODELS = {
    "base": "base model",
    "control": "random image of a pair",
    "supervised": "supervised, preferred image",
    "reward weighted": "reward-weighted",
}
_RECIPES = {"published": "published recipe", "no assistant": "without assistant"}
_IMAGES = {"preferred": "preferred images", "control": "random images"}
_NAMES = {
    **_METHODS,
    **_GATES,
    **_KINDS_OF_PLAYERS,
    **_FAMILIES_OF_PROMPTS,
    **_CROWDS,
    **_CORPORA,
    **_STATISTICS,
    **_MODELS,
}


def readable_name(identifier: str) -> str:
    """Return the name that a figure shows for an identifier; others stay as they are.

    >>> [readable_name(name) for name in ("dawid-skene", "RAFT, 2", "my_crowd")]
    ['Dawid-Skene', 'RAFT, round 2', 'my_crowd']
    """
    if identifier in _NAMES:
        return _NAMES[identifier]
    if parts := re.fullmatch(r"(RAFT|pairs by \w+), (\d+)", identifier):
        return f"{parts[1]}, round {parts[2]}"
    first, _, second = identifier.partition(", ")
    if second and first in _RECIPES:
        return f"{_RECIPES[first]}, {_IMAGES.get(second, second)}"
    if second and first in _METHODS:
        return f"{_METHODS[first]}, {second}"
    return identifier
