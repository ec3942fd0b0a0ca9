"""Candidate prompts and the content filter: corpora, word lists, what is kept, diverse choices."""

from gamelabel.prompts.catalog import (
    corpus_source,
    load_corpus,
    load_published,
    published_rows,
)
from gamelabel.prompts.corpora import Corpus
from gamelabel.prompts.diversity import select_diverse
from gamelabel.prompts.normalization import normalize_text
from gamelabel.prompts.scene_corpus import WORLD, world_corpus
from gamelabel.prompts.survival import (
    filter_prompts,
    prompt_id,
    rejection_reasons,
    survival_table,
)
from gamelabel.prompts.word_filter import MATCH_RULES, WordFilter
from gamelabel.prompts.word_lists import load_word_list, load_word_lists

__all__ = [
    "MATCH_RULES",
    "WORLD",
    "Corpus",
    "WordFilter",
    "corpus_source",
    "filter_prompts",
    "load_corpus",
    "load_published",
    "load_word_list",
    "load_word_lists",
    "normalize_text",
    "prompt_id",
    "published_rows",
    "rejection_reasons",
    "select_diverse",
    "survival_table",
    "world_corpus",
]
