"""Worlds and examples of the paper: Figure 2's game, and the fifteen commands of Table 2."""

from gamelabel.games.dungeon import DUNGEON, World

FIGURE_2 = """\
> look
You are in the forest.
A troll is here.
There is a rusty sword, a glass of beer, and a mace here.
There is a path to the cavern.
> hit troll
You hit the troll! The troll is dead!!!!
> go cavern
You are in the cavern.
An orc is here.
There is an axe, a treasure chest, a crossbow, and three apples here.
There are paths to the forest and the tower.
> get apple
Done.
> eat apple
Yum.
> inventory
You are carrying nothing.
> get crossbow
Done.
> put crossbow in treasure chest
You put a crossbow in the treasure chest.
"""


def figure_2_world() -> World:
    """The world of Figure 2; what it does not show is in the tower."""
    inside = {"dragon": "forest", "troll": "forest", "orc": "cavern"}
    inside |= {name: "forest" for name in ("rusty sword", "beer", "mace")}
    in_cavern = ("axe", "treasure chest", "crossbow", "apple 1", "apple 2", "apple 3")
    inside |= {name: "cavern" for name in in_cavern}
    places = ("cavern", "tower", "forest")
    inside |= {n: "tower" for n in DUNGEON.kind_of if n not in inside and n not in places}
    paths = {"forest": ("cavern",), "cavern": ("forest", "tower"), "tower": ("cavern",)}
    return World(DUNGEON, inside, paths)


# command, actions, who or what holds what at the start (the dragon is in the first place),
# and what the command means: where things are in the end, what is worn or wielded, who is dead
TABLE_2 = [
    (
        "steal the crown from the troll and put it on",
        "take silver crown from troll; wear silver crown",
        {"silver crown": "troll", "troll": "tower"},
        {"silver crown": ("dragon", "worn")},
    ),
    (
        "pick up the leather pouch and put the armor in it",
        "get leather pouch; put armor in leather pouch",
        {"leather pouch": "tower", "armor": "dragon"},
        {"leather pouch": ("dragon", ""), "armor": ("leather pouch", "")},
    ),
    (
        "walk to the forest and hand the blue ring to the troll",
        "go forest; give blue ring to troll",
        {"blue ring": "dragon", "troll": "forest"},
        {"dragon": ("forest", ""), "blue ring": ("troll", "")},
    ),
    (
        "drink some beer, and then walk through the forest to the tower",
        "drink beer; go forest; go tower",
        {"beer": "dragon", "dragon": "cavern"},
        {"beer": ("", ""), "dragon": ("tower", "")},
    ),
    (
        "pick up the armor and put it on",
        "get armor; wear armor",
        {"armor": "tower"},
        {"armor": ("dragon", "worn")},
    ),
    (
        "wear the gold ring and put the beer inside the treasure chest before you go to the cavern",
        "get gold ring; wear gold ring; put beer in treasure chest; go cavern",
        {"gold ring": "tower", "beer": "dragon", "treasure chest": "tower"},
        {
            "gold ring": ("dragon", "worn"),
            "beer": ("treasure chest", ""),
            "treasure chest": ("tower", ""),
            "dragon": ("cavern", ""),
        },
    ),
    (
        "equip the rusty sword. go to the cavern and kill the orc with the rusty sword",
        "get rusty sword; wield rusty sword; go cavern; hit orc",
        {"rusty sword": "tower", "orc": "cavern"},
        {
            "rusty sword": ("dragon", "wielded"),
            "dragon": ("cavern", ""),
            "orc": ("cavern", "dead"),
        },
    ),
    (
        "eat one of the apple and give the other apple to the orc",
        "get apple; get apple; give apple to orc; eat apple",
        {"dragon": "cavern", "orc": "cavern"},
        {"apple 1": ("orc", ""), "apple 2": ("", ""), "apple 3": ("cavern", "")},
    ),
    (
        "kill the troll with the axe before putting axe in treasure chest",
        "get axe; hit troll; put axe in treasure chest",
        {"axe": "tower", "troll": "tower", "treasure chest": "tower"},
        {"troll": ("tower", "dead"), "axe": ("treasure chest", "")},
    ),
    (
        "take the blue and gold ring and head to the forest to give the troll the gold ring",
        "get gold ring; get blue ring; go forest; give gold ring to troll",
        {"blue ring": "tower", "gold ring": "tower", "troll": "forest"},
        {
            "blue ring": ("dragon", ""),
            "gold ring": ("troll", ""),
            "dragon": ("forest", ""),
        },
    ),
    (
        "fly into the cavern. find an apple and eat it and then strip the gold ring from the orc",
        "go cavern; get apple; eat apple; take gold ring from orc",
        {"gold ring": "orc", "orc": "cavern"},
        {"dragon": ("cavern", ""), "apple 1": ("", ""), "gold ring": ("dragon", "")},
    ),
    (
        "feed the troll with your bread and beer. fly up to the tower and find your axe within the"
        " magical treasure chest.",
        "give bread to troll; give beer to troll; go tower; get axe from treasure chest",
        {
            "dragon": "cavern",
            "troll": "cavern",
            "bread": "dragon",
            "beer": "dragon",
            "treasure chest": "tower",
            "axe": "treasure chest",
        },
        {
            "bread": ("troll", ""),
            "beer": ("troll", ""),
            "dragon": ("tower", ""),
            "axe": ("dragon", ""),
        },
    ),
    (
        "dress yourself with the gold ring and acquire the silver crown. place it upon your head"
        " and then ready your rusty sword for battle.",
        "wear gold ring; get silver crown; wear silver crown; wield rusty sword",
        {"gold ring": "dragon", "silver crown": "tower", "rusty sword": "dragon"},
        {
            "gold ring": ("dragon", "worn"),
            "silver crown": ("dragon", "worn"),
            "rusty sword": ("dragon", "wielded"),
        },
    ),
    (
        "disarm the troll then hit it.",
        "take rusty sword from troll; hit troll",
        {"rusty sword": "troll", "troll": "tower"},
        {"rusty sword": ("dragon", ""), "troll": ("tower", "dead")},
    ),
    (
        "grab the crossbow and race to the cavern. steal the beer from the troll and chug it",
        "get crossbow; go cavern; take beer from troll; drink beer",
        {"crossbow": "tower", "troll": "cavern", "beer": "troll"},
        {"crossbow": ("dragon", ""), "dragon": ("cavern", ""), "beer": ("", "")},
    ),
]


def table_2_world(start: dict[str, str]) -> World:
    """A world in which all places are connected; what `start` does not mention lies far away."""
    inside = {node: "forest" for node, kind in DUNGEON.kind_of.items() if kind.kind != "place"}
    inside |= {name: "cavern" for name in DUNGEON.nodes_of["apple"]} | {"dragon": "tower"} | start
    places = ("cavern", "tower", "forest")
    return World(DUNGEON, inside, {p: tuple(q for q in places if q != p) for p in places})
