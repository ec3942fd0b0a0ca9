import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from gamelabel import sources
from gamelabel.files import sha256

GOOD = b"one\ntwo\nthree\n"
SHA = hashlib.sha256(GOOD).hexdigest()


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """Serve a folder at an address, with a catalogue of one set; no data are available locally."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder.joinpath("address").write_text(f"http://127.0.0.1:{server.server_port}/")
    yield folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sources, "DATA_CACHE", tmp_path / "cache")
    monkeypatch.setattr(sources, "SHARED_DATA", tmp_path / "shared")
    monkeypatch.setattr(sources, "SHIPPED_DATA", tmp_path / "shipped")
    monkeypatch.delenv("GAMELABEL_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


def document(folder: Path, monkeypatch: pytest.MonkeyPatch, at: str, **fields: object) -> None:
    entry = {
        "name": "A Set",
        "about": "numbers",
        "address": "https://example.org/set",
        "licence": "CC0-1.0",
        "citation": "Nobody",
        "at": at,
        "files": {"a.txt": {"sha256": SHA, "from": "a.txt", **fields}},
    }
    path = folder / "sources.yaml"
    path.write_text(yaml.safe_dump({"a_set": entry}))
    monkeypatch.setattr(sources, "CATALOGUE", path)


def put(folder: Path, content: bytes) -> Path:
    path = folder / "a_set" / "a.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_the_catalogue_is_complete() -> None:
    for key, source in sources.sources().items():
        assert source.key == key
        assert source.files and source.name and source.about and source.licence and source.citation
        assert source.address.startswith("https://github.com/")
        for entry in source.files.values():
            assert re.fullmatch("[0-9a-f]{64}", entry.sha256)
            assert bool(entry.address) != bool(entry.by_hand)
            assert bool(entry.drop_lines) == bool(entry.dropped)
            if entry.address:  # a fixed commit, so that what lies there stays what was meant
                assert re.match(
                    r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/\S+$",
                    entry.address,
                )


def test_what_ships_is_complete_and_has_its_licence() -> None:
    folders = [path for path in sources.SHIPPED_DATA.iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        known = sources.find_source(folder.name).files
        names = {path.name for path in folder.iterdir()} - {"LICENSE"}
        assert (folder / "LICENSE").is_file() and names
        for name in names:
            assert sha256(folder / name) == known[name].sha256


def test_downloads_go_to_the_folder_that_is_named(
    served: Path, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(nowhere, monkeypatch, (served / "address").read_text())
    (served / "a.txt").write_bytes(GOOD)
    monkeypatch.setenv("GAMELABEL_DATA", str(nowhere / "named"))
    assert sources.data_file("a_set", "a.txt") == nowhere / "named/a_set/a.txt"


def test_every_set_beside_the_repository_is_complete() -> None:
    available = [key for key in sources.sources() if (sources.SHARED_DATA / key).is_dir()]
    if not available:
        pytest.skip("no ../shared/data beside the repository")
    assert all(sources.is_available(key) for key in available)


@pytest.mark.parametrize("place", ["named", "cache", "shared", "shipped"])
def test_each_place_is_looked_in(
    place: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(nowhere, monkeypatch, "https://localhost:9/")
    monkeypatch.setenv("GAMELABEL_DATA", str(nowhere / "named"))
    path = put(nowhere / place, GOOD)
    assert sources.data_file("a_set", "a.txt", download=False) == path
    assert sources.is_available("a_set")


def test_a_damaged_copy_is_replaced_by_a_download(
    served: Path, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(nowhere, monkeypatch, (served / "address").read_text())
    (served / "a.txt").write_bytes(GOOD)
    path = put(nowhere / "cache", b"damaged")
    assert sources.data_file("a_set", "a.txt") == path and path.read_bytes() == GOOD


def test_a_damaged_copy_is_not_used(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document(nowhere, monkeypatch, "https://localhost:9/")
    put(nowhere / "cache", b"not that")
    path = put(nowhere / "shared", GOOD)
    assert sources.data_file("a_set", "a.txt", download=False) == path
    path.unlink()
    with pytest.raises(sources.DataNotFound, match=r"cache/a_set/a\.txt is a different file"):
        sources.data_file("a_set", "a.txt", download=False)
    assert not sources.is_available("a_set")


def test_a_download_lands_in_the_cache(
    served: Path, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(nowhere, monkeypatch, (served / "address").read_text())
    (served / "a.txt").write_bytes(GOOD)
    path = sources.data_file("a_set", "a.txt")
    assert path == nowhere / "cache/a_set/a.txt" and path.read_bytes() == GOOD
    (served / "a.txt").unlink()
    assert sources.data_file("a_set", "a.txt") == path
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_lines_are_left_out_of_a_download(
    served: Path, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = b"zero\none\ntwo\nbad\nworse\nthree"
    at = (served / "address").read_text()
    document(nowhere, monkeypatch, at, drop_lines=[[1, 1], [4, 5]], dropped="bad rows")
    (served / "a.txt").write_bytes(longer)
    assert sources.data_file("a_set", "a.txt").read_bytes() == GOOD
    assert [path.name for path in (nowhere / "cache/a_set").iterdir()] == ["a.txt"]
    (served / "a.txt").unlink()
    (nowhere / "cache/a_set/a.txt").unlink()
    with pytest.raises(sources.DataNotFound) as error:
        sources.data_file("a_set", "a.txt")
    advice = "delete the lines 1, 4-5 of the file at its address\n(bad rows), and end it"
    assert advice in str(error.value)


@pytest.mark.parametrize("content", [b"changed since", None])
def test_a_wrong_or_missing_download_leaves_nothing(
    content: bytes | None, served: Path, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = (served / "address").read_text()
    document(nowhere, monkeypatch, at)
    if content is not None:
        (served / "a.txt").write_bytes(content)
    with pytest.raises(sources.DataNotFound) as caught:
        sources.data_file("a_set", "a.txt")
    message = str(caught.value)
    cure = str(nowhere / "cache/a_set/a.txt")
    for part in (
        "a.txt of A Set",
        "CC0-1.0",
        at,
        "The download failed",
        "gamelabel data fetch a_set",
        cure,
        "GAMELABEL_DATA",
        SHA,
    ):
        assert part in message
    assert [path.name for path in (nowhere / "cache/a_set").iterdir()] in ([], [".a.txt.part"])
    (served / "a.txt").write_bytes(GOOD)
    assert sources.data_file("a_set", "a.txt").read_bytes() == GOOD, "a second try"


def test_a_file_without_an_address_must_be_added_by_hand(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(nowhere, monkeypatch, "", **{"from": ""}, by_hand="the table of the book's page 3")
    with pytest.raises(
        sources.DataNotFound, match=r"as such\. It is the table of the book's page 3"
    ) as caught:
        sources.data_file("a_set", "a.txt")
    assert "https://example.org/set" in str(caught.value)


def test_a_silent_server_does_not_stop_the_program(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        document(nowhere, monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        monkeypatch.setattr(sources, "TIMEOUT_S", 0.3)
        start = time.monotonic()
        with pytest.raises(sources.DataNotFound, match=r"download failed: .*timed out"):
            sources.data_file("a_set", "a.txt")
        assert time.monotonic() - start < 5
    assert not sources.is_available("a_set")


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match=r"'parti'; data/sources.yaml has agiqa3k, .*prompts_parti"
    ):
        sources.data_file("parti", "PartiPrompts.tsv")
    with pytest.raises(ValueError, match=r"no file 'x'; it has PartiPrompts\.tsv"):
        sources.data_file("prompts_parti", "x")
    with pytest.raises(ValueError, match="has agiqa3k"):
        sources.is_available("nothing")
