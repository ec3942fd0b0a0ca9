"""Words with which SIMULATED teachers write commands for the dungeon.

These lists are ours: no person's words are in them. A name of an object stands for itself; what
else it may be called is next to it.
"""

from __future__ import annotations

# {x} is the first argument and {y} the second. Lists overlap on purpose, as English does: "take
# the axe" may be `get axe` or `take axe from troll`, and only the world decides.
PHRASES: dict[str, tuple[str, ...]] = {
    "go": (
        "go to {x}", "walk to {x}", "head to {x}", "move to {x}", "fly to {x}", "travel to {x}",
        "run to {x}", "enter {x}", "visit {x}", "head over to {x}", "make your way to {x}",
        "go into {x}", "race to {x}", "proceed to {x}", "journey to {x}", "step into {x}",
        "stroll to {x}", "march to {x}", "wander into {x}", "venture into {x}", "return to {x}",
        "hurry to {x}", "sneak into {x}", "dash over to {x}", "take the path to {x}",
        "flap your wings to {x}", "hike to {x}", "leave for {x}", "swoop into {x}", "go {x}",
        "see what is in {x}", "sprint to {x}", "crawl into {x}", "set off for {x}",
    ),
    "get": (
        "get {x}", "grab {x}", "pick up {x}", "take {x}", "pick {x} up", "fetch {x}", "collect {x}",
        "snatch {x}", "lift {x}", "acquire {x}", "find {x}", "scoop up {x}", "retrieve {x}",
        "seize {x}", "gather {x}", "obtain {x}", "claim {x}", "nab {x}", "help yourself to {x}",
        "carry {x}", "take hold of {x}", "gather up {x}", "take possession of {x}", "pocket {x}",
        "swipe {x}", "secure {x}", "bring {x} with you", "loot {x}", "pick up {x} off the floor",
        "take {x} off the ground", "hold {x}", "clutch {x} in your claws", "procure {x}",
    ),
    "drop": (
        "drop {x}", "put down {x}", "put {x} down", "leave {x}", "let go of {x}", "throw away {x}",
        "discard {x}", "toss {x}", "set down {x}", "lay {x} on the ground", "get rid of {x}",
        "release {x}", "leave {x} behind", "dump {x}", "set {x} on the floor", "ditch {x}",
        "place {x} on the ground", "abandon {x}", "throw {x} on the floor", "let {x} fall",
    ),
    "eat": (
        "eat {x}", "have {x}", "consume {x}", "devour {x}", "munch on {x}", "swallow {x}",
        "chew {x}", "gobble {x}", "gobble up {x}", "snack on {x}", "feast on {x}", "bite into {x}",
        "eat up {x}", "enjoy {x}", "chow down on {x}", "finish {x}", "fill your belly with {x}",
        "ingest {x}", "scarf down {x}", "taste {x}", "wolf down {x}",
    ),
    "drink": (
        "drink {x}", "have {x}", "chug {x}", "sip {x}", "gulp down {x}", "down {x}", "swallow {x}",
        "guzzle {x}", "consume {x}", "enjoy {x}", "quench your thirst with {x}", "drain {x}",
        "knock back {x}", "finish {x}", "take a swig of {x}", "slurp {x}", "drink up {x}",
    ),
    "wear": (
        "wear {x}", "put on {x}", "put {x} on", "equip {x}", "don {x}", "dress in {x}",
        "dress yourself with {x}", "slip on {x}", "try on {x}", "place {x} on yourself",
        "adorn yourself with {x}", "slip into {x}", "decorate yourself with {x}", "get into {x}",
        "suit up with {x}", "sport {x}", "throw on {x}", "show off {x} on your body",
    ),
    "remove": (
        "remove {x}", "take off {x}", "take {x} off", "unequip {x}", "strip off {x}",
        "slip off {x}",
        "get out of {x}", "stop wearing {x}", "pull off {x}", "doff {x}", "shed {x}", "lose {x}",
        "undress from {x}", "slide {x} off", "peel off {x}",
    ),
    "wield": (
        "wield {x}", "equip {x}", "ready {x}", "arm yourself with {x}", "draw {x}",
        "hold {x} ready",
        "brandish {x}", "raise {x}", "grip {x}", "prepare {x}", "take {x} in hand", "swing {x}",
        "unsheathe {x}", "get {x} ready", "use {x}", "ready {x} for battle", "bear {x}",
        "have {x} at the ready", "heft {x}",
    ),
    "unwield": (
        "unwield {x}", "put away {x}", "unequip {x}", "lower {x}", "sheathe {x}",
        "stop wielding {x}",
        "put {x} away", "stow {x}", "stop using {x}", "disarm {x}", "rest {x}", "holster {x}",
        "relax your grip on {x}", "remove {x} from your hand",
    ),
    "hit": (
        "hit {x}", "kill {x}", "attack {x}", "strike {x}", "slay {x}", "fight {x}", "smack {x}",
        "punch {x}", "beat up {x}", "murder {x}", "destroy {x}", "slap {x}", "bash {x}",
        "smash {x}",
        "take out {x}", "finish off {x}", "assault {x}", "beat {x}", "clobber {x}", "whack {x}",
        "battle {x}", "defeat {x}", "end {x}", "slaughter {x}", "knock out {x}",
        "do battle with {x}",
        "pummel {x}", "teach {x} a lesson", "put {x} out of its misery", "burn {x} to a crisp",
    ),
    "put": (
        "put {x} in {y}", "place {x} in {y}", "put {x} inside {y}", "stash {x} in {y}",
        "store {x} in {y}", "drop {x} in {y}", "hide {x} in {y}", "throw {x} into {y}",
        "put {x} into {y}", "stuff {x} in {y}", "deposit {x} in {y}", "set {x} inside {y}",
        "toss {x} into {y}", "stow {x} in {y}", "pack {x} into {y}", "slip {x} into {y}",
        "fill {y} with {x}", "keep {x} safe in {y}", "lock {x} away in {y}", "leave {x} in {y}",
        "shove {x} in {y}", "put away {x} in {y}", "load {x} into {y}",
    ),
    "get_from": (
        "get {x} from {y}", "take {x} from {y}", "take {x} out of {y}", "grab {x} from {y}",
        "remove {x} from {y}", "get {x} out of {y}", "retrieve {x} from {y}", "pull {x} out of {y}",
        "open {y} and take {x}", "find {x} in {y}", "fetch {x} from inside {y}",
        "loot {x} from {y}",
        "fish {x} out of {y}", "look in {y} for {x}", "search {y} and grab {x}",
        "dig {x} out of {y}",
        "unpack {x} from {y}", "empty {x} out of {y}", "reach into {y} and get {x}",
        "grab {x} that is in {y}", "find {x} within {y}", "get what is in {y}, {x}",
    ),
    "give": (
        "give {x} to {y}", "give {y} {x}", "hand {x} to {y}", "hand {y} {x}", "offer {x} to {y}",
        "hand over {x} to {y}", "pass {x} to {y}", "present {y} with {x}", "donate {x} to {y}",
        "let {y} have {x}", "deliver {x} to {y}", "gift {x} to {y}", "offer {y} {x}",
        "make {y} a present of {x}", "slip {y} {x}", "bestow {x} upon {y}", "surrender {x} to {y}",
        "share {x} with {y}", "trust {y} with {x}", "bribe {y} with {x}", "toss {x} to {y}",
    ),
    "take": (
        "take {x} from {y}", "steal {x} from {y}", "get {x} from {y}", "grab {x} from {y}",
        "snatch {x} from {y}", "rob {y} of {x}", "take {y}'s {x}", "steal {y}'s {x}",
        "swipe {x} from {y}", "pickpocket {x} from {y}", "relieve {y} of {x}", "loot {x} from {y}",
        "remove {x} from {y}", "strip {x} from {y}", "seize {x} from {y}", "rip {x} from {y}",
        "confiscate {x} from {y}", "demand {x} from {y}", "pinch {x} from {y}",
        "wrest {x} from {y}",
        "borrow {x} from {y}", "yank {x} away from {y}", "get {y} to give you {x}",
    ),
}  # fmt: skip

