"""Simulated annotators of a drawn project: what was put in comes out through the real rules."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gamelabel.games.annotation.drawn_project import FUNCTION_ENDING, draw_project
from gamelabel.games.annotation.simulated_annotators import (
    AnnotatorAssumptions,
    annotate_project,
)
from gamelabel.games.annotation.task_agreement import agreement_by_task
from gamelabel.games.annotation.task_kinds import TASK_KINDS, prompt_words

PERFECT = AnnotatorAssumptions(
    careless=0.0, leniency=0.0, rating_noise=0.0, rank_noise=0.0, tie=1e-9, issue_seen=1.0,
    issue_false=0.0, word_seen=1.0, word_false=0.0, place_seen=1.0, place_noise=0.0,
    place_false=0.0, category_right=1.0, problematic=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("drawn")
    project, truth = draw_project(folder, 6, seed=3)
    return folder, project, truth


def annotate(drawn, assumptions: AnnotatorAssumptions) -> dict[str, pd.DataFrame]:
    folder, project, truth = drawn
    return annotate_project(project, truth, 4, assumptions, 0, folder)


def test_words_that_ask_for_quality_are_on_half_of_the_prompts_and_never_missing(drawn) -> None:
    _, project, truth = drawn
    ending = [prompt.text.endswith(FUNCTION_ENDING) for prompt in project.prompts]
    assert sum(ending) == 3
    lengths = {p.prompt_id: len(prompt_words(p.text.removesuffix(FUNCTION_ENDING)))
               for p in project.prompts}  # fmt: skip
    for row in truth.itertuples():
        assert all(number < lengths[row.prompt_id] for number in row.missing)
        assert bool(row.missing) <= (row.alignment < 1)


def test_there_is_an_object_wherever_something_is_wrong(drawn) -> None:
    folder, _, truth = drawn
    assert set(truth.issues.explode().dropna()) == {"repeated", "blurry"}
    for row in truth.itertuples():
        assert bool(row.wrong) == (row.alignment < 1)
        pixels = np.asarray(Image.open(folder / row.picture)).astype(int)
        for x, y in row.wrong:
            ink = pixels[int(y * len(pixels)), int(x * len(pixels))]
            assert abs(ink - pixels[0, 0]).max() > 60


def test_annotators_without_mistakes_say_what_is_true(drawn) -> None:
    folder, _, truth = drawn
    tables = annotate(drawn, PERFECT)
    known = truth.set_index("picture")
    for row in tables["issues"].itertuples():
        assert set(row.issues) == set(known.issues[row.picture])
    for row in tables["words"].itertuples():
        assert tuple(row.positions) == known.missing[row.picture]
    best = tables["rank"].query("place == 1").groupby("answer_id").picture.first()
    worth = 0.6 * known.alignment + 0.4 * known.fidelity
    most = worth.groupby(known.prompt_id).max()
    for picture in best:
        assert worth[picture] == pytest.approx(most[known.prompt_id[picture]])
    for row in tables["regions"].itertuples():
        points = [coordinates for place in known.wrong[row.picture] for coordinates in place]
        tapped = np.column_stack([row.x, row.y]).ravel()
        assert tapped.tolist() == pytest.approx(points, abs=1e-4)
    pairs = tables["compare"]
    assert (worth[pairs.chosen].to_numpy() >= worth[pairs.rejected].to_numpy()).all()
    assert 0.4 < (pairs.shown_left == pairs[["chosen", "rejected"]].min(axis=1)).mean() < 0.6
    agreement = agreement_by_task(tables, replicates=20)["value"]
    assert (agreement.drop("better of two pictures") == 1).all() and len(agreement) == 9
    assert set(tables) == {*TASK_KINDS, "prompts"}
    assert pd.read_parquet(folder / "rate.parquet").equals(tables["rate"])


def test_careless_annotators_do_not_agree(drawn) -> None:
    agreement = agreement_by_task(annotate(drawn, AnnotatorAssumptions(careless=1.0)), 20)
    assert (agreement["value"] < 0.3).all() and len(agreement) == 9
    assert (agreement["low"] <= agreement["value"]).all()


def test_too_few_annotators(drawn, tmp_path: Path) -> None:
    _, project, truth = drawn
    with pytest.raises(ValueError, match="2 annotators are too few: a prompt needs 3"):
        annotate_project(project, truth, 2, PERFECT, 0, tmp_path)
