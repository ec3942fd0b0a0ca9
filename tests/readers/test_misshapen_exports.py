"""Exports in which any value has another form: labels and reasons, or one error, never less."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from gamelabel.readers import tool_votes
from gamelabel.readers.argilla import read_argilla
from gamelabel.readers.crowd_pairs import Annotations, Point, player_name
from gamelabel.readers.label_studio import read_label_studio
from gamelabel.readers.potato import read_potato
from gamelabel.tables import LabelTables
from gamelabel.tables.rows import BadFile

SAMPLES = Path(__file__).parents[2] / "examples/your-data"
REPLACEMENTS: tuple[Any, ...] = (None, 5, "x", [], {})
N_RECORDS = 3
# where an empty value says that nobody has answered
UNANSWERED = {"annotations", "responses", "better", "better.responses", "label_annotations"}
UNANSWERED |= {"annotation_output/u0/annotated_instances.jsonl"}
UNANSWERED |= {"instance_id_to_label_to_value", "t00", "t01", "t02", "Left", "Right"}

Node = tuple[Any, ...]
Read = Callable[[Path, Path], Any]


class Summary(NamedTuple):
    """What was read: votes by task, what each task showed, known answers, what was rejected."""

    votes: dict[str, list[tuple[Any, ...]]]
    points: dict[str, tuple[Any, ...]]
    gold: dict[str, str]
    rejected: pd.DataFrame


def summary_of_tables(tables: LabelTables) -> Summary:
    labels = tables.labels[["pair_id", "player_id", "choice"]].astype(object)
    votes: dict[str, list[tuple[Any, ...]]] = {}
    for task, player, choice in labels.where(labels.notna(), None).to_numpy().tolist():
        votes.setdefault(task, []).append((player, choice))
    pairs = tables.pairs.set_index("pair_id")
    named = pairs.prompt.where(~pairs.prompt.str.startswith("task "), "")
    points = zip(named, pairs.image_a.notna(), strict=True)
    gold = pairs.gold.dropna().to_dict()
    return Summary(votes, dict(zip(pairs.index, points, strict=True)), gold, tables.rejected)


def summary_of_reader(annotations: Annotations, points: dict[str, Point], *_: Any) -> Summary:
    votes: dict[str, list[tuple[Any, ...]]] = {}
    for task, worker, label in annotations.labels[["task", "worker", "label"]].to_numpy().tolist():
        votes.setdefault(task, []).append((player_name(worker), label))
    shown = {task: (point.prompt, bool(point.images)) for task, point in points.items()}
    gold = dict(annotations.gold[["task", "label"]].to_numpy().tolist())
    return Summary(votes, shown, gold, annotations.rejected)


def nodes(content: Any, path: Node = ()) -> Iterator[Node]:
    yield path
    entries: Any = ()
    if isinstance(content, dict):
        entries = content.items()
    if isinstance(content, list):
        entries = enumerate(content)
    for key, value in entries:
        yield from nodes(value, (*path, key))


def replace(content: Any, path: Node, value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(content)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))[:N_RECORDS]


def argilla_flat() -> Any:
    records = []
    for record in sample("argilla.json"):
        responses = record["responses"]["better"]
        flat = {"id": record["id"], "status": "completed", **record["fields"]}
        flat["better.responses"] = [response["value"] for response in responses]
        flat["better.responses.users"] = [response["user_id"] for response in responses]
        flat["better.responses.status"] = ["submitted" for _ in responses]
        records.append(flat)
    return records


def argilla_rankings() -> Any:
    records = sample("argilla.json")
    for record in records:
        for response in record["responses"]["better"]:
            first = ("left", "right").index(response["value"]) if response["value"] != "tie" else 0
            ranks = [1, 1] if response["value"] == "tie" else [1 + first, 2 - first]
            names = zip(("left", "right"), ranks, strict=True)
            response["value"] = [{"value": name, "rank": rank} for name, rank in names]
    return records


def short_label_studio() -> Any:
    records = []
    for task in sample("label-studio.json"):
        for i, annotation in enumerate(task["annotations"]):
            choice = annotation["result"][0]["value"]["choices"][0]
            answer = [{"selected": choice}] if i == 0 and choice != "tie" else choice
            record = {**task["data"], "id": task["id"], "better": answer, "agreement": 50.0}
            record |= {"annotator": annotation["completed_by"]["id"], "annotation_id": i}
            record |= {key: annotation[key] for key in ("created_at", "lead_time")}
            records.append(record)
    return records


FILES: dict[str, tuple[Callable[[], Any], Read]] = {
    "argilla": (lambda: sample("argilla.json"), read_argilla),
    "argilla flat": (argilla_flat, read_argilla),
    "argilla rankings": (argilla_rankings, read_argilla),
    "label studio": (lambda: sample("label-studio.json"), read_label_studio),
    "label studio short": (short_label_studio, read_label_studio),
    "potato": (lambda: potato(), read_potato),
    "potato, older": (lambda: older_potato(), read_potato),
}


def potato() -> Any:
    """Return the files of a folder by their paths: tiles, and a scale."""
    tasks = [f"t0{i}" for i in range(N_RECORDS)]
    names = ("selection", "scale_value", "selection")
    files = {}
    for worker, values in enumerate([("A", "-2", "B"), ("B", "0", "A"), ("tie", "1", "tie")]):
        answers = {
            task: [[{"schema": "better", "name": name}, value]]
            for task, name, value in zip(tasks, names, values, strict=True)
        }
        state = {"user_id": f"u{worker}", "instance_id_to_label_to_value": answers}
        files[f"annotation_output/u{worker}/user_state.json"] = state
    items = json.loads((SAMPLES / "potato/data/items.json").read_text(encoding="utf-8"))
    return files | {"data/items.json": items[:N_RECORDS]}


def older_potato() -> Any:
    files = potato()
    for worker, chosen in enumerate([("Left", "Right"), ("Right", "Left"), ("Left", "Right")]):
        del files[f"annotation_output/u{worker}/user_state.json"]
        answers = {"better": {chosen[0]: "true", chosen[1]: False}}
        records = [{"id": f"t0{i}", "label_annotations": answers} for i in range(N_RECORDS)]
        files[f"annotation_output/u{worker}/annotated_instances.jsonl"] = records
    return files


def write(content: Any, name: str, folder: Path) -> Path:
    """Write an export, and return its path."""
    if "potato" not in name:
        (folder / "export.json").write_text(json.dumps(content), encoding="utf-8")
        return folder / "export.json"
    for place, records in content.items():
        path = folder / "task" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        is_lines = path.suffix == ".jsonl" and isinstance(records, list)
        lines = [json.dumps(record) for record in records] if is_lines else [json.dumps(records)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "task"


def changed_nodes(content: Any, name: str) -> list[Node]:
    """Return the nodes to replace: all of the first record, or of the first file and its item."""
    if "potato" not in name:
        return [node for node in nodes(content) if node[:1] in ((), (0,))]
    annotator = next(place for place in content if place.startswith("annotation_output"))
    state = [node for node in nodes(content) if node[:1] == (annotator,)]
    if annotator.endswith("jsonl"):
        state = [node for node in state if node[1:2] in ((), (0,))]
    items = ("data/items.json",)
    return state + [
        node for node in nodes(content) if node[:1] == items and node[1:2] in ((), (0,))
    ]


def problem_of(
    read: Callable[[], Summary], whole: Summary, path: Path, node: Node, value: Any
) -> str:
    """Return what is wrong with what is read where a node has another value, or nothing."""
    try:
        summary = read()
    except BadFile as error:
        return "" if str(path) in str(error) and "\n" not in str(error) else f"says {error}"
    except Exception as error:
        return f"raises {type(error).__name__}: {error}"
    if len(summary.rejected):
        has_reasons = all(summary.rejected.reason) and (summary.rejected.row >= 0).all()
        return "" if has_reasons else "rejects a row without a reason"
    if not value and value != "" and node[-1] in UNANSWERED:
        return ""
    votes, players = ([v for vs in s.votes.values() for v in vs] for s in (summary, whole))
    if len(votes) < len(players):
        return "loses a vote silently"
    nobody = [sum(player is None for player, _ in votes) for votes in (votes, players)]
    if nobody[0] > nobody[1] and value is not None:
        return "loses a player silently"
    if len(summary.gold) < len(whole.gold):
        return "loses a known answer silently"
    if any(not prompt or not pictures for prompt, pictures in summary.points.values()):
        return "loses a prompt or pictures silently"
    if any(summary.points.get(task) != point for task, point in list(whole.points.items())[1:]):
        return "changes another record"
    return ""


@pytest.mark.parametrize("name", FILES)
def test_any_value_of_an_export_may_have_another_form(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool_votes, "crowd_tables", summary_of_reader)  # what follows is the same
    check_all(name, tmp_path, lambda summary: summary, every=1)


@pytest.mark.full
@pytest.mark.parametrize("name", FILES)
def test_any_value_of_an_export_may_have_another_form_up_to_the_tables(
    name: str, tmp_path: Path
) -> None:
    shutil.copytree(SAMPLES / "pictures", tmp_path / "pictures")
    check_all(name, tmp_path, summary_of_tables, every=4)


def check_all(name: str, folder: Path, summarize: Callable[[Any], Summary], every: int) -> None:
    """Replace each node by each value, or every n-th of these changes."""
    make, read = FILES[name]
    content = make()

    def read_changed(changed: Any) -> Summary:
        return summarize(read(write(changed, name, folder), folder / "run"))

    whole, path = read_changed(content), write(content, name, folder)
    assert len(whole.rejected) == 0
    assert sum(map(len, whole.votes.values())) == 3 * N_RECORDS and len(whole.points) == N_RECORDS
    changes = [(node, v) for node in changed_nodes(content, name) for v in REPLACEMENTS]
    wrong = []
    for node, value in changes[::every]:
        changed = replace(content, node, value)
        if problem := problem_of(partial(read_changed, changed), whole, path, node, value):
            wrong.append((node, value, problem))
    assert not wrong, "\n".join(map(str, wrong))
