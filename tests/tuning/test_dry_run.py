import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from gamelabel.tuning.dry_run import Need, dry_run, extrapolate


def layers(n: int, width: int = 100) -> nn.Sequential:
    with torch.device("meta"):
        return nn.Sequential(*(nn.Linear(width, width, bias=False) for _ in range(n)))


def test_what_exists_at_once_and_what_is_computed() -> None:
    module = layers(3).requires_grad_(False)
    x = torch.zeros(10, 100, device="meta")
    with torch.no_grad():
        need = dry_run({"layers": module}, lambda: module(x))
    activation = 10 * 100 * 4
    assert need.weights == 3 * 100 * 100 * 4
    assert need.working == 2 * activation  # what a layer reads and what it writes
    assert need.flops == 3 * 2 * 10 * 100 * 100
    assert need.peak == need.weights + need.working


def test_a_backward_pass_keeps_what_it_needs_and_checkpoints_less() -> None:
    module = nn.Sequential(*(nn.Sequential(layers(4), nn.GELU()) for _ in range(6)))
    for weight in module.parameters():
        weight.grad = torch.zeros_like(weight)
    x = torch.zeros(10, 100, device="meta", requires_grad=True)

    def plain() -> None:
        module(x).sum().backward()

    def checkpointed() -> None:
        y = x
        for block in module:
            y = checkpoint(block, y, use_reentrant=False)
        y.sum().backward()

    kept, recomputed = (dry_run({"net": module}, work) for work in (plain, checkpointed))
    assert kept.weights == recomputed.weights == 2 * 24 * 100 * 100 * 4
    assert recomputed.working < kept.working
    assert recomputed.flops > kept.flops


def test_attention_is_counted_without_its_matrix() -> None:
    query = torch.zeros(1, 2, 1000, 16, device="meta")
    need = dry_run({}, lambda: nn.functional.scaled_dot_product_attention(query, query, query))
    assert need.working < 2 * 1000 * 1000 * 4
    assert need.flops == 2 * 2 * 2 * 1000 * 1000 * 16


def test_many_equal_blocks_follow_from_few() -> None:
    def measure(a: int, b: int) -> Need:
        return Need(7 + 3 * a + 5 * b, 2 * a, 11 * b)

    assert extrapolate(measure, 19, 38) == measure(19, 38)
