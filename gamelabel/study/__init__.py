"""How notebooks become a study: what a notebook reports with stands here; the machinery is imported by name.

`record` (and `snake` for its names), `save_figure` and `save_table` are the whole face towards a notebook; `metrics`
reads what was recorded.
The rest, a module each: `steps` (the graph), `profiles` (strict parameters), `runner`, `manifest`, `claims`, `report`.
"""

from gamelabel.study.recording import metrics, record, save_figure, save_table, snake

__all__ = ["metrics", "record", "save_figure", "save_table", "snake"]
