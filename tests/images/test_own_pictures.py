from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from gamelabel.images.own_pictures import own_pairs, read_pictures
from gamelabel.images.pairs import draw_pairs, make_pairs
from gamelabel.tables import write_table


def picture(path: Path, shade: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 8), (shade, 0, 0)).save(path)
    return path


def caption_folder(folder: Path, prompts: list[str]) -> Path:
    """Two pictures of each prompt, with captions beside them."""
    for i, prompt in enumerate(prompts):
        for k in (0, 1):
            picture(folder / f"{i}-{k}.png", 2 * i + k).with_suffix(".txt").write_text(prompt)
    return folder


WORDS = ["fox", "tram", "boat", "lamp", "star", "tree", "drum", "kite"]


def test_pairs_and_single_pictures_of_a_csv_file(tmp_path: Path) -> None:
    for i in range(4):
        picture(tmp_path / f"p/{i}.png", i)
    path = tmp_path / "pictures.csv"
    path.write_text("prompt;image_a;image_b\na fox;p/0.png;p/1.png\na tram;p/2.png;p/3.png\n")
    pairs = read_pictures(path)
    assert pairs.prompt.tolist() == ["a fox", "a tram"]
    assert pairs.picture_b.tolist() == [tmp_path / "p/1.png", tmp_path / "p/3.png"]
    path.write_text("prompt,image\n" + "".join(f"a fox,p/{i}.png\n" for i in range(3)))
    assert len(read_pictures(path)) == 3  # every two of three


def test_captions_and_names_of_subfolders_are_prompts(tmp_path: Path) -> None:
    caption_folder(tmp_path, ["a fox"])
    picture(tmp_path / "a tram/1.jpg", 9)
    picture(tmp_path / "a tram/2.webp", 8)
    assert sorted(read_pictures(tmp_path).prompt) == ["a fox", "a tram"]


def test_a_plan_has_each_picture_once_and_is_written_to_the_run(tmp_path: Path) -> None:
    source = caption_folder(tmp_path / "own", [f"a {word}" for word in WORDS])
    plan = make_pairs(pd.DataFrame(), 60, 20, "model", 1, source)
    assert plan.kind.value_counts().to_dict() == {"preference": 4, "comparison": 2}
    assert plan.equals(own_pairs(source, 60, 20, 1)) and not plan.equals(own_pairs(source, 9, 9, 2))
    for point in plan[plan.kind == "comparison"].to_dict("records"):
        shown = point[f"drawn_{point['gold']}"].with_suffix(".txt").read_text()
        decoy = point["drawn_b" if point["gold"] == "a" else "drawn_a"]
        assert shown == point["prompt"] != decoy.with_suffix(".txt").read_text()
        assert decoy.with_suffix(".txt").read_text() not in set(plan.prompt)
    assert draw_pairs(None, plan, tmp_path / "run") == 12
    write_table(plan.drop(columns=["drawn_a", "drawn_b"]), tmp_path / "run", "pairs")
    for row in plan.to_dict("records"):
        copy = tmp_path / "run" / row["image_b"]
        assert copy.read_bytes() == row["drawn_b"].read_bytes()
    fewer = own_pairs(source, 2, 1, 1)
    draw_pairs(None, fewer, tmp_path / "run")
    assert len(list((tmp_path / "run/images").iterdir())) == 6, "an earlier plan's are removed"


def test_without_decoys_there_are_fewer_comparison_points(tmp_path: Path) -> None:
    alike = [f"a red {word}" for word in WORDS[:6]]
    source = caption_folder(tmp_path / "own", [*alike, "a tall tree", "an old drum"])
    for seed in range(5):
        plan = own_pairs(source, 60, 20, seed)
        assert 1 <= (plan.kind == "comparison").sum() <= 2
    alone = caption_folder(tmp_path / "alike", alike)
    assert set(own_pairs(alone, 60, 20, 0).kind) == {"preference"}


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pictures.csv"
    path.write_text("prompt,image_a,image_b\na fox,no.png,1.png\n")
    with pytest.raises(FileNotFoundError, match=r"no\.png not found, which .*pictures\.csv names"):
        read_pictures(path)
    path.write_text("prompt,image_a,image_b\n,0.png,1.png\n")
    with pytest.raises(ValueError, match=r"row 0 \(counted from 0\) has no prompt"):
        read_pictures(path)
    (tmp_path / "0.png").write_bytes(b"not a picture")
    path.write_text("prompt,image\na fox,0.png\n")
    with pytest.raises(ValueError, match=r"0\.png: the picture is not a readable JPEG or PNG"):
        read_pictures(path)
    picture(tmp_path / "0.png", 1)
    with pytest.raises(ValueError, match="has no prompt with two pictures: 1 pictures of 1"):
        read_pictures(path)
    with pytest.raises(ValueError, match=r"0\.png has no prompt: write it to 0\.txt beside it"):
        read_pictures(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="has no picture"):
        read_pictures(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="give a CSV file with columns prompt"):
        read_pictures(tmp_path / "none.csv")
