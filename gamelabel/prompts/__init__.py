"""Candidate prompts and the content filter: corpora, word lists, two rules, the table of it; and a diverse part."""

from gamelabel.prompts.at_hand import ALL_LISTS, candidates, published, word_lists
from gamelabel.prompts.corpora import OUTSIDE, BadCorpus, Corpus, csv_corpus, outside_corpus
from gamelabel.prompts.grammar import WORLD, world_corpus
from gamelabel.prompts.lists import WORD_LISTS, mask, word_list
from gamelabel.prompts.normal import normalise
from gamelabel.prompts.screen import RULES, Rule, WordFilter
from gamelabel.prompts.select import Selected, coverage, embed, select, vote_k
from gamelabel.prompts.table import Screened, prompt_id, reasons, screen, share_interval, survival

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
