"""The assistant is on and frozen while an adapter is trained, and no part of its file."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from gamelabel.flow import velocity
from gamelabel.images.adapter_files import UnusableAdapter
from gamelabel.images.pipeline import generate, load_pipeline
from gamelabel.training import TrainingStep
from gamelabel.tuning.adapter import (
    WrongBase,
    add_adapter,
    base_hash,
    load_adapter,
    remove_adapter,
    tune_adapter,
)
from gamelabel.tuning.assistant import (
    FLUX_SCENES_ASSISTANT,
    find_assistant,
    train_assistant,
)
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import SHORT, make_dataset, make_pipe


@pytest.fixture(scope="module")
def assistant(pipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("assistant")
    return train_assistant(pipe.transformer, make_dataset(pipe), SHORT, folder, rank=3)


def tune(pipe, folder, assistant=None, seed=0):
    data = make_dataset(pipe, 1)
    loss = sft_loss(pipe.transformer, data, 4)
    arguments = (pipe.transformer, loss, SHORT, folder, "data")
    return tune_adapter(*arguments, rank=2, seed=seed, assistant=assistant)


def first_image(pipe):
    return next(generate(pipe, ["a red circle"], [1]))


def metadata(file):
    with safe_open(file, framework="pt") as opened:
        return json.loads(opened.metadata()["lora_adapter_metadata"])


def test_afterwards_the_base_is_what_it_was(pipe, assistant, tmp_path):
    plain, weights = first_image(pipe), base_hash(pipe.transformer)
    names = list(pipe.transformer.state_dict())
    tune(pipe, tmp_path, assistant)
    assert list(pipe.transformer.state_dict()) == names
    assert base_hash(pipe.transformer) == weights
    assert (first_image(pipe) == plain).all()


def test_what_is_learned_depends_on_the_assistant_and_is_the_same_again(pipe, assistant, tmp_path):
    files = {
        name: tune(pipe, tmp_path / name, on, seed)
        for name, on, seed in [
            ("with", assistant, 0),
            ("again", assistant, 0),
            ("without", None, 0),
            ("other seed", assistant, 1),
        ]
    }
    contents = {name: file.read_bytes() for name, file in files.items()}
    assert contents["with"] == contents["again"]
    assert len(set(contents.values())) == 3


def test_the_assistant_is_frozen_and_on(pipe, assistant, tmp_path):
    """While the adapter is new, the model is base and assistant; their weights do not move."""
    transformer, data = pipe.transformer, make_dataset(pipe, 1)
    x_t, sigma = data.noise, torch.full((5,), 0.5)
    with torch.no_grad():
        bare = velocity(transformer, x_t, sigma, data.text)
        transformer.load_lora_adapter(str(assistant))
        assisted = velocity(transformer, x_t, sigma, data.text)
        remove_adapter(transformer)
    seen, states = [], []
    loss = sft_loss(transformer, data, 4)

    def recording(step: TrainingStep):
        with torch.no_grad():
            seen.append(velocity(transformer, x_t, sigma, data.text))
        states.append(
            {n: w.clone() for n, w in transformer.named_parameters() if ".assistant." in n}
        )
        trained = [n for n, w in transformer.named_parameters() if w.requires_grad]
        assert trained and all(".default." in name for name in trained)
        return loss(step)

    tune_adapter(transformer, recording, SHORT, tmp_path, "data", rank=2, assistant=assistant)
    assert not torch.allclose(bare, assisted)
    assert torch.allclose(seen[0], assisted, atol=1e-6)
    assert not torch.allclose(seen[-1], assisted, atol=1e-6)
    assert states[0] and all(torch.equal(states[0][name], states[-1][name]) for name in states[0])


def test_the_file_holds_the_adapter_alone_and_names_the_bare_base(pipe, assistant, tmp_path):
    file = tune(pipe, tmp_path, assistant)
    state = load_file(file)
    assert state and all(min(weight.shape) == 2 for weight in state.values()), "rank 2, not 3"
    base = base_hash(pipe.transformer)
    assert metadata(file)["transformer.base_model_name_or_path"] == base
    assert metadata(assistant)["transformer.base_model_name_or_path"] == base
    load_adapter(pipe, file)
    pipe.unload_lora_weights()


def test_an_assistant_of_another_base_is_refused(assistant, tmp_path):
    other = make_pipe(1)
    with pytest.raises(WrongBase, match=rf"{assistant}.*tuned on the base .*but this model is"):
        tune(other, tmp_path, assistant)
    assert not any("lora" in name for name in other.transformer.state_dict())


def test_an_assistant_that_does_not_fit_the_model_is_refused(pipe, tmp_path):
    """Names that diffusers would pass over."""
    file = tmp_path / "foreign.safetensors"
    halves = {f"foreign.lora_{half}.weight": torch.ones(2, 2) for half in "AB"}
    save_file(halves, file)
    with pytest.raises(UnusableAdapter, match=rf"{file}.*does not have its layer foreign"):
        tune(pipe, tmp_path / "adapter", file)


def test_a_public_assistant_names_no_base_and_is_taken(pipe, assistant, tmp_path):
    """FLUX.1-schnell's: diffusers' names, no metadata, alpha as the rank."""
    public = tmp_path / "public.safetensors"
    save_file(load_file(assistant), public)
    with_public = tune(pipe, tmp_path / "public", public)
    assert with_public.read_bytes() == tune(pipe, tmp_path / "own", assistant).read_bytes()


def test_pairs_are_held_to_base_and_assistant(pipe, assistant, tmp_path):
    """The margin is zero where training begins, though the assistant is on."""
    transformer = pipe.transformer
    margins = []
    pair_loss = pairwise_loss(transformer, make_dataset(pipe), make_dataset(pipe, 1), 4, beta=1e4)

    def recording(step: TrainingStep):
        value, metrics = pair_loss(step)
        margins.append(metrics["margin"].item())
        return value, metrics

    tune_adapter(transformer, recording, SHORT, tmp_path, "", rank=2, assistant=assistant)
    assert margins[0] == pytest.approx(0, abs=1e-6) and margins[-1] != 0


def test_a_new_adapter_beside_no_assistant_learns_alone(pipe):
    add_adapter(pipe.transformer, rank=2)
    assert pipe.transformer.active_adapters() == ["default"]
    remove_adapter(pipe.transformer)


def test_an_assistant_is_found_by_file_folder_or_not_at_all(tmp_path):
    folder = FLUX_SCENES_ASSISTANT.parent
    assert find_assistant(folder) == find_assistant(str(FLUX_SCENES_ASSISTANT))
    assert find_assistant("") is None
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "empty", tmp_path / "file.safetensors", "../there/is/none"):
        with pytest.raises(FileNotFoundError, match=r"no assistant at /.*train-assistant"):
            find_assistant(wrong)


def test_an_assistant_of_the_hub_that_cannot_be_had_is_named(monkeypatch):
    def refuse(repository, name):
        raise OSError(f"no connection for {repository}/{name}. More")

    monkeypatch.setattr("gamelabel.tuning.assistant.hf_hub_download", refuse)
    with pytest.raises(FileNotFoundError, match=r"assistant some/name: .*\(no connection for some"):
        find_assistant("some/name")


def test_the_shipped_assistant_is_of_the_shipped_base_and_small():
    pipe = load_pipeline(device="cpu")
    assert FLUX_SCENES_ASSISTANT.stat().st_size < 2e6
    base = base_hash(pipe.transformer)
    assert metadata(FLUX_SCENES_ASSISTANT)["transformer.base_model_name_or_path"] == base
    load_adapter(pipe, FLUX_SCENES_ASSISTANT)
