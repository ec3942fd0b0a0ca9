import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from benchmarks import appendix_gpu
from benchmarks.appendix_gpu import ROWS, Bench, Int8Linear, LeftOut, Row, full_model, main

ROOT = Path(__file__).parents[2]


@pytest.mark.full
def test_each_row_of_the_script_is_measured_tiny_on_any_machine(tmp_path):
    out = tmp_path / "appendix.json"
    command = [sys.executable, "-m", "benchmarks.appendix_gpu", "--tiny", "--seconds", "1200"]
    command += ["--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=1200)
    rows = {row["row"]: row for row in json.loads(out.read_text())["rows"]}
    assert list(rows) == [row.name for row in ROWS]
    left_out = {name for name, row in rows.items() if "left_out" in row}
    assert all(name.startswith("NF4") for name in left_out)
    errors = {name for name, row in rows.items() if "error" in row}
    assert errors <= {"gradient of cuDNN's attention"}, "which is of a card only"
    agreement = rows.pop("embedded model, card against processor")
    assert agreement["largest_loss_difference"] < 1e-3
    assert agreement["last_loss"] < agreement["first_loss"]
    gradient = rows.pop("gradient of FlashAttention")
    assert gradient["finite_share"] == 1.0 and gradient["largest_difference"] < 0.1
    for name in rows.keys() - left_out - errors - {"matrix product"}:
        assert rows[name]["seconds"] > 0


def measured(monkeypatch, out: Path, *rows: Row, seconds: float = 60.0) -> list[dict]:
    monkeypatch.setattr(appendix_gpu, "ROWS", rows)
    options = ["--tiny", "--here", "--seconds", str(seconds), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["appendix_gpu", *options])
    main()
    measured_rows = json.loads(out.read_text())["rows"]
    for row in measured_rows:
        row.pop("at_second", None)
    return measured_rows


def test_a_row_that_fails_has_its_error_and_another_process_goes_on(monkeypatch, tmp_path, capsys):
    def fails(bench: Bench) -> dict[str, float]:
        raise torch.OutOfMemoryError("40 GB")

    def not_here(bench: Bench) -> dict[str, float]:
        raise LeftOut("no library")

    def ends(bench: Bench) -> dict[str, float]:
        raise KeyboardInterrupt

    out = tmp_path / "rows.json"
    rows = Row("one", fails), Row("two", not_here), Row("three", lambda bench: {"seconds": 2.0})
    first = [{"row": "one", "error": "OutOfMemoryError: 40 GB"}]
    assert measured(monkeypatch, out, *rows) == first
    others = [{"row": "two", "left_out": "no library"}, {"row": "three", "seconds": 2.0}]
    assert measured(monkeypatch, out, *rows) == [*first, *others]
    assert "three: seconds 2" in capsys.readouterr().out
    with pytest.raises(KeyboardInterrupt):
        measured(monkeypatch, out, *rows, Row("four", ends))
    assert json.loads(out.read_text())["rows"][3] == {"row": "four", "error": "its process ended"}


def test_no_row_starts_too_late(monkeypatch, tmp_path):
    row = Row("one", lambda bench: {})
    (result,) = measured(monkeypatch, tmp_path / "rows.json", row, seconds=-1.0)
    assert result == {"row": "one", "left_out": "there was no time left"}


def test_what_the_planner_foresees_stands_beside_what_was_measured(monkeypatch, tmp_path):
    file = tmp_path / "rows.json"
    rows = [{"row": "pictures, batch 1", "peak_gb": 30.0}, {"row": "matrix product", "tflops": 1.0}]
    file.write_text(json.dumps({"rows": [*rows, {"row": "ReFL, batch 1", "error": "memory"}]}))
    monkeypatch.setattr(sys, "argv", ["appendix_gpu", "--predict", str(file)])
    main()
    pictures, product, refl = json.loads(file.read_text())["rows"]
    assert 24.0 < pictures["predicted_gb"] < 30.0, "23.8 GB are the transformer's weights"
    assert "predicted_gb" not in product and "predicted_gb" not in refl


def test_a_layer_of_8_bits_is_its_layer_but_for_rounding():
    torch.manual_seed(0)
    layer, x = nn.Linear(64, 32), torch.randn(8, 64)
    quantized = Int8Linear(layer)
    assert quantized.weight.dtype == torch.int8
    assert torch.allclose(quantized(x), layer(x), atol=0.02)
    assert (quantized(x) != layer(x)).any()


def test_its_model_is_as_large_as_flux():
    """FLUX.1-schnell: 11.9 billion weights of the transformer, 84 million of the autoencoder."""
    pipe = full_model("meta")
    assert round(sum(w.numel() for w in pipe.transformer.parameters()) / 1e9, 1) == 11.9
    assert round(sum(w.numel() for w in pipe.vae.parameters()) / 1e6) == 84
    assert {w.dtype for w in pipe.transformer.parameters()} == {torch.bfloat16}
    assert torch.get_default_dtype() == torch.float32
