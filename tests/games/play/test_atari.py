"""Atari games: determinism, states, recordings and the cooperative variant."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="needs the extra `play`")

from gamelabel.games.play.environments import EnvironmentFault, open_environment
from gamelabel.games.play.frame_codec import FrameDecoder, encode
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.recorded_tables import RecordedEpisode, read_episodes
from gamelabel.games.play.recorder import Recorder, SeatedPlayer
from gamelabel.games.play.recordings import finish
from gamelabel.games.play.replayed import ReplayDiffers, environment_of, replay, verify_replay
from gamelabel.games.play.tasks import Seat, Task
from tests.games.play.atari_tasks import atari, needs_atari, two_players

pytestmark = needs_atari

# Of 6,000 steps each with random actions of one generator for all games, with a new game at each
# end: beginnings of the SHA-256 of all screens and of all memories, and the score.
CHECK_VALUES = {
    "SpaceInvaders": ("06a66fe21c", "bb4b49a2b2", 360),
    "Riverraid": ("31d4b96658", "05e76cbd79", 3300),
    "Breakout": ("fa749e61a6", "62a749e126", 10),
    "BeamRider": ("4928ed4021", "455bc2c12a", 396),
    "Qbert": ("b28e3243da", "a2a49fb5db", 475),
    "MontezumaRevenge": ("253e8c054e", "48a7c36190", 0),
}


@pytest.mark.full
def test_the_emulator_gives_the_same_frames_everywhere() -> None:
    rng = np.random.default_rng(0)
    for game, expected in CHECK_VALUES.items():
        environment = open_environment(atari(game))
        emulator = environment.emulator
        assert emulator is not None
        environment.reset(seed=0)
        screens, memories, score = hashlib.sha256(), hashlib.sha256(), 0.0
        for _ in range(6000):
            action = int(rng.integers(len(environment.actions.names)))
            outcome = environment.step({"player": action})
            screens.update(emulator.screen().tobytes())
            memories.update(emulator.memory().tobytes())
            score += outcome.rewards["player"]
            if outcome.terminated["player"]:
                emulator.ale.reset_game()
        assert (screens.hexdigest()[:10], memories.hexdigest()[:10], score) == expected, game


@pytest.mark.parametrize("task", [atari("BeamRider"), two_players()], ids=lambda task: task.name)
def test_a_state_continues_in_another_environment(task: Task) -> None:
    rng = np.random.default_rng(2)
    first = open_environment(task)
    draws = [{seat: first.actions.sample(seat, rng) for seat in first.seats} for _ in range(700)]
    first.reset(seed=1)
    for actions in draws[:400]:
        first.step(actions)
    state = first.save_state()
    assert state is not None
    second = open_environment(task)
    second.reset(seed=9)
    second.load_state(state)
    for actions in draws[400:]:
        one, other = first.step(actions), second.step(actions)
        assert one.rewards == other.rewards
        assert np.array_equal(first.picture().rgb(), second.picture().rgb())
        assert np.array_equal(first.memory(), second.memory())  # type: ignore[arg-type]


def record(folder: Path, task: Task, frames: int = 900, episodes: int = 2) -> None:
    environment = open_environment(task)
    players = {seat.name: SeatedPlayer(seat.name) for seat in task.seats}
    recorder = Recorder(folder, "game", task, environment, players)
    loop = Loop(task, environment, [], seed=4, recorder=recorder)
    for _ in range(episodes):
        loop.begin_episode()
        while not loop.is_over and loop.frame < frames:
            loop.advance()
        loop.end_episode("left")
    finish(recorder.close())


@pytest.mark.parametrize(
    "task",
    [
        atari("SpaceInvaders", "space_invaders", no_ops=30),
        atari("BeamRider", "random", no_ops=30),
        two_players("space_invaders", co_operation="mean"),
    ],
    ids=lambda task: task.name,
)
def test_recordings_are_replayed_exactly(task: Task, tmp_path: Path) -> None:
    record(tmp_path, task)
    first, second = read_episodes(tmp_path, "game")
    assert first.episode["restore"] == "state"
    assert first.episode["no_ops"] != second.episode["no_ops"] or task.no_ops == 0
    verify_replay(second)
    verify_replay(first)  # in another order
    versions = json.loads(first.episode["versions"])
    assert len(versions["rom_md5"]) == 32
    assert "ale-py" in versions or "multi-agent-ale-py" in versions


def test_the_first_frame_of_a_replay_is_the_one_that_was_played(tmp_path: Path) -> None:
    task = atari("SpaceInvaders", "random", no_ops=30)
    record(tmp_path, task, frames=40, episodes=1)
    (recorded,) = read_episodes(tmp_path, "game")
    played = open_environment(task)
    played.reset(recorded.episode["seed"], recorded.episode["no_ops"])
    environment = environment_of(recorded)
    next(replay(recorded, environment))
    assert np.array_equal(environment.picture().rgb(), played.picture().rgb())


def altered(recorded: RecordedEpisode, **changes: Any) -> RecordedEpisode:
    return RecordedEpisode({**recorded.episode, **changes}, recorded.seats, recorded.steps)


def test_what_differs_is_named(tmp_path: Path) -> None:
    record(tmp_path, atari("SpaceInvaders", "space_invaders"), frames=1900, episodes=1)
    (recorded,) = read_episodes(tmp_path, "game")
    steps = recorded.steps.copy()
    steps.loc[steps.index[650:950], "action"] = 0
    with pytest.raises(ReplayDiffers) as error:
        verify_replay(RecordedEpisode(recorded.episode, recorded.seats, steps))
    assert "game-001 differs" in str(error.value)
    versions = json.loads(recorded.episode["versions"]) | {"rom_md5": "0" * 32}
    other_rom = altered(recorded, versions=json.dumps(versions), memory_sha256="0" * 64)
    with pytest.raises(ReplayDiffers, match=f"memory_sha256 differs .* rom_md5 {'0' * 32}"):
        verify_replay(other_rom)
    damaged = bytearray(recorded.episode["checkpoints"])
    damaged[4] ^= 1
    with pytest.raises(ReplayDiffers, match="the first of them between 601 and 1200"):
        verify_replay(altered(recorded, checkpoints=bytes(damaged)))
    with pytest.raises(EnvironmentFault, match="cannot be made"):
        verify_replay(altered(recorded, environment="ale_py:ALE/NoSuchGame-v5"))


@pytest.mark.full
def test_only_the_others_loss_is_taken_away() -> None:
    """Every 200 comes with its flag, and the command ship's points are kept."""
    plain, shared = (
        open_environment(two_players(**more)) for more in ({}, {"co_operation": "sum"})
    )
    rng = np.random.default_rng(0)
    for environment in (plain, shared):
        environment.reset(seed=0)
    values = set()
    actions: dict[str, Any] = {}
    for frame in range(13_000):
        if frame % 6 == 0:
            actions = {seat: plain.actions.sample(seat, rng) for seat in plain.seats}
        game, mean = plain.step(actions), shared.step(actions)
        values |= set(game.rewards.values())
        kept = sum(0 < reward < 200 for reward in game.rewards.values())
        assert set(mean.rewards.values()) == {float(kept)}
        if any(game.terminated.values()):
            for environment in (plain, shared):
                environment.reset(seed=frame)
    assert {200.0, 100.0} <= values


