"""The programs of docs/descent.md and docs/dungeon.md run, and do what the text says."""

import re
from pathlib import Path

import pytest

from gamelabel.games.descent import VARIANTS
from gamelabel.games.descent.descent_tables import DESCENT_TABLES
from gamelabel.games.dungeon import Action, valid_actions

DOCS = Path(__file__).parents[3] / "docs"


def programs(name: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (DOCS / name).read_text(), re.MULTILINE | re.DOTALL)


def test_a_learner_of_one_s_own_takes_at_most_40_lines(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = programs("descent.md")
    assert len(program.splitlines()) <= 40
    names: dict = {}
    exec(compile(program, "docs/descent.md", "exec"), names)
    board = names["board"].set_index("teacher_id")
    assert set(board.index) == {"ann", "bo", "cy"} and board["bonus"].sum() == 3.0
    assert board["score"].between(0, 1).all() and "rank" in capsys.readouterr().out


def test_the_variants_and_the_files_are_those_described() -> None:
    text = (DOCS / "descent.md").read_text()
    for name, rules in VARIANTS.items():
        row = re.search(rf"^\| `{name}` \|(.*)\|$", text, re.MULTILINE)
        cells = [cell.strip() for cell in row[1].split("|")]
        number = "at least 10" if rules.most > rules.least else "10"
        shown = ["yes" if rules.model_feedback else "no", "yes" if rules.competitive else "no"]
        assert cells == [number, *shown]
    assert all(f"`{name}.parquet`" in text for name in DESCENT_TABLES)


def test_the_dungeon_s_programs_run() -> None:
    first, second = programs("dungeon.md")
    names: dict = {}
    exec(compile(first, "docs/dungeon.md", "exec"), names)
    assert names["after"].state_key() != names["world"].state_key()
    exec(compile(second, "docs/dungeon.md", "exec"), names)
    world = names["world"]
    world.inside["torch"] = "dragon"
    assert Action("light", "torch") in valid_actions(world)
