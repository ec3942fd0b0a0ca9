import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.appendix_gpu import full_size

ROOT = Path(__file__).parents[2]


@pytest.mark.full
def test_the_script_of_the_appendix_runs_tiny_on_any_machine(tmp_path):
    out = tmp_path / "appendix.json"
    command = [sys.executable, "-m", "benchmarks.appendix_gpu", "--tiny"]
    command += ["--batches", "1", "2", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    results = json.loads(out.read_text())
    assert results["size"] == "tiny" and results["side"] == 128
    for name in ("pictures", "lora_samples"):
        for n in (1, 2):
            rates = results[f"{name}_batch_{n}"]
            assert rates["a_second"] > 0 and 0 < rates["share_of_matrix_rate"] < 10


def test_its_model_is_as_large_as_flux():
    """FLUX.1-schnell: 11.9 billion weights of the transformer, 84 million of the autoencoder."""
    pipe = full_size("meta")
    assert round(sum(w.numel() for w in pipe.transformer.parameters()) / 1e9, 1) == 11.9
    assert round(sum(w.numel() for w in pipe.vae.parameters()) / 1e6) == 84
    assert {w.dtype for w in pipe.transformer.parameters()} == {torch.bfloat16}
    assert torch.get_default_dtype() == torch.float32
