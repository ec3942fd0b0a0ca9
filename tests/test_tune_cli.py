"""`gamelabel tune`: an adapter on the preferred images of a run's folder."""

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.images import make_pairs
from gamelabel.scenes import all_prompts, draw, parse
from gamelabel.tables import write_table
from gamelabel.tuning.adapter import ADAPTER_FILE


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of four data points, whose images are drawings."""
    prompts = pd.DataFrame({"text": list(all_prompts())[::500]})
    pairs = make_pairs(prompts.assign(prompt_id=prompts.text), 4, 0, "model", seed=3)
    folder = tmp_path / "run"
    (folder / "images").mkdir(parents=True)
    for pair in pairs.to_dict("records"):
        for side in "ab":
            image = draw(parse(pair["prompt"]), pair[f"seed_{side}"])
            Image.fromarray(image).save(folder / pair[f"image_{side}"])
    write_table(pairs.drop(columns=["drawn_a", "drawn_b"]), folder, "pairs")
    chosen = {"pair_id": pairs.pair_id, "chosen": ["a", "b", "b", "a"], "probability": 0.9}
    preferences = pd.DataFrame(chosen).assign(method="majority", votes=1)
    write_table(preferences, folder, "preferences")
    return folder


def test_an_adapter_is_tuned_and_the_same_command_repeats_it(run: Path, tmp_path: Path) -> None:
    command = ["tune", str(run), "--steps", "2", "--batch", "4", "--rank", "2", "--out"]
    contents = []
    for name in ("one", "two"):
        result = CliRunner().invoke(app, [*command, str(tmp_path / name)], catch_exceptions=False)
        assert f"the adapter is {tmp_path / name / ADAPTER_FILE}" in result.output
        contents.append((tmp_path / name / ADAPTER_FILE).read_bytes())
    assert contents[0] == contents[1]


def test_an_assistant_that_does_not_exist_is_named(run: Path, tmp_path: Path) -> None:
    command = ["tune", str(run), "--out", str(tmp_path / "out"), "--assistant", "/no/such/file"]
    with pytest.raises(FileNotFoundError, match="no assistant at /no/such/file"):
        CliRunner().invoke(app, command, catch_exceptions=False)


def test_a_run_or_a_base_that_does_not_exist_is_named(run: Path, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "out")]
    with pytest.raises(FileNotFoundError, match="there is no run in /nosuch: give the folder"):
        CliRunner().invoke(app, ["tune", "/nosuch", *out], catch_exceptions=False)
    command = ["tune", str(run), *out, "--model", "/nosuch"]
    with pytest.raises(ValueError, match="/nosuch: no such folder"):
        CliRunner().invoke(app, command, catch_exceptions=False)
    assert not (tmp_path / "out").exists()
