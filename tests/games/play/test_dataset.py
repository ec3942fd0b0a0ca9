"""Recorded games as data: chosen by metadata, loaded by replay, exported, copied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gamelabel.games.play.corpus_tables import hours_table, latencies, replay_check
from gamelabel.games.play.dataset import episodes, load_all, replayed_transitions
from gamelabel.games.play.minari_export import export_minari
from gamelabel.games.play.recorded_copies import RecordingsFolder, fetch_games
from gamelabel.games.play.recorded_folder import recorded_metadata
from gamelabel.games.play.recorded_tables import game_ids
from gamelabel.games.play.recorder import journal_path
from gamelabel.games.play.recordings import delete_player
from gamelabel.games.play.recordings_card import (
    episode_hours,
    recordings_card,
    write_recordings_card,
)
from gamelabel.games.play.simulated_corpus import corpus_sessions, corpus_tasks, play_corpus
from gamelabel.games.play.simulated_sessions import has_atari, play_session
from gamelabel.games.play.statistics import COLLECTORS, measure
from gamelabel.games.play.tasks import Task, TaskStatistic

pytest.importorskip("gymnasium")
needs_atari = pytest.mark.skipif(not has_atari(), reason="the extra atari is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three short sessions of a game that needs no emulator, one a channel."""
    folder = tmp_path_factory.mktemp("recordings")
    for session in corpus_sessions(1, 3.0, seed=0)[:3]:
        assert session.task.name == "cart_pole"
        assert play_session(session, folder)
    return folder


def test_episodes_are_chosen_by_a_query_and_by_sql(folder: Path) -> None:
    rows = recorded_metadata(folder)
    assert len(episodes(folder)) == len(rows)
    assert set(rows.channel) == {"mturk", "email", "social"}
    assert rows.simulated.all()
    by_query = episodes(folder, "channel == 'email' and frames > 5")
    by_sql = episodes(folder, "select * from seats where channel = 'email' and frames > 5")
    assert [one.info["episode_id"] for one in by_query] == [
        one.info["episode_id"] for one in by_sql
    ]
    assert 0 < len(by_query) < len(rows)


def test_a_corpus_of_other_parameters_replaces_what_was_simulated_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamelabel.games.play.simulated_sessions.has_atari", lambda: False)
    person = replace(corpus_sessions(1, 1.0, seed=5)[0], session_id="a-person")
    play_session(person, tmp_path)
    episodes_file = tmp_path / "episodes" / "a-person.parquet"
    table = pq.read_table(episodes_file)
    place = table.column_names.index("simulated")
    table = table.set_column(place, table.schema.field(place), [pa.array([False] * len(table))])
    pq.write_table(table, episodes_file)
    lengths = {}
    for seed, seconds in ((0, 1.0), (0, 2.0), (1, 2.0), (1, 2.0)):
        play_corpus(tmp_path, 1, seconds, seed)
        games = set(recorded_metadata(tmp_path).session_id)
        assert "a-person" in games and len(games) == 4
        lengths[seed, seconds] = games
    assert len({frozenset(games) for games in lengths.values()}) == 3


def test_a_session_that_was_interrupted_is_played_again(tmp_path: Path) -> None:
    session = corpus_sessions(1, 1.0, seed=0)[0]
    journal = journal_path(tmp_path, session.session_id)
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"cut off")
    play_session(session, tmp_path)
    assert game_ids(tmp_path) == [session.session_id]
    assert not journal.exists()


def test_a_bad_condition_or_folder_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'points > 3' cannot be evaluated.*columns: episode_id"):
        episodes(folder, "points > 3")
    with pytest.raises(ValueError, match="is not a query of seats"):
        episodes(folder, "select * from games")
    with pytest.raises(ValueError, match="has to select episode_id and seat"):
        episodes(folder, "select score from seats")
    with pytest.raises(FileNotFoundError, match="no recorded games"):
        episodes(tmp_path)


