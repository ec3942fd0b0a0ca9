from gamelabel.aggregation import METHODS
from gamelabel.figures.readable_names import readable_name
from gamelabel.games.pairs.players import PLAYER_KINDS
from gamelabel.prompts.corpora import PUBLISHED_CORPORA
from gamelabel.readers.real_crowds import REAL_CROWDS
from gamelabel.reliability import PAPER_STATISTICS
from gamelabel.scenes import FAMILIES


def test_no_identifier_of_the_study_is_shown_as_it_is():
    kept = {"players", "position", "gecko", "honest", "GenEval"}
    for identifiers in (METHODS, REAL_CROWDS, PUBLISHED_CORPORA, PLAYER_KINDS, FAMILIES):
        names = [readable_name(identifier) for identifier in identifiers]
        assert len(set(names)) == len(names)
        assert not [name for name in names if "_" in name]
        same = {one for one, name in zip(identifiers, names, strict=True) if one == name}
        assert same <= kept
    assert not [name for name in map(readable_name, PAPER_STATISTICS) if "_" in name]


def test_models_are_named_by_what_they_learned():
    names = {
        "published, preferred": "published recipe, preferred images",
        "published, best of 8": "published recipe, best of 8",
        "no assistant, control": "without assistant, random images",
        "pairs by reward, 3": "pairs by reward, round 3",
        "dawid-skene, uncalibrated": "Dawid-Skene, uncalibrated",
        "DPO, fresh noise": "DPO, fresh noise",
    }
    assert {name: readable_name(name) for name in names} == names
