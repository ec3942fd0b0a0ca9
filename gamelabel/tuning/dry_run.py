"""What work on a model takes, computed without its weights: a dry run on the meta device.

Tensors of torch's meta device have shapes and no memory. Running a real loss on them, through the
same code that trains, shows which tensors exist at the same time and how much is computed. A block
of a transformer costs what its neighbors cost, so the model is run with one and with two blocks of
each kind, and the rest follows by a straight line.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

_ATTENTION = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_FLOPS = flop_registry | {
    _ATTENTION: flop_registry[torch.ops.aten._scaled_dot_product_flash_attention]
}


class Need(NamedTuple):
    """What work takes on the device that does it.

    Attributes
    ----------
    weights : int
        Bytes that stay: the models' weights, the adapter's, their gradients and averages.
    working : int
        Bytes beside the weights, when they are most.
    flops : int
        Floating point operations.
    """

    weights: int
    working: int
    flops: int

    @property
    def peak(self) -> int:
        """Bytes at the peak."""
        return self.weights + self.working


def dry_run(modules: Mapping[str, nn.Module], work: Callable[[], object]) -> Need:
    """Run work on modules of the meta device, and return what it takes.

    Parameters
    ----------
    modules : mapping of str to Module
        All modules that occupy memory meanwhile.
    work : callable
        What to run. Tensors of other devices do not count.

    Returns
    -------
    Need
        `weights` has the modules with the gradients that they already have.
    """
    held = [weight for module in modules.values() for weight in _weights(module)]
    with _Meter(held) as meter, _attention_in_place():
        work()
    return Need(meter.at_start, meter.peak - meter.at_start, meter.flops)


def extrapolate(measure: Callable[[int, int], Need], layers: int, single_layers: int) -> Need:
    """Return what a model of many equal blocks takes, from models of one or two of each kind.

    Parameters
    ----------
    measure : callable
        Takes the numbers of double and of single blocks, and returns what such a model takes.
    layers, single_layers : int
        The model's numbers of blocks.
    """
    one = measure(1, 1)
    per_layer, per_single = (_minus(measure(*blocks), one) for blocks in ((2, 1), (1, 2)))
    return Need(
        *(
            base + (layers - 1) * layer + (single_layers - 1) * single
            for base, layer, single in zip(one, per_layer, per_single, strict=True)
        )
    )


def _minus(a: Need, b: Need) -> Need:
    return Need(*(x - y for x, y in zip(a, b, strict=True)))


def _weights(module: nn.Module) -> Iterator[Tensor]:
    for weight in (*module.parameters(), *module.buffers()):
        yield weight
        if weight.grad is not None:
            yield weight.grad


class _Meter(TorchDispatchMode):
    """Counts the bytes of the meta tensors that exist, and floating point operations."""

    def __init__(self, held: list[Tensor]) -> None:
        super().__init__()
        self._sizes: dict[int, int] = {}
        self.flops = self.live = self.peak = 0
        for tensor in held:
            self._count(tensor)
        self.at_start = self.live

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        if (flops := _FLOPS.get(function._overloadpacket)) is not None:
            self.flops += flops(*args, **kwargs, out_val=result)
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._count(tensor)
        return result

    def _count(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage.device.type != "meta" or storage._cdata in self._sizes:
            return
        self._sizes[storage._cdata] = storage.nbytes()
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._release, storage._cdata)

    def _release(self, key: int) -> None:
        self.live -= self._sizes.pop(key)


@contextmanager
def _attention_in_place() -> Iterator[None]:
    """Compute attention as processors and GPUs do, block by block, without the whole matrix.

    The meta device would choose the kernel that writes the matrix of all pairs of tokens.
    """
    original = nn.functional.scaled_dot_product_attention

    def attention(
        query: Tensor, key: Tensor, value: Tensor, *_: Any, is_causal: bool = False, **__: Any
    ) -> Tensor:
        return _ATTENTION(query, key, value, 0.0, is_causal)[0]

    nn.functional.scaled_dot_product_attention = attention
    try:
        yield
    finally:
        nn.functional.scaled_dot_product_attention = original
