"""The server and clients that hold on: half requests time out, and SIGTERM ends the process."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.service.test_serve import free_ports

SERVER = """
import sys
from starlette.responses import Response
from fastapi import FastAPI
import gamelabel.service.guard as guard
import gamelabel.service.servers as servers
guard.BODY_S = servers.HEAD_S = float(sys.argv[2])
app = FastAPI()
app.add_middleware(guard.Guard)

@app.post("/")
def large():
    return Response(bytes(50_000_000))

servers.run_servers({servers.listen("127.0.0.1", int(sys.argv[1])): app})
"""
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
HALF = {
    "nothing": b"",
    "half a line": b"POST / HT",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 2\r\n\r\n{",
}


@contextmanager
def server(limit_s: float) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a server whose heads and bodies must arrive within a time."""
    port = free_ports(1)
    command = [sys.executable, "-c", SERVER, str(port), str(limit_s)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                connect(port, b"").close()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait()


def connect(port: int, content: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(content)
    return client


def read_until_closed(client: socket.socket) -> bytes:
    """Return all that arrives, in however many parts."""
    parts = []
    while part := client.recv(1000):
        parts.append(part)
    return b"".join(parts)


def test_half_requests_time_out() -> None:
    with server(limit_s=0.5) as (_, port):
        replies = {}
        for name, content in HALF.items():
            with connect(port, content) as client:
                replies[name] = read_until_closed(client)
        # a byte now and then does not extend the time, nor does an earlier request
        with connect(port, HEAD + b"Content-Length: 0\r\n\r\n") as client, pytest.raises(OSError):
            received = 0
            while received < 50_000_000:
                part = client.recv(1_000_000)
                assert part, "the connection was closed in the middle of the reply"
                received += len(part)
            for _ in range(200):
                client.sendall(b"G")
                time.sleep(0.05)
    assert [name for name, reply in replies.items() if reply] == ["half a body"]
    assert replies["half a body"].startswith(b"HTTP/1.1 408 ")
    assert b"urn:gamelabel:slow" in replies["half a body"]


def test_sigterm_ends_the_process_whatever_clients_hold() -> None:
    with server(limit_s=60) as (process, port):
        clients = [connect(port, content) for content in HALF.values()]
        clients.append(connect(port, HEAD + b"Content-Length: 0\r\n\r\n"))  # and reads no reply
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert process.returncode == 0
        for client in clients:
            client.close()
