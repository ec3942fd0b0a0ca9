from typer.testing import CliRunner

import gamelabel
from gamelabel.cli import app


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.strip() == f"gamelabel {gamelabel.__version__}"


def test_no_arguments_shows_the_help() -> None:
    assert "Preference data from play" in CliRunner().invoke(app, []).output


def test_the_demo_refuses_a_run_and_games_of_ones_own() -> None:
    for option in ("--study", "--games"):
        result = CliRunner().invoke(app, ["serve", "--demo", option, "nowhere"])
        assert isinstance(result.exception, ValueError)
        assert "leave out --study and --games" in str(result.exception)
