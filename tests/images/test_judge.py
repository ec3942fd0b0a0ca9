import numpy as np

from gamelabel.images.judge import to_judge_size


def test_each_pixel_of_a_reduced_image_is_the_mean_of_its_area() -> None:
    large = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3)).astype(np.uint8)
    means = large.reshape(2, 64, 2, 64, 2, 3).mean((2, 4))
    assert np.abs(to_judge_size(large) - means).max() <= 1.0  # Pillow rounds rows, then columns
    assert to_judge_size(large[:, :64, :64]).shape == (2, 64, 64, 3)
