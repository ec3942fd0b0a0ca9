"""Examples whose commands are the actions themselves, typed: easy to learn."""

import random

from gamelabel.following.command_examples import CommandExample
from gamelabel.games.dungeon import DUNGEON, apply, generate_world, valid_actions


def typed_examples(n: int, seed: int = 0, max_actions: int = 2) -> list[CommandExample]:
    """Return examples of three teachers, such as "get axe then hit troll"."""
    rng = random.Random(seed)
    examples = []
    for number in range(n):
        world = generate_world(rng.randrange(10**6))
        state, actions = world, []
        for _ in range(rng.randint(1, max_actions)):
            possible = [a for a in valid_actions(state) if a in DUNGEON.action_index]
            actions.append(rng.choice(possible))
            state = apply(state, actions[-1])
        command = " then ".join(action.text for action in actions)
        teacher = f"teacher{number % 3}"
        examples.append(CommandExample(f"e{number}", teacher, world, command, tuple(actions)))
    return examples
