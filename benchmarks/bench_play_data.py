"""Reading processed observations of recorded play, against pickled and compressed trajectories.

    python -m benchmarks.bench_play_data [SECONDS]

CrowdPlay keeps a pickle of all screens and memories of an episode, compressed with bzip2, and
processes the screens when they are read. Here a recording has actions only: the screens are made
again by the emulator, compared with the hash of those that were played, and processed. Both give
the same observations of 84 x 84 pixels, which is checked. Bytes are those on disk for the same
play. The player is SIMULATED. It needs the extra `atari`.
"""

from __future__ import annotations

import bz2
import pickle
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from gamelabel.games.play.corpus_tables import folder_bytes
from gamelabel.games.play.dataset import StoredEpisode, episodes, load_all
from gamelabel.games.play.deepmind_frames import agent_observations
from gamelabel.games.play.simulated_corpus import corpus_sessions
from gamelabel.games.play.simulated_sessions import play_session


def as_crowdplay_keeps_it(stored: StoredEpisode) -> bytes:
    """Return the pickle of a trajectory: of each frame the screen, memory, action and reward."""
    screens, memories = stored.load("rgb"), stored.load("memory").observations
    steps = zip(screens.actions.tolist(), screens.rewards.tolist(), strict=True)
    rows = [
        {"screen": screen, "RAM": memory, "step": step}
        for screen, memory, step in zip(
            screens.observations, memories, [(0, 0.0), *steps], strict=True
        )
    ]
    return bz2.compress(pickle.dumps(rows))


def read_pickle(content: bytes, has_ended: bool) -> np.ndarray:
    rows = pickle.loads(bz2.decompress(content))
    return agent_observations((row["screen"] for row in rows), has_ended)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    sessions = {s.session_id: s for s in corpus_sessions(1, seconds, seed=0)}
    with tempfile.TemporaryDirectory() as folder:
        play_session(sessions["plain-mturk-000"], folder)
        chosen = episodes(folder)
        pickles = [as_crowdplay_keeps_it(stored) for stored in chosen]
        start = time.process_time()
        ours = [episode.observations for episode in load_all(chosen, "deepmind")]
        middle = time.process_time()
        theirs = [
            read_pickle(content, stored.info["ended"] in ("terminated", "truncated"))
            for content, stored in zip(pickles, chosen, strict=True)
        ]
        end = time.process_time()
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one, other)
        frames = sum(stored.info["frames"] for stored in chosen)
        of_ours, of_theirs = folder_bytes(Path(folder)), sum(map(len, pickles))
    print(f"{frames} frames in {len(chosen)} episodes; the observations are equal")
    print(f"read, frames a second: {frames / (middle - start):,.0f} by replay,", end=" ")
    print(f"{frames / (end - middle):,.0f} from pickles: {(end - middle) / (middle - start):.1f}x")
    print(f"on disk, bytes: {of_ours:,} recorded, {of_theirs:,} pickled:", end=" ")
    print(f"{of_theirs / of_ours:,.0f}x")


if __name__ == "__main__":
    main()
