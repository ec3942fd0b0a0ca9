"""What an operator watches: health, metrics, the log, and who has a key."""

import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from gamelabel.service.launch_tokens import SERVICE
from gamelabel.service.logs import JsonFormatter, note_call
from gamelabel.service.operator_keys import VARIABLE, load_operator_keys
from gamelabel.service.pairs.start import operator_app
from tests.service.harness import GAME_KEY, KEYS, OPERATOR_KEY, Service
from tests.service.test_operator import operator


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[dict[str, str]]]]:
    """The lines that the service logs, as they are written."""
    handler = caplog.handler
    handler.setFormatter(JsonFormatter())
    handler.addFilter(note_call)
    with caplog.at_level(logging.INFO):
        yield lambda: [json.loads(line) for line in caplog.text.splitlines()]
    handler.removeFilter(note_call)


def test_health_and_readiness_need_no_key(service: Service) -> None:
    for client in (service.client, TestClient(operator_app(service.store, service.settings))):
        for path in ("/healthz", "/readyz"):
            assert client.get(path).status_code == 200


def test_a_process_without_its_database_is_healthy_but_not_ready(service: Service) -> None:
    with service.store.write() as connection:
        connection.execute(text("ALTER TABLE games RENAME TO gone"))
    assert service.client.get("/healthz").status_code == 200
    assert service.client.get("/readyz").status_code in (500, 503)


def test_the_metrics_agree_with_what_happened(service: Service) -> None:
    parser = pytest.importorskip("prometheus_client.parser")
    ann = service.player("ann")
    ann.send(ann.batch())
    service.player("bob").batch()
    service.player("cy", game="go").call("DELETE", "/v1/player")
    service.client.get("/no/such/page")
    reply = operator(service).get("/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in parser.text_string_to_metric_families(reply.text)
        for sample in family.samples
    }
    chess = ("game", "chess")
    assert samples["gamelabel_players", chess, ("state", "active")] == 2
    assert samples["gamelabel_players", ("game", "go"), ("state", "withdrawn")] == 1
    assert samples["gamelabel_rewards", chess, ("state", "waiting")] == 1
    assert samples["gamelabel_batches_answered", chess] == 1
    assert samples["gamelabel_batches_open", chess] == 1
    answer = (
        ("game", "chess"),
        ("method", "POST"),
        ("route", "/v1/batches/{batch}/answers"),
        ("status", "200"),
    )
    assert samples["gamelabel_call_seconds_count", *answer] == 1
    assert 0 < samples["gamelabel_call_seconds_sum", *answer] < 60
    within = [
        value
        for (name, *labels), value in samples.items()
        if name == "gamelabel_call_seconds_bucket" and set(answer) < set(labels)
    ]
    assert within == sorted(within)
    assert within[-1] == 1
    nowhere = (("game", ""), ("method", "GET"), ("route", "none"), ("status", "404"))
    assert samples["gamelabel_call_seconds_count", *nowhere] == 1


def test_only_the_operator_reads_the_metrics(service: Service) -> None:
    assert service.client.get("/metrics").status_code == 404
    front = TestClient(operator_app(service.store, service.settings))
    assert front.get("/metrics").status_code == 401


def test_the_log_names_the_request_of_an_error_and_is_quiet_about_clients(
    service: Service, log: Callable[[], list[dict[str, str]]]
) -> None:
    player = service.player()
    service.client.post("/v1/sessions", json={"launch": "x"})
    player.call("GET", "/v1/batches/nothing")
    operator(service).put("/v1/games/chess/paused")
    assert player.call("POST", "/v1/batches").status_code == 503
    assert [line for line in log() if line["logger"].startswith("gamelabel")] == []
    with service.store.write() as connection:
        connection.execute(text("ALTER TABLE batches RENAME TO gone"))
    reply = player.call("POST", "/v1/batches", headers={"Idempotency-Key": "k" * 20})
    assert reply.status_code in (500, 503)
    (line,) = [line for line in log() if line["logger"] == "gamelabel.service"]
    assert line["request"] == reply.json()["instance"]
    assert (line["level"], line["game"]) == ("error", "chess")


def test_the_log_has_no_keys_or_tokens(
    service: Service, log: Callable[[], list[dict[str, str]]], caplog: pytest.LogCaptureFixture
) -> None:
    launch, key = service.launch(), "idempotent-key-000000"
    headers = {"Idempotency-Key": key}
    session = service.client.post("/v1/sessions", json={"launch": launch}, headers=headers).json()
    with service.store.write() as connection:
        connection.execute(text("ALTER TABLE players RENAME TO gone"))
    bearer = {"Authorization": f"Bearer {session['session']}", **headers}
    assert service.client.post("/v1/batches", headers=bearer).status_code >= 500
    again = service.client.post("/v1/sessions", json={"launch": service.launch()}, headers=headers)
    assert again.status_code >= 500
    app = operator_app(service.store, service.settings)
    front = TestClient(app, raise_server_exceptions=False)
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    assert front.get("/v1/figures", headers=headers).status_code >= 500
    assert log()
    secrets = [launch, key, session["session"], session["player"], OPERATOR_KEY]
    secrets += [KEYS.mark("player", "chess", "ann")]
    secrets += [KEYS.mark("stored", SERVICE, session["session"])]
    secrets += [str(GAME_KEY.private_bytes_raw())]
    assert [secret for secret in secrets if secret in caplog.text] == []
    assert not re.search(r"\bann\b", caplog.text)  # the subject of the launch


def test_the_operators_key_is_made_once_and_can_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    file = tmp_path / "game" / "operator.key"
    made = load_operator_keys(file)
    assert list(made.values()) == ["operator"]
    assert made == load_operator_keys(file)
    assert file.stat().st_mode & 0o077 == 0
    old, new = "o" * 20, "n" * 20
    file.write_text(f"anna {old}\n\nbert {new}\n")
    assert load_operator_keys(file) == {old: "anna", new: "bert"}
    monkeypatch.setenv(VARIABLE, new)
    assert load_operator_keys(file) == {new: "operator"}


@pytest.mark.parametrize("content", ["", "short", "a name and-a-key-that-is-long"])
def test_a_file_of_keys_that_is_not_valid_is_named(
    tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    file = tmp_path / "operator.key"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"operator\.key: chmod 600"):
        load_operator_keys(file)
    os.chmod(file, 0o600)
    with pytest.raises(ValueError, match=r"operator\.key:? ") as error:
        load_operator_keys(file)
    assert not content or content not in str(error.value)


def test_each_operator_has_a_key(service: Service) -> None:
    for key, status in ((OPERATOR_KEY, 200), (OPERATOR_KEY[:-1], 401), ("é" * 20, 401), ("", 401)):
        headers = {"Authorization": f"Bearer {key}".encode()}
        assert operator(service).get("/v1/figures", headers=headers).status_code == status
