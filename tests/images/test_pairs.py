import numpy as np
import pandas as pd
import pytest

from gamelabel.games.pairs.decoys import content_words
from gamelabel.images import pairs as module
from gamelabel.images.pairs import draw_pairs, drop_held_out, is_complete, make_pairs
from gamelabel.images.pipeline import load_pipeline
from gamelabel.parallel import ItemFailed
from gamelabel.scenes import all_prompts, sample_prompts
from tests.disks import small_disk  # noqa: F401  (a fixture)


@pytest.fixture(scope="module")
def kept():
    texts = list(all_prompts())[::7]
    return pd.DataFrame({"prompt_id": [f"w{i:05d}" for i in range(len(texts))], "text": texts})


def test_held_out_prompts_are_left_out_of_the_pool_and_others_kept():
    train, held_out = sample_prompts(40, 0, "train"), sample_prompts(40, 0, "held-out")
    table = pd.DataFrame({"text": [*held_out, "A dog on the moon", held_out[0].upper(), *train]})
    assert drop_held_out(table).text.tolist() == ["A dog on the moon", *train]


def test_decoys_share_no_word_with_their_prompt_and_are_used_once(kept):
    pairs = make_pairs(kept, 300, 100, "model", seed=1)
    comparisons = pairs[pairs.kind == "comparison"]
    assert len(pairs) == 400 and len(comparisons) == 100
    decoys = [row.drawn_b if row.gold == "a" else row.drawn_a for row in comparisons.itertuples()]
    truths = [row.drawn_a if row.gold == "a" else row.drawn_b for row in comparisons.itertuples()]
    assert truths == comparisons.prompt.tolist()
    assert not any(content_words(a) & content_words(b) for a, b in zip(truths, decoys, strict=True))
    assert len(set(decoys)) == 100 and not set(decoys) & set(pairs.prompt)


def test_the_side_of_the_answer_is_balanced_and_ids_do_not_reveal_it(kept):
    pairs = make_pairs(kept, 300, 100, "model", seed=1)
    assert pairs.gold.value_counts().to_dict() == {"a": 50, "b": 50}
    comparison = (pairs.kind == "comparison").to_numpy()
    order = np.argsort(pairs.pair_id.to_numpy())
    assert comparison[order][:200].mean() == pytest.approx(comparison[order][200:].mean(), abs=0.1)
    assert pairs.pair_id.is_unique and pd.concat([pairs.seed_a, pairs.seed_b]).is_unique


def test_the_same_seed_plans_the_same_pairs(kept):
    assert make_pairs(kept, 30, 10, "model", 1).equals(make_pairs(kept, 30, 10, "model", 1))
    assert not make_pairs(kept, 30, 10, "model", 1).equals(make_pairs(kept, 30, 10, "model", 2))


def test_too_few_prompts_say_how_many_are_needed(kept):
    with pytest.raises(ValueError, match="need 50 distinct prompts, 20 are kept"):
        make_pairs(kept.head(20), 30, 10, "model", 1)
    same = pd.DataFrame(
        {"prompt_id": list("abcd"), "text": ["a red circle", "two red circles"] * 2}
    )
    with pytest.raises(ValueError, match="2 are kept"):
        make_pairs(same, 3, 0, "model", 1)
    assert len(make_pairs(same, 2, 0, "model", 1)) == 2, "two distinct prompts are enough for two"
    alike = pd.DataFrame(
        {"prompt_id": list("abc"), "text": ["a red circle", "two red circles", "a red star"]}
    )
    with pytest.raises(ValueError, match="shares no word"):
        make_pairs(alike, 1, 1, "model", 1)


@pytest.mark.parametrize(("points", "comparisons"), [(0, 5), (-3, 5), (3, -1)])
def test_an_empty_plan_is_refused(kept, points, comparisons):
    with pytest.raises(ValueError, match="at least 1 point"):
        make_pairs(kept, points, comparisons, "model", 1)


def test_a_batch_below_zero(kept, tmp_path):
    with pytest.raises(ValueError, match="batch_size is -1: give the number of images"):
        draw_pairs(None, make_pairs(kept, 3, 1, "model", 1), tmp_path, batch_size=-1)


