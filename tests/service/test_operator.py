"""The operator's page and API, and the export of the database to the study."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from gamelabel.reliability import dataset_statistics
from gamelabel.service.database_tables import games
from gamelabel.service.page import operator_template, render_page
from gamelabel.service.pairs.export import LABEL_COLUMNS, PLAYER_COLUMNS, read_database
from gamelabel.service.pairs.start import operator_app
from gamelabel.study.label_sources import collect_labels
from gamelabel.tables import labelled_pairs, read_table
from gamelabel.tables.schema import TABLES
from tests.service.harness import OPERATOR_KEY, Service, batches


def operator(service: Service) -> TestClient:
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    return TestClient(operator_app(service.store, service.settings), headers=headers)


def address(service: Service) -> str:
    return service.store.engine.url.render_as_string(hide_password=False)


def test_live_figures_agree_with_the_exported_tables(service: Service, tmp_path: Path) -> None:
    for name in ("ann", "bob", "cy"):
        list(batches(service.player(name), right=name != "cy"))
    service.player("dan").call("DELETE", "/v1/player")
    chess, go = operator(service).get("/v1/figures").json()
    pairs = chess["pairs"]
    tables = read_database(address(service), service.run)
    expected = dataset_statistics(tables.labels, tables.players, tables.pairs)
    assert chess["players"] == {"active": 2, "removed": 1, "withdrawn": 1}
    assert pairs["labels"] == len(tables.labels)
    assert pairs["batches"] == tables.labels.batch_id.nunique() == chess["rewards"]["waiting"]["n"]
    right, wrong = tables.players.comparisons_right.sum(), tables.players.comparisons_wrong.sum()
    assert pairs["accuracy"] == pytest.approx(right / (right + wrong))
    assert pairs["comparison_share"] == pytest.approx(
        expected["comparisons"] / expected["annotations"]
    )
    assert pairs["alpha"]["low"] <= pairs["alpha"]["value"] <= pairs["alpha"]["high"]
    empty = go["pairs"]
    assert (empty["labels"], empty["alpha"], empty["accuracy"]) == (0, None, None)


def test_a_pause_stops_new_batches_and_loses_no_answers(service: Service) -> None:
    ann, bob = service.player("ann"), service.player("bob")
    batch = ann.batch()
    assert operator(service).put("/v1/games/chess/paused").status_code == 204
    reply = bob.call("POST", "/v1/batches")
    assert (reply.status_code, reply.json()["type"], reply.headers["retry-after"]) == (
        503,
        "urn:gamelabel:paused",
        "600",
    )
    assert ann.send(batch).status_code == 200
    assert operator(service).put("/v1/games/chess/running").status_code == 204
    assert bob.call("POST", "/v1/batches").status_code == 201
    assert operator(service).put("/v1/games/nobody/paused").status_code == 404


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_retired_pair_is_not_dealt_again(make: Callable[..., Service]) -> None:
    service = make(preferences=12, comparisons=12)
    front = operator(service)
    kept = read_table(service.run, "pairs").query("kind == 'comparison'").pair_id.iloc[:7]
    for pair in read_table(service.run, "pairs").pair_id:
        if pair not in set(kept):
            assert front.put(f"/v1/pools/study/pairs/{pair}/retired").status_code == 204
    assert front.put("/v1/pools/study/pairs/nothing/retired").status_code == 404
    player = service.player()
    assert {item["prompt"] for item in player.batch()["items"]} <= {
        f"thing{int(pair[1:])}" for pair in kept
    }


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_operator_api_requires_the_key(service: Service) -> None:
    front = TestClient(operator_app(service.store, service.settings))
    for bearer in ("", "x", OPERATOR_KEY[:-1], service.player().entry["session"]):
        headers = {"Authorization": f"Bearer {bearer}"}
        for method, path in [
            ("GET", "/v1/figures"),
            ("PUT", "/v1/games/chess/paused"),
            ("GET", "/v1/pools/study/export"),
            ("PUT", "/v1/pools/study/pairs/x0000/retired"),
        ]:
            assert front.request(method, path, headers=headers).status_code == 401


def test_the_database_is_a_source_of_labels_for_the_study(service: Service, tmp_path: Path) -> None:
    player = service.player()
    sent = {}
    for _ in range(3):
        batch = player.batch()
        sent |= {a["item"]: a["choice"] for a in player.answers(batch)["answers"]}
        player.send(batch)
    collected = collect_labels("database", tmp_path, address(service))
    assert dict(
        zip(
            collected.labels.label_id,
            collected.labels.choice == collected.labels.shown_left,
            strict=True,
        )
    ) == {item: choice == "left" for item, choice in sent.items()}
    assert set(collected.labels.source) == {"game"}
    assert (collected.labels.created_at == pd.Timestamp(service.clock(), unit="s", tz="UTC")).all()
    assert collected.players[["labels", "state"]].to_dict("records") == [
        {"labels": 15, "state": "active"}
    ]
    pairs = labelled_pairs(tmp_path)
    study = read_table(service.run, "pairs")
    columns = ["pair_id", "prompt", "kind", "gold", "seed_a", "model"]
    is_swap = pairs.pair_id.str.endswith("-swap")  # comparison points that the service made
    swapped = pairs.pair_id[is_swap].str.removesuffix("-swap")
    rest = study[~study.pair_id.isin(swapped)].sort_values("pair_id", ignore_index=True)
    pd.testing.assert_frame_equal(pairs[columns][~is_swap].reset_index(drop=True), rest[columns])
    assert set(study.kind[study.pair_id.isin(swapped)]) == {"preference"}
    # The pictures are exported as players saw them, unless the folder is that of the run.
    assert (tmp_path / pairs.image_a[0]).stat().st_size > 0
    in_run = read_database(address(service), service.run).pairs
    assert (in_run.image_a[~is_swap].to_numpy() == rest.image_a).all()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_export_has_the_tables_of_the_study(service: Service, tmp_path: Path) -> None:
    player = service.player()
    player.send(player.batch())
    archive = zipfile.ZipFile(io.BytesIO(operator(service).get("/v1/pools/study/export").content))
    archive.extractall(tmp_path)
    assert len(read_table(tmp_path, "labels")) == 5
    assert (tmp_path / read_table(tmp_path, "pairs").image_b[0]).is_file()
    assert len(read_table(tmp_path, "players")) == 1
    assert operator(service).get("/v1/pools/nothing/export").status_code == 404


@pytest.mark.parametrize(
    ("invalid", "message"),
    [
        ("nonsense", "'nonsense' is not a database address"),
        ("nonsense//me:geheim@host", "is not a database address"),
        ("sqlite:///no/such.db", r"/no/such\.db does not exist"),
        ("postgresql://me:geheim@127.0.0.1:1/none", r"127\.0\.0\.1:1/none cannot be used"),
    ],
)
def test_an_unreadable_database_is_named_without_its_password(
    invalid: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises((ValueError, OSError), match=message) as error:
        read_database(invalid, tmp_path)
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_pool_that_does_not_exist_is_named(service: Service, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"game\.db has no pool 'other'.*gamelabel serve"):
        read_database(address(service), tmp_path, pool="other")


def test_the_columns_of_the_export_are_those_of_the_study() -> None:
    assert list(LABEL_COLUMNS) == list(TABLES["labels"])
    assert list(PLAYER_COLUMNS) == list(TABLES["players"])


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_titles_are_escaped_on_the_pages(service: Service) -> None:
    hostile = '<script>alert(1)</script> & "sons"'
    with service.store.write() as connection:
        connection.execute(update(games).values(title=hostile, coin="<b>coins"))
    page = service.client.get("/play/chess").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; " in page
    assert "<script>alert" not in page
    assert "<b>coins" not in page
    assert render_page(operator_template(), activities=["<b>"]).count("<b>") == 0


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_retired_pair_is_exported_only_with_its_labels(make: Callable[..., Service]) -> None:
    service = make(preferences=12, comparisons=12)
    player, front = service.player(), operator(service)
    player.send(player.batch())
    labeled = set(read_database(address(service), service.run).labels.pair_id)
    for pair in read_database(address(service), service.run).pairs.pair_id:
        front.put(f"/v1/pools/study/pairs/{pair}/retired")
    assert set(read_database(address(service), service.run).pairs.pair_id) == labeled
