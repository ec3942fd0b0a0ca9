"""Time and memory to read a file in the released format of GameLabel-10K, on one core.

python -m benchmarks.bench_labels
python -m benchmarks.bench_labels 20              # rows of the file
"""

import os
import resource
import tempfile
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import pandas as pd

from benchmarks.timing import parse_size, timed
from gamelabel.readers import read_released
from tests.readers.release import cell, jpeg, write


def main(rows: int) -> None:
    """Read a file whose cells have the mean length of the release, about 165 kB."""
    pictures = [cell(jpeg(i, side=380)) for i in range(8)]
    with tempfile.TemporaryDirectory() as folder:
        table = [
            [str(i), f"prompt {i}", "1", pictures[i % 8], "2", pictures[(i + 1) % 8]]
            for i in range(rows)
        ]
        path = write(Path(folder) / "data.csv", table)
        size = path.stat().st_size / 2**20
        del table
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds, tables = timed(lambda: read_released(path, folder), 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assert isinstance(tables.labels, pd.DataFrame) and len(tables.pairs) == rows
    print(
        f"{size:,.0f} MiB of the released format: {seconds:.1f} s, {size / seconds:.0f} MiB/s; "
        f"2.26 GB would take {2155 * seconds / size:.0f} s; "
        f"memory {before:.0f} MiB before, at most {peak:.0f} MiB while reading"
    )


if __name__ == "__main__":
    main(parse_size(__doc__, 400, "rows of the file"))
