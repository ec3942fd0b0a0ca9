from pathlib import Path

import pytest

from gamelabel.aggregation import aggregate
from gamelabel.readers import read_annotations, read_crowd
from gamelabel.reliability import accuracy, alpha
from gamelabel.tables import count_votes, players_from_labels, to_annotations
from tests.reliability.external_data import external_file, real_crowd


def csv(folder: Path, text: str, name: str = "labels.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_labels_of_two_answers_become_choices(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label\nt1,u,right\nt1,v,left\nt2,ü,right\n")
    pairs, labels, _, rejected = read_crowd(
        path, csv(tmp_path, "task,label\nt1,left\nt9,left\n", "gold.csv")
    )
    assert labels.choice.tolist() == ["b", "a", "b"] and labels.player_id.tolist() == [
        "u",
        "v",
        "ü",
    ]
    assert pairs.kind.tolist() == ["comparison", "preference"] and pairs.gold.tolist()[0] == "a"
    assert pairs.image_a.isna().all() and len(rejected) == 0
    players = players_from_labels(labels, pairs, "crowd")
    assert players.player_id.tolist() == ["u", "v", "ü"]
    assert players.comparisons_right.tolist() == [
        0,
        1,
        0,
    ] and players.comparisons_wrong.tolist() == [1, 0, 0]
    assert count_votes(labels).to_dict("list") == {
        "pair_id": ["t1", "t2"],
        "votes_a": [1, 0],
        "votes_b": [1, 1],
    }


def test_labels_a_and_b_keep_their_meaning(tmp_path: Path) -> None:
    _, labels, _, _ = read_crowd(csv(tmp_path, "task,worker,label\nt1,u,b\nt2,u,b\n"))
    assert labels.choice.tolist() == ["b", "b"]


def test_empty_cells_and_repeated_labels_are_rejected(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label\nt1,u,0\nt1,u,1\n,u,1\nt2,,\nt2,v,1\n")
    _, labels, _, rejected = read_crowd(path)
    assert labels.pair_id.tolist() == ["t1", "t2"]
    assert rejected.to_dict("records") == [
        {"row": 1, "column": "worker", "reason": "labelled the task before"},
        {"row": 2, "column": "task", "reason": "is empty"},
        {"row": 3, "column": "label", "reason": "is empty"},
        {"row": 3, "column": "worker", "reason": "is empty"},
    ]


def test_a_wrong_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="3 different labels, such as down, left, right: a choice is between two"
    ):
        read_crowd(csv(tmp_path, "task,worker,label\n1,1,left\n1,2,right\n1,3,down\n"))
    with pytest.raises(ValueError, match="no column 'worker': its columns are task, who, label"):
        read_crowd(csv(tmp_path, "task,who,label\n1,1,left\n"))
    with pytest.raises(ValueError, match="is empty"):
        read_crowd(csv(tmp_path, ""))
    with pytest.raises(FileNotFoundError, match="give a CSV file with columns task, worker, label"):
        read_crowd(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="has different answers for 1 tasks, such as 't1'"):
        gold = csv(tmp_path, "task,label\nt1,left\nt1,right\n", "gold.csv")
        read_crowd(csv(tmp_path, "task,worker,label\nt1,u,left\n"), gold)
    with pytest.raises(ValueError, match="has the answer 'tie' for a task"):
        read_crowd(
            csv(tmp_path, "task,worker,label\nt1,u,left\n"),
            csv(tmp_path, "task,label\nt1,tie\n", "gold.csv"),
        )


def test_damaged_rows_are_rejected_and_others_kept(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(
        b'task,worker,label\nt1,u,1\nt2,u\n\xff\xfe,u,\x80\n\nt3,u,0,0\nt4,u,0\n"t5,u,1\n'
    )
    gold = csv(tmp_path, "task,label\nt1,1\nt4\n", "gold.csv")
    annotations = read_annotations(path, gold)
    assert annotations.labels.to_numpy().tolist() == [["t1", "u", "1"], ["t4", "u", "0"]]
    assert annotations.gold.to_numpy().tolist() == [["t1", "1"]]
    assert annotations.rejected.row.tolist() == [1, 2, 2, 3, 4, 6, 1]
    reasons = [
        "has 2 cells",
        "is not UTF-8",
        "is not UTF-8",
        "is empty",
        "has 4 cells",
        "truncated",
        "of known answers: has 1",
    ]
    assert all(
        part in reason for part, reason in zip(reasons, annotations.rejected.reason, strict=True)
    )


def test_ties_stay_ties_and_are_not_votes(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label\nt1,u,tie\nt1,v,left\nt2,u,right\nt3,u,tie\n")
    pairs, labels, _, _ = read_crowd(path)
    assert labels.choice.tolist() == ["tie", "a", "b", "tie"] and len(pairs) == 3
    assert count_votes(labels)[["votes_a", "votes_b"]].to_numpy().tolist() == [
        [1, 0],
        [0, 1],
        [0, 0],
    ]
    assert set(to_annotations(labels).label) == {"a", "b", "tie"}


def test_any_number_of_classes_and_any_names(tmp_path: Path) -> None:
    path = csv(tmp_path, '\ufeffitem,performer,label\n"1, ö",星,0\n"1, ö",w,2\n2,w,1\n')
    annotations = read_annotations(path, csv(tmp_path, "item,truth\n2,1\n", "gold.csv"))
    assert annotations.labels.to_numpy().tolist() == [
        ["1, ö", "星", "0"],
        ["1, ö", "w", "2"],
        ["2", "w", "1"],
    ]
    assert annotations.gold.to_numpy().tolist() == [["2", "1"]] and len(annotations.rejected) == 0


def test_a_real_crowd_has_the_same_statistics_in_the_tables() -> None:
    pairs, labels, _, rejected = read_crowd(
        external_file("crowd_labels", "rte/label.csv"),
        external_file("crowd_labels", "rte/truth.csv"),
    )
    raw, gold = real_crowd("rte")
    assert len(labels) == 8000 and len(rejected) == 0 and (pairs.kind == "comparison").all()
    assert alpha(to_annotations(labels)) == pytest.approx(alpha(raw), abs=1e-12)
    players = players_from_labels(labels, pairs, "rte").set_index("player_id")
    expected = accuracy(raw, gold).set_index("worker")
    assert players.comparisons_right.to_dict() == {
        str(worker): n for worker, n in expected.right.items()
    }
    joined = aggregate(to_annotations(labels)).merge(pairs, left_on="task", right_on="pair_id")
    assert (joined.label == joined.gold).mean() == pytest.approx(
        0.908, abs=0.025
    )  # 8 % of its tasks are ties
