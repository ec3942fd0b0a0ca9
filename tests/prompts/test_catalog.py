from pathlib import Path

import pytest

from gamelabel import sources
from gamelabel.prompts import load_corpus, load_published, load_word_lists, world_corpus
from gamelabel.prompts.corpora import PUBLISHED_CORPORA


def test_missing_prompt_sets_are_named_with_their_source(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DATA_CACHE", "SHARED_DATA"):
        monkeypatch.setattr(sources, name, tmp_path)
    monkeypatch.delenv("GAMELABEL_DATA", raising=False)
    available, missing = load_published()
    assert [corpus.name for corpus in available] == ["imagereward-test"], "the one that ships"
    others = [name for name in PUBLISHED_CORPORA if name != "imagereward-test"]
    assert missing.corpus.tolist() == others
    assert (
        missing.address[0] == "https://github.com/google-research/parti"
        and missing.licence[0] == "Apache-2.0"
    )
    assert "the file PartiPrompts.tsv of PartiPrompts (data set prompts_parti" in missing.why[0]
    assert list(load_word_lists()) == ["better-profanity"]


def test_candidates_by_name(tmp_path: Path) -> None:
    assert load_corpus("world", 4, 1).texts == world_corpus(4, 1).texts
    (tmp_path / "own.csv").write_text("prompt\na cat\n")
    own = load_corpus(str(tmp_path / "own.csv"))
    assert (own.name, own.texts) == ("own", ["a cat"])
    with pytest.raises(
        ValueError,
        match=r"'coco': the corpora are world, parti, .*; or give the path of a file NAME\.csv",
    ):
        load_corpus("coco")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_has_a_prompt_a_line(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text('a cat\n\n"a dog" poster, naïve\n', encoding=encoding)
    corpus = load_corpus(str(path))
    assert corpus.name == "own" and corpus.texts == ["a cat", '"a dog" poster, naïve']
    path.write_bytes("a cat\nnaïve\n".encode("cp1252"))
    corpus = load_corpus(str(path))
    assert corpus.texts == ["a cat"] and "is not UTF-8" in corpus.rejected.reason[0]
    path.write_bytes("naïve\n".encode("cp1252"))
    with pytest.raises(ValueError, match=r"own\.txt has no prompt: .* line 1: .* not UTF-8"):
        load_corpus(str(path))
    path.write_text("\n\n")
    with pytest.raises(ValueError, match=r"own\.txt has no prompt: it must have one prompt a line"):
        load_corpus(str(path))
    with pytest.raises(FileNotFoundError, match="give a text file with one prompt a line"):
        load_corpus(str(tmp_path / "none.txt"))
