"""Label Studio's JSON: write answers, and the labeling interface of a project for more of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from gamelabel.files import write_text
from gamelabel.games.annotation.answer_tables import StoredAnswer
from gamelabel.games.annotation.layouts.answer_set import (
    AnnotatedPrompt,
    AnswerSet,
    LayoutResult,
    PictureSize,
)
from gamelabel.games.annotation.layouts.label_studio_results import (
    MAY_BE_EMPTY,
    picture_address,
)
from gamelabel.games.annotation.layouts.prompt_spans import word_spans
from gamelabel.games.annotation.task_kinds import HIGHEST_RATING, ISSUES, MOST_PICTURES, RATINGS


def write_label_studio(
    answers: AnswerSet, folder: Path, pictures: Path | None = None
) -> LayoutResult:
    """Write answers as Label Studio's JSON: a task a prompt, and one for each pair of pictures.

    `annotations.json` has the prompts, `pairs.json` the answers to `compare`. The XML files beside
    them are the labeling interfaces of the two projects.

    Parameters
    ----------
    answers : AnswerSet
        The answers.
    folder : Path
        A folder that exists.
    pictures : Path, optional
        Not used: Label Studio serves the pictures, under the addresses of its local files.

    Returns
    -------
    LayoutResult
        With the times that the layout has no place for.
    """
    answered: dict[str, dict[str, list[StoredAnswer]]] = {name: {} for name in answers.prompts}
    for answer in answers.answers:
        if answer.kind != "compare":
            answered[answer.prompt_id].setdefault(answer.annotator_id, []).append(answer)
    tasks = [
        _task(number, prompt_id, prompt, answered[prompt_id])
        for number, (prompt_id, prompt) in enumerate(answers.prompts.items(), 1)
    ]
    _write_json(folder / "annotations.json", tasks)
    write_text(folder / "annotations.xml", "\n".join(_interface(answers)) + "\n")
    rows = {"annotations.json": len(tasks)}
    pairs = list(_pairs(answers))
    if pairs:
        _write_json(folder / "pairs.json", pairs)
        write_text(folder / "pairs.xml", _PAIRS)
        rows["pairs.json"] = len(pairs)
    timed = [a for a in answers.answers if a.kind != "compare" and a.response_ms is not None]
    reason = "response times of single answers: an annotation has the sum of its own"
    return LayoutResult(rows, {reason: len(timed)} if timed else {})


def _write_json(path: Path, content: Any) -> None:
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _task(
    number: int, prompt_id: str, prompt: AnnotatedPrompt, people: dict[str, list[StoredAnswer]]
) -> dict[str, Any]:
    """Return the task of a prompt, with the answers of each person."""
    addresses = [picture_address(picture) for picture in prompt.pictures]
    items = [
        {"id": str(i), "title": f"Picture {i + 1}", "html": f'<img src="{escape(address)}">'}
        for i, address in enumerate(addresses)
    ]
    order = list(prompt.pictures)
    data = {
        **_shown(prompt_id, prompt.text, list(prompt.pictures.values())),
        "pictures": addresses,
        "items": items,
    }
    annotations = [
        _annotation(
            person, answered, [r for answer in answered for r in _results(answer, prompt, order)]
        )
        for person, answered in people.items()
    ]
    return {"id": number, "data": data, "annotations": annotations}


def _pairs(answers: AnswerSet) -> Iterator[dict[str, Any]]:
    """Yield a task for each pair of pictures, in the order in which they were shown."""
    pairs: dict[tuple[str, ...], list[StoredAnswer]] = {}
    for answer in answers.answers:
        if answer.kind == "compare":
            pairs.setdefault((answer.prompt_id, *answer.pictures), []).append(answer)
    for number, ((prompt_id, left, right), answered) in enumerate(pairs.items(), 1):
        prompt = answers.prompts[prompt_id]
        sizes = [prompt.pictures[left], prompt.pictures[right]]
        data = {
            **_shown(prompt_id, prompt.text, sizes),
            "left": picture_address(left),
            "right": picture_address(right),
        }
        annotations = [_annotation(a.annotator_id, [a], [_better(a)]) for a in answered]
        yield {"id": number, "data": data, "annotations": annotations}


def _shown(prompt_id: str, text: str, sizes: list[PictureSize]) -> dict[str, Any]:
    return {
        "prompt_id": prompt_id,
        "prompt": text,
        "sizes": [size and list(size) for size in sizes],
    }


def _better(answer: StoredAnswer) -> dict[str, Any]:
    side = ("left", "right")[answer.answer["chosen"]]
    return _result("better", "left", "pairwise", {"selected": side})


def _annotation(
    person: str, answered: list[StoredAnswer], results: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the annotation of a person, with when the last answer was answered."""
    annotation: dict[str, Any] = {"completed_by": person, "was_cancelled": False}
    times = [answer.answered_ms for answer in answered if answer.answered_ms is not None]
    if times:
        moment = datetime.fromtimestamp(max(times) / 1000, UTC)
        annotation["created_at"] = moment.isoformat(timespec="milliseconds")
    lengths = [answer.response_ms for answer in answered if answer.response_ms is not None]
    if lengths:
        annotation["lead_time"] = sum(lengths) / 1000
    numbered = [{"id": str(number), **result} for number, result in enumerate(results, 1)]
    return {**annotation, "result": numbered}


