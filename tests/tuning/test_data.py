import errno
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from gamelabel.flow import Text, few_step_sigmas, integrate, unpack
from gamelabel.images import draw_pairs, load_pipeline, make_pairs
from gamelabel.images.judge import to_judge_size
from gamelabel.scenes import all_prompts
from gamelabel.tuning import data as module
from gamelabel.tuning.data import on_disk, preferences, read_pictures, unselected
from gamelabel.tuning.evaluate import adherence_change, assess, scenes
from tests.images.repositories import untrained_repository

PAIRS = pd.DataFrame(
    {
        "pair_id": ["p1", "p2", "p3", "p4"],
        "prompt": ["a red circle", "two blue stars", "a small green star", "three red squares"],
        "kind": ["preference", "preference", "preference", "comparison"],
        "image_a": ["1a", "2a", "3a", "4a"],
        "image_b": ["1b", "2b", "3b", "4b"],
        "seed_a": [1, 3, 5, 7],
        "seed_b": [2, 4, 6, 8],
    }
)


def test_preferences_are_the_majority_and_never_ties_or_comparisons():
    votes = [
        ("p1", "b"),
        ("p1", "b"),
        ("p1", "a"),
        ("p2", "a"),
        ("p3", "a"),
        ("p3", "b"),
        ("p4", "a"),
    ]
    chosen = preferences(PAIRS, pd.DataFrame(votes, columns=["pair_id", "choice"]))
    assert chosen.to_dict("list") == {
        "pair_id": ["p1", "p2"],
        "prompt": ["a red circle", "two blue stars"],
        "image_won": ["1b", "2a"],
        "seed_won": [2, 3],
        "image_lost": ["1a", "2b"],
        "seed_lost": [1, 4],
    }


def test_pairs_that_teach_nothing_are_refused_by_name():
    votes = pd.DataFrame({"pair_id": ["p1", "p2", "p3", "p4"], "choice": ["a", "b", "a", "a"]})
    missing = PAIRS.assign(image_b=["1b", None, "3b", None])
    with pytest.raises(
        ValueError, match="1 of 3 pairs have a picture missing: p2; nothing can be learned"
    ):
        preferences(missing, votes)
    assert len(preferences(missing, votes[votes.pair_id != "p2"])) == 2, (
        "a pair that does not serve does no harm"
    )
    same = PAIRS.assign(image_b=PAIRS.image_a)
    with pytest.raises(ValueError, match="3 of 3 pairs have the same picture twice: p1, p2, p3;"):
        preferences(same, votes)


def test_the_control_takes_either_side_and_keeps_image_and_seed_together():
    chosen = preferences(
        PAIRS, pd.DataFrame({"pair_id": ["p1", "p2", "p3"], "choice": ["a", "b", "a"]})
    )
    seeds = {"1a": 1, "1b": 2, "2a": 3, "2b": 4, "3a": 5, "3b": 6}
    picks = [unselected(chosen, seed) for seed in range(20)]
    assert all(seeds[row.image] == row.seed for pick in picks for row in pick.itertuples())
    assert {row.image for pick in picks for row in pick.itertuples()} == set(seeds)


def test_rows_of_pictures_noise_and_text_belong_together(tmp_path):
    """From its own noise and prompt the model draws the very picture of the row: nothing is mispaired."""
    pipe = load_pipeline(untrained_repository(tmp_path / "flux"), device="cpu")
    table = pd.DataFrame({"text": list(all_prompts())[::500]})
    table["prompt_id"] = table["text"]
    plan = make_pairs(table, 4, 0, "model", seed=3)
    draw_pairs(pipe, plan, tmp_path)
    data = read_pictures(
        pipe,
        [tmp_path / f for f in plan.image_a],
        plan.seed_a.tolist(),
        plan.prompt.tolist(),
        batch=3,
    )
    with torch.no_grad():
        drawn = integrate(pipe.transformer, data.noise, data.text, few_step_sigmas(4))
        near = pipe.vae.encode(pipe.vae.decode(unpack(drawn)).sample.clamp(-1, 1)).latent_dist.mean
    error = (near.flatten(1)[:, None] - unpack(data.clean).flatten(1)[None]).square().mean(2)
    assert (
        error.argmin(1) == torch.arange(4)
    ).all() and error.diagonal().max() < 0.01 * error.mean()


