import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gamelabel.study.execute import Kernels, _manager, _tidy
from gamelabel.study.run_result import DONE
from gamelabel.study.runner import run_study
from gamelabel.study.watch import Watch
from tests.study.toys import PROMPTS, toy_study


def tidy_outputs(folder: Path, *outputs: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is left of a cell's outputs."""
    papermill = {"input_path": "/home/me/a.ipynb", "output_path": "/home/me/b.ipynb", "duration": 1}
    cells = [
        {"cell_type": "code", "outputs": list(outputs)},
        {"cell_type": "markdown", "source": ["# Title"]},
    ]
    path = folder / "n.ipynb"
    path.write_text(json.dumps({"metadata": {"papermill": papermill}, "cells": cells}))
    _tidy(path)
    assert json.loads(path.read_text())["metadata"] == {"papermill": {"duration": 1}}, (
        "no path of this machine"
    )
    return json.loads(path.read_text())["cells"][0]["outputs"]


def stream(name: str, *text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": list(text)}


def test_only_the_last_state_of_a_progress_bar_is_kept(tmp_path: Path) -> None:
    pieces = [
        "pictures:   0%|  | 0/8 [00:00<?]",
        "\rpictures:  50%|█ | 4/8 [00:01]",
        "\rpictures: 100%|██| 8/8 [00:02]\n",
    ]
    (left,) = tidy_outputs(tmp_path, *(stream("stderr", piece) for piece in pieces))
    assert left == stream("stderr") | {"text": "pictures: 100%|██| 8/8 [00:02]"}


def test_nested_bars_and_text_between_them(tmp_path: Path) -> None:
    text = "parts:   0%|  | 0/2\nweights:  50%|█ | 1/2\nweights: 100%|██| 2/2\x1b[A\n"
    text += "a warning\nparts: 100%|██| 2/2\n"
    (left,) = tidy_outputs(tmp_path, stream("stderr", text))
    assert left["text"] == "weights: 100%|██| 2/2\na warning\nparts: 100%|██| 2/2"


def test_results_stay_and_streams_do_not_run_together(tmp_path: Path) -> None:
    result = {"output_type": "execute_result", "data": {"text/plain": ["1"]}}
    left = tidy_outputs(
        tmp_path,
        stream("stdout", "a\n", "b\n"),
        result,
        stream("stdout", "c\n"),
        stream("stderr", "\n"),
    )
    assert [output.get("text", "1") for output in left] == ["a\nb", "1", "c"]


@pytest.mark.parametrize("text", ["", '{"cells": [{"cell_ty'])
def test_an_incomplete_notebook_is_removed(tmp_path: Path, text: str) -> None:
    (tmp_path / "n.ipynb").write_text(text)
    _tidy(tmp_path / "n.ipynb")
    _tidy(tmp_path / "n.ipynb")
    assert not list(tmp_path.iterdir())


def run_prompts(root: Path) -> None:
    """Run a study of one toy notebook in a folder, and check that its table is there."""
    study = toy_study(root, _01_prompts=PROMPTS)
    result = run_study(study)
    assert result.status["01_prompts"] == DONE
    assert (root / "data/runs/smoke/prompts.parquet").is_file()


@pytest.mark.parametrize("name", ["a%20b", "what?1", "{study} {0} {", "ü ß"])
def test_a_project_in_a_folder_of_any_name_runs(name: str, tmp_path: Path) -> None:
    run_prompts(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_long_folder_of_temporary_files_does_not_stop_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sockets in it would have longer paths than the system allows."""
    folder = tmp_path / ("x" * (113 - len(str(tmp_path)) - 1))
    folder.mkdir()
    assert len(str(folder)) == 113
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)  # read anew
    run_prompts(tmp_path / "project")


def test_another_kernel_that_is_registered_as_python3_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {"argv": ["false", "{connection_file}"], "display_name": "Other", "language": "python"}
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    run_prompts(tmp_path / "project")


def test_a_kernel_that_is_shut_down_is_not_interrupted(tmp_path: Path) -> None:
    """It would print an error, although its notebook has ended well."""
    manager = _manager(tmp_path / "notebook.ipynb", tmp_path, {}, Kernels(), Watch(1.0))()
    signals = []

    class Process:
        has_process = True

        async def send_signal(self, signum: int) -> None:
            signals.append(signum)

    manager.provisioner = Process()
    asyncio.run(manager._async_interrupt_kernel())
    assert len(signals) == 1
    manager.shutting_down = True
    asyncio.run(manager.interrupt_kernel())
    assert len(signals) == 1
