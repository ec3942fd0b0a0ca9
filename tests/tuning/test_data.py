"""Training data: pairs joined with preferences, rows that belong together, disk and memory."""

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
from gamelabel.images.pairs import draw_pairs, make_pairs
from gamelabel.scenes import all_prompts
from gamelabel.tuning import data as module
from gamelabel.tuning.data import (
    cache_latents,
    cache_pairs,
    fit_square,
    preference_pairs,
)
from gamelabel.tuning.disk_tensors import disk_tensor

PAIRS = pd.DataFrame(
    {
        "pair_id": ["p1", "p2", "p3", "p4"],
        "prompt": ["a red circle", "two blue stars", "a small green star", "three red squares"],
        "image_a": ["1a", "2a", "3a", "4a"],
        "image_b": ["1b", "2b", "3b", "4b"],
        "seed_a": [1, 3, 5, 7],
        "seed_b": [2, 4, 6, 8],
    }
)
PREFERENCES = pd.DataFrame(
    {"pair_id": ["p3", "p1"], "chosen": ["a", "b"], "probability": [0.75, 0.9]}
)


def test_pairs_are_joined_with_what_people_prefer():
    assert preference_pairs(PAIRS, PREFERENCES).to_dict("list") == {
        "pair_id": ["p3", "p1"],
        "prompt": ["a small green star", "a red circle"],
        "image_chosen": ["3a", "1b"],
        "seed_chosen": [5, 2],
        "image_rejected": ["3b", "1a"],
        "seed_rejected": [6, 1],
        "probability": [0.75, 0.9],
    }


def test_pairs_without_information_are_refused_by_name():
    missing = PAIRS.assign(image_b=["1b", None, None, None])
    with pytest.raises(ValueError, match=r"1 of 2 preferences \(p3\) have no image"):
        preference_pairs(missing, PREFERENCES)
    same = PAIRS.assign(image_b=PAIRS.image_a)
    with pytest.raises(ValueError, match=r"2 of 2 preferences \(p3, p1\) show the same image"):
        preference_pairs(same, PREFERENCES)
    with pytest.raises(ValueError, match=r"1 of 2 preferences \(p1\) are not in the table pairs"):
        preference_pairs(PAIRS[1:], PREFERENCES)


def test_rows_of_images_noise_and_text_belong_together(pipe, tmp_path):
    """From its own noise and prompt the model generates the image of the row, for both sides."""
    table = pd.DataFrame({"text": list(all_prompts())[::500]})
    table["prompt_id"] = table["text"]
    plan = make_pairs(table, 4, 0, "model", seed=3)
    draw_pairs(pipe, plan, tmp_path)
    preferences = pd.DataFrame(
        {"pair_id": plan.pair_id, "chosen": ["a", "b", "b", "a"], "probability": 0.9}
    )
    pairs = preference_pairs(plan, preferences)
    for data in cache_pairs(pipe, pairs, tmp_path):
        with torch.no_grad():
            latents = integrate(pipe.transformer, data.noise, data.text, few_step_sigmas(4))
            decoded = pipe.vae.decode(unpack(latents)).sample.clamp(-1, 1)
            encoded = pipe.vae.encode(decoded).latent_dist.mean.flatten(1)
        difference = encoded[:, None] - unpack(data.latents).flatten(1)[None]
        error = difference.square().mean(2)
        assert (error.argmin(1) == torch.arange(4)).all()
        assert error.diagonal().max() < 0.01 * error.mean()


def test_an_image_of_unknown_seed_has_no_noise_to_train_on(pipe, tmp_path):
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file in files:
        Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(file)
    data = cache_latents(pipe, files, [5, None], ["a red circle", "two blue stars"])
    assert data.noise[0].isfinite().all() and data.noise[1].isnan().all()
    assert data.latents.isfinite().all()

    unknown = cache_latents(pipe, files, [None, None], data.text, tmp_path)
    assert unknown.text is data.text
    assert unknown.noise.shape == data.noise.shape and unknown.noise.isnan().all()
    assert torch.equal(unknown.latents, data.latents)
    assert unknown.noise.untyped_storage().nbytes() == 4, "unknown noise takes no memory"


def test_images_of_another_size_are_scaled_to_their_shorter_edge_and_cropped(pipe, tmp_path):
    middle = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    wide = np.pad(middle, ((0, 0), (20, 20), (0, 0)))
    assert np.array_equal(fit_square(wide, 64), middle)
    assert fit_square(middle, 64) is middle
    gray = np.full((300, 200, 3), 90, np.uint8)
    assert (fit_square(gray, 64) == 90).all() and fit_square(gray, 64).shape == (64, 64, 3)
    files = [tmp_path / "wide.png", tmp_path / "middle.png"]
    for file, image in zip(files, (wide, middle), strict=True):
        Image.fromarray(image).save(file)
    data = cache_latents(pipe, files, [None, None], ["a red circle", "a red circle"])
    assert torch.equal(*data.latents)


def test_files_that_cannot_be_used_for_training_are_refused(pipe, tmp_path):
    files, prompts = [tmp_path / "a.png", tmp_path / "b.png"], ["a red circle", "two blue stars"]
    for file in files:
        Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(file)
    with pytest.raises(FileNotFoundError, match=r"1 of 3 images do not exist, such as .*c\.png"):
        cache_latents(pipe, [*files, tmp_path / "c.png"], [5, 6, 7], prompts)
    files[1].write_bytes(files[0].read_bytes()[:60])
    with pytest.raises(OSError, match=r"b\.png cannot be read"):
        cache_latents(pipe, files, [5, 6], prompts)
    with pytest.raises(ValueError, match="no images to learn from"):
        cache_latents(pipe, [], [], [])


def test_a_disk_tensor_leaves_no_file_and_reserves_its_room(tmp_path):
    rows = disk_tensor((3, 2), torch.bfloat16, tmp_path)
    rows[1] = torch.tensor([1.5, -2.0])
    assert rows.dtype == torch.bfloat16
    assert rows[torch.tensor([1, 0])].tolist() == [[1.5, -2.0], [0.0, 0.0]]
    with pytest.raises(OSError, match="no room for 4e") as error:
        disk_tensor((10**9, 10**6), torch.float32, tmp_path)
    assert error.value.errno in (errno.ENOSPC, errno.EFBIG) and not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_stays_flat_while_prompts_are_encoded(pipe, tmp_path, monkeypatch):
    """200 prompts of 1 MB each, four at a time; FLUX.1's 6,800 take 14 GB."""

    def anonymous_memory() -> float:
        """Memory that the system cannot take back by writing it to a file, in MB."""
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1e3

    def encode(pipe, prompts):
        return Text(torch.ones(len(prompts), 256, 1024), torch.ones(len(prompts), 8))

    def watch(batches, desc):
        for batch in batches:
            growth.append(anonymous_memory() - before)
            yield batch

    before, growth = anonymous_memory(), []
    monkeypatch.setattr(module, "encode_prompts", encode)
    monkeypatch.setattr(module, "_PROMPTS_AT_ONCE", 4)
    monkeypatch.setattr(module, "tqdm", watch)
    text = module.cache_prompts(pipe, ["a prompt"] * 200, tmp_path)
    assert text.embeds.nbytes == 200 * 2**20 and text.embeds[torch.tensor([7, 199])].eq(1).all()
    assert max(growth) < 40 and anonymous_memory() - before < 40
