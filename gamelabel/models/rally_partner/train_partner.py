"""The whole recipe of the partner for the rally: demonstrations, cloning, the card.

    python -m gamelabel.models.rally_partner.train_partner FOLDER [--seed 0]

writes FOLDER/rally-partner, in half a minute on one core.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gamelabel import offline
from gamelabel.games.play.network_policy import NetworkPolicy
from gamelabel.games.play.policies import Policy, open_policy
from gamelabel.games.play.worlds.rally import SEATS
from gamelabel.models.model_card import describe_software, format_settings, write_card
from gamelabel.models.rally_partner.slipping_players import play_rally
from gamelabel.offline.behavior_cloning import BehaviorCloning
from gamelabel.offline.saved_network import save_policy_network
from gamelabel.reliability.estimate import Estimate, estimate_mean

PARTNER_NAME, PARTNER_FILE = "rally-partner", "policy.npz"
PARTNER_TEMPLATE = Path(__file__).with_name("partner_card.md.j2")
_FASTEST = 50  # frames between two hits, at least
_TEST_SEED = 1_000_000  # of the episodes of the card, far from those of the demonstrations


@dataclass(frozen=True)
class PartnerRecipe:
    """Settings of the partner.

    Attributes
    ----------
    transitions : int
        What is learned from, at least.
    longest : int
        Frames after which an episode is cut off.
    slips : float
        Probability of a slip at each frame; see `play_rally`.
    updates : int
        Updates of behavior cloning.
    test_episodes, test_frames : int
        Episodes of each row of the card, and their length.
    """

    transitions: int = 150_000
    longest: int = 3000
    slips: float = 0.01
    updates: int = 10_000
    test_episodes: int = 20
    test_frames: int = 3600


def train_rally_partner(folder: Path, seed: int = 0, recipe: PartnerRecipe | None = None) -> Path:
    """Clone the scripted player of the rally, and write the policy and its card.

    Parameters
    ----------
    folder : Path
        `rally-partner` is written into it.
    seed : int
        Seed of everything: the same seed gives the same file.
    recipe : PartnerRecipe, optional
        The settings.

    Returns
    -------
    Path
        The file of the policy.
    """
    recipe = recipe or PartnerRecipe()
    demonstrations: list[offline.Demonstration] = []
    for number in np.random.default_rng(seed).integers(_TEST_SEED, size=10_000).tolist():
        players = {seat: open_policy("rally") for seat in SEATS}
        shown, _ = play_rally(players, number, recipe.longest, recipe.slips)
        demonstrations += shown.values()
        if sum(len(one.actions) for one in demonstrations) >= recipe.transitions:
            break
    data = offline.make_transitions(demonstrations, n_actions=3)
    learner = offline.make_learner("BC", data, seed=seed)
    assert isinstance(learner, BehaviorCloning)
    with tempfile.TemporaryDirectory() as training:
        offline.fit(learner, data, recipe.updates, Path(training), seed)
    path = folder / PARTNER_NAME / PARTNER_FILE
    save_policy_network(learner.imitator, path)
    values = {
        "kilobytes": path.stat().st_size / 1e3,
        "hits": partner_hits(path, recipe),
        "n": recipe.test_episodes,
        "seconds": recipe.test_frames / 60,
        "n_transitions": len(data),
        "n_episodes": len(demonstrations) // 2,
        "settings": format_settings(recipe),
        "seed": seed,
        "machine": describe_software(),
    }
    write_card(PARTNER_TEMPLATE, path.parent / "README.md", values)
    return path


def partner_hits(path: Path, recipe: PartnerRecipe) -> dict[str, Estimate]:
    """Return the hits an episode of several pairs of players."""

    def partner() -> Policy:
        return NetworkPolicy(path)

    def script() -> Policy:
        return open_policy("rally")

    pairs = {
        "two scripted players": (script, script, 0.0),
        "the partner on the left, a scripted player": (partner, script, 0.0),
        "a scripted player, the partner on the right": (script, partner, 0.0),
        "two partners": (partner, partner, 0.0),
        "a scripted player who slips, a scripted player": (script, script, recipe.slips),
        "a scripted player who slips, the partner": (script, partner, recipe.slips),
        "a random player, the partner": (lambda: open_policy("random"), partner, 0.0),
    }
    hits = {}
    for name, (left, right, slips) in pairs.items():
        scores = [
            play_rally(
                {"left": left(), "right": right()},
                _TEST_SEED + number,
                recipe.test_frames,
                slips,
                slipping=["left"],
            )[1]
            for number in range(recipe.test_episodes)
        ]
        limits = (0.0, recipe.test_frames / _FASTEST)
        hits[name] = estimate_mean(np.array(scores), np.arange(len(scores)), limits=limits)
    return hits


def _main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(description="Train the partner for the rally for two.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(train_rally_partner(arguments.folder, arguments.seed))


if __name__ == "__main__":
    _main()
