"""Ratings of generated pictures that others published: TIFA, AGIQA-3K, GenEval, and Gecko's flags.

`read_ratings` reads all of them that are available; see `gamelabel.sources`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from gamelabel.readers.imagereward import read_rankings
from gamelabel.sources import DataNotFound, data_file
from gamelabel.tables.label_tables import LabelTables

_GENEVAL = {"clip": "CLIP retrieval", "if-xl": "IF-XL", "sdv2": "Stable Diffusion 2.1"}
_REAL = 2  # of 3: at most this, an object looks unreal
_QUESTIONS = (1, 2)  # objects that a prompt of GenEval may name
GENEVAL_ISSUES = ("missing object", "wrong number", "wrong color", "looks unreal")
_ABOUT = ("picture", "prompt", "category", "model", "rater", "quality")
_COLUMNS = {
    "tifa": ("picture", "prompt_id", "model", "rater", "faithfulness"),
    "agiqa3k": ("picture", "prompt", "quality", "alignment", "model", "adjectives"),
    "geneval": (*_ABOUT, *GENEVAL_ISSUES),
    "prompts_gecko": ("prompt", "skill", "agreed"),
}


def read_ratings(download: bool = False) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Read the published ratings of pictures.

    Parameters
    ----------
    download : bool, default False
        Whether to download files that are not available here.

    Returns
    -------
    ratings : dict of str to DataFrame
        The sets by their keys in `data/sources.yaml`; one that is not available has no rows.

        - ``tifa``: `picture`, `prompt_id`, `model`, `rater` (1 or 2), `faithfulness` (1 to 5).
        - ``agiqa3k``: `picture`, `prompt`, `model`, `quality` and `alignment` (mean scores, 0 to
          5), `adjectives` (those that were added to the prompt, joined by "; ").
        - ``geneval``: see `read_geneval_judgements`.
        - ``prompts_gecko``: `prompt`, `skill`, `agreed` (whether raters agreed about its pictures).
    missing : dict of str to str
        The reason for each other set.
    """
    ratings, missing = {}, {}
    for name, read in _READERS.items():
        try:
            ratings[name] = read(download)
        except DataNotFound as error:
            ratings[name] = pd.DataFrame(columns=_COLUMNS[name])
            missing[name] = str(error).splitlines()[0]
    return ratings, missing


def shipped_rankings() -> LabelTables:
    """Return ImageReward's test rankings, which ship with the project, as pairs and labels.

    >>> len(shipped_rankings().pairs)
    7224
    """
    return read_rankings(data_file("imagereward", "test.json", download=False))


def missing_sets(missing: Mapping[str, str]) -> str:
    """Return a sentence about the sets that are not available; empty if all are.

    >>> missing_sets({"tifa": "the file is not available"})
    'Not here: tifa. `gamelabel data fetch tifa` downloads what is missing.'
    """
    if not missing:
        return ""
    command = f"gamelabel data fetch {' '.join(missing)}"
    return f"Not here: {', '.join(missing)}. `{command}` downloads what is missing."


def read_tifa(path: Path) -> pd.DataFrame:
    """Read TIFA's human annotations, a row a score.

    >>> import tempfile
    >>> record = {"text_id": "coco_1", "human_scores": [4, 5]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "tifa.json"
    ...     _ = file.write_text(json.dumps({"coco_1_mini_dalle": record}))
    ...     read_tifa(file)[["model", "rater", "faithfulness"]].values.tolist()
    [['mini_dalle', 1, 4], ['mini_dalle', 2, 5]]
    """
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    rows = [
        {
            "picture": picture,
            "prompt_id": record["text_id"],
            "model": picture.removeprefix(f"{record['text_id']}_"),
            "rater": rater,
            "faithfulness": score,
        }
        for picture, record in content.items()
        for rater, score in enumerate(record["human_scores"], 1)
    ]
    return pd.DataFrame(rows)


def read_agiqa(path: Path) -> pd.DataFrame:
    """Read the mean opinion scores of AGIQA-3K, a row a picture."""
    raw = pd.read_csv(path)
    columns = {"name": "picture", "mos_quality": "quality", "mos_align": "alignment"}
    ratings = raw.rename(columns=columns)
    model = ratings["picture"].str.replace(r"_\d+\.\w+$", "", regex=True)
    adjectives = [
        "; ".join(word for word in words if isinstance(word, str))
        for words in zip(raw["adj1"], raw["adj2"], strict=True)
    ]
    kept = ratings[["picture", "prompt", "quality", "alignment"]]
    return kept.assign(model=model, adjectives=adjectives)


