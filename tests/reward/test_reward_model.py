import copy
import json
import shutil
import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BlipForImageTextRetrieval
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from gamelabel.models.blip_scenes import make_blip_scenes
from gamelabel.reward import Calibration, RewardModel, load_reward, open_blip, save_reward
from gamelabel.reward.baselines import match_score
from gamelabel.reward.reward_folder import NotARewardModel, save_blip
from gamelabel.reward.reward_model import make_head
from tests.reward.tiny_data import PROMPTS, draw_prompts, tiny_model, write_pictures


@pytest.fixture(scope="module")
def model():
    return tiny_model()


def test_batches_score_as_one_at_a_time(model):
    pictures = draw_prompts(PROMPTS)
    together = model.score(pictures, PROMPTS)
    one_by_one = [
        model.score(pictures[i : i + 1], PROMPTS[i : i + 1])[0] for i in range(len(PROMPTS))
    ]
    assert together.shape == (4,) and np.ptp(together) > 1e-4
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)
    np.testing.assert_allclose(together, model.score(pictures, PROMPTS, batch_size=3), atol=1e-5)
    assert model.score(pictures[:0], []).shape == (0,)


def test_the_score_depends_on_the_picture_and_on_the_prompt(model):
    pictures = draw_prompts(PROMPTS)
    assert np.ptp(model.score(pictures, PROMPTS[:1] * 4)) > 1e-4
    assert np.ptp(model.score(pictures[[0] * 4], PROMPTS)) > 1e-5


def test_files_arrays_and_tensors_score_alike(model, tmp_path):
    pictures = draw_prompts(PROMPTS)
    files = [tmp_path / name for name in write_pictures(tmp_path, pictures)]
    scores = model.score(pictures, PROMPTS)
    assert model.score(files, PROMPTS).tolist() == scores.tolist()
    tensor = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255.0
    np.testing.assert_allclose(model.reward(tensor, PROMPTS).detach().numpy(), scores, atol=1e-5)


def test_the_gradient_reaches_the_pictures(model):
    tensor = torch.rand(2, 3, 64, 64, requires_grad=True)
    model.reward(tensor, PROMPTS[:2]).sum().backward()
    assert tensor.grad.abs().sum() > 0


def test_pictures_of_any_size_are_scaled_and_their_middle_is_kept(model):
    wide = np.zeros((64, 128, 3), np.uint8)
    wide[:, 32:96] = 200  # the middle
    plain = np.full((64, 64, 3), 200, np.uint8)
    assert torch.equal(*model.load_images([wide, plain]))
    large = np.asarray(
        Image.fromarray(draw_prompts(PROMPTS[:1])[0]).resize((256, 256), Image.Resampling.NEAREST)
    )
    np.testing.assert_allclose(
        *model.score([large, draw_prompts(PROMPTS[:1])[0]], PROMPTS[:1] * 2), atol=0.05
    )


def test_pixels_are_normalized_as_clips(model):
    pixels = torch.rand(2, 3, 64, 64)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))
    torch.testing.assert_close(model.preprocess(pixels), (pixels - mean) / std)


def test_scores_are_calibrated():
    pictures, plain = draw_prompts(PROMPTS), tiny_model()
    moved = RewardModel(plain.blip, plain.tokenizer, 20, Calibration(0.5, 2.0, "a set"))
    np.testing.assert_allclose(
        moved.score(pictures, PROMPTS), (plain.score(pictures, PROMPTS) - 0.5) / 2.0, atol=1e-6
    )


def test_the_head_is_imagerewards():
    head = make_head(768)
    shapes = [
        tuple(layer.weight.shape[::-1]) for layer in head if isinstance(layer, torch.nn.Linear)
    ]
    assert shapes == [(768, 1024), (1024, 128), (128, 64), (64, 16), (16, 1)]
    assert [layer.p for layer in head if isinstance(layer, torch.nn.Dropout)] == [0.2, 0.2, 0.1]
    assert [name for name in head.state_dict() if "weight" in name] == [
        f"{i}.weight" for i in (0, 2, 4, 6, 7)
    ]
    assert head[0].weight.std().item() == pytest.approx(
        769**-0.5, rel=0.01
    )  # its variance is 1 / (d + 1)
    assert not any(layer.bias.any() for layer in head if isinstance(layer, torch.nn.Linear))
    # the output is about sqrt(1024 x 128 x 64 x 16) / 769^2 = .02 of the input
    scores = head.eval()(torch.randn(512, 768, generator=torch.Generator().manual_seed(0)))
    assert 0.02 / 3 < scores.std().item() < 0.02 * 3


