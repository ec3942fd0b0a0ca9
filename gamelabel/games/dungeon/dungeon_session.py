"""A game in text: what is typed goes in, what the player is told comes out."""

from __future__ import annotations

from gamelabel.games.dungeon.action import Action
from gamelabel.games.dungeon.command_parser import (
    Question,
    UnknownCommand,
    parse_command,
    usages,
)
from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.refusals import explain_refusal
from gamelabel.games.dungeon.world_actions import apply, relation_to_actor, valid_actions
from gamelabel.games.dungeon.world_text import (
    describe_action,
    describe_inventory,
    describe_node,
    describe_place,
)


class DungeonSession:
    """A player in a world.

    Attributes
    ----------
    world : World
        The state now.
    done : list of Action
        What the player did, in order.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> session = DungeonSession(generate_world(0))
    >>> session.reply("dance")
    'I do not know how to "dance". Type help for what you can do.'
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.done: list[Action] = []

    def reply(self, text: str) -> str:
        """Do what was typed and return what the player is told; never raises for bad input."""
        try:
            command = parse_command(text, self.world.setting)
        except UnknownCommand as error:
            return str(error)
        if isinstance(command, Question):
            return self._answer(command)
        refusal = explain_refusal(self.world, command)
        if refusal:
            return refusal
        before, self.world = self.world, apply(self.world, command)
        self.done.append(command)
        return describe_action(before, command, self.world)

    def _answer(self, question: Question) -> str:
        if question.what == "look":
            return describe_place(self.world)
        if question.what == "inventory":
            return describe_inventory(self.world)
        if question.what == "actions":
            return "\n".join(action.text for action in valid_actions(self.world))
        if question.what == "help":
            return "\n".join(["look", "inventory", "actions", "examine <thing>", *self._usages()])
        for node in self.world.setting.nodes_of[question.name]:
            if node in (self.world.place, self.world.actor):
                is_place = node == self.world.place
                return describe_place(self.world) if is_place else describe_inventory(self.world)
            if relation_to_actor(self.world, node) in ("here", "carried"):
                return describe_node(self.world, node)
        return f"The {question.name} is not here."

    def _usages(self) -> list[str]:
        return usages(self.world.setting)
