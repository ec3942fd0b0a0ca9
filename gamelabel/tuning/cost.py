"""What a tuned adapter cost: seconds, steps of the optimiser, pictures drawn and pictures learned from."""

from __future__ import annotations

import json
from pathlib import Path

from gamelabel.tuning.adapter import training_folder


def training_cost(file: Path, each: int) -> dict[str, float]:
    """Of an adapter's file: seconds and steps of its training, and pictures learned from, `each` a step.

    The seconds are those of the machine that trained it, over all calls where it was interrupted. Raises
    FileNotFoundError for an adapter that was not trained here.
    """
    log = training_folder(file.parent) / "log.jsonl"
    if not log.exists():
        raise FileNotFoundError(
            f"no {log}: the adapter {file} was not trained here, so nobody knows what it cost"
        )
    last = json.loads(log.read_text().splitlines()[-1])
    return {"seconds": last["seconds"], "steps": last["step"], "pictures": last["step"] * each}
