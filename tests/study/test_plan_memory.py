"""The memory that a plan foresees on a processor, against the highest of a process that does it."""

import pytest

from benchmarks.bench_plan import BATCHES, compare


@pytest.mark.full
@pytest.mark.parametrize("kind", ["draw", "sft", "dpo", "refl"])
def test_planned_memory_is_within_a_fifth_of_the_measured(kind: str) -> None:
    """At other batch sizes than those that the plan's factors were measured at."""
    row = compare(kind, BATCHES[kind] // 2)
    assert abs(row["error"]) < 0.2, row
