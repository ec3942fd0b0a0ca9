import numpy as np
import pytest

from gamelabel.scenes import UnknownPrompt, adherence, draw, parse, sample_prompts
from gamelabel.tuning import ranked_by_annotators

PROMPTS = sample_prompts(4, 0, "train")


def pictures() -> tuple[np.ndarray, list[str]]:
    """Of each prompt two drawings of its own scene and two of another's."""
    texts = [text for text in PROMPTS for _ in range(4)]
    shown = [
        text
        for i, text in enumerate(PROMPTS)
        for text in (text, text, PROMPTS[i - 1], PROMPTS[i - 1])
    ]
    return np.stack([draw(parse(text), seed) for seed, text in enumerate(shown)]), texts


def test_what_fits_is_ranked_before_what_does_not():
    seen, texts = pictures()
    scores = ranked_by_annotators(annotators=200, each=100)(seen, texts).reshape(4, 4)
    fits = adherence(seen, texts)[0].reshape(4, 4)
    assert fits[:, :2].all() and not fits[:, 2:].any()
    assert (scores[:, :2].min(1) > scores[:, 2:].max(1)).all()
    assert ((scores <= -1) & (scores >= -4)).all()


def test_one_annotator_errs_and_the_same_pictures_are_ranked_alike_again():
    seen, texts = pictures()
    orders = np.stack([ranked_by_annotators(each=1, seed=seed)(seen, texts) for seed in range(30)])
    assert len(np.unique(orders, axis=0)) > 10
    assert (ranked_by_annotators(each=1, seed=7)(seen, texts) == orders[7]).all()


def test_what_nobody_can_judge_is_refused():
    with pytest.raises(UnknownPrompt, match="a dog on the moon"):
        ranked_by_annotators()(np.zeros((4, 64, 64, 3), np.uint8), ["a dog on the moon"] * 4)
    with pytest.raises(ValueError, match="has 3 pictures: 4 to 9"):
        ranked_by_annotators()(np.zeros((3, 64, 64, 3), np.uint8), PROMPTS[:1] * 3)
