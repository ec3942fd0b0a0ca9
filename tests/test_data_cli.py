"""`gamelabel data` with a server on this machine."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from gamelabel import sources
from gamelabel.cli import app


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two data sets of two files; one file is made by hand."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    entries = {}
    for key in ("first", "second"):
        files: dict[str, dict[str, str]] = {}
        for name in ("a.txt", "b.txt"):
            (folder / f"{key}-{name}").write_text(key + name)
            digest = hashlib.sha256((key + name).encode()).hexdigest()
            files[name] = {"sha256": digest, "from": f"{key}-{name}"}
        entries[key] = {
            "name": key.title(), "about": f"The {key}", "address": "https://example.org",
            "licence": "CC0-1.0", "citation": "Nobody",
            "at": f"http://127.0.0.1:{server.server_port}/", "files": files,
        }  # fmt: skip
    entries["second"]["files"]["b.txt"] = {"sha256": digest, "by_hand": "page 3 of the book"}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(entries))
    for name, value in (
        ("CATALOGUE", tmp_path / "sources.yaml"),
        ("DATA_CACHE", tmp_path / "cache"),
        ("SHARED_DATA", tmp_path / "shared"),
        ("SHIPPED_DATA", tmp_path / "shipped"),
    ):
        monkeypatch.setattr(sources, name, value)
    monkeypatch.delenv("GAMELABEL_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield folder
    server.shutdown()
    server.server_close()


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["data", *words], env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit | ValueError)
    return result.exit_code, result.output


def test_one_set_is_fetched_and_listed(served: Path, tmp_path: Path) -> None:
    code, shown = run("fetch", "first")
    assert code == 0
    assert f"1 of 2: first/a.txt: {tmp_path / 'cache/first/a.txt'}" in shown
    assert f"2 files in {tmp_path / 'cache'}" in shown
    assert run("fetch", "first") == (0, "Everything is here.\n")
    listed = run("list")[1].splitlines()
    assert listed[1].split()[:3] == ["first", "yes", "CC0-1.0"]
    assert "0 of 2 files" in listed[2]


def test_all_sets_go_to_the_folder_that_is_named(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAMELABEL_DATA", str(tmp_path / "mine"))
    code, shown = run("fetch")
    assert code == 0
    assert "second/b.txt cannot be downloaded: it is page 3 of the book" in shown
    assert f"3 files in {tmp_path / 'mine'}" in shown
    assert (tmp_path / "mine/second/a.txt").read_text() == "seconda.txt"
    assert run("fetch", "second")[0] == 1, "what was asked for is not all here"


def test_one_file_that_is_gone_does_not_stop_the_others(served: Path, tmp_path: Path) -> None:
    (served / "first-a.txt").unlink()
    code, shown = run("fetch")
    assert code == 1
    assert "first/a.txt: the file a.txt of First" in shown and "404" in shown
    assert (tmp_path / "cache/first/b.txt").exists() and (tmp_path / "cache/second/a.txt").exists()


def test_a_changed_file_is_refused_with_what_to_do(served: Path, tmp_path: Path) -> None:
    (served / "first-a.txt").write_text("another")
    code, shown = run("fetch", "first")
    assert code == 1
    assert "what lies there now is a different file" in shown
    assert f"put it at {tmp_path / 'cache/first/a.txt'}" in shown


def test_without_a_network_only_one_file_is_tried(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = tmp_path / "sources.yaml"
    entries = yaml.safe_load(catalogue.read_text())
    for entry in entries.values():
        entry["at"] = "http://127.0.0.1:9/"
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(entries))
    monkeypatch.setattr(sources, "CATALOGUE", tmp_path / "other.yaml")
    code, shown = run("fetch")
    assert code == 1
    assert shown.count("The download failed") == 1
    assert "Run the same command again" in shown


def test_an_unknown_set_names_the_known_ones(served: Path) -> None:
    result = CliRunner().invoke(app, ["data", "fetch", "third"])
    assert "there is no data set 'third'; data/sources.yaml has first, second" in str(
        result.exception
    )
