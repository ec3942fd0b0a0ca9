"""The service's figures as Prometheus reads them: its text format, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, func, select

from gamelabel.service.activity import Activity
from gamelabel.service.calls import LATENCY_LIMITS, CallCounts
from gamelabel.service.database_tables import games, players, rewards
from gamelabel.service.settings import Settings

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(connection: Connection, activities: Sequence[Activity], settings: Settings) -> str:
    """Return the metrics: what the database has, and what this process has done.

    Parameters
    ----------
    connection : Connection
        Of a transaction that reads.
    activities : sequence of Activity
        Their metrics are included.
    settings : Settings
        Of this process, with its counts.
    """
    lines = [*_database_lines(connection), *_call_lines(settings.calls)]
    lines += _sender_lines(settings.sender_failures)
    for activity in activities:
        for name, values in activity.metrics(connection).items():
            lines += _head(f"gamelabel_{name}", "gauge", f"Number of {name}.")
            lines += [
                _sample(f"gamelabel_{name}", {"game": game}, value)
                for game, value in sorted(values.items())
            ]
    return "\n".join(lines) + "\n"


def _database_lines(connection: Connection) -> Iterator[str]:
    yield from _head("gamelabel_game_paused", "gauge", "1 if the operator has paused the game.")
    for row in connection.execute(select(games.c.game_id, games.c.paused)):
        yield _sample("gamelabel_game_paused", {"game": row.game_id}, int(row.paused))
    yield from _head("gamelabel_players", "gauge", "Players by state.")
    key = (players.c.game_id, players.c.state)
    for row in connection.execute(select(*key, func.count().label("n")).group_by(*key)):
        yield _sample("gamelabel_players", {"game": row.game_id, "state": row.state}, row.n)
    yield from _head("gamelabel_rewards", "gauge", "Rewards by state: waiting, delivered, refused.")
    key = (rewards.c.game_id, rewards.c.state)
    for row in connection.execute(select(*key, func.count().label("n")).group_by(*key)):
        yield _sample("gamelabel_rewards", {"game": row.game_id, "state": row.state}, row.n)


def _call_lines(counts: CallCounts) -> Iterator[str]:
    name = "gamelabel_call_seconds"
    yield from _head(name, "histogram", "How long calls to this process took.")
    for key, count in counts:
        labels = {name: str(value) for name, value in key._asdict().items()}
        for limit, within in zip(LATENCY_LIMITS, count.within, strict=True):
            yield _sample(f"{name}_bucket", {**labels, "le": f"{limit:g}"}, within)
        yield _sample(f"{name}_bucket", {**labels, "le": "+Inf"}, count.calls)
        yield _sample(f"{name}_sum", labels, count.seconds)
        yield _sample(f"{name}_count", labels, count.calls)


def _sender_lines(failures: Mapping[str, int]) -> Iterator[str]:
    name = "gamelabel_sender_failures_total"
    yield from _head(name, "counter", "How often this process's sender of rewards has failed.")
    for game, count in sorted(failures.items()):
        yield _sample(name, {"game": game}, count)


def _head(name: str, kind: str, description: str) -> list[str]:
    return [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    """Return a line; no label of the service needs escaping."""
    text = ",".join(f'{label}="{label_value}"' for label, label_value in labels.items())
    return f"{name}{{{text}}} {value}"
