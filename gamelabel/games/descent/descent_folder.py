"""What a descent keeps in its folder: merged examples, the open round, scores, and who withdrew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gamelabel.games.descent.descent_example import Example
from gamelabel.games.descent.descent_tables import (
    OpenRound,
    append_rows,
    discard_rounds_after,
    read_descent_table,
    write_rows,
)

TableRows = Iterable[Mapping[str, Any]]


class DescentFolder:
    """The tables of a descent, and the journal of its open round; reads what a crash has left.

    Parameters
    ----------
    folder : Path
        Where the tables are, or will be.
    initial_train, initial_test : sequence of Example
        The shared sets at the start of a new descent.

    Attributes
    ----------
    rounds_closed : int
        The number of rounds that were closed.
    open_number : int
        The number of the round that is open, from 1; 0 if none is.
    open_rows : list of dict
        The examples of that round.
    """

    def __init__(
        self, folder: Path, initial_train: Sequence[Example], initial_test: Sequence[Example]
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = OpenRound(folder / "open_round.jsonl")
        if not (folder / "examples.parquet").exists():
            first = [(initial_train, "train"), (initial_test, "test")]
            rows = [example_row(e, 0) | {"use": use} for examples, use in first for e in examples]
            append_rows(folder, "examples", rows)
        self.rounds_closed = len(read_descent_table(folder, "rounds"))
        self.open_number, self.open_rows = 0, list[dict[str, Any]]()
        self._next = 0  # the number of the open round's next example
        if self._journal.path.is_file():
            self.open_number, self.open_rows = self._journal.read()
            last = self.open_rows[-1]["example_id"] if self.open_rows else "r.-1"
            self._next = int(last.rpartition(".")[2]) + 1
            if self.open_number <= self.rounds_closed:  # a crash after closing, before the removal
                self._remove_journal()

    # -- what there is

    def examples(self, use: str) -> list[Example]:
        """Return merged examples: those for "train" or "test", "removed" or "incomplete" ones."""
        table = read_descent_table(self.folder, "examples")
        table = table.loc[table["use"] == use, list(Example._fields)]
        return [Example(*row) for row in table.itertuples(index=False)]

    def open_examples(self, teacher_id: str) -> list[Example]:
        """Return what a teacher has given in the open round."""
        return [_as_example(row) for row in self.open_rows if row["teacher_id"] == teacher_id]

    def teachers(self) -> set[str]:
        """Return all whose examples or scores are kept, in the open round or before."""
        tables = (read_descent_table(self.folder, name) for name in ("examples", "scores"))
        open_ones = {row["teacher_id"] for row in self.open_rows}
        return open_ones.union(*(table["teacher_id"] for table in tables))

    def is_published(self) -> bool:
        """Return whether the last round was published; True before any."""
        rounds = read_descent_table(self.folder, "rounds")
        return not len(rounds) or bool(rounds["published"].iloc[-1])

    # -- a round

    def open_round(self) -> int:
        """Begin the journal of the next round, and return its number."""
        self._journal.begin(self.rounds_closed + 1)
        self.open_number, self.open_rows, self._next = self.rounds_closed + 1, [], 0
        return self.open_number

    def next_id(self) -> str:
        """Return the name of the open round's next example."""
        return f"r{self.open_number}.{self._next}"

    def add(self, row: dict[str, Any]) -> None:
        """Add an example, named by `next_id`, to the open round; it is on disk on return."""
        self._journal.add(row)
        self.open_rows.append(row)
        self._next += 1

    def discard_unfinished(self) -> None:
        """Remove what a closing that was interrupted has written."""
        discard_rounds_after(self.folder, self.rounds_closed)

    def close_round(self, examples: TableRows, scores: TableRows, about: Mapping[str, Any]) -> None:
        """Write the round: `rounds` last, since a round is closed once it is in there.

        Parameters
        ----------
        examples, scores : iterable of mappings
            TableRows of these tables.
        about : mapping
            A row of `rounds`, apart from the sizes of the shared sets after it.
        """
        append_rows(self.folder, "examples", examples)
        append_rows(self.folder, "scores", scores)
        sizes = {f"{use}_after": len(self.examples(use)) for use in ("train", "test")}
        append_rows(self.folder, "rounds", [{**about, **sizes, "published": False}])
        self.rounds_closed = self.open_number
        self._remove_journal()

    def publish(self) -> pd.DataFrame:
        """Mark the last round as published, and return its scores."""
        rounds = read_descent_table(self.folder, "rounds")
        if not rounds["published"].iloc[-1]:
            rounds.loc[rounds.index[-1], "published"] = True
            write_rows(self.folder, "rounds", rounds)
        scores = read_descent_table(self.folder, "scores")
        return scores[scores["round"] == len(rounds)]

    def forget_teacher(self, teacher_id: str) -> tuple[int, bool]:
        """Remove all that a teacher gave, and the scores.

        Returns
        -------
        n_removed : int
            The number of examples.
        was_learned : bool
            Whether any of them was one to train on.
        """
        kept = [row for row in self.open_rows if row["teacher_id"] != teacher_id]
        n_removed, was_learned = len(self.open_rows) - len(kept), False
        if n_removed:
            self._journal.begin(self.open_number, kept)
            self.open_rows = kept
        for name in ("examples", "scores"):
            table = read_descent_table(self.folder, name)
            theirs = table["teacher_id"] == teacher_id
            if theirs.any():
                write_rows(self.folder, name, table[~theirs])
            if name == "examples":
                n_removed += int(theirs.sum())
                was_learned = bool((theirs & (table["use"] == "train")).any())
        for path in (self.folder / "results").glob("*/*.json"):
            path.unlink()  # of a closing that was interrupted: they name the teacher
        return n_removed, was_learned

    def _remove_journal(self) -> None:
        self._journal.path.unlink()
        self.open_number, self.open_rows = 0, []


def example_row(example: Example, number: int) -> dict[str, Any]:
    """Return an example of a round as a row of the table `examples`, without its use.

    Examples
    --------
    >>> example_row(Example("r1.0", "ann", "hello", "greet"), 1)["round"]
    1
    """
    return {**example._asdict(), "round": number}


def _as_example(row: Mapping[str, Any]) -> Example:
    return Example(*(row[name] for name in Example._fields))
