import copy
from pathlib import Path

import pytest
import torch

from gamelabel.training import TrainingConfig
from gamelabel.tuning.adapter import fingerprint, tune_adapter
from gamelabel.tuning.disk_tensors import disk_tensor, stack_on_disk, view_rows
from gamelabel.tuning.pair_sides import random_of_pair
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import make_dataset

PARTS = [torch.arange(12.0).view(3, 2, 2), torch.arange(100.0, 116.0).view(4, 2, 2)]
INDEX = torch.tensor([6, 0, 2, 2, 3, 5])
ROWS = torch.cat(PARTS)[INDEX]


@pytest.mark.parametrize(
    "rows", [3, -1, slice(1, 4), slice(None), torch.tensor([5, 0, 0]), (slice(None), 1)]
)
def test_rows_are_those_of_a_copy(rows: object) -> None:
    view = view_rows(PARTS, INDEX)
    assert torch.equal(view[rows], ROWS[rows])


def test_a_view_is_used_as_a_tensor() -> None:
    view = view_rows(PARTS, INDEX)
    assert len(view) == 6
    assert view.shape == ROWS.shape
    assert torch.equal(view, ROWS)
    assert torch.equal(torch.cat((view, view)), torch.cat((ROWS, ROWS)))
    assert torch.equal(view.half(), ROWS.half())
    assert [len(part) for part in view.split(4)] == [4, 2]
    assert fingerprint(view) == fingerprint(ROWS)
    assert torch.equal(copy.deepcopy(view), ROWS)


def test_views_of_views() -> None:
    view = view_rows(PARTS, INDEX)
    nested = view_rows((view, PARTS[0]), torch.tensor([0, 6, 5, 8]))
    assert torch.equal(nested, torch.cat((ROWS, PARTS[0]))[[0, 6, 5, 8]])


def test_nothing_is_written_or_copied(tmp_path: Path) -> None:
    rows = disk_tensor((50, 3), torch.float32, tmp_path)
    before = sorted(tmp_path.iterdir())
    view = view_rows([rows], torch.arange(49, -1, -1))
    assert sorted(tmp_path.iterdir()) == before
    rows[7] = 5.0  # it is seen through the view, which has no rows of its own
    assert view[42].tolist() == [5.0] * 3


def test_half_precision_stays_what_it_is() -> None:
    (rows,) = stack_on_disk([(torch.ones(4, 2, dtype=torch.bfloat16),)], 4)
    assert view_rows([rows], torch.tensor([1]))[:].dtype == torch.bfloat16


def test_training_on_a_view_gives_the_bytes_of_training_on_a_copy(pipe, tmp_path):
    view = random_of_pair(make_dataset(pipe, 0), make_dataset(pipe, 1), seed=3)
    config = TrainingConfig(steps=3, batch_size=4, learning_rate=1e-3, bf16=False)
    files = []
    for name, data in {"view": view, "copy": view.rows(slice(None))}.items():
        loss = sft_loss(pipe.transformer, data, 4)
        files.append(tune_adapter(pipe.transformer, loss, config, tmp_path / name, "same", 4))
    assert files[0].read_bytes() == files[1].read_bytes()
