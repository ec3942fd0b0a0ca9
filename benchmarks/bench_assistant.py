"""Supervised tuning of the distilled model with its assistant, against tuning without one.

    python -m benchmarks.bench_assistant --folder data/runs/bench_assistant --search
    python -m benchmarks.bench_assistant --folder data/runs/bench_assistant

Adapters learn from the images that simulated players of the game prefer (6,800 pairs), from the
choices of three and of five such games aggregated, from those of five games of which each pair
takes only as many as `StoppingRule` asks for, and from the best of eight by the exact judge; the
control learns from one image of each of the same pairs at random. All train equally long. Seeds
have their own players, choices and training, and the same images.

`--search` tries settings on prompts of the combinations used in training, with other players and
seeds, and keeps the one with the highest adherence after tuning on the game's choices. The test is
on combinations that no model was trained on. Results are saved: an interrupted call resumes. An arm
and seed take about two minutes on a quiet core; `--jobs` of them are done at once, in processes of
one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from functools import cache
from multiprocessing import TimeoutError as OutOfTime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from scipy.stats import norm

from gamelabel import images, tuning
from gamelabel.aggregation import preferences
from gamelabel.files import replacing, snake, write_text
from gamelabel.flow import few_step_sigmas
from gamelabel.games.annotation.stopping_replay import replay_stopping
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.games.pairs import simulate
from gamelabel.images.appearance import MEASURES, Appearance
from gamelabel.images.latents import latent_means
from gamelabel.reliability import Estimate, proportion
from gamelabel.scenes import contact_sheet, draw, parse, sample_prompts
from gamelabel.training import TrainingConfig
from gamelabel.tuning.adapter import ADAPTER_FILE
from gamelabel.tuning.assistant import FLUX_SCENES_ASSISTANT
from gamelabel.tuning.best_of import generate_judged
from gamelabel.tuning.data import LatentDataset, unknown_noise
from gamelabel.tuning.evaluate import generate_test

PAIRS, PROMPTS, IMAGES = 6800, 1024, 8  # pairs of the game; prompts and images of best of eight
COMPARISONS, PLAYERS = 600, 188
GAMES = {"game": 1, "three games": 3, "five games": 5, "five games, stopped": 5, "control": 1}
RULE, KNOWN = StoppingRule(0.95, maximum=None), 100  # known answers that it is given
BATCH, CAPTION_DROPOUT = 32, 0.05
SHOWN = 1024  # images that are kept of each model, to look at
WITH, WITHOUT = "with assistant", "without"
ARMS = (
    ("game", WITH),
    ("control", WITH),
    ("best of 8", WITH),
    ("three games", WITH),
    ("five games", WITH),
    ("five games, stopped", WITH),
    ("game", WITHOUT),
    ("control", WITHOUT),
)


class Setting(NamedTuple):
    """How the adapters of an arm are trained."""

    steps: int = 500
    rate: float = 1e-3
    sigmas: tuple[float, ...] = ()


# 1,000 noise levels sigmoid(N(0, 1)), as the trainer of the published adapter draws them
LOGIT_NORMAL = tuple((1 / (1 + np.exp(-norm.ppf((np.arange(1000) + 0.5) / 1000)))).tolist())
SETTINGS = {
    "500 steps at 1e-3": Setting(),
    "500 steps at 3e-4": Setting(rate=3e-4),
    "500 steps at 2e-3": Setting(rate=2e-3),
    "1000 steps at 1e-3": Setting(1000),
    "1000 steps at 5e-4": Setting(1000, 5e-4),
    "logit-normal levels": Setting(sigmas=LOGIT_NORMAL),
    "sampled levels": Setting(sigmas=tuple(few_step_sigmas(4))),
}
DEFAULT = next(iter(SETTINGS))


class Task(NamedTuple):
    """An adapter to train and to test, or, without an arm, the base to test."""

    folder: Path
    split: str  # of the test prompts: "train" or "held-out"
    setting: str = DEFAULT
    arm: tuple[str, str] | None = None
    seed: int = 0

    @property
    def name(self) -> str:
        parts = [self.split, self.setting, *(self.arm or ("base",)), str(self.seed)]
        return snake(" ".join(parts if self.arm else [self.split, "base"]))

    @property
    def result(self) -> Path:
        return self.folder / "results" / f"{self.name}.npz"


TEST = {"train": (2048, 161_803), "held-out": (4096, 271_828)}  # number of prompts, and seed
SEARCH_SEEDS = (10, 11)


def make_pools(folder: Path) -> None:
    """Generate two images of each of 6,800 prompts, and the best of eight of some of them."""
    file = folder / "pools.safetensors"
    if not file.exists():
        pipe, prompts, saved = open_pipeline(), pool_prompts(), folder / "draws"
        pairs = generate_judged(pipe, prompts, 2, saved, 0)
        eight = generate_judged(pipe, prompts[:PROMPTS], IMAGES, saved, 100)
        pool = {"pairs": pairs.latents.half(), "scores": pairs.scores}
        with replacing(file) as partial:
            save_file(pool | {"best": eight.best().latents.half()}, partial)


def pool_prompts() -> list[str]:
    return list(dict.fromkeys(sample_prompts(12 * PAIRS, 1000, "train")))[:PAIRS]


@cache
def open_pipeline() -> FluxPipeline:
    """Return the embedded model in float32 on the device of the environment variable DEVICE."""
    torch.set_num_threads(1)
    return images.load_pipeline(device="cpu").to(os.environ.get("DEVICE", "cpu"))


@cache
def open_pools(folder: Path) -> tuple[dict[str, torch.Tensor], Any]:
    """Return the tensors of `make_pools` and the encoded prompts."""
    pool = load_file(folder / "pools.safetensors")
    return pool, tuning.cache_prompts(open_pipeline(), pool_prompts(), folder)


def play_games(scores: torch.Tensor, seed: int, games: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the pairs with scores (N, 2), and the labels that one or more games give them."""
    names = [f"p{i}" for i in range(len(scores))]
    points = pd.DataFrame({"pair_id": names, "kind": "preference", "gold": None})
    known = pd.DataFrame({"pair_id": [f"gold-{i}" for i in range(COMPARISONS)]})
    known = known.assign(kind="comparison", gold=np.resize(["a", "b"], COMPARISONS))
    pairs = pd.concat([points, known], ignore_index=True)
    truth = pd.DataFrame(scores.numpy(), columns=["score_a", "score_b"]).assign(pair_id=names)
    labels = []
    for game in range(games):
        table = simulate(pairs, truth, PLAYERS, 1000 * seed + game).labels
        labels.append(table.assign(player_id=f"{game}-" + table["player_id"]))
    return pairs, pd.concat(labels, ignore_index=True)


