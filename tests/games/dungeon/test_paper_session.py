"""What the paper shows: Figure 2's game line by line, Table 2's commands, the size of the world."""

from collections import Counter

import pytest

from gamelabel.games.dungeon import DUNGEON, STOP, end_state, generate_world, valid_actions
from gamelabel.games.dungeon.command_parser import actions_text, parse_actions
from gamelabel.games.dungeon.dungeon_session import DungeonSession
from tests.games.dungeon.paper_worlds import FIGURE_2, TABLE_2, figure_2_world, table_2_world


def test_figure_2_line_by_line() -> None:
    session, shown = DungeonSession(figure_2_world()), []
    for line in FIGURE_2.splitlines():
        if line.startswith("> "):
            shown += [line, *session.reply(line[2:]).splitlines()]
    assert shown == FIGURE_2.splitlines()


@pytest.mark.parametrize(("command", "actions", "start", "meant"), TABLE_2)
def test_a_command_of_table_2_is_possible_and_leads_to_what_is_meant(
    command: str, actions: str, start: dict[str, str], meant: dict[str, tuple[str, str]]
) -> None:
    before, sequence = table_2_world(start), parse_actions(actions)
    assert actions_text(sequence) == actions and len(sequence) <= 4
    after = end_state(before, sequence)
    expected = before.copy()
    for node, (holder, state) in meant.items():
        if holder:
            expected.inside[node] = holder
        else:
            del expected.inside[node]
        if state:
            expected.set_state(node, state)
    assert after.state_key() == expected.state_key()
    assert after.state_key() != before.state_key()


def test_the_world_has_the_paper_s_size() -> None:
    counts = Counter(kind.kind for kind in DUNGEON.kind_of.values())
    assert counts == {"place": 3, "agent": 3, "object": 14, "container": 2}
    assert len(DUNGEON.action_types) == 15


def test_the_models_choose_from_163_actions_of_the_published_kinds() -> None:
    counts = Counter(action.type for action in DUNGEON.model_actions)
    assert len(set(DUNGEON.model_actions)) == 163 and DUNGEON.model_actions[-1] == STOP
    assert counts == {
        "go": 3, "get": 14, "drop": 14, "eat": 2, "drink": 1, "wear": 4, "remove": 4, "wield": 5,
        "unwield": 5, "put": 26, "get_from": 26, "give": 28, "take": 28, "hit": 2, "stop": 1,
    }  # fmt: skip
    assert len(DUNGEON.arguments) == 19 and len(DUNGEON.model_types) == 15


def test_random_worlds_have_about_as_many_valid_actions_as_the_published_ones() -> None:
    """Published, `stop` included: 12.2 on average, 2 to 41, over states that players reached."""
    counts = [len(valid_actions(generate_world(seed))) for seed in range(2000)]
    assert 11 < sum(counts) / len(counts) + 1 < 14 and min(counts) >= 1 and max(counts) < 50
