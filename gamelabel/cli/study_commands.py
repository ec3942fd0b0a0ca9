"""`gamelabel run | status | verify | claims | doctor`: the study from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gamelabel.study.steps import Study

Profile = Annotated[
    str,
    typer.Option(
        "--profile",
        help="smoke (minutes), small (the paper's size on the embedded model) or paper.",
    ),
]
Parameter = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        metavar="NAME=VALUE",
        help="A parameter, for every notebook that has it; may be repeated. An unknown NAME lists the known ones.",
    ),
]


def _study(profile: str) -> Study:
    from gamelabel.study.steps import Study, find_root

    return Study(find_root(), profile)


def run(
    profile: Profile = "small",
    start: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="STEP",
            help="Run this step and all that depend on it, changed or not.",
        ),
    ] = "",
    only: Annotated[
        str, typer.Option(metavar="STEP", help="Run this step alone, changed or not.")
    ] = "",
    parameter: Parameter = None,
    jobs: Annotated[
        int, typer.Option(min=1, help="How many independent steps run side by side.")
    ] = 1,
) -> None:
    """Run what is due of the study, and write its report.

    A step runs when its notebook, the code that it imports, its inputs, its parameters or the lock have changed, or
    what it left is gone. After a failure or Ctrl-C the same command goes on from there. STEP is a name such as
    `03_labels`, or `03`.

    `gamelabel run --profile smoke -p n_players=40` plays the game with forty players, and runs only what that changes.

    Exit status: 0 done, 1 a step failed, 2 what was asked for cannot be done, 130 stopped.
    """
    from gamelabel.report.publish import publish
    from gamelabel.study.claims import summary
    from gamelabel.study.runner import run as run_study

    study = _study(profile)
    result = run_study(study, parameter or [], jobs, start, only)
    judged = publish(result)
    if result.interrupted:
        typer.echo(
            "stopped; what is done is kept, and the same command goes on from there", err=True
        )
        raise typer.Exit(130)
    counts = ", ".join(f"{count} {name}" for name, count in summary(judged).items() if count)
    typer.echo(f"claims: {counts or 'none'}")
    typer.echo(f"report: {study.report_dir / 'index.html'}")
    if not result.complete:
        typer.echo(
            "the run is not complete: mend what failed, and the same command goes on from there",
            err=True,
        )
        raise typer.Exit(1)


def status(profile: Profile = "small", parameter: Parameter = None) -> None:
    """Say of each step whether its results stand, and if not, what changed."""
    from gamelabel.study.progress import clock
    from gamelabel.study.runner import standing

    for step, (why, seconds) in standing(_study(profile), parameter or []).items():
        typer.echo(
            f"{step:16} {why or 'stands'}{'' if seconds is None else f' ({clock(seconds)})'}"
        )


def verify(profile: Profile = "small") -> None:
    """Hash every artifact of the last run anew and say which differ from the manifest; exit status 1 where one does."""
    from gamelabel.study.manifest import verify as check

    count, wrong = check(_study(profile))
    for line in wrong:
        typer.echo(line)
    typer.echo(
        f"{count} artifacts: {f'{len(wrong)} not as' if wrong else 'all as'} the manifest says"
    )
    raise typer.Exit(1 if wrong else 0)


def claims(
    profile: Profile = "small",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the list of claims.json and nothing else.")
    ] = False,
) -> None:
    """Show the paper's claims against what the last run measured."""
    from gamelabel.study.claims import summary, table

    path = _study(profile).report_dir / "claims.json"
    if not path.exists():
        raise ValueError(f"{path} is not there: gamelabel run --profile {profile} writes it")
    judged = json.loads(path.read_text(encoding="utf-8"))
    if as_json:
        typer.echo(json.dumps(judged, ensure_ascii=False))
        return
    typer.echo(table(judged))
    typer.echo(
        "\n" + ", ".join(f"{count} {name}" for name, count in summary(judged).items() if count)
    )


def doctor() -> None:
    """Say what this machine can run: GPU, memory, disk, the hub, which data are at hand, and which profile fits."""
    from gamelabel.study.doctor import examine, fits
    from gamelabel.study.steps import find_root

    found = examine(find_root())
    for name, value in found.lines():
        typer.echo(f"{name:10} {value}")
    typer.echo(f"{'fits':10} {fits(found)}")