def choices(arm: str, scores: torch.Tensor, seed: int) -> pd.DataFrame:
    """Return the choice of each pair, and how many votes it took: pair_id, chosen and votes."""
    pairs, labels = play_games(scores, seed, GAMES[arm])
    if not arm.endswith("stopped"):
        return preferences(labels, pairs, "majority" if GAMES[arm] == 1 else "one-coin")
    names = {"pair_id": "task", "player_id": "worker", "choice": "label", "gold": "label"}
    known = pairs[pairs["kind"] == "comparison"].rename(columns=names)
    replayed = replay_stopping(labels.rename(columns=names), RULE, "one-coin", known[:KNOWN], seed)
    replayed = replayed.rename(columns={"point": "pair_id", "answer": "chosen"})
    return replayed[~replayed["pair_id"].isin(known["task"])]


def learned_images(arm: str, folder: Path, seed: int) -> tuple[LatentDataset, str]:
    """Return the images that an arm learns from, and how often the better one was chosen."""
    pool, text = open_pools(folder)
    if arm == "best of 8":
        best = pool["best"].float()
        rows = torch.arange(len(best))
        return LatentDataset(best, unknown_noise(best), text.rows(rows)), f"{len(best):,} images"
    chosen = choices(arm, pool["scores"], seed)
    rows = torch.tensor([int(name[1:]) for name in chosen["pair_id"]])
    sides = torch.from_numpy((chosen["chosen"] == "b").to_numpy(int))
    if arm == "control":
        sides = torch.randint(2, (len(rows),), generator=torch.Generator().manual_seed(seed))
    scores = pool["scores"][rows]
    differ = scores[:, 0] != scores[:, 1]
    is_right = (scores[:, 1] > scores[:, 0]).long() == sides
    right = proportion(int(is_right[differ].sum()), int(differ.sum())).value
    latents = pool["pairs"][rows, sides].float()
    learned = LatentDataset(latents, unknown_noise(latents), text.rows(rows))
    votes = chosen["votes"].mean()
    return learned, f"{len(rows):,} pairs, {votes:.2f} votes each, {right:.1%} right"


