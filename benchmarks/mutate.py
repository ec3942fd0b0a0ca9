"""Mutation testing: change one thing in the package at a time, and see whether a test fails.

    python benchmarks/mutate.py --number 200            # a sample of all rooms
    python benchmarks/mutate.py games/pairs --number 40
    python benchmarks/mutate.py reliability/krippendorff_alpha.py    # every mutation of a file

A mutation inverts a comparison, changes a sign, an operator, a constant or a default value, or
negates a condition. It is applied to a copy of the project; the tests of its room and the examples
in its docstrings run until one fails. Mutations that survive are printed with their place: either a
test is missing, or the change has no visible effect; `EQUIVALENT` lists those with the reason. The
sample has the same number of mutations from each room and depends on a seed.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = {  # room -> its tests
    "games/pairs": ["tests/games/pairs"],
    "scenes": ["tests/scenes"],
    "prompts": ["tests/prompts"],
    "tables": ["tests/tables"],
    "readers": ["tests/readers", "tests/tables"],
    "aggregation": ["tests/aggregation", "tests/reliability"],
    "reliability": ["tests/reliability", "tests/aggregation"],
    "images": ["tests/images"],
    "tuning": ["tests/tuning"],
    "reward": ["tests/reward"],
    "study": ["tests/study"],
    "report": ["tests/report"],
    "service": ["tests/service"],
    "training.py": ["tests/tuning", "tests/test_training.py"],
    "flow.py": ["tests/test_flow.py", "tests/tuning"],
    "files.py": ["tests/test_files.py"],
}
DOCTESTS = ("games", "scenes", "prompts", "tables", "readers", "aggregation", "reliability")
PATIENCE = 4.0  # a mutation counts as noticed when its tests take this many times as long
# "file:function: change" of mutations without a visible effect -> the reason
EQUIVALENT: dict[str, str] = {
    "gamelabel/aggregation/expectation_maximization.py:module: 10_000 -> 10001": (
        "one iteration more of ten thousand, after which a warning is given"
    ),
    "gamelabel/aggregation/expectation_maximization.py:_has_converged: last <= tolerance -> last < "
    "tolerance": "a gain of exactly the tolerance, which is a choice",
    "gamelabel/games/pairs/experiments.py:response_times: 1200 -> 1201": (
        "an assumption of the experiment: a millisecond changes no conclusion"
    ),
    "gamelabel/games/pairs/experiments.py:ties: 300 -> 301": (
        "an assumption of the experiment: a player more changes no conclusion"
    ),
    "gamelabel/prompts/diversity.py:module: 512 -> 513": (
        "how many rows are compared at a time, which changes no result"
    ),
    "gamelabel/reliability/krippendorff_alpha.py:weighted_disagreement: 1.0 -> 2.0": (
        "two ratio-scaled values with a sum of 0 are both 0: 0 is divided by it"
    ),
    "gamelabel/reliability/worker_jackknife.py:module: 250_000 -> 250001": (
        "how many numbers are processed at a time, which changes no result"
    ),
    "gamelabel/images/latents.py:module: 15 -> 16": (
        "how many images are decoded at a time, which changes no image"
    ),
    "gamelabel/report/notebook_pages.py:write_notebook_pages: page.stat().st_mtime_ns < "
    "source.stat().st_mtime_ns -> page.stat().st_mtime_ns <= source.stat().st_mtime_ns": (
        "a page as old as its notebook is written again, with the same content"
    ),
    "gamelabel/report/write.py:write_report: 1 -> 2": "the indentation of a JSON file",
    "gamelabel/report/write.py:write_report: False -> True": (
        "letters outside ASCII are escaped in a JSON file, which reads the same"
    ),
}

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Pow: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutation:
    """One change: the file, the function around it, the line, and the source before and after."""

    path: Path
    function: str
    line: int
    change: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.path.as_posix()}:{self.function}: {self.change}"


def mutations(path: Path) -> Iterator[Mutation]:
    """Yield the mutations of a file."""
    source = (ROOT / path).read_text()
    tree = ast.parse(source)
    for parent, node, function in walk(tree):
        for replacement in replacements(parent, node):
            before = ast.get_source_segment(source, node)
            after = ast.unparse(ast.fix_missing_locations(replacement))
            if before and before != after:
                text = replace_node(
                    source, node, f"({after})" if isinstance(node, ast.expr) else after
                )
                change = f"{' '.join(before.split())} -> {after}"
                yield Mutation(path, function, node.lineno, change, text)


def walk(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST, str]]:
    """Yield parent, node and function of all code but annotations, messages and `__all__`."""
    waiting: list[tuple[ast.AST, str]] = [(tree, "module")]
    while waiting:
        parent, function = waiting.pop(0)
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for node in value if isinstance(value, list) else [value]:
                if not isinstance(node, ast.AST) or skipped(node):
                    continue
                inner = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else function
                yield parent, node, inner
                waiting.append((node, inner))


def skipped(node: ast.AST) -> bool:
    """Return whether a node should not be mutated."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Assign):
        return any(isinstance(name, ast.Name) and name.id == "__all__" for name in node.targets)
    return isinstance(node, ast.Call) and "warn" in ast.unparse(node.func)


