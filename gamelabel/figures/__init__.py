"""Every figure of the study: a function takes an Axes, draws on it, and returns it."""

from gamelabel.figures.claim_figures import claimed_directions, claimed_values
from gamelabel.figures.crowd_figures import (
    abilities,
    gate_costs,
    gate_gains,
    methods_beside,
    two_means,
)
from gamelabel.figures.gate_figures import gate_asks, gate_kinds, gate_removes
from gamelabel.figures.label_figures import (
    accuracy_by_labels,
    accuracy_by_player,
    beside_paper,
    estimates,
    heavy_tail,
    labels_per_player,
    labels_per_point,
    lorenz,
)
from gamelabel.figures.prompt_figures import picture_pair, preferred_pair, prompts_kept, shares
from gamelabel.figures.reward_figures import (
    agreement_map,
    reward_training,
    scored_pictures,
    scorers_beside,
    scores_by_wins,
)
from gamelabel.figures.tuning_figures import (
    changes_by_family,
    changes_by_flip,
    judged_pictures,
    win_matrix,
)

__all__ = [
    "abilities",
    "accuracy_by_labels",
    "accuracy_by_player",
    "agreement_map",
    "beside_paper",
    "changes_by_family",
    "changes_by_flip",
    "claimed_directions",
    "claimed_values",
    "estimates",
    "gate_asks",
    "gate_costs",
    "gate_gains",
    "gate_kinds",
    "gate_removes",
    "heavy_tail",
    "judged_pictures",
    "labels_per_player",
    "labels_per_point",
    "lorenz",
    "methods_beside",
    "picture_pair",
    "preferred_pair",
    "prompts_kept",
    "reward_training",
    "scored_pictures",
    "scorers_beside",
    "scores_by_wins",
    "shares",
    "two_means",
    "win_matrix",
]
