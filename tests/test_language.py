"""Names and words of the project: one name for one thing, and plain current English."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "gamelabel").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DOCS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("data/models/*/README.md")]

# As a name, these say nothing about the thing that they name.
BANNED_NAMES = {"found", "told", "given", "of", "each", "mine", "some", "asked", "wanted", "said"}
BANNED_NAMES |= {"much", "spoilt", "aside", "many", "whoever"}
# Archaic or private phrases, with what to write instead.
BANNED_PHRASES = {
    r"(?<!there )\bis no\b(?! longer| more| less| different)": "is not a",
    r"(?<!there )\bare no\b(?! longer| more| less| different)": "are not",
    r"\bof so many\b": "of n",
    r"\bwhoever\b": "anyone who",
    r"\btold apart\b": "distinguished",
    r"\bput together\b": "aggregated, combined",
    r"\bhands? back\b": "returns",
    r"\bat hand\b": "available",
    r"\bnought\b": "zero",
    r"\bthereof\b": "of it",
    r"\bspoilt\b": "altered",
    r"\btoo rarely\b": "less often than",
    r"\bas [A-Za-z`.]+ has (it|them)\b": "see ...",
    r"\bis not there\b": "does not exist, not found",
    r"\bare not there\b": "do not exist, not found",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bfare(s|d)?\b": "perform",
    r"\bfor want of\b": "without",
    r"\blest\b": "so that ... not",
    r"\bof its own make\b": "own",
}


def definitions(path: Path) -> Iterator[str]:
    """Public names that a module defines at its top level."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Every name that a module gives to something, with its line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def prose(path: Path) -> str:
    """What people read of a file: for code its docstrings, comments and messages; else its text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return text


def test_a_public_name_is_defined_once() -> None:
    places = defaultdict(set)
    for path in PACKAGE:
        for name in definitions(path):
            if not name.startswith("_") and "migrations" not in path.parts:
                places[name].add(path.relative_to(ROOT).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_a_file_name_occurs_once() -> None:
    places = defaultdict(list)
    for path in (ROOT / "gamelabel").rglob("*"):
        if path.is_file() and path.name != "__init__.py" and "__pycache__" not in path.parts:
            places[path.name].append(path.relative_to(ROOT).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize(
    "path", [p for p in PACKAGE if p.name == "__init__.py"], ids=lambda p: p.parent.name
)
def test_a_room_exports_few_names(path: Path) -> None:
    exported = [
        alias.asname or alias.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert len([name for name in exported if name != "annotations"]) <= 17, exported


@pytest.mark.parametrize("path", PACKAGE, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_names_say_what_a_thing_is(path: Path) -> None:
    bad = [(line, name) for line, name in names(path) if name.strip("_") in BANNED_NAMES]
    assert bad == []


@pytest.mark.parametrize(
    "path", [*PACKAGE, *NOTEBOOKS, *DOCS], ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_the_english_is_plain(path: Path) -> None:
    text = prose(path)
    bad = {
        match[0]: instead
        for phrase, instead in BANNED_PHRASES.items()
        for match in re.finditer(phrase, text, re.IGNORECASE)
    }
    assert bad == {}
