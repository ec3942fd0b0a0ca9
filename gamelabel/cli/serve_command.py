"""`gamelabel serve`: let people label the pairs of a run, or play environments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve_command(
    study: Annotated[
        Path | None,
        typer.Option(help="The folder of a run whose pairs to serve, such as data/runs/small."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve drawn pictures to a demo game with its backend.")
    ] = False,
    play: Annotated[
        str,
        typer.Option(
            metavar="TASKS",
            help="Serve the environments of a task file to be played and recorded, or `demo`.",
        ),
    ] = "",
    teach: Annotated[
        str,
        typer.Option(
            metavar="SETTINGS",
            help="Serve the dungeon, in which people teach a dragon in rounds, with a file of "
            "settings or `demo`.",
        ),
    ] = "",
    annotate: Annotated[
        Path | None,
        typer.Option(
            metavar="PROJECT",
            help="Serve a project in which people rate, rank and describe pictures, a YAML file.",
        ),
    ] = None,
    compare: Annotated[
        tuple[str, Path] | None,
        typer.Option(
            metavar="BASE ADAPTER",
            help="Draw images with a model and with an adapter of it, and serve these pairs: "
            "people compare the two models.",
        ),
    ] = None,
    arena: Annotated[
        Path | None,
        typer.Option(
            metavar="MODELS",
            help="Let people compare pictures of several models, which a YAML file lists, and rank "
            "the models by their votes.",
        ),
    ] = None,
    prompts: Annotated[
        Path | None,
        typer.Option(
            help="With --compare: a text file of prompts, one a line. By default prompts of the "
            "drawn world that no model was trained on."
        ),
    ] = None,
    points: Annotated[
        int, typer.Option(min=1, help="With --compare: the number of pairs to draw.")
    ] = 100,
    games: Annotated[
        Path | None,
        typer.Option(help="A YAML file of games. Without it, a trial address is printed."),
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            help="The database: an address such as postgresql://user@host/name, or the path of a "
            "SQLite file. By default such a file in the run's folder."
        ),
    ] = "",
    keys: Annotated[
        Path | None,
        typer.Option(help="The file of the service's keys, made if missing. Keep a copy of it."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address on which to serve players.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="The players' port. The operator's and the demo game's are the next two."
        ),
    ] = 8000,
    look: Annotated[
        float, typer.Option(min=0, help="Seconds a pair is shown before it can be answered.")
    ] = 1.0,
    minimal: Annotated[
        bool, typer.Option(help="Store no times: only what the paper's game stored.")
    ] = False,
) -> None:
    """Let players label the pairs of a run, in a frame of their game or, for a trial, in a browser.

    `--demo` starts everything that is needed to try it, from a game to its coins: open the
    address that it prints. `--play demo` does the same for playing and recording environments.
    """
    labeled = demo or bool(study or compare or arena)
    if sum([bool(play), bool(teach), bool(annotate), labeled]) > 1:
        raise ValueError(
            "--play serves environments, --teach the dungeon, --annotate a project: leave out the "
            "others, --study, --demo, --compare and --arena"
        )
    if arena and (demo or study or compare):
        raise ValueError(
            "--arena serves the pictures of its file: leave out --study, --demo and --compare"
        )
    if annotate:
        from gamelabel.service.annotation.annotation_start import serve_annotation

        serve_annotation(annotate, games, database, keys, host, port, minimal)
        return
    if teach:
        from gamelabel.service.dungeon.teach_start import serve_teaching

        serve_teaching(teach, games, database, keys, host, port, minimal)
        return
    if play:
        from gamelabel.service.play.play_start import serve_play

        serve_play(play, games, database, keys, host, port, minimal)
        return
    if arena:
        from gamelabel.service.pairs.arena_start import serve_arena

        serve_arena(arena, games, database, keys, host, port, look, minimal)
        return
    from gamelabel.service.pairs.start import serve_demo, serve_study

    if demo and (study or games or compare):
        raise ValueError(
            "--demo brings its own pictures and its own game: leave out --study and --games, or "
            "--compare"
        )
    if compare:
        if study:
            raise ValueError("--compare draws the pairs that it serves: leave out --study")
        study = _draw_comparison(*compare, prompts, points)
    if demo:
        serve_demo(Path("data/runs/demo"), port, look, minimal)
    else:
        serve_study(study, games, database, keys, host, port, look, minimal)


def _draw_comparison(base: str, adapter: Path, prompts: Path | None, points: int) -> Path:
    """Draw the pairs of two models; return the folder of the pool."""
    from gamelabel.images.adapter_files import find_adapter_file
    from gamelabel.images.pipeline import check_model, load_pipeline
    from gamelabel.tuning.two_models import draw_two_models, held_out_texts

    check_model(base)
    file = find_adapter_file(adapter)
    if prompts and not prompts.is_file():
        raise FileNotFoundError(f"there is no file of prompts {prompts.absolute()}")
    comparisons = max(20, points // 5)
    needed = 2 * points + 10 * comparisons  # decoys share no word with their prompts
    texts = held_out_texts(needed, 0) if prompts is None else prompts.read_text("utf-8").split("\n")
    texts = [text.strip() for text in texts if text.strip()]
    folder = Path("data/runs") / f"compare-{file.absolute().parent.name}"
    draw_two_models(load_pipeline(base), file, texts, folder, points, comparisons)
    return folder
