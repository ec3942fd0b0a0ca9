"""The OpenAPI description, checked by schemathesis: no undescribed response and no server error."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.service.harness import Player, Service

schemathesis = pytest.importorskip("schemathesis")
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def check_operations(service: Service, cases: int) -> None:
    """Check a number of cases of every operation, each with a new player who has a batch."""
    schema = schemathesis.openapi.from_dict(service.client.app.openapi())
    for number, result in enumerate(schema.get_all_operations()):
        check_operation(service, result.ok(), cases, service.player(f"player-{number}"))


def check_operation(service: Service, operation: Any, cases: int, player: Player) -> None:
    """Check one operation; half of the cases have valid ids, and four in five the session."""
    from schemathesis import checks

    selected = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    batch = player.batch()
    valid = {"batch": batch["batch"], "name": batch["items"][0]["left"]}
    case_numbers = itertools.count()

    @settings(
        max_examples=cases, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        number = next(case_numbers)
        if number % 2 and case.path_parameters:
            case.path_parameters = {name: valid[name] for name in case.path_parameters}
        call = case.as_transport_kwargs(base_url="http://testserver")
        call["headers"] = dict(call["headers"]) | (player.headers if number % 5 else {})
        call["content"] = call.pop("data", None)
        call.pop("cookies", None)
        response = service.client.request(**call)
        case.validate_response(response, checks=selected)

    check()


@on_sqlite
def test_every_response_is_as_described(service: Service) -> None:
    check_operations(service, 10)


@pytest.mark.full
@pytest.mark.slow
@on_sqlite
def test_every_response_is_as_described_in_2000_cases(service: Service) -> None:
    check_operations(service, 250)


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
