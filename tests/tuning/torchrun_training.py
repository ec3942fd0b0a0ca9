"""Train two adapters of the tiny model: alone, or started by torchrun, which shares each batch."""

import sys
from dataclasses import replace
from pathlib import Path

from gamelabel.data_parallel import torchrun_worker
from gamelabel.tuning.adapter import tune_adapter
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import SHORT, make_dataset, make_pipe


def train_both(folder: Path) -> None:
    config = replace(SHORT, log_every=1)
    pipe = make_pipe()
    images, others = make_dataset(pipe), make_dataset(pipe, 1)
    losses = {
        "supervised": sft_loss(pipe.transformer, images, 4),
        "pairs": pairwise_loss(pipe.transformer, images, others, 4, beta=100.0, anchor=1.0),
    }
    with torchrun_worker() as worker:
        for name, loss in losses.items():
            place = folder / name
            arguments = (pipe.transformer, loss, config, place, name, 2)
            tune_adapter(*arguments, precision="fp32", worker=worker)


if __name__ == "__main__":
    train_both(Path(sys.argv[1]))
