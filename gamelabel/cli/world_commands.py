"""`gamelabel world`: draw scenes, judge pictures, use and train the embedded models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

world = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""The drawn world: draw scenes, judge pictures, use and train the embedded models.

Its prompts ask for one to four circles, squares, triangles or stars: "a small red circle", "three
blue stars", "a circle above a square", each with or without " in the style of a crayon
drawing" (or "chalk drawing", "comic book").
""",
)

_Prompt = Annotated[str, typer.Argument(help='The prompt, such as "two red circles".')]
_Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="FOLDER|NAME",
        help="A FLUX model: a folder, or a name on the hub. Default: the embedded model.",
    ),
]
_Adapter = Annotated[
    str,
    typer.Option(
        "--adapter",
        metavar="FILE",
        help="A LoRA adapter (.safetensors) to load into the model. Default: none.",
    ),
]
_Steps = Annotated[
    int, typer.Option("--steps", min=1, help="Sampling steps; the embedded model is made for 4.")
]
_Guidance = Annotated[
    float,
    typer.Option("--guidance", help="Guidance scale; 1 is none, as FLUX.1-schnell is used."),
]
_Seed = Annotated[
    int, typer.Option("--seed", min=0, help="Seed; the same seed gives the same pictures.")
]
_GridFile = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="The image file to write, a grid.")
]
_Device = Annotated[str, typer.Option("--device", help="`cpu` or `cuda`.")]
_Workers = Annotated[
    int, typer.Option("--workers", min=1, help="Processes that share a batch; 1 on a GPU.")
]


@world.command("draw")
def draw_command(
    prompt: _Prompt,
    out: _GridFile = Path("grid.png"),
    n: Annotated[int, typer.Option("--n", min=1, help="Number of drawings.")] = 8,
    seed: _Seed = 0,
) -> None:
    """Draw the scene of a prompt, without a model.

    Models are trained on such drawings, and each fits its prompt exactly.

    `gamelabel world draw "a red circle above a blue star" --n 4`
    """
    from gamelabel.scenes import contact_sheet, draw, parse

    _check_image_file(out)
    scene = parse(prompt)
    contact_sheet([draw(scene, seed + i) for i in range(n)], out)
    typer.echo(f"{n} drawings of {prompt!r} in {out.absolute()}")


def _check_image_file(out: Path) -> None:
    """Raise, before anything is drawn, if an image cannot be written to this file."""
    from PIL import Image

    Image.init()
    endings = {
        ending for ending, kind in Image.registered_extensions().items() if kind in Image.SAVE
    }
    if out.suffix.lower() not in endings:
        raise ValueError(f"{out.absolute()} does not end like an image file: add .png to the name")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.absolute().parent}: make it first")


@world.command("judge")
def judge_command(
    picture: Annotated[
        Path,
        typer.Argument(
            help="An image file: RGB, 64 x 64 pixels, or a grid that `draw` or `sample` wrote."
        ),
    ],
    prompt: _Prompt,
) -> None:
    """Judge whether a picture fits a prompt, how far, and what is wrong.

    The exit status is 0 if it fits, or all pictures of a grid do, and 1 otherwise.

    `gamelabel world judge grid.png "two red circles"`
    """
    import numpy as np
    from PIL import Image

    from gamelabel.scenes import sheet_pictures, verify_batch

    if not picture.is_file():
        raise FileNotFoundError(f"there is no file {picture.absolute()}")
    with Image.open(picture) as image:
        pictures: list[Any] = [*sheet_pictures(np.asarray(image))] or [image]
        verdicts = verify_batch(pictures, [prompt] * len(pictures))
    for number, verdict in enumerate(verdicts, 1):
        name = f"picture {number} " if len(verdicts) > 1 else ""
        fits = "fits" if verdict.fits else "does not fit"
        typer.echo(f"{name}{fits} (score {verdict.score:.2f})")
        for fault in verdict.faults:
            typer.echo(f"- {fault}")
    raise typer.Exit(0 if all(verdict.fits for verdict in verdicts) else 1)


@world.command("sample")
def sample_command(
    prompt: _Prompt,
    n: Annotated[int, typer.Option("--n", min=1, help="Number of pictures.")] = 8,
    out: _GridFile = Path("grid.png"),
    model: _Model = "",
    adapter: _Adapter = "",
    steps: _Steps = 4,
    guidance: _Guidance = 1.0,
    seed: _Seed = 0,
) -> None:
    """Generate pictures of a prompt with a model, and judge each.

    Pictures of a prompt outside the grammar are written and not judged.

    `gamelabel world sample "two red circles" --adapter pytorch_lora_weights.safetensors`
    """
    import numpy as np

    from gamelabel.images.pipeline import FLUX_SCENES, generate, load_pipeline
    from gamelabel.scenes import UnknownPrompt, contact_sheet, parse, verify_batch

    _check_image_file(out)
    pipe = load_pipeline(model or FLUX_SCENES, adapter=adapter)
    seeds = [seed + i for i in range(n)]
    batches = generate(pipe, [prompt] * n, seeds, steps, guidance, progress="drawing")
    pictures = np.concatenate(list(batches))
    contact_sheet(pictures, out)
    typer.echo(f"{n} pictures of {prompt!r} in {out.absolute()}")
    try:
        parse(prompt)
    except UnknownPrompt as unknown:
        typer.echo(f"not judged: {unknown}")
        return
    for number, verdict in zip(seeds, verify_batch(pictures, [prompt] * n), strict=True):
        typer.echo(f"seed {number}: {'fits' if verdict.fits else '; '.join(verdict.faults)}")


