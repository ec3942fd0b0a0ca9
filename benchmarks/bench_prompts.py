"""Seconds of one core for the content filter: `python -m benchmarks.bench_prompts [prompts] [terms]`.

The prompts are all different, of 18 words each as real ones are, and made up, as the terms are: nothing outside is
needed. Beside our one pattern stands the plain way, one search a term, on a hundredth of the prompts, scaled up.
"""

import os
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

from gamelabel.prompts import RULES, Corpus, WordFilter, normalise, screen

LETTERS = np.array(list("eeeeetttaaaooiinnsshhrrddlluucmwfgypbvk"))


def made_up(rng: np.random.Generator, n: int, least: int, most: int) -> list[str]:
    return ["".join(rng.choice(LETTERS, size)) for size in rng.integers(least, most + 1, n)]


def plainly(terms: list[str], texts: list[str]) -> list[bool]:
    normal_terms = {normalise(term) for term in terms}
    return [any(term in text for term in normal_terms) for text in map(normalise, texts)]


def main(prompts: int, terms: int) -> None:
    rng = np.random.default_rng(0)
    words = np.array(made_up(rng, 20_000, 2, 10))
    texts = [" ".join(rng.choice(words, 18)) for _ in range(prompts)]
    listed = made_up(rng, terms, 5, 12)
    print(f"{prompts:,} prompts, {terms:,} terms; processor time of one core")
    for rule in RULES:
        start = time.process_time()
        word_filter = WordFilter(listed, rule)
        compiled = time.process_time() - start
        done = screen(Corpus("made up", texts), listed, rule)
        seconds = time.process_time() - start - compiled
        print(
            f"{rule:12}{seconds:7.2f} s for the table ({compiled:.2f} s to compile), {done.share_kept:.3f} kept"
        )
    few = texts[: max(prompts // 100, 1)]
    start = time.process_time()
    found = plainly(listed, few)
    print(
        f"a search a term: {(time.process_time() - start) * prompts / len(few):.0f} s, from {len(few):,} prompts"
    )
    assert found == [word_filter.match(text) is not None for text in few]


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:])) if len(sys.argv) > 2 else main(
        100_000, 2_000
    )
