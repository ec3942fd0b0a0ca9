"""`gamelabel run | status | verify | publish | claims | doctor`: the study on the command line."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gamelabel.study.steps import Study

ProfileOption = Annotated[
    str,
    typer.Option(
        "--profile",
        help="smoke (minutes), small (the paper's size on the embedded model) or paper (needs a"
        " GPU and the model hub); a YAML file in notebooks/profiles.",
    ),
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        metavar="NAME=VALUE",
        help="Set a parameter in every notebook that has it; may be repeated. An unknown NAME"
        " gets a suggestion.",
    ),
]


def _study(profile: str) -> Study:
    from gamelabel.study.profiles import open_study

    return open_study(profile)


def run_command(
    profile: ProfileOption = "small",
    chapter: Annotated[
        str,
        typer.Option(
            metavar="NAME|all",
            help="The chapter of the study to run. An unknown NAME lists the chapters.",
        ),
    ] = "pairs",
    start: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="STEP",
            help="Run this step and all that depend on it, whether they are due or not.",
        ),
    ] = "",
    only: Annotated[
        str, typer.Option(metavar="STEP", help="Run this step alone, whether it is due or not.")
    ] = "",
    parameter: ParameterOption = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="The number of processes: of independent steps, and of a step that shares its"
            " work. By default that of the profile. The results do not depend on it.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="tcp://HOST:PORT",
            help="The address of a Dask scheduler, whose workers share the work instead; see"
            " docs/cluster.md.",
        ),
    ] = None,
) -> None:
    """Run the steps of the study that are due, and write the report.

    A step is due if its notebook, the code that it uses, its inputs, its parameters or
    requirements.lock have changed, or a file that it wrote is missing or modified. After a failure
    or Ctrl-C, the same command resumes. STEP is a name such as `03_labels`, or its number.

    Examples:

    `gamelabel run --profile smoke` runs everything at a small size, in a few minutes.

    `gamelabel run --profile smoke -p n_players=40` simulates forty players, and runs only the
    steps that this changes.

    `gamelabel run --profile smoke --only 04` runs notebook 4 again.

    Exit status: 0 done, 1 a step failed, 2 an argument or file is invalid, 130 interrupted.
    """
    from gamelabel.report.write import write_report
    from gamelabel.study.claims import counts_text
    from gamelabel.study.runner import run_study

    study = _study(profile)
    result = run_study(study, parameter or [], jobs, cluster, start, only, chapter)
    judged = write_report(result)
    if result.interrupted:
        typer.echo("interrupted; run the same command again to resume", err=True)
        raise typer.Exit(130)
    for line in counts_text(judged):
        typer.echo(line)
    typer.echo(f"report: {study.report_dir / 'index.html'}")
    if not result.complete:
        typer.echo(
            "the run is incomplete: fix what failed and run the same command again to resume",
            err=True,
        )
        raise typer.Exit(1)


def status_command(profile: ProfileOption = "small", parameter: ParameterOption = None) -> None:
    """Show for each step whether its results are up to date, and if not, what changed or failed.

    With `-p NAME=VALUE`, show what a run with this parameter would do.
    """
    from gamelabel.study.progress import format_seconds
    from gamelabel.study.runner import step_status

    steps = step_status(_study(profile), parameter or [])
    width = max(map(len, steps))
    for step, (reason, seconds) in steps.items():
        time = "" if seconds is None else f" ({format_seconds(seconds)})"
        typer.echo(f"{step:{width}}  {reason or 'up to date'}{time}")


def verify_command(
    report: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="The folder of a report, such as reports/reference/small; by default that of the"
            " profile's last run.",
        ),
    ] = None,
    profile: ProfileOption = "small",
) -> None:
    """Hash every file of a report, and every input and output of its steps, and list differences.

    The report's `manifest.json` has the expected hashes. Exit status 1 if a file differs.

    Examples:

    `gamelabel verify --profile smoke` checks the last run of `smoke`.

    `gamelabel verify reports/reference/small` checks the published run.
    """
    from gamelabel.study.steps import find_root
    from gamelabel.study.verification import verify_report

    checked, problems, notes = verify_report(
        report or _study(profile).report_dir, find_root(report and report.resolve())
    )
    for line in (*problems, *notes):
        typer.echo(line)
    result = f"{len(problems)} differ from the manifest" if problems else "all as in the manifest"
    typer.echo(f"{checked} files and folders: {result}")
    raise typer.Exit(1 if problems else 0)


def publish_command(
    profile: ProfileOption = "small",
    dirty: Annotated[
        bool,
        typer.Option(
            "--dirty",
            help="Publish although files of the project had changed since the commit of the run.",
        ),
    ] = False,
) -> None:
    """Publish the last run of a profile: copy its results to `reports/reference/PROFILE`.

    The folder, which is to be committed, gets the manifest, claims, metrics and figures, and a
    README.md that shows them. Where the project's README shows results of the profile, they are
    replaced. A run that is incomplete, had other parameters than the profile or whose files have
    changed is refused.

    Example:

    `gamelabel publish --profile small`
    """
    from gamelabel.report.publish import publish

    published = publish(_study(profile), allow_dirty=dirty)
    largest, size = max(published.sizes.items(), key=lambda item: item[1])
    total = sum(published.sizes.values()) / 1e6
    typer.echo(
        f"{published.folder}: {len(published.sizes)} files, {total:.1f} MB;"
        f" the largest is {largest}, {size / 1e6:.1f} MB"
    )
    if published.readme:
        typer.echo("README.md shows these results")


def claims_command(
    profile: ProfileOption = "small",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the content of claims.json instead.")
    ] = False,
) -> None:
    """Compare the claims of the papers with what the last run measured.

    Each claim has the paper's number, the range that its wording accepts, our number with its
    interval, and a verdict; docs/claims.md describes the verdicts.
    """
    from gamelabel.study.claims import claims_text

    path = _study(profile).report_dir / "claims.json"
    if not path.exists():
        raise ValueError(f"{path} not found: gamelabel run --profile {profile} writes it")
    judged = json.loads(path.read_text(encoding="utf-8"))
    if as_json:
        typer.echo(json.dumps(judged, ensure_ascii=False))
        return
    typer.echo(claims_text(judged))


def plan_command(
    profile: ProfileOption = "small",
    card: Annotated[
        float,
        typer.Option(min=0, metavar="GB", help="Plan for a GPU of this memory; 0 for this one's."),
    ] = 0,
    parameter: ParameterOption = None,
) -> None:
    """Show what each step will take before anything runs: time, GPU memory, memory and disk.

    Computed from the model's configuration and the profile. Steps that are not listed use no
    model. Exit status 1 if a step does not fit the GPU; the message says what would make it fit.

    Examples:

    `gamelabel plan --profile paper --card 48` plans the full study for a card of 48 GB.
    """
    from gamelabel.study.doctor import this_hardware
    from gamelabel.study.plan import Hardware, plan_study, plan_text
    from gamelabel.study.profiles import read_profile

    study = _study(profile)
    hardware = Hardware(card, "") if card else this_hardware()
    plans = plan_study(study, read_profile(study, parameter or []), hardware)
    typer.echo(plan_text(plans, hardware))
    problems = [plan.problem for plan in plans if plan.problem]
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)


def doctor_command() -> None:
    """Show what this machine has (GPU, memory, disk, hub, data) and which profile it can run."""
    from gamelabel.study.doctor import examine, profile_needs, suggest_profile
    from gamelabel.study.steps import find_root

    machine = examine(find_root())
    profiles = ("small", "paper")
    needs = {name: partial(profile_needs, _study(name), machine) for name in profiles}
    for name, value in [*machine.lines(), ("profile", suggest_profile(machine, needs))]:
        typer.echo(f"{name:10} {value}")
