"""A project's file is read strictly: what is wrong is one sentence with file and line."""

from pathlib import Path

import pytest
from PIL import Image

from gamelabel.games.annotation.project_file import read_annotation_project
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.games.annotation.task_kinds import ISSUES, TASK_KINDS, annotation_steps
from gamelabel.yaml_fields import TaskFileError

SAMPLE = Path(__file__).parents[3] / "examples/annotation/scenes.yaml"
VALID = """\
tasks:
  - rate
  - rank
prompts:
  - prompt: a red ball
    pictures: [a.png, b.png, c.png, d.png]
"""


def read(folder, text=VALID):
    for name in "abcdefghij":
        Image.new("RGB", (2, 2)).save(folder / f"{name}.png")
    (folder / "broken.png").write_text("no picture")
    Image.new("I;16", (2, 2)).save(folder / "deep.png")
    path = folder / "project.yaml"
    path.write_text(text, encoding="utf-8")
    return read_annotation_project(path)


def test_the_sample_asks_every_kind():
    project = read_annotation_project(SAMPLE)
    assert [task.kind for task in project.tasks] == list(TASK_KINDS)
    assert [prompt.prompt_id for prompt in project.prompts] == ["circles", "star", "triangle"]
    assert len(annotation_steps(project.tasks, 4)) == 1 + 4 * 4 + 1 + 6
    assert (project.annotators, project.coins) == (2, 20)


def test_what_is_left_out_has_a_meaning(tmp_path):
    project = read(tmp_path, VALID.replace("- rate", "- issues"))
    assert dict(project.tasks[0].options) == ISSUES
    assert (project.annotators, project.coins, project.title) == (3, 10, "Judge pictures")
    same = read(tmp_path, VALID.replace("- rate", "- kind: issues"))
    assert same.tasks == project.tasks
    assert same.prompts[0].prompt_id == project.prompts[0].prompt_id != ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("- rate", "- draw"), "line 2: there is no task 'draw'; use categorise, rate, issues"),
        (("- rate", "- rank"), "line 3: the project has the task rank twice"),
        (("- rate", "- {kind: rate, most: 9}"), "line 2: the task rate has no field most"),
        (("- rate", "- {kind: rate, issues: {}}"), "line 2: the task rate has no field issues"),
        (("- rate", "- {question: Well}"), "line 2: a task needs the field kind"),
        (("- rate", "- categorise"), "line 2: the task categorise needs the field categories"),
        (
            ("- rate", "- {kind: issues, issues: {a b: Bad}}"),
            "line 2: the name 'a b' in issues of the task issues may have letters",
        ),
        (
            ("- rate", "- {kind: issues, issues: {a: 5}}"),
            "line 2: a in issues of the task issues has to be a text",
        ),
        (("tasks:", "task:"), "line 1: the project needs tasks"),
        (("prompts:", "titel: x\nprompts:"), "line 4: the project has no field titel"),
        (("prompts:", "coins: 0\nprompts:"), "line 4: coins of the project has to be 1 or more"),
        (("prompts:", "coins: 9999999999\nprompts:"), "line 4: coins of .* at most 1,000,000"),
        (("prompts:", "coins: !!int x\nprompts:"), "line 4: this is not a value: invalid literal"),
        (("prompts:", "title: 2026\nprompts:"), "line 4: title .* not 2026 .put it in quotes."),
        (("prompts:", "title: 2026-99-99\nprompts:"), "line 4: this is not a value: month must"),
        (("prompts:", "? [a, b]\n: c\nprompts:"), "line 4: the project has a field whose name is"),
        (("- rate", "- {kind: issues, issues: {}}"), "line 2: issues of the task issues is empty"),
        (("prompts:", "annotators: two\nprompts:"), "line 4: annotators of the project has to be"),
        (
            ("- rate\n  - rank\n", "- issues\nstop: {quorum: 2}\n"),
            "line 3: the project has the field stop, which goes by the answers to categorise, com",
        ),
        (("prompt: a red ball", "text: a red ball"), "line 5: a prompt needs the field prompt"),
        (("a red ball", "''"), "line 5: a prompt has no words"),
        (("a.png, ", "z.png, "), "line 6: the picture .*z.png of the prompt 'a red ball' does not"),
        (("a.png, ", "broken.png, "), "line 6: .*broken.png of the prompt .* is not a picture"),
        (("a.png, ", "deep.png, "), "line 6: the picture .*deep.png .* more than 8 bits a channel"),
        (("a.png, ", f"{300 * 'a'}, "), "line 6: the picture .* cannot be shown: .*too long"),
        (("a.png, ", "b.png, "), "line 6: the prompt 'a red ball' has the picture b.png twice"),
        (("a.png, ", "7, "), "line 6: a picture of .* has to be the name of a file"),
        (("a.png, ", ""), "line 5: .* has 3 pictures; it needs 4 to 9 because pictures are ranked"),
        (("[a.png", "[e.png, f.png, g.png, h.png, i.png, j.png, a.png"), "has 10 pictures"),
        (("    pictures", "    id: a b\n    pictures"), "line 6: id of the prompt .* 1 to 64"),
        (("    pictures", "    seed: 1\n    pictures"), "line 6: the prompt .* has no field seed"),
    ],
)
def test_a_wrong_file_is_one_sentence_with_the_line(tmp_path, change, message):
    assert change[0] in VALID
    with pytest.raises(TaskFileError, match=f"project.yaml, {message}".replace(", has", ".*has")):
        read(tmp_path, VALID.replace(*change, 1))


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        ("{votes: 3}", "line 2: stop of the project has no field votes; its fields are confidence"),
        ("{maximum: 0}", "line 2: maximum of stop of the project has to be 1 or more"),
        ("{confidence: 1.5}", "line 2: the confidence of a stopping rule is above 0 and at most"),
        ("{minimum: 4, maximum: 3}", "line 2: the minimum of a stopping rule, 4, is above its max"),
        ("{}\nannotators: 3", "line 3: the project has the fields stop and annotators"),
    ],
)
def test_a_wrong_stopping_rule_is_one_sentence_with_the_line(tmp_path, stop, message):
    text = VALID
    tasks, rest = text.split("prompts:")
    with pytest.raises(TaskFileError, match=message):
        read(tmp_path, f"title: x\nstop: {stop}\n{tasks}prompts:{rest}")
    project = read(tmp_path, f"stop: {{maximum: 5}}\n{text}")
    assert project.stop == StoppingRule(maximum=5)


def test_fewer_than_two_pictures_are_refused_without_a_ranking_too(tmp_path):
    text = VALID.replace("  - rank\n", "").replace("a.png, b.png, c.png, ", "")
    with pytest.raises(TaskFileError, match=r"has 1 picture; it needs 2 to 9$"):
        read(tmp_path, text)


def test_equal_words_need_ids(tmp_path):
    again = "  - prompt: a red ball\n    pictures: [e.png, f.png, g.png, h.png]\n"
    with pytest.raises(TaskFileError, match=r"line 7: two prompts have the id \w+: give one of"):
        read(tmp_path, VALID + again)
    assert len(read(tmp_path, VALID + again + "    id: second\n").prompts) == 2


def test_a_file_that_is_not_yaml_or_missing_is_a_sentence(tmp_path):
    with pytest.raises(TaskFileError, match=r"line 2: this is not YAML"):
        read(tmp_path, "tasks: [\n: ]")
    with pytest.raises(TaskFileError, match="is not YAML: unacceptable character"):
        read(tmp_path, "title: a\1b")
    with pytest.raises(TaskFileError, match="cannot be read: No such file"):
        read_annotation_project(tmp_path / "none.yaml")
