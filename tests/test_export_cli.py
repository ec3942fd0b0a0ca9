"""`gamelabel export` on the command line."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.cli.export_command import export_command
from gamelabel.readers import read_released
from gamelabel.tables import read_table, write_table
from tests.study.real import real_study
from tests.tables.test_exports import simulated


def typed(*words: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, ["export", *words])
    return result.exit_code, result.output, result.exception


@pytest.fixture
def run(tmp_path: Path) -> Path:
    tables = simulated(tmp_path / "run")
    for name, frame in tables.by_name().items():
        write_table(frame, tmp_path / "run", name)
    return tmp_path / "run"


def test_each_form_is_written_and_says_what_it_left_out(run: Path, tmp_path: Path) -> None:
    code, output, _ = typed("csv", str(tmp_path / "data.csv"), "--run", str(run))
    assert code == 0 and "of SIMULATED labels: 1 points, 1 labels" in output.replace("\n", "")
    assert "left out: 1 labels on comparison points" in output and "left out: 1 ties" in output
    assert len(read_released(tmp_path / "data.csv", tmp_path / "other").labels) == 1
    for form in ("datasets", "parquet"):
        code, output, _ = typed(
            form, str(tmp_path / form), "--run", str(run), "--licence", "cc0-1.0"
        )
        assert (
            code == 0
            and "2 pairs, 3 labels, 1 players" in output.replace("\n", "")
            and "left out" not in output
        )
        assert "cc0-1.0" in (tmp_path / form / "README.md").read_text()


def test_errors_come_with_advice(run: Path, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("mine")
    _, _, error = typed("csv", str(tmp_path / "data.csv"), "--run", str(run))
    assert "data.csv exists: choose another name" in str(error)
    assert (tmp_path / "data.csv").read_text() == "mine"
    _, _, error = typed("csv", str(tmp_path / "x.csv"), "--run", str(tmp_path / "empty"))
    assert str(error) == f"there is no run in {tmp_path / 'empty'}"
    _, _, error = typed("csv", str(tmp_path / "x.csv"), "--profile", "nosuch")
    assert "there is no profile 'nosuch'; the profiles in /" in str(error)
    (tmp_path / "empty").mkdir()
    _, _, error = typed("csv", str(tmp_path / "x.csv"), "--run", str(tmp_path / "empty"))
    assert "run notebooks/03_labels.ipynb first" in str(error)
    code, output, _ = typed("xlsx", str(tmp_path / "x"))
    assert code == 2 and "xlsx" in output


@pytest.mark.slow
def test_the_round_trip_of_the_help_works_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = real_study(tmp_path / "project")
    tables = simulated(study.run_dir)
    for name, frame in tables.by_name().items():
        write_table(frame, study.run_dir, name)
    flags = {"fits_a": True, "fits_b": False, "score_a": 1.0, "score_b": 0.5}
    write_table(tables.pairs[["pair_id"]].assign(**flags), study.run_dir, "adherence")
    monkeypatch.chdir(study.root)
    commands = re.findall(
        r"^ +`gamelabel (.*smoke.*)`$", export_command.__doc__ or "", re.MULTILINE
    )
    assert [command.split()[0] for command in commands] == ["export", "run"]
    for command in commands:
        result = CliRunner().invoke(app, command.split(), catch_exceptions=False)
        assert result.exit_code == 0, result.output
    labels = read_table(study.run_dir, "labels")
    exported = read_released(study.root / "data.csv", tmp_path / "other").labels
    assert labels.choice.tolist() == exported.choice.tolist() and len(labels) == 1


def test_the_help_explains_the_formats() -> None:
    code, output, _ = typed("--help")
    assert code == 0
    for words in ("GameLabel-10K", "load_dataset", "label_source", "SIMULATED"):
        assert words in output


def test_an_adapter_is_exported_for_other_programs(tmp_path: Path) -> None:
    name = "transformer.single_transformer_blocks.0.proj_out"
    weights = {f"{name}.lora_A.weight": torch.ones(2, 8), f"{name}.lora_B.weight": torch.ones(4, 2)}
    file = tmp_path / "adapter" / "pytorch_lora_weights.safetensors"
    file.parent.mkdir()
    save_file(weights, file)
    out = tmp_path / "kohya.safetensors"
    code, output, _ = typed("lora", str(file.parent), str(out), "--format", "kohya")
    assert code == 0 and "1 layers of rank 2" in output.replace("\n", "")
    assert "lora_unet_single_blocks_0_linear2.lora_down.weight" in load_file(out)
    _, _, error = typed("lora", str(file), str(out), "--format", "kohya")
    assert "kohya.safetensors exists: choose another name" in str(error)
    missing, folder = str(tmp_path / "x"), str(tmp_path / "y")
    _, _, error = typed("lora", missing, folder, "--format", "peft")
    assert "no adapter at" in str(error)
    _, _, error = typed("lora", missing, str(out), "--format", "kohya")  # the first thing first
    assert "no adapter at" in str(error)
