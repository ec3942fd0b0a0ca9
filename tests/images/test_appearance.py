"""Measures of appearance: each answers to damage of its own, and none to where objects are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from gamelabel.images.appearance import MEASURES, Appearance, measure_appearance
from gamelabel.scenes import draw, parse, sample_prompts
from gamelabel.scenes.draw import SIDE, PlacedObject, paint
from gamelabel.scenes.grammar import SHAPES, STYLES, SceneObject

PROMPTS = sample_prompts(60, seed=3)


@pytest.fixture(scope="module")
def drawings():
    return np.stack([draw(parse(prompt), seed) for seed, prompt in enumerate(PROMPTS)])


def blurred(images, sigma):
    smooth = ndimage.gaussian_filter(images.astype(float), (0, sigma, sigma, 0))
    return smooth.round().astype(np.uint8)


def washed_out(images, share):
    lightest = images.max(-1, keepdims=True)
    return (images + share * (lightest - images)).round().astype(np.uint8)


def speckled(images, n):
    """Put n dark and light specks of one pixel on a grid, away from the picture's edge."""
    result = images.copy()
    spots = np.random.default_rng(0).permutation(15 * 15)[:n]
    rows, columns = 4 * (spots // 15) + 3, 4 * (spots % 15) + 3
    result[:, rows, columns] = np.where(images[:, rows, columns] > 128, 60, 200)
    return result


def cut(images, n):
    """Replace n squares of 3 x 3 pixels at the edges of objects by the background."""
    result, rng = images.copy(), np.random.default_rng(1)
    for image, whole in zip(result, images, strict=True):
        objects = np.abs(whole.astype(int) - whole[0, 0]).max(-1) > 60
        edge = np.argwhere(objects & ~ndimage.binary_erosion(objects))
        for y, x in edge[rng.permutation(len(edge))[:n]]:
            image[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = whole[0, 0]
    return result


def means(images):
    return Appearance(*(float(np.nanmean(values)) for values in measure_appearance(images)))


DAMAGE = {
    "edge_sharpness": (blurred, (0.4, 0.7, 1.0, 1.5)),
    "colour_purity": (washed_out, (0.1, 0.2, 0.3, 0.5)),
    "outline_overlap": (cut, (1, 2, 4, 8)),
    "artefacts": (speckled, (1, 4, 16, 64)),
}


@pytest.mark.parametrize("measure", MEASURES)
def test_more_damage_is_worse(drawings, measure):
    damage, amounts = DAMAGE[measure]
    series = [drawings, *(damage(drawings, amount) for amount in amounts)]
    values = [getattr(means(images), measure) for images in series]
    worse = MEASURES[measure][1]
    assert (worse * np.diff(values) > 0).all()


def test_damage_of_another_kind_changes_a_measure_little(drawings):
    """Blur takes .3 of the sharpness, washing .2 of the purity, and so on; beside that, little."""
    whole = means(drawings)
    pale, rough = means(washed_out(drawings, 0.3)), means(cut(drawings, 4))
    dotted = means(speckled(drawings, 16))
    assert pale.edge_sharpness == pytest.approx(whole.edge_sharpness, rel=0.03)
    assert rough.colour_purity == pytest.approx(whole.colour_purity, rel=0.01)
    assert dotted.outline_overlap == pytest.approx(whole.outline_overlap, abs=0.005)
    assert pale.artefacts == 0 and means(blurred(drawings, 1.0)).artefacts == 0


def test_specks_on_the_background_are_counted_one_by_one():
    images = np.stack([draw(parse("a small blue circle"), seed) for seed in range(8)])
    dotted = images.copy()
    corners = [(2, 2), (2, 61), (61, 2), (61, 61)]
    for row, column in corners:
        dotted[:, row, column] = (90, 90, 90)
    clear = np.abs(images.astype(int) - images[:, :1, :1]).max(-1) < 40
    free = [clear[:, max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5].all((1, 2)) for y, x in corners]
    counted = measure_appearance(dotted).artefacts - measure_appearance(images).artefacts
    assert np.all(free, axis=0).any()
    assert (counted == 4)[np.all(free, axis=0)].all()


def test_a_faint_remnant_of_an_object_is_an_artefact():
    image = np.full((1, SIDE, SIDE, 3), 240, np.uint8)
    image[0, 20:30, 20:30] = (225, 215, 240)  # too pale for the judge
    image[0, 50:52, 50:52] = (30, 60, 200)  # too small for it
    measured = measure_appearance(image)
    assert measured.artefacts.tolist() == [2]
    assert np.isnan([measured.edge_sharpness, measured.colour_purity]).all()


@pytest.mark.parametrize("style", ["", *STYLES])
@pytest.mark.parametrize("shape", SHAPES)
def test_moving_an_object_changes_nothing(shape, style):
    item = PlacedObject(SceneObject(shape, "blue"), x=24.0, y=26.0, r=11.0, tilt=0.1)
    places = [(0, 0), (7, 0), (0, 9), (13, 11)]
    images = [paint([replace(item, x=24.0 + x, y=26.0 + y)], style, seed=1) for x, y in places]
    measured = measure_appearance(np.stack(images))
    assert measured.edge_sharpness == pytest.approx(measured.edge_sharpness[0], rel=0.02)
    assert measured.colour_purity == pytest.approx(measured.colour_purity[0], rel=0.02)
    assert measured.outline_overlap == pytest.approx(measured.outline_overlap[0], abs=0.01)
    assert (measured.artefacts == 0).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_scaling_an_object_changes_nothing(shape):
    """Averaged over positions within a pixel, which decide where an edge meets the grid."""
    rng = np.random.default_rng(0)

    def pictures(r):
        places = 32.0 + rng.uniform(-0.5, 0.5, (40, 2))
        tilts = rng.uniform(-0.14, 0.14, 40)
        item = SceneObject(shape, "green")
        return np.stack(
            [
                paint([PlacedObject(item, x, y, r, tilt)], "", seed)
                for seed, ((x, y), tilt) in enumerate(zip(places, tilts, strict=True))
            ]
        )

    small, large = means(pictures(8.0)), means(pictures(17.0))
    assert small.edge_sharpness == pytest.approx(large.edge_sharpness, rel=0.04)
    assert small.colour_purity == pytest.approx(large.colour_purity, rel=0.01)
    assert small.outline_overlap == pytest.approx(large.outline_overlap, abs=0.015)
    assert small.artefacts == large.artefacts == 0


def test_a_picture_is_measured_the_same_in_any_batch(drawings):
    together, alone = measure_appearance(drawings), measure_appearance(drawings[7:8])
    for batch, single in zip(together, alone, strict=True):
        assert batch[7] == pytest.approx(single[0], rel=1e-5, nan_ok=True)
    assert [len(column) for column in measure_appearance(drawings[:0])] == [0, 0, 0, 0]
