"""Rewards: signed, sent until the game accepts them, and paid once even if received repeatedly."""

import json
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from sqlalchemy import select

from examples.demo_game.backend import create_game
from gamelabel.service.database_tables import rewards
from gamelabel.service.keys import Keys, encode_base64url, load_keys
from gamelabel.service.launch_tokens import sign_reward, verify_reward
from gamelabel.service.outbox import MAX_TRIES
from tests.service.harness import KEYS, Service, batches

NOW = 1_800_000_000.0
TOKEN = sign_reward(KEYS, "chess", "r1", "l1", 30, NOW)


def test_a_reward_names_the_launch_and_the_amount() -> None:
    claims = verify_reward(TOKEN, KEYS.public, "chess", NOW)
    assert (claims["jti"], claims["launch"], claims["amount"]) == ("r1", "l1", 30)


def test_no_byte_of_a_reward_can_be_changed() -> None:
    for i, letter in enumerate(TOKEN):
        changed = TOKEN[:i] + ("A" if letter != "A" else "B") + TOKEN[i + 1 :]
        # The last character has unused bits, so another may encode the same signature.
        if i == len(TOKEN) - 1:
            continue
        with pytest.raises(jwt.PyJWTError):
            verify_reward(changed, KEYS.public, "chess", NOW)


def test_keys_overlap_while_the_service_changes_them(tmp_path: Path) -> None:
    old, new, other = (Ed25519PrivateKey.generate() for _ in range(3))
    path = tmp_path / "keys.json"

    def keys(*signing: Ed25519PrivateKey) -> Keys:
        texts = [encode_base64url(key.private_bytes_raw()) for key in signing]
        path.write_text(json.dumps({"secret": encode_base64url(bytes(32)), "signing": texts}))
        path.chmod(0o600)
        return load_keys(path)

    known = "\n".join(keys(old, new).published.values())
    for signing in ((old,), (old, new), (new, old), (new,)):
        token = sign_reward(keys(*signing), "chess", "r1", "l1", 30, NOW)
        assert verify_reward(token, known, "chess", NOW)["jti"] == "r1"
        assert jwt.get_unverified_header(token)["kid"] == next(iter(keys(*signing).published))
    with pytest.raises(jwt.InvalidSignatureError):
        verify_reward(sign_reward(keys(other), "chess", "r1", "l1", 30, NOW), known, "chess", NOW)


def test_a_reward_is_valid_for_one_game_and_expires() -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        verify_reward(TOKEN, KEYS.public, "go", NOW)
    with pytest.raises(jwt.ExpiredSignatureError):
        verify_reward(TOKEN, KEYS.public, "chess", NOW + 700)


def test_a_game_pays_once_for_repeated_rewards_in_any_order() -> None:
    key = Ed25519PrivateKey.generate()
    game = TestClient(create_game(key, "demo", "http://service", KEYS.public))
    game.get("/")
    claims = jwt.decode(
        game.post("/launches").json()["launch"], options={"verify_signature": False}
    )
    now = claims["iat"]
    tokens = [sign_reward(KEYS, "demo", f"r{i}", claims["jti"], 10, now) for i in range(3)]
    for token in (tokens[2], tokens[0], *[tokens[1]] * 100, tokens[2]):
        assert game.post("/rewards", content=token).status_code == 204
    assert game.get("/coins").json() == {"coins": 40 + 30}
    assert game.post("/rewards", content=tokens[0][:-5] + "AAAAA").status_code == 400
    assert (
        game.post(
            "/rewards", content=sign_reward(KEYS, "demo", "r9", "nobody", 10, now)
        ).status_code
        == 400
    )


def test_a_reward_is_sent_until_the_game_accepts_it(service: Service) -> None:
    player = service.player()
    paid = player.send(player.batch()).json()["reward"]
    service.reply_to_reward = httpx.Response(500)
    for _ in range(4):
        service.send_rewards()
        service.clock.now += 120
    service.reply_to_reward = httpx.Response(200)
    service.send_rewards()
    service.clock.now += 7200
    service.send_rewards()
    assert len(service.paid) == 5
    for request in service.paid:
        claims = verify_reward(request.content.decode(), KEYS.public, "chess", NOW + 480)
        assert (claims["jti"], claims["amount"]) == (paid["id"], paid["amount"])
    with service.store.read() as connection:
        row = connection.execute(select(rewards)).one()
    assert (row.state, row.tries) == ("delivered", 5)


def test_clock_changes_lose_no_reward_and_pay_none_twice(service: Service) -> None:
    player = service.player()
    player.send(player.batch())
    for jump, sent in ((-86_400, 0), (86_400 + 1, 1), (86_400 * 30, 0), (-86_400 * 30, 0)):
        service.clock.now += jump
        assert service.send_rewards() == sent
    assert len(service.paid) == 1


def test_two_processes_send_a_reward_once(service: Service) -> None:
    player = service.player()
    player.send(player.batch())
    assert service.outbox._lease("chess")
    assert not service.outbox._lease("chess")
    service.clock.now += 61  # the lease expires: the first process has crashed
    assert service.send_rewards() == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_pay_is_fixed_before_a_batch_is_answered_and_does_not_depend_on_its_answers(
    service: Service,
) -> None:
    good, bad = service.player("good"), service.player("bad")
    for player, right in ((good, True), (bad, False)):
        batch = player.batch()
        assert player.send(batch, right).json()["reward"]["amount"] == batch["pays"]
    levels = {reply["level"] for reply in batches(good)}
    assert len(levels) <= 5
    assert max(levels) == 4


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_waits_double_and_a_reward_is_refused_after_the_last_try(service: Service) -> None:
    player = service.player()
    player.send(player.batch())
    service.reply_to_reward = httpx.Response(500)
    for tries in range(1, MAX_TRIES + 1):
        assert service.send_rewards() == 1
        with service.store.read() as connection:
            row = connection.execute(select(rewards)).one()
        wait_s = (row.due_at - service.settings.now_ms) / 1000
        assert wait_s == pytest.approx(min(3600, 2**tries), rel=0.21)
        assert (row.tries, row.state) == (tries, "waiting" if tries < MAX_TRIES else "refused")
        service.clock.now += 4400
    assert service.send_rewards() == 0
    assert row.trouble == "the game answered 500"
