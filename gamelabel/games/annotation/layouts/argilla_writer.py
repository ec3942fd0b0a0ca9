"""Argilla's datasets as `Dataset.to_disk` writes them: prompts, pictures, rankings, pairs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from gamelabel.files import write_text
from gamelabel.games.annotation.answer_tables import StoredAnswer
from gamelabel.games.annotation.layouts.answer_set import AnswerSet, LayoutResult
from gamelabel.games.annotation.layouts.picture_folder import picture_to_write
from gamelabel.games.annotation.layouts.prompt_spans import word_spans
from gamelabel.games.annotation.task_kinds import HIGHEST_RATING, ISSUES, RATINGS
from gamelabel.tables.picture_files import suffix_of

ARGILLA_NAMES = "annotators.json"  # the names of people by their ids in the records
NOTHING = "nothing"  # the label of a picture without issues; Argilla has no empty choice
_MIME = {"jpg": "jpeg"}


class _Dataset(NamedTuple):
    """A dataset: its fields and their types, its questions, and its records by their ids."""

    fields: dict[str, str]
    questions: dict[str, dict[str, Any]]
    records: dict[str, dict[str, Any]]


def write_argilla_answers(
    answers: AnswerSet, folder: Path, pictures: Path | None = None
) -> LayoutResult:
    """Write answers as Argilla's datasets, one for each kind of record.

    The folders `prompts`, `pictures`, `rank-4` (rankings of four) and `pairs` are each what
    `rg.Dataset.from_disk` reads. People are named by UUIDs, whose meaning is in
    `annotators.json`.

    Parameters
    ----------
    answers : AnswerSet
        The answers.
    folder : Path
        A folder that exists.
    pictures : Path, optional
        The folder of the pictures; if it is given, they are embedded.

    Returns
    -------
    LayoutResult
        With the answers that the layout has no place for.

    Raises
    ------
    ValueError
        If an issue has the name `NOTHING`, or a picture is not in the folder.
    """
    writer = _Writer(answers, pictures)
    rows = {}
    for name, dataset in writer.datasets().items():
        rows[f"{name}/records.json"] = len(dataset.records)
        _write_dataset(folder / name, name, dataset)
    people = {annotator_uuid(a.annotator_id): a.annotator_id for a in answers.answers}
    _write_json(folder / ARGILLA_NAMES, people)
    n_regions = sum(answer.kind == "regions" for answer in answers.answers)
    n_timed = sum(
        answer.response_ms is not None or answer.answered_ms is not None
        for answer in answers.answers
    )
    omitted = {
        "answers to regions: Argilla has no points on pictures": n_regions,
        "times of answers: records have none": n_timed,
    }
    return LayoutResult(rows, {reason: count for reason, count in omitted.items() if count})


def annotator_uuid(name: str) -> str:
    """Return a person's name as Argilla takes it: a UUID, which stays as it is if it is one.

    >>> annotator_uuid("ann")
    '35f4f60d-2941-5f29-bcff-62e51c272c68'
    """
    try:
        is_one = str(UUID(name)) == name
    except ValueError:
        is_one = False
    return name if is_one else str(uuid5(NAMESPACE_URL, name))


class _Writer:
    """Makes the datasets of answers."""

    def __init__(self, answers: AnswerSet, pictures: Path | None) -> None:
        self._answers, self._folder = answers, pictures
        self._shown: dict[str, str] = {}  # pictures that were read

    def datasets(self) -> dict[str, _Dataset]:
        """Return the datasets by name: all prompts and pictures, and the answers."""
        kinds = self._answers.kinds()
        text = {"prompt": "text"}
        prompts = _Dataset(text, self._questions(("categorise",), kinds), {})
        about = self._questions(("rate", "issues", "words"), kinds)
        pictures = _Dataset(text | {"picture": "image"}, about, {})
        for prompt_id, prompt in self._answers.prompts.items():
            self._add(prompts, prompt_id, prompt_id, {})
            for number, picture in enumerate(prompt.pictures, 1):
                self._add(pictures, f"{prompt_id}-{number}", prompt_id, {"picture": picture})
        datasets = {"prompts": prompts, "pictures": pictures}
        for answer in self._answers.answers:
            if answer.kind == "categorise":
                record = prompts.records[answer.prompt_id]
            elif answer.kind in ("rate", "issues", "words"):
                order = list(self._answers.prompts[answer.prompt_id].pictures)
                number = order.index(answer.pictures[0]) + 1
                record = pictures.records[f"{answer.prompt_id}-{number}"]
            elif answer.kind == "rank":
                record = self._ranking(datasets, answer)
            elif answer.kind == "compare":
                record = self._pair(datasets, answer)
            else:
                continue
            person = annotator_uuid(answer.annotator_id)
            for question, value in _values(answer):
                entry = {"value": value, "user_id": person}
                record["responses"].setdefault(question, []).append(entry)
                record["status"] = "completed"
        return {name: dataset for name, dataset in datasets.items() if dataset.records}

    def _add(
        self, dataset: _Dataset, name: str, prompt_id: str, pictures: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the record of this name, a new one if there is none."""
        if name in dataset.records:
            return dataset.records[name]
        prompt = self._answers.prompts[prompt_id]
        metadata: dict[str, Any] = {"prompt_id": prompt_id, **pictures}
        if set(pictures) == {"picture"}:
            size = prompt.pictures[pictures["picture"]]
            metadata |= dict(zip(("width", "height"), size or (), strict=False))
        shown = {field: self._show(picture) for field, picture in pictures.items()}
        dataset.records[name] = {
            "id": name,
            "fields": {"prompt": prompt.text, **shown},
            "metadata": metadata,
            "suggestions": {},
            "responses": {},
            "vectors": {},
            "status": "pending",
            "_server_id": None,
        }
        return dataset.records[name]

    def _show(self, picture: str) -> str:
        """Return a picture as a data URI, or its name where the files are not available."""
        if self._folder is None:
            return picture
        if picture not in self._shown:
            content = picture_to_write(picture, self._folder)
            suffix = suffix_of(content)
            encoded = base64.b64encode(content).decode()
            self._shown[picture] = f"data:image/{_MIME.get(suffix, suffix)};base64,{encoded}"
        return self._shown[picture]

    def _ranking(self, datasets: dict[str, _Dataset], answer: StoredAnswer) -> dict[str, Any]:
        names = [f"picture_{number}" for number in range(1, len(answer.pictures) + 1)]
        question = _question("ranking", "rank", names)
        fields = {"prompt": "text", **dict.fromkeys(names, "image")}
        new = _Dataset(fields, {"rank": question}, {})
        dataset = datasets.setdefault(f"rank-{len(names)}", new)
        shown = dict(zip(names, answer.pictures, strict=True))
        return self._add(dataset, answer.prompt_id, answer.prompt_id, shown)

    def _pair(self, datasets: dict[str, _Dataset], answer: StoredAnswer) -> dict[str, Any]:
        question = _question("label_selection", "better", ["left", "right"])
        fields = {"prompt": "text", "left": "image", "right": "image"}
        dataset = datasets.setdefault("pairs", _Dataset(fields, {"better": question}, {}))
        order = list(self._answers.prompts[answer.prompt_id].pictures)
        left, right = answer.pictures
        name = f"{answer.prompt_id}-{order.index(left) + 1}-{order.index(right) + 1}"
        return self._add(dataset, name, answer.prompt_id, {"left": left, "right": right})

    def _questions(self, own_kinds: tuple[str, ...], kinds: list[str]) -> dict[str, dict[str, Any]]:
        """Return the questions of the kinds of tasks that were answered; else a field's own."""
        questions: dict[str, dict[str, Any]] = {}
        answered = [answer for answer in self._answers.answers if answer.kind in own_kinds]
        if "categorise" in own_kinds and "categorise" in kinds:
            names = list(dict.fromkeys(answer.answer["category"] for answer in answered))
            questions["category"] = _question("label_selection", "category", names)
            questions["problematic"] = _question("label_selection", "problematic", ["yes", "no"])
        if "rate" in own_kinds and "rate" in kinds:
            for name in RATINGS:
                questions[name] = _question("rating", name, list(range(1, HIGHEST_RATING + 1)))
        if "issues" in own_kinds and "issues" in kinds:
            lists = (answer.answer["issues"] for answer in answered if answer.kind == "issues")
            ticked = dict.fromkeys(name for issues in lists for name in issues)
            if NOTHING in ticked:
                raise ValueError(
                    f"an issue has the name {NOTHING}, which in this layout means that there is "
                    "none: choose another layout, or give the issue another name"
                )
            names = list(ISSUES if ticked.keys() <= ISSUES.keys() else ticked)
            questions["issues"] = _question("multi_label_selection", "issues", [*names, NOTHING])
        if "words" in own_kinds and "words" in kinds:
            questions["words"] = _question("span", "words", ["missing"])
        return questions


