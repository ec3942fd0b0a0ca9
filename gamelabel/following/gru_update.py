"""One step of a GRU whose input and hidden state are already projected, with its own gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class _GruUpdate(torch.autograd.Function):
    """The gates of a GRU; half of the passes over memory that automatic gradients need."""

    @staticmethod
    def forward(context: Any, inputs: Tensor, recurrent: Tensor, hidden: Tensor) -> Tensor:
        width = hidden.shape[-1]
        gates = (inputs[..., : 2 * width] + recurrent[..., : 2 * width]).sigmoid_()
        reset, update = gates.chunk(2, -1)
        new_hidden = recurrent[..., 2 * width :]
        new = torch.addcmul(inputs[..., 2 * width :], reset, new_hidden).tanh_()
        context.save_for_backward(gates, new, new_hidden, hidden)
        return torch.lerp(new, hidden, update)

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gates, new, new_hidden, hidden = context.saved_tensors
        width = new.shape[-1]
        reset, update = gates.chunk(2, -1)
        to_inputs = gradient.new_empty(*gradient.shape[:-1], 3 * width)
        to_reset, to_update, to_new = to_inputs.chunk(3, -1)
        to_hidden = gradient * update
        # update: gradient * (hidden - new) * update * (1 - update)
        torch.sub(hidden, new, out=to_update)
        to_update.mul_(to_hidden).mul_(1 - update)
        # new: gradient * (1 - update) * (1 - new ** 2)
        torch.sub(gradient, to_hidden, out=to_new)
        to_new.addcmul_(to_new, new * new, value=-1)
        to_recurrent = torch.empty_like(to_inputs)
        torch.mul(to_new, reset, out=to_recurrent[..., 2 * width :])
        # reset: d new * new_hidden * reset * (1 - reset)
        torch.mul(to_recurrent[..., 2 * width :], new_hidden, out=to_reset)
        to_reset.mul_(1 - reset)
        to_recurrent[..., : 2 * width] = to_inputs[..., : 2 * width]
        shared = hidden.shape[-2] < new.shape[-2]  # before the first action
        if shared:
            to_recurrent, to_hidden = (t.sum(-2, keepdim=True) for t in (to_recurrent, to_hidden))
        return to_inputs, to_recurrent, to_hidden


def gru_update(inputs: Tensor, recurrent: Tensor, hidden: Tensor) -> Tensor:
    """Return the next hidden states of a GRU, (B, A, H).

    Parameters
    ----------
    inputs : Tensor
        Projected inputs with their bias, (B, A, 3 H), in the order of `torch.nn.GRUCell`.
    recurrent : Tensor
        Projected hidden states with their bias, (B, A, 3 H), or (B, 1, 3 H) if all are the same.
    hidden : Tensor
        Hidden states, (B, A, H) or (B, 1, H).
    """
    return _GruUpdate.apply(inputs, recurrent, hidden)
