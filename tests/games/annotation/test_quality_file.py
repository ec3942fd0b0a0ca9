"""Qualification, trust and inspection are read strictly, and what counts as right makes sense."""

from typing import Any

import pytest
from PIL import Image

from gamelabel.games.annotation.annotator_agreement import GivenAnswer, agreement_rows
from gamelabel.games.annotation.answer_rules import answers_agree
from gamelabel.games.annotation.known_prompts import Asked, KnownAnswer, KnownPrompt
from gamelabel.games.annotation.project_file import read_annotation_project
from gamelabel.games.annotation.prompt_file import AnnotationPrompt
from gamelabel.games.annotation.quality_file import share_without_looking
from gamelabel.yaml_fields import TaskFileError

_PICTURES = "pictures: [a.png, b.png, c.png, d.png]"
VALID = f"""\
tasks:
  - kind: categorise
    categories: {{one: One, two: Two}}
  - words
  - rank
  - compare
qualification:
  tries: 2
  questions:
    - prompt: two red balls
      {_PICTURES}
      answers:
        - {{kind: categorise, category: two, why: Two.}}
        - {{kind: rank, places: [[b.png], [a.png, c.png], [d.png]], why: So.}}
    - prompt: a red ball
      {_PICTURES}
      answers:
        - {{kind: words, picture: c.png, words: [ball], why: No ball.}}
        - {{kind: compare, chosen: d.png, rejected: b.png, why: Better.}}
trust:
  share: 0.2
  known:
    - prompt: a blue ball
      {_PICTURES}
      answers: [{{kind: categorise, category: one}}]
inspection:
  inspectors:
    - {{game: hills, player: ivy}}
  double: 0.1
prompts:
  - prompt: a green ball
    {_PICTURES}
"""


def read(folder, text=VALID):
    for name in "abcd":
        Image.new("RGB", (2, 2)).save(folder / f"{name}.png")
    path = folder / "project.yaml"
    path.write_text(text, encoding="utf-8")
    return read_annotation_project(path).quality


def test_known_answers_have_the_numbers_of_pictures_and_words(tmp_path):
    quality = read(tmp_path)
    first, second = quality.qualification.questions
    assert first.answers[Asked("rank", (0, 1, 2, 3))].answer == {"places": [[1], [0, 2], [3]]}
    assert second.answers[Asked("words", (2,))].answer == {"words": [2]}
    assert second.answers[Asked("compare", (1, 3))].answer == {"chosen": 3}
    assert (quality.qualification.asked_per_try, quality.qualification.right) == (1, 0.75)
    assert (quality.trust.least, quality.inspection.share) == (0.65, 1.0)
    assert share_without_looking([first, second]) == 2 / 4  # category, half of pair and ranking


def known(kind: str, *answers: dict[str, Any]) -> list[KnownPrompt]:
    prompt = AnnotationPrompt("p", "two red balls", ("a.png", "b.png"))
    return [KnownPrompt(prompt, {Asked(kind, (0,)): KnownAnswer(a, "")}) for a in answers]


def test_one_answer_to_all_questions_may_be_between_those_that_are_right() -> None:
    two_issues = known("issues", {"issues": ["blurry"]}, {"issues": ["repeated"]})
    assert share_without_looking(two_issues) == 1  # who ticks both agrees with each by half
    ratings = [{"overall": 2, "alignment": 6, "fidelity": 4}]
    ratings.append({"overall": 3, "alignment": 7, "fidelity": 4})
    assert share_without_looking(known("rate", *ratings)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tries: 2", "tries: 3"), "line 8: the qualification has 2 questions; it needs one or"),
        (("tries: 2", "tires: 2"), "line 8: the qualification has no field tires"),
        (("tries: 2", "right: 0.3"), "is passed with 0.3 of right answers, and answering the same"),
        (("words: [ball]", "words: [cat]"), "has 'cat', which is not in the prompt"),
        (("category: two, why", "category: red, why"), "is not an answer: there is no category"),
        (("chosen: d.png", "chosen: e.png"), "is about 'e.png', not one of its pictures"),
        (("chosen: d.png", "chosen: b.png"), "line 19: .* compares a picture with itself"),
        (
            (
                "- {kind: words, picture: c.png, words: [ball]",
                "- {kind: compare, chosen: a.png, rejected: c.png",
            ),
            "the question 'a red ball' .* has answers to several pairs of its pictures",
        ),
        (("[[b.png], [a", "[[a"), "is not an answer: picture 1 has no place"),
        (("[[b.png], [a.png, c.png], [d", "[[b.png, a.png, c.png, d"), "so it has no order"),
        ((", why: No ball.", ""), "line 18: .* needs the field why"),
        (
            ("prompt: a blue", "prompt: a green"),
            "of a known prompt of the trust is that of another",
        ),
        (("share: 0.2", "share: 1.2"), "line 21: share of the trust has to be a share from 0 to 1"),
        (("  inspectors:\n    - {game: hills, player: ivy}\n", ""), "needs the field inspectors"),
        (("player: ivy}", "player: ivy, key: 1}"), "an inspector has no field key"),
        (("category: one}", "category: one}, {kind: rate}"), "has to be one of categorise, words"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, change, message):
    assert change[0] in VALID
    with pytest.raises(TaskFileError, match=message):
        read(tmp_path, VALID.replace(*change, 1))


@pytest.mark.parametrize(
    ("kind", "known", "right", "wrong"),
    [
        ("rate", (2, 7, 4), (1, 6, 5), (4, 7, 4)),
        ("words", [1, 2], [1], [0, 1, 2, 3, 4]),
        ("issues", [], [], ["blurry"]),
        (
            "regions",
            [[0.2, 0.2]],
            [[0.25, 0.25]],
            [[x / 5, y / 5] for x in range(6) for y in (0, 1)],
        ),
        ("rank", [[0], [1], [2], [3]], [[0], [2], [1], [3]], [[3], [2], [1], [0]]),
        ("rank", [[0], [1], [2], [3]], [[0, 1], [2], [3]], [[0, 1, 2, 3]]),
        ("compare", 1, 1, 2),
    ],
)
def test_what_counts_as_right(kind, known, right, wrong):
    field = {"regions": "points", "rank": "places", "compare": "chosen"}.get(kind, kind)

    def answer(value):
        if kind == "rate":
            return dict(zip(("overall", "alignment", "fidelity"), value, strict=True))
        return {field: value}

    assert answers_agree(kind, answer(known), answer(right))
    assert not answers_agree(kind, answer(known), answer(wrong))
    assert not answers_agree(kind, answer(wrong), answer(known))


def test_agreement_is_by_kind_and_by_who_is_compared():
    def given(person, chosen, is_inspector=False, decided=None):
        question = Asked("compare", (0, 1))
        answer = {"chosen": chosen}
        return GivenAnswer("p", question, person, is_inspector, answer, decided)

    answers = [
        given("a", 0),
        given("b", 0, decided={"chosen": 1}),
        given("c", 1),
        given("i", 0, True),
    ]
    rows = agreement_rows(answers)
    assert [(row["between"], row["agreement"], row["pairs"]) for row in rows] == [
        ("annotators", 1 / 3, 3),
        ("inspectors", 2 / 3, 3),
        ("decisions", 0.0, 1),
    ]
    assert all(row["low"] <= row["agreement"] <= row["high"] for row in rows)
