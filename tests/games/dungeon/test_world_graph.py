import pytest

from gamelabel.games.dungeon import Action, end_state, generate_world
from gamelabel.games.dungeon.world_graph import to_networkx
from tests.games.dungeon.paper_worlds import figure_2_world

pytest.importorskip("networkx")


def test_the_graph_of_figure_2_has_its_nodes_and_labelled_edges() -> None:
    world = end_state(figure_2_world(), [Action("hit", "troll"), Action("go", "cavern")])
    graph = to_networkx(world)
    edges = {(start, end, label) for start, end, label in graph.edges(data="relation")}
    assert {("dragon", "cavern", "contained_by"), ("forest", "cavern", "path_to")} <= edges
    assert graph.nodes["troll"]["states"] == ["dead"] and len(graph) == 22


def test_what_was_eaten_is_not_drawn() -> None:
    world = generate_world(0)
    world.inside["beer"] = "dragon"
    assert "beer" not in to_networkx(end_state(world, [Action("drink", "beer")]))
