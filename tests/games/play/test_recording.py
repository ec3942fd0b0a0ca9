"""A game played by a script is recorded, replayed and compared."""

import functools
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("gymnasium", reason="needs the extra `play`")

from gamelabel.games.play import recorded_tables
from gamelabel.games.play.environments import open_environment
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.recorded_tables import RecordedEpisode, game_ids, read_episodes
from gamelabel.games.play.recorder import Recorder, SeatedPlayer
from gamelabel.games.play.recordings import delete_player, delete_players, finish, recover
from gamelabel.games.play.replayed import ReplayDiffers, stored_observations, verify_replay
from gamelabel.games.play.tasks import Seat, Task, TaskStatistic

CART = "gamelabel.games.play.worlds.cart_pole:CartPole"
TASK = Task(
    "balance",
    CART,
    seats=(Seat(played_by="policy", policy="cart_pole"),),
    statistics=(TaskStatistic("score", "score"), TaskStatistic("seconds", "play_time")),
)


def play(folder: Path, task: Task = TASK, steps: int = 120, session: str = "game") -> Path:
    """Play steps of a task, in as many episodes as it takes, and return the journal."""
    environment = open_environment(task)
    players = {"player": SeatedPlayer("p1", "mturk")}
    seconds = (frame / 60 for frame in itertools.count())
    clock = functools.partial(next, seconds)
    recorder = Recorder(folder, session, task, environment, players, clock=clock)
    loop = Loop(task, environment, ["player"], seed=7, recorder=recorder)
    for _ in range(steps):
        if loop.is_over:
            loop.begin_episode()
        loop.advance()
    loop.end_episode("left", "the player left")
    return recorder.close()


def test_a_game_is_recorded_replayed_and_the_same(tmp_path: Path) -> None:
    assert len(finish(play(tmp_path), replays=True)) == 3
    (recorded,) = read_episodes(tmp_path, "game")
    assert recorded.episode["restore"] == "seed"
    assert recorded.episode["frames"] == 120
    assert recorded.episode["ended"] == "left"
    assert recorded.episode["task"] == "balance"
    seat = recorded.seats.iloc[0]
    assert (seat["player_id"], seat["channel"], seat["score"]) == ("p1", "mturk", 120)
    assert seat["seconds"] == 2.0
    assert recorded.steps["seconds"].iloc[59] == 1.0
    assert set(recorded.steps["controller"]) == {"policy"}
    verify_replay(recorded)


def test_every_change_of_an_action_is_named(tmp_path: Path) -> None:
    finish(play(tmp_path), replays=True)
    (recorded,) = read_episodes(tmp_path, "game")
    steps = recorded.steps.copy()
    steps.loc[steps.index[50], "action"] = 1 - int(steps.loc[steps.index[50], "action"])
    with pytest.raises(ReplayDiffers, match="the replay of game-001 differs: "):
        verify_replay(RecordedEpisode(recorded.episode, recorded.seats, steps))


def test_every_change_of_a_statistic_is_named(tmp_path: Path) -> None:
    finish(play(tmp_path), replays=True)
    (recorded,) = read_episodes(tmp_path, "game")
    steps = recorded.steps.copy()
    steps.loc[steps.index[50], "seconds"] += 1 / 60
    with pytest.raises(
        ReplayDiffers, match=r"statistic seconds of player at frame 51 is 0\.85, not"
    ):
        verify_replay(RecordedEpisode(recorded.episode, recorded.seats, steps))
    changes = {"score": 121.0, "seconds": float("nan"), "controller": "human"}
    for name, value in changes.items():
        seats = recorded.seats.assign(**{name: value})
        with pytest.raises(ReplayDiffers, match=f"the {name} of player in the table of seats is "):
            verify_replay(RecordedEpisode(recorded.episode, seats, recorded.steps))
    settings = json.loads(recorded.episode["settings"])
    settings["statistics"][0]["collector"] = "applause"
    episode = {**recorded.episode, "settings": json.dumps(settings)}
    with pytest.raises(ReplayDiffers, match="there is no statistic 'applause'"):
        verify_replay(RecordedEpisode(episode, recorded.seats, recorded.steps))


def test_a_replay_starts_with_the_idle_steps_of_the_task(tmp_path: Path) -> None:
    finish(play(tmp_path, replace(TASK, idle_action=1, no_ops=8)), replays=True)
    episodes = read_episodes(tmp_path, "game")
    assert max(recorded.episode["no_ops"] for recorded in episodes) > 0
    for recorded in episodes:
        assert recorded.episode["restore"] == "seed"
        verify_replay(recorded)


def test_another_version_is_named(tmp_path: Path) -> None:
    finish(play(tmp_path), replays=True)
    (recorded,) = read_episodes(tmp_path, "game")
    versions = json.loads(recorded.episode["versions"]) | {"gymnasium": "0.1"}
    episode = {**recorded.episode, "versions": json.dumps(versions), "observation_sha256": "no"}
    with pytest.raises(ReplayDiffers, match=r"recorded with gymnasium 0\.1, now "):
        verify_replay(RecordedEpisode(episode, recorded.seats, recorded.steps))