def test_only_missing_or_broken_pictures_are_drawn_with_the_same_bytes(kept, repository, tmp_path):
    pipe = load_pipeline(repository, device="cpu")
    pairs = make_pairs(kept, 3, 1, "model", 1)
    assert draw_pairs(pipe, pairs, tmp_path, batch_size=5) == 8
    files = sorted((tmp_path / "images").iterdir())
    assert len(files) == 8 and all(is_complete(file) for file in files)
    first = {file.name: file.read_bytes() for file in files}
    assert draw_pairs(pipe, pairs, tmp_path, batch_size=5) == 0

    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:50])  # a disk that was full
    files[6].write_bytes(b"not a picture")
    assert draw_pairs(pipe, pairs, tmp_path, batch_size=5) == 3
    assert {file.name: file.read_bytes() for file in files} == first


def test_processes_draw_the_same_bytes_and_only_what_is_missing(
    kept, repository, tmp_path, monkeypatch
):
    pipe = load_pipeline(repository, device="cpu")
    pairs = make_pairs(kept, 3, 1, "model", 1)
    draw_pairs(pipe, pairs, tmp_path / "alone", batch_size=3)
    expected = {file.name: file.read_bytes() for file in (tmp_path / "alone/images").iterdir()}
    monkeypatch.setenv("GAMELABEL_JOBS", "2")
    assert draw_pairs(pipe, pairs, tmp_path, batch_size=3) == 8
    files = sorted((tmp_path / "images").iterdir())
    assert {file.name: file.read_bytes() for file in files} == expected
    files[4].unlink()
    before = {file.name: file.stat().st_mtime_ns for file in files if file.exists()}
    assert draw_pairs(pipe, pairs, tmp_path, batch_size=3) == 1
    assert {file.name: file.read_bytes() for file in files} == expected
    assert all((tmp_path / "images" / n).stat().st_mtime_ns == t for n, t in before.items())
    assert not (tmp_path / ".model.pt").exists()


@pytest.fixture
def noise(monkeypatch):
    """Replace generation by pictures of noise; return the numbers of requested pictures."""
    requested = []

    def generate(pipe, prompts, seeds, steps, guidance, batch_size):
        requested.append(len(seeds))
        for start in range(0, len(seeds), batch_size):
            batch = seeds[start : start + batch_size]
            yield np.stack(
                [
                    np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)
                    for seed in batch
                ]
            )

    monkeypatch.setattr(module, "generate", generate)
    monkeypatch.setattr(module, "weights_hash", lambda pipe: str(pipe))
    return requested


def test_another_seed_model_or_setting_draws_anew_and_what_is_not_planned_goes(
    kept, tmp_path, noise
):
    pairs = make_pairs(kept, 3, 1, "model", 1)
    assert draw_pairs(None, pairs, tmp_path, batch_size=2) == 8
    first = {path.name: path.read_bytes() for path in (tmp_path / "images").iterdir()}
    assert draw_pairs("another model", pairs, tmp_path, batch_size=2) == 8
    assert draw_pairs(None, pairs, tmp_path, steps=2, batch_size=2) == 8
    assert draw_pairs(None, make_pairs(kept, 5, 1, "model", 2), tmp_path, batch_size=2) == 12
    assert draw_pairs(None, pairs, tmp_path, batch_size=2) == 8
    assert {path.name: path.read_bytes() for path in (tmp_path / "images").iterdir()} == first
    assert draw_pairs(None, pairs, tmp_path, batch_size=2) == 0


def test_ctrl_c_between_pictures_keeps_those_that_are_drawn(kept, tmp_path, noise, monkeypatch):
    pairs = make_pairs(kept, 3, 1, "model", 1)
    generate_images = module.generate

    def interrupted(*arguments):
        if noise:
            raise KeyboardInterrupt
        return generate_images(*arguments)

    monkeypatch.setattr(module, "generate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        draw_pairs(None, pairs, tmp_path, batch_size=2)
    monkeypatch.setattr(module, "generate", generate_images)
    assert draw_pairs(None, pairs, tmp_path, batch_size=2) == 6
    assert noise == [2, 2, 2, 2]


def test_a_full_disk_keeps_what_is_drawn_and_the_next_call_draws_the_rest(kept, small_disk, noise):  # noqa: F811
    pairs, folder = make_pairs(kept, 3, 1, "model", 1), small_disk.folder
    message = r"OSError: .* No space left on device: '.*/images/p00000\d-[ab]\.png'"
    with pytest.raises(ItemFailed, match=message):
        draw_pairs(None, pairs, folder, batch_size=2)
    files = sorted((folder / "images").iterdir())
    assert 0 < len(files) < 8 and all(is_complete(file) for file in files)
    small_disk.grow()
    assert draw_pairs(None, pairs, folder, batch_size=2) == 8 - len(files)
