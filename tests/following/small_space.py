"""A few actions, a vocabulary, and random examples about them."""

import torch

from gamelabel.following.action_space import ActionSpace
from gamelabel.following.encoded_examples import EncodedExamples
from gamelabel.following.vocabulary import Vocabulary, build_vocabulary
from gamelabel.games.dungeon import STOP, Action

PLACES = ("tower", "cavern")
OBJECTS = ("apple", "gold ring", "axe")
HOLDERS = ("troll", "treasure chest")
ACTIONS = (
    *(Action("go", place) for place in PLACES),
    *(Action(verb, thing) for verb in ("get", "drop") for thing in OBJECTS),
    *(Action("put", thing, holder) for thing in OBJECTS for holder in HOLDERS),
    STOP,
)
SPACE = ActionSpace(ACTIONS)
WORDS = [f"word{i}" for i in range(12)]


def make_words() -> Vocabulary:
    return build_vocabulary(WORDS, [name for name in SPACE.arguments if name], min_count=1)


def random_examples(n: int, seed: int = 0, max_actions: int = 4) -> EncodedExamples:
    """Return examples whose words, answers and places are random."""
    generator = torch.Generator().manual_seed(seed)

    def numbers(low: int, high: int, *shape: int) -> torch.Tensor:
        return torch.randint(low, high, shape, generator=generator)

    lengths, steps = numbers(1, 9, n), numbers(1, max_actions + 2, n)
    words = numbers(1, len(make_words()), n, 8)
    words[torch.arange(8) >= lengths[:, None]] = 0
    actions = numbers(0, SPACE.stop, n, max_actions + 1)
    actions[torch.arange(max_actions + 1) >= steps[:, None] - 1] = SPACE.stop
    places = torch.tensor([SPACE.arguments.index(place) for place in PLACES])
    possible = numbers(0, 2, n, max_actions + 1, len(SPACE)).bool()
    possible.scatter_(2, actions[..., None], True)
    place = places[numbers(0, 2, n, max_actions + 1)]
    return EncodedExamples(words, lengths, actions, steps, place, possible)
