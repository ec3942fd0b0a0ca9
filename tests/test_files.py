import hashlib
import threading
from pathlib import Path

import pytest

from gamelabel import files
from gamelabel.files import replacing, sha256, sha256_text, shipped, write_bytes, write_text


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "file.txt", "é\n")
    assert (tmp_path / "new" / "file.txt").read_bytes() == "é\n".encode()


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), replacing(path) as partial:
        partial.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_names_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_text(tmp_path / "folder", "text")  # a folder has that name
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path, texts = tmp_path / "file.txt", ["a" * 200_000, "b" * 200_000]
    write_text(path, texts[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for text in texts:
                write_text(path, text)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(path.read_text() in texts for _ in range(200))
    finally:
        stop.set()
        writer.join()


def test_the_temporary_file_keeps_the_suffix_and_is_hidden(tmp_path: Path) -> None:
    with replacing(tmp_path / "weights.safetensors") as partial:
        assert partial.suffix == ".safetensors" and partial.name.startswith(".")
        partial.touch()


def test_hashes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256(tmp_path / "f") == sha256_text("abc") == hashlib.sha256(b"abc").hexdigest()


def test_what_ships_is_found_in_a_checkout_and_in_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (shipped("data/models/scenes-flux") / "model_index.json").is_file()
    package = tmp_path / "site-packages" / "gamelabel"
    write_text(package / "_shipped" / "data" / "sources.yaml", "")
    monkeypatch.setattr(files, "__file__", str(package / "files.py"))
    assert shipped("data/sources.yaml") == package / "_shipped" / "data" / "sources.yaml"
