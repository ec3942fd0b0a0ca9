"""`gamelabel tune`: one adapter on what players preferred, also on several GPUs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def tune_command(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="The folder of a run with its tables and images, data/runs/PROFILE."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where the adapter is written.")
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="FOLDER|NAME",
            help="The base: a folder, or a name on the hub. Default: the embedded model.",
        ),
    ] = "",
    assistant: Annotated[
        str,
        typer.Option(
            "--assistant",
            metavar="FILE|FOLDER|NAME",
            help="The adapter that is on while this one is trained. Default: none.",
        ),
    ] = "",
    steps: Annotated[int, typer.Option(min=1, help="Steps of the optimizer.")] = 500,
    batch: Annotated[
        int,
        typer.Option(min=1, help="Images a step, over all processes: a multiple of their number."),
    ] = 32,
    learning_rate: Annotated[float, typer.Option("--rate", help="The learning rate.")] = 1e-4,
    rank: Annotated[int, typer.Option(min=1, help="Rank and alpha of the adapter.")] = 16,
    caption_dropout: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Share of the images that are learned without prompt."),
    ] = 0.05,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the adapter and of training.")] = 0,
) -> None:
    """Tune an adapter on the images that players preferred, as notebook 5 does with one process.

    An interrupted training resumes with the same command.

    Examples:

    `gamelabel tune data/runs/small --out adapters/preferred`

    `torchrun --nproc-per-node 4 --no-python gamelabel tune data/runs/paper --out
    adapters/preferred --model black-forest-labs/FLUX.1-schnell --rank 64 --batch 4` shares each
    batch among four GPUs.
    """
    if not run.is_dir():
        raise FileNotFoundError(
            f"there is no run in {run.absolute()}: give the folder of its tables, data/runs/PROFILE"
        )
    from gamelabel import tables, training, tuning
    from gamelabel.data_parallel import torchrun_worker
    from gamelabel.images.pipeline import FLUX_SCENES, check_model, encode_prompts, load_pipeline
    from gamelabel.tuning.assistant import find_assistant

    check_model(model or FLUX_SCENES)
    config = training.TrainingConfig(
        steps,
        batch,
        learning_rate,
        schedule="constant",
        warmup_steps=min(20, steps),
        ema_decay=0.99,
        bf16=False,
    )
    pairs, preferences = tables.labelled_pairs(run), tables.read_table(run, "preferences")
    preferred = tuning.preference_pairs(pairs, preferences)
    with torchrun_worker() as worker:
        pipe = load_pipeline(model or FLUX_SCENES, worker.device)
        chosen, _ = tuning.cache_pairs(pipe, preferred, run)
        empty = encode_prompts(pipe, [""])
        loss = tuning.sft_loss(
            pipe.transformer, chosen, batch, caption_dropout=caption_dropout, empty=empty
        )
        data = f"{caption_dropout} {tuning.fingerprint(chosen.latents)}"
        file = tuning.tune_adapter(
            pipe.transformer,
            loss,
            config,
            out,
            data,
            rank,
            seed,
            assistant=find_assistant(assistant),
            worker=worker,
        )
    if worker.rank == 0:
        typer.echo(f"the adapter is {file}")
