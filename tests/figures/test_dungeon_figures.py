import pandas as pd

from gamelabel.figures import dungeon_figures
from gamelabel.games.dungeon import generate_world
from gamelabel.games.dungeon.world_graph import to_networkx
from tests.figures.reading import texts


def test_each_node_of_a_world_stands_below_what_contains_it(ax):
    world = generate_world(3)
    graph = to_networkx(world)
    positions = dungeon_figures._tree_positions(graph)
    assert len(set(positions.values())) == len(graph)
    for node, holder in world.inside.items():
        assert positions[node][1] == positions[holder][1] - 1
    dungeon_figures.plot_world(ax, graph)
    names = {data["name"] for _, data in graph.nodes(data=True)}
    assert names <= set(texts(ax))


def test_a_curve_has_its_sizes_in_order(ax):
    rows = [(arm, n, n / 1000, 0.0, 1.0) for arm in ("a", "b") for n in (400, 100, 200)]
    curves = pd.DataFrame(rows, columns=["arm", "n_examples", "value", "low", "high"])
    dungeon_figures.plot_accuracy_by_examples(ax, curves)
    assert [line.get_label() for line in ax.lines] == ["a", "b"]
    assert ax.lines[0].get_xydata().tolist() == [[100, 0.1], [200, 0.2], [400, 0.4]]


def test_the_papers_accuracy_is_drawn_for_agents_that_it_has(ax):
    rows = [(arm, n, 0.5, 0.4, 0.6) for arm in ("Seq2Seq", "Transformer") for n in (1, 2)]
    table = pd.DataFrame(rows, columns=["arm", "length", "value", "low", "high"])
    dungeon_figures.plot_by_length(ax, table, {"Seq2Seq": {1: 0.568, 2: 0.243}})
    (paper,) = [line for line in ax.lines if line.get_label() == "Seq2Seq, paper"]
    assert paper.get_xydata().tolist() == [[1, 0.568], [2, 0.243]]


def test_the_first_agent_is_on_top_of_the_constraint(ax):
    rows = [(arm, c, v + 0.2 * c) for arm, v in (("a", 0.1), ("b", 0.3)) for c in (True, False)]
    table = pd.DataFrame(rows, columns=["arm", "constrained", "value"])
    dungeon_figures.plot_constraint(ax, table)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "a"]
    free, constrained = (points.get_offsets().tolist() for points in ax.collections[:2])
    assert free == [[0.3, 0], [0.1, 1]]
    assert constrained == [[0.5, 0], [0.30000000000000004, 1]]
