"""SIMULATED attacks on equation 1: their arithmetic, and that the comparison is paired."""

import numpy as np

from gamelabel.games.descent.attacks import ATTACKS, attack_gains
from gamelabel.games.descent.intent_writer import INTENTS, IntentWriter, WrongAnswers


def test_each_attack_is_compared_with_the_same_crowd() -> None:
    gains = attack_gains(n_teachers=6, n_crowds=3, n_examples=5, n_pilot=20)
    assert gains["attack"].drop_duplicates().tolist() == list(ATTACKS)
    table = gains.set_index(["attack", "measure"])["value"]
    # wrong answers cost their author: the model that learned them fails on the others' tests
    assert table["one gives wrong answers", "attackers' score"] < 0
    # a code that nobody else's model reads lowers everybody else's score
    assert table["a pair shares a code", "others' score"] < 0
    assert gains.equals(attack_gains(n_teachers=6, n_crowds=3, n_examples=5, n_pilot=20))


def test_writers_of_intents_are_people_of_their_own() -> None:
    ann, again, bo = IntentWriter(1, 0), IntentWriter(1, 0), IntentWriter(1, 1)
    texts = [writer.write("plain") for writer in (ann, again, bo)]
    assert texts[0] == texts[1] != texts[2] and texts[0][1] in INTENTS
    wrong = [WrongAnswers(IntentWriter(1, 0), 3).write("rare words")[1] for _ in range(1)]
    honest = {IntentWriter(1, n).write("plain")[1] for n in range(40)}
    assert set(wrong) <= set(INTENTS) and honest == set(INTENTS)


def test_rare_words_are_those_that_a_person_seldom_uses() -> None:
    writer = IntentWriter(2, 0)
    texts = {kind: [writer.write(kind) for _ in range(200)] for kind in writer.efforts}
    for intent, words in INTENTS.items():
        favourite = words[int(np.argmax(writer._favourites[intent]))]
        share = {
            kind: np.mean([favourite in text.split() for text, of, _ in rows if of == intent])
            for kind, rows in texts.items()
        }
        assert share["rare words"] < share["plain"]
