from pathlib import Path

import pytest

from gamelabel import sources
from gamelabel.prompts.corpora import (
    _PUBLISHED,
    PUBLISHED_CORPORA,
    BadCorpus,
    csv_corpus,
    published_corpus,
)

COUNTS = {
    "parti": 1632,
    "drawbench": 200,
    "dalle3-eval": 170,
    "gecko": 1546,
    "geneval": 553,
    "t2i-compbench": 5860,
    "pick-a-pic": 27463
    - 18,  # 18 prompts have characters that were lost before they were published
    "imagereward-test": 465,
    "imagereward": 9997 + 465 + 100,
}


@pytest.mark.parametrize("name", PUBLISHED_CORPORA)
def test_the_published_sets(name: str) -> None:
    try:
        corpus = published_corpus(name)
    except sources.DataNotFound as error:
        pytest.skip(str(error).splitlines()[0])
    assert len(corpus.texts) == COUNTS[name]
    assert all(text and text == text.strip() for text in corpus.texts)
    assert len(corpus.rejected) == (18 if name == "pick-a-pic" else 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("drawbench", "a cat\n\na dog\n \n"),
        (
            "geneval",
            "".join(f'{{"prompt": {text}}}\n' for text in ('"a cat"', '""', '"a dog"', "7")),
        ),
        ("imagereward", '[{"text": "a cat"}, {"text": ""}, {"text": "a dog"}, {"text": 7}]'),
    ],
)
def test_rejected_rows_of_a_published_set_are_counted_from_1(
    name: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def data_file(key: str, file: str, fetch: bool) -> Path:
        path = tmp_path / file
        path.write_text(content if file == next(iter(_PUBLISHED[name][1])) else "[]")
        return path

    monkeypatch.setattr("gamelabel.prompts.corpora.data_file", data_file)
    corpus = published_corpus(name)
    assert corpus.texts == ["a cat", "a dog"]
    assert corpus.rejected.row.tolist() == [2, 4]


def test_an_unknown_set() -> None:
    with pytest.raises(ValueError, match="the corpora are parti, drawbench"):
        published_corpus("coco")


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "prompts.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_csv_of_the_kaggle_form(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '\ufeffprompt,image_file\n a cat ,0.png\n"a dog, ""big""\nand a cat",1.png\na cat,2.png\n',
    )
    corpus = csv_corpus(path)
    assert corpus.texts == ["a cat", 'a dog, "big"\nand a cat', "a cat"]
    assert corpus.rejected.empty and corpus.name == "kaggle"
    assert csv_corpus(path, column="image_file", name="files").texts == ["0.png", "1.png", "2.png"]


def test_bad_rows_are_counted_with_their_reason(tmp_path: Path) -> None:
    rows = [
        b"prompt,image_file",
        b"a cat,0.png",
        b" ,1.png",
        b"a dog",
        b"",
        b"a,b,c",
        b"caf\xe9,5.png",
        b"a fox,6.png",
    ]
    corpus = csv_corpus(write(tmp_path, b"\n".join(rows) + b"\n"))
    assert corpus.texts == ["a cat", "a fox"]
    assert corpus.rejected.row.tolist() == [2, 3, 4, 5, 6]
    expected = [
        "is empty",
        "1 cells, but the header has 2",
        "row is empty",
        "3 cells, but the header has 2",
        "not UTF-8",
    ]
    for part, reason in zip(expected, corpus.rejected.reason, strict=True):
        assert part in reason


def test_a_csv_that_is_cut_off(tmp_path: Path) -> None:
    text = 'prompt,image_file\na cat,0.png\n"a dog, big",1.png\n'
    cut = csv_corpus(write(tmp_path, text[: text.index("big")]))
    assert cut.texts == ["a cat"] and cut.rejected.row.tolist() == [2]
    assert "truncated" in cut.rejected.reason[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("text,image\na cat,0.png\n", "has no column 'prompt': its columns are text, image"),
        ("prompt,image_file\n", "no prompt in its column 'prompt': it has no row below"),
        ("prompt,image_file\n,0.png\n", "of 1 rows none can be used; row 1: the prompt is empty"),
        ('"prompt', "first line cannot be read"),
    ],
)
def test_a_csv_without_prompts(content: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadCorpus, match=says):
        csv_corpus(write(tmp_path, content))


def test_no_csv(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"kaggle\.com/datasets/rturley"):
        csv_corpus(tmp_path / "missing.csv")
