"""The OpenAPI description, checked by schemathesis: no undescribed response and no server error."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from gamelabel.service.pairs.pair_tables import pairs
from gamelabel.service.pairs.start import operator_app
from tests.service.described import check_operation, operations
from tests.service.harness import OPERATOR_KEY, Service

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


@on_sqlite
def test_no_request_of_the_operator_is_an_error_of_the_service(service: Service) -> None:
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    client = TestClient(operator_app(service.store, service.settings))
    with service.store.read() as connection:
        pair_id = connection.execute(select(pairs.c.pair_id).limit(1)).scalar_one()
    valid = {"pool": "study", "pair_id": pair_id, "game_id": "chess", "state": "retired"}
    for operation in operations(client):
        check_operation(client, operation, 10, headers, valid, is_described=False)


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
