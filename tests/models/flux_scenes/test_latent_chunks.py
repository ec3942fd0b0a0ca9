from collections import Counter

import pytest
import torch

from gamelabel.data_parallel import Worker
from gamelabel.models.flux_scenes.latent_chunks import (
    chunk_noise,
    chunk_prompts,
    chunk_seeds,
    load_chunks,
    write_chunks,
)
from gamelabel.scenes import parse

STAGES = ("scenes", "hard_scenes", "distillation_set")


def test_chunks_cover_a_stage_and_no_two_stages_share_a_seed():
    chunks = chunk_seeds("scenes", 2500)
    assert [n for _, n in chunks] == [1000, 1000, 500]
    seeds = [seed for stage in STAGES for seed, _ in chunk_seeds(stage, 240_000)]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize(
    ("stage", "shares"),
    [
        ("scenes", [1 / 5] * 5),
        ("hard_scenes", [1 / 7, 1 / 7, 1 / 7, 2 / 7, 2 / 7]),
        ("distillation_set", [1 / 8, 1 / 8, 1 / 8, 3 / 8, 2 / 8]),
    ],
)
def test_difficult_families_are_sampled_more_often(stage, shares):
    prompts = chunk_prompts(stage, chunk_seeds(stage, 2000)[0][0], 2000)
    counts = Counter(parse(prompt).family for prompt in prompts)
    families = ("single", "count", "position", "two", "binding")
    assert [counts[family] / 2000 for family in families] == pytest.approx(shares, abs=0.04)


def test_workers_take_turns_and_nothing_is_made_twice(tmp_path):
    folder, made = tmp_path / "scenes", []

    def make(seed, n):
        made.append(seed)
        return torch.full((n, 1, 1), seed % 7)

    for rank in (1, 0, 0):
        write_chunks(folder, 2500, make, Worker(rank, 2))
    seeds = [seed for seed, _ in chunk_seeds("scenes", 2500)]
    assert made == [seeds[1], seeds[0], seeds[2]]
    latents = load_chunks(folder, 2500)
    assert latents.shape == (2500, 1, 1) and latents.dtype == torch.float16
    rows = [0, 999, 1000, 2499]
    assert latents[rows, 0, 0].tolist() == [seeds[i] % 7 for i in (0, 0, 1, 2)]


def test_the_noise_of_a_chunk_depends_on_its_seed_alone():
    assert chunk_noise(3, 2).shape == (2, 16, 32)
    assert torch.equal(chunk_noise(3, 2), chunk_noise(3, 2))
    assert not torch.equal(chunk_noise(3, 2), chunk_noise(4, 2))
