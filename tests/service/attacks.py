"""Attacks on known answers: many accounts that read their pay, and players who work together."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from gamelabel.service.pairs.batches import Answer, Batches
from gamelabel.service.pairs.pair_tables import assignments
from gamelabel.service.people import give_consent, open_session
from gamelabel.service.problems import Problem
from tests.service.harness import Service

Key = tuple[str, str]


class Exposure(NamedTuple):
    """An answer of an attacking account: the picture chosen, and the one not chosen."""

    prompt: str
    chosen: str
    other: str


class Account:
    """A player without a browser: the service's own functions, called directly."""

    def __init__(self, service: Service, name: str) -> None:
        self.batches = Batches(service.store, service.settings, service.pair_settings)
        entry = open_session(service.store, service.settings, service.launch(name), None)
        self.session: str = entry["session"]
        give_consent(service.store, service.settings, self.session, False)

    def open(self) -> dict[str, Any] | None:
        """Return the next batch, None if there is none for this account."""
        try:
            return self.batches.open_batch(self.session, None)[0]
        except Problem:
            return None

    def picture(self, name: str) -> str:
        """Return a hash of a picture's bytes."""
        return hashlib.sha256(self.batches.picture(self.session, name)).hexdigest()

    def answer(self, batch: str, choices: dict[str, str]) -> None:
        """Answer a batch with the side of each item."""
        answers = {item: Answer(side, None) for item, side in choices.items()}
        self.batches.answer_batch(self.session, batch, answers)


class HttpAccount(Account):
    """The same over HTTP: the application with all that is around the service's functions."""

    def __init__(self, service: Service, name: str) -> None:
        self.player = service.player(name)

    def open(self) -> dict[str, Any] | None:
        """Return the next batch, None if there is none for this account."""
        reply = self.player.call("POST", "/v1/batches")
        return reply.json() if reply.status_code in (200, 201) else None

    def picture(self, name: str) -> str:
        """Return a hash of a picture's bytes."""
        reply = self.player.call("GET", f"/v1/pictures/{name}")
        assert reply.status_code == 200
        return hashlib.sha256(reply.content).hexdigest()

    def answer(self, batch: str, choices: dict[str, str]) -> None:
        """Answer a batch with the side of each item."""
        answers = [{"item": item, "choice": side} for item, side in choices.items()]
        path = f"/v1/batches/{batch}/answers"
        assert self.player.call("POST", path, json={"answers": answers}).status_code == 200


def play(
    account: Account, batch: dict[str, Any], choose: Callable[[str, str, str], bool]
) -> list[Exposure]:
    """Answer a batch; `choose(prompt, left, right)` says whether the left picture is chosen."""
    exposures, choices = [], {}
    for item in batch["items"]:
        left, right = account.picture(item["left"]), account.picture(item["right"])
        is_left = choose(item["prompt"], left, right)
        exposures.append(Exposure(item["prompt"], *((left, right) if is_left else (right, left))))
        choices[item["item"]] = "left" if is_left else "right"
    account.answer(batch["batch"], choices)
    return exposures


def learn_by_pay(
    service: Service,
    accounts: int,
    batches: int,
    rng: np.random.Generator,
    enter: Callable[[Service, str], Account] = Account,
) -> dict[Key, float]:
    """Answer by coin with many accounts, and learn answers from pay and removal.

    Each account plays at most `batches` batches and then looks at the pay of the next. Its outcome
    is the sum of all pay that it was offered, with 0 once it is removed. The value of a picture
    under a prompt is the mean outcome, less that of all accounts, after choosing it, minus the same
    after not choosing it.
    """
    seen: list[list[Exposure]] = []
    outcomes: list[float] = []
    for number in range(accounts):
        account = enter(service, f"attacker-{number}")
        exposures: list[Exposure] = []
        offers = [0.0] * (batches + 1)
        for turn in range(batches + 1):
            batch = account.open()
            if batch is None:
                break
            offers[turn] = batch["pays"]
            if turn < batches:
                exposures += play(account, batch, lambda *_: bool(rng.random() < 0.5))
        seen.append(exposures)
        outcomes.append(float(sum(offers)))
    centred = np.array(outcomes) - np.mean(outcomes)
    values: dict[Key, float] = defaultdict(float)
    for exposures, outcome in zip(seen, centred, strict=True):
        for one in exposures:
            values[one.prompt, one.chosen] += outcome
            values[one.prompt, one.other] -= outcome
    return dict(values)


