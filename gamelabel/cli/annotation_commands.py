"""Commands for the answers of annotation projects in the layouts of others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gamelabel.games.annotation.layouts.answer_set import RejectedAnswer

_SHOWN = 20  # rejected rows; all of them are in a file


class AnnotationLayout(StrEnum):
    """The layouts of `layout_registry.ANSWER_LAYOUTS`, without importing it for `--help`."""

    imagereward = "imagereward"
    label_studio = "label-studio"
    argilla = "argilla"
    datasets = "datasets"


_Layout = Annotated[AnnotationLayout, typer.Option(help="The layout.")]
_Out = Annotated[Path, typer.Argument(help="The folder to write; it must not exist yet.")]


def export_annotation(
    source: Annotated[
        Path,
        typer.Argument(help="The ZIP archive that the operator's page exports, or its tables."),
    ],
    out: _Out,
    layout: _Layout,
    pictures: Annotated[
        Path | None,
        typer.Option(
            help="The folder to which the pictures' names are relative: the project's. They must "
            "all be there, and go with the answers where the layout takes them.",
            file_okay=False,
            exists=True,
        ),
    ] = None,
) -> None:
    """Write the answers of an annotation project in the layout of another tool.

    What a layout has no place for is left out and counted; docs/annotation.md lists it. `gamelabel
    data annotation` reads each layout again.

    `gamelabel export annotation answers.zip imagereward --layout imagereward`
    """
    from gamelabel.games.annotation.layouts.layout_registry import export_answers

    result, rejected = export_answers(source, out, layout.value, pictures)
    _say_rows(out, result.rows)
    for reason, count in result.omitted.items():
        typer.echo(f"left out: {count:,} {reason}")
    _say_rejected(out, rejected)


def read_annotation(
    source: Annotated[Path, typer.Argument(help="The file, or a folder of such files.")],
    out: _Out,
    layout: _Layout,
    pictures: Annotated[
        Path | None,
        typer.Option(
            help="The folder of the pictures. They must all be there, and the tables state their "
            "sizes, which otherwise are unknown unless the layout states them.",
            file_okay=False,
            exists=True,
        ),
    ] = None,
    close_gaps: Annotated[
        bool,
        typer.Option(
            "--close-gaps", help="Renumber rankings with gaps, such as 1, 2, 4; else reject them."
        ),
    ] = False,
) -> None:
    """Read ratings, rankings and other annotations of pictures from another tool.

    They become the tables that the service exports, as Parquet files. Rows that cannot be used are
    shown and listed in `rejected.csv` beside the tables, each with file, row, cause and remedy.

    `gamelabel data annotation metadata-test.parquet tables --layout imagereward --close-gaps`
    """
    from gamelabel.games.annotation.layouts.layout_registry import import_answers

    rows, rejected = import_answers(source, out, layout.value, pictures, close_gaps)
    _say_rows(out, rows)
    _say_rejected(out, rejected)


def _say_rows(out: Path, rows: dict[str, int]) -> None:
    counts = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    typer.echo(f"{out.absolute()}: {counts}")


def _say_rejected(out: Path, rejected: list[RejectedAnswer]) -> None:
    from gamelabel.games.annotation.layouts.layout_registry import REJECTED_FILE

    for fault in rejected[:_SHOWN]:
        typer.echo(f"rejected: {fault}", err=True)
    if rejected:
        listed = out.absolute() / REJECTED_FILE
        typer.echo(f"{len(rejected):,} rejected in all, listed in {listed}", err=True)