def _result(tag: str, to_name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": tag, "to_name": to_name, "type": kind, "value": value}


def _results(
    answer: StoredAnswer, prompt: AnnotatedPrompt, order: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield the results of an answer; of an empty one, that there is nothing."""
    answered = answer.answer
    if answer.kind == "categorise":
        yield _result("category", "prompt", "choices", {"choices": [answered["category"]]})
        if answered["problematic"] is not None:
            choice = "yes" if answered["problematic"] else "no"
            yield _result("problematic", "prompt", "choices", {"choices": [choice]})
        return
    if answer.kind == "rank":
        names = [str(order.index(picture)) for picture in answer.pictures]
        buckets = {
            str(place): [names[number] for number in tied]
            for place, tied in enumerate(answered["places"], 1)
        }
        yield _result("rank", "items", "ranker", {"ranker": buckets})
        return
    index = order.index(answer.pictures[0])
    about = {"item_index": index}
    if answer.kind in MAY_BE_EMPTY and not next(iter(answered.values())):
        nothing = _result("nothing", "pictures", "choices", {"choices": [answer.kind]})
        yield nothing | about
    elif answer.kind == "rate":
        for name in RATINGS:
            yield _result(name, "pictures", "rating", {"rating": answered[name]}) | about
    elif answer.kind == "issues":
        yield _result("issues", "pictures", "choices", {"choices": answered["issues"]}) | about
    elif answer.kind == "words":
        spans = word_spans(prompt.text)
        for start, end in (spans[number] for number in answered["words"]):
            value = {"start": start, "end": end, "text": prompt.text[start:end]}
            labels = {"labels": [f"Picture {index + 1}"]}
            yield _result("words", "prompt", "labels", value | labels)
    else:
        size = prompt.pictures[answer.pictures[0]]
        shape = {"original_width": size[0], "original_height": size[1]} if size else {}
        for x, y in answered["points"]:
            percent = {"x": round(100 * x, 2), "y": round(100 * y, 2), "width": 1}
            value = percent | {"keypointlabels": ["wrong"]}
            yield _result("regions", "pictures", "keypointlabels", value) | about | shape


_PAIRS = """\
<View>
  <Header value="$prompt"/>
  <Pairwise name="better" toName="left,right"/>
  <Image name="left" value="$left"/>
  <Image name="right" value="$right"/>
</View>
"""


def _interface(answers: AnswerSet) -> Iterator[str]:
    """Yield the lines of the labeling interface for the kinds of tasks that were answered."""
    kinds = answers.kinds()
    yield '<View>\n  <Text name="prompt" value="$prompt" granularity="word"/>'
    if "categorise" in kinds:
        names = {a.answer["category"]: None for a in answers.answers if a.kind == "categorise"}
        yield from _choice_lines("category", "prompt", list(names))
        yield from _choice_lines("problematic", "prompt", ["yes", "no"])
    if "words" in kinds:
        yield '  <Labels name="words" toName="prompt">'
        yield from (f'    <Label value="Picture {i}"/>' for i in range(1, MOST_PICTURES + 1))
        yield "  </Labels>"
    yield '  <Image name="pictures" valueList="$pictures"/>'
    if "rate" in kinds:
        rating = f'toName="pictures" maxRating="{HIGHEST_RATING}" perItem="true"'
        yield from (f'  <Rating name="{name}" {rating}/>' for name in RATINGS)
    if "issues" in kinds:
        lists = (a.answer["issues"] for a in answers.answers if a.kind == "issues")
        ticked = dict.fromkeys(name for issues in lists for name in issues)
        names = dict.fromkeys(ISSUES) if ticked.keys() <= ISSUES.keys() else ticked
        yield from _choice_lines("issues", "pictures", list(names), ' choice="multiple"')
    if "regions" in kinds:
        yield '  <KeyPointLabels name="regions" toName="pictures">'
        yield '    <Label value="wrong"/>\n  </KeyPointLabels>'
    empty = [kind for kind in MAY_BE_EMPTY if kind in kinds]
    if empty:
        yield from _choice_lines("nothing", "pictures", empty, ' choice="multiple"')
    if "rank" in kinds:
        yield '  <List name="items" value="$items" title="Pictures"/>'
        yield '  <Ranker name="rank" toName="items">'
        buckets = range(1, MOST_PICTURES + 1)
        yield from (f'    <Bucket name="{i}" title="Place {i}"/>' for i in buckets)
        yield "  </Ranker>"
    yield "</View>"


def _choice_lines(tag: str, to_name: str, names: list[str], options: str = "") -> Iterator[str]:
    about = options + (' perItem="true"' if to_name == "pictures" else "")
    yield f'  <Choices name="{tag}" toName="{to_name}"{about}>'
    yield from (f"    <Choice value={quoteattr(name)}/>" for name in names)
    yield "  </Choices>"
