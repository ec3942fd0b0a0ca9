import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gamelabel.sources import sources
from gamelabel.study import doctor
from gamelabel.study.doctor import Machine, examine, hub_problem, suggest_profile

LAPTOP = Machine(gpu=None, gpu_gb=0, memory_gb=16, disk_gb=100, cores=4, hub="", data={})


NEEDS = {
    "small": lambda: {"a GPU": 0.0, "memory": 5.2, "disk": 5.0, "hub": 0.0},
    "paper": lambda: {"a GPU": 44.0, "memory": 32.0, "disk": 50.0, "hub": 36.0},
}


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (replace(LAPTOP, memory_gb=4), "smoke; small needs memory of 6 GB (found 4)"),
        (
            replace(LAPTOP, memory_gb=6),
            "small; paper needs a GPU of 44 GB (found 0) and memory of 32 GB (found 6)",
        ),
        (
            replace(LAPTOP, gpu="a card", gpu_gb=80, memory_gb=64, disk_gb=60),
            "small; paper needs disk of 86 GB (found 60)",
        ),
        (
            replace(LAPTOP, gpu="a card", gpu_gb=80, memory_gb=64, hub="unreachable"),
            "small; paper needs the hub",
        ),
        (replace(LAPTOP, gpu="a card", gpu_gb=80, memory_gb=64), "paper"),
    ],
)
def test_the_profile_that_fits(
    machine: Machine, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert suggest_profile(machine, NEEDS) == expected


def test_a_hub_that_answers_and_one_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert hub_problem(f"http://127.0.0.1:{port}") == ""
    assert hub_problem(f"http://127.0.0.1:{port}").startswith("unreachable")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub_problem() == "switched off by HF_HUB_OFFLINE"


def test_a_hub_that_never_answers_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(doctor, "_connect", lambda *_: None)  # says nothing, as a lookup that hangs
    assert hub_problem(seconds=-1) == "unreachable (no answer)"


def test_available_data_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    missing = {"geneval": [], "imagereward": ["refl_data.json"]}
    absent = ["a file"] * 100
    monkeypatch.setattr(
        doctor, "missing_files", lambda key: missing.get(key, absent[: len(sources()[key].files)])
    )
    result = examine(tmp_path)
    assert ("hub", "switched off by HF_HUB_OFFLINE") in result.lines()
    assert result.data["embedded model"].startswith("not found in")
    assert result.data["available"] == "geneval, imagereward (2 of 3 files)"
    assert "prompts_parti" in result.data["not here"]


@pytest.mark.parametrize(
    ("line", "gb"), [("NVIDIA A100-SXM4-40GB, 40960 MiB", 42.9), ("strange", 0.0)]
)
def test_the_cards_memory(line: str, gb: float) -> None:
    assert doctor._gpu_gb(line) == pytest.approx(gb, abs=0.1)
