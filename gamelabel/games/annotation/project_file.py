"""Reads the YAML file of an annotation project; `docs/annotation.md` describes its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from gamelabel.games.annotation.prompt_file import AnnotationPrompt, is_name, read_prompt
from gamelabel.games.annotation.quality_file import QualityRules, read_quality
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.games.annotation.task_kinds import (
    FEWEST_PICTURES,
    FEWEST_RANKED,
    ISSUES,
    STOPPING_KINDS,
    TASK_KINDS,
    TASK_QUESTIONS,
    AnnotationTask,
    counted_kinds,
)
from gamelabel.yaml_fields import Fields, TaskFileError, compose_yaml, plain_value

_KNOWN = {
    "example": "an example",
    "question": "a question of the qualification",
    "known": "a known prompt of the trust",
}
_MOST = 1_000_000  # coins, or people for a prompt
_OPTIONS = {"issues": ("issues", ISSUES), "categorise": ("categories", {})}


@dataclass(frozen=True)
class AnnotationProject:
    """What people are asked about which pictures.

    Parameters
    ----------
    path : Path
        The project's file. The pictures' names are relative to its folder.
    title : str
        What annotators see above the page.
    guidelines : str
        What they read before they begin; paragraphs are separated by empty lines.
    tasks : tuple of AnnotationTask
        What they are asked for each prompt, in this order.
    prompts : tuple of AnnotationPrompt
        The prompts.
    annotators : int
        How many people annotate a prompt, if there is no `stop`.
    coins : int
        What a prompt pays.
    stop : StoppingRule, optional
        When a prompt has enough answers.
    quality : QualityRules
        How annotators are qualified, trusted and inspected.
    """

    path: Path
    title: str
    guidelines: str
    tasks: tuple[AnnotationTask, ...]
    prompts: tuple[AnnotationPrompt, ...]
    annotators: int
    coins: int
    stop: StoppingRule | None = None
    quality: QualityRules = field(default_factory=QualityRules)

    @property
    def guideline_paragraphs(self) -> list[str]:
        """The paragraphs of the guidelines."""
        return [part for part in self.guidelines.split("\n\n") if part.strip()]


def read_annotation_project(path: str | Path) -> AnnotationProject:
    """Read the file of an annotation project.

    Parameters
    ----------
    path : str or Path
        A YAML file with the fields ``tasks`` and ``prompts`` and, if wanted, ``title``,
        ``guidelines``, ``annotators``, ``coins`` and ``stop``.

    Raises
    ------
    TaskFileError
        If something is wrong; the message is one sentence with the file and the line.
    """
    path = Path(path).absolute()
    fields = Fields(path, compose_yaml(path), "the project")
    tasks = tuple(_task(path, node) for node in fields.items("tasks"))
    if not tasks:
        raise fields.error("the project needs tasks")
    kinds = [task.kind for task in tasks]
    for number, (kind, node) in enumerate(zip(kinds, fields.items("tasks"), strict=True)):
        if kind in kinds[:number]:
            raise fields.error(f"the project has the task {kind} twice", node)
    fewest = FEWEST_RANKED if "rank" in kinds else FEWEST_PICTURES
    prompts = tuple(_prompt(path, node, fewest) for node in fields.items("prompts"))
    if not prompts:
        raise fields.error("the project needs prompts")
    quality = read_quality(fields, tasks, fewest)
    _check_ids(fields, prompts, quality)
    project = AnnotationProject(
        path,
        fields.text("title") or "Judge pictures",
        fields.text("guidelines"),
        tasks,
        prompts,
        _at_least_one(fields, "annotators", 3),
        _at_least_one(fields, "coins", 10),
        _stopping_rule(fields, kinds),
        quality,
    )
    fields.finish()
    return project


def _at_least_one(fields: Fields, name: str, default: int) -> int:
    number = fields.whole(name, default)
    if not 1 <= number <= _MOST:
        text = f"{name} of {fields.what} has to be 1 or more, and at most {_MOST:,}"
        raise fields.error(text, fields.node_of(name))
    return number


def _stopping_rule(fields: Fields, kinds: list[str]) -> StoppingRule | None:
    """Read when a prompt has enough answers: a task with one answer of several has to tell."""
    node = fields.node_of("stop")
    if node is None:
        return None
    if not counted_kinds(kinds):
        raise fields.error(
            f"{fields.what} has the field stop, which goes by the answers to "
            f"{', '.join(STOPPING_KINDS[:-1])} or {STOPPING_KINDS[-1]}: ask one of these, or use "
            "the field annotators in place of stop",
            node,
        )
    if "annotators" in fields.names():
        raise fields.error(
            f"{fields.what} has the fields stop and annotators: either says how many people "
            "annotate a prompt; leave one out",
            fields.node_of("annotators"),
        )
    values = Fields(fields.path, node, f"stop of {fields.what}")
    usual, names = StoppingRule(), ("quorum", "minimum", "maximum")
    confidence = values.number("confidence", usual.confidence)
    numbers = {name: values.whole(name, getattr(usual, name) or 0) for name in names}
    for name in names:
        if numbers[name] == 0 and name in values.names():
            raise values.error(f"{name} of {values.what} has to be 1 or more", values.node_of(name))
    values.finish()
    try:
        return StoppingRule(
            confidence, numbers["quorum"] or None, numbers["minimum"], numbers["maximum"]
        )
    except ValueError as error:
        raise values.error(str(error)) from error


def _task(path: Path, node: yaml.Node) -> AnnotationTask:
    """Read a task: the name of its kind, or a mapping with `kind`."""
    if isinstance(node, yaml.ScalarNode):
        kind, fields = node.value, None
    else:
        fields = Fields(path, node, "a task")
        kind = fields.text("kind", None)
    if kind not in TASK_KINDS:
        line = node.start_mark.line + 1
        known = ", ".join(TASK_KINDS)
        raise TaskFileError(f"{path}, line {line}: there is no task {kind!r:.60}; use {known}")
    question, options = TASK_QUESTIONS[kind], {}
    option_field, default_options = _OPTIONS.get(kind, ("", {}))
    if fields:
        fields.what = f"the task {kind}"
        question = fields.text("question") or question
        if option_field:
            options = _options(fields, option_field)
        fields.finish()
    options = options or default_options
    if kind == "categorise" and len(options) < 2:
        line = node.start_mark.line + 1
        raise TaskFileError(
            f"{path}, line {line}: the task categorise needs the field categories with two or more"
        )
    return AnnotationTask(kind, question, options)


def _options(fields: Fields, name: str) -> dict[str, str]:
    """Read the texts of issues or categories by their names."""
    options = {}
    for option, node in fields.children(name).items():
        text = plain_value(node)
        if not isinstance(text, str) or not text.strip():
            raise fields.error(f"{option} in {name} of {fields.what} has to be a text", node)
        if not is_name(option):
            raise fields.error(
                f"the name {option!r:.60} in {name} of {fields.what} may have letters, digits and"
                " _ . - only",
                node,
            )
        options[option] = text.strip()
    if not options and name in fields.names():
        raise fields.error(f"{name} of {fields.what} is empty", fields.node_of(name))
    return options


def _prompt(path: Path, node: yaml.Node, fewest: int) -> AnnotationPrompt:
    fields = Fields(path, node, "a prompt")
    prompt = read_prompt(fields, fewest)
    fields.finish()
    return prompt


def _check_ids(
    fields: Fields, prompts: tuple[AnnotationPrompt, ...], quality: QualityRules
) -> None:
    known: set[str] = set()
    for prompt, node in zip(prompts, fields.items("prompts"), strict=True):
        if prompt.prompt_id in known:
            raise fields.error(
                f"two prompts have the id {prompt.prompt_id}: give one of them another id; without"
                " the field id, equal words have the same",
                node,
            )
        known.add(prompt.prompt_id)
    for purpose, answered in quality.known_prompts().items():
        for one in answered:
            if one.prompt.prompt_id in known:
                raise fields.error(
                    f"the id {one.prompt.prompt_id} of {_KNOWN[purpose]} is that of another prompt:"
                    " each prompt with known answers has an id of its own, and is asked nowhere "
                    "else",
                )
            known.add(one.prompt.prompt_id)
