import ast
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gamelabel.study import definitions


def test_one_thread_parses_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython 3.11 can raise SystemError where two do."""
    parsing, together = [], []

    def parse(code: str) -> ast.Module:
        parsing.append(code)
        together.append(len(parsing))
        time.sleep(0.02)
        parsing.pop()
        return ast.Module([], [])

    monkeypatch.setattr(definitions.ast, "parse", parse)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: definitions.parse_module("", Path(), ""), range(8)))
    assert together == [1] * 8
