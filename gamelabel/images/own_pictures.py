"""Pairs of pictures that exist already: a CSV file of paths, or a folder of pictures."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from gamelabel.files import sha256_text
from gamelabel.games.pairs.decoys import choose_decoys
from gamelabel.tables.picture_files import picture_suffix
from gamelabel.tables.rows import BadFile, RejectedRow, csv_header, csv_rows

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_EXPECTED = "a CSV file with columns prompt, image_a, image_b, or prompt, image"


def read_pictures(source: str | Path) -> pd.DataFrame:
    r"""Read which two pictures of a prompt make a pair.

    Parameters
    ----------
    source : str or Path
        A CSV file with a row for each pair (prompt, image_a, image_b) or for each picture (prompt,
        image); paths are relative to the file. Or a folder: the prompt of NAME.png is the content
        of NAME.txt beside it, as in data sets for training adapters, or the name of its subfolder.
        Every two pictures of a prompt are a pair.

    Returns
    -------
    DataFrame
        Columns `prompt`, `picture_a` and `picture_b`, absolute paths.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder, or a picture does not exist.
    BadFile
        If a column or a prompt is missing, a picture cannot be read, or there is no pair.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("1", "2"):
    ...         Image.new("RGB", (8, 8), int(name)).save(Path(folder) / f"{name}.png")
    ...     path = Path(folder) / "pictures.csv"
    ...     _ = path.write_text("prompt,image\na star,1.png\na star,2.png\n")
    ...     read_pictures(path).prompt.tolist()
    ['a star']
    """
    path = Path(source).absolute()
    rows = _folder_rows(path) if path.is_dir() else _csv_rows(path)
    for _, pictures in rows:
        for picture in pictures:
            _check_picture(picture, path)
    by_prompt: dict[str, list[Path]] = {}
    pairs = []
    for prompt, pictures in rows:
        if len(pictures) == 2:
            pairs.append((prompt, *pictures))
        else:
            by_prompt.setdefault(prompt, []).extend(pictures)
    for prompt, pictures in by_prompt.items():
        pairs += [(prompt, *two) for two in combinations(dict.fromkeys(pictures), 2)]
    if not pairs:
        raise BadFile(
            f"{path} has no prompt with two pictures: {len(rows)} pictures of {len(by_prompt)} "
            "prompts were found"
        )
    return pd.DataFrame(pairs, columns=["prompt", "picture_a", "picture_b"], dtype=object)


def own_pairs(source: str | Path, points: int, comparisons: int, seed: int) -> pd.DataFrame:
    """Plan data points of pictures that exist, as `make_pairs` does of pictures to be drawn.

    The decoy of a comparison point is a picture of a prompt that shares no word with its own and
    has no other use. A quarter of the prompts, or fewer, are those of comparison points; fewer also
    where no decoy is left.

    Parameters
    ----------
    source : str or Path
        See `read_pictures`.
    points, comparisons : int
        The most preference points and comparison points.
    seed : int
        Seed of the plan.

    Returns
    -------
    DataFrame
        As from `make_pairs`; `drawn_a` and `drawn_b` are the paths of the pictures.
    """
    pictures = read_pictures(source)
    rng = np.random.default_rng(seed)
    texts = rng.permutation(pictures["prompt"].unique()).tolist()
    decoy_of = _choose_comparisons(texts, min(comparisons, len(texts) // 4))
    first = pictures.drop_duplicates("prompt").set_index("prompt")["picture_a"]
    compared = {*decoy_of, *decoy_of.values()}
    preferences = pictures[~pictures["prompt"].isin(compared)]
    chosen = preferences.iloc[np.sort(rng.permutation(len(preferences))[:points])]
    rows = [
        {"prompt": row.prompt, "drawn_a": row.picture_a, "drawn_b": row.picture_b, "gold": None}
        for row in chosen.itertuples()
    ]
    sides = rng.permutation(np.resize(["a", "b"], len(decoy_of)))
    for (prompt, decoy), gold in zip(decoy_of.items(), sides, strict=True):
        other = "b" if gold == "a" else "a"
        point = {f"drawn_{gold}": first[prompt], f"drawn_{other}": first[decoy]}
        rows.append({"prompt": prompt, "gold": gold, **point})
    frame = pd.DataFrame(rows, columns=["prompt", "gold", "drawn_a", "drawn_b"], dtype=object)
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    frame["pair_id"] = [f"p{number:06d}" for number in range(len(frame))]
    frame["kind"] = np.where(frame["gold"].isna(), "preference", "comparison")
    frame["prompt_id"] = [f"own-{sha256_text(text)[:12]}" for text in frame["prompt"]]
    for side in "ab":
        suffix = frame[f"drawn_{side}"].map(lambda path: path.suffix.lower())
        frame[f"image_{side}"] = "images/" + frame["pair_id"] + f"-{side}" + suffix
    return frame.assign(seed_a=None, seed_b=None, model=None)


def _choose_comparisons(texts: list[str], n: int) -> dict[str, str]:
    """Choose up to n prompts, each with a decoy; prompts for which none is left are skipped."""
    free = list(texts)
    decoy_of: dict[str, str] = {}
    for prompt in texts:
        if len(decoy_of) == n:
            break
        if prompt not in free:
            continue
        free.remove(prompt)
        try:
            [decoy] = choose_decoys([prompt], free[::-1])
        except ValueError:
            free.append(prompt)
            continue
        free.remove(decoy)
        decoy_of[prompt] = decoy
    return decoy_of


def _csv_rows(path: Path) -> list[tuple[str, list[Path]]]:
    """Return the prompt and the pictures of each row, two or one."""
    header, delimiter = csv_header(path, _EXPECTED)
    columns = ["image"] if "image" in header else ["image_a", "image_b"]
    rows = []
    for row in csv_rows(path, ["prompt", *columns], delimiter):
        cells = {name: cell.strip() for name, cell in row.cells.items()}
        empty = [name for name in ("prompt", *columns) if not row.error and not cells[name]]
        if row.error or empty:
            reason = row.error or f"has no {empty[0]}"
            raise BadFile(f"{path}, row {row.number} (counted from 0) {reason}")
        rows.append((cells["prompt"], [path.parent / cells[name] for name in columns]))
    return rows


def _folder_rows(folder: Path) -> list[tuple[str, list[Path]]]:
    """Return the prompt of each picture of a folder and of its subfolders, ordered by path."""
    rows = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _SUFFIXES:
            continue
        caption = path.with_suffix(".txt")
        if caption.is_file():
            prompt = caption.read_text(encoding="utf-8-sig").strip()
        elif path.parent != folder:
            prompt = path.parent.name
        else:
            raise BadFile(
                f"{path} has no prompt: write it to {caption.name} beside it, or put the picture "
                "into a subfolder that has the prompt as its name"
            )
        if not prompt:
            raise BadFile(f"{caption} is empty: it must contain the prompt of {path.name}")
        rows.append((prompt, [path]))
    if not rows:
        raise BadFile(f"{folder} has no picture (.jpg, .png or .webp)")
    return rows


def _check_picture(path: Path, source: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found, which {source} names")
    try:
        picture_suffix(path.read_bytes())
    except RejectedRow as rejection:
        raise BadFile(f"{path}: {rejection.faults[0][1]}") from None
