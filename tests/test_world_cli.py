"""`gamelabel world ...` on the command line."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from gamelabel.cli import app, main
from gamelabel.images import FLUX_SCENES, load_pipeline
from gamelabel.scenes import draw, parse
from gamelabel.tuning.adapter import add_adapter, save_adapter

needs_the_model = pytest.mark.skipif(
    not FLUX_SCENES.exists(), reason="the embedded model is not there"
)


def gamelabel(*words):
    return CliRunner().invoke(app, [str(word) for word in ("world", *words)])


def shown(capsys, monkeypatch, *words):
    """What the console script prints for an error, and its exit status."""
    monkeypatch.setattr("sys.argv", ["gamelabel", "world", *map(str, words)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return capsys.readouterr().err, stopped.value.code


def test_draw_writes_a_sheet_of_drawings(tmp_path):
    result = gamelabel("draw", "two red circles", "--n", 3, "--out", tmp_path / "sheet.png")
    assert result.exit_code == 0 and "3 drawings" in result.stdout
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (3 * 132 + 4, 136)


def test_judge_says_what_is_wrong_and_exits_with_1(tmp_path):
    Image.fromarray(draw(parse("a large blue circle"), 1)).save(tmp_path / "circle.png")
    fine = gamelabel("judge", tmp_path / "circle.png", "a large blue circle")
    assert fine.exit_code == 0 and fine.stdout.startswith("fits")
    wrong = gamelabel("judge", tmp_path / "circle.png", "a large red circle")
    assert wrong.exit_code == 1 and "the circle is blue, not red" in wrong.stdout


def test_errors_are_a_sentence_without_a_traceback(tmp_path, capsys, monkeypatch):
    Image.fromarray(np.zeros((32, 32), np.uint8)).save(tmp_path / "grey.png")
    message, code = shown(capsys, monkeypatch, "judge", tmp_path / "grey.png", "a large red circle")
    assert code == 2 and "L, 32 x 32" in message and "Traceback" not in message
    message, code = shown(capsys, monkeypatch, "draw", "a purpel circle over a blue sqare")
    assert (
        code == 2
        and "unknown words: purpel, sqare" in message
        and "a purple circle over a blue square" in message
    )
    message, code = shown(capsys, monkeypatch, "evaluate", "--model", tmp_path)
    assert code == 2 and "no model_index.json" in message


def test_sample_judges_what_it_can_and_says_so_where_it_cannot(repository, tmp_path):
    known = gamelabel(
        "sample", "two red circles", "--n", 2, "--model", repository, "--out", tmp_path / "a.png"
    )
    assert known.exit_code == 0 and "seed 0:" in known.stdout and "seed 1:" in known.stdout
    unknown = gamelabel(
        "sample", "two red zebras", "--n", 1, "--model", repository, "--out", tmp_path / "b.png"
    )
    assert unknown.exit_code == 0 and (tmp_path / "b.png").exists()
    assert (
        "not judged" in unknown.stdout
        and "zebras" in unknown.stdout
        and "nearest prompt" in unknown.stdout
    )


def test_evaluate_prints_one_json_object(repository, tmp_path):
    pipe = load_pipeline(repository, device="cpu")
    add_adapter(pipe.transformer, rank=2)
    adapter = save_adapter(pipe.transformer, tmp_path)
    result = gamelabel(
        "evaluate", "--model", repository, "--adapter", adapter, "--n", 10, "--steps", 2, "--json"
    )
    result = json.loads(result.stdout.splitlines()[-1])
    assert (
        set(result) == {"model", "steps", "seed", "adherence", "families"} and result["steps"] == 2
    )
    assert (
        set(result["adherence"]) == {"value", "low", "high", "n"} and result["adherence"]["n"] == 10
    )
    assert set(result["families"]) == {"single", "two", "count", "position", "binding"}


@needs_the_model
@pytest.mark.full
def test_the_shipped_model_has_the_adherence_of_its_card():
    card = json.loads((FLUX_SCENES / "adherence.json").read_text())
    result = gamelabel("evaluate", "--n", 2000, "--seed", 1, "--json")
    evaluation = json.loads(result.stdout.splitlines()[-1])
    for name, share in {"all": card["adherence"], **card["families"]}.items():
        estimate = evaluation["adherence"] if name == "all" else evaluation["families"][name]
        assert estimate["low"] <= share["high"] and share["low"] <= estimate["high"], name


@needs_the_model
def test_the_shipped_model_can_improve_in_every_family_and_fails_in_none():
    card = json.loads((FLUX_SCENES / "adherence.json").read_text())
    assert 0.5 <= card["adherence"]["value"] <= 0.8
    assert min(family["value"] for family in card["families"].values()) >= 0.25
