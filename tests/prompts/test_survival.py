import math
from pathlib import Path

import pytest
from scipy.stats import binomtest

from gamelabel.prompts import (
    Corpus,
    filter_prompts,
    load_word_list,
    prompt_id,
    rejection_reasons,
    survival_table,
    world_corpus,
)
from gamelabel.tables.table_files import read_table, write_table

CORPUS = Corpus("toy", ["a cat", "a darn cat", "a cat", "darning", "a heck of a cat", "heck"])
TERMS = ["darn", "heck"]


def test_the_table_and_its_reasons() -> None:
    filtered = filter_prompts(CORPUS, TERMS, "whole word")
    assert filtered.table.text.tolist() == [
        "a cat",
        "a darn cat",
        "darning",
        "a heck of a cat",
        "heck",
    ]
    assert filtered.table.kept.tolist() == [True, False, True, False, False]
    assert filtered.table.matched.fillna("").tolist() == ["", "darn", "", "heck", "heck"]
    assert filtered.table.rule.fillna("").tolist() == [
        "",
        "whole word",
        "",
        "whole word",
        "whole word",
    ]
    assert (filtered.total, filtered.repeats, filtered.kept, filtered.share_kept) == (6, 1, 3, 0.5)
    assert filter_prompts(CORPUS, TERMS, "substring").kept == 2


def test_names_are_stable_and_tell_corpora_apart() -> None:
    assert prompt_id("a cat", "toy") == "p06b9344bea786f9a"
    assert prompt_id("a cat", "toy") != prompt_id("a cat", "other")
    assert filter_prompts(CORPUS, TERMS).table.prompt_id[0] == prompt_id("a cat", "toy")


def test_the_table_is_of_the_study(tmp_path: Path) -> None:
    terms = load_word_list()
    table = filter_prompts(world_corpus(5000, 0, terms), terms).table
    path = write_table(table, tmp_path, "prompts")
    read = read_table(tmp_path, "prompts")
    assert read.prompt_id.tolist() == table.prompt_id.tolist()
    assert (~read.kept).sum() == read.matched.notna().sum() > 0
    first = path.read_bytes()
    assert (
        write_table(
            filter_prompts(world_corpus(5000, 0, terms), terms).table, tmp_path, "prompts"
        ).read_bytes()
        == first
    )


def test_survival_counts_repeats() -> None:
    rows = survival_table([CORPUS, Corpus("none", [])], {"toy": TERMS})
    assert rows.kept.tolist() == [3, 2, 0, 0]
    assert rows.prompts.tolist() == [6, 6, 0, 0] and rows.repeats.tolist() == [1, 1, 0, 0]
    assert rows.share_kept[:2].tolist() == [0.5, 2 / 6] and math.isnan(rows.share_kept[2])
    assert rows.terms.tolist() == [2] * 4 and rows.rule.tolist() == ["whole word", "substring"] * 2


def test_survival_counts_every_repeat_of_a_rejected_prompt() -> None:
    rows = survival_table([Corpus("toy", ["darn", "a cat", "darn"])], {"toy": TERMS})
    assert rows.kept.tolist() == [1, 1] and rows.repeats.tolist() == [1, 1]


def test_survival_and_filter_agree() -> None:
    terms = load_word_list()
    corpus = world_corpus(3000, 2, terms)
    rows = survival_table([corpus], {"default": terms})
    assert rows.kept.tolist() == [filter_prompts(corpus, terms, rule).kept for rule in rows.rule]


def test_intervals_are_wilsons_and_know_nothing_of_an_empty_corpus() -> None:
    rows = survival_table([CORPUS, Corpus("none", [])], {"toy": TERMS})
    independent = binomtest(3, 6).proportion_ci(0.95, method="wilson")
    assert (rows.low[0], rows.high[0]) == pytest.approx((independent.low, independent.high))
    assert (rows.low[2], rows.high[2]) == (0.0, 1.0)
    estimate = filter_prompts(CORPUS, TERMS).estimate
    assert estimate == (0.5, rows.low[0], rows.high[0], 6)


def test_reasons_are_masked() -> None:
    shown = rejection_reasons(filter_prompts(CORPUS, TERMS))
    assert shown.term.tolist() == ["h***", "d***"]
    assert shown.prompts.tolist() == [2, 1] and shown.letters.tolist() == [4, 4]
    assert shown.share.tolist() == [2 / 6, 1 / 6]
    assert not any(term in shown.to_csv() for term in TERMS)
    for texts in (["a cat"], []):
        assert rejection_reasons(filter_prompts(Corpus("clean", texts), TERMS)).empty
    assert rejection_reasons(filter_prompts(Corpus("rude", ["heck"]), TERMS)).share.tolist() == [1]