@world.command("evaluate")
def evaluate_command(
    model: _Model = "",
    adapter: _Adapter = "",
    n: Annotated[
        int, typer.Option("--n", min=1, help="Number of held-out prompts, the families in turn.")
    ] = 2000,
    steps: _Steps = 4,
    guidance: _Guidance = 1.0,
    seed: _Seed = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Measure the adherence of a model: the share of pictures that fit their prompts exactly.

    Prompts are held out from training. Prints the share overall and by family of prompts, with 95 %
    intervals.

    `gamelabel world evaluate --n 2000 --json`
    """
    from gamelabel.images.adapter_files import find_adapter_file
    from gamelabel.images.pipeline import FLUX_SCENES, load_pipeline
    from gamelabel.tuning.evaluate import evaluate_adherence

    pipe = load_pipeline(model or FLUX_SCENES, adapter=adapter)
    measured = evaluate_adherence(pipe, n, steps, seed, guidance, progress="drawing")
    used = str(find_adapter_file(Path(adapter)).absolute()) if adapter else None
    result = {"model": model or FLUX_SCENES.name, "adapter": used, **measured}
    if as_json:
        typer.echo(json.dumps(result))
        return
    for name, share in {"all": result["adherence"], **result["families"]}.items():
        interval = f"[{share['low']:.3f}, {share['high']:.3f}]"
        typer.echo(f"{name:10} {share['value']:.3f}  {interval}  n = {share['n']}")


@world.command("train")
def train_command(
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FOLDER", help="Folder for stages, checkpoints and logs."),
    ],
    workers: _Workers = 2,
    device: _Device = "cpu",
    quick: Annotated[
        bool, typer.Option("--quick", help="A few steps a stage, to test that the recipe runs.")
    ] = False,
) -> None:
    """Train the embedded FLUX model, to `OUT/repository` with its model card.

    Takes about three hours on two cores. The same command resumes after an interruption.

    `gamelabel world train --out data/runs/base`
    """
    from gamelabel.models.flux_scenes import (
        FluxRecipe,
        assemble_repository,
        quick_recipe,
        train_flux_scenes,
        write_flux_card,
    )

    recipe = quick_recipe(FluxRecipe()) if quick else FluxRecipe()
    repository = out / "repository"
    train_flux_scenes(recipe, out, workers, device)
    assemble_repository(out, "student", repository)
    write_flux_card(recipe, out, repository, n_prompts=20 if quick else 4000)
    typer.echo(f"the model is in {repository}")
    typer.echo(f"measure it: gamelabel world evaluate --model {repository}")


@world.command("train-reader")
def train_reader_command(
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Folder for checkpoints and the model.")
    ],
    device: _Device = "cpu",
    quick: Annotated[
        bool, typer.Option("--quick", help="A few steps, to test that the recipe runs.")
    ] = False,
) -> None:
    """Train the embedded BLIP, to `OUT/scenes-blip` with its model card.

    It learns which prompt belongs to which picture from drawn scenes alone, and is what a reward
    model starts from: notebook 07 fine-tunes it on preferences. Takes about an hour on two cores.
    The same command resumes after an interruption.

    `gamelabel world train-reader --out data/runs/reader`

    `gamelabel run --only 07 -p blip=data/runs/reader/scenes-blip`
    """
    from gamelabel.models.blip_scenes import train_blip_scenes

    folder, metrics = train_blip_scenes(out, device, quick)
    for name, value in metrics.items():
        typer.echo(f"{name}: {value:.3f}")
    typer.echo(f"the model and its card are in {folder}")


@world.command("train-assistant")
def train_assistant_command(
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FOLDER", help="Folder for images, checkpoints and the assistant."
        ),
    ],
    model: _Model = "",
    workers: _Workers = 2,
    device: _Device = "cpu",
    quick: Annotated[
        bool, typer.Option("--quick", help="A few steps, to test that the recipe runs.")
    ] = False,
) -> None:
    """Train the assistant of a model, to `OUT/scenes-flux-assistant` with its card.

    Adapters of the distilled model are tuned with it: it is on while they are trained, and off
    when the tuned model draws. It belongs to one base, so a model that was trained anew
    (`gamelabel world train`) needs its own. Takes about half an hour on one core. The same command
    resumes after an interruption.

    `gamelabel world train-assistant --out data/runs/assistant`
    """
    from gamelabel.images.pipeline import FLUX_SCENES
    from gamelabel.models.flux_assistant import train_flux_assistant

    file, metrics = train_flux_assistant(out, model or FLUX_SCENES, workers, device, quick)
    for name, value in metrics.items():
        typer.echo(f"{name}: {value:.3f}")
    typer.echo(f"the assistant and its card are in {file.parent}")
