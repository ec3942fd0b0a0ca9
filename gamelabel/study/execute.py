"""Execute one notebook in a kernel of its own: watched, limited in time, and stopped cleanly."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gamelabel.files import write_text
from gamelabel.study.imports import PACKAGE, code_of

_LINES = 12  # of a traceback, shown when a step fails
_BAR = re.compile(r"(.*?): +\d+%\|")  # tqdm's, with its name
_QUIET = {  # of what says nothing about a study: parts that FLUX does not need, bars without widgets
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "PYTHONWARNINGS": "ignore:IProgress not found",
}


class StepFailed(Exception):
    """A notebook that did not come to its end: the number of the cell, and the last lines of what it said."""

    def __init__(self, cell: int, reason: str, lines: list[str], interrupted: bool = False) -> None:
        super().__init__(reason)
        self.cell, self.reason, self.lines, self.interrupted = cell, reason, lines, interrupted


class Kernels:
    """The kernels that are running, so that Ctrl-C reaches them all."""

    def __init__(self) -> None:
        self._running: dict[int, Any] = {}
        self._lock = threading.Lock()
        self.stopped = False

    def add(self, manager: Any) -> None:
        """Count a kernel in."""
        with self._lock:
            self._running[id(manager)] = manager
            if self.stopped:
                self._signal(manager, signal.SIGINT)

    def remove(self, manager: Any) -> None:
        """Count a kernel out."""
        with self._lock:
            self._running.pop(id(manager), None)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Interrupt what runs, as Ctrl-C does in a notebook; SIGKILL ends it."""
        with self._lock:
            self.stopped = True
            for manager in self._running.values():
                self._signal(manager, how)

    @staticmethod
    def _signal(manager: Any, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
            os.killpg(manager.provisioner.pgid, how)  # a kernel leads a process group of its own


def execute(
    notebook: Path,
    executed: Path,
    parameters: dict[str, Any],
    minutes: float,
    kernels: Kernels,
    on_cell: Callable[[int, int], None],
    on_line: Callable[[str], None],
) -> None:
    """Run a notebook, in its own folder, into `executed`. Raises StepFailed.

    on_cell gets the number of the code cell that starts, as In [n] counts, and of how many; on_line the last line
    that the notebook wrote to stderr, which is where progress bars go.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    total = _code_cells(notebook) + bool(parameters)
    at = 0

    def start(cell: Any, cell_index: int) -> None:
        nonlocal at
        if cell.cell_type == "code" and cell.source.strip():
            at += 1
            on_cell(at, total)

    executed.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gamelabel-") as sockets:
        try:
            papermill.execute_notebook(
                str(notebook),
                str(executed),
                parameters,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=True,
                stderr_file=_Lines(on_line),
                start_timeout=120,
                execution_timeout=max(1, round(minutes * 60)),
                on_cell_start=start,
                resources={"metadata": {"path": str(notebook.parent)}},
                kernel_manager_class=_manager(notebook, Path(sockets), kernels),
            )
        except papermill.PapermillExecutionError as error:
            lines = _plain("\n".join(error.traceback)).splitlines()[-_LINES:]
            stopped = kernels.stopped and error.ename == "KeyboardInterrupt"
            raise StepFailed(at, f"{error.ename}: {_plain(error.evalue)}", lines, stopped) from None
        except CellTimeoutError:
            raise StepFailed(
                at, f"took longer than {minutes:g} minutes (cell_minutes)", []
            ) from None
        except (DeadKernelError, RuntimeError) as error:
            reason = (
                "the kernel ended on its own: often too little memory"
                if not kernels.stopped
                else "stopped"
            )
            raise StepFailed(at, reason, [_plain(str(error))], kernels.stopped) from None
        finally:
            _tidy(executed)


def _manager(notebook: Path, sockets: Path, kernels: Kernels) -> type:
    """A kernel manager that talks over files rather than ports, which kernels started at once can fight over."""
    from jupyter_client.manager import AsyncKernelManager

    class Manager(AsyncKernelManager):
        """One notebook's kernel."""

        def __init__(self, **settings: Any) -> None:
            if os.name == "posix":
                settings |= {"transport": "ipc", "connection_file": str(sockets / "kernel.json")}
            super().__init__(**settings)

        async def _async_start_kernel(self, **settings: Any) -> None:
            # the kernel imports the package whose files were hashed, whatever else is installed
            path = os.pathsep.join(
                filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")])
            )
            own = {"JPY_SESSION_NAME": notebook.name, "PYTHONHASHSEED": "0", "PYTHONPATH": path}
            await super()._async_start_kernel(
                **{**settings, "env": {**_QUIET, **os.environ, **own}}
            )
            kernels.add(self)

        start_kernel = _async_start_kernel

        async def _async_cleanup_resources(self, restart: bool = False) -> None:
            kernels.remove(self)
            await super()._async_cleanup_resources(restart)

        cleanup_resources = _async_cleanup_resources

    return Manager


class _Lines:
    """A file that passes on the last line written to it, as a progress bar rewrites it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell

    def write(self, text: str) -> None:
        lines = [line.strip() for line in re.split(r"[\r\n]", _plain(text)) if line.strip()]
        if lines:
            self.tell(lines[-1])

    def flush(self) -> None:
        pass


def _code_cells(notebook: Path) -> int:
    return sum(bool(source.strip()) for source in code_of(notebook))


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def _tidy(executed: Path) -> None:
    """Leave out of an executed notebook what a reader has no use for: this machine's paths, half-drawn bars."""
    if not executed.exists():
        return
    try:
        content = json.loads(executed.read_text(encoding="utf-8"))
    except ValueError:  # torn, as a full disk leaves it
        executed.unlink()
        return
    for key in ("input_path", "output_path"):
        if "papermill" in content["metadata"]:
            content["metadata"]["papermill"].pop(key, None)
    for cell in content["cells"]:
        if "outputs" in cell:
            cell["outputs"] = _joined(cell["outputs"])
    write_text(executed, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces of one stream put together, each as a terminal would show it in the end; empty ones left out."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if (
            joined
            and output["output_type"] == "stream"
            and joined[-1].get("name") == output["name"]
        ):
            joined[-1]["text"] += "".join(output["text"])
        else:
            joined.append(
                {**output, "text": "".join(output["text"])}
                if output["output_type"] == "stream"
                else output
            )
    for output in joined:
        if output["output_type"] == "stream":
            output["text"] = _settled(output["text"])
    return [output for output in joined if output.get("text") != ""]


def _settled(text: str) -> str:
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in _plain(text).split("\n")]
    bars = {
        found[1]: k for k, line in enumerate(lines) if (found := _BAR.match(line))
    }  # the last of each
    shown = [
        line
        for k, line in enumerate(lines)
        if not (found := _BAR.match(line)) or bars[found[1]] == k
    ]
    return "\n".join(shown).strip("\n")
