"""How notebooks become a study.

A notebook needs `Report` (or `PartialReport`), `choose` for the word of a parameter and `snake` for
names; the rest is imported from its module: `steps` (the graph), `profiles` (parameters), `runner`,
`manifest`, `claims`.
"""

from gamelabel.files import snake
from gamelabel.study.parameter_types import choose
from gamelabel.study.partial_report import PartialReport
from gamelabel.study.recording import Report

__all__ = ["PartialReport", "Report", "choose", "snake"]