def test_a_model_does_not_differ_from_itself(tmp_path):
    pipe = load_pipeline(untrained_repository(tmp_path / "flux"), device="cpu")
    drawn = assess(pipe, 10, progress="")
    assert drawn.features.shape == scenes(pipe, 10).shape == (10, 512)
    assert adherence_change(drawn, drawn) == {"value": 0.0, "low": 0.0, "high": 0.0, "n": 10}
    assert not np.isnan(drawn.features).any()


def test_a_picture_whose_seed_is_not_known_has_no_noise_to_train_on(tmp_path):
    pipe = load_pipeline(untrained_repository(tmp_path / "flux"), device="cpu")
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file in files:
        Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(file)
    data = read_pictures(pipe, files, [5, None], ["a red circle", "two blue stars"])
    assert data.noise[0].isfinite().all() and data.noise[1].isnan().all()
    assert data.clean.isfinite().all()

    unknown = read_pictures(pipe, files, [None, None], data.text, scratch=tmp_path)
    assert (
        unknown.text is data.text
        and unknown.noise.shape == data.noise.shape
        and unknown.noise.isnan().all()
    )
    assert torch.equal(unknown.clean, data.clean)
    assert unknown.noise.untyped_storage().nbytes() == 4, "what is not known takes no room"

    Image.fromarray(np.zeros((64, 48, 3), np.uint8)).save(files[1])
    with pytest.raises(ValueError, match=r"b\.png is 48 x 64 pixels, where 64 x 64 was expected"):
        read_pictures(pipe, files, [5, 6], data.text)
    with pytest.raises(
        FileNotFoundError, match=r"1 of 3 pictures are not there, such as .*c\.png: run the step"
    ):
        read_pictures(pipe, [*files, tmp_path / "c.png"], [5, 6, 7], data.text)
    files[1].write_bytes(files[0].read_bytes()[:60])
    with pytest.raises(OSError, match=r"b\.png cannot be read"):
        read_pictures(pipe, files, [5, 6], data.text)
    with pytest.raises(ValueError, match="no pictures to learn from"):
        read_pictures(pipe, [], [], [])


def test_rows_on_disk_leave_no_file_and_ask_for_their_room_first(tmp_path):
    rows = on_disk((3, 2), torch.bfloat16, tmp_path)
    rows[1] = torch.tensor([1.5, -2.0])
    assert rows.dtype == torch.bfloat16 and rows[torch.tensor([1, 0])].tolist() == [
        [1.5, -2.0],
        [0.0, 0.0],
    ]
    with pytest.raises(OSError, match="no room for 4e") as error:
        on_disk((10**9, 10**6), torch.float32, tmp_path)
    assert error.value.errno in (errno.ENOSPC, errno.EFBIG) and not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux tells it")
def test_memory_stays_flat_while_prompts_are_read(tmp_path, monkeypatch):
    """200 prompts of 1 MB each, four at a time; FLUX.1's 6,800 take 14 GB."""

    def own() -> float:
        """Memory that the system cannot take back by writing it out, in MB."""
        return int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1e3

    monkeypatch.setattr(
        module,
        "encode_prompts",
        lambda _, part: Text(torch.ones(len(part), 256, 1024), torch.ones(len(part), 8)),
    )
    monkeypatch.setattr(module, "_PROMPTS", 4)
    before, seen = own(), []
    monkeypatch.setattr(
        module, "tqdm", lambda parts, desc: (seen.append(own() - before) or part for part in parts)
    )
    text = module.read_text(None, ["a prompt"] * 200, tmp_path)
    assert text.embeds.nbytes == 200 * 2**20 and text.embeds[torch.tensor([7, 199])].eq(1).all()
    assert max(seen) < 40 and own() - before < 40


def test_larger_pictures_are_reduced_for_the_judge():
    large = np.repeat(
        np.repeat(np.arange(64 * 64 * 3, dtype=np.uint8).reshape(1, 64, 64, 3), 2, 1), 2, 2
    )
    assert np.array_equal(to_judge_size(large), large[:, ::2, ::2])