def test_a_narrow_head_is_imagerewards_in_proportion():
    head = make_head(96)  # an eighth of 768
    shapes = [
        tuple(layer.weight.shape[::-1]) for layer in head if isinstance(layer, torch.nn.Linear)
    ]
    assert shapes == [(96, 128), (128, 16), (16, 8), (8, 2), (2, 1)]
    assert [layer.p for layer in head if isinstance(layer, torch.nn.Dropout)] == [0.2, 0.2, 0.1]


@pytest.mark.parametrize("width", [96, 128, 768])
def test_dropout_does_not_drown_what_is_learned_at_first(width):
    """Dropout changes an untrained score by far less than the log odds to be learned.

    With the hidden layers of width 768 on a width of 96, it would change it by 1.
    """
    head, features = (
        make_head(width),
        torch.randn(64, width, generator=torch.Generator().manual_seed(0)),
    )
    torch.manual_seed(0)
    with torch.no_grad():
        noisy = torch.stack([head.train()(features).squeeze(1) for _ in range(200)])
    assert 0 < noisy.std(0).mean() < 0.1


def test_equal_seeds_make_equal_models_and_leave_the_random_state_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = tiny_model(1), tiny_model(1), tiny_model(2)
    assert torch.equal(torch.get_rng_state(), before)
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
    assert not torch.equal(first.head[0].weight, other.head[0].weight)


def test_the_embedded_size():
    model = make_blip_scenes()
    assert sum(weight.numel() for weight in model.parameters()) == pytest.approx(2.3e6, rel=0.05)
    assert (model.image_size, model.text_length) == (64, 20)
    # with BLIP's own range for image encoders all patches would look the same
    assert model.blip.vision_model.embeddings.position_embedding.std() > 0.01


def test_every_prompt_of_the_world_is_read_completely(model):
    from gamelabel.scenes import all_prompts

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokens = model.tokenize(list(all_prompts()))
    assert (tokens["input_ids"] != model.tokenizer.unk_token_id).all()


def test_unknown_words_warn(model):
    with pytest.warns(UserWarning, match=r"1 of 2 prompts have words .* 'a pink circle'"):
        model.tokenize(["a red circle", "a pink circle"])


def test_prompts_that_are_too_long_warn(model):
    with pytest.warns(UserWarning, match="1 of 2 prompts have more than 20 tokens"):
        model.tokenize(["a red circle", " ".join(["red"] * 19)])


