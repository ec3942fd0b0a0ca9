"""What a bot sees on the wire tells it nothing: not bytes, headers, names, order nor time betray comparison points."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.service.harness import Service

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def look(
    service: Service, players: int, batches: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], set[Any]]:
    """Features of every item served, whether it was a comparison point, its pair, and all shapes that replies had."""
    features, is_comparison, seen, shapes = [], [], [], set()
    for number in range(players):
        player = service.player(f"p{number}")
        for turn in range(batches):
            batch = player.batch()
            gold = service.gold(batch["batch"])
            if turn:  # a first batch is known to be all comparison points; what is to be hidden comes later
                for place, item in enumerate(batch["items"]):
                    shapes.add(tuple(item))
                    row, pictures = [place, len(item["prompt"])], set()
                    for name in ("left", "right"):
                        start = time.perf_counter()
                        reply = player.call("GET", f"/v1/pictures/{item[name]}")
                        row += [time.perf_counter() - start]
                        pictures.add(reply.content)
                        row += np.bincount(
                            np.frombuffer(reply.content, np.uint8) // 16, minlength=16
                        ).tolist()
                        row += [ord(letter) for letter in item[name][:6]]
                        shapes.add(
                            (len(reply.content), *sorted((k, v) for k, v in reply.headers.items()))
                        )
                    row += [ord(letter) for letter in item["item"][:6]]
                    features.append(row)
                    seen.append(hash(frozenset(pictures)))
                    is_comparison.append(gold[item["item"]] is not None)
            player.send(batch)
    return (
        np.array(features, float),
        np.array(is_comparison),
        np.unique(seen, return_inverse=True)[1],
        shapes,
    )


def auc(
    features: NDArray[Any], labels: NDArray[Any], pairs: NDArray[Any], folds: int = 10
) -> float:
    """Area under the ROC curve of a ridge regression on ranks, each pair scored by a model that has not seen it.

    By pair, not by item: a pair comes to many players, and a model that knows its answer from one need not guess it.
    """
    ranks = features.argsort(0).argsort(0) / len(features) - 0.5
    wide = np.hstack([ranks, ranks**2 - 1 / 12, np.ones((len(ranks), 1))])
    scores = np.empty(len(labels))
    fold = np.random.default_rng(0).integers(folds, size=pairs.max() + 1)[pairs]
    for k in range(folds):
        train = fold != k
        x, y = wide[train], labels[train] - labels[train].mean()
        weights = np.linalg.solve(x.T @ x + 10.0 * np.eye(x.shape[1]), x.T @ y)
        scores[~train] = wide[~train] @ weights
    place = scores.argsort().argsort() + 1
    right, wrong = labels.sum(), (~labels).sum()
    return float((place[labels].sum() - right * (right + 1) / 2) / (right * wrong))


def test_the_classifier_finds_what_there_is_to_find() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(400) < 0.4
    assert auc(rng.normal(size=(400, 20)) + 0.5 * labels[:, None], labels, np.arange(400)) > 0.9


@on_sqlite
def test_comparison_points_look_like_all_others(make: Callable[..., Service]) -> None:
    features, labels, pairs, shapes = look(make(preferences=120, comparisons=120), 4, 5)
    assert len(shapes) == 2  # one of items, one of pictures: the same length, the same headers
    n = labels.sum(), (~labels).sum()
    assert abs(auc(features, labels, pairs) - 0.5) < 4 * np.sqrt((1 / n[0] + 1 / n[1]) / 12)


@pytest.mark.full
@pytest.mark.slow
@on_sqlite
def test_comparison_points_look_like_all_others_among_5000(make: Callable[..., Service]) -> None:
    service = make(preferences=600, comparisons=600, calls_per_minute=10**6)
    features, labels, pairs, _ = look(service, 110, 11)
    assert len(labels) >= 5000
    assert abs(auc(features, labels, pairs) - 0.5) < 0.03
