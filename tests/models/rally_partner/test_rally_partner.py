"""The partner that ships: it plays both seats, and its recipe makes it again."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pettingzoo", reason="needs the extra `play`")

from gamelabel.games.play.environments import open_environment
from gamelabel.games.play.network_policy import NetworkPolicy, save_network
from gamelabel.games.play.policies import RALLY_PARTNER, open_policy
from gamelabel.games.play.worlds.rally import SEATS
from gamelabel.models.model_card import format_settings
from gamelabel.models.rally_partner.slipping_players import RALLY, play_rally
from gamelabel.models.rally_partner.train_partner import PartnerRecipe, train_rally_partner


@pytest.mark.parametrize("seat", SEATS)
def test_the_partner_keeps_the_ball_in_play(seat: str) -> None:
    players = {name: open_policy("rally") for name in SEATS}
    players[seat] = open_policy("rally_partner")
    _, hits = play_rally(players, seed=77, most=1800)
    assert hits >= 20  # the scripted players have 24
    players[seat] = open_policy("idle")
    _, hits = play_rally(players, seed=77, most=1800)
    assert hits < 10


def test_the_recipe_makes_the_same_file_twice_and_a_card(tmp_path: Path) -> None:
    recipe = PartnerRecipe(500, 200, 0.01, 5, 1, 100)
    files = [train_rally_partner(tmp_path / name, 3, recipe) for name in ("one", "two")]
    assert files[0].read_bytes() == files[1].read_bytes()
    card = (files[0].parent / "README.md").read_text()
    assert "| two partners | " in card and "--seed 3" in card


def test_the_shipped_card_has_the_settings_of_the_recipe() -> None:
    card = (RALLY_PARTNER.parent / "README.md").read_text()
    assert format_settings(PartnerRecipe()) in card
    assert RALLY_PARTNER.stat().st_size < 200_000


def test_a_file_or_a_game_that_does_not_fit_is_named(tmp_path: Path) -> None:
    broken, other = tmp_path / "broken.npz", tmp_path / "other.npz"
    broken.write_bytes(RALLY_PARTNER.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"broken\.npz is not the network of a policy"):
        NetworkPolicy(broken)
    save_network(other, np.zeros(4), np.ones(4), [(np.zeros((3, 4)), np.zeros(3))])
    environment = open_environment(RALLY)
    environment.reset(seed=0)
    with pytest.raises(ValueError, match=r"has 4 inputs and 3 actions; left of .* has 7 and 3"):
        open_policy("other.npz", tmp_path).start(environment, "left", 0)
