import re
from pathlib import Path

import pytest

from gamelabel.service.games import read_games
from gamelabel.service.start import serve

DOCS = (Path(__file__).parents[2] / "docs/deployment.md").read_text()


def test_the_games_of_the_documentation_are_read(tmp_path: Path) -> None:
    path = tmp_path / "games.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", DOCS, re.DOTALL)[1])
    (game,) = read_games(path)
    assert (game.game_id, game.coins, game.pool) == ("hills", 50, "study")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "must map"),
        ("hills: 3", "nothing else"),
        ("hills: {title: x, colour: red}", "nothing else"),
        ("hills: {title: x}", "hills.*origin"),
        (
            "hills: {title: x, origin: 'https://x.example', launch_keys: [abc]}",
            "no Ed25519 public key",
        ),
        ("hills: {title: x, origin: 'http://x.example', launch_keys: [abc]}", "must be https"),
    ],
)
def test_a_bad_file_of_games_is_refused_with_the_reason(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "games.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=says):
        read_games(path)


def test_nothing_to_serve_is_said() -> None:
    with pytest.raises(ValueError, match="give --study"):
        serve(None, None, "", None, "127.0.0.1", 0, 1.0, False)