class BotRun(NamedTuple):
    """What bots with a table did."""

    right: NDArray[np.int64]
    """Right answers to comparison points, by exam (0) and later (1)."""
    answered: NDArray[np.int64]
    """Comparison points answered, likewise."""
    labels: list[int]
    """Labels of each bot until it was removed or stopped."""


def run_bots(
    service: Service,
    table: dict[Key, float],
    bots: int,
    batches: int,
    rng: np.random.Generator,
    enter: Callable[[Service, str], Account] = Account,
) -> BotRun:
    """Let bots answer what the table knows, and the rest by coin."""
    right, answered, labels = np.zeros(2, np.int64), np.zeros(2, np.int64), []

    def choose(prompt: str, left: str, other: str) -> bool:
        difference = table.get((prompt, left), 0.0) - table.get((prompt, other), 0.0)
        return bool(difference > 0 or (difference == 0 and rng.random() < 0.5))

    for number in range(bots):
        account = enter(service, f"bot-{number}")
        count = 0
        for _ in range(batches):
            batch = account.open()
            if batch is None:
                break
            gold = service.gold(batch["batch"])
            later = int(None in gold.values())  # a batch of the exam has comparison points only
            play(account, batch, choose)
            choices = _choices(service, batch["batch"])
            known = [item for item in gold if gold[item]]
            answered[later] += len(known)
            right[later] += sum(choices[item] == gold[item] for item in known)
            count += len(gold)
        labels.append(count)
    return BotRun(right, answered, labels)


def _choices(service: Service, batch: str) -> dict[str, str]:
    """Return the side chosen in each item of a batch."""
    columns = assignments.c.id, assignments.c.choice, assignments.c.left
    with service.store.read() as connection:
        rows = connection.execute(select(*columns).where(assignments.c.batch == batch)).all()
    return {row.id: "left" if row.choice == row.left else "right" for row in rows}


class Sighting(NamedTuple):
    """An item that a member of a ring was shown, and what the ring knows of it."""

    batch: int
    is_comparison: bool
    before: int
    """How many other members had had its prompt before."""
    ever: int
    """How many other members ever had its prompt."""
    in_exam: bool
    """Whether all points of the batch are comparison points."""


def share_prompts(service: Service, members: int, batches: int) -> list[Sighting]:
    """Let honest members of a ring play in turns, and tell each other all prompts that they see."""
    ring = [Account(service, f"member-{number}") for number in range(members)]
    seen: Counter[str] = Counter()
    sightings, prompts = [], []
    for turn in range(batches):
        for account in ring:
            batch = account.open()
            if batch is None:
                continue
            gold = service.gold(batch["batch"])
            in_exam = None not in gold.values()
            for item in batch["items"]:
                prompt, is_comparison = item["prompt"], gold[item["item"]] is not None
                sightings.append(Sighting(turn, is_comparison, seen[prompt], 0, in_exam))
                prompts.append(prompt)
            seen.update(item["prompt"] for item in batch["items"])
            account.answer(batch["batch"], {item: side or "left" for item, side in gold.items()})
    return [
        sighting._replace(ever=seen[prompt] - 1)
        for sighting, prompt in zip(sightings, prompts, strict=True)
    ]


def area(scores: NDArray[Any], positive: NDArray[Any]) -> float:
    """Return the area under the ROC curve, ties by half."""
    first, second = scores[positive], scores[~positive]
    above = (first[:, None] > second).mean() + (first[:, None] == second).mean() / 2
    return float(above)
