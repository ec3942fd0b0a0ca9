import warnings
from pathlib import Path

import pandas as pd
import pytest

from gamelabel.aggregation import aggregate
from gamelabel.readers import read_annotations, read_crowd
from gamelabel.readers.number_text import read_numbers
from gamelabel.reliability import accuracy, alpha
from gamelabel.tables import count_votes, players_from_labels, to_annotations
from tests.readers.release import jpeg
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


def test_rows_with_empty_cells_are_rejected(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label\nt1,u,0\nt1,v,1\n,u,1\nt2,,\nt2,v,1\n")
    _, labels, _, rejected = read_crowd(path)
    assert labels.pair_id.tolist() == ["t1", "t1", "t2"]
    assert rejected.to_dict("records") == [
        {"row": 2, "column": "task", "reason": "is empty"},
        {"row": 3, "column": "label", "reason": "is empty"},
        {"row": 3, "column": "worker", "reason": "is empty"},
    ]


def test_a_wrong_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"3 different labels, such as 'down', 'left', 'right': .* name it by tie=LABEL",
    ):
        read_crowd(csv(tmp_path, "task,worker,label\n1,1,left\n1,2,right\n1,3,down\n"))
    with pytest.raises(
        ValueError,
        match=r"no column 'worker': its columns are task, who, label\. If .* worker=COLUMN",
    ):
        read_crowd(csv(tmp_path, "task,who,label\n1,1,left\n"))
    with pytest.raises(ValueError, match="is empty"):
        read_crowd(csv(tmp_path, ""))
    with pytest.raises(ValueError, match=r"labels\.csv has no label that can be read$"):
        read_crowd(csv(tmp_path, "task,worker,label\n"))
    with pytest.raises(ValueError, match="that can be read; row 0: worker is empty"):
        read_crowd(csv(tmp_path, "task,worker,label\n1,,left\n"))
    with pytest.raises(
        ValueError, match=r"has 2 columns 'label', numbers 3 and 4 .*: rename all but"
    ):
        read_crowd(csv(tmp_path, "task,worker,label,label\n1,u,left,right\n"))
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
    assert annotations.labels.to_numpy().tolist() == [["t1", "u", 1], ["t4", "u", 0]]
    assert annotations.gold.to_numpy().tolist() == [["t1", 1]]
    assert annotations.rejected.row.tolist() == [1, 2, 2, 3, 4, 6, 1]
    reasons = [
        "has 2 cells",
        "is not UTF-8: b",
        "is not UTF-8: b",
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
    path = csv(tmp_path, '\ufefftask,worker,label\n"1, ö",星,0\n"1, ö",w,2\n2,w,1\n')
    annotations = read_annotations(path, csv(tmp_path, "task,label\n2,1\n", "gold.csv"))
    rows = [["1, ö", "星", 0], ["1, ö", "w", 2], ["2", "w", 1]]
    assert annotations.labels.to_numpy().tolist() == rows
    assert annotations.gold.to_numpy().tolist() == [["2", 1]] and len(annotations.rejected) == 0


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("item,performer,answer", "task=item, worker=performer, label=answer"),
        ("HITId,WorkerId,Answer.choice", "task=HITId, worker=WorkerId, label=Answer.choice"),
        ("INPUT:image,ASSIGNMENT:worker_id,OUTPUT:result", "task=INPUT:image, worker=ASSIGNMENT:"),
        ("question,annotator_id,rating", "task=question, worker=annotator_id, label=rating"),
        ("Question ID,User,Response", "task=Question ID, worker=User, label=Response"),
    ],
)
def test_columns_with_usual_names_are_taken_and_named(
    tmp_path: Path, header: str, taken: str
) -> None:
    path = csv(tmp_path, f"seconds,{header}\n3,t1,u,left\n4,t1,v,right\n")
    with pytest.warns(UserWarning, match=rf"labels\.csv: took {taken}"):
        annotations = read_annotations(path)
    assert annotations.labels.to_numpy().tolist() == [["t1", "u", "left"], ["t1", "v", "right"]]


