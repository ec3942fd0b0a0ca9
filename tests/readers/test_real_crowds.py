import pytest

from gamelabel import sources
from gamelabel.readers.real_crowds import PUBLISHED_ACCURACY, REAL_CROWDS, real_crowds


def test_unknown_and_missing_crowds_are_named(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="there is no crowd rta; the crowds are rte, dog"):
        real_crowds("rta, dog")
    for name in ("DATA_CACHE", "SHARED_DATA"):
        monkeypatch.setattr(sources, name, tmp_path)
    monkeypatch.delenv("GAMELABEL_DATA", raising=False)
    crowds, missing = real_crowds()
    assert not crowds and list(missing) == list(REAL_CROWDS)
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
