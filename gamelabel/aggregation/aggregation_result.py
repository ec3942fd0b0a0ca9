"""All that an aggregation method estimates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.worker_confusion import confusion_matrices
from gamelabel.tables.encoded_labels import EncodedLabels

_TIED = 1e-9  # probabilities that differ by less are tied


@dataclass(frozen=True)
class Aggregation:
    """The result of `fit_labels`.

    Attributes
    ----------
    table : DataFrame
        The result of `aggregate`.
    encoded : EncodedLabels
        The labels as codes.
    crowd : CrowdLabels
        The labels as the method sees them: sorted, tasks in ascending order.
    fit : FitResult
        What the method returned, with calibrated posteriors.
    position : ndarray of int
        The row of each task of `table` in the arrays of `fit`.
    """

    table: pd.DataFrame
    encoded: EncodedLabels
    crowd: CrowdLabels
    fit: FitResult
    position: NDArray[np.int64]

    @property
    def posteriors(self) -> pd.DataFrame:
        """The probability of each category (columns) of each task (rows)."""
        return pd.DataFrame(
            self.fit.posterior[self.position],
            index=pd.Index(self.encoded.tasks, name="task"),
            columns=pd.Index(self.encoded.categories, name="label"),
        )

    @property
    def class_shares(self) -> pd.Series:
        """The share of each category among the answers, by their probabilities."""
        return self.posteriors.mean().rename("share")

    @property
    def log_likelihood(self) -> float:
        """The log likelihood of the labels; NaN for methods without a model."""
        return self.fit.log_likelihood

    @property
    def tied_tasks(self) -> pd.Index:
        """The tasks in which several categories have the greatest probability."""
        posteriors = self.posteriors
        is_best = posteriors.ge(posteriors.max(axis=1) - _TIED, axis=0)
        return posteriors.index[is_best.sum(axis=1) > 1]

    def confusion_matrices(self, prior: float = 1.0) -> pd.DataFrame:
        """Estimate how each worker labels each category.

        The index is `worker` and `truth`, the columns are labels, rows sum to 1. The answers count
        by their probabilities; `prior` is that of `worker_confusion.confusion_matrices`, and 0
        leaves the worker's own labels.
        """
        matrices = confusion_matrices(self.crowd, self.fit.posterior, prior)
        categories = self.encoded.categories
        index = pd.MultiIndex.from_product(
            [self.encoded.workers, categories], names=["worker", "truth"]
        )
        rows = matrices.reshape(len(index), len(categories))
        return pd.DataFrame(rows, index=index, columns=pd.Index(categories, name="label"))
