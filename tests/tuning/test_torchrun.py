"""One adapter by several processes: each computes its share of every batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from gamelabel.data_parallel import Worker
from gamelabel.training import Loss, TrainingConfig, TrainingStep, train
from gamelabel.tuning.adapter import ADAPTER_FILE
from gamelabel.tuning.by_reward import weighted_loss
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.refl import refl_loss
from gamelabel.tuning.scored import ScoredImages
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import PROMPTS, make_dataset
from tests.tuning.torchrun_training import train_both

ROOT = Path(__file__).parents[2]


def test_two_processes_of_torchrun_train_what_one_trains(tmp_path):
    train_both(tmp_path / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += ["-m", "tests.tuning.torchrun_training", str(tmp_path / "two")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    for name in ("supervised", "pairs"):
        one, two = (read_training(tmp_path / folder, name) for folder in ("one", "two"))
        assert [row["loss"] for row in one] == pytest.approx([row["loss"] for row in two], rel=1e-5)
        assert len(one) == 3 and one[0].keys() == two[0].keys()
        weights = [load_file(tmp_path / f / name / ADAPTER_FILE) for f in ("one", "two")]
        for key, weight in weights[0].items():
            # of the whole matrix: where a gradient is near zero, Adam steps by its rounding
            assert (weights[1][key] - weight).norm() <= 1e-4 * weight.norm(), key


def read_training(folder: Path, name: str) -> list[dict[str, float]]:
    log = folder / ".training" / name / "log.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()]


def brightness(pixels: torch.Tensor, prompts: list[str]) -> torch.Tensor:
    return pixels.mean((1, 2, 3))


def make_losses(pipe) -> dict[str, Loss]:
    net, images, others = pipe.transformer, make_dataset(pipe), make_dataset(pipe, 1)
    probabilities = torch.linspace(0.5, 1.0, len(PROMPTS))
    supervised = sft_loss(net, images, 4)
    scored = ScoredImages(
        *(torch.stack([a, b], 1) for a, b in zip(images[:2], others[:2], strict=True)),
        torch.arange(2.0 * len(PROMPTS)).view(-1, 2),
        images.text,
    )
    soft = {"loss": "soft_dpo", "probabilities": probabilities}
    return {
        "supervised": supervised,
        "pairs": pairwise_loss(net, images, others, 4, anchor=2.0, noise="shared"),
        "own noise": pairwise_loss(net, images, others, 4, noise="own", **soft),
        "weighted": weighted_loss(net, scored, supervised, 4),
        "reward": refl_loss(pipe, PROMPTS, images.text, brightness, 4, weight=1.0),
    }


def value_at(loss: Loss, worker: Worker) -> float:
    with torch.no_grad():
        return loss(TrainingStep(0, torch.Generator().manual_seed(5), worker))[0].item()


@pytest.mark.parametrize("name", ["supervised", "pairs", "own noise", "weighted", "reward"])
def test_the_mean_of_the_shares_is_the_loss(adapted, name):
    with torch.no_grad():
        for weight in adapted.transformer.parameters():
            if weight.requires_grad:
                weight.add_(0.05)  # away from the reference model
    loss = make_losses(adapted)[name]
    shares = [value_at(loss, Worker(rank, 2)) for rank in range(2)]
    assert shares[0] != shares[1]
    assert sum(shares) / 2 == pytest.approx(value_at(loss, Worker()), rel=1e-5)


def test_a_batch_that_cannot_be_shared_alike_is_refused(tmp_path):
    with pytest.raises(ValueError, match="a batch of 3 cannot be shared by 2 processes alike"):
        config = TrainingConfig(1, 3, 1e-3)
        train(torch.nn.Linear(1, 1), lambda step: None, config, tmp_path, worker=Worker(0, 2))
