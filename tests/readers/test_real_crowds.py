import pandas as pd
import pytest

from gamelabel import sources
from gamelabel.readers.real_crowds import (
    PUBLISHED_ACCURACY,
    REAL_CROWDS,
    RealCrowd,
    crowd_sizes,
    missing_text,
    real_crowds,
    timed_labels,
)


def test_unknown_and_missing_crowds_are_named(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="there is no crowd rta; the crowds are rte, dog"):
        real_crowds("rta, dog")
    for name in ("DATA_CACHE", "SHARED_DATA"):
        monkeypatch.setattr(sources, name, tmp_path)
    monkeypatch.delenv("GAMELABEL_DATA", raising=False)
    crowds, missing = real_crowds()
    assert list(crowds) == ["imagereward"], "the one that ships"
    assert list(missing) == [name for name in REAL_CROWDS if name != "imagereward"]
    assert missing_text(missing).startswith("12 crowds are not here (rte, dog, ")
    assert missing_text({}) == ""
    assert (
        "label.csv of Eight sets of crowd labels" in missing["rte"]
        and "is not available" in missing["rte"]
    )


COUNTS = {
    "rte": (8000, 164),
    "weather_cf": (1720, 461),
    "sp_amt": (10000, 143),
    "llmfao": (8931, 124),
}
COUNTS |= {"geneval_clip": (2000, 0), "imagereward": (7224, 0)}


@pytest.mark.parametrize("name", COUNTS)
def test_real_crowds_have_their_published_sizes(name: str) -> None:
    crowds, missing = real_crowds(name)
    if missing:
        pytest.skip(missing[name])
    crowd = crowds[name]
    assert (len(crowd.labels), crowd.labels.worker.nunique()) == COUNTS[name]
    assert (len(crowd.gold) > 0) == (
        name in PUBLISHED_ACCURACY
    ) and crowd.labels.label.notna().all()
    first = real_crowds(name, n_tasks=50)[0][name]
    assert first.labels.task.nunique() == 50 and set(first.gold.task) <= set(first.labels.task)


def small_crowds() -> dict[str, RealCrowd]:
    labels = pd.DataFrame({"task": ["1", "1"], "worker": ["w", None], "label": ["a", "b"]})
    gold = pd.DataFrame({"task": [], "label": []})
    plain = RealCrowd(labels, gold, "nominal", "two classes")
    return {"plain": plain, "timed": plain._replace(labels=labels.assign(seconds=[3, 4]))}


def test_the_sizes_of_crowds() -> None:
    table = crowd_sizes(small_crowds())
    row = {"tasks": 1, "workers": 1, "labels": 2, "question": "two classes"}
    assert table.index.name == "crowd" and table.loc["plain"].to_dict() == row


def test_labels_with_times_keep_their_crowds_apart() -> None:
    timed = timed_labels(small_crowds())
    assert timed.task.tolist() == ["timed1", "timed1"] and timed.seconds.tolist() == [3, 4]
    assert timed_labels({}).empty


@pytest.mark.parametrize("name", PUBLISHED_ACCURACY)
def test_a_published_accuracy_is_that_of_a_whole_number_of_tasks(name: str) -> None:
    """It is published with four digits."""
    assert all(0.5 < accuracy < 1 for accuracy in PUBLISHED_ACCURACY[name])
    crowds, missing = real_crowds(name)
    if missing:
        pytest.skip(missing[name])
    n = len(crowds[name].gold)
    for accuracy in PUBLISHED_ACCURACY[name]:
        assert round(n * accuracy) / n == pytest.approx(accuracy, abs=0.5e-4)
