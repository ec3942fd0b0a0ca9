"""Downloads from a server on this machine that can continue them, cut them off, or cannot."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gamelabel.download import fetch_file

CONTENT = bytes(range(256)) * 2000  # half a megabyte


class Server(ThreadingHTTPServer):
    """Serves CONTENT; `cut` is where it ends connections, `ranges` whether it can continue."""

    cut = len(CONTENT)
    ranges = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.server.asked.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0) if self.server.ranges else 0
        if self.path != "/file":
            self.send_error(404)
        elif start >= len(CONTENT):
            self.send_error(416)
        else:
            self.send_response(206 if self.server.ranges else 200)
            self.send_header("Content-Length", str(len(CONTENT) - start))
            self.end_headers()
            self.wfile.write(CONTENT[start : max(start, self.server.cut)])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_was_cut_off_goes_on(server: Server, tmp_path: Path, ranges: bool) -> None:
    path, server.cut, server.ranges = tmp_path / "folder" / "a", 300_000, ranges
    with pytest.raises(ConnectionError):
        fetch_file(server.address, path, 5)
    kept = path.stat().st_size
    assert 0 < kept <= 300_000
    server.cut = len(CONTENT)
    arrived: list[tuple[int, int]] = []
    fetch_file(server.address, path, 5, lambda *counts: arrived.append(counts))
    assert path.read_bytes() == CONTENT
    assert server.asked[-1] == f"bytes={kept}-"
    assert arrived[-1] == (len(CONTENT), len(CONTENT))
    assert (arrived[0][0] > kept) == ranges, "what has arrived is not sent again"


def test_a_complete_download_stays(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    fetch_file(server.address, tmp_path / "a", 5)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_two_downloads_of_one_file_do_not_mix(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "a"
    threads = [
        threading.Thread(target=fetch_file, args=(server.address, path, 5)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == CONTENT


def test_a_file_that_is_not_there_is_no_fault_of_the_connection(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="404") as caught:
        fetch_file(f"{server.address}-not", tmp_path / "a", 5)
    assert not isinstance(caught.value, ConnectionError)


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        fetch_file("http://127.0.0.1:9/file", tmp_path / "a", 5)