def train_arm(task: Task) -> tuple[Path, str]:
    """Train the adapter of a task; return its file, and what it learned from."""
    assert task.arm is not None
    (name, kind), setting = task.arm, SETTINGS[task.setting]
    learned, described = learned_images(name, task.folder, task.seed)
    pipe = open_pipeline()
    file = task.folder / "adapters" / task.name / ADAPTER_FILE
    if file.exists():
        return file, described
    dropout = {"caption_dropout": CAPTION_DROPOUT, "empty": tuning.cache_prompts(pipe, [""])}
    levels = {"sigmas": setting.sigmas}
    loss = tuning.sft_loss(pipe.transformer, learned, BATCH, **levels, **dropout)
    config = TrainingConfig(
        setting.steps,
        BATCH,
        setting.rate,
        schedule="constant",
        warmup_steps=20,
        ema_decay=0.99,
        bf16=False,
    )
    tuning.tune_adapter(
        pipe.transformer,
        loss,
        config,
        file.parent,
        f"{setting.sigmas} {CAPTION_DROPOUT} {tuning.fingerprint(learned.latents)}",
        seed=task.seed,
        assistant=FLUX_SCENES_ASSISTANT if kind == WITH else None,
    )
    return file, described


def test_prompts(split: str) -> tuple[list[str], list[int]]:
    n, seed = TEST[split]
    return sample_prompts(n, seed, split), [seed * 1_000_003 + i for i in range(n)]


def do_task(task: Task) -> str:
    """Train and test an adapter and write its result; return a line about it."""
    started = time.monotonic()
    pipe, described = open_pipeline(), ""
    if task.arm:
        file, described = train_arm(task)
        tuning.load_adapter(pipe, file)
    trained = time.monotonic()
    generated = generate_test(pipe, *test_prompts(task.split), progress=task.name)
    pipe.unload_lora_weights()
    result = {"fits": generated.fits, "images": generated.images[:SHOWN], "described": described}
    result |= images.measure_appearance(generated.images)._asdict()
    if task.arm is None:
        result |= {"features": generated.features, "drawings": drawing_features(task.split)}
    elif task.split == "held-out":
        base = wait_for(task._replace(arm=None))
        changed = images.quality_change(generated.features, base["features"], base["drawings"])
        result["quality"] = np.array(changed)
    with replacing(task.result) as partial:
        np.savez_compressed(partial, **result)
    seconds = f"{trained - started:.0f} s to train, {time.monotonic() - trained:.0f} s to test"
    return f"{task.name}: {generated.fits.mean():.3f} fit; {described}; {seconds}"


def drawing_features(split: str) -> NDArray[np.float32]:
    """Return features of true drawings of the test prompts, the reference of image quality."""
    scenes = [draw(parse(text), seed) for text, seed in zip(*test_prompts(split), strict=True)]
    batches = (np.stack(scenes[start : start + 100]) for start in range(0, len(scenes), 100))
    features = torch.cat([latent_means(open_pipeline(), batch).flatten(1) for batch in batches])
    return features.cpu().numpy()


def wait_for(task: Task) -> dict[str, NDArray[Any]]:
    """Return the result of a task that another process may still be doing."""
    while not task.result.exists():
        time.sleep(1.0)
    return read(task)


def do_tasks(tasks: Sequence[Task], jobs: int, seconds: float) -> None:
    """Do the tasks that are not done, several at once, and stop after some seconds."""
    due = [task for task in tasks if not task.result.exists()]
    if not due:
        return
    deadline = time.monotonic() + seconds
    with get_context("spawn").Pool(min(jobs, len(due))) as pool:
        done = pool.imap_unordered(do_task, due)
        for _ in due:
            try:
                print(done.next(max(0.0, deadline - time.monotonic())), flush=True)
            except OutOfTime:
                print(f"stopped after {seconds:.0f} s", flush=True)
                return


def read(task: Task) -> dict[str, NDArray[Any]]:
    with np.load(task.result) as arrays:
        return dict(arrays)


def change(models: Sequence[Task], references: Sequence[Task]) -> Estimate:
    """Estimate the change of adherence; a prompt counts once, as the mean over models."""
    tuned, base = (np.mean([read(task)["fits"] for task in x], 0) for x in (models, references))
    difference, n = tuned - base, len(base)
    margin = 1.96 * float(difference.std()) / n**0.5
    value = float(difference.mean())
    return Estimate(100 * value, 100 * (value - margin), 100 * (value + margin), n)