def test_cooperation_is_for_two_players_of_an_emulator() -> None:
    with pytest.raises(EnvironmentFault, match="co_operation of SpaceInvaders is for"):
        open_environment(atari("SpaceInvaders", co_operation="mean"))


@pytest.mark.parametrize(
    ("game", "policy"), [("SpaceInvaders", "space_invaders"), ("Riverraid", "river_raid")]
)
def test_a_scripted_player_is_far_better_than_chance(game: str, policy: str) -> None:
    def score(policy: str) -> float:
        loop = Loop(atari(game, policy), open_environment(atari(game)), [])
        loop.begin_episode()
        while not loop.is_over and loop.frame < 2500:
            loop.advance()
        return loop.scores["player"]

    assert score(policy) > 2 * score("random")


@pytest.mark.parametrize("game", ["SpaceInvaders", "Riverraid", "Breakout"])
def test_frames_arrive_as_they_were_sent(game: str) -> None:
    environment = open_environment(atari(game))
    environment.reset(seed=0)
    rng = np.random.default_rng(0)
    decoder, previous, sent = FrameDecoder(), None, 0
    for frame in range(1, 601):
        environment.step({"player": environment.actions.sample("player", rng)})
        picture = environment.picture()
        message = encode(picture, previous, frame)
        previous, sent = picture, sent + len(message)
        assert environment.emulator is not None
        assert np.array_equal(decoder.decode(message), environment.emulator.rgb())
    assert sent / 600 < 700


def test_sticky_actions_are_restored_too(tmp_path: Path) -> None:
    arguments = {"frameskip": 1, "repeat_action_probability": 0.25, "obs_type": "ram"}
    seats = (Seat(policy="random"),)
    task = Task("sticky", "ale_py:ALE/Breakout-v5", arguments, seats=seats)
    record(tmp_path, task, frames=300, episodes=1)
    verify_replay(read_episodes(tmp_path, "game")[0])
