"""The recordings of a process's games: recovered, added to the database, waited for and deleted."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Set
from pathlib import Path

from gamelabel.games.play.recorded_tables import game_ids, read_episodes
from gamelabel.games.play.recorder import journal_path
from gamelabel.games.play.recordings import delete_player, delete_players, recover
from gamelabel.service.play.game_records import EpisodeResult, GameRecords

_log = logging.getLogger("gamelabel.service.play")
_WRITE_S, _LOOK_S = 20.0, 0.1  # for which a game waits until the one before is recorded


class GameRecordings:
    """The folder of recordings and what the database has of it. For threads, since it waits.

    Parameters
    ----------
    records : GameRecords
        The database.
    folder : Path
        Of the recordings, shared by all processes.
    """

    def __init__(self, records: GameRecords, folder: Path) -> None:
        self.records, self.folder = records, folder
        self._cut_off: dict[str, dict[str, str]] = {}  # by an end of the process before
        self._forgotten: set[str] = set()  # players whose recordings are deleted

    def recover(self) -> None:
        """Recover what a killed process left, and delete what is left of who withdrew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        recovered, faults = recover(self.folder)
        if recovered:
            _log.warning("recovered the recordings of %d games that were cut off", len(recovered))
        for fault in faults:
            _log.error("a recording cannot be recovered: %s", fault)
        self.delete_withdrawn()
        self._cut_off = self._add_recordings(self.records.unfinished_games())

    def add_cut_off(self) -> None:
        """Store the episodes of games that were not recorded yet when the process started."""
        if self._cut_off:
            self._cut_off = self._add_recordings(self._cut_off)

    def _add_recordings(self, games: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """Store the episodes of games whose server was killed; return those not recorded yet.

        A game's process outlives its server until it has written the recording.
        """
        recorded = set(game_ids(self.folder)) & games.keys()
        for game in recorded:
            for episode in read_episodes(self.folder, game):
                for seat in episode.seats.itertuples():
                    if seat.seat in games[game]:
                        result = EpisodeResult(
                            episode.episode["episode_id"],
                            seat.seat,
                            episode.episode["frames"],
                            episode.episode["ended"],
                            seat.score,
                        )
                        self.records.add_episode(games[game][seat.seat], result)
            self.records.end_game(game)
        return {game: seats for game, seats in games.items() if game not in recorded}

    def begin(
        self, game_id: str, sessions: Mapping[str, str], played: Set[str] = frozenset()
    ) -> dict[str, list[str]]:
        """Store who plays in a game, and return the recorded games that their sessions go on from.

        Parameters
        ----------
        game_id : str
            The new game.
        sessions : mapping of str to str
            The play session of each seat's player.
        played : set of str
            Games that go on, which are not waited for: the other player of one for two plays it.

        Returns
        -------
        dict of str to list of str
            The ids of each session's games before, by seat.
        """
        for session_id in sessions.values():
            self._add_recordings(self.records.unfinished_games(session_id))
        earlier = self.records.begin_game(game_id, sessions)
        self._wait_until_recorded({g for games in earlier.values() for g in games} - played)
        return earlier

    def _wait_until_recorded(self, games: set[str]) -> None:
        """Wait until the tables of games are written: the statistics go on from these.

        A journal that cannot be read stays; it is not waited for longer than some seconds.
        """
        end = time.monotonic() + _WRITE_S
        while time.monotonic() < end:
            missing = games - set(game_ids(self.folder))
            if not any(journal_path(self.folder, game).exists() for game in missing):
                return
            time.sleep(_LOOK_S)

    def delete_withdrawn(self) -> None:
        """Delete the recordings of who has withdrawn since the last look."""
        withdrawn = self.records.withdrawn_pseudonyms()
        delete_players(self.folder, withdrawn - self._forgotten)
        self._forgotten = withdrawn

    def delete(self, pseudonym: str) -> None:
        """Delete the recordings of a player."""
        delete_player(self.folder, pseudonym)
