from typer.testing import CliRunner

import gamelabel
from gamelabel.cli import app


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.strip() == f"gamelabel {gamelabel.__version__}"


def test_no_arguments_shows_the_help() -> None:
    assert "Preference data from play" in CliRunner().invoke(app, []).output
