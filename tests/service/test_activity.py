"""A game plugs into the service without a change to it."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, insert, select

from gamelabel.service.access import SessionToken
from gamelabel.service.activity import Activity
from gamelabel.service.api import create_app
from gamelabel.service.operator import create_operator
from gamelabel.service.people import current_player, require_consent
from tests.service.harness import OPERATOR_KEY, Service

counts = Table("counts", MetaData(), Column("player", Integer), Column("count", Integer))


def counting(service: Service, folder: Path) -> Activity:
    """A game in which players count."""
    (folder / "counting_operator.js").write_text("export const lines = () => []")
    routes, operator = APIRouter(), APIRouter(prefix="/v1")

    @routes.post("/v1/counts", status_code=201)
    def add(session: SessionToken) -> None:
        with service.store.write() as connection:
            player = current_player(connection, service.settings, session, lock=True)
            require_consent(player)
            connection.execute(insert(counts).values(player=player.id, count=1))

    @operator.get("/counts")
    def all_counts() -> int:
        with service.store.read() as connection:
            return int(connection.execute(select(func.count()).select_from(counts)).scalar_one())

    def figures(connection: Connection, game_id: str) -> dict[str, Any]:
        return {"game": game_id, "n": len(connection.execute(select(counts)).all())}

    return Activity("counting", folder, routes, operator, (counts,), figures)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_game_has_routes_figures_and_data_that_a_player_can_delete(
    service: Service, tmp_path: Path
) -> None:
    counts.create(service.store.engine)
    activity = counting(service, tmp_path)
    app = create_app(service.store, service.settings, service.outbox, [activity])
    service.client = TestClient(app, raise_server_exceptions=False)
    player = service.player(consent=False)
    assert service.client.post("/v1/counts").status_code == 401
    assert player.call("POST", "/v1/counts").json()["type"] == "urn:gamelabel:consent"
    player.call("PUT", "/v1/consent", json={})
    assert player.call("POST", "/v1/counts").status_code == 201
    assert "export" in service.client.get("/static/counting/counting_operator.js").text
    assert player.call("POST", "/v1/batches").status_code == 404  # no other game is served

    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    operator = TestClient(create_operator(service.store, service.settings, [activity]))
    assert operator.get("/v1/counts").status_code == 401
    assert operator.get("/v1/counts", headers=headers).json() == 1
    chess = operator.get("/v1/figures", headers=headers).json()[0]
    assert chess["counting"] == {"game": "chess", "n": 1}
    assert 'data-activities="counting"' in operator.get("/").text

    assert player.call("DELETE", "/v1/player").status_code == 204
    assert operator.get("/v1/counts", headers=headers).json() == 0