def test_a_prompt_of_the_longest_length_does_not_warn(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokens = model.tokenize([" ".join(["red"] * 18)])  # and one token at each end
    assert tokens["attention_mask"].sum() == 20


@pytest.mark.parametrize("prompts", ["a red circle", ["a red circle"]])
def test_as_many_prompts_as_pictures(model, prompts):
    with pytest.raises(ValueError, match=r"4 images but (one string|1 prompts)"):
        model.score(draw_prompts(PROMPTS), prompts)


def test_files_and_arrays_that_are_not_images(model, tmp_path):
    for image in (
        np.zeros((64, 64, 3)),
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
    ):
        with pytest.raises(ValueError, match="an image is RGB, uint8"):
            model.score([image], PROMPTS[:1])
    (tmp_path / "x.png").write_bytes(b"no picture")
    with pytest.raises(OSError, match=r"x\.png cannot be read"):
        model.score([tmp_path / "x.png"], PROMPTS[:1])
    with pytest.raises(FileNotFoundError):
        model.score([tmp_path / "none.png"], PROMPTS[:1])


@pytest.mark.parametrize("length", [2, 21, 35])
def test_a_text_length_that_the_encoder_has_no_places_for(model, length):
    with pytest.raises(
        ValueError, match=f"{length} tokens do not fit a text encoder with 20 positions"
    ):
        RewardModel(model.blip, model.tokenizer, length)


def test_a_folder_gives_the_same_scores(tmp_path, model):
    model = RewardModel(
        model.blip, model.tokenizer, 18, Calibration(1.0, 2.0, "a set", 7, (-1.0, 0.0, 2.0))
    )
    folder = save_reward(model, tmp_path / "reward")
    opened = load_reward(folder)
    assert (
        opened.score(draw_prompts(PROMPTS), PROMPTS).tolist()
        == model.score(draw_prompts(PROMPTS), PROMPTS).tolist()
    )
    assert (opened.text_length, opened.calibration) == (18, model.calibration)
    save_reward(model, folder)  # over an older one
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reward"]


def test_a_blip_from_a_folder_gets_a_new_head(tmp_path, model):
    folder = save_reward(model, tmp_path / "reward")
    opened = open_blip(folder / "blip", text_length=20, seed=3)
    assert torch.equal(opened.blip.itm_head.weight, model.blip.itm_head.weight)
    assert not torch.equal(opened.head[0].weight, model.head[0].weight)


def test_a_blip_alone_takes_half_the_space_and_scores_alike(tmp_path):
    model = tiny_model()
    folder = save_blip(model, tmp_path / "blip")
    assert model.blip.dtype == torch.float32  # what is saved is a copy
    opened = open_blip(folder)
    assert (
        opened.blip.dtype == torch.float32 and opened.text_length == 20
    )  # as many as it has places for
    pictures = draw_prompts(PROMPTS)
    np.testing.assert_allclose(
        match_score(opened, pictures, PROMPTS), match_score(model, pictures, PROMPTS), atol=5e-3
    )
    full = sum(weight.numel() for weight in model.blip.parameters()) * 4
    assert (folder / "model.safetensors").stat().st_size < 0.6 * full


def test_a_folder_that_is_not_a_blip(tmp_path):
    with pytest.raises(NotARewardModel, match="is not a BLIP: give a folder"):
        open_blip(tmp_path)


def test_folders_that_are_not_a_reward_model(tmp_path, model):
    with pytest.raises(FileNotFoundError, match="save_reward"):
        load_reward(tmp_path / "none")
    complete = save_reward(model, tmp_path / "complete")
    for name in ("reward.json", "head.safetensors", "blip/model.safetensors"):
        broken = tmp_path / "broken"
        shutil.rmtree(broken, ignore_errors=True)
        shutil.copytree(complete, broken)
        (broken / name).unlink()
        with pytest.raises(NotARewardModel, match=f"{name} missing"):
            load_reward(broken)
        (broken / name).write_bytes(b"\x00" * 40)
        with pytest.raises(NotARewardModel, match="broken"):
            load_reward(broken)


def test_a_folder_for_another_text_length(tmp_path, model):
    folder = save_reward(model, tmp_path / "reward")
    about = json.loads((folder / "reward.json").read_text())
    (folder / "reward.json").write_text(json.dumps({**about, "text_length": 35}))
    with pytest.raises(
        NotARewardModel, match="35 tokens do not fit a text encoder with 20 positions"
    ):
        load_reward(folder)


def test_a_blip_for_larger_images_reads_those_of_imagereward(tmp_path):
    small = tiny_model()
    config = copy.deepcopy(small.blip.config)
    config.vision_config.image_size = 448
    torch.manual_seed(0)
    large = BlipForImageTextRetrieval(config).eval()
    large.save_pretrained(tmp_path / "large")
    small.tokenizer.save_pretrained(tmp_path / "large")
    opened = open_blip(tmp_path / "large", device="cpu")
    assert opened.image_size == 224
    pixels = torch.rand(2, 3, 224, 224)
    with torch.no_grad():
        states = opened.encode_images(pixels)
        # transformers scales them at each call
        scaled = large.vision_model(pixels, interpolate_pos_encoding=True).last_hidden_state
    assert torch.allclose(states, scaled, atol=1e-5)
    again = load_reward(save_reward(opened, tmp_path / "reward"))
    pictures = draw_prompts(PROMPTS)
    assert again.score(pictures, PROMPTS).tolist() == opened.score(pictures, PROMPTS).tolist()


def test_a_blip_for_small_images_keeps_its_size(tmp_path):
    save_blip(tiny_model(), tmp_path / "blip")
    assert open_blip(tmp_path / "blip", device="cpu").image_size == 64
