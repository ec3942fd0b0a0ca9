"""docs/cli.md is the command line as it is, and every command in the documentation is valid."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.cli import get_docs_for_click
from typer.testing import CliRunner

from gamelabel.cli import app

ROOT = Path(__file__).parents[1]
COMMAND = typer.main.get_command(app)
WRITE = "typer gamelabel.cli utils docs --name gamelabel --output docs/cli.md"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands_in(text: str) -> list[str]:
    """The lines of code blocks and the inline code that call `gamelabel`."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    code = [*lines, *(" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose))]
    return [line for line in code if line.startswith("gamelabel ")]


DOCUMENTED = {
    line: path.name for path in DOCUMENTS for line in commands_in(path.read_text(encoding="utf-8"))
}
RUNS = [
    line
    for line in DOCUMENTED
    if re.match(r'gamelabel (doctor$|world draw ")', line) or line.endswith("--help")
]


def words_of(line: str) -> list[str]:
    words = shlex.split(line, comments=True)[1:]
    return words[: words.index("|")] if "|" in words else words


def test_the_reference_is_up_to_date() -> None:
    written = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    text = get_docs_for_click(obj=COMMAND, ctx=typer.Context(COMMAND), name="gamelabel")
    assert written.strip() == text.strip(), f"write it again: {WRITE}"


@pytest.mark.parametrize("line", DOCUMENTED)
def test_a_documented_command_is_valid(line: str) -> None:
    words, command = words_of(line), COMMAND
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        assert words[0] in command.commands, DOCUMENTED[line]
        command = command.commands[words.pop(0)]
    _, rest, _ = command.make_parser(typer.Context(command)).parse_args(words)
    assert not rest, f"{DOCUMENTED[line]}: more arguments than the command takes"


@pytest.mark.parametrize("line", RUNS)
def test_a_documented_command_runs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert CliRunner().invoke(app, words_of(line)).exit_code == 0


def test_there_are_commands_to_check() -> None:
    assert len(RUNS) >= 3
    assert {"README.md", "deployment.md", "cli.md"} <= set(DOCUMENTED.values())


@pytest.mark.parametrize(
    "line", ["gamelabel rum", "gamelabel run --profil smoke", "gamelabel doctor now"]
)
def test_an_invalid_command_is_noticed(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DOCUMENTED, line, "a document")
    with pytest.raises(Exception):  # noqa: B017  (an assertion, or the parser's own error)
        test_a_documented_command_is_valid(line)
