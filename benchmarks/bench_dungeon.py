"""Processor time of the text world beside the same world on a networkx graph.

    python -m benchmarks.bench_dungeon

`step` is an action with the list of actions that are valid after it, as a decoder needs them;
`copy` copies a state; `key` makes what end states are compared by. The rival keeps the same state
in a networkx MultiDiGraph, with the same preconditions asked of each candidate. Targets: 80,000
steps a second and 2 microseconds a copy on one core.
"""

import random
from collections.abc import Iterator

import networkx as nx

from benchmarks.timing import make_parser, timed
from gamelabel.games.dungeon import DUNGEON, World, apply, generate_world, valid_actions
from gamelabel.games.dungeon.setting import NO_STATES, Action
from gamelabel.games.dungeon.world_graph import to_networkx


class NetworkxWorld:
    """The same state as edges and attributes of a graph."""

    def __init__(self, graph: nx.MultiDiGraph) -> None:
        self.graph = graph

    def holder(self, node: str) -> str:
        edges = self.graph.out_edges(node, data="relation")
        return next((end for _, end, label in edges if label == "contained_by"), "")

    def relation(self, node: str, second: str) -> str:
        place, holder = self.holder("dragon"), self.holder(node)
        if not holder:
            edges = self.graph.out_edges(place, data="relation")
            return "path" if any(e == node and label == "path_to" for _, e, label in edges) else ""
        if node == "dragon":
            return ""
        if holder in ("dragon", place):
            return "carried" if holder == "dragon" else "here"
        return "within" if holder == second else ""

    def candidates(self) -> Iterator[tuple[Action, str, str]]:
        for action_type in DUNGEON.action_types:
            for first in self.graph:
                for second in self.graph if len(action_type.arguments) == 2 else ("",):
                    if first != second and self.possible(action_type, first, second):
                        names = [self.graph.nodes[n]["name"] for n in (first, second) if n]
                        yield Action(action_type.name, *names), first, second

    def possible(self, action_type: object, first: str, second: str) -> bool:
        for argument, node in zip(action_type.arguments, (first, second), strict=False):
            if argument.trait not in DUNGEON.kind_of[node].traits:
                return False
            states = frozenset(self.graph.nodes[node]["states"]) or NO_STATES
            traits = DUNGEON.kind_of[node].traits
            if not argument.allows(traits, self.relation(node, second), states):
                return False
        return True

    def apply(self, action: Action, first: str, second: str) -> "NetworkxWorld":
        after = NetworkxWorld(self.graph.copy())
        view = _View(after.graph, self.holder)
        DUNGEON.type_of[action.type].transform(view, first, second)
        return after


class _View:
    """What the transformations of the table change, on a networkx graph."""

    actor = "dragon"

    def __init__(self, graph: nx.MultiDiGraph, holder: object) -> None:
        self.graph, self.holder, self.inside, self.follows = graph, holder, self, {}

    place = property(lambda self: self.holder("dragon"))

    def __getitem__(self, node: str) -> str:
        return self.holder(node)

    def __setitem__(self, node: str, holder: str) -> None:
        edges = list(self.graph.out_edges(node, keys=True, data="relation"))
        self.graph.remove_edges_from([e[:3] for e in edges if e[3] == "contained_by"])
        self.graph.add_edge(node, holder, relation="contained_by")

    def __delitem__(self, node: str) -> None:
        self.graph.remove_node(node)

    def set_state(self, node: str, state: str, value: bool = True) -> None:
        states = set(self.graph.nodes[node]["states"]) - {state}
        self.graph.nodes[node]["states"] = sorted(states | ({state} if value else set()))


def walk(worlds: list[World], steps: int) -> list[World]:
    rng, states = random.Random(0), []
    for world in worlds:
        valid = valid_actions(world)
        for _ in range(steps):
            world = apply(world, valid[int(rng.random() * len(valid))])
            valid = valid_actions(world)
            states.append(world)
    return states


def walk_graph(worlds: list[World], steps: int) -> list[set[Action]]:
    rng, seen = random.Random(0), []
    for world in worlds:
        graph_world = NetworkxWorld(to_networkx(world))
        valid = list(graph_world.candidates())
        for _ in range(steps):
            graph_world = graph_world.apply(*valid[int(rng.random() * len(valid))])
            valid = list(graph_world.candidates())
            seen.append({action for action, _, _ in valid})
    return seen


def main() -> None:
    make_parser(__doc__).parse_args()
    worlds = [generate_world(seed) for seed in range(50)]
    seconds, states = timed(lambda: walk(worlds, 20), 20)
    valid = sum(len(valid_actions(world)) for world in states) / len(states)
    print(f"step: {len(states) / seconds:,.0f} a second ({valid:.1f} valid actions on average)")
    ours = seconds / len(states)
    seconds, seen = timed(lambda: walk_graph(worlds[:5], 20), 1)
    print(
        f"  on networkx: {len(seen) / seconds:,.0f} a second, {seconds / len(seen) / ours:,.0f} x"
    )
    for name, work in (("copy", World.copy), ("key", World.state_key), ("json", World.to_json)):
        seconds, _ = timed(lambda work=work: [work(world) for world in states], 20)
        print(f"{name}: {seconds / len(states) * 1e6:.2f} microseconds")
    graphs = [to_networkx(world) for world in states[:100]]
    seconds, _ = timed(lambda: [graph.copy() for graph in graphs], 5)
    print(f"  copy on networkx: {seconds / len(graphs) * 1e6:.0f} microseconds")


if __name__ == "__main__":
    main()
