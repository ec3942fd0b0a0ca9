"""Candidate prompts and the content filter: corpora, word lists, two rules, the table of it; and a diverse part."""

from gamelabel.prompts.at_hand import ALL_LISTS, candidates, published, word_lists
from gamelabel.prompts.corpora import OUTSIDE, BadCorpus, Corpus, csv_corpus, outside_corpus
from gamelabel.prompts.diversity import Selected, coverage, embed, select, vote_k
from gamelabel.prompts.normalisation import normalise
from gamelabel.prompts.scene_corpus import WORLD, world_corpus
from gamelabel.prompts.survival import (
    Screened,
    prompt_id,
    reasons,
    screen,
    share_interval,
    survival,
)
from gamelabel.prompts.word_filter import RULES, Rule, WordFilter
from gamelabel.prompts.word_lists import WORD_LISTS, mask, word_list

__all__ = [
    "ALL_LISTS",
    "OUTSIDE",
    "RULES",
    "WORD_LISTS",
    "WORLD",
    "BadCorpus",
    "Corpus",
    "Rule",
    "Screened",
    "Selected",
    "WordFilter",
    "candidates",
    "coverage",
    "csv_corpus",
    "embed",
    "mask",
    "normalise",
    "outside_corpus",
    "prompt_id",
    "published",
    "reasons",
    "screen",
    "select",
    "share_interval",
    "survival",
    "vote_k",
    "word_list",
    "word_lists",
    "world_corpus",
]