def replacements(parent: ast.AST, node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that can replace a node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        inverted = COMPARISONS[type(node.ops[0])]()
        yield ast.Compare(node.left, [inverted], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        if not isinstance(node.left, ast.Constant | ast.JoinedStr) or is_number(node.left):
            yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        operator = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield ast.BoolOp(operator, node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif is_number(node) and not isinstance(parent, ast.Subscript | ast.UnaryOp):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def is_number(node: ast.AST) -> bool:
    """Return whether a node is a literal number."""
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def replace_node(source: str, node: ast.AST, new: str) -> str:
    """Return the source with the text of a node replaced."""
    lines = source.encode().splitlines(keepends=True)
    begin = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    return (source.encode()[:begin] + new.encode() + source.encode()[end:]).decode()


def sample(places: list[str], number: int, seed: int) -> list[Mutation]:
    """Return the same number of mutations of each room or file; all of them if `number` is 0."""
    chosen: list[Mutation] = []
    for place in places:
        folder = ROOT / "gamelabel" / place
        files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]
        candidates = [m for file in files for m in mutations(file.relative_to(ROOT))]
        candidates = [m for m in candidates if m.name not in EQUIVALENT]
        size = -(-number // len(places)) if number else len(candidates)
        chosen += random.Random(f"{seed} {place}").sample(candidates, min(size, len(candidates)))
    return chosen


def room_of(path: Path) -> str:
    """Return the room of a file, as `ROOMS` names it."""
    inside = path.relative_to("gamelabel").as_posix()
    return max((room for room in ROOMS if inside.startswith(room)), key=len)


def tests_of(path: Path) -> list[str]:
    """Return the tests of a file, and the file itself if its examples run."""
    inside = path.relative_to("gamelabel").as_posix()
    folders = [test for test in ROOMS[room_of(path)] if (ROOT / test).exists()]
    nearest = [
        f"{folder}/test_{path.stem}.py" for folder in folders
    ]  # first, since it fails soonest
    examples = [str(path)] if inside.partition("/")[0] in DOCTESTS else []
    return [test for test in nearest if (ROOT / test).exists()] + examples + folders


def survives(mutation: Mutation, copy: Path, seconds: float) -> bool:
    """Return whether all tests pass within a time in a copy of the project with the mutation."""
    (copy / mutation.path).write_text(mutation.text)
    try:
        return failure(mutation.path, copy, seconds) == ""
    finally:
        shutil.copy(ROOT / mutation.path, copy / mutation.path)


def failure(path: Path, copy: Path, seconds: float | None = None) -> str:
    """Return the end of pytest's output if a test of a file fails in a copy; empty if none does."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["-m", "not full and not slow", "--doctest-modules", *tests_of(path)]
    running = subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        return f"no end after {seconds:.0f} s"
    return output[-3000:] or "no output" if running.returncode else ""


def main() -> None:
    """Try a sample of mutations, and print those that survive."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "places", nargs="*", default=list(ROOMS), help="rooms or files (default: all rooms)"
    )
    parser.add_argument(
        "--number", type=int, default=0, help="number of mutations in total; 0 for all"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample")
    arguments = parser.parse_args()
    chosen = sample(arguments.places, arguments.number, arguments.seed)
    survivors = []
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        copy = Path(folder) / "project"
        ignored = shutil.ignore_patterns(".venv", ".git", "runs", "cache", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=ignored)
        if (ROOT.parent / "shared").exists():  # published data that some tests read
            (Path(folder) / "shared").symlink_to(ROOT.parent / "shared")
        # a test that fails without a mutation would seem to notice all of them
        limits: dict[str, float] = {}
        for path in {room_of(mutation.path): mutation.path for mutation in chosen}.values():
            start = time.monotonic()
            if output := failure(path, copy):
                tests = " ".join(tests_of(path))
                raise SystemExit(f"{output}\nwithout mutations, {tests} do not pass")
            limits[room_of(path)] = 30 + PATIENCE * (time.monotonic() - start)
        for number, mutation in enumerate(chosen, 1):
            start = time.monotonic()
            survived = survives(mutation, copy, limits[room_of(mutation.path)])
            survivors += [mutation] if survived else []
            word = "SURVIVED" if survived else "noticed"
            seconds = time.monotonic() - start
            print(f"{number}/{len(chosen)} {word} {seconds:.0f} s  {mutation.name}", flush=True)
    share = len(survivors) / max(1, len(chosen))
    print(f"\n{len(chosen)} mutations, {len(survivors)} survived ({share:.1%})")
    for mutation in survivors:
        print(f"{mutation.path}:{mutation.line}  {mutation.function}: {mutation.change}")


if __name__ == "__main__":
    main()