def test_an_episode_has_the_shapes_that_learners_expect(folder: Path) -> None:
    for stored in episodes(folder):
        episode = stored.load()
        assert len(episode.observations) == len(episode) + 1 == stored.info["frames"] + 1
        assert episode.rewards.sum() == stored.info["score"]
        assert not episode.terminated[:-1].any()
        assert episode.terminated[-1] == (stored.info["ended"] == "terminated")
        assert episode.truncated[-1] == (stored.info["ended"] != "terminated")
        assert set(episode.controllers) == {"human"}


def test_frames_in_groups_keep_all_rewards_of_a_finished_episode(tmp_path: Path) -> None:
    play_session(replace(corpus_sessions(1, 10.0, seed=0)[0], style="mash"), tmp_path)
    finished = episodes(tmp_path, "ended == 'terminated'")
    assert finished
    for stored in finished:
        whole, grouped = stored.load(), stored.load(every=4)
        assert len(grouped) == -(-len(whole) // 4)
        assert grouped.rewards.sum() == whole.rewards.sum()
        np.testing.assert_array_equal(grouped.observations[1], whole.observations[4])
        np.testing.assert_array_equal(grouped.observations[-1], whole.observations[-1])


def test_one_environment_serves_all_episodes(folder: Path) -> None:
    chosen = episodes(folder)
    for stored, episode in zip(chosen, load_all(chosen), strict=True):
        np.testing.assert_array_equal(episode.observations, stored.load().observations)


def test_a_game_without_an_emulator_has_no_memory(folder: Path) -> None:
    with pytest.raises(ValueError, match="has no emulator"):
        episodes(folder)[0].load("memory")


def test_minari_loads_what_was_exported(folder: Path, tmp_path: Path) -> None:
    minari = pytest.importorskip("minari")
    chosen = episodes(folder, "channel == 'mturk'")
    target = export_minari(chosen, "gamelabel/cart-v0", tmp_path)
    loaded = minari.MinariDataset(target / "data")
    assert loaded.total_episodes == len(chosen)
    card = " ".join((target / "README.md").read_text().split())
    assert "observations (native)" in card
    for stored, read in zip(chosen, loaded.iterate_episodes(), strict=True):
        episode = stored.load()
        np.testing.assert_array_equal(read.observations, episode.observations)
        np.testing.assert_array_equal(read.actions, episode.actions)
        np.testing.assert_array_equal(read.rewards, episode.rewards)
        np.testing.assert_array_equal(read.terminations, episode.terminated)
        np.testing.assert_array_equal(read.truncations, episode.truncated)
    with pytest.raises(ValueError, match="exists"):
        export_minari(chosen, "gamelabel/cart-v0", tmp_path)
    with pytest.raises(ValueError, match="no episode is chosen"):
        export_minari([], "gamelabel/none-v0", tmp_path)


def test_a_copy_gets_new_games_and_loses_deleted_ones(folder: Path, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    new, deleted = fetch_games(folder, source)
    assert (len(new), deleted) == (3, [])
    assert "| games | 3 |" in (source / "README.md").read_text()
    assert fetch_games(source, copy) == (new, [])
    assert fetch_games(source, copy) == ([], [])
    player = recorded_metadata(source).player_id[0]
    assert delete_player(source, player) == 1
    _, deleted = fetch_games(source, copy)
    assert len(deleted) == 1
    assert player not in set(recorded_metadata(copy).player_id)
    with pytest.raises(FileNotFoundError, match="not a folder of recordings"):
        fetch_games(tmp_path / "typo", copy)
    assert len(recorded_metadata(copy)) > 0


def test_an_interrupted_copy_has_whole_games_only_and_goes_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    class Unreliable(RecordingsFolder):
        def read(self, table: str, game: str) -> bytes:
            reads.append(table)
            if len(reads) == 6:  # the last file of the second game
                raise ConnectionError
            if len(reads) == 9:  # the first game again: deleted meanwhile
                raise FileNotFoundError
            return super().read(table, game)

    source = Unreliable(folder)
    with pytest.raises(ConnectionError):
        fetch_games(source, tmp_path)
    assert (
        game_ids(tmp_path)
        == source.games()[:1]
        == sorted(set(recorded_metadata(tmp_path).session_id))
    )
    new, deleted = fetch_games(source, tmp_path)
    assert (new, deleted) == (source.games()[2:], [])
    assert not (tmp_path / "steps" / f"{source.games()[1]}.parquet").exists()


def test_a_game_that_is_being_finished_is_not_copied_yet(folder: Path, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    games, _ = fetch_games(folder, source)
    journal = journal_path(source, games[0])
    journal.parent.mkdir()
    journal.touch()
    assert fetch_games(source, copy) == (games[1:], [])
    journal.unlink()
    assert fetch_games(source, copy) == (games[:1], [])


def test_the_same_sessions_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    session = corpus_sessions(1, 3.0, seed=0)[0]
    for path in play_session(session, tmp_path):
        again = folder / path.relative_to(tmp_path)
        assert path.read_bytes() == again.read_bytes()
    assert play_session(session, tmp_path) == []  # it is there


def test_a_card_says_who_played_what(folder: Path, tmp_path: Path) -> None:
    rows = recorded_metadata(folder)
    card = write_recordings_card(folder, "cc-by-4.0").read_text()
    assert "**SIMULATED.**" in card and "cc-by-4.0." in card
    assert f"| cart_pole | {rows.episode_id.nunique()} | 3 | 0.00 |" in card
    assert all(f"| {channel} | " in card for channel in ("mturk", "email", "social"))
    assert "`play_time`, `active_time`" in card
    assert episode_hours(rows).sum() == pytest.approx(3 * 3.0 / 3600, abs=1e-6)
    some = rows.assign(simulated=[True, *[False] * (len(rows) - 1)])
    assert f"In 1 of {len(rows)} episodes programs" in recordings_card(some)
    people = recordings_card(rows.assign(simulated=False, channel=None))
    assert "SIMULATED" not in people and "People played." in people
    assert "None is stated." in people and "| not stated | " in people


def test_hours_latency_and_replay(folder: Path) -> None:
    hours = hours_table(recorded_metadata(folder))
    assert hours.loc["Total", "Total"] == pytest.approx(3 * 3.0 / 3600, abs=1e-6)
    late = latencies(folder)
    assert late.latency.median() in (1, 2, 3)  # 7 frames at 60 Hz are 2 at 15
    assert replay_check(folder).same.all()


@needs_atari
def test_every_statistic_is_the_same_live_and_over_a_recording(tmp_path: Path) -> None:
    """All collectors run while two games are played, then over their replays, step by step."""
    arguments = {
        "action_share": {"actions": [1, 4, 5]},
        "space_invaders_side": {"side": "left"},
        "river_raid_side": {"side": "right", "margin": 5},
    }
    ordered = [name for name in COLLECTORS if "order" in name]
    arguments |= {name: {"order": "inside out"} for name in ordered}
    statistics = tuple(TaskStatistic(f"s_{n}", n, arguments.get(n, {})) for n in COLLECTORS)
    sessions = {s.session_id: s for s in corpus_sessions(1, 20.0, seed=1)}
    session = sessions["inside_out-mturk-000"]
    task: Task = replace(corpus_tasks()["inside_out"], statistics=statistics)
    play_session(replace(session, task=task, frames=1500), tmp_path)
    for stored in episodes(tmp_path):
        steps = stored.recorded().steps
        values = measure(replayed_transitions(stored), task, stored.seat)[1:]
        for statistic in statistics:
            live = steps[statistic.name].to_numpy(float)
            again = np.array([row[statistic.name] for row in values])
            np.testing.assert_allclose(again, live, rtol=1e-6, err_msg=statistic.name)
            assert stored.info[statistic.name] == pytest.approx(again[-1], nan_ok=True)


@needs_atari
def test_two_players_are_replayed_and_loaded(tmp_path: Path) -> None:
    sessions = {s.session_id: s for s in corpus_sessions(1, 5.0, seed=0)}
    play_session(sessions["cooperative-mturk-000"], tmp_path)
    human, policy = episodes(tmp_path)
    assert (human.seat, policy.seat) == ("first_0", "second_0")
    first, second = human.load("memory", every=4), policy.load("memory", every=4)
    np.testing.assert_array_equal(first.observations, second.observations)
    np.testing.assert_array_equal(first.rewards, second.rewards)  # the mean for both
    assert set(second.controllers) == {"policy"}
    assert human.load("deepmind").observations.shape[1:] == (84, 84)