# Two actions in one phrase, which leaves one of them unsaid or gives them one verb.
MERGED_PHRASES: dict[tuple[str, str], tuple[str, ...]] = {
    ("get", "wield"): (
        "equip {x}", "arm yourself with {x}", "wield {x} from the floor", "draw {x}",
    ),
    ("get", "wear"): ("wear {x}", "put on {x}", "dress in {x}", "find and wear {x}", "don {x}"),
    ("get", "eat"): ("eat {x}", "find {x} and eat it", "devour {x}", "have {x} as a snack"),
    ("get", "drink"): ("drink {x}", "have {x}", "find {x} and chug it"),
    ("get", "give"): ("give {x} to {y}", "hand {y} {x}", "offer {x} to {y}", "bring {y} {x}"),
    ("get", "put"): (
        "put {x} in {y}", "stash {x} in {y}", "store {x} inside {y}", "tidy {x} into {y}",
    ),
    ("take", "wear"): ("wear {y}'s {x}", "steal and put on {x}", "dress up in {y}'s {x}"),
    ("take", "wield"): ("arm yourself with {y}'s {x}", "wield {y}'s {x}", "disarm {y} and use {x}"),
    ("take", "eat"): ("eat {y}'s {x}", "steal and eat {y}'s {x}"),
    ("take", "drink"): ("drink {y}'s {x}", "chug {y}'s {x}"),
    ("get_from", "wear"): ("wear {x} from {y}", "put on {x} that is in {y}"),
    ("get_from", "wield"): ("wield {x} from {y}", "equip {x} in {y}"),
    ("get_from", "eat"): ("eat {x} from {y}", "eat what is in {y}"),
    ("get_from", "drink"): ("drink {x} from {y}", "drink what is in {y}"),
    ("remove", "drop"): ("strip off {x} and leave it", "shed {x}", "take off and drop {x}"),
    ("unwield", "drop"): ("lay down {x}", "disarm yourself of {x}", "drop your {x}"),
    ("go", "go"): (
        "walk through {x} to {z}", "go by way of {x} to {z}", "pass {x} on your way to {z}",
    ),
    ("go", "hit"): ("go kill {z} in {x}", "hunt down {z} in {x}", "attack {z} over in {x}"),
    ("go", "get"): ("get {z} from {x}", "go to {x} for {z}", "fetch {z} in {x}"),
    ("hit", "take"): ("kill {x} for {z}", "murder {x} and loot {z}", "slay {x} and take {z}"),
}  # fmt: skip

