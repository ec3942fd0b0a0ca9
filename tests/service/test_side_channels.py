"""Side channels: bytes, headers, names, order and times do not reveal comparison points."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.service.harness import Service

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def collect_features(
    service: Service, players: int, batches: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], set[Any]]:
    """Return features, kinds and pairs of all items served, and the set of response shapes."""
    features, is_comparison, pairs, shapes = [], [], [], set()
    for number in range(players):
        player = service.player(f"p{number}")
        for _ in range(batches):
            batch = player.batch()
            gold = service.gold(batch["batch"])
            # Everyone knows that an exam is all comparison points, and early calls take longer.
            if None in gold.values():
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
                    pairs.append(hash(frozenset(pictures)))
                    is_comparison.append(gold[item["item"]] is not None)
            player.send(batch)
    return (
        np.array(features, float),
        np.array(is_comparison),
        np.unique(pairs, return_inverse=True)[1],
        shapes,
    )


def auc(
    features: NDArray[Any], labels: NDArray[Any], pairs: NDArray[Any], folds: int = 10
) -> float:
    """Return the area under the ROC curve of a cross-validated ridge regression on ranks.

    Folds are over pairs, not items: a pair is served to many players, so a model could otherwise
    recognize it instead of predicting its kind.
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


def test_the_classifier_detects_a_weak_signal() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(400) < 0.4
    assert auc(rng.normal(size=(400, 20)) + 0.5 * labels[:, None], labels, np.arange(400)) > 0.9


@on_sqlite
def test_comparison_points_cannot_be_predicted(make: Callable[..., Service]) -> None:
    features, labels, pairs, shapes = collect_features(make(preferences=120, comparisons=120), 4, 8)
    assert len(shapes) == 2  # one of items, one of pictures
    n = labels.sum(), (~labels).sum()
    assert abs(auc(features, labels, pairs) - 0.5) < 4 * np.sqrt((1 / n[0] + 1 / n[1]) / 12)


@pytest.mark.full
@pytest.mark.slow
@on_sqlite
def test_comparison_points_cannot_be_predicted_from_4000_items(
    make: Callable[..., Service],
) -> None:
    # pairs are enough for most items to be of different ones: those of one pair are alike
    service = make(preferences=4000, comparisons=1500, calls_per_minute=10**6)
    features, labels, pairs, _ = collect_features(service, 110, 11)
    assert len(labels) >= 4000
    assert abs(auc(features, labels, pairs) - 0.5) < 0.03
