import errno
import hashlib
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from gamelabel import files
from gamelabel.files import (
    full_disk_message,
    replacing,
    sha256,
    sha256_text,
    shipped,
    write_bytes,
    write_text,
)


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    write_text(path, "é\n")
    assert path.read_bytes() == "é\n".encode()


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


def test_a_file_in_place_of_the_folder_is_an_error_that_names_what_was_to_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "folder").touch()
    with pytest.raises(OSError) as error:
        write_text(tmp_path / "folder" / "file.txt", "text")
    assert error.value.filename == str(tmp_path / "folder" / "file.txt")
    assert error.value.strerror == os.strerror(error.value.errno)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "disk full"), RuntimeError("disk full")])
def test_an_error_before_the_first_byte_is_the_one_that_is_raised(
    tmp_path: Path, error: Exception
) -> None:
    with pytest.raises(type(error), match="disk full"), replacing(tmp_path / "file.txt"):
        raise error
    assert not list(tmp_path.iterdir())


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


@pytest.mark.parametrize(("free", "full"), [(999_999, True), (1_000_000, False)])
def test_a_disk_with_less_than_a_megabyte_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, full: bool
) -> None:
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert bool(full_disk_message(tmp_path)) == full
