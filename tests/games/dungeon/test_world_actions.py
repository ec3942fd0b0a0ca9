"""Properties of the world: inverses, validity, replay, equality, and its tables' extensibility."""

import json
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.games.dungeon import (
    DUNGEON,
    STOP,
    Action,
    ActionType,
    Argument,
    NodeKind,
    World,
    apply,
    end_state,
    find_nodes,
    generate_world,
    valid_actions,
)
from gamelabel.games.dungeon.action_types import move_agent
from gamelabel.games.dungeon.dungeon_session import DungeonSession
from gamelabel.games.dungeon.refusals import explain_refusal

INVERSES = {
    "get": lambda a, _: Action("drop", a.first),
    "drop": lambda a, _: Action("get", a.first),
    "wear": lambda a, _: Action("remove", a.first),
    "remove": lambda a, _: Action("wear", a.first),
    "wield": lambda a, _: Action("unwield", a.first),
    "unwield": lambda a, _: Action("wield", a.first),
    "put": lambda a, _: Action("get_from", a.first, a.second),
    "give": lambda a, _: Action("take", a.first, a.second),
    "go": lambda _, before: Action("go", before.place),
}
seeds = st.integers(0, 10_000)
lengths = st.integers(0, 25)


def wander(seed: int, steps: int) -> tuple[World, list[Action]]:
    world, rng, done = generate_world(seed), random.Random(seed), []
    for _ in range(steps):
        done.append(rng.choice(valid_actions(world)))
        world = apply(world, done[-1])
    return world, done


@given(seeds, lengths)
@settings(max_examples=150, deadline=None)
def test_an_action_and_its_inverse_give_the_state_back(seed: int, steps: int) -> None:
    world, _ = wander(seed, steps)
    for action in valid_actions(world):
        if action.type in INVERSES:
            there = apply(world, action)
            back = apply(there, INVERSES[action.type](action, world))
            assert back.state_key() == world.state_key(), action
            assert there.state_key() != world.state_key(), action


@given(seeds, lengths)
@settings(max_examples=100, deadline=None)
def test_valid_actions_are_exactly_those_that_can_be_done(seed: int, steps: int) -> None:
    world, _ = wander(seed, steps)
    valid = valid_actions(world)
    assert len(set(valid)) == len(valid)
    every = [*DUNGEON.model_actions[:-1], Action("follow", "orc"), Action("follow", "troll")]
    for action in every:
        possible = find_nodes(world, action) is not None
        assert possible == (action in valid)
        assert possible == (explain_refusal(world, action) == "")
        if possible:
            apply(world, action)
        else:
            with pytest.raises(ValueError, match=f"not possible in this state: {action.text}"):
                apply(world, action)


@given(seeds, lengths)
@settings(max_examples=50, deadline=None)
def test_replay_gives_the_same_bytes_and_leaves_the_start_alone(seed: int, steps: int) -> None:
    world, done = wander(seed, steps)
    start = generate_world(seed)
    before = start.to_json()
    replayed = end_state(start, done)
    assert replayed.to_json() == world.to_json() and start.to_json() == before
    restored = World.from_json(world.to_json(), DUNGEON)
    assert restored.to_json() == world.to_json()
    assert valid_actions(restored) == valid_actions(world)
    assert pickle.loads(pickle.dumps(world)).setting is DUNGEON


def test_every_state_has_an_action_and_stop_changes_nothing() -> None:
    for seed in range(200):
        world, _ = wander(seed, 30)
        assert valid_actions(world) and STOP not in valid_actions(world)
        assert apply(world, STOP).state_key() == world.state_key()


def test_equal_states_are_equal_whichever_apple_was_taken() -> None:
    worlds = [generate_world(3), generate_world(3)]
    worlds[0].inside["apple 1"] = "dragon"
    worlds[1].inside["apple 3"] = "dragon"
    assert worlds[0].state_key() == worlds[1].state_key()
    assert worlds[0].published_key() == worlds[1].published_key()
    worlds[1].inside["apple 2"] = "dragon"
    assert worlds[0].state_key() != worlds[1].state_key()


def test_the_published_equality_remembers_what_was_worn_and_ours_does_not() -> None:
    world = generate_world(3)
    world.inside["armor"] = "dragon"
    after = end_state(world, [Action("wear", "armor"), Action("remove", "armor")])
    assert after.state_key() == world.state_key()
    assert after.published_key() != world.published_key()


