"""GenEval: folders in the layout of its program, and its counts before and after tuning."""

import json

import numpy as np
import pandas as pd
import pytest

from gamelabel.images.judge import read_image
from gamelabel.images.pipeline import generate
from gamelabel.tuning.geneval import draw_geneval, geneval_changes, read_geneval

PROMPTS = [
    {"tag": "single_object", "include": [{"class": "bench", "count": 1}], "prompt": "a bench"},
    {"tag": "counting", "include": [{"class": "clock", "count": 2}], "prompt": "two clocks"},
]


def results(path, correct):
    """Write results in the form of GenEval's program; `correct` has (tag, name, images)."""
    rows = []
    for tag, name, images in correct:
        for k, right in enumerate(images):
            metadata = json.dumps({"tag": tag, "prompt": name})
            row = {"filename": f"{name}/{k}.png", "tag": tag, "prompt": name}
            rows.append(row | {"correct": bool(right), "reason": "", "metadata": metadata})
    pd.DataFrame(rows).to_json(path, orient="records", lines=True)
    return read_geneval(path)


def test_images_lie_where_the_program_looks_for_them(pipe, tmp_path):
    file = tmp_path / "evaluation_metadata.jsonl"
    file.write_text("\n".join(map(json.dumps, PROMPTS)) + "\n")
    assert draw_geneval(pipe, file, tmp_path / "base", samples=2, seed=1) == 4
    assert draw_geneval(pipe, file, tmp_path / "base", samples=2, seed=1) == 0
    seeds = [1_000_003 + i for i in range(4)]
    (expected,) = generate(pipe, ["a bench"] * 2 + ["two clocks"] * 2, seeds)
    for i, metadata in enumerate(PROMPTS):
        folder = tmp_path / "base" / f"0000{i}"
        assert json.loads((folder / "metadata.jsonl").read_text()) == metadata
        drawn = [read_image(folder / "samples" / f"0000{k}.png") for k in range(2)]
        assert np.abs(np.stack(drawn).astype(int) - expected[2 * i : 2 * i + 2]).max() <= 1


def test_the_score_is_the_mean_over_tasks(tmp_path):
    base = [("counting", f"c{i}", [0, 0, 0, i % 2]) for i in range(6)]
    base += [("colors", f"k{i}", [1, 1, 0, 0]) for i in range(2)]
    tuned = [("counting", f"c{i}", [0, 0, 1, i % 2]) for i in range(6)]
    tuned += [("colors", f"k{i}", [1, 1, 1, 1]) for i in range(2)]
    table = geneval_changes(results(tmp_path / "t", tuned), results(tmp_path / "b", base))
    table = table.set_index("task")
    assert table.base["counting"] == pytest.approx(0.125)
    assert table.base["overall"] == pytest.approx((0.125 + 0.5) / 2)
    assert table.tuned["overall"] == pytest.approx((0.375 + 1.0) / 2)
    assert table.value["overall"] == pytest.approx((0.25 + 0.5) / 2)
    assert table.low["overall"] < table.value["overall"] < table.high["overall"]
    assert table.n.to_dict() == {"colors": 2, "counting": 6, "overall": 8}


def test_models_tested_on_other_prompts_are_not_compared(tmp_path):
    base = results(tmp_path / "b", [("counting", "one", [1]), ("counting", "two", [0])])
    tuned = results(tmp_path / "t", [("counting", "one", [1])])
    with pytest.raises(ValueError, match="1 prompts were tested with one of the two models only"):
        geneval_changes(tuned, base)


def test_other_files_are_errors(pipe, tmp_path):
    (tmp_path / "r").write_text('{"correct": true}\n')
    with pytest.raises(ValueError, match="has no column tag, prompt, metadata"):
        read_geneval(tmp_path / "r")
    (tmp_path / "p").write_text('{"prompt": "a", "tag": "b"}\na bench\n')
    with pytest.raises(ValueError, match="line 2: expected an object with prompt and tag"):
        draw_geneval(pipe, tmp_path / "p", tmp_path / "out")