def _values(answer: StoredAnswer) -> Iterator[tuple[str, Any]]:
    """Yield the value of each question that an answer answers."""
    answered = answer.answer
    if answer.kind == "categorise":
        yield "category", answered["category"]
        if answered["problematic"] is not None:
            yield "problematic", "yes" if answered["problematic"] else "no"
    elif answer.kind == "rate":
        yield from answered.items()
    elif answer.kind == "issues":
        yield "issues", answered["issues"] or [NOTHING]
    elif answer.kind == "words":
        spans = word_spans(answer.prompt)
        marked = (spans[number] for number in answered["words"])
        yield "words", [{"start": s, "end": e, "label": "missing"} for s, e in marked]
    elif answer.kind == "rank":
        places = enumerate(answered["places"], 1)
        ranked = [(number, place) for place, tied in places for number in tied]
        value = [{"value": f"picture_{n + 1}", "rank": place} for n, place in sorted(ranked)]
        yield "rank", value
    else:
        yield "better", ("left", "right")[answered["chosen"]]


def _question(kind: str, name: str, options: list[Any]) -> dict[str, Any]:
    """Return a question as the settings of a dataset have it."""
    settings: dict[str, Any] = {"type": kind}
    if kind == "rating":
        settings["options"] = [{"value": option} for option in options]
    else:
        settings["options"] = [{"value": option, "text": option} for option in options]
    if kind == "span":
        settings |= {"field": "prompt", "allow_overlapping": False}
    if kind == "multi_label_selection":
        settings["options_order"] = "natural"
    return {"name": name, "title": name, "required": False, "settings": settings}


def _write_dataset(folder: Path, name: str, dataset: _Dataset) -> None:
    questions = list(dataset.questions.values()) or [
        {"name": "note", "title": "note", "required": False, "settings": {"type": "text"}}
    ]
    fields = [
        {"name": field, "title": field, "required": True, "settings": {"type": kind}}
        for field, kind in dataset.fields.items()
    ]
    settings = {
        "guidelines": None,
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "fields": fields,
        "questions": questions,
        "metadata": [],
        "vectors": [],
    }
    _write_json(folder / ".argilla/settings.json", settings)
    _write_json(folder / ".argilla/dataset.json", {"name": name, "allow_extra_metadata": True})
    _write_json(folder / "records.json", list(dataset.records.values()))


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