def test_a_state_differs_by_who_is_dead_what_is_worn_and_who_is_followed() -> None:
    world = generate_world(3)
    world.inside |= {"orc": world.place, "armor": "dragon"}
    acts = [Action("hit", "orc"), Action("wear", "armor"), Action("follow", "orc")]
    assert len({apply(world, act).state_key() for act in acts} | {world.state_key()}) == 4


def test_a_follower_moves_along_and_not_from_another_place() -> None:
    world = generate_world(3)
    world.inside |= {"dragon": "forest", "orc": "forest", "troll": "tower"}
    world = apply(world, Action("follow", "orc"))
    world.follows |= {"orc": "dragon", "troll": "orc"}  # a circle, and one who is elsewhere
    move_agent(world, "orc", "cavern")
    assert (world.place, world.inside["orc"], world.inside["troll"]) == (
        "cavern",
        "cavern",
        "tower",
    )


def test_things_in_a_container_in_a_container_are_out_of_reach() -> None:
    world = generate_world(3)
    world.inside |= {"treasure chest": world.place, "leather pouch": "treasure chest"}
    world.inside["axe"] = "leather pouch"
    assert Action("get_from", "axe", "leather pouch") not in valid_actions(world)
    assert Action("get_from", "leather pouch", "treasure chest") in valid_actions(world)


def test_a_dead_actor_can_do_nothing() -> None:
    world = generate_world(3)
    world.set_state("dragon", "dead")
    assert valid_actions(world) == [] and "You are dead" in explain_refusal(
        world, Action("go", "tower")
    )


def light(world: World, thing: str, _: str) -> None:
    world.set_state(thing, "lit")


LIGHT = ActionType(
    "light",
    (Argument("flammable", "carried", forbids=frozenset({"lit"})),),
    light,
    reply="{The_first} burns.",
    condition=lambda world, *_: world.place == "swamp",
    refusal="Your fire only works in the swamp.",
)
TORCH = NodeKind("torch", "object", frozenset({"flammable", "wieldable"}))
SWAMP = NodeKind("swamp", "place")


def move_there(world: World, place: str) -> World:
    moved = world.copy()
    moved.inside["dragon"] = place
    return moved


def test_a_new_action_object_and_place_are_an_entry_each() -> None:
    larger = DUNGEON.with_entries(LIGHT, TORCH, SWAMP)
    world = generate_world(5, larger)
    near = world.paths["swamp"][0]
    assert apply(move_there(world, near), Action("go", "swamp")).place == "swamp"
    world.inside |= {"torch": "dragon", "dragon": "swamp"}
    session = DungeonSession(world)
    assert Action("light", "torch") in valid_actions(world)
    assert [session.reply(line) for line in ("Light the torch", "light torch", "wield torch")] == [
        "The torch burns.",
        "The torch is lit.",
        "Done.",
    ]
    assert session.world.states["torch"] == {"lit", "wielded"}
    assert session.reply("light axe") == "You cannot light the axe."
    world.inside["dragon"] = "forest"
    assert Action("light", "torch") not in valid_actions(world)
    assert DungeonSession(world).reply("light torch") == "Your fire only works in the swamp."
    # 1 go, 2 get and drop, 2 wield and unwield, 4 put and get from, 4 give and take, 1 light
    assert len(larger.model_actions) == 163 + 14
    assert "torch" not in DUNGEON.kinds and len(DUNGEON.model_actions) == 163


def test_a_setting_names_what_is_wrong_with_its_tables() -> None:
    with pytest.raises(ValueError, match="one node of each name: axe twice"):
        DUNGEON.with_entries(NodeKind("axe", "object"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["inside"].update(axe="moon"), "'moon' is not a node"),
        (lambda c: c["inside"].update({"leather pouch": "leather pouch"}), "contains itself"),
        (lambda c: c["inside"].pop("troll"), "agent 'troll' must be in a place"),
        (lambda c: c["inside"].update(troll="treasure chest"), "agent 'troll' must be in a place"),
        (lambda c: c["paths"].pop("tower"), "place 'tower' must have paths"),
        (lambda c: c.pop("states"), "not a world as `to_json` writes it"),
    ],
)
def test_a_damaged_world_is_refused(change: object, message: str) -> None:
    content = json.loads(generate_world(0).to_json())
    change(content)
    with pytest.raises(ValueError, match=message):
        World.from_json(json.dumps(content), DUNGEON)


def test_an_impossible_action_is_skipped_on_request() -> None:
    world = generate_world(0)
    world.inside["axe"] = "dragon"
    actions = [Action("eat", "axe"), Action("wield", "axe")]
    assert end_state(world, actions, strict=False).has_state("axe", "wielded")
    with pytest.raises(ValueError, match="action 1: not possible"):
        end_state(world, actions)
