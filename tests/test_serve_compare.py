"""`gamelabel serve --compare`: the pool that it draws, and what it refuses."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.images.pipeline import load_pipeline
from gamelabel.service.pairs import start
from gamelabel.service.pairs.pool import load_run
from gamelabel.service.store import Store
from gamelabel.tables import read_table
from gamelabel.tuning.adapter import add_adapter, save_adapter


def test_the_pairs_of_two_models_are_served(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = load_pipeline(repository, device="cpu")
    add_adapter(pipe.transformer, 2)
    adapter = save_adapter(pipe.transformer, tmp_path / "mine")
    served: list[Path] = []
    monkeypatch.setattr(start, "serve_study", lambda study, *_: served.append(study))
    monkeypatch.chdir(tmp_path)
    command = ["serve", "--compare", str(repository), str(adapter), "--points", "3"]
    result = CliRunner().invoke(app, command)
    assert result.exception is None, result.output
    assert served == [Path("data/runs/compare-mine")]
    pairs = read_table(served[0], "pairs")
    assert (pairs.kind == "preference").sum() == 3
    store = Store(f"sqlite:///{tmp_path / 'game.db'}")
    assert load_run(store, served[0], "study") == len(pairs)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--study", "data/runs/small"], "leave out --study"),
        (["--demo"], "leave out --study and --games, or --compare"),
        ([], "no adapter at .*nothing.safetensors"),
    ],
)
def test_what_does_not_go_together_is_an_error(extra: list[str], message: str) -> None:
    command = ["serve", "--compare", "data/models/scenes-flux", "nothing.safetensors", *extra]
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        CliRunner().invoke(app, command, catch_exceptions=False)


@pytest.mark.parametrize(
    ("base", "message"),
    [("/nowhere", "^/nowhere: no such folder"), (".", "is not a FLUX repository")],
)
def test_the_base_is_checked_first(
    base: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        CliRunner().invoke(app, ["serve", "--compare", base, "nothing"], catch_exceptions=False)


def test_a_folder_without_an_adapter_is_refused(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["serve", "--compare", str(repository), str(tmp_path)]
    with pytest.raises(FileNotFoundError, match=f"no adapter at {tmp_path}: "):
        CliRunner().invoke(app, command, catch_exceptions=False)


def test_missing_prompts_are_refused_before_a_model_is_opened(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.safetensors").touch()
    command = ["serve", "--compare", str(repository), str(tmp_path), "--prompts", "no.txt"]
    with pytest.raises(FileNotFoundError, match="there is no file of prompts /"):
        CliRunner().invoke(app, command, catch_exceptions=False)
