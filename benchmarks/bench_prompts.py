"""Processor time of the content filter, against one search for each term.

    python -m benchmarks.bench_prompts                # 100,000 prompts and 2,000 terms
    python -m benchmarks.bench_prompts 1000 200

Prompts are distinct and have 18 words, the mean of real prompts; words and terms are random
letters. The baseline runs on a hundredth of the prompts and is scaled up.
"""

import os
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

from benchmarks.timing import make_parser
from gamelabel.prompts import MATCH_RULES, Corpus, WordFilter, filter_prompts, normalize_text

LETTERS = np.array(list("eeeeetttaaaooiinnsshhrrddlluucmwfgypbvk"))


def random_words(rng: np.random.Generator, n: int, shortest: int, longest: int) -> list[str]:
    return ["".join(rng.choice(LETTERS, size)) for size in rng.integers(shortest, longest + 1, n)]


def matches_one_by_one(terms: list[str], texts: list[str]) -> list[bool]:
    normal_terms = {normalize_text(term) for term in terms}
    return [any(term in text for term in normal_terms) for text in map(normalize_text, texts)]


def main(prompts: int, terms: int) -> None:
    rng = np.random.default_rng(0)
    words = np.array(random_words(rng, 20_000, 2, 10))
    texts = [" ".join(rng.choice(words, 18)) for _ in range(prompts)]
    listed = random_words(rng, terms, 5, 12)
    print(f"{prompts:,} prompts, {terms:,} terms; processor time of one core")
    for rule in MATCH_RULES:
        start = time.process_time()
        word_filter = WordFilter(listed, rule)
        compiled = time.process_time() - start
        result = filter_prompts(Corpus("random", texts), listed, rule)
        seconds = time.process_time() - start - compiled
        print(
            f"{rule:12}{seconds:7.2f} s for the table ({compiled:.2f} s to compile), "
            f"{result.share_kept:.3f} kept"
        )
    sample = texts[: max(prompts // 100, 1)]
    start = time.process_time()
    expected = matches_one_by_one(listed, sample)
    seconds = (time.process_time() - start) * prompts / len(sample)
    print(f"one search for each term: {seconds:.0f} s, from {len(sample):,} prompts")
    assert expected == [word_filter.match(text) is not None for text in sample]


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("prompts", nargs="?", type=int, default=100_000)
    parser.add_argument("terms", nargs="?", type=int, default=2_000)
    main(**vars(parser.parse_args()))
