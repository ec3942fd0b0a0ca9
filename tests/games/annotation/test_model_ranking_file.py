"""Files of models: what is read, and an error in one sentence for what is wrong."""

from pathlib import Path

import pandas as pd
import pytest

from gamelabel.games.annotation.model_ranking_file import read_models
from gamelabel.yaml_fields import TaskFileError

PROMPTS = "prompts: {p1: a red cat, p2: a boat}\n"
MODELS = "models:\n  base: base\n  tuned: tuned.csv\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of pictures, and a table of others."""
    for name in ("base/p1.png", "base/p2.JPG", "other/1.png", "other/2.png", "half/p1.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"a picture")
    table = pd.DataFrame({"prompt_id": ["p1", "p2"], "image": ["other/1.png", "other/2.png"]})
    table.to_csv(tmp_path / "tuned.csv", index=False)
    table.head(1).to_csv(tmp_path / "half.csv", index=False)
    table.assign(image="gone.png").to_csv(tmp_path / "gone.csv", index=False)
    pd.concat([table, table]).to_csv(tmp_path / "twice.csv", index=False)
    texts = pd.DataFrame({"prompt_id": ["p1", "p2"], "prompt": ["a red cat", "a boat"]})
    texts.to_parquet(tmp_path / "prompts.parquet")
    return tmp_path


def read(folder: Path, text: str, name: str = "models.yaml") -> object:
    (folder / name).write_text(text, encoding="utf-8")
    return read_models(folder / name)


def test_folders_and_tables_are_read(folder: Path) -> None:
    models = read(folder, f"{PROMPTS}{MODELS}title: Two\nmost_votes: 9\n")
    assert (models.pool, models.title, models.most_votes) == ("models", "Two", 9)
    assert models.confidence == 0.95
    assert models.pictures["base"]["p2"] == folder / "base" / "p2.JPG"
    assert models.pictures["tuned"]["p1"] == folder / "other" / "1.png"
    other = read(folder, f"prompts: prompts.parquet\n{MODELS}")
    assert other.prompts == models.prompts == {"p1": "a red cat", "p2": "a boat"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MODELS, "line 1: the file needs the field prompts"),
        (PROMPTS, "line 1: the file needs the field models"),
        (f"{PROMPTS}models: {{base: base}}", "line 2: the file needs two models to compare"),
        (f"{PROMPTS}{MODELS}  base: other", "line 5: the model base is there twice"),
        (f"{PROMPTS}{MODELS}  again: base", "line 5: the models base and again have the same"),
        (
            f"{PROMPTS}{MODELS}  half: half",
            "line 5: the model half has no picture for the prompts p2",
        ),
        (f"{PROMPTS}{MODELS}  half: half.csv", "line 5: the model half has no picture for the"),
        (
            f"{PROMPTS}{MODELS}  x: other",
            "line 5: the model x has a picture for none of the prompts",
        ),
        (
            f"{PROMPTS}{MODELS}  x: gone.csv",
            "line 5: the picture of the model x for the prompt p1 is",
        ),
        (f"{PROMPTS}{MODELS}  x: twice.csv", "line 5: .*twice.csv has the prompt_id p1 twice"),
        (
            f"{PROMPTS}{MODELS}  x: nowhere",
            "line 5: the pictures of the model x: there is no .*nowhere",
        ),
        (f"{PROMPTS}{MODELS}  x: base/p1.png", "line 5: .*p1.png is not a table"),
        (f"{PROMPTS}{MODELS}  x: prompts.parquet", "line 5: .* has no column image; it needs"),
        (
            f"{PROMPTS}{MODELS}  x: [base]",
            "line 5: the model x needs the path of a folder or table",
        ),
        (f"{PROMPTS}{MODELS}  a beside b: other", "line 5: a model's name has 1 to 60 characters"),
        (
            f"prompts: {{p1: 3, p2: a boat}}\n{MODELS}",
            "line 1: the prompt p1 has to be a text, not 3",
        ),
        (f"prompts: {{p1: a boat}}\n{MODELS}", "line 1: the file needs two prompts"),
        (
            f"prompts: {{p1: a, a/b: b}}\n{MODELS}",
            "a prompt's id has 1 to 100 characters and no sl",
        ),
        (f"{PROMPTS}{MODELS}confidence: 1", "line 5: confidence of the file has to be from 0.5"),
        (f"{PROMPTS}{MODELS}most_votes: -1", "line 5: most_votes of the file has to be a whole"),
        (f"{PROMPTS}{MODELS}votes: 3", "line 5: the file has no field votes; its fields are conf"),
        ("", "line 1: the file is empty"),
    ],
)
def test_what_is_wrong_is_a_sentence_with_the_line(folder: Path, text: str, message: str) -> None:
    with pytest.raises(TaskFileError, match=message) as error:
        read(folder, text)
    assert str(error.value).startswith(str(folder / "models.yaml"))
    assert "\n" not in str(error.value)


def test_the_name_of_the_file_must_do_for_a_pool(folder: Path) -> None:
    with pytest.raises(TaskFileError, match=r"letters, digits and _ \. -, not 'my models'"):
        read(folder, PROMPTS + MODELS, "my models.yaml")
