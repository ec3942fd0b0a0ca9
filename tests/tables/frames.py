"""A small valid example of every table, for tests to alter."""

import pandas as pd


def valid_table(name: str) -> pd.DataFrame:
    """Return two valid rows of a table."""
    return pd.DataFrame(
        {
            "prompts": {
                "prompt_id": ["p0", "p1"],
                "text": ["a red circle", "ein Stern über dem Meer, 星"],
                "corpus": ["grammar", "grammar"],
                "kept": [True, False],
                "rule": [None, "word"],
                "matched": [None, "term 7"],
            },
            "pairs": {
                "pair_id": ["x0", "x1"],
                "prompt_id": ["p0", "p0"],
                "prompt": ["a red circle", "a red circle"],
                "kind": ["preference", "comparison"],
                "image_a": ["images/0.png", "images/2.png"],
                "image_b": ["images/1.png", "images/3.png"],
                "seed_a": [1, None],
                "seed_b": [2, 4],
                "model": ["m", "m"],
                "gold": [None, "b"],
            },
            "labels": {
                "label_id": ["l0", "l1"],
                "player_id": ["u0", None],
                "pair_id": ["x0", "x1"],
                "batch_id": ["b0", None],
                "choice": ["a", "b"],
                "shown_left": ["b", None],
                "response_ms": [None, 900],
                "created_at": [None, pd.Timestamp("2024-09-01T12:00:00.5Z")],
                "source": ["simulated", "released"],
            },
            "players": {
                "player_id": ["u0", "u1"],
                "game_id": ["g", "g"],
                "state": ["active", "removed"],
                "comparisons_right": [5, 0],
                "comparisons_wrong": [1, 15],
                "labels": [20, 15],
            },
            "preferences": {
                "pair_id": ["x0", "x1"],
                "chosen": ["a", "b"],
                "probability": [0.5, 0.875],
                "method": ["dawid_skene", "dawid_skene"],
                "votes": [2, 7],
            },
            "adherence": {
                "pair_id": ["x0", "x1"],
                "score_a": [0.5, 1.0],
                "score_b": [0.5, 0.0],
                "fits_a": [False, True],
                "fits_b": [False, False],
            },
        }[name]
    )
