from typer.testing import CliRunner

from gamelabel.cli import app


def play(*lines: str, seed: int = 0) -> str:
    result = CliRunner().invoke(app, ["dungeon", "--seed", str(seed)], input="\n".join(lines))
    assert result.exit_code == 0, result.output
    return result.output


def test_a_game_in_the_terminal_ends_with_quit_or_the_end_of_its_input() -> None:
    assert "You did 0 actions." in play("look", "Quit", "go tower")
    assert "You are in the tower.\n" in play("go tower")
    assert play("go tower").rstrip().endswith("You did 1 action.")


def test_a_seed_gives_the_same_game_again() -> None:
    assert play("look", "actions", seed=5) == play("look", "actions", seed=5)
    assert play("look", seed=5) != play("look", seed=6)


def test_bad_input_is_answered_and_the_game_goes_on() -> None:
    output = play("", "x" * 10_000, "dance", "go tower")
    assert "Type a command" in output and "10,000" in output and "dance" in output
    assert output.rstrip().endswith("You did 1 action.")
