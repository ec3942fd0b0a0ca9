import pytest
import torch

from gamelabel.models.blip_scenes.architecture import make_blip_tokenizer
from gamelabel.reward import load_imagereward, load_reward, save_reward
from gamelabel.reward.baselines import match_score
from gamelabel.reward.imagereward_checkpoint import NotImageReward
from gamelabel.reward.reward_model import make_head
from tests.reward.tiny_data import PROMPTS, draw_prompts

W, PATCH, SIDE, LAYERS, TEXT_LAYERS = 64, 16, 32, 2, 3


def layout(seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights under the names of ImageReward.pt, one attention head wide."""
    generator = torch.Generator().manual_seed(seed)

    def rand(*shape):
        return torch.randn(*shape, generator=generator) * 0.05

    def linear(name, outer, inner):
        return {f"{name}.weight": rand(outer, inner), f"{name}.bias": rand(outer)}

    def norm(name):
        return {f"{name}.weight": 1 + rand(W), f"{name}.bias": rand(W)}

    eye, text = "blip.visual_encoder", "blip.text_encoder"
    weights = {
        f"{eye}.cls_token": rand(1, 1, W),
        f"{eye}.pos_embed": rand(1, (SIDE // PATCH) ** 2 + 1, W),
        f"{eye}.patch_embed.proj.weight": rand(W, 3, PATCH, PATCH),
        f"{eye}.patch_embed.proj.bias": rand(W),
        **norm(f"{eye}.norm"),
    }
    for i in range(LAYERS):
        block = f"{eye}.blocks.{i}"
        weights |= norm(f"{block}.norm1") | norm(f"{block}.norm2")
        weights |= linear(f"{block}.attn.qkv", 3 * W, W) | linear(f"{block}.attn.proj", W, W)
        weights |= linear(f"{block}.mlp.fc1", 4 * W, W) | linear(f"{block}.mlp.fc2", W, 4 * W)
    weights |= {
        f"{text}.embeddings.position_ids": torch.arange(40)[None],
        f"{text}.embeddings.word_embeddings.weight": rand(len(make_blip_tokenizer()) + 2, W),
        f"{text}.embeddings.position_embeddings.weight": rand(40, W),
        **norm(f"{text}.embeddings.LayerNorm"),
    }
    for i in range(TEXT_LAYERS):
        layer = f"{text}.encoder.layer.{i}"
        for part in ("attention", "crossattention"):
            for name in ("query", "key", "value"):
                weights |= linear(f"{layer}.{part}.self.{name}", W, W)
            weights |= linear(f"{layer}.{part}.output.dense", W, W) | norm(
                f"{layer}.{part}.output.LayerNorm"
            )
        weights |= linear(f"{layer}.intermediate.dense", 4 * W, W) | linear(
            f"{layer}.output.dense", W, 4 * W
        )
        weights |= norm(f"{layer}.output.LayerNorm")
    weights |= linear("blip.vision_proj", 16, W) | linear("blip.text_proj", 16, W)
    widths = (
        W,
        *(layer.out_features for layer in make_head(W) if isinstance(layer, torch.nn.Linear)),
    )
    for i, inner, outer in zip((0, 2, 4, 6, 7), widths, widths[1:], strict=False):
        weights |= linear(f"mlp.layers.{i}", outer, inner)
    return weights


@pytest.fixture
def checkpoint(tmp_path):
    def write(weights):
        torch.save(weights, tmp_path / "ImageReward.pt")
        return tmp_path / "ImageReward.pt"

    return write


def test_every_weight_finds_its_place(checkpoint):
    weights = layout()
    model = load_imagereward(checkpoint(weights), make_blip_tokenizer())
    vision, text = model.blip.config.vision_config, model.blip.config.text_config
    assert (vision.num_hidden_layers, vision.image_size, vision.patch_size) == (LAYERS, SIDE, PATCH)
    assert (text.num_hidden_layers, text.max_position_embeddings, model.text_length) == (
        TEXT_LAYERS,
        40,
        35,
    )
    ours = [*model.blip.state_dict().items(), *model.head.state_dict().items()]
    matching = {name for name, _ in ours if name.startswith("itm_head")}
    left = sorted(
        float(w.double().sum()) for n, w in weights.items() if not n.endswith("position_ids")
    )
    assert sorted(float(w.double().sum()) for n, w in ours if n not in matching) == pytest.approx(
        left
    )


def test_it_computes_what_the_published_code_computes(checkpoint):
    """One pass by hand, from the weights under their published names."""
    weights = {name: value.double() for name, value in layout().items()}
    model = load_imagereward(checkpoint(layout()), make_blip_tokenizer()).double()
    pixels = torch.randn(
        1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )
    tokens = model.tokenize(["a red circle"])

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x, name, eps):
        return torch.nn.functional.layer_norm(
            x, (W,), weights[f"{name}.weight"], weights[f"{name}.bias"], eps
        )

    def attend(q, k, v):  # one head, as wide as 64 is
        return torch.softmax(q @ k.mT / 64**0.5, -1) @ v

    eye = "blip.visual_encoder"
    patches = torch.nn.functional.conv2d(
        pixels,
        weights[f"{eye}.patch_embed.proj.weight"],
        weights[f"{eye}.patch_embed.proj.bias"],
        stride=PATCH,
    )
    x = (
        torch.cat((weights[f"{eye}.cls_token"], patches.flatten(2).mT), 1)
        + weights[f"{eye}.pos_embed"]
    )
    for i in range(LAYERS):
        block = f"{eye}.blocks.{i}"
        q, k, v = linear(norm(x, f"{block}.norm1", 1e-6), f"{block}.attn.qkv").chunk(3, -1)
        x = x + linear(attend(q, k, v), f"{block}.attn.proj")
        inner = torch.nn.functional.gelu(
            linear(norm(x, f"{block}.norm2", 1e-6), f"{block}.mlp.fc1")
        )
        x = x + linear(inner, f"{block}.mlp.fc2")
    states = norm(x, f"{eye}.norm", 1e-6)

    text, ids = "blip.text_encoder", tokens["input_ids"]
    h = weights[f"{text}.embeddings.word_embeddings.weight"][ids]
    h = h + weights[f"{text}.embeddings.position_embeddings.weight"][: ids.shape[1]]
    h = norm(h, f"{text}.embeddings.LayerNorm", 1e-12)
    for i in range(TEXT_LAYERS):
        layer = f"{text}.encoder.layer.{i}"
        for part, source in (("attention", None), ("crossattention", states)):
            at, name = h if source is None else source, f"{layer}.{part}.self"
            mixed = attend(
                linear(h, f"{name}.query"), linear(at, f"{name}.key"), linear(at, f"{name}.value")
            )
            out = f"{layer}.{part}.output"
            h = norm(linear(mixed, f"{out}.dense") + h, f"{out}.LayerNorm", 1e-12)
        inner = torch.nn.functional.gelu(linear(h, f"{layer}.intermediate.dense"))
        h = norm(linear(inner, f"{layer}.output.dense") + h, f"{layer}.output.LayerNorm", 1e-12)
    raw = h[:, 0]
    for i in (0, 2, 4, 6, 7):
        raw = linear(raw, f"mlp.layers.{i}")

    with torch.no_grad():
        score = model(pixels, tokens)
    assert score.item() == pytest.approx(raw.item(), abs=1e-9)
    assert model.calibration.scaled(score).item() == pytest.approx(
        (raw.item() - 0.167174) / 1.033339, abs=1e-5
    )


def test_it_saves_and_opens_as_any_other(checkpoint, tmp_path):
    model = load_imagereward(checkpoint(layout()), make_blip_tokenizer())
    pictures = draw_prompts(PROMPTS)
    opened = load_reward(save_reward(model, tmp_path / "reward"))
    assert opened.score(pictures, PROMPTS).tolist() == model.score(pictures, PROMPTS).tolist()
    with pytest.raises(ValueError, match="no matching head"):
        match_score(opened, pictures, PROMPTS)


def test_another_layout_is_refused(checkpoint, tmp_path):
    with pytest.raises(FileNotFoundError, match="THUDM"):
        load_imagereward(tmp_path / "none.pt", make_blip_tokenizer())
    complete = layout()
    with pytest.raises(NotImageReward, match="strange"):
        load_imagereward(checkpoint({**complete, "strange": torch.zeros(1)}), make_blip_tokenizer())
    with pytest.raises(NotImageReward, match="no head"):
        load_imagereward(
            checkpoint({k: v for k, v in complete.items() if k.startswith("blip.")}),
            make_blip_tokenizer(),
        )
    without = {k: v for k, v in complete.items() if "blocks.1.norm2" not in k}
    with pytest.raises(NotImageReward, match=r"missing weights .*layers\.1\.layer_norm2"):
        load_imagereward(checkpoint(without), make_blip_tokenizer())
    without = {k: v for k, v in complete.items() if "pos_embed" not in k}
    with pytest.raises(NotImageReward, match="position_embedding"):
        load_imagereward(checkpoint(without), make_blip_tokenizer())
    narrow = {**complete, "mlp.layers.7.weight": torch.zeros(1, 8)}
    with pytest.raises(NotImageReward, match="another head"):
        load_imagereward(checkpoint(narrow), make_blip_tokenizer())
    words = {**complete, "blip.text_encoder.embeddings.word_embeddings.weight": torch.zeros(500, W)}
    with pytest.raises(NotImageReward, match="has 500 tokens"):
        load_imagereward(checkpoint(words), make_blip_tokenizer())
