"""Exports of Label Studio, Argilla and Potato, in the layouts that these programs write."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gamelabel.readers.argilla import read_argilla
from gamelabel.readers.label_studio import read_label_studio
from gamelabel.readers.potato import read_potato
from gamelabel.tables import LabelTables
from tests.readers.release import jpeg

SIDES = ("left", "right")
SAMPLES = Path(__file__).parents[2] / "examples/your-data"


def save(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def save_pictures(folder: Path, *names: str) -> None:
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(i))


def choices(tables: LabelTables) -> list[tuple[str, str | None, str]]:
    columns = tables.labels[["pair_id", "player_id", "choice"]].astype(object)
    rows = columns.where(columns.notna(), None).to_numpy().tolist()
    return [tuple(row) for row in rows]


def annotation(worker: Any, *results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"completed_by": worker, "result": list(results), "was_cancelled": False, **changes}


def pairwise(side: str) -> dict[str, Any]:
    names = {"from_name": "pw", "to_name": ["img1", "img2"], "type": "pairwise"}
    return names | {"id": "x", "value": {"selected": side}}


def choice(label: str, question: str = "better") -> dict[str, Any]:
    value = {"choices": [label]}
    return {"from_name": question, "to_name": "img1", "type": "choices", "value": value}


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (read_label_studio, "label-studio.json"),
        (read_argilla, "argilla.json"),
        (read_potato, "potato"),
    ],
)
def test_the_samples_have_the_same_votes(read: Any, name: str, tmp_path: Path) -> None:
    votes = pd.read_csv(SAMPLES / "votes.csv")
    tables = read(SAMPLES / name, tmp_path)
    assert len(tables.rejected) == 0 and len(tables.players) == votes.worker.nunique()
    counts = votes.label.map({"left": "a", "right": "b", "tie": "tie"}).value_counts()
    assert tables.labels.choice.value_counts().to_dict() == counts.to_dict()
    by_prompt = tables.pairs.set_index("prompt").pair_id
    asked = votes.drop_duplicates("task").set_index("prompt").task
    assert set(by_prompt.index) == set(asked.index)
    for prompt, group in votes.groupby("prompt"):
        read_choices = tables.labels.choice[tables.labels.pair_id == by_prompt[prompt]]
        expected = group.label.map({"left": "a", "right": "b", "tie": "tie"})
        assert sorted(read_choices) == sorted(expected)
    for side in "ab":
        assert all((tmp_path / image).is_file() for image in tables.pairs[f"image_{side}"])


def test_label_studio_with_uploads_skips_and_a_ground_truth(tmp_path: Path) -> None:
    save_pictures(tmp_path, "1a2b-left.jpg", "set/right.jpg")
    data = {
        "image1": "/data/upload/3/1a2b-left.jpg",
        "image2": "/data/local-files/?d=set/right.jpg",
        "prompt": "a fox",
    }
    person = {"id": 7, "email": "fox@example.org"}
    annotations = [
        annotation(person, pairwise("right"), lead_time=1.5, created_at="2026-05-01T10:00:00Z"),
        annotation(8, pairwise("left"), ground_truth=True),
        annotation(9, pairwise("left"), was_cancelled=True),
        annotation(9),
    ]
    path = save(tmp_path / "export.json", [{"id": 4, "data": data, "annotations": annotations}])
    tables = read_label_studio(path, tmp_path / "run")
    assert choices(tables) == [("4", "7", "b"), ("4", "8", "a")]
    [pair] = tables.pairs.to_dict("records")
    assert (pair["prompt"], pair["kind"], pair["gold"]) == ("a fox", "comparison", "a")
    assert (tmp_path / "run" / pair["image_b"]).read_bytes() == jpeg(1)
    assert tables.labels.response_ms[0] == 1500
    assert tables.labels.created_at[0] == pd.Timestamp("2026-05-01T10:00Z")
    reasons = tables.rejected.reason.tolist()
    assert reasons == ["was skipped by the annotator", "has no choice"]


def test_label_studio_s_short_export(tmp_path: Path) -> None:
    answers = ["left", {"selected": "right"}, [{"selected": "right"}], "tie", 5, [], "left"]
    rows = [
        {"id": 1, "prompt": "a fox", "pw": answer, "annotator": i, "agreement": 50.0}
        for i, answer in enumerate(answers)
    ]
    rows[-1]["lead_time"] = -1
    tables = read_label_studio(save(tmp_path / "min.json", rows), tmp_path)
    expected = [("1", "0", "a"), ("1", "1", "b"), ("1", "2", "b"), ("1", "3", "tie")]
    assert choices(tables) == expected
    assert tables.pairs.image_a.isna().all()
    assert tables.rejected.to_numpy().tolist() == [
        [4, "pw", "has no choice"],
        [5, "pw", "has no choice"],
        [6, "lead_time", "is -1, not a number of seconds"],
    ]


def test_answers_in_a_short_export_that_are_not_sides_need_the_question_s_name(
    tmp_path: Path,
) -> None:
    rows = [{"id": 1, "text": "a fox", "better": label} for label in ("old", "new", "same")]
    path = save(tmp_path / "min.json", rows)
    with pytest.raises(ValueError, match="no choice between two"):
        read_label_studio(path, tmp_path)
    tables = read_label_studio(path, tmp_path, {"label": "better", "tie": "same"})
    assert [label for _, _, label in choices(tables)] == ["b", "a", "tie"]


def test_two_ground_truths_that_differ_are_reported(tmp_path: Path) -> None:
    annotations = [annotation(i, pairwise(side), ground_truth=True) for i, side in enumerate(SIDES)]
    tasks = [{"id": 4, "data": {"prompt": "a fox"}, "annotations": annotations}]
    tables = read_label_studio(save(tmp_path / "e.json", tasks), tmp_path)
    assert tables.pairs.gold.tolist() == ["a"] and len(tables.labels) == 2
    assert tables.rejected.reason.tolist() == ["is 'right': another one differs"]


def test_a_bad_time_costs_its_annotation_only(tmp_path: Path) -> None:
    times = ["2026-05-01T10:00:00Z", "yesterday", 1777629600, None]
    annotations = [annotation(i, pairwise("left"), created_at=t) for i, t in enumerate(times)]
    tasks = [{"id": 4, "data": {"prompt": "a fox"}, "annotations": annotations}]
    tables = read_label_studio(save(tmp_path / "e.json", tasks), tmp_path)
    assert [worker for _, worker, _ in choices(tables)] == ["0", "3"]
    assert tables.rejected.column.tolist() == ["created_at", "created_at"]
    assert "is not a time: 'yesterday'" in tables.rejected.reason[0]


def test_records_of_one_id_that_show_different_things_are_not_mixed(tmp_path: Path) -> None:
    tasks = [
        {"id": name, "data": {"prompt": prompt}, "annotations": [annotation(1, pairwise("left"))]}
        for name, prompt in ((7, "a fox"), (7, "a fox"), (7, "a hen"), (None, "a cow"))
    ]
    tables = read_label_studio(save(tmp_path / "e.json", tasks), tmp_path)
    assert tables.pairs.pair_id.tolist() == ["7", "row-3"] and len(tables.labels) == 3
    reason = "'7' shows something else than row 0, which has the same id"
    assert tables.rejected.to_numpy().tolist() == [[2, "id", reason]]


def test_one_of_several_questions_must_be_named(tmp_path: Path) -> None:
    both = annotation(1, choice("left"), choice("same", "sharper"))
    other = annotation(2, choice("right"), choice("right", "sharper"))
    tasks = [{"id": 1, "data": {"text": "a fox"}, "annotations": [both, other]}]
    path = save(tmp_path / "two.json", tasks)
    with pytest.raises(ValueError, match=r"several questions: better, sharper. Name one by label="):
        read_label_studio(path, tmp_path)
    sharper = read_label_studio(path, tmp_path, {"label": "sharper", "tie": "same"})
    assert [label for _, _, label in choices(sharper)] == ["tie", "b"]
    with pytest.raises(ValueError, match="no question 'best', which label= names: its questions"):
        read_label_studio(path, tmp_path, {"label": "best"})


def test_argilla_nested_and_flat_with_drafts_rankings_and_nobody(tmp_path: Path) -> None:
    save_pictures(tmp_path, "a.jpg", "b.jpg")
    shown = {"prompt": "a fox", "image_a": "a.jpg", "image_b": "b.jpg"}
    ranking = [{"value": "image_a", "rank": 2}, {"value": "image_b", "rank": 1}]
    same = [{"value": "image_a", "rank": 1}, {"value": "image_b", "rank": 1}]
    responses = [
        {"value": ranking, "user_id": "u1"},
        {"value": same, "user_id": "u2"},
        {"value": ranking, "user_id": "u3", "status": "draft"},
        {"value": ranking, "user_id": "None"},
    ]
    nested = {"id": "t1", "fields": shown, "metadata": {}, "responses": {"better": responses}}
    expected = [("t1", "u1", "b"), ("t1", "u2", "tie"), ("t1", None, "b")]
    tables = read_argilla(save(tmp_path / "nested.json", [nested]), tmp_path / "run")
    assert choices(tables) == expected
    assert tables.rejected.reason.tolist() == ["is draft, not submitted"]
    assert len(tables.players) == 2  # nobody is not a player

    flat = {"id": "t1", "status": "completed", "_server_id": "s", **shown}
    flat |= {
        "better.responses": [response["value"] for response in responses],
        "better.responses.users": [response["user_id"] for response in responses],
        "better.responses.status": ["submitted", "submitted", "draft", "submitted"],
        "better.suggestion": None,
    }
    path = tmp_path / "flat.jsonl"
    path.write_text(json.dumps(flat) + "\n")
    assert choices(read_argilla(path, tmp_path / "run")) == expected


def test_potato_with_tiles_a_scale_and_the_older_layout(tmp_path: Path) -> None:
    save_pictures(tmp_path, "media/1.jpg", "media/2.jpg")
    items = [{"id": "i1", "text": "a fox", "images": ["media/1.jpg", "media/2.jpg"]}]
    save(tmp_path / "data/items.json", items)

    def state(worker: str, name: str, value: str) -> None:
        answers = {"i1": [[{"schema": "better", "name": name}, value]]}
        content = {"user_id": worker, "instance_id_to_label_to_value": answers}
        save(tmp_path / f"annotation_output/{worker}/user_state.json", content)

    for worker, value in (("u1", "A"), ("u2", "B"), ("u3", "tie")):
        state(worker, "selection", value)
    for worker, value in (("u4", "-2"), ("u5", "0"), ("u6", "1")):
        state(worker, "scale_value", value)
    tables = read_potato(tmp_path, tmp_path / "run")
    assert [label for _, _, label in choices(tables)] == ["a", "b", "tie", "a", "tie", "b"]
    assert tables.pairs.prompt.tolist() == ["a fox"] and tables.pairs.image_b.notna().all()

    older = tmp_path / "older/u7/annotated_instances.jsonl"
    older.parent.mkdir(parents=True)
    record = {"id": "i1", "label_annotations": {"better": {"Right": "true", "Left": False}}}
    older.write_text(json.dumps(record) + "\n")
    assert choices(read_potato(tmp_path / "older", tmp_path)) == [("i1", "u7", "b")]


def test_a_picture_that_is_not_there_costs_its_task_only(tmp_path: Path) -> None:
    save_pictures(tmp_path, "a.jpg", "b.jpg")
    tasks = [
        {
            "id": i,
            "data": {"image1": "a.jpg", "image2": name},
            "annotations": [annotation(1, pairwise("left"))],
        }
        for i, name in enumerate(["b.jpg", "c.jpg", "a.jpg"])
    ]
    tables = read_label_studio(save(tmp_path / "e.json", tasks), tmp_path / "run")
    assert tables.pairs.pair_id.tolist() == ["0"] and len(tables.labels) == 1
    assert tables.rejected.row.tolist() == [1, 2]
    assert f"there is no file {tmp_path}/c.jpg" in tables.rejected.reason[0]
    assert "is the same picture twice" in tables.rejected.reason[1]


@pytest.mark.parametrize("read", [read_label_studio, read_argilla])
def test_another_file_is_an_error(read: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.json not found: give a file that"):
        read(tmp_path / "none.json", tmp_path)
    (tmp_path / "x.json").write_text("task,worker")
    with pytest.raises(ValueError, match="is not JSON in UTF-8"):
        read(tmp_path / "x.json", tmp_path)
    with pytest.raises(ValueError, match="is not a list of"):
        read(save(tmp_path / "y.json", {"id": 1}), tmp_path)
    with pytest.raises(ValueError, match="no choice between two"):
        read(save(tmp_path / "z.json", [{"id": 1, "text": "a"}]), tmp_path)


def test_a_line_may_contain_other_separators_of_lines(tmp_path: Path) -> None:
    responses = {"better": [{"value": "left", "user_id": "u1"}]}
    record = {"id": "t1", "fields": {"prompt": "a fox\u2028in snow"}, "responses": responses}
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_argilla(path, tmp_path).pairs.prompt.tolist() == ["a fox\u2028in snow"]


def test_answers_of_a_flat_record_need_a_person_each(tmp_path: Path) -> None:
    users = {"better.responses.users": ["u1"]}
    records = [
        {"id": "t1", "prompt": "a fox", "better.responses": ["left"], **users},
        {"id": "t2", "prompt": "a hen", "better.responses": ["left", "right"], **users},
    ]
    tables = read_argilla(save(tmp_path / "records.json", records), tmp_path)
    assert choices(tables) == [("t1", "u1", "a")]
    assert tables.rejected.reason.tolist() == ["has 1 values, not 2 as better.responses"]


def test_items_of_potato_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    (tmp_path / "items.json").write_text('[{"id": "i1", "text"')
    answers = {"i1": [[{"schema": "better", "name": "selection"}, "A"]]}
    state = {"user_id": "u1", "instance_id_to_label_to_value": answers}
    save(tmp_path / "annotation_output/u1/user_state.json", state)
    tables = read_potato(tmp_path, tmp_path / "run")
    assert choices(tables) == [("i1", "u1", "a")]
    reason = "'i1' is not in items.json: its prompt and pictures are unknown"
    assert tables.rejected.reason.tolist() == [reason]


def test_a_folder_without_annotations_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"has no user_state\.json or annotated_instances"):
        read_potato(tmp_path, tmp_path)
