"""`gamelabel world`: draw scenes, judge pictures, use and train the embedded model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

world = typer.Typer(
    no_args_is_help=True, help="The image world: draw scenes, judge pictures, the embedded model."
)

Model = Annotated[
    str,
    typer.Option(
        "--model",
        help="A FLUX repository: a folder, or a name on the hub. Default: the embedded model.",
    ),
]
Adapter = Annotated[
    str, typer.Option("--adapter", help="A LoRA adapter (.safetensors) to put on the model.")
]
Steps = Annotated[int, typer.Option(min=1, help="Sampling steps.")]
Guidance = Annotated[
    float, typer.Option(help="Classifier-free guidance; 1 is none, as FLUX.1-schnell is used.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed draws the same pictures.")]


@world.command("draw")
def world_draw(
    prompt: Annotated[
        str, typer.Argument(help='What to draw, such as "a red circle above a blue star".')
    ],
    out: Annotated[Path, typer.Option(help="The picture to write.")] = Path("grid.png"),
    n: Annotated[int, typer.Option(min=1, help="How many drawings.")] = 8,
    seed: Seed = 0,
) -> None:
    """Draw a prompt's scene with the world's own brush: what a model is taught, and a picture that fits for sure."""
    from gamelabel.scenes import contact_sheet, draw, parse

    scene = parse(prompt)
    contact_sheet([draw(scene, seed + i) for i in range(n)], out)
    typer.echo(f"{n} drawings of {prompt!r} in {out}")


@world.command("judge")
def world_judge(
    picture: Annotated[
        Path, typer.Argument(help="A picture, RGB, 64 x 64.", exists=True, dir_okay=False)
    ],
    prompt: Annotated[str, typer.Argument(help="The prompt that it should fit.")],
) -> None:
    """Say whether a picture fits a prompt, how far, and what is wrong; exit status 1 where it does not fit."""
    from PIL import Image

    from gamelabel.scenes import verify

    with Image.open(picture) as image:
        verdict = verify(image, prompt)
    typer.echo(f"{'fits' if verdict.fits else 'does not fit'} (score {verdict.score:.2f})")
    for fault in verdict.faults:
        typer.echo(f"- {fault}")
    raise typer.Exit(0 if verdict.fits else 1)


@world.command("sample")
def world_sample(
    prompt: Annotated[str, typer.Argument(help='What to draw, such as "two red circles".')],
    n: Annotated[int, typer.Option(min=1, help="How many pictures.")] = 8,
    out: Annotated[Path, typer.Option(help="The picture to write: all n in a grid.")] = Path(
        "grid.png"
    ),
    model: Model = "",
    adapter: Adapter = "",
    steps: Steps = 4,
    guidance: Guidance = 1.0,
    seed: Seed = 0,
) -> None:
    """Let a model draw a prompt n times, and judge each picture."""
    import numpy as np

    from gamelabel.images.pipeline import FLUX_SCENES, generate, load_pipeline
    from gamelabel.scenes import UnknownPrompt, contact_sheet, parse, verify_batch

    pipe = load_pipeline(model or FLUX_SCENES, adapter=adapter)
    seeds = [seed + i for i in range(n)]
    pictures = np.concatenate(
        list(generate(pipe, [prompt] * n, seeds, steps, guidance, progress="drawing"))
    )
    contact_sheet(pictures, out)
    typer.echo(f"{n} pictures of {prompt!r} in {out}")
    try:
        parse(prompt)
    except UnknownPrompt as unknown:
        typer.echo(f"not judged: {unknown}")
        return
    for number, verdict in zip(seeds, verify_batch(pictures, [prompt] * n), strict=True):
        typer.echo(f"seed {number}: {'fits' if verdict.fits else '; '.join(verdict.faults)}")


@world.command("evaluate")
def world_evaluate(
    model: Model = "",
    adapter: Adapter = "",
    n: Annotated[
        int, typer.Option(min=1, help="Held-out prompts to draw, the families in turn.")
    ] = 2000,
    steps: Steps = 4,
    guidance: Guidance = 1.0,
    seed: Seed = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Measure a model's exact adherence on held-out prompts, overall and by family, with 95 % intervals."""
    from gamelabel.images.pipeline import FLUX_SCENES, load_pipeline
    from gamelabel.tuning.evaluate import evaluate_adherence

    pipe = load_pipeline(model or FLUX_SCENES, adapter=adapter)
    result = {
        "model": model or FLUX_SCENES.name,
        **evaluate_adherence(pipe, n, steps, seed, guidance, progress="drawing"),
    }
    if as_json:
        typer.echo(json.dumps(result))
        return
    for name, share in {"all": result["adherence"], **result["families"]}.items():
        typer.echo(
            f"{name:10} {share['value']:.3f}  [{share['low']:.3f}, {share['high']:.3f}]  n = {share['n']}"
        )


@world.command("train")
def world_train(
    out: Annotated[
        Path,
        typer.Option(help="Where stages, checkpoints and logs go; a second call resumes there."),
    ],
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that share every batch: one a core; 1 on a GPU.")
    ] = 2,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    quick: Annotated[
        bool, typer.Option(help="A few steps a stage: it shows that the recipe runs, no more.")
    ] = False,
) -> None:
    """Train the embedded model, stage by stage, to `OUT/repository` with its card; a second call resumes."""
    from gamelabel.models.flux_scenes import (
        FluxRecipe,
        assemble_repository,
        quick_recipe,
        train_flux_scenes,
        write_flux_card,
    )

    recipe = quick_recipe(FluxRecipe()) if quick else FluxRecipe()
    train_flux_scenes(recipe, out, workers, device)
    assemble_repository(out, "student", out / "repository")
    write_flux_card(recipe, out, out / "repository", n_prompts=20 if quick else 4000)
    typer.echo(
        f"the model is in {out / 'repository'}; measure it: gamelabel world evaluate --model {out / 'repository'}"
    )


@world.command("train-reader")
def world_train_reader(
    out: Annotated[
        Path, typer.Option(help="Where checkpoints and the model go; a second call resumes there.")
    ],
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    quick: Annotated[
        bool, typer.Option(help="A few steps: it shows that the recipe runs, no more.")
    ] = False,
) -> None:
    """Train the embedded BLIP, which reads pictures and prompts, to `OUT/scenes-blip` with its card; resumes.

    It learns from drawn scenes alone which prompt belongs to which picture, and is what a reward model starts from:
    `07_reward_model` tunes it on what players preferred. To use another one there: gamelabel run --only 07 -p
    blip=OUT/scenes-blip
    """
    from gamelabel.models.blip_scenes import train_blip_scenes

    folder, metrics = train_blip_scenes(out, device, quick)
    for name, value in metrics.items():
        typer.echo(f"{name}: {value:.3f}")
    typer.echo(f"the model is in {folder}, its card beside it")
