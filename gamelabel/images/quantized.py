"""FLUX's transformer in 8 or in 4 bits, by bitsandbytes, for GPUs with less memory."""

from __future__ import annotations

from importlib.util import find_spec

import torch
from diffusers import BitsAndBytesConfig
from diffusers.quantizers import PipelineQuantizationConfig

# how the transformer's weights are held: as they are, or quantized when they are loaded
BASE_WEIGHTS = ("bf16", "int8", "nf4")


def quantization(weights: str, device: str) -> PipelineQuantizationConfig | None:
    """Return how the transformer of a pipeline is to be quantized when it is loaded.

    Parameters
    ----------
    weights : {"bf16", "int8", "nf4"}
        bfloat16, or 8 or 4 bits a weight (LLM.int8(), NormalFloat). Products are computed in
        bfloat16.
    device : str
        The torch device that the pipeline is opened for.

    Returns
    -------
    PipelineQuantizationConfig or None
        None for "bf16".

    Raises
    ------
    ValueError
        For other words, and for a device that is not a GPU.
    ModuleNotFoundError
        If bitsandbytes is not installed.
    """
    if weights not in BASE_WEIGHTS:
        known = ", ".join(BASE_WEIGHTS)
        raise ValueError(f"there are no weights {weights!r}; they can be {known}")
    if weights == BASE_WEIGHTS[0]:
        return None
    if not device.startswith("cuda"):
        raise ValueError(
            f"weights in {weights} need a GPU, and this model is opened for the {device}: use bf16"
        )
    if find_spec("bitsandbytes") is None:
        raise ModuleNotFoundError(
            f"weights in {weights} need the package bitsandbytes: pip install bitsandbytes"
        )
    if weights == "int8":
        config = BitsAndBytesConfig(load_in_8bit=True)
    else:
        config = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    return PipelineQuantizationConfig(quant_mapping={"transformer": config})
