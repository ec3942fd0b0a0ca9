"""What a notebook's session gets as soon as it opens its report.

The types of its parameters are checked, and a mistake that the package explains in a sentence is
shown as that sentence, without a traceback above it. Neither happens outside a notebook.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from gamelabel.study.parameter_types import TYPE_NAMES, check_type

_PACKAGE = Path(__file__).parents[1]
_EXPLAINED = (ValueError, OSError, ImportError)  # what a user can fix, as on the command line


def running_shell() -> Any:
    """Return IPython's shell if this is a notebook, otherwise None."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def prepare_session() -> None:
    """Check the parameters of the notebook that is running, and shorten its messages.

    A parameter is a name with an annotation, as in `n_players: int = 188`. GAMELABEL_DEBUG=1 leaves
    all tracebacks as they are.

    Raises
    ------
    ValueError
        If a parameter has a value of another type.
    """
    shell = running_shell()
    if shell is None:
        return
    if not os.environ.get("GAMELABEL_DEBUG"):
        shell.set_custom_exc(_EXPLAINED, _show_error)
    for name, kind in shell.user_ns.get("__annotations__", {}).items():
        if kind in TYPE_NAMES and name in shell.user_ns:
            check_type(name, kind, shell.user_ns[name])


def _show_error(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    """Show an error as one sentence if the package has one for it, otherwise with a traceback."""
    if not _is_explained(error, trace):
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace  # for %tb
    shell._showtraceback(kind, error, [f"{kind.__name__}: {error}"])


def _is_explained(error: BaseException, trace: TracebackType) -> bool:
    """Return whether the package raised an error, or the system did for a file."""
    if isinstance(error, OSError) and error.filename:
        return True
    while trace.tb_next is not None:
        trace = trace.tb_next
    return Path(trace.tb_frame.f_code.co_filename).is_relative_to(_PACKAGE)
