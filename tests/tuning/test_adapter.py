import torch
from diffusers import FluxPipeline

from gamelabel.images.pipeline import generate, load
from gamelabel.tuning.adapter import add_adapter, remove_adapter, save_adapter
from tests.images.repositories import untrained_repository


def test_stock_flux_loads_what_is_saved_and_draws_the_same(tmp_path):
    repository = untrained_repository(tmp_path / "flux")
    pipe = load(repository, device="cpu")
    plain = next(generate(pipe, ["a red circle"], [1]))
    weights = add_adapter(pipe.transformer, rank=4)
    assert (next(generate(pipe, ["a red circle"], [1])) == plain).all(), "a fresh adapter changes nothing"
    with torch.no_grad():
        for weight in weights:
            weight.normal_(std=0.1)
    tuned = next(generate(pipe, ["a red circle"], [1]))
    file = save_adapter(pipe.transformer, tmp_path / "adapter")
    assert (tuned != plain).any()

    assert (next(generate(load(repository, device="cpu", adapter=file), ["a red circle"], [1])) == tuned).all()
    stock = FluxPipeline.from_pretrained(repository)
    stock.load_lora_weights(tmp_path / "adapter")
    assert (next(generate(stock, ["a red circle"], [1])) == tuned).all()

    remove_adapter(pipe.transformer)
    assert (next(generate(pipe, ["a red circle"], [1])) == plain).all()
    add_adapter(pipe.transformer, rank=2)  # another one after it
    remove_adapter(pipe.transformer)
