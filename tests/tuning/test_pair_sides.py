import numpy as np
import torch

from gamelabel.tuning.pair_sides import flip_labels, random_of_pair
from tests.tuning.tiny_model import make_dataset


def test_the_control_takes_either_side_and_keeps_latents_and_noise_together(pipe):
    chosen, rejected = make_dataset(pipe, 0), make_dataset(pipe, 1)
    sides = set()
    for seed in range(20):
        control = random_of_pair(chosen, rejected, seed)
        assert control.text is chosen.text
        for row in range(5):
            matches = [
                torch.equal(control.latents[row], d.latents[row]) for d in (chosen, rejected)
            ]
            noise = (chosen, rejected)[matches.index(True)].noise[row]
            assert torch.equal(control.noise[row], noise)
            sides.add((row, matches.index(True)))
    assert len(sides) == 10, "in 20 seeds each side of each pair"
    # the choice of a seed stays the same from release to release
    is_rejected = torch.from_numpy(np.random.default_rng(3).random(5) >= 0.5)
    expected = torch.where(is_rejected.view(-1, 1, 1), rejected.latents, chosen.latents)
    assert torch.equal(random_of_pair(chosen, rejected, 3).latents, expected)


def test_flipped_pairs_exchange_their_images_and_the_others_keep_them(pipe):
    chosen, rejected = make_dataset(pipe, 0), make_dataset(pipe, 1)
    previous = 0
    for share in (0.0, 0.4, 0.8, 1.0):
        first, second = flip_labels(chosen, rejected, share, seed=0)
        wrong = [torch.equal(a, b) for a, b in zip(first.latents, rejected.latents, strict=True)]
        for row, is_wrong in enumerate(wrong):
            sides = (rejected, chosen) if is_wrong else (chosen, rejected)
            for flipped, side in zip((first, second), sides, strict=True):
                assert torch.equal(flipped.latents[row], side.latents[row])
                assert torch.equal(flipped.noise[row], side.noise[row])
        assert sum(wrong) >= previous
        previous = sum(wrong)
    assert previous == 5


def test_labels_that_are_wrong_at_a_low_share_are_wrong_at_a_higher_one(pipe):
    chosen, rejected = make_dataset(pipe, 0), make_dataset(pipe, 1)
    few, more = (flip_labels(chosen, rejected, share, seed=1)[0] for share in (0.4, 0.7))
    for row in range(5):
        if torch.equal(few.latents[row], rejected.latents[row]):
            assert torch.equal(more.latents[row], rejected.latents[row])
