"""Four simulated models, compared by SIMULATED people through the service until they are ranked."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import func, select, update

from gamelabel.games.annotation.model_ranking_file import read_models
from gamelabel.games.annotation.model_ranking_tables import model_comparisons
from gamelabel.reliability import bradley_terry
from gamelabel.service.database_tables import players
from gamelabel.service.pairs.arena import Arena
from gamelabel.service.pairs.arena_pool import load_models
from gamelabel.service.pairs.arena_tables import arena_pairs, model_votes
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.export import read_pool
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from gamelabel.service.pairs.pair_tables import assignments, pairs
from gamelabel.service.pairs.start import operator_app, player_app
from tests.service.harness import GAME_KEY, OPERATOR_KEY, ORIGIN, Player, Service, public_text

STRENGTHS = {"weak": -1.5, "middling": 0.0, "good": 1.5, "best": 3.0}
N_PROMPTS = 30


def write_models(folder: Path, strengths: dict[str, float] = STRENGTHS) -> Path:
    """Write a file of models and their pictures, which are of noise."""
    rng = np.random.default_rng(0)
    lines = ["title: Four models", "confidence: 0.9", "prompts:"]
    lines += [f"  p{i}: thing{i}" for i in range(N_PROMPTS)]
    lines += ["models:"]
    for model in strengths:
        (folder / model).mkdir(exist_ok=True)
        lines.append(f"  {model}: {model}")
        for i in range(N_PROMPTS):
            noise = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / model / f"p{i}.png")
    path = folder / "models.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def arena(make: Callable[..., Service], tmp_path: Path) -> tuple[Service, Arena]:
    """A service whose game `chess` compares four models."""
    service = make(calls_per_minute=10**6)
    models = read_models(write_models(tmp_path))
    load_models(service.store, models, size=16)
    ranked = Arena(service.store, models)
    settings = PairSettings(look_s=0.0, rng=np.random.default_rng(0), arena=ranked)
    service.client = TestClient(player_app(service.store, service.settings, settings))
    game = {"game_id": "chess", "title": "chess", "origin": ORIGIN, "pool": "models"}
    register_pair_game(service.store, PairGame(launch_keys=[public_text(GAME_KEY)], **game))
    return service, ranked


def answers(player: Player, batch: dict, rng: np.random.Generator) -> dict:
    """Answer as SIMULATED people do: known answers right, models by their strength."""
    service, names = player.service, sorted(STRENGTHS, key=list(STRENGTHS).index)
    query = (
        select(assignments.c.id, assignments.c.left, arena_pairs)
        .join(arena_pairs, arena_pairs.c.pair == assignments.c.pair)
        .where(assignments.c.batch == batch["batch"])
    )
    with service.store.read() as connection:
        shown = {row.id: row for row in connection.execute(query)}
    sides = service.gold(batch["batch"])
    for item, row in shown.items():
        left, right = (row.model_a, row.model_b)[:: 1 if row.left == "a" else -1]
        difference = STRENGTHS[names[left - 1]] - STRENGTHS[names[right - 1]]
        is_left = rng.random() < 1 / (1 + math.exp(-difference))
        sides[item] = "left" if is_left else "right"
    return {"answers": [{"item": item, "choice": side} for item, side in sides.items()]}


def label_until_the_end(service: Service, rng: np.random.Generator) -> str:
    """Let people label until the service asks for no more; return why."""
    for number in range(100):
        player = service.player(f"person{number}")
        for _ in range(12):
            opened = player.call("POST", "/v1/batches")
            if opened.status_code == 404:
                return opened.json()["type"]
            batch = opened.json()
            reply = player.call(
                "POST", f"/v1/batches/{batch['batch']}/answers", json=answers(player, batch, rng)
            )
            assert reply.status_code == 200, reply.text
    return "no end"


def operator(service: Service, ranked: Arena) -> TestClient:
    app = operator_app(service.store, service.settings, PairSettings(arena=ranked))
    return TestClient(app, headers={"Authorization": f"Bearer {OPERATOR_KEY}"})


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_four_models_are_ranked_and_then_no_more_is_asked(
    arena: tuple[Service, Arena], tmp_path: Path
) -> None:
    service, ranked = arena
    client = operator(service, ranked)
    before = client.get("/v1/pools/models/leaderboard").json()
    assert (before["votes"], before["end"], before["order_confidence"]) == (0, "", 0.0)
    reason = label_until_the_end(service, np.random.default_rng(1))
    assert reason == "urn:gamelabel:decided"
    ranked._due = 0.0
    board = client.get("/v1/pools/models/leaderboard").json()
    assert [row["model"] for row in board["rows"]] == ["best", "good", "middling", "weak"]
    assert board["order_confidence"] >= 0.9
    with service.store.read() as connection:
        choices = select(func.count()).select_from(assignments).join(pairs)
        is_vote = (pairs.c.kind == "preference") & assignments.c.choice.is_not(None)
        assert connection.execute(choices.where(is_vote)).scalar_one() == board["votes"]
        exported = read_pool(connection, tmp_path / "exported", "images", "models")
    assert sum(row["votes"] for row in board["rows"]) == 2 * board["votes"]
    comparisons = model_comparisons(exported.pairs, exported.labels)
    fitted = bradley_terry(comparisons, prior_sd=1.0).set_index("item")
    assert fitted["wins"].to_dict() == {row["model"]: row["wins"] for row in board["rows"]}
    scores = pd.Series({"weak": 0.2, "middling": 0.3, "good": 0.1, "best": 0.4})  # of a scorer
    assert fitted["ability"].corr(scores, method="spearman") == pytest.approx(0.4)
    [chess, _] = client.get("/v1/figures").json()
    assert chess["pairs"]["arena"]["first"] == "best"
    page = client.get("/leaderboards/models")
    assert page.status_code == 200
    assert "Four models" in page.text


def test_a_tie_is_a_vote_on_two_models_and_wrong_where_the_answer_is_known(
    arena: tuple[Service, Arena], tmp_path: Path
) -> None:
    service, ranked = arena
    player, n_ties, n_wrong = service.player("ann"), 0, 0
    for number in range(6):
        batch = player.batch()
        assert batch["ties"]
        sides = service.gold(batch["batch"])  # None for pairs of two models
        is_last = number == 5
        n_ties += list(sides.values()).count(None)
        n_wrong += is_last * sum(side is not None for side in sides.values())
        body = [
            {"item": item, "choice": "tie" if is_last else side or "tie"}
            for item, side in sides.items()
        ]
        path = f"/v1/batches/{batch['batch']}/answers"
        assert player.call("POST", path, json={"answers": body}).is_success
    ranked._due = 0.0
    ranked.refresh()
    assert ranked.counts.sum((0, 1)).tolist() == [0, n_ties, 0]
    with service.store.read() as connection:
        exported = read_pool(connection, tmp_path / "exported", "images", "models")
    assert exported.labels.choice.eq("tie").sum() == n_ties + n_wrong
    assert exported.players.comparisons_wrong.tolist() == [n_wrong]
    assert model_comparisons(exported.pairs, exported.labels).winner.tolist() == ["tie"] * n_ties


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_pairs_of_a_run_have_no_ties(make: Callable[..., Service]) -> None:
    player = make().player("ann")
    batch = player.batch()
    assert not batch["ties"]
    body = {"answers": [{"item": item["item"], "choice": "tie"} for item in batch["items"]]}
    reply = player.call("POST", f"/v1/batches/{batch['batch']}/answers", json=body)
    assert (reply.status_code, reply.json()["type"]) == (422, "urn:gamelabel:choice")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_votes_of_removed_and_withdrawn_people_do_not_count(arena: tuple[Service, Arena]) -> None:
    service, ranked = arena
    ranked.models = replace(ranked.models, confidence=1 - 1e-12)  # nothing is decided soon
    rng = np.random.default_rng(2)
    people = [service.player(name) for name in ("ann", "bob")]
    for player in people:
        for _ in range(12):
            batch = player.batch()
            path = f"/v1/batches/{batch['batch']}/answers"
            assert player.call("POST", path, json=answers(player, batch, rng)).is_success
    ranked._due = 0.0
    ranked.refresh()
    both = ranked.votes
    assert people[0].call("DELETE", "/v1/player").status_code == 204
    ranked._due = 0.0
    ranked.refresh()
    assert 0 < ranked.votes < both
    with service.store.write() as connection:
        n_rows = connection.execute(select(func.count()).select_from(model_votes)).scalar_one()
        assert n_rows == ranked.votes  # the votes of who withdrew are deleted
        connection.execute(
            update(players).where(players.c.state == "active").values(state="removed")
        )
    ranked._due = 0.0
    ranked.refresh()
    assert ranked.votes == 0
