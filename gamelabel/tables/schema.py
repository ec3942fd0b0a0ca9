"""What stands in each table that the steps exchange: its columns, and what may be in them.

The tables are data (`TABLES`), so that a notebook can show them and a check can be made from them; `problems` is the
check, by pandera, which is imported when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    import pandera.pandas as pandera

Kind = Literal["text", "whole", "real", "flag", "time"]


class Field(NamedTuple):
    """A column: what it holds, and what is allowed in it. `most` and `least` bound numbers, `among` bounds texts."""

    kind: Kind
    about: str
    null: bool = False
    unique: bool = False
    among: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    path: bool = False


class Rule(NamedTuple):
    """What two columns of a row say about each other; `holds` takes the frame and returns a bool for each row."""

    column: str
    says: str
    holds: Callable[[pd.DataFrame], pd.Series]


TABLES: dict[str, dict[str, Field]] = {
    "prompts": {
        "prompt_id": Field("text", "stable name of a candidate prompt", unique=True),
        "text": Field("text", "the prompt as its corpus has it"),
        "corpus": Field("text", "where it comes from"),
        "kept": Field("flag", "whether the content filter let it through"),
        "rule": Field("text", "the rule that rejected it; null where kept", null=True),
        "matched": Field("text", "the term that the rule found; null where kept", null=True),
    },
    "pairs": {
        "pair_id": Field("text", "stable name of a data point", unique=True),
        "prompt_id": Field("text", "the prompt that both images are judged by"),
        "prompt": Field("text", "its text"),
        "kind": Field(
            "text",
            "a preference, or a comparison point with a known answer",
            among=("preference", "comparison"),
        ),
        "image_a": Field(
            "text",
            "path of the first image in the run's folder; null without pictures",
            null=True,
            path=True,
        ),
        "image_b": Field("text", "path of the second", null=True, path=True),
        "seed_a": Field(
            "whole", "seed that drew the first; null where unknown", null=True, least=0
        ),
        "seed_b": Field(
            "whole", "seed that drew the second; null where unknown", null=True, least=0
        ),
        "model": Field("text", "the model that drew both; null where none did", null=True),
        "gold": Field(
            "text", "the image that fits; null for a preference", null=True, among=("a", "b")
        ),
    },
    "labels": {
        "label_id": Field("text", "stable name of one choice", unique=True),
        "player_id": Field("text", "who chose; null where the source does not say", null=True),
        "pair_id": Field("text", "the data point"),
        "batch_id": Field(
            "text",
            "the batch in which it was served; null where the source does not say",
            null=True,
        ),
        "choice": Field(
            "text", "the image chosen, or a tie where those could be said", among=("a", "b", "tie")
        ),
        "shown_left": Field(
            "text", "the image shown on the left; null where unknown", null=True, among=("a", "b")
        ),
        "response_ms": Field(
            "whole", "milliseconds to the choice; null where not consented", null=True, least=0
        ),
        "created_at": Field("time", "when, UTC; null where unknown", null=True),
        "source": Field(
            "text", "where the choice comes from", among=("simulated", "game", "released", "crowd")
        ),
    },
    "players": {
        "player_id": Field("text", "stable name of a player", unique=True),
        "game_id": Field("text", "the game that they play"),
        "state": Field("text", "removed players label no more", among=("active", "removed")),
        "comparisons_right": Field("whole", "comparison points answered rightly", least=0),
        "comparisons_wrong": Field("whole", "comparison points answered wrongly", least=0),
        "labels": Field("whole", "all choices made, comparison points among them", least=0),
    },
    "preferences": {
        "pair_id": Field("text", "the data point that was labelled", unique=True),
        "chosen": Field("text", "the image that the labels prefer", among=("a", "b")),
        "probability": Field(
            "real", "probability that this image is the better one", least=0.5, most=1
        ),
        "method": Field("text", "how the labels were aggregated, such as majority"),
        "votes": Field("whole", "labels that were aggregated, ties included", least=1),
    },
    "adherence": {
        "pair_id": Field("text", "the data point", unique=True),
        "score_a": Field("real", "how far the first image fits the prompt", least=0, most=1),
        "score_b": Field("real", "how far the second does", least=0, most=1),
        "fits_a": Field("flag", "whether the first fits exactly"),
        "fits_b": Field("flag", "whether the second does"),
    },
}

RULES: dict[str, tuple[Rule, ...]] = {
    "prompts": (
        Rule(
            "rule",
            "a rejected prompt names its rule, a kept one none",
            lambda f: f.kept == f.rule.isna(),
        ),
    ),
    "pairs": (
        Rule(
            "gold",
            "a comparison point has a gold answer, a preference none",
            lambda f: (f.kind == "comparison") == f.gold.notna(),
        ),
        Rule(
            "image_b",
            "a pair has two image files or, from a crowd's table, none",
            lambda f: (
                (f.image_a.isna() & f.image_b.isna())
                | (f.image_a.notna() & f.image_b.notna() & (f.image_a != f.image_b))
            ),
        ),
    ),
    "players": (
        Rule(
            "labels",
            "comparisons_right and comparisons_wrong are at most all labels",
            lambda f: f.comparisons_right + f.comparisons_wrong <= f.labels,
        ),
    ),
}


def problems(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Cells of a typed frame that break the table's rules: frame `row` (position), `column`, `value`, `says`."""
    import pandera.pandas as pandera

    try:
        _schema(name).validate(frame.reset_index(drop=True), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        found = errors.failure_cases
    else:
        return pd.DataFrame({"row": [], "column": [], "value": [], "says": []})
    between = {
        rule.says: rule.column for rule in RULES.get(name, ())
    }  # pandera names every column of the row
    found["says"] = found["check"].replace(
        {"not_nullable": "is missing", "field_uniqueness": "is there twice"}
    )
    found["column"] = [
        between.get(says, column) for says, column in zip(found.says, found.column, strict=True)
    ]
    found["value"] = [
        frame[c].iloc[int(i)] for i, c in zip(found["index"], found.column, strict=True)
    ]
    found = found.rename(columns={"index": "row"}).drop_duplicates(["row", "column", "says"])
    order = {column: i for i, column in enumerate(TABLES[name])}
    found = found.sort_values(
        ["row", "column"], key=lambda s: s.map(order) if s.name == "column" else s
    )
    return found[["row", "column", "value", "says"]].astype({"row": int}).reset_index(drop=True)


@cache
def _schema(name: str) -> pandera.DataFrameSchema:
    import pandera.pandas as pandera

    def column(field: Field) -> pandera.Column:
        checks = []
        if field.among:
            checks.append(
                pandera.Check.isin(field.among, error=f"is not one of {', '.join(field.among)}")
            )
        elif field.kind == "text":
            checks.append(pandera.Check(lambda s: s.str.len() > 0, error="is empty"))
        if field.path:
            outside = r"^(?:/|[A-Za-z]:)|\\|(?:^|/)\.\.(?:/|$)"
            says = "is not a path inside the run's folder, parts joined by /"
            checks.append(pandera.Check(lambda s: ~s.str.contains(outside, regex=True), error=says))
        if field.least is not None:
            checks.append(pandera.Check.ge(field.least, error=f"is below {field.least:g}"))
        if field.most is not None:
            checks.append(pandera.Check.le(field.most, error=f"is above {field.most:g}"))
        return pandera.Column(
            None,
            checks,
            nullable=field.null,
            unique=field.unique,
            report_duplicates="exclude_first",
        )

    columns: dict[Any, pandera.Column] = {
        title: column(field) for title, field in TABLES[name].items()
    }
    wide = [pandera.Check(rule.holds, error=rule.says) for rule in RULES.get(name, ())]
    return pandera.DataFrameSchema(columns, checks=wide)
