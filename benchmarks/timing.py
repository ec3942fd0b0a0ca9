"""Helpers of the benchmarks: processor time, which also holds on a busy machine, and arguments."""

import argparse
import time
from collections.abc import Callable, Iterable


def timed(work: Callable[[], object], rounds: int = 3) -> tuple[float, object]:
    """Return the least processor time of several rounds, in seconds, and the last result."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the docstring of a benchmark."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def parse_parts(
    description: str | None, parts: Iterable[str], default: list[str] | None = None
) -> list[str]:
    """Return the parts of a benchmark named on the command line; the default, or all, if none."""
    names = list(parts)
    parser = make_parser(description)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"one of {', '.join(names)}")
    chosen = parser.parse_args().parts
    for name in chosen:
        if name not in names:
            parser.error(f"there is no part {name!r}; the parts are {', '.join(names)}")
    return chosen or default or names


def parse_size(description: str | None, default: int, what: str) -> int:
    """Return the one number on the command line of a benchmark."""
    parser = make_parser(description)
    parser.add_argument(
        "n", nargs="?", type=int, default=default, help=f"{what} (default {default})"
    )
    return parser.parse_args().n
