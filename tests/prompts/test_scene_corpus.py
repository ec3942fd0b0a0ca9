import pytest

from gamelabel.prompts import MATCH_RULES, filter_prompts, load_word_list, world_corpus
from gamelabel.prompts.word_filter import MatchRule
from gamelabel.scenes import all_prompts, parse, scene_split

TERMS = ["darn", "heck of a", "x-rated", "s.o.s."]


def test_the_same_seed_gives_the_same_rows() -> None:
    assert world_corpus(500, 3, TERMS).texts == world_corpus(500, 3, TERMS).texts
    assert world_corpus(500, 3, TERMS).texts != world_corpus(500, 4, TERMS).texts


def test_without_terms_it_is_the_grammar() -> None:
    texts = world_corpus(2000, 0).texts
    assert len(texts) == 2000 and set(texts) <= set(all_prompts())
    assert {scene_split(parse(text)) for text in texts} == {"train"}


@pytest.mark.parametrize("rule", MATCH_RULES)
@pytest.mark.parametrize("terms", [TERMS, load_word_list()], ids=["few", "default"])
def test_every_planted_term_is_found_and_nothing_else(terms: list[str], rule: MatchRule) -> None:
    corpus = world_corpus(20_000, 1, terms, planted_share=0.1)
    table = filter_prompts(corpus, terms, rule).table
    rejected = ~table.kept
    assert set(table.text[table.kept]) <= set(all_prompts())
    assert not set(table.text[rejected]) & set(all_prompts())
    assert sum(text not in all_prompts() for text in corpus.texts) == pytest.approx(2000, abs=150)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="must be from 0 to 1, not 2"):
        world_corpus(10, planted_share=2)
