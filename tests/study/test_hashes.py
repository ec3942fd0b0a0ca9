import os
from pathlib import Path

import pytest

from gamelabel.files import sha256_text
from gamelabel.study import hashes
from gamelabel.study.hashes import Hashes

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1


def test_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("abc")
    assert Hashes().digest(path) == sha256_text("abc") == ABC
    assert Hashes().digest(tmp_path / "b") == "missing"


def test_a_folder_is_its_listing_without_hidden_and_part_files(tmp_path: Path) -> None:
    for name in ("b.png", ".hidden", "half.part", "deep/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("abc")
    listing = Hashes().listing(tmp_path)
    assert listing == f"{ABC}  b.png\n{ABC}  deep/a.png\n"
    assert Hashes().digest(tmp_path) == sha256_text(listing)


def test_an_unchanged_file_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store = tmp_path / "a", tmp_path / "store.json"
    path.write_text("abc")
    first = Hashes(store)
    first.digest(path)
    first.save()
    monkeypatch.setattr(hashes, "sha256", lambda path: "read")
    assert Hashes(store).digest(path) == ABC
    assert Hashes().digest(path) == "read"
    os.utime(path, ns=(1, 1))
    assert Hashes(store).digest(path) == "read"


def test_the_store_is_written_only_if_a_hash_is_new(tmp_path: Path) -> None:
    path, store = tmp_path / "a", tmp_path / "store.json"
    path.write_text("abc")
    without = Hashes()
    without.digest(path)
    without.save()
    assert not store.exists()
    first = Hashes(store)
    first.digest(path)
    first.save()
    os.utime(store, ns=(1, 1))
    again = Hashes(store)
    again.digest(path)
    again.save()
    assert store.stat().st_mtime_ns == 1


def test_a_damaged_store_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text('{"half')
    (tmp_path / "a").write_text("abc")
    assert Hashes(tmp_path / "store.json").digest(tmp_path / "a") == ABC
