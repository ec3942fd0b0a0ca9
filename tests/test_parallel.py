"""Executors on this machine: order, equal bytes, one thread, errors, and processes that end."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
from tqdm import tqdm

from gamelabel.parallel import ItemFailed, executor, map_items
from gamelabel.processes import visible_devices
from gamelabel.worker_progress import BarsToBoard, ProgressBoard
from tests import parallel_tasks as tasks

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def two():
    with executor(2) as pool:
        yield pool


def test_results_are_in_order_and_the_same_wherever_they_are_computed(two):
    with executor(1) as alone:
        expected = list(map_items(alone, tasks.draw, range(7)))
    assert (
        list(map_items(two, tasks.draw, range(7))) == expected == [tasks.draw(i) for i in range(7)]
    )
    assert list(map_items(two, tasks.draw, [])) == []


def test_each_job_is_a_process_of_its_own(two):
    with executor(1) as alone:
        assert set(map_items(alone, tasks.process, range(2))) == {os.getpid()}
    processes = set(map_items(two, tasks.process, range(6)))
    assert len(processes) == 2 and os.getpid() not in processes


def test_a_process_has_one_thread_and_starts_no_further_processes(two, monkeypatch):
    names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GAMELABEL_JOBS", "GAMELABEL_CLUSTER"]
    assert list(map_items(two, tasks.environment, names)) == ["1", "1", "1", ""]


def test_torch_uses_one_thread_in_every_process_and_gets_its_threads_back(two):
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with executor(1) as alone:
            assert list(map_items(alone, tasks.torch_threads, [0])) == [1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert list(map_items(two, tasks.torch_threads, [0])) == [1]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_item_that_fails_is_named_with_its_reason(jobs):
    names = ["a", "b", "c", "d"]
    with executor(jobs) as pool:
        results = map_items(pool, tasks.reject_two, range(4), names)
        with pytest.raises(ItemFailed) as failure:
            list(results)
        assert list(map_items(pool, tasks.draw, [1])) == [tasks.draw(1)]  # it goes on
        with pytest.raises(ItemFailed, match=r"^item 3 of 4: ValueError"):
            list(map_items(pool, tasks.reject_two, range(4)))
    assert str(failure.value) == "c (item 3 of 4): ValueError: two is not allowed"
    assert failure.value.__cause__ is not None


def test_an_item_whose_process_ends_is_done_again(tmp_path, two):
    work = partial(tasks.die_first, tmp_path)
    assert list(map_items(two, work, range(5))) == list(range(5))
    assert (tmp_path / "died").exists()


def test_an_item_whose_process_ends_twice_is_named(two):
    with pytest.raises(ItemFailed, match=r"^c \(item 3 of 4\): its process ended, twice: mem"):
        list(map_items(two, tasks.die_at_two, range(4), ["a", "b", "c", "d"]))
    assert list(map_items(two, tasks.draw, [5])) == [tasks.draw(5)]


def test_an_item_that_cannot_be_read_in_the_other_process_is_named(two):
    with pytest.raises(ItemFailed, match="item 1 of 1: LookupError: no such thing here"):
        list(map_items(two, tasks.identity, [tasks.UnreadableElsewhere(os.getpid())]))


def test_how_far_the_items_are_is_shown_while_they_run(two, capfd):
    assert list(map_items(two, tasks.with_a_bar, [0, 1], progress="items")) == [0, 1]
    shown = capfd.readouterr().err
    before_the_first_ends = shown.partition("1/2")[0]
    assert re.search(r"items:   0%.*part 0 [1-3]/4, part 1 [1-3]/4", before_the_first_ends)


def test_a_board_keeps_the_last_line_of_each_process():
    board = ProgressBoard(get_context("spawn"), 2)
    assert board.read() == ""
    board.write(1, "second 1/4")
    board.write(1, "é" * 200)
    assert board.read() == "é" * 60
    board.write(0, "first 1/9")
    board.write(1, "second 2/4")
    assert board.read() == "first 1/9, second 2/4"


def test_only_progress_bars_go_to_the_board(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    board = ProgressBoard(get_context("spawn"), 1)
    redirected = BarsToBoard(board, 0)
    with tqdm(total=4, desc="part", file=redirected) as bar:
        bar.update(3)
        bar.refresh()
        print("a message", file=redirected)
    assert board.read() == "part 3/4"
    assert sys.stderr.getvalue() == "a message"


def test_results_that_nobody_waits_for_end_their_processes(two):
    results = map_items(two, tasks.process, range(4))
    assert next(results)
    results.close()
    assert len(list(map_items(two, tasks.process, range(4)))) == 4


def test_the_environment_sets_the_number_of_processes(monkeypatch):
    monkeypatch.setenv("GAMELABEL_JOBS", "2")
    with executor() as pool:
        assert os.getpid() not in set(map_items(pool, tasks.process, [0]))
    monkeypatch.setenv("GAMELABEL_JOBS", "many")
    with (
        pytest.raises(ValueError, match="'many' jobs: give the number"),
        executor(),
    ):
        pass
    with pytest.raises(ValueError, match="'0' jobs: give the number"), executor(0):
        pass


@pytest.mark.parametrize(
    ("jobs", "gpus", "expected"),
    [
        (1, 0, [""]),
        (2, 0, ["", ""]),
        (1, 1, ["0"]),
        (3, 1, ["0", "0", "0"]),
        (2, 2, ["0", "1"]),
        (1, 4, ["3"]),
        (3, 4, ["1", "2", "3"]),
        (5, 2, ["1", "0", "1", "0", "1"]),
    ],
)
def test_processes_take_gpus_in_turns(jobs, gpus, expected):
    assert visible_devices({}, jobs, gpus) == expected


def test_gpus_that_are_hidden_from_this_process_are_not_used():
    assert visible_devices({"CUDA_VISIBLE_DEVICES": ""}, 2, gpus=4) == ["", ""]
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "GPU-a, GPU-b"}, 1, gpus=4) == ["GPU-b"]


def test_processes_wait_for_the_next_call_and_end_with_this_process():
    code = """
from gamelabel.parallel import executor, map_items
from tests import parallel_tasks as tasks
with executor(2) as pool:
    first = set(map_items(pool, tasks.process, range(6)))
    with executor(2) as other:
        nested = set(map_items(other, tasks.process, range(6)))
with executor(2) as pool:
    second = set(map_items(pool, tasks.process, range(6)))
print(len(first), len(first & nested), len(second & (first | nested)))
print(*(first | nested | second))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    counts, processes = done.stdout.splitlines()
    assert counts == "2 0 2"
    assert not done.stderr
    assert not any(Path(f"/proc/{pid}").exists() for pid in processes.split())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_ctrl_c_and_with_their_parent(tmp_path, how):
    code = """
import sys
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from gamelabel.parallel import executor, map_items
from tests import parallel_tasks as tasks
with executor(2) as pool:
    list(map_items(pool, partial(tasks.wait_long, Path(sys.argv[1])), range(2)))
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        # processes of a background shell ignore Ctrl-C, and so would their children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
    processes = [path.name for path in tmp_path.iterdir()]
    parent.send_signal(how)
    assert parent.wait(60) != 0
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes))


def wait_until(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
