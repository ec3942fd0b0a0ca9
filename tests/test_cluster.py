"""A Dask cluster of this machine: equal bytes, workers that end or come, a lost scheduler."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from gamelabel import cluster as cluster_module
from gamelabel.parallel import ItemFailed, executor, map_items
from tests import parallel_tasks as tasks

distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
ROOT = Path(__file__).parents[1]


def start_cluster(workers: int):
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=":0", processes=True
    )


@pytest.fixture(scope="module")
def two():
    with start_cluster(2) as cluster:
        yield cluster.scheduler_address


def test_results_are_the_same_as_alone(two):
    with executor(1) as alone:
        expected = list(map_items(alone, tasks.draw, range(7)))
    with executor(cluster=two) as pool:
        assert list(map_items(pool, tasks.draw, range(7))) == expected
        workers = set(map_items(pool, tasks.process, range(6)))
        assert len(workers) == 2 and os.getpid() not in workers


def test_the_environment_sets_the_cluster(two, monkeypatch):
    monkeypatch.setenv("GAMELABEL_CLUSTER", two)
    with executor() as pool:
        assert os.getpid() not in set(map_items(pool, tasks.process, [0]))
        assert list(map_items(pool, tasks.torch_threads, [0])) == [1]


def test_a_worker_starts_no_further_processes(two):
    names = ["OMP_NUM_THREADS", "GAMELABEL_JOBS", "GAMELABEL_CLUSTER"]
    with executor(cluster=two) as pool:
        assert list(map_items(pool, tasks.environment, names)) == ["1", "1", ""]


def test_an_item_that_fails_is_named_with_its_reason(two):
    with executor(cluster=two) as pool:
        with pytest.raises(
            ItemFailed, match=r"^c \(item 3 of 4\): ValueError: two is not allowed$"
        ):
            list(map_items(pool, tasks.reject_two, range(4), ["a", "b", "c", "d"]))
        with pytest.raises(ItemFailed, match="item 1 of 1: LookupError: no such thing here"):
            list(map_items(pool, tasks.identity, [tasks.UnreadableElsewhere(os.getpid())]))


def test_the_shard_of_a_worker_that_is_killed_is_done_again(two, tmp_path):
    with executor(cluster=two) as pool:
        results = map_items(pool, partial(tasks.write_shard, tmp_path), range(8))
        first = next(results)
        os.kill(first, signal.SIGKILL)
        rest = list(results)
    assert len(rest) == 7
    shards = [(tmp_path / f"{number}.bin").read_bytes() for number in range(8)]
    assert shards == [tasks.draw(number) for number in range(8)]


def test_an_item_that_ends_every_worker_is_named(two):
    """Alone, since Dask may blame an item that waits on the same worker."""
    with (
        executor(cluster=two) as pool,
        pytest.raises(ItemFailed, match=r"^c \(item 1 of 1\): KilledWorker: Attempted to run"),
    ):
        list(map_items(pool, tasks.die_at_two, [2], ["c"]))


def test_a_worker_that_is_added_takes_part(tmp_path):
    with start_cluster(1) as cluster, executor(cluster=cluster.scheduler_address) as pool:
        results = map_items(pool, partial(tasks.write_shard, tmp_path), range(40))
        processes = {next(results)}
        cluster.scale(2)
        processes |= set(results)
    assert len(processes) == 2


def test_a_scheduler_that_goes_away_is_said_so():
    cluster = start_cluster(1)
    with executor(cluster=cluster.scheduler_address) as pool:
        results = map_items(pool, tasks.process, range(100))
        next(results)
        closing = threading.Thread(target=cluster.close)
        closing.start()
        with pytest.raises(ConnectionError, match=r"scheduler at tcp://\S+ went away: start it"):
            list(results)
    closing.join()


def test_an_address_without_a_scheduler_is_said_so(monkeypatch):
    monkeypatch.setattr(cluster_module, "_CONNECT_SECONDS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with (
        pytest.raises(ConnectionError, match=f"no Dask scheduler answers at {address} .*start one"),
        executor(cluster=address),
    ):
        pass


def test_a_worker_with_another_version_is_named(tmp_path):
    other = tmp_path / "numpy-0.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.1\n")
    with start_cluster(0) as cluster:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address]
        command += ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
        command += ["--local-directory", str(tmp_path)]
        path = os.pathsep.join([str(tmp_path), str(ROOT)])
        worker = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.DEVNULL
        )
        try:
            with executor(cluster=cluster.scheduler_address) as pool:
                wait_for_workers(cluster)
                message = r"the worker \S+ has numpy 0\.1, but this process .*: install the"
                with pytest.raises(ItemFailed, match=message):
                    list(map_items(pool, tasks.draw, range(2)))
        finally:
            worker.terminate()
            worker.wait()


def wait_for_workers(cluster, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not cluster.scheduler.workers and time.monotonic() < end:
        time.sleep(0.1)
    assert cluster.scheduler.workers


def test_versions_that_differ_are_named():
    difference = cluster_module.version_difference
    here = cluster_module.versions()
    assert difference(here, here) == ""
    code = {**here, "the code of gamelabel": "other"}
    assert difference(here, code).startswith("other code of gamelabel than this process")
    without = {name: number for name, number in here.items() if name != "numpy"}
    assert difference(here, without).startswith("numpy none, but this process")


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    message = r"--cluster tcp://x:1 needs Dask: pip install 'gamelabel\[cluster\]'"
    with pytest.raises(ModuleNotFoundError, match=message), executor(cluster="tcp://x:1"):
        pass
