"""The OpenAPI description, checked by schemathesis: no undescribed response and no server error."""

import pytest

from tests.service.described import check_operation, operations
from tests.service.harness import Service

pytest.importorskip("schemathesis")
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def check_pair_operations(service: Service, cases: int) -> None:
    """Check a number of cases of every operation, each with a new player who has a batch."""
    for number, operation in enumerate(operations(service.client)):
        player = service.player(f"player-{number}")
        batch = player.batch()
        valid = {"batch": batch["batch"], "name": batch["items"][0]["left"]}
        check_operation(service.client, operation, cases, player.headers, valid)


@on_sqlite
def test_every_response_is_as_described(service: Service) -> None:
    check_pair_operations(service, 10)


@pytest.mark.full
@pytest.mark.slow
@on_sqlite
def test_every_response_is_as_described_in_2000_cases(service: Service) -> None:
    check_pair_operations(service, 250)


@on_sqlite
def test_the_description_names_every_route(service: Service) -> None:
    paths = service.client.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/v1/sessions",
        "/v1/consent",
        "/v1/player",
        "/v1/batches",
        "/v1/batches/{batch}",
        "/v1/batches/{batch}/answers",
        "/v1/pictures/{name}",
        "/v1/keys",
    }
