"""Generated requests to players' and the operator's routes: no undescribed response, no error."""

import pytest
from fastapi.testclient import TestClient

from tests.service.described import check_operation, operations
from tests.service.play.play_harness import PlayServer

pytest.importorskip("schemathesis")


def test_every_response_to_players_is_as_described(server: PlayServer) -> None:
    client = TestClient(server.app)
    for operation in operations(client):
        player = server.player()
        headers = {"Authorization": f"Bearer {player.session}"}
        check_operation(client, operation, 10, headers, {"play": player.open()})


def test_no_request_of_the_operator_is_an_error_of_the_service(server: PlayServer) -> None:
    operator = server.operator()
    headers = {"Authorization": operator.headers["Authorization"]}
    for operation in operations(operator):
        check_operation(operator, operation, 10, headers, {}, is_described=False)
