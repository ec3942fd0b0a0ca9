import numpy as np

from gamelabel.models.blip_scenes.matching_data import alter_prompt, alter_scene, draw_matching_data
from gamelabel.scenes import FAMILIES, adherence, parse, sample_prompts, scene_split
from gamelabel.scenes.draw import SIDE, place_objects


def test_an_altered_prompt_asks_for_something_else_and_stays_in_training():
    rng = np.random.default_rng(0)
    for prompt in sample_prompts(60, 0):
        other = alter_prompt(prompt, rng)
        assert parse(other) != parse(prompt) and scene_split(parse(other)) == "train"
        assert (
            len(parse(other).objects) == len(parse(prompt).objects)
            or parse(prompt).family == "count"
        )


def test_alterations_reach_every_fact():
    rng = np.random.default_rng(1)
    prompt = "a red circle above a green square"
    assert scene_split(parse(prompt)) == "train"
    results = {alter_prompt(prompt, rng) for _ in range(400)}
    plain = {text for text in results if "style" not in text}
    assert plain < results
    assert any("next to" in text or "beside" in text for text in plain)  # the relation
    assert {
        "a green square above a red circle",
        "a red circle below a green square",
    } & plain  # exchanged
    assert any("red circle" not in text for text in plain) and any(
        "green square" not in text for text in plain
    )
    assert all(
        sum(("circle" in t, "square" in t, "red" in t, "green" in t)) >= 3 for t in plain
    )  # one fact at a time


def test_the_judge_says_what_fits():
    data = draw_matching_data(40, seed=1)
    assert data.images.shape == (40, 64, 64, 3) and {
        parse(text).family for text in data.prompts
    } == set(FAMILIES)
    assert data.fits_prompt.tolist() == adherence(data.images, data.prompts)[0].tolist()
    assert data.fits_other.tolist() == adherence(data.images, data.other_prompts)[0].tolist()
    assert data.fits_other.mean() < 0.2
    again = draw_matching_data(40, seed=1)
    assert again.other_prompts == data.other_prompts and np.array_equal(again.images, data.images)


def test_every_other_scene_is_altered_and_the_others_fit():
    data = draw_matching_data(400, seed=2)
    # half are altered, and some of these still fit after a change of size or place
    assert 0.5 < data.fits_prompt.mean() < 0.75


def test_every_mistake_occurs():
    rng = np.random.default_rng(0)
    objects = place_objects(parse("a red circle above a blue star"), 0)
    results = [alter_scene(objects, rng) for _ in range(300)]
    assert {len(altered) for altered in results} == {
        0,
        1,
        2,
        3,
        4,
    }  # things are lost and added, one or two
    alike = [altered for altered in results if len(altered) == 2]
    for fact in ("shape", "colour"):
        assert any(
            [getattr(m.object, fact) for m in objects] != [getattr(m.object, fact) for m in s]
            for s in alike
        )
    assert any([m.r for m in objects] != [m.r for m in altered] for altered in alike)
    assert any([m.x for m in objects] != [m.x for m in altered] for altered in alike)
    assert all(0 < m.x < SIDE and 0 < m.y < SIDE for altered in results for m in altered)
