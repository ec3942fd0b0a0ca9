"""Arms that are tuned and tested in several processes: the same bytes as in this one."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gamelabel.parallel import ItemFailed
from gamelabel.training import Loss, TrainingStep
from gamelabel.tuning.arms import Arm, generate_arms, tune_arms
from gamelabel.tuning.by_reward import weighted_loss
from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.refl import refl_loss
from gamelabel.tuning.rounds import RoundsArm, tune_arms_in_rounds
from gamelabel.tuning.scored import ScoredImages, make_annotators
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import PROMPTS, SHORT, make_dataset, redness


def brightness(pixels: torch.Tensor, prompts: list[str]) -> torch.Tensor:
    return pixels.mean((1, 2, 3))


def make_arms(pipe) -> dict[str, Arm]:
    """One arm of each kind of loss."""
    net, images, others = pipe.transformer, make_dataset(pipe), make_dataset(pipe, 1)
    supervised = sft_loss(net, images, 4)
    probabilities = torch.linspace(0.5, 1.0, len(PROMPTS))
    options = {"loss": "soft_dpo", "probabilities": probabilities}
    scored = ScoredImages(
        *(torch.stack([a, b], 1) for a, b in zip(images[:2], others[:2], strict=True)),
        torch.rand(len(PROMPTS), 2, generator=torch.Generator().manual_seed(0)).double(),
        images.text,
    )
    reward = refl_loss(pipe, PROMPTS, images.text, brightness, 2)
    return {
        "supervised": Arm(supervised, 1e-2, "images", seeds=2),
        "pairs": Arm(pairwise_loss(net, images, others, 4, **options), 1e-3, "pairs"),
        "weighted": Arm(weighted_loss(net, scored, supervised, 4), 1e-3, "scored"),
        "reward": Arm([supervised, reward], 1e-3, "reward"),
    }


def tune_all(pipe, folder: Path) -> tuple[list[bytes], list[np.ndarray]]:
    """The adapters of all arms, and the images of two of them."""
    adapters = tune_arms(pipe.transformer, make_arms(pipe), SHORT, folder, rank=2)
    generated = generate_arms(pipe, {name: adapters[name] for name in ("pairs", "reward")}, 3)
    people = make_annotators(6, 3)
    rounds = {
        "by people": RoundsArm(people, "people", "raft", {"batch_size": 4}, 1e-3),
        "by redness": RoundsArm(redness, "red", "dpo", {"batch_size": 4}, 1e-3),
    }
    adapters |= tune_arms_in_rounds(pipe, PROMPTS, rounds, SHORT, folder, 2, 4, rank=2)
    folders = [file.parent for arm in adapters.values() for file in arm]
    files = [file.read_bytes() for place in folders for file in sorted(place.glob("*.*"))]
    assert not list(folder.rglob("*.pt.part")) and not (folder / ".training" / "arms.pt").exists()
    return files, [models[0].images for models in generated.values()]


@pytest.mark.slow
def test_processes_and_a_cluster_tune_the_same_adapters_as_this_process(
    pipe, tmp_path, monkeypatch
):
    alone, alone_images = tune_all(pipe, tmp_path / "alone")
    monkeypatch.setenv("GAMELABEL_JOBS", "2")
    at_once, images = tune_all(pipe, tmp_path / "two")
    assert at_once == alone and len(set(alone)) > len(alone) / 2  # weights and configurations
    np.testing.assert_array_equal(images, alone_images)

    distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
    settings = {"threads_per_worker": 1, "dashboard_address": ":0", "processes": True}
    with distributed.LocalCluster(n_workers=2, **settings) as cluster:
        monkeypatch.setenv("GAMELABEL_CLUSTER", cluster.scheduler_address)
        on_cluster, images = tune_all(pipe, tmp_path / "cluster")
    assert on_cluster == alone
    np.testing.assert_array_equal(images, alone_images)


def lost_loss(transformer, images: LatentDataset) -> Loss:
    def loss(step: TrainingStep):
        value = sft_loss(transformer, images, 4)(step)[0]
        return value * (np.nan if step.index == 2 else 1.0), {}

    return loss


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_arm_that_fails_is_named(pipe, tmp_path, monkeypatch, jobs):
    monkeypatch.setenv("GAMELABEL_JOBS", jobs)
    images = make_dataset(pipe)
    arms = {
        "good": Arm(sft_loss(pipe.transformer, images, 4), 1e-3, "x"),
        "bad": Arm(lost_loss(pipe.transformer, images), 1e-3, "y"),
    }
    message = r"^bad-0 \(item 2 of 2\): FloatingPointError: .* is not finite at step 2\."
    with pytest.raises(ItemFailed, match=message):
        tune_arms(pipe.transformer, arms, SHORT, tmp_path, rank=2)
    assert (tmp_path / ".training" / "bad-0" / "checkpoint.pt").exists()
