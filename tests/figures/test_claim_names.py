from pathlib import Path

from gamelabel.figures import claim_names
from gamelabel.study.claims import load_claims

CLAIMS = load_claims(Path(__file__).parents[2] / "data" / "claims")


def test_every_name_is_that_of_a_claim_and_fits_in_a_row():
    ids = {claim["id"] for claim in CLAIMS}
    assert set(claim_names._CLAIM_NAMES) <= ids
    names = [claim_names.claim_name(claim["id"]) for claim in CLAIMS]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 32 and not [name for name in names if "_" in name]


def test_claims_of_a_direction_have_a_name_of_their_own():
    directions = [claim["id"] for claim in CLAIMS if "above" in claim or "below" in claim]
    assert set(directions) <= set(claim_names._CLAIM_NAMES)