def read_geneval_judgements(annotations: Mapping[str, Path], metadata: Path) -> pd.DataFrame:
    """Read GenEval's judgements of pictures, with what each says is wrong.

    Parameters
    ----------
    annotations : mapping of str to Path
        The file of judgements of each model.
    metadata : Path
        The file that says what each prompt asks for.

    Returns
    -------
    DataFrame
        A row a judgement: `picture`, `prompt`, `category` (the skill that the prompt tests),
        `model`, `rater` (a number within the picture; nobody is named), `quality` (1 to 4), and
        `GENEVAL_ISSUES`, which follow from the answers: 1.0 (present), 0.0 or NaN (not asked). A
        picture that was judged once is left out.
    """
    lines = Path(metadata).read_text(encoding="utf-8").splitlines()
    requests = {record["prompt"]: record for record in map(json.loads, lines)}
    frames = []
    for model, path in annotations.items():
        raw = pd.read_csv(path)
        raw = raw[raw.groupby("HITId")["HITId"].transform("size") > 1].reset_index(drop=True)
        records = [requests.get(caption, {}) for caption in raw["Input.caption"]]
        frame = pd.DataFrame(
            {
                "picture": raw["HITId"],
                "prompt": raw["Input.caption"],
                "category": [record.get("tag", "").replace("_", " ") for record in records],
                "model": model,
                "rater": raw.groupby("HITId").cumcount() + 1,
                "quality": raw["Answer.task-quality"],
            }
        )
        issues = pd.DataFrame(
            [
                _issues(dict(row), record.get("include", []))
                for row, record in zip(raw.to_dict("records"), records, strict=True)
            ]
        )
        frames.append(pd.concat([frame, issues.astype(float)], axis=1))
    return pd.concat(frames, ignore_index=True)


def _issues(answer: Mapping[str, object], include: list[Mapping[str, object]]) -> dict[str, object]:
    """Return what a judgement says is wrong; None where it was not asked."""
    counts, numbers = _answers(answer, "count"), [thing.get("count", 1) for thing in include]
    named = list(zip(counts, numbers, strict=False))
    known = [(count, number) for count, number in named if pd.notna(count)]
    reals = [value for value in _answers(answer, "real") if pd.notna(value)]
    colors = [
        str(thing["color"]) in str(shown).split("|")
        for shown, thing in zip(_answers(answer, "color"), include, strict=False)
        if "color" in thing and pd.notna(shown)
    ]
    present = [(count, number) for count, number in known if count != 0]
    issues = (
        any(count == 0 for count, _ in known) if known else None,
        any(count != number for count, number in present) if present else None,
        not all(colors) if colors else None,
        any(float(str(value)) <= _REAL for value in reals) if reals else None,
    )
    return dict(zip(GENEVAL_ISSUES, issues, strict=True))


def _answers(answer: Mapping[str, object], question: str) -> list[object]:
    """Return the answers about the first and the second object of a prompt."""
    return [answer[f"Answer.task-{question}-{number - 1}"] for number in _QUESTIONS]


def _read_gecko(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path)
    skill = raw["dataset_id"].where(raw["prompt_type"] == "Gecko(S)", "")
    skills = skill.str.split(":").str[0].replace("", "other collections")
    agreed = raw["max_disagreement_less_0.5"].astype(bool)
    return pd.DataFrame({"prompt": raw["prompt"], "skill": skills, "agreed": agreed})


def _tifa(download: bool) -> pd.DataFrame:
    return read_tifa(data_file("tifa", "human_annotations.json", download))


def _agiqa(download: bool) -> pd.DataFrame:
    return read_agiqa(data_file("agiqa3k", "data.csv", download))


def _geneval(download: bool) -> pd.DataFrame:
    files = {
        model: data_file("geneval", f"annotations_{name}.csv", download)
        for name, model in _GENEVAL.items()
    }
    return read_geneval_judgements(
        files, data_file("geneval", "evaluation_metadata.jsonl", download)
    )


def _gecko(download: bool) -> pd.DataFrame:
    return _read_gecko(data_file("prompts_gecko", "prompts.csv", download))


_READERS: dict[str, Callable[[bool], pd.DataFrame]] = {
    "tifa": _tifa,
    "agiqa3k": _agiqa,
    "geneval": _geneval,
    "prompts_gecko": _gecko,
}
