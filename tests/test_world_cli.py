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


def test_judge_takes_what_draw_wrote(tmp_path):
    prompt = "two red circles"
    for n in (1, 3, 11):
        gamelabel("draw", prompt, "--n", n, "--out", tmp_path / "grid.png")
        fine = gamelabel("judge", tmp_path / "grid.png", prompt)
        assert fine.exit_code == 0 and fine.stdout.count("fits") == n
    wrong = gamelabel("judge", tmp_path / "grid.png", "two blue circles")
    assert wrong.exit_code == 1 and wrong.stdout.count("does not fit") == 11


def test_judge_agrees_with_what_sample_said(repository, tmp_path):
    file, prompt = tmp_path / "grid.png", "a red circle"
    said = gamelabel("sample", prompt, "--n", 6, "--model", repository, "--out", file).stdout
    judged = gamelabel("judge", file, prompt).stdout
    assert said.count(": fits") == judged.count(" fits (")
    faults = [line.partition(": ")[2].split("; ") for line in said.splitlines()[-6:]]
    assert [f"- {fault}" for line in faults for fault in line if fault != "fits"] == [
        line for line in judged.splitlines() if line.startswith("- ")
    ]


def no_model(*_, **__):
    raise AssertionError("nothing may be drawn before the file is checked")


@pytest.mark.parametrize("command", ["draw", "sample"])
@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("grid", "/grid does not end like an image file: add .png to the name"),
        ("grid.txt", "/grid.txt does not end like an image file"),
        ("nowhere/grid.png", "there is no folder {folder}/nowhere: make it first"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_drawing(
    command, out, message, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("gamelabel.images.pipeline.load_pipeline", no_model)
    monkeypatch.setattr("gamelabel.scenes.draw", no_model)
    monkeypatch.chdir(tmp_path)
    shown_message, code = shown(capsys, monkeypatch, command, "a red circle", "--out", out)
    assert code == 2 and message.format(folder=tmp_path) in shown_message
    assert list(tmp_path.iterdir()) == []


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
        set(result) == {"model", "adapter", "steps", "seed", "adherence", "families"}
        and result["steps"] == 2
        and result["adapter"] == str(adapter)
    )
    assert (
        set(result["adherence"]) == {"value", "low", "high", "n"} and result["adherence"]["n"] == 10
    )
    assert set(result["families"]) == {"single", "two", "count", "position", "binding"}


@needs_the_model
@pytest.mark.full
def test_the_shipped_model_has_the_adherence_of_its_card():
    card = json.loads((FLUX_SCENES / "adherence.json").read_text())
    result = gamelabel("evaluate", "--n", 600, "--seed", 1, "--json")
    evaluation = json.loads(result.stdout.splitlines()[-1])
    for name, share in {"all": card["adherence"], **card["families"]}.items():
        estimate = evaluation["adherence"] if name == "all" else evaluation["families"][name]
        assert estimate["low"] <= share["high"] and share["low"] <= estimate["high"], name


@needs_the_model
def test_the_shipped_model_can_improve_in_every_family_and_fails_in_none():
    card = json.loads((FLUX_SCENES / "adherence.json").read_text())
    assert 0.5 <= card["adherence"]["value"] <= 0.8
    assert min(family["value"] for family in card["families"].values()) >= 0.25