def test_own_names_and_given_names_are_taken_without_a_warning(tmp_path: Path) -> None:
    path = csv(tmp_path, "Task, worker ,LABEL,performer,answer\nt1,u,left,p,x\nt1,v,right,p,x\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_annotations(path).labels.worker.tolist() == ["u", "v"]
        given = read_annotations(path, task="LABEL", worker="performer", label="answer")
    assert given.labels.to_numpy().tolist() == [["left", "p", "x"], ["right", "p", "x"]]
    with pytest.raises(ValueError, match="no column 'Label' for label: its columns are Task, wor"):
        read_annotations(path, label="Label")


def test_several_columns_with_usual_names_are_an_error(tmp_path: Path) -> None:
    path = csv(tmp_path, "HITId,WorkerId,Answer.a,Answer.b\nt,u,1,2\n")
    message = r"several columns that may be the label: Answer.a, Answer.b. Name one by label=Answer"
    with pytest.raises(ValueError, match=message):
        read_annotations(path)
    with pytest.warns(UserWarning, match="took task=HITId, worker=WorkerId"):
        assert read_annotations(path, label="Answer.b").labels.label.tolist() == [2]


def test_known_answers_may_be_a_column_of_the_labels(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label,gold\n1,u,l,l\n1,v,r,l\n2,u,r,\n3,u,r,nan\n")
    annotations = read_annotations(path)
    assert annotations.gold.to_numpy().tolist() == [[1, "l"]] and len(annotations.labels) == 4
    pairs, labels, _, _ = read_crowd(path)
    assert pairs.kind.tolist() == ["comparison", "preference", "preference"]
    assert pairs.gold.tolist()[0] == "a" and labels.choice.tolist() == list("abbb")
    named = csv(tmp_path, "task,worker,label,correct\n1,u,l,r\n1,v,r,r\n")
    assert len(read_annotations(named).gold) == 0
    assert read_annotations(named, gold="correct").gold.to_numpy().tolist() == [[1, "r"]]
    with pytest.raises(ValueError, match="different answers for 1 tasks, such as 1"):
        read_annotations(csv(tmp_path, "task,worker,label,gold\n1,u,l,l\n1,v,r,r\n"))
    with pytest.warns(UserWarning, match=r"gold\.csv: took gold=true_label"):
        gold = csv(tmp_path, "task,true_label,label\n1,r,x\n", "gold.csv")
        assert read_annotations(named, gold).gold.to_numpy().tolist() == [[1, "r"]]


def test_known_answers_that_match_nothing_show_both_sides(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label\nt1,u,left\nt2,v,right\n")
    with pytest.raises(
        ValueError, match=r"gold\.csv has tasks such as '1', .*labels.csv such as 't1'"
    ):
        read_annotations(path, csv(tmp_path, "task,label\n1,left\n", "gold.csv"))
    with pytest.raises(
        ValueError, match=r"gold\.csv has labels such as '0', '1', .*'left', 'right'"
    ):
        read_annotations(path, csv(tmp_path, "task,label\nt1,0\nt2,1\n", "gold.csv"))


def test_text_that_is_all_numbers_is_numbers(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label\n10,7,10\n2,7.0,2\n10.0,12,9\n2,12,2.0\n")
    gold = csv(tmp_path, "task,label\n2.0,2\n10,10.00\n", "gold.csv")
    annotations = read_annotations(path, gold)
    assert annotations.labels.to_numpy().tolist() == [
        [10, 7, 10],
        [2, 7, 2],
        [10, 12, 9],
        [2, 12, 2],
    ]
    assert annotations.gold.to_numpy().tolist() == [[2, 2], [10, 10]]
    ratings = annotations.labels[["task", "label"]]
    numbers = pd.DataFrame({"task": [10, 2, 10, 2], "label": [10, 2, 9, 2]})
    assert alpha(ratings, level="ordinal") == alpha(numbers, level="ordinal")
    accurate = accuracy(annotations.labels, annotations.gold).set_index("worker")
    assert accurate.right.to_dict() == {7: 2, 12: 1}
    choices = csv(tmp_path, "task,worker,label\n1,u,10\n1,v,2\n2.0,v,2\n")
    pairs, labels, _, _ = read_crowd(choices)
    assert labels.choice.tolist() == ["b", "a", "a"] and pairs.pair_id.tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["007", "12"], ["007", "12"]),
        (["1234567890123456789", "1"], ["1234567890123456789", "1"]),
        (["1", "x"], ["1", "x"]),
        (["0.5", "1e-3", "2"], [0.5, 0.001, 2.0]),
        (["-1", "0"], [-1, 0]),
        (["", "1"], ["", "1"]),
        (["1.", ".5", "."], ["1.", ".5", "."]),
    ],
)
def test_which_text_is_a_number(values: list[str], expected: list[object]) -> None:
    [column] = read_numbers(pd.Series(values), decimals=True)
    assert column.tolist() == expected


def test_one_number_written_in_two_ways_beside_text_is_an_error(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label\n1,u,left\n1.0,v,right\nx,v,left\n")
    with pytest.raises(ValueError, match=r"labels\.csv: '1' and '1\.0' are the same number"):
        read_annotations(path)


def test_a_second_label_of_a_worker_counts_as_in_the_statistics(tmp_path: Path) -> None:
    text = "task,worker,label\n1,u,0\n1,u,1\n1,v,1\n2,u,0\n2,v,0\n"
    path = csv(tmp_path, text)
    with pytest.warns(UserWarning, match="1 of 5 labels repeat a worker's label of a task; each"):
        annotations = read_annotations(path)
    frame = pd.read_csv(path)
    assert alpha(annotations.labels) == alpha(frame)
    assert aggregate(annotations.labels).equals(aggregate(frame))


@pytest.mark.parametrize("missing", ["nan", "NaN", "None", "NULL", "<NA>", "N/A"])
def test_unknown_workers_are_not_one_worker(tmp_path: Path, missing: str) -> None:
    path = csv(tmp_path, f"task,worker,label\n1,{missing},a\n2,{missing},b\n2,3.0,b\n")
    annotations = read_annotations(path)
    assert annotations.labels.worker.tolist() == [3]
    assert set(annotations.rejected.reason) == {f"is '{missing}': a missing value"}


def test_ties_by_name_and_by_usual_names(tmp_path: Path) -> None:
    rows = "task,worker,label\n1,u,left\n1,v,{0}\n1,w,right\n"
    for word, named in (("Tie", ""), ("no preference", "no preference"), ("TIE", "TIE")):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tables = read_crowd(csv(tmp_path, rows.format(word)), tie=named)
        assert tables.labels.choice.tolist() == ["a", "tie", "b"]
    with pytest.warns(UserWarning, match="took tie=draw"):
        read_crowd(csv(tmp_path, rows.format("draw")))
    numbers = csv(tmp_path, "task,worker,label\n1,u,0\n1,v,0.5\n1,w,1\n")
    assert read_crowd(numbers, tie="0.5").labels.choice.tolist() == ["a", "tie", "b"]
    with pytest.raises(
        ValueError, match=r"no label 'draw', which tie= names: its labels are 0\.0, 0"
    ):
        read_crowd(numbers, tie="draw")
    with pytest.raises(ValueError, match="Some differ in capital letters only: write them alike"):
        read_crowd(csv(tmp_path, rows.format("Left")))


@pytest.mark.parametrize(
    "content",
    [
        "task;worker;label\r\n1;u;left\r\n1;v;right\r\n",
        "task\tworker\tlabel\n1\tu\tleft\n1\tv\tright\n",
        "sep=;\ntask;worker;label\n1;u;left\n1;v;right\n",
        "\n\ntask, worker, label\n1, u, left\n1, v , right\n",
        "task,worker,label\n1,u,left,\n1,v,right,,\n",
        "task,worker,label\r1,u,left\r1,v,right\r",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_write(tmp_path: Path, content: str, encoding: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(content.encode(encoding))
    annotations = read_annotations(path)
    assert annotations.labels.to_numpy().tolist() == [[1, "u", "left"], [1, "v", "right"]]
    assert len(annotations.rejected) == 0


def test_characters_that_cannot_be_shown_are_rejected(tmp_path: Path) -> None:
    path = csv(tmp_path, "task,worker,label\n1,u,le\x00ft\n1,v,left\n1,Zoë 星,left\n")
    annotations = read_annotations(path)
    assert annotations.labels.worker.tolist() == ["v", "Zoë 星"]
    assert r"cannot be shown: 'le\x00ft'" in annotations.rejected.reason[0]


def test_a_real_crowd_has_the_same_statistics_in_the_tables() -> None:
    pairs, labels, _, rejected = read_crowd(
        external_file("crowd_labels", "rte/label.csv"),
        external_file("crowd_labels", "rte/truth.csv"),
        task="item",
        gold="truth",
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


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["left", "Left", "right"], r"'Left', 'left', 'right'.*differ in capital letters only"),
        (["no pref", "no  pref", "right"], "'no  pref', 'no pref', 'right'"),
        (["no pref", "no\u00a0pref", "right"], r"'no pref', 'no\\xa0pref', 'right'"),
        (["left", "left\u200b", "right"], r"'left', 'left\\u200b', 'right'"),
        (["0", "0.0", "right"], "'0' and '0.0' are the same number written in two ways"),
    ],
)
def test_labels_that_look_alike_are_shown_with_their_blanks(
    labels: list[str], shown: str, tmp_path: Path
) -> None:
    rows = "".join(f"t{i},u,{label}\n" for i, label in enumerate(labels))
    with pytest.raises(ValueError, match=shown):
        read_crowd(csv(tmp_path, "task,worker,label\n" + rows))


def test_blanks_around_labels_and_names_of_columns_do_not_count(tmp_path: Path) -> None:
    path = csv(tmp_path, "task, worker ,label\nt1,u, left \nt1,v,\u00a0left\nt2,u,right\n")
    assert read_crowd(path).labels.choice.tolist() == ["a", "a", "b"]
    twice = csv(tmp_path, "task,worker,label,label \nt1,u,left,right\n")
    with pytest.raises(ValueError, match=r"2 columns 'label', .*blanks around names do not count"):
        read_crowd(twice)


def test_bytes_of_another_encoding_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"task,worker,label\nt1,u,left\nt2,Zo\xeb,right\nt3,u,right\n")
    [reason] = read_crowd(path).rejected.reason
    assert reason == r"is not UTF-8: b'Zo\xeb'; save the file as UTF-8"


@pytest.mark.parametrize(
    ("label", "choice"), [("right", "b"), ("Left", "a"), ("second", "b"), ("B", "b"), ("1", "a")]
)
def test_a_word_for_a_side_keeps_its_meaning_alone(label: str, choice: str, tmp_path: Path) -> None:
    path = csv(tmp_path, f"task,worker,label\nt1,u,{label}\n")
    assert read_crowd(path).labels.choice.tolist() == [choice]


def test_prompts_and_pictures_beside_the_labels(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.jpg").write_bytes(jpeg(i))
    header = "task,worker,label,prompt,image_a,image_b\n"
    rows = "1,u,left,a fox,0.jpg,1.jpg\n1,v,tie,a fox,0.jpg,1.jpg\n2,u,right,a tram,0.jpg,9.jpg\n"
    path = csv(tmp_path, header + rows)
    tables = read_crowd(path, run_dir=tmp_path / "run")
    assert tables.labels.choice.tolist() == ["a", "tie"]
    [pair] = tables.pairs.to_dict("records")
    assert (pair["pair_id"], pair["prompt"]) == ("1", "a fox")
    assert (tmp_path / "run" / pair["image_b"]).read_bytes() == jpeg(1)
    assert tables.rejected.row.tolist() == [2] and "9.jpg" in tables.rejected.reason[0]
    other = csv(tmp_path, header + rows + "1,w,left,a fox,2.jpg,1.jpg\n")
    with pytest.raises(ValueError, match=r"task '1' has .* other pictures in row 3 than in row 0"):
        read_crowd(other, run_dir=tmp_path / "run")
    half = csv(tmp_path, "task,worker,label,image_a\n1,u,left,0.jpg\n")
    with pytest.raises(ValueError, match="has the column image_a only: it needs image_a and image"):
        read_crowd(half, run_dir=tmp_path / "run")
