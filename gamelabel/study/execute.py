"""Execute one notebook in its own kernel, with a time limit and a clean stop."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gamelabel.files import write_text
from gamelabel.parallel import ONE_THREAD
from gamelabel.study.dependencies import PACKAGE
from gamelabel.study.notebook_cells import code_of
from gamelabel.study.watch import Watch

_START_SECONDS = 600  # on a busy machine a kernel takes minutes to start
_SOCKET_FOLDER = 80  # bytes that the path of a folder of sockets may have
_TRACEBACK_LINES = 12  # shown when a step fails
_BAR = re.compile(r"(.*?): +\d+%\|")  # a progress bar of tqdm with its name
# warnings about parts that FLUX does not need, and about progress bars without widgets
_QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "PYTHONWARNINGS": "ignore:IProgress not found",
}


class StepFailed(Exception):
    """A notebook that failed or was stopped.

    Parameters
    ----------
    cell : int
        The number of the cell, as in In [n]; 0 if it was none.
    reason : str
        What went wrong, in one line.
    lines : list of str
        The last lines of the traceback.
    interrupted : bool
        Whether Ctrl-C stopped it.
    """

    def __init__(self, cell: int, reason: str, lines: list[str], interrupted: bool = False) -> None:
        super().__init__(reason)
        self.cell, self.reason, self.lines, self.interrupted = cell, reason, lines, interrupted


class Kernels:
    """The running kernels, so that Ctrl-C reaches them all."""

    def __init__(self) -> None:
        self._running: dict[int, Any] = {}
        self._lock = threading.Lock()
        self._signal: signal.Signals | None = None

    @property
    def stopped(self) -> bool:
        """Whether the kernels were told to stop."""
        return self._signal is not None

    def add(self, manager: Any) -> None:
        """Add a kernel that has started."""
        with self._lock:
            self._running[id(manager)] = manager
            if self._signal is not None:
                self._send(manager, self._signal)

    def remove(self, manager: Any) -> None:
        """Remove a kernel that has ended."""
        with self._lock:
            self._running.pop(id(manager), None)

    def stop(self, signum: signal.Signals) -> None:
        """Send a signal to all kernels: SIGINT, as Ctrl-C in a notebook, or SIGKILL."""
        with self._lock:
            self._signal = signum
            for manager in self._running.values():
                self._send(manager, signum)

    @staticmethod
    def _send(manager: Any, signum: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
            os.killpg(manager.provisioner.pgid, signum)  # each kernel leads a process group


def execute(
    notebook: Path,
    executed: Path,
    parameters: dict[str, Any],
    minutes: float,
    variables: Mapping[str, str],
    kernels: Kernels,
    on_cell: Callable[[int, int], None],
    on_line: Callable[[str], None],
) -> None:
    """Run a notebook in its own folder.

    Parameters
    ----------
    notebook : Path
        The notebook to run.
    executed : Path
        Where to write it with its outputs, also if it fails.
    parameters : dict
        The values of its parameters.
    minutes : float
        The time limit between two signs of life; see `Watch`.
    variables : mapping of str to str
        Environment variables of the kernel.
    kernels : Kernels
        Through which the notebook can be stopped.
    on_cell : callable
        Called with the number of each code cell that starts, as in In [n], and with their count.
    on_line : callable
        Called with the last line written to stderr, where progress bars go.

    Raises
    ------
    StepFailed
        If a cell raises or shows no sign of life, or the kernel ends.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    total = _code_cells(notebook) + bool(parameters)
    number = 0
    watch = Watch(minutes)

    def start(cell: Any, cell_index: int) -> None:
        nonlocal number
        if cell.cell_type == "code" and cell.source.strip():
            number += 1
            watch.sign()
            on_cell(number, total)

    def line(text: str) -> None:
        watch.sign()
        on_line(text)

    executed.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gamelabel-", dir=_short_folder()) as sockets:
        try:
            papermill.execute_notebook(
                _literal(notebook),
                _literal(executed),
                parameters,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=True,
                stdout_file=_Lines(lambda _: watch.sign()),
                stderr_file=_Lines(line),
                start_timeout=_START_SECONDS,
                on_cell_start=start,
                resources={"metadata": {"path": str(notebook.parent)}},
                kernel_manager_class=_manager(notebook, Path(sockets), variables, kernels, watch),
            )
        except papermill.PapermillExecutionError as error:
            lines = _plain("\n".join(error.traceback)).splitlines()[-_TRACEBACK_LINES:]
            stopped = kernels.stopped and error.ename == "KeyboardInterrupt"
            reason = f"{error.ename}: {_plain(error.evalue)}"
            if watch.expired and not stopped:
                reason = _silent(notebook, minutes)
            raise StepFailed(number, reason, lines, stopped) from None
        except (DeadKernelError, RuntimeError) as error:
            reason = "the kernel ended by itself, often for lack of memory"
            if kernels.stopped:
                reason = "stopped"
            elif watch.expired:
                reason = _silent(notebook, minutes)
            raise StepFailed(number, reason, [_plain(str(error))], kernels.stopped) from None
        finally:
            watch.stop()
            _tidy(executed)


