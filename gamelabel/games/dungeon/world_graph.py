"""A world as a graph of networkx, for drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamelabel.games.dungeon.graph_world import World

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(world: World) -> nx.MultiDiGraph:
    """Return a world as a graph: nodes with kind and states, edges with the label `relation`.

    Labels are "contained_by", "path_to" and "follows", as in Figure 2 of the paper. The graph is a
    copy: changing it does not change the world.

    Parameters
    ----------
    world : World
        The state.

    Raises
    ------
    ModuleNotFoundError
        If networkx is not installed; torch brings it.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> graph = to_networkx(generate_world(0))
    >>> graph.number_of_nodes(), graph.nodes["axe"]["kind"]
    (22, 'object')
    """
    import networkx as nx

    graph = nx.MultiDiGraph()
    for node, kind in world.setting.kind_of.items():
        if kind.kind == "place" or node in world.inside:
            states = sorted(world.states.get(node, ()))
            graph.add_node(node, name=kind.name, kind=kind.kind, states=states)
    for node, holder in world.inside.items():
        graph.add_edge(node, holder, relation="contained_by")
    for place, ends in world.paths.items():
        for end in ends:
            graph.add_edge(place, end, relation="path_to")
    for agent, leader in world.follows.items():
        graph.add_edge(agent, leader, relation="follows")
    return graph
