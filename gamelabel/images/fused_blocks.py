"""FLUX's blocks with fewer passes over memory, for drawing on a processor.

On a processor diffusers' blocks spend as long on elementwise operations as on matrices. These
blocks compute the same, up to rounding: modulation and gates in one operation each, rotary
embeddings as a product of complex numbers and only for image tokens (those of text have position
0), activations in place, and in the last block nothing that the image does not need. They call the
layers as they are, adapters included. Without gradients only, since they overwrite activations.

Tried without a gain: batches of 8 to 32 pictures instead of 64, GELU by way of the logistic
function, an upsampling folded into the decoder's next convolution. Matrices in bfloat16 change
pictures by more than a gray level, and three bfloat16 products instead of one in float32 take as
long as it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import MethodType
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import FluxPipeline
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_flux import (
    FluxSingleTransformerBlock,
    FluxTransformerBlock,
)
from torch import Tensor, nn

_NORM_EPS = 1e-6  # of FLUX's layer norms

_gelu_out = partial(torch.ops.aten.gelu.out, approximate="tanh")


@contextmanager
def fused_blocks(pipe: FluxPipeline) -> Iterator[None]:
    """Within the block, draw with fused blocks if the model runs on a processor in float32.

    Blocks whose forward pass somebody has replaced, as hooks do, stay as they are.
    """
    replaced = []
    if pipe.device.type == "cpu" and pipe.transformer.dtype == torch.float32:
        for block, forward in _forwards(pipe):
            if "forward" not in vars(block):
                block.forward = MethodType(forward, block)
                replaced.append(block)
    try:
        yield
    finally:
        for block in replaced:
            vars(block).pop("forward", None)


def _forwards(pipe: FluxPipeline) -> Iterator[tuple[nn.Module, Any]]:
    """Yield the blocks of transformer and decoder with their fused forward functions."""
    singles = [m for m in pipe.transformer.modules() if type(m) is FluxSingleTransformerBlock]
    for block in pipe.transformer.modules():
        if type(block) is FluxTransformerBlock:
            yield block, _double_block
    for block in singles:
        yield block, _single_block if block is not singles[-1] else _last_single_block
    for block in pipe.vae.decoder.modules():
        if type(block) is ResnetBlock2D and block.output_scale_factor == 1.0:
            yield block, _residual_block


def _double_block(
    self: Any,
    hidden_states: Tensor,
    encoder_hidden_states: Tensor,
    temb: Tensor,
    image_rotary_emb: tuple[Tensor, Tensor],
    joint_attention_kwargs: Any = None,
) -> tuple[Tensor, Tensor]:
    """Compute `FluxTransformerBlock.forward`: text and image, each with weights of its own."""
    image, text, attention = hidden_states, encoder_hidden_states, self.attn
    n_text, emb = text.shape[1], F.silu(temb)
    turn = _turn(image_rotary_emb)[:, n_text:]
    image_mod, text_mod = (
        norm.linear(emb)[:, None].chunk(6, 2) for norm in (self.norm1, self.norm1_context)
    )
    image_in, text_in = _modulated(image, *image_mod[:2]), _modulated(text, *text_mod[:2])

    def heads(layer: Any, x: Tensor) -> Tensor:
        return _heads(attention, layer, x)

    query = torch.cat(
        (
            _normalized(attention.norm_added_q, heads(attention.add_q_proj, text_in)),
            _rotated(_normalized(attention.norm_q, heads(attention.to_q, image_in)), turn),
        ),
        1,
    )
    key = torch.cat(
        (
            _normalized(attention.norm_added_k, heads(attention.add_k_proj, text_in)),
            _rotated(_normalized(attention.norm_k, heads(attention.to_k, image_in)), turn),
        ),
        1,
    )
    value = torch.cat((heads(attention.add_v_proj, text_in), heads(attention.to_v, image_in)), 1)
    attended = _attend(query, key, value)
    text = torch.addcmul(text, text_mod[2], attention.to_add_out(attended[:, :n_text]))
    image = torch.addcmul(image, image_mod[2], attention.to_out[0](attended[:, n_text:]))
    return _fed_forward(self.ff_context, text, text_mod), _fed_forward(self.ff, image, image_mod)


def _fed_forward(layers: Any, x: Tensor, modulation: tuple[Tensor, ...]) -> Tensor:
    shift, scale, gate = modulation[3:]
    hidden = layers.net[0].proj(_modulated(x, shift, scale))
    _gelu_out(hidden, out=hidden)
    return torch.addcmul(x, gate, layers.net[2](hidden))


def _single_block(
    self: Any,
    hidden_states: Tensor,
    encoder_hidden_states: Tensor,
    temb: Tensor,
    image_rotary_emb: tuple[Tensor, Tensor],
    joint_attention_kwargs: Any = None,
    is_last: bool = False,
) -> tuple[Tensor, Tensor]:
    """Compute `FluxSingleTransformerBlock.forward`: text and image in one sequence."""
    attention, n_text = self.attn, encoder_hidden_states.shape[1]
    x = torch.cat((encoder_hidden_states, hidden_states), 1)
    shift, scale, gate = self.norm.linear(F.silu(temb))[:, None].chunk(3, 2)
    inputs, turn = _modulated(x, shift, scale), _turn(image_rotary_emb)[:, n_text:]
    key = _normalized(attention.norm_k, _heads(attention, attention.to_k, inputs))
    _rotated(key[:, n_text:], turn)
    value = _heads(attention, attention.to_v, inputs)
    if is_last:  # the text is only attended to
        x, inputs = hidden_states, inputs[:, n_text:].contiguous()
    query = _normalized(attention.norm_q, _heads(attention, attention.to_q, inputs))
    _rotated(query[:, -hidden_states.shape[1] :], turn)
    attended = _attend(query, key, value)
    hidden = self.proj_mlp(inputs)
    width = attended.shape[2]
    joined = hidden.new_empty(*hidden.shape[:2], width + hidden.shape[2])
    joined[..., :width] = attended
    _gelu_out(hidden, out=joined[..., width:])
    x = torch.addcmul(x, gate, self.proj_out(joined))
    if is_last:
        return encoder_hidden_states, x
    return x[:, :n_text], x[:, n_text:]


def _last_single_block(self: Any, **inputs: Any) -> tuple[Tensor, Tensor]:
    return _single_block(self, **inputs, is_last=True)


def _residual_block(self: Any, input_tensor: Tensor, temb: Tensor | None = None) -> Tensor:
    """Compute `ResnetBlock2D.forward` of the decoder."""
    hidden = self.conv1(F.silu(self.norm1(input_tensor), inplace=True))
    hidden = self.conv2(F.silu(self.norm2(hidden), inplace=True))
    if self.conv_shortcut is not None:
        input_tensor = self.conv_shortcut(input_tensor)
    return hidden.add_(input_tensor)


def _modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return torch.addcmul(shift, F.layer_norm(x, x.shape[-1:], eps=_NORM_EPS), 1.0 + scale)


def _heads(attention: Any, layer: Any, x: Tensor) -> Tensor:
    """Return a projection by head: (N, tokens, heads, head width)."""
    return layer(x).unflatten(-1, (-1, attention.head_dim))


def _normalized(norm: Any, x: Tensor) -> Tensor:
    """Divide by the root mean square over the last axis, in place."""
    mean_square = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_().div_(x.shape[-1])
    return x.mul_(mean_square.add_(norm.eps).rsqrt_()).mul_(norm.weight)


def _turn(rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Return the rotary embeddings as complex numbers (1, tokens, 1, head width / 2)."""
    cos, sin = rotary
    return torch.complex(cos[:, ::2].contiguous(), sin[:, ::2].contiguous())[None, :, None]


def _rotated(x: Tensor, turn: Tensor) -> Tensor:
    """Rotate pairs of values in place."""
    torch.view_as_complex(x.unflatten(-1, (-1, 2))).mul_(turn)
    return x


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return attention over all tokens, heads side by side: (N, tokens, width)."""
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))
    return F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
