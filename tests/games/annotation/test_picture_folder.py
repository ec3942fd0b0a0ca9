"""Names in an archive that lead out of the folder of the pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from gamelabel.games.annotation.layouts.answer_set import AnnotatedPrompt, AnswerSet
from gamelabel.games.annotation.layouts.argilla_layout import read_argilla_answers
from gamelabel.games.annotation.layouts.argilla_writer import write_argilla_answers
from gamelabel.games.annotation.layouts.datasets_layout import (
    read_answer_dataset,
    write_answer_dataset,
)
from gamelabel.games.annotation.layouts.imagereward_layout import copy_pictures
from gamelabel.games.annotation.layouts.picture_folder import picture_in_folder

HOSTILE = [
    "../secret.png",
    "set/../../secret.png",
    "{absolute}",
    "link.png",
    "linked/secret.png",
    "%2e%2e/secret.png",
    "/data/local-files/?d=../secret.png",
    "http://host/set/../../secret.png",
    "..\\secret.png",
    "C:\\secret.png",
    "c:secret.png",
    "\\\\host\\share\\secret.png",
]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a picture and links, beside a picture that is to stay where it is."""
    folder = tmp_path / "pictures"
    (folder / "set").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for secret in ("secret.png", "elsewhere/secret.png"):
        Image.new("RGB", (7, 9)).save(tmp_path / secret)
    Image.new("RGB", (4, 5)).save(folder / "set/1.png")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "inside.png").symlink_to(folder / "set/1.png")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    (tmp_path / "also-pictures").symlink_to(folder)
    return folder


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_leads_out_is_rejected_by_readers_and_refused_by_writers(
    name: str, pictures: Path, tmp_path: Path
) -> None:
    name = name.format(absolute=tmp_path / "secret.png")
    shown = {"prompt": "a star", "picture": name}
    answered = {"overall": [{"value": 5, "user_id": "u7"}]}
    record = {"id": "p1", "fields": shown, "metadata": {}, "responses": answered}
    (tmp_path / "records.json").write_text(json.dumps([record]))
    dataset = tmp_path / "dataset"
    dataset.mkdir()
    answers = AnswerSet({"p1": AnnotatedPrompt("a star", {name: None})})
    write_answer_dataset(answers, dataset)
    read = {
        tmp_path / "records.json": read_argilla_answers(tmp_path / "records.json", pictures),
        dataset: read_answer_dataset(dataset, pictures),
    }
    for source, again in read.items():
        assert not again.prompts["p1"].pictures and not again.answers
        fault = str(again.rejected[0])
        assert fault.startswith(str(source)) and ", row 0: picture names" in fault
        assert f"leads out of {pictures}: put the picture into the folder" in fault
        assert fault.endswith("; its answers are left out")
    for write in (write_answer_dataset, write_argilla_answers):
        folder = tmp_path / write.__name__
        folder.mkdir()
        with pytest.raises(ValueError, match=r"which leads out of .*: put the picture into"):
            write(answers, folder, pictures)
    with pytest.raises(ValueError, match=r"leads out of|rename it"):
        copy_pictures([name], pictures, dataset)


@pytest.mark.parametrize(
    "name",
    [
        "set/1.png",
        "inside.png",
        "{folder}/set/1.png",
        "/data/local-files/?d=set/1.png",
        "http://host/set%2F1.png",
        "/data/upload/3/inside.png",
    ],
)
@pytest.mark.parametrize("given", ["pictures", "also-pictures"])
def test_a_picture_in_the_folder_is_read_by_its_path_and_by_an_address(
    name: str, given: str, pictures: Path, tmp_path: Path
) -> None:
    content = picture_in_folder(name.format(folder=pictures), tmp_path / given)
    assert content == (pictures / "set/1.png").read_bytes()


def test_a_picture_of_another_format_is_named_and_can_be_saved_as_png(pictures: Path) -> None:
    Image.new("RGB", (4, 5)).save(pictures / "1.gif")
    with pytest.raises(
        ValueError, match=r"'1\.gif', but .* not a readable JPEG .*: save it as PNG"
    ):
        picture_in_folder("1.gif", pictures)


@pytest.mark.parametrize("name", ["x\0.png", "x" * 5000, "http://[", "circle.png", "", "set"])
def test_a_name_of_nothing_is_one_sentence(name: str, pictures: Path) -> None:
    with pytest.raises(ValueError, match="which is not in"):
        picture_in_folder(name, pictures)