def _short_folder() -> str | None:
    """Return where to make the folder of the sockets; None for the folder of temporary files.

    The system allows a socket's path about a hundred bytes, which TMPDIR may exceed.
    """
    room = _SOCKET_FOLDER - len("/gamelabel-") - 8  # random characters
    if len(os.fsencode(tempfile.gettempdir())) <= room or not os.access("/tmp", os.W_OK):
        return None
    return "/tmp"


def _literal(path: Path) -> str:
    """Return a path for papermill, which takes braces in it for names of parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _silent(notebook: Path, minutes: float) -> str:
    """Return why a cell was stopped and what to do."""
    return (
        f"no sign of life for {minutes:g} minutes: if it was still at work, give a larger"
        f" cell_minutes in the profile (in {notebook.parent / 'profiles'}, or `-p"
        f" cell_minutes={4 * minutes:g}`) and run the same command again; finished steps are kept"
    )


def _manager(
    notebook: Path, sockets: Path, variables: Mapping[str, str], kernels: Kernels, watch: Watch
) -> type:
    """Return a kernel manager that starts this Python and connects through files.

    Another kernel may be registered as `python3`, and kernels that start at the same time can
    choose the same port.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    this_python = KernelSpec(argv=argv, display_name="Python 3", language="python")

    class Manager(AsyncKernelManager):
        """The kernel of one notebook."""

        def __init__(self, **settings: Any) -> None:
            if os.name == "posix" and len(os.fsencode(sockets)) <= _SOCKET_FOLDER:
                settings |= {"transport": "ipc", "connection_file": str(sockets / "kernel.json")}
            super().__init__(**settings)

        @property
        def kernel_spec(self) -> KernelSpec:
            return this_python

        async def _async_start_kernel(self, **settings: Any) -> None:
            # import the package whose files were hashed, whatever else is installed
            path = os.pathsep.join(
                filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")])
            )
            own = {"JPY_SESSION_NAME": notebook.name, "PYTHONHASHSEED": "0", "PYTHONPATH": path}
            await super()._async_start_kernel(
                **{**settings, "env": {**_QUIET, **ONE_THREAD, **os.environ, **own, **variables}}
            )
            kernels.add(self)
            watch.attach(self)

        start_kernel = _async_start_kernel

        async def _async_interrupt_kernel(self) -> None:
            # Before the end a kernel is interrupted too. The notebook has ended by then, and the
            # kernel would print an error about it.
            if not self.shutting_down:
                await super()._async_interrupt_kernel()

        interrupt_kernel = _async_interrupt_kernel

        async def _async_cleanup_resources(self, restart: bool = False) -> None:
            kernels.remove(self)
            await super()._async_cleanup_resources(restart)

        cleanup_resources = _async_cleanup_resources

    return Manager


class _Lines:
    """A file that reports the last line written to it, as progress bars rewrite it."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.on_line = on_line

    def write(self, text: str) -> None:
        lines = [line.strip() for line in re.split(r"[\r\n]", _plain(text)) if line.strip()]
        if lines:
            self.on_line(lines[-1])

    def flush(self) -> None:
        pass


def _code_cells(notebook: Path) -> int:
    return sum(bool(source.strip()) for source in code_of(notebook))


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def _tidy(executed: Path) -> None:
    """Remove from an executed notebook the paths of this machine and unfinished progress bars."""
    if not executed.exists():
        return
    try:
        content = json.loads(executed.read_text(encoding="utf-8"))
    except ValueError:  # incomplete, after a full disk
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
    """Join the pieces of each stream and show them as a terminal would; drop empty ones."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if output["output_type"] != "stream":
            joined.append(output)
            continue
        text = "".join(output["text"])
        if joined and joined[-1].get("name") == output["name"]:
            joined[-1]["text"] += text
        else:
            joined.append({**output, "text": text})
    for output in joined:
        if output["output_type"] == "stream":
            output["text"] = _settled(output["text"])
    return [output for output in joined if output.get("text") != ""]


def _settled(text: str) -> str:
    """Return a text as a terminal shows it in the end, with the last state of each bar only."""
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in _plain(text).split("\n")]
    last_line = {bar[1]: k for k, line in enumerate(lines) if (bar := _BAR.match(line))}
    shown = []
    for k, line in enumerate(lines):
        bar = _BAR.match(line)
        if bar is None or last_line[bar[1]] == k:
            shown.append(line)
    return "\n".join(shown).strip("\n")