def in_words(estimate: Estimate) -> str:
    return f"{estimate.value:+.2f} [{estimate.low:+.2f}, {estimate.high:+.2f}]"


def search(folder: Path, jobs: int, seconds: float) -> None:
    """Try the settings on training-side prompts, and keep the best of those that were finished."""
    base = Task(folder, "train")
    game = ARMS[0]
    tasks = {
        name: [Task(folder, "train", name, game, seed) for seed in SEARCH_SEEDS]
        for name in SETTINGS
    }
    do_tasks([base, *(task for seeds in tasks.values() for task in seeds)], jobs, seconds)
    finished = {
        name: change(seeds, [base])
        for name, seeds in tasks.items()
        if all(task.result.exists() for task in [base, *seeds])
    }
    if not finished:
        raise SystemExit("no setting was finished: give the search more seconds")
    chosen = max(finished, key=lambda name: finished[name].value)
    table = pd.Series({name: in_words(estimate) for name, estimate in finished.items()})
    print(f"the base fits {read(base)['fits'].mean():.1%}\n{table.to_string()}\nchosen: {chosen}")
    write_text(folder / "search.json", json.dumps({"chosen": chosen, "changes": table.to_dict()}))


def chosen_setting(folder: Path) -> str:
    file = folder / "search.json"
    return json.loads(file.read_text())["chosen"] if file.exists() else DEFAULT


def appearance(tasks: Sequence[Task], base: Task) -> dict[str, str]:
    """Return what tuning changed in how pictures are drawn, measure by measure."""
    measured = [Appearance(*(read(task)[name] for name in MEASURES)) for task in (base, *tasks)]
    changes = images.appearance_change(measured[1:], measured[0])
    return {
        row.measure: f"{row.value:+.4f} [{row.low:+.4f}, {row.high:+.4f}]"
        for row in changes.itertuples()
    }


def results(folder: Path, seeds: Sequence[int]) -> pd.DataFrame:
    """Return changes of adherence (in points) and quality (x 1000) with 95 % intervals."""
    setting = chosen_setting(folder)
    base, rows = Task(folder, "held-out"), []
    for arm in ARMS:
        done = [Task(folder, "held-out", setting, arm, seed) for seed in seeds]
        done = [task for task in done if task.result.exists()]
        if not done:
            continue
        row = {"arm": ", ".join(arm), "seeds": len(done)}
        row["over the base"] = in_words(change(done, [base]))
        controls = [task._replace(arm=("control", arm[1])) for task in done]
        if arm[0] != "control" and all(task.result.exists() for task in controls):
            row["over its control"] = in_words(change(done, controls))
        row["by seed"] = ", ".join(f"{change([task], [base]).value:+.1f}" for task in done)
        qualities = [Estimate(*read(task)["quality"]) for task in done]
        row["quality by seed"] = ", ".join(map(in_words, qualities))
        row |= appearance(done, base)
        row["learned from"] = str(read(done[0])["described"])
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def save_sheets(folder: Path) -> None:
    """Write the first test images of each model, and their prompts."""
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    prompts, _ = test_prompts("held-out")
    write_text(pictures / "prompts.txt", "\n".join(prompts[:SHOWN]) + "\n")
    files = sorted((folder / "results").glob("held_out_*_0.npz"))
    for file in [Task(folder, "held-out").result, *files]:
        with np.load(file) as arrays:
            contact_sheet(list(arrays["images"][:96]), pictures / f"{file.stem}.png")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("data/runs/bench_assistant"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=1, help="processes of one thread each")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--seconds", type=float, default=1e6, help="stop training after these")
    parser.add_argument("--search", action="store_true", help="choose the settings")
    options = parser.parse_args(arguments)
    folder, os.environ["DEVICE"] = options.folder, options.device
    make_pools(folder)
    if options.search:
        search(folder, options.jobs, options.seconds)
        return
    setting = chosen_setting(folder)
    runs = [(arm, seed) for arm in ARMS if arm[1] == WITH for seed in options.seeds]
    runs += [(arm, seed) for seed in options.seeds for arm in ARMS if arm[1] == WITHOUT]
    tasks = [Task(folder, "held-out"), *(Task(folder, "held-out", setting, *run) for run in runs)]
    do_tasks(tasks, options.jobs, options.seconds)
    print(results(folder, options.seeds).to_string(index=False))
    save_sheets(folder)


if __name__ == "__main__":
    main()
