"""The descent that the service runs: one round at a time, trained in the background."""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple, TextIO

import pandas as pd

from gamelabel.games.descent import Descent, DescentError, Feedback, read_descent_table
from gamelabel.service.dungeon.descent_name import descent_name
from gamelabel.service.dungeon.round_clock import RoundClock

_log = logging.getLogger("gamelabel.service.dungeon")

Stage = Literal["preparing", "between", "open", "training", "closed", "finished"]


class RoundState(NamedTuple):
    """What goes on.

    Attributes
    ----------
    stage : {"preparing", "between", "open", "training", "closed", "finished"}
        ``preparing``: the dragon learns what it knew before. ``between``: no round is open.
        ``training``: the round was closed, and models are trained. ``closed``: its scores are to
        be published. ``finished``: all rounds are over.
    number : int
        The round that is open, trained or closed, else the last one; 0 before the first.
    seconds_left : float
        Until an open round takes no more examples.
    done, total : int
        Models that were tested, and all, while models are trained.
    failure : str
        Why the last training failed; "" if it did not.
    """

    stage: Stage
    number: int
    seconds_left: float
    done: int
    total: int
    failure: str


class Classroom:
    """A `Descent` that several threads use, with a clock, and a thread that trains.

    Parameters
    ----------
    descent : Descent
        The descent. Its folder can be served by one process at a time.
    clock : callable
        Returns the time in seconds since 1970.
    jobs : int
        Number of processes that train teachers' models.

    Attributes
    ----------
    name : str
        The name under which rewards are booked; see `descent_name`.

    Raises
    ------
    ValueError
        If another process serves the folder.
    """

    def __init__(self, descent: Descent, clock: Callable[[], float], jobs: int = 1) -> None:
        self.descent, self.clock, self.jobs = descent, clock, jobs
        self.name = descent_name(descent.folder)
        self._lock = threading.Lock()
        self._asking = threading.Lock()  # a learner may not be able to answer two threads at once
        self._worker: threading.Thread | None = None
        self._work: Stage = "preparing"
        self._progress = (0, 0)
        self._failure = ""
        self._forgotten: list[str] = []
        self._served = _claim(descent.folder)
        path = descent.folder / "round_clock.json"
        self._round_clock = RoundClock(path, clock, 60 * descent.rules.minutes)
        self._round_clock.resume(descent.open_number)

    def start(self) -> None:
        """Train the shared model again, in the background, if teachers are shown its answers."""
        if self.descent.rules.model_feedback:
            self._begin("preparing", self._prepare)

    def stop(self) -> None:
        """Let another process serve the folder; a training that goes on is made again later."""
        self._served.close()

    def state(self) -> RoundState:
        """Return what goes on now."""
        with self._lock:
            number = self.descent.open_number
            done, total = self._progress
            left = self._round_clock.seconds_left() if number else 0.0
            if self._is_working():
                stage = self._work
            elif number:
                stage = "open"
            else:
                stage, number = self._stage_between()
            return RoundState(stage, number, left, done, total, self._failure)

    def attempt(
        self, teacher_id: str, command: str, actions: str, world: str, number: int
    ) -> str | None:
        """Return what the last model does with an example that may be added, see `teach`.

        It takes as long as the model does, during which others can teach. None if teachers are not
        shown this, or there is no model yet.
        """
        with self._lock:
            self._require_open(number)
            example = self.descent.check_example(teacher_id, command, actions, world, number)
            model = self.descent.shown_model()
        if model is None:
            return None
        with self._asking:
            return model.predict([example])[0]

    def teach(
        self,
        teacher_id: str,
        command: str,
        actions: str,
        world: str,
        number: int,
        attempt: str | None,
    ) -> Feedback:
        """Add an example to the open round.

        Parameters
        ----------
        teacher_id : str
            Who gives it.
        command : str
            What the dragon is told.
        actions : str
            What it should do.
        world : str
            The world as JSON.
        number : int
            The round that the teacher believes to be in.
        attempt : str or None
            What `attempt` returned for it.

        Raises
        ------
        RoundClosed
            If the round is closed, or its time is over.
        DescentError
            If the example is not acceptable. The message says why.
        """
        with self._lock:
            self._require_open(number)
            return self.descent.add_example(teacher_id, command, actions, world, number, attempt)

    def examples_of(self, teacher_id: str) -> int:
        """Return how many examples a teacher has given in the open round."""
        with self._lock:
            return len(self.descent.open_examples(teacher_id))

    def open_round(self) -> int:
        """Open the next round, and return its number.

        Raises
        ------
        DescentError
            If that is not possible now.
        """
        with self._lock:
            self._require_idle()
            number = self.descent.open_round()
            self._failure = ""
            self._round_clock.start(number)
            return number

    def close_round(self) -> None:
        """Close the open round: train a model a teacher in the background, then the shared one."""
        with self._lock:
            self._require_idle()
            if not self.descent.open_number:
                raise DescentError("no round is open: open one first")
            self._progress, self._failure = (0, 0), ""
            self._start_worker("training", self._train)

    def publish(self) -> pd.DataFrame:
        """Publish the last round, and return its scores."""
        with self._lock:
            self._require_idle()
            return self.descent.publish()

    def published(self) -> pd.DataFrame:
        """Return the scores of all published rounds."""
        with self._lock:
            rounds = read_descent_table(self.descent.folder, "rounds")
            scores = read_descent_table(self.descent.folder, "scores")
            return scores[scores["round"].isin(rounds.loc[rounds["published"], "round"])]

    def forget(self, teacher_id: str) -> None:
        """Delete all that a teacher gave; if models are being trained, as soon as they are.

        If the shared model learned from it, it is trained anew, in the background.
        """
        with self._lock:
            self._forgotten.append(teacher_id)
            if not self._is_working():
                self._forget_all()

    def wait(self) -> None:
        """Wait until nothing is trained."""
        while True:
            with self._lock:
                worker = self._worker
            if worker is None:
                return
            worker.join()

    # -- in the background

    def _begin(self, work: Stage, action: Callable[[], None]) -> None:
        with self._lock:
            self._start_worker(work, action)

    def _start_worker(self, work: Stage, action: Callable[[], None]) -> None:
        self._work = work
        self._worker = threading.Thread(
            target=self._run, args=[action], name=f"dungeon-{work}", daemon=True
        )
        self._worker.start()

    def _run(self, action: Callable[[], None]) -> None:
        failure = ""
        try:
            action()
        except DescentError as error:
            failure = str(error)
        except Exception as error:
            _log.exception("training in %s failed", self.descent.folder)
            failure = f"{type(error).__name__}: {error}"
        with self._lock:
            self._worker = None
            if failure or self._work == "training":  # preparing hides no training that failed
                self._failure = failure
            self._forget_all()

    def _prepare(self) -> None:
        self.descent.model()

    def _train(self) -> None:
        def report(done: int, total: int) -> None:
            self._progress = (done, total)

        self.descent.close_round(self.jobs, report)
        if self.descent.rules.model_feedback:
            self.descent.model()

    # -- with the lock held

    def _forget_all(self) -> None:
        was_current = self.descent.is_model_current
        while self._forgotten:
            self.descent.forget_teacher(self._forgotten[-1])
            self._forgotten.pop()
        is_stale = was_current and not self.descent.is_model_current
        if is_stale and self.descent.rules.model_feedback:
            self._start_worker("preparing", self._prepare)  # not in the next teacher's request

    def _require_open(self, number: int) -> None:
        if self._is_working() and self._work == "preparing":
            raise RoundClosed("The dragon is still learning. Please try again in a moment.")
        if self._is_working() or self.descent.open_number != number:
            raise RoundClosed(f"Round {number} is closed. Please wait for the next one.")
        if self._round_clock.seconds_left() <= 0:
            raise RoundClosed(f"The time of round {number} is over. Its scores come soon.")

    def _is_working(self) -> bool:
        return self._worker is not None

    def _require_idle(self) -> None:
        if self._is_working():
            raise DescentError(f"the dragon is {self._work}: try again when that is done")

    def _stage_between(self) -> tuple[Stage, int]:
        rounds = read_descent_table(self.descent.folder, "rounds")
        if len(rounds) and not rounds["published"].iloc[-1]:
            return "closed", len(rounds)
        is_over = len(rounds) == self.descent.rules.rounds
        return ("finished" if is_over else "between"), len(rounds)


class RoundClosed(Exception):
    """An example came too late; the message is for the teacher."""


def _claim(folder: Path) -> TextIO:
    """Open the folder's lock file, which one process may have."""
    file = (folder / "served.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise ValueError(
            f"{folder.absolute()} is served by another process: stop that one, or give another "
            "folder"
        ) from error
    return file