NOUNS: dict[str, tuple[str, ...]] = {
    "cavern": (
        "cavern", "cave", "caverns", "grotto", "dark cave", "underground", "dark place", "hollow",
        "mine", "den", "damp hole", "rocky place",
    ),
    "tower": (
        "tower", "spire", "tall tower", "keep", "castle tower", "turret", "high place",
        "stone building", "lookout", "citadel", "top of the castle", "stairs",
    ),
    "forest": (
        "forest", "woods", "trees", "grove", "wood", "wilderness", "green place", "outdoors",
        "jungle", "thicket", "shady trees", "glade",
    ),
    "orc": (
        "orc", "ugly orc", "orc guy", "brute", "green orc", "orc warrior", "monster", "enemy",
        "creature", "pig face", "tusked one", "savage",
    ),
    "troll": (
        "troll", "ugly troll", "stinky troll", "beast", "big troll", "troll guard", "monster",
        "enemy", "creature", "giant", "bridge dweller", "ogre",
    ),
    "rusty sword": (
        "rusty sword", "old sword", "sword", "rusty blade", "corroded sword", "rusty", "weapon",
        "blade", "worn out sword", "rusted one", "old steel", "saber",
    ),
    "elven sword": (
        "elven sword", "elf sword", "sword", "elven blade", "elvish sword", "magic sword",
        "weapon", "blade", "elf weapon", "fine sword", "elf steel", "longsword",
    ),
    "silver crown": (
        "silver crown", "crown", "tiara", "circlet", "royal crown", "silver headpiece",
        "hat of kings", "headwear", "diadem", "king's hat", "silver thing", "royal headgear",
    ),
    "blue ring": (
        "blue ring", "ring", "sapphire ring", "blue band", "blue jewelry", "azure ring",
        "jewelry", "blue thing", "finger ring", "sapphire", "blue trinket", "blue one",
    ),
    "gold ring": (
        "gold ring", "golden ring", "ring", "gold band", "golden jewelry", "shiny ring",
        "jewelry", "gold thing", "wedding band", "golden trinket", "precious", "gold one",
    ),
    "bread": (
        "bread", "loaf", "loaf of bread", "piece of bread", "food", "bread loaf", "baked goods",
        "meal", "snack", "carbs", "toast", "crust",
    ),
    "armor": (
        "armor", "armour", "suit of armor", "armor suit", "plate mail", "protective gear",
        "protection", "mail", "metal clothes", "breastplate", "war gear", "shell",
    ),
    "mace": (
        "mace", "spiked club", "club", "heavy mace", "weapon", "bludgeon", "spiky ball", "hammer",
        "metal club", "spiky weapon", "cudgel", "morning star",
    ),
    "axe": (
        "axe", "ax", "battle axe", "hatchet", "weapon", "sharp axe", "chopper", "tomahawk",
        "woodcutter", "sharp thing", "cleaver", "chopping weapon",
    ),
    "crossbow": (
        "crossbow", "bow", "cross bow", "weapon", "ranged weapon", "bolt thrower", "x bow",
        "shooter", "arrow weapon", "arbalest", "archery thing", "bolt gun",
    ),
    "apple": (
        "apple", "fruit", "red apple", "juicy apple", "food", "tasty apple", "snack",
        "piece of fruit", "healthy snack", "meal", "crunchy fruit", "round fruit",
    ),
    "beer": (
        "beer", "ale", "glass of beer", "drink", "brew", "mug of beer", "cold one", "booze",
        "pint", "alcohol", "beverage", "lager",
    ),
    "treasure chest": (
        "treasure chest", "chest", "treasure box", "trunk", "box", "coffer", "treasure",
        "container", "wooden box", "storage", "big box", "strongbox",
    ),
    "leather pouch": (
        "leather pouch", "pouch", "bag", "leather bag", "sack", "purse", "container",
        "leather thing", "satchel", "small bag", "holder", "wallet",
    ),
}  # fmt: skip

