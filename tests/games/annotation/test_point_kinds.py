"""What answers to each kind of task say about the category and about pairs of pictures."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.games.annotation.known_prompts import Asked, KnownAnswer, KnownPrompt
from gamelabel.games.annotation.point_kinds import known_votes, point_votes
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.prompt_file import AnnotationPrompt
from gamelabel.games.annotation.prompt_points import PromptPoints, PromptVote
from gamelabel.games.annotation.quality_file import QualityRules, Trust
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.games.annotation.task_agreement import ranked_choices
from gamelabel.games.annotation.task_kinds import AnnotationTask, annotation_steps

FILES = ("p.png", "q.png", "r.png", "s.png")
RULE = StoppingRule(confidence=1, quorum=2, maximum=3)
ISSUES, WORDS = {"issues": []}, {"words": []}


def rating(overall):
    return {"overall": overall, "alignment": 1, "fidelity": 7}


def make_project(*kinds, known=()):
    tasks = tuple(
        AnnotationTask(kind, "", {"a": "A", "b": "B"} if kind == "categorise" else {})
        for kind in kinds
    )
    prompts, trust = (AnnotationPrompt("one", "", FILES),), Trust(0.1, known, 0.65)
    quality = QualityRules(trust=trust if known else None)
    return AnnotationProject(Path(), "", "", tasks, prompts, 0, 1, RULE, quality)


def vote(project, person, answers, prompt_id="one"):
    """Return the answers of a person by kind: one for all its steps, or one for each picture."""
    by_step = {}
    for number, step in enumerate(annotation_steps(project.tasks, len(FILES))):
        answer = answers[step.task.kind]
        each = isinstance(answer, list)
        by_step[number] = answer[step.pictures[0]] if each else answer
    return PromptVote(f"{prompt_id}-{person}", prompt_id, person, "0123", by_step)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=4, max_size=4))
def test_places_and_ratings_say_of_each_pair_what_the_agreement_of_rankings_counts(places) -> None:
    table = pd.DataFrame(
        {"annotator_id": "u", "prompt_id": "one", "picture": FILES, "place": places}
    )
    labels = ranked_choices(table).set_index("task")["label"]
    expected = labels.map({"a": "first", "b": "second", "tie": "tie"}).to_dict()
    ordered = [[n for n in range(4) if places[n] == place] for place in sorted(set(places))]
    ratings = {Asked("rate", (n,)): rating(7 - place) for n, place in enumerate(places)}
    ranking = {Asked("rank", (0, 1, 2, 3)): {"places": ordered}}
    for kind, answers in (("rank", ranking), ("rate", ratings)):
        found = {
            f"{FILES[first]}|{FILES[second]}": answer
            for (first, second), answer in point_votes(kind, answers)
        }
        assert found == expected


def test_in_a_chain_the_ranking_counts_and_tied_places_are_an_answer() -> None:
    project = make_project("categorise", "rate", "issues", "words", "regions", "rank")
    answers = {
        "categorise": {"category": "b", "problematic": False},
        "rate": [rating(7), rating(1), rating(1), rating(1)],
        "issues": ISSUES,
        "words": WORDS,
        "regions": {"points": []},
        "rank": {"places": [[2], [0, 3], [1]]},
    }
    points = PromptPoints(project)
    for person in range(2):
        assert points.state("one").closed is None
        points.add(vote(project, person, answers))
    assert points.state("one") == (1, "quorum")
    table = points.table()
    assert table["kind"].tolist() == ["categorise"] + 6 * ["rank"]
    better = table.set_index(["first", "second"])["answer"].to_dict()
    assert better[("p.png", "q.png")] == "p.png"
    assert better[("p.png", "r.png")] == "r.png"
    assert better[("p.png", "s.png")] == "tie"


@pytest.mark.parametrize(("kinds", "counted"), [(["rate", "issues"], "rate"), (["rank"], "rank")])
def test_a_prompt_is_closed_when_all_pairs_are(kinds, counted) -> None:
    project = make_project(*kinds)
    points = PromptPoints(project)
    agreed = {
        "rate": [rating(7), rating(5), rating(3), rating(3)],
        "rank": {"places": [[0], [1], [2, 3]]},
        "issues": ISSUES,
    }
    other = agreed | {
        "rate": [rating(7), rating(5), rating(3), rating(2)],  # another answer to the last pair
        "rank": {"places": [[0], [1], [2], [3]]},
    }
    for person, (answers, closed) in enumerate([(agreed, None), (other, None), (agreed, "quorum")]):
        points.add(vote(project, person, answers))
        assert points.state("one").closed == closed
    assert set(points.table()["kind"]) == {counted}


def test_known_places_are_known_pairs_and_known_ratings_are_where_they_differ_enough() -> None:
    answers = {
        Asked("rank", (0, 1, 2, 3)): KnownAnswer({"places": [[3], [0, 1], [2]]}, ""),
        Asked("rate", (0,)): KnownAnswer(rating(6), ""),
        Asked("rate", (1,)): KnownAnswer(rating(5), ""),
        Asked("rate", (3,)): KnownAnswer(rating(3), ""),
    }
    given_answers = {question: known.answer for question, known in answers.items()}
    pairs = dict(known_votes("rank", given_answers))
    assert (pairs[(0, 1)], pairs[(0, 3)], len(pairs)) == ("tie", "second", 6)
    assert dict(known_votes("rate", given_answers)) == {(0, 3): "first", (1, 3): "first"}

    known = KnownPrompt(AnnotationPrompt("known", "", FILES), answers)
    project = make_project("rate", known=(known,))
    points = PromptPoints(project)
    ratings = {"rate": [rating(n) for n in (5, 5, 2, 2)]}
    for person in range(3):
        points.add(vote(project, person, ratings, "known"))
    assert points.n_counted("known") == 3
    assert set(points.table()["prompt_id"]) == {"one"}
