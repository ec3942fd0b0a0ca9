"""From many labels of a task to one: a method a file, all of the same form of labels, each a function Crowd -> Fit."""

from gamelabel.reliability.methods.crowd import Crowd, Fit, Method, crowd_of
from gamelabel.reliability.methods.dawid_skene import dawid_skene
from gamelabel.reliability.methods.glad import glad
from gamelabel.reliability.methods.mace import mace
from gamelabel.reliability.methods.majority import majority
from gamelabel.reliability.methods.one_coin import one_coin
from gamelabel.reliability.methods.weighted import weighted

METHODS: dict[str, Method] = {
    "majority": majority,
    "weighted": weighted,
    "dawid-skene": dawid_skene,
    "one-coin": one_coin,
    "glad": glad,
    "mace": mace,
}

__all__ = ["METHODS", "Crowd", "Fit", "crowd_of"]