CONNECTIVES = (
    " and ", " and then ", ", then ", ". ", ", ", " then ", "; ", ". then ", ". after that ",
    ". next, ", ", and ", " & ", ". now ", " and also ", ". once done, ",
    ". when you have done that, ",
    ", after which you ", " so that you can ", ". finally ", " and immediately ",
)  # fmt: skip

# the second action first: {b} after {a}
INVERSIONS = (
    "before you {b}, {a}", "{b} after you {a}", "{a} before you {b}", "once you {a}, {b}",
    "{b}, but first {a}", "after you {a}, {b}", "when you have managed to {a}, {b}",
    "{b} as soon as you {a}", "you should {b}, but not until you {a}", "first {a}, then {b}",
)  # fmt: skip

OPENINGS = (
    "please ", "quickly ", "dragon, ", "hey dragon, ", "ok, ", "now ", "carefully ",
    "go ahead and ",
    "i want you to ", "you should ", "could you ", "first ", "my pet, ", "let's ", "time to ",
    "you need to ", "quietly ", "try to ", "be a good dragon and ", "you must ", "it is time to ",
    "would you kindly ", "see if you can ", "do me a favor and ", "gently ", "calmly ",
)  # fmt: skip

ENDINGS = (
    " now", " please", " for me", " right away", " quickly", " if you can",
    " before anyone notices",
    " as fast as you can", " without delay", " like a good dragon", " and be quick about it",
    " to be safe", " for good luck", " because i said so", " while nobody is looking", " at once",
    " and do not ask why", " since you are hungry", " to show who is boss", " just in case",
)  # fmt: skip

ADJECTIVES = (
    "old", "shiny", "nice", "trusty", "heavy", "lovely", "magical", "precious", "dusty", "famous",
    "mighty", "cursed", "little", "useless", "beautiful", "ancient", "stupid", "worn", "fancy",
)  # fmt: skip

PRONOUNS = {"agent": ("him", "it", "that guy"), "place": ("there",), "thing": ("it", "that")}