RANDOM = '''
import gymnasium, numpy as np
from gymnasium import spaces

class Dice(gymnasium.Env):
    """Draws from a generator that no seed reaches."""

    observation_space = spaces.Dict(
        {"eyes": spaces.Box(0, 1, (2,), np.float64), "sum": spaces.Discrete(3)}
    )
    action_space = spaces.Box(-1, 1, (2,))

    def __init__(self, render_mode=None):
        self.draws = np.random.default_rng()

    def look(self):
        return {"eyes": self.draws.random(2), "sum": 2}

    def reset(self, *, seed=None, options=None):
        return self.look(), {}

    def step(self, action):
        return self.look(), 0.5, False, False, {}

    def render(self):
        return np.zeros((4, 4, 3), np.uint8)
'''


def test_what_no_seed_restores_is_kept_with_its_observations(tmp_path: Path) -> None:
    (tmp_path / "newcomers_dice.py").write_text(RANDOM)
    task = Task("dice", "newcomers_dice:Dice", folder=tmp_path)
    seen = []
    environment = open_environment(task)
    recorder = Recorder(tmp_path, "game", task, environment, {})
    loop = Loop(task, environment, ["player"], recorder=recorder)
    seen.append(loop.begin_episode().observations["player"]["eyes"])
    for _ in range(20):
        loop.act("player", [0.25, -1.0], frame_seen=0)
        seen.append(loop.advance().observations["player"]["eyes"])
    loop.end_episode("left")
    finish(recorder.close(), tmp_path, replays=True)
    (recorded,) = read_episodes(tmp_path, "game")
    assert recorded.episode["restore"] == "observations"
    stored = stored_observations(recorded, "player")
    assert np.array_equal([observation["eyes"] for observation in stored], seen)
    assert recorded.actions("player")[0].tolist() == [0.25, -1.0]
    with pytest.raises(ReplayDiffers, match="observation_sha256"):
        verify_replay(recorded, tmp_path)


@pytest.mark.parametrize("cut", [1, 7, 30, 200])
def test_a_cut_off_journal_is_recovered_up_to_the_cut(tmp_path: Path, cut: int) -> None:
    journal = play(tmp_path, steps=400)
    content = journal.read_bytes()
    journal.write_bytes(content[:-cut])
    recovered, faults = recover(tmp_path)
    assert (recovered, faults) == (["game"], [])
    assert not journal.exists()
    episodes = read_episodes(tmp_path, "game")
    assert episodes[-1].episode["ended"] == "crashed"
    assert "cut off in record" in episodes[-1].episode["reason"]
    for recorded in episodes:
        verify_replay(recorded)


def test_what_is_no_journal_stays_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journals" / "notes.journal"
    path.parent.mkdir()
    path.write_text("hello")
    assert recover(tmp_path) == ([], [f"{path} is not a journal of a game"])
    assert path.exists()


def test_a_withdrawn_players_games_are_deleted(tmp_path: Path) -> None:
    finish(play(tmp_path, session="first"))
    play(tmp_path, session="second")
    assert delete_player(tmp_path, "nobody") == 0
    assert delete_player(tmp_path, "p1") == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_recordings_are_read_once_for_all_who_withdrew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(play(tmp_path, session="first"))
    read, paths = pq.read_table, []
    monkeypatch.setattr(pq, "read_table", lambda path, **o: paths.append(path) or read(path, **o))
    assert delete_players(tmp_path, {f"other {i}" for i in range(100)}) == 0
    assert len(paths) == 1
    assert delete_players(tmp_path, {"nobody", "p1"}) == 1
    assert not list(tmp_path.rglob("*.parquet"))


def test_other_programs_read_the_tables(tmp_path: Path) -> None:
    finish(play(tmp_path, session="one"))
    finish(play(tmp_path, session="two"))
    steps = pq.read_table(tmp_path / "steps").to_pandas()
    assert len(steps) == 240
    assert set(steps["episode_id"]) == {"one-001", "two-001"}


def test_a_game_can_be_read_while_its_observations_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, ways = recorded_tables._write, []

    def read_and_write(table: pa.Table, path: Path) -> None:
        if game_ids(tmp_path):  # before each table of the second time
            (recorded,) = read_episodes(tmp_path, "game")
            ways.append(recorded.episode["restore"])
            if ways[-1] == "observations":
                assert recorded.steps["observation"].notna().all()
        write(table, path)

    monkeypatch.setattr(recorded_tables, "_write", read_and_write)
    finish(play(tmp_path), replays=True)
    assert ways == ["observations", "seed", "seed"]
    assert read_episodes(tmp_path, "game")[0].steps["observation"].isna().all()
